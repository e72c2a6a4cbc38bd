//! The list of flows: whole logins at the emulator, whoever plays them.
//!
//! A flow asks its [`Player`] for one thing after another, sees to the other side in between, and panics when something
//! did not come out as it has to. Whatever is said meanwhile is searched for secrets.

use std::sync::Arc;

use serde_json::{Value, json};
use wechat_oauth::{AccountKind as Kind, Scope};
use wechat_oauth_emulator::{AccountKind, Emulator, Endpoint, Misbehaviour, Request};

use crate::player::{Came, Player, Task};

/// One flow.
#[derive(Clone, Copy)]
pub struct FlowCase {
    /// Its name.
    pub name: &'static str,
    play: fn(&mut dyn Player),
}

impl std::fmt::Debug for FlowCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FlowCase({})", self.name)
    }
}

impl FlowCase {
    /// Plays the flow.
    ///
    /// # Panics
    /// When something does not come out as it has to; it says what.
    pub fn play(&self, player: &mut dyn Player) {
        (self.play)(player);
    }
}

/// Lists functions by their names.
macro_rules! listed {
    ($($flow:ident)*) => {
        vec![$(FlowCase { name: stringify!($flow), play: $flow }),*]
    };
}

/// Every flow.
#[must_use]
pub fn flows() -> Vec<FlowCase> {
    listed! {
        a_base_sign_in_knows_the_person_and_no_profile
        each_kind_of_account_reads_the_profile
        a_grant_is_renewed_and_checked
        a_snapshot_visitor_is_nobody
        a_busy_answer_is_asked_for_again
        a_lost_exchange_restarts_and_its_code_is_not_sent_again
        a_lost_profile_is_asked_for_again
        a_stale_token_is_renewed_once
        a_hostile_nickname_is_shown_on_one_line
        another_persons_profile_signs_nobody_in
        a_spent_code_is_refused
    }
}

fn a_base_sign_in_knows_the_person_and_no_profile(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    let person = bench.person(Scope::Base);
    assert_eq!(person["profile"], Value::Null);
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (1, 0));
}

fn each_kind_of_account_reads_the_profile(player: &mut dyn Player) {
    for (kind, scope) in [
        (AccountKind::OfficialAccount, Scope::UserInfo),
        (AccountKind::Website, Scope::Login),
        (AccountKind::Component, Scope::UserInfo),
    ] {
        let mut bench = Bench::new(player, kind);
        let person = bench.person(scope);
        let nickname = bench.emulator.world(|world| world.users()[0].nickname.clone());
        assert_eq!(person["profile"]["nickname"], nickname, "{kind}");
    }
}

fn a_grant_is_renewed_and_checked(player: &mut dyn Player) {
    for kind in [AccountKind::OfficialAccount, AccountKind::Component] {
        let mut bench = Bench::new(player, kind);
        let signed_in = bench.person(Scope::UserInfo);
        let check = |bench: &mut Bench<'_>, grant: &Value| {
            bench.play(&json!({"check": {"stored": grant["stored_grant"]}})).document
        };
        assert_eq!(check(&mut bench, &signed_in)["valid"], true);
        bench.emulator.advance(7201);
        let stale = check(&mut bench, &signed_in);
        assert_eq!(stale["valid"], false);
        assert_eq!(stale["error"]["kind"], "refused");
        let renewed = bench.play(&json!({"renew": {"stored": signed_in["stored_grant"]}})).document;
        for same in ["appid", "openid"] {
            assert_eq!(renewed["stored_grant"][same], signed_in["stored_grant"][same]);
        }
        assert_ne!(renewed["grant"]["access_token"], signed_in["grant"]["access_token"]);
        assert_eq!(check(&mut bench, &renewed)["valid"], true);
    }
}

fn a_snapshot_visitor_is_nobody(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    let visitor = bench.emulator.world(|world| world.users().iter().position(|user| user.snapshot)).unwrap();
    let code = bench.code(visitor, Scope::Base);
    let signed_in = bench.sign_in_with(&code, Scope::Base);
    assert_eq!(signed_in.document, json!({"signed_in": "snapshot"}));
}

/// Busy, and busy again: the flow waits one second, then two.
fn a_busy_answer_is_asked_for_again(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::Busy, Endpoint::Exchange, 2);
    bench.person(Scope::UserInfo);
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (3, 1));
}

fn a_lost_exchange_restarts_and_its_code_is_not_sent_again(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::LostAnswer, Endpoint::Exchange, 1);
    let lost = bench.failure(Scope::UserInfo);
    assert_eq!(
        (&lost["error"]["kind"], &lost["error"]["phase"]),
        (&json!("transport"), &json!("request")),
        "{lost}"
    );
    // Some clients take a connection that ends too early for an answer that is no HTTP.
    assert!([json!("closed"), json!("protocol")].contains(&lost["error"]["reason"]), "{lost}");
    assert_eq!(lost["advice"], "restart_authorization");
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (1, 0));
}

fn a_lost_profile_is_asked_for_again(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::Reset, Endpoint::Profile, 1);
    assert!(bench.person(Scope::UserInfo)["profile"].is_object());
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (1, 2));
}

fn a_stale_token_is_renewed_once(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::ProfileError, Endpoint::Profile, 1);
    assert!(bench.person(Scope::UserInfo)["profile"].is_object());
    assert_eq!((bench.asked(Endpoint::Refresh), bench.asked(Endpoint::Profile)), (1, 2));

    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::ProfileError, Endpoint::Profile, 9);
    let unread = bench.failure(Scope::UserInfo);
    for gives_back in ["grant", "stored_grant"] {
        assert_eq!(unread[gives_back]["openid"], bench.openid(), "{}", unread["error"]);
    }
    assert_eq!((bench.asked(Endpoint::Refresh), bench.asked(Endpoint::Profile)), (1, 2));
}

fn a_hostile_nickname_is_shown_on_one_line(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::NicknameHostile, Endpoint::Profile, 1);
    let signed_in = bench.sign_in(Scope::UserInfo);
    let nickname = signed_in.document["profile"]["nickname"].as_str().unwrap();
    assert!(nickname.contains('\n') && nickname.contains('\u{202e}'), "a document has the exact text");
    assert!(!signed_in.said.contains(nickname));
    let hostile = |shown: char| (shown.is_control() && shown != '\n') || shown == '\u{202e}';
    assert!(!signed_in.said.contains(hostile), "{:?}", signed_in.said);
}

fn another_persons_profile_signs_nobody_in(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    bench.misbehave(Misbehaviour::OpenidSwapped, Endpoint::Profile, 1);
    let error = &bench.failure(Scope::UserInfo)["error"];
    assert_eq!(
        (&error["kind"], &error["reason"]),
        (&json!("malformed"), &json!("openid_mismatch")),
        "{error}"
    );
}

fn a_spent_code_is_refused(player: &mut dyn Player) {
    let mut bench = Bench::official(player);
    let code = bench.code(0, Scope::Base);
    let exchange = json!({"exchange": {"code": code, "scope": Scope::Base}});
    let first = bench.play(&exchange).document;
    assert_eq!(first["grant"]["openid"], bench.openid(), "{}", first["error"]);
    let again = &bench.play(&exchange).document["error"];
    assert_eq!((&again["kind"], &again["errcode"]), (&json!("refused"), &json!(40163)), "{again}");
}

/// An emulator, an account of it, and whoever logs in there.
struct Bench<'a> {
    emulator: Arc<Emulator>,
    appid: String,
    app: Value,
    player: &'a mut dyn Player,
    /// What must not be said: credentials, codes, tokens.
    secrets: Vec<String>,
}

impl<'a> Bench<'a> {
    fn new(player: &'a mut dyn Player, kind: AccountKind) -> Self {
        let emulator = Arc::new(Emulator::start().unwrap());
        let base_url = emulator.base_url();
        let (appid, app, secret) = emulator.world(|world| {
            let account = world.account_of_kind(kind).unwrap();
            let appid = account.appid();
            match (account.secret(), account.platform_credentials()) {
                (Some(secret), _) => {
                    let website = kind == AccountKind::Website;
                    let account = if website { Kind::WebsiteApp } else { Kind::OfficialAccount };
                    let (account, secret) = (account.as_str(), secret.expose());
                    let app =
                        json!({"account": account, "appid": appid, "secret": secret, "base_url": base_url});
                    (appid.to_string(), app, secret.to_owned())
                }
                (None, platform) => {
                    let platform = platform.unwrap();
                    let token = platform.component_access_token().expose();
                    let app = json!({
                        "account": Kind::Component.as_str(), "appid": appid,
                        "component_appid": platform.component_appid(), "component_access_token": token,
                        "base_url": base_url,
                    });
                    (appid.to_string(), app, token.to_owned())
                }
            }
        });
        Self { emulator, appid, app, player, secrets: vec![secret] }
    }

    fn official(player: &'a mut dyn Player) -> Self {
        Self::new(player, AccountKind::OfficialAccount)
    }

    fn code(&mut self, user: usize, scope: Scope) -> String {
        let user = self.emulator.world(|world| world.users()[user].id.clone());
        let code = self.emulator.issue_code(&self.appid, &user, scope).unwrap();
        self.secrets.push(code.clone());
        code
    }

    fn play(&mut self, start: &Value) -> Came {
        let came = self.player.play(&Task { app: &self.app, start, emulator: &self.emulator });
        for token in ["access_token", "refresh_token"] {
            self.secrets.extend(came.document["grant"][token].as_str().map(str::to_owned));
        }
        let secrets: Vec<_> = self.secrets.iter().map(|secret| ("secret", &**secret)).collect();
        if let Err(why) = came.says_nothing_secret(&secrets) {
            panic!("{why}");
        }
        came
    }

    fn sign_in(&mut self, scope: Scope) -> Came {
        let code = self.code(0, scope);
        self.sign_in_with(&code, scope)
    }

    fn sign_in_with(&mut self, code: &str, scope: Scope) -> Came {
        self.play(&json!({"sign_in": {"code": code, "scope": scope}}))
    }

    /// The document of the first user, who signs in.
    fn person(&mut self, scope: Scope) -> Value {
        let document = self.sign_in(scope).document;
        assert_eq!(document["signed_in"], "person", "{}", document["error"]);
        assert_eq!((&document["openid"], &document["appid"]), (&json!(self.openid()), &json!(self.appid)));
        document
    }

    /// The document of why nobody signs in.
    fn failure(&mut self, scope: Scope) -> Value {
        let came = self.sign_in(scope);
        assert!(came.failed(), "somebody signed in");
        came.document
    }

    fn misbehave(&self, misbehaviour: Misbehaviour, endpoint: Endpoint, times: u32) {
        self.emulator.world(|world| world.misbehave_next(misbehaviour, endpoint, times)).unwrap();
    }

    /// How often the endpoint was asked.
    fn asked(&self, endpoint: Endpoint) -> usize {
        let log =
            self.emulator.world(|world| world.handle(&Request::get("/_emulator/log"), wechat_oauth::now()));
        let log: Vec<Value> = serde_json::from_slice(&log.body).unwrap();
        log.iter().filter(|entry| entry["path"] == endpoint.path()).count()
    }

    /// The openid of the first user.
    fn openid(&self) -> String {
        self.emulator.world(|world| world.openid(&world.users()[0].id, &self.appid)).unwrap()
    }
}
