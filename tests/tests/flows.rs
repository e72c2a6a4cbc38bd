//! Whole flows over every transport, against the emulator.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::sync::Arc;

use conformance::transport::Told;
use conformance::{Memory, Reqwest, Setup, Transport, Ureq};
use wechat_oauth::{
    Account, Advice, App, Code, Endpoints, Error, Exchanged, MalformedReason, Phase, Scope, SignedIn,
    TransportError, TransportErrorKind, Validity,
};
use wechat_oauth_emulator::{AccountKind, Connection, Emulator, Endpoint, Misbehaviour, Request};

/// An emulator, an account of it, and a client.
struct Bench<T> {
    emulator: Arc<Emulator>,
    app: App,
    client: T,
}

impl<T: Transport> Bench<T> {
    fn new(kind: AccountKind) -> Self {
        let emulator = Arc::new(Emulator::start().unwrap());
        let app = emulator.world(|world| {
            let account = world.account_of_kind(kind).unwrap();
            let appid = account.appid().clone();
            match (account.secret(), account.platform_credentials()) {
                (Some(secret), _) if kind == AccountKind::Website => App::website_app(appid, secret.clone()),
                (Some(secret), _) => App::official_account(appid, secret.clone()),
                (None, platform) => {
                    let platform = platform.unwrap();
                    App::component(appid, platform.component_appid().clone())
                        .with_component_token(platform.component_access_token().clone())
                }
            }
        });
        let app = app.at(Endpoints::emulator(emulator.base_url()).unwrap());
        let shared = Arc::clone(&emulator);
        let memory = Box::new(move |request: &wechat_oauth::Request| ask(&shared, request));
        let setup = Setup { memory, ..Setup::patient() };
        let client = T::connect(&app, setup).unwrap();
        Self { emulator, app, client }
    }

    fn official() -> Self {
        Self::new(AccountKind::OfficialAccount)
    }

    fn code(&self, user: usize, scope: Scope) -> Code {
        let appid = self.app.account().appid().as_str();
        let user = self.emulator.world(|world| world.users()[user].id.clone());
        let code = self.emulator.issue_code(appid, &user, scope).unwrap();
        Code::received_without_state(&code).unwrap().asked_for(scope)
    }

    fn sign_in(&self, scope: Scope) -> Result<SignedIn, Error> {
        self.client.run(self.app.sign_in(self.code(0, scope)).unwrap())
    }

    fn misbehave(&self, misbehaviour: Misbehaviour, endpoint: Endpoint, times: u32) {
        self.emulator.world(|world| world.misbehave_next(misbehaviour, endpoint, times)).unwrap();
    }

    /// How often the endpoint was asked.
    fn asked(&self, endpoint: Endpoint) -> usize {
        let log =
            self.emulator.world(|world| world.handle(&Request::get("/_emulator/log"), wechat_oauth::now()));
        let log: Vec<serde_json::Value> = serde_json::from_slice(&log.body).unwrap();
        log.iter().filter(|entry| entry["path"] == endpoint.path()).count()
    }

    /// The openid of the first user.
    fn openid(&self) -> String {
        let appid = self.app.account().appid().as_str();
        self.emulator.world(|world| world.openid(&world.users()[0].id, appid)).unwrap()
    }
}

/// The in-memory way to the emulator: its world, asked without a socket.
fn ask(emulator: &Emulator, request: &wechat_oauth::Request) -> Told {
    let target = request.url().expose().strip_prefix(emulator.base_url()).unwrap();
    let reply = emulator.world(|world| world.handle(&Request::get(target), wechat_oauth::now()));
    match reply.connection {
        Connection::Normal => Ok((reply.status, reply.body)),
        Connection::Reset => Err(TransportError::new(TransportErrorKind::Closed, Phase::Request)),
        other => panic!("no test here asks for {other:?}"),
    }
}

fn person(signed_in: Result<SignedIn, Error>) -> wechat_oauth::Person {
    match signed_in {
        Ok(SignedIn::Person(person)) => person,
        other => panic!("{other:?}"),
    }
}

fn a_base_sign_in_knows_the_person_and_no_profile<T: Transport>() {
    let bench = Bench::<T>::official();
    let person = person(bench.sign_in(Scope::Base));
    assert_eq!(person.identity().openid().as_str(), bench.openid());
    assert!(person.profile().is_none());
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (1, 0));
}

fn each_kind_of_account_reads_the_profile<T: Transport>() {
    for (kind, scope) in [
        (AccountKind::OfficialAccount, Scope::UserInfo),
        (AccountKind::Website, Scope::Login),
        (AccountKind::Component, Scope::UserInfo),
    ] {
        let bench = Bench::<T>::new(kind);
        assert_eq!(matches!(bench.app.account(), Account::Component { .. }), kind == AccountKind::Component);
        let person = person(bench.sign_in(scope));
        assert_eq!(person.identity().openid().as_str(), bench.openid(), "{kind}");
        let nickname = bench.emulator.world(|world| world.users()[0].nickname.clone());
        assert_eq!(person.profile().unwrap().nickname().as_untrusted_str(), nickname, "{kind}");
    }
}

fn a_grant_is_renewed_and_checked<T: Transport>() {
    for kind in [AccountKind::OfficialAccount, AccountKind::Component] {
        let bench = Bench::<T>::new(kind);
        let grant = person(bench.sign_in(Scope::UserInfo)).into_parts().0;
        assert!(matches!(bench.client.send(bench.app.check(&grant).unwrap()), Ok(Validity::Valid)));
        bench.emulator.advance(7201);
        assert!(matches!(bench.client.send(bench.app.check(&grant).unwrap()), Ok(Validity::NotValid(_))));
        let renewed = bench.client.run(bench.app.renew(&grant).unwrap()).unwrap();
        assert_eq!(renewed.identity(), grant.identity());
        assert_ne!(renewed.access_token().expose(), grant.access_token().expose());
        assert!(matches!(bench.client.send(bench.app.check(&renewed).unwrap()), Ok(Validity::Valid)));
    }
}

fn a_snapshot_visitor_is_nobody<T: Transport>() {
    let bench = Bench::<T>::official();
    let visitor = bench.emulator.world(|world| world.users().iter().position(|user| user.snapshot)).unwrap();
    let code = bench.code(visitor, Scope::Base);
    let signed_in = bench.client.run(bench.app.sign_in(code).unwrap());
    assert!(matches!(signed_in, Ok(SignedIn::Snapshot(_))), "{signed_in:?}");
}

/// Busy, and busy again: the flow waits one second, then two.
fn a_busy_answer_is_asked_for_again<T: Transport>() {
    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::Busy, Endpoint::Exchange, 2);
    person(bench.sign_in(Scope::UserInfo));
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (3, 1));
}

fn a_lost_exchange_restarts_and_its_code_is_not_sent_again<T: Transport>() {
    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::LostAnswer, Endpoint::Exchange, 1);
    let error = bench.sign_in(Scope::UserInfo).unwrap_err();
    assert!(matches!(&error, Error::Transport(lost) if lost.transport().kind == TransportErrorKind::Closed));
    assert_eq!(error.advice(), Advice::RestartAuthorization);
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (1, 0));
}

fn a_lost_profile_is_asked_for_again<T: Transport>() {
    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::Reset, Endpoint::Profile, 1);
    assert!(person(bench.sign_in(Scope::UserInfo)).profile().is_some());
    assert_eq!((bench.asked(Endpoint::Exchange), bench.asked(Endpoint::Profile)), (1, 2));
}

fn a_stale_token_is_renewed_once<T: Transport>() {
    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::ProfileError, Endpoint::Profile, 1);
    assert!(person(bench.sign_in(Scope::UserInfo)).profile().is_some());
    assert_eq!((bench.asked(Endpoint::Refresh), bench.asked(Endpoint::Profile)), (1, 2));

    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::ProfileError, Endpoint::Profile, 9);
    let error = bench.sign_in(Scope::UserInfo).unwrap_err();
    assert_eq!(error.into_grant().unwrap().openid().as_str(), bench.openid());
    assert_eq!((bench.asked(Endpoint::Refresh), bench.asked(Endpoint::Profile)), (1, 2));
}

fn a_hostile_nickname_is_shown_on_one_line<T: Transport>() {
    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::NicknameHostile, Endpoint::Profile, 1);
    let person = person(bench.sign_in(Scope::UserInfo));
    let nickname = person.profile().unwrap().nickname();
    assert!(nickname.as_untrusted_str().contains('\n'));
    let shown = nickname.to_string();
    assert!(!shown.chars().any(|shown| shown.is_control() || shown == '\u{202e}'), "{shown}");
}

fn another_persons_profile_signs_nobody_in<T: Transport>() {
    let bench = Bench::<T>::official();
    bench.misbehave(Misbehaviour::OpenidSwapped, Endpoint::Profile, 1);
    let error = bench.sign_in(Scope::UserInfo).unwrap_err();
    assert!(
        matches!(&error, Error::Malformed(malformed) if malformed.reason() == MalformedReason::OpenIdMismatch),
        "{error:?}"
    );
}

fn a_spent_code_is_refused<T: Transport>() {
    let bench = Bench::<T>::official();
    let code = bench.code(0, Scope::Base);
    let again = Code::received_without_state(code.expose()).unwrap();
    let first = bench.client.send(bench.app.exchange(code).unwrap());
    assert!(matches!(first, Ok(Exchanged::Grant(_))));
    let second = bench.client.send(bench.app.exchange(again).unwrap()).unwrap_err();
    assert!(matches!(&second, Error::Refused(refusal) if refusal.errcode() == 40163), "{second:?}");
}

/// Every flow over every transport: a test for each pair.
macro_rules! over_every_transport {
    ($($flow:ident)*) => {
        mod over_memory { $(#[test] fn $flow() { super::$flow::<super::Memory>(); })* }
        mod over_ureq { $(#[test] fn $flow() { super::$flow::<super::Ureq>(); })* }
        mod over_reqwest { $(#[test] fn $flow() { super::$flow::<super::Reqwest>(); })* }
    };
}

over_every_transport! {
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
