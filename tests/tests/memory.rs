//! Once everything is dropped, what is left of secrets, codes and tokens in the memory of the process: nothing of the
//! core's; of the HTTP clients', a few copies in buffers that they do not wipe.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::mem;

use conformance::case::http;
use conformance::memory::{self, Found, NOTHING, PIECES, Search, made};
use conformance::{Behaviour, Reqwest, Server, Setup, Transport, Ureq};
use wechat_oauth::{
    App, AppSecret, Code, ComponentAccessToken, Endpoints, Error, Flow, Grant, GrantReport, Pending,
    ProfileLang, RedirectUri, Response, Scope, SignIn, SignedIn, State, Step, StoredGrant, UnixTime,
};
use zeroize::Zeroizing;

const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

/// The secrets by their numbers: `$0` is the app secret, `$1` the component token, `$2` the code, `$3` the access token,
/// `$4` the refresh token.
const GRANT: &str =
    r#"{"access_token":"$3","expires_in":7200,"refresh_token":"$4","openid":"o1","scope":"snsapi_userinfo"}"#;
/// The same with the tokens in JSON escapes, which are copied to be read.
const ESCAPED: &str =
    r#"{"access_token":"^3","expires_in":7200,"refresh_token":"^4","openid":"o1","scope":"snsapi_userinfo"}"#;
const PROFILE: &str = r#"{"openid":"o1","nickname":"n"}"#;
const STALE: &str = r#"{"errcode":40001,"errmsg":"invalid credential $3, rid: 1-2-3"}"#;

fn official() -> App {
    let secret = AppSecret::new(mem::take(&mut *made("$0"))).unwrap();
    App::official_account("wx1".parse().unwrap(), secret)
}

fn component() -> App {
    let token = ComponentAccessToken::new(mem::take(&mut *made("$1"))).unwrap();
    App::component("wx1".parse().unwrap(), "wx2".parse().unwrap()).with_component_token(token)
}

/// A callback, judged by a login that was stored in between.
fn code(app: &App, form: &str) -> Code {
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    let login = app.login(Scope::UserInfo, &redirect_uri).build().unwrap();
    let (_, pending) = login.begin(State::new("S1").unwrap());
    let stored = serde_json::to_string(&pending).unwrap();
    let pending: Pending = serde_json::from_str(&stored).unwrap();
    pending.accept(&made(form)).unwrap()
}

/// Gives a flow these answers, one after another.
fn drive<F: Flow>(mut flow: F, answers: &[&str]) -> Result<F::Output, Error> {
    for answer in answers {
        assert!(matches!(flow.step(), Step::Send(_)), "{answer}");
        flow.answer(&Response::new(200, made(answer).as_bytes(), NOW));
    }
    assert!(matches!(flow.step(), Step::Done));
    flow.finish()
}

fn person(sign_in: SignIn, answers: &[&str]) -> Grant {
    match drive(sign_in, answers).unwrap() {
        SignedIn::Person(person) => person.into_parts().0,
        SignedIn::Snapshot(_) => panic!("a snapshot"),
    }
}

/// Stores a grant in text that is wiped, and reads it again.
fn stored(grant: &Grant) -> Grant {
    let mut text = Zeroizing::new(Vec::with_capacity(1 << 12));
    serde_json::to_writer(&mut *text, &grant.expose_for_storage()).unwrap();
    Grant::from_storage(serde_json::from_slice::<StoredGrant>(&text).unwrap()).unwrap()
}

/// Everything that goes well, and gives the grant that comes of it.
fn a_login_and_a_renewal(app: &App, callback: &str) -> Grant {
    // The token turns out to be stale, and is renewed on the way to the profile.
    let grant = person(app.sign_in(code(app, callback)).unwrap(), &[GRANT, STALE, GRANT, PROFILE]);
    let grant = drive(app.renew(&stored(&grant)).unwrap(), &[GRANT]).unwrap();
    let mut text = Zeroizing::new(Vec::with_capacity(1 << 12));
    serde_json::to_writer(&mut *text, &GrantReport::expose_grant(&grant)).unwrap();
    grant
}

/// What goes wrong in the middle, when something secret was read already.
fn everything_that_fails(app: &App, callback: &str) {
    for answer in [
        // A quote of the request is cut out, and what was copied for it is wiped.
        r#"{"errcode":40029,"errmsg":"invalid code $2, %2Fsns%3Fcode%3D$2"}"#,
        r#"{"access_token":"$3","refresh_token":"$4","expires_in":7200"#,
        r#"{"access_token":"$3","refresh_token":"$4","expires_in":"x","openid":"o1"}"#,
        r#"{"access_token":"$3","refresh_token":"$4","refresh_token":"$4","openid":"o1"}"#,
        r#"{"access_token":"$3 ","refresh_token":"$4","expires_in":7200,"openid":"o1"}"#,
        r#"<html>$3 $4</html>"#,
        r#"["$3","$4"]"#,
    ] {
        assert!(drive(app.sign_in(code(app, callback)).unwrap(), &[answer]).is_err(), "{answer}");
    }
    // Bodies that are mended before they can be read: a raw control byte, and what is no UTF-8.
    let mut mended = made("{\"nickname\":\"\u{1}$3~\",\"x\":\"\\ud800$4\"}").as_bytes().to_vec();
    let tilde = mended.iter().position(|byte| *byte == b'~').unwrap();
    mended[tilde] = 0xff;
    let mended = Zeroizing::new(mended);
    let grant = a_login_and_a_renewal(app, callback);
    let call = app.profile(&grant, ProfileLang::default()).unwrap();
    assert!(call.read(&Response::new(200, &mended, NOW)).is_err());
    // What is given up.
    drop(app.check(&grant).unwrap());
    drop(app.sign_in(code(app, callback)).unwrap());
    let mut flow = app.renew(&grant).unwrap();
    flow.answer(&Response::new(200, made(GRANT).as_bytes(), NOW));
    drop(flow);
    // What is not taken.
    assert!(AppSecret::new(mem::take(&mut *made("$0 "))).is_err());
    assert!(Code::received_without_state(&made("$2.")).is_err());
}

fn found_all_but(found: Found, absent: &[usize]) {
    for (secret, count) in found.iter().enumerate() {
        assert_eq!(*count == 0, absent.contains(&secret), "{}: {found:?}", memory::SECRETS[secret]);
    }
}

#[test]
fn nothing_secret_is_left_in_memory_after_a_login_and_a_renewal() {
    let test = "nothing_secret_is_left_in_memory_after_a_login_and_a_renewal";
    memory::alone(test, "", |_| {
        let mut search = Search::new();
        assert_eq!(search.found(), NOTHING, "before");
        let callback = "https://example.com/callback?code=$2&state=S1&appid=wx1";
        let (app, platform) = (official(), component());
        // What is in use is found, so what is there can be found.
        let waiting = app.sign_in(code(&app, callback)).unwrap();
        let grants = [&app, &platform].map(|app| a_login_and_a_renewal(app, callback));
        found_all_but(search.found(), &[]);
        drop(waiting);
        for app in [&app, &platform] {
            everything_that_fails(app, callback);
        }
        drop(grants);
        found_all_but(search.found(), &[2, 3, 4]);
        drop((app, platform));
        assert_eq!(search.found(), NOTHING, "after");
    });
}

#[test]
fn nothing_is_left_of_tokens_that_came_in_json_escapes() {
    memory::alone("nothing_is_left_of_tokens_that_came_in_json_escapes", "", |_| {
        let mut search = Search::new();
        let callback = "/callback?code=$2&state=S1&appid=wx1";
        let app = official();
        let grant = person(app.sign_in(code(&app, callback)).unwrap(), &[ESCAPED, PROFILE]);
        let renewed = drive(app.renew(&grant).unwrap(), &[ESCAPED]).unwrap();
        found_all_but(search.found(), &[1, 2]);
        drop((app, grant, renewed));
        assert_eq!(search.found(), NOTHING, "after");
    });
}

/// How many pieces of a secret an HTTP client may leave: sixteen copies, after one login or after many.
const MOST_LEFT: usize = 16 * PIECES;
/// More would show if each login left its own.
const LOGINS: usize = 25;

fn little_is_left_by<T: Transport>(test: &str) {
    let plain = GRANT.replace("snsapi_userinfo", "snsapi_base");
    let server = Server::start(Behaviour::Answer(http(200, "", made(&plain).as_bytes())));
    memory::alone(test, &server.base_url(), |base_url| {
        let mut search = Search::new();
        let app = official().at(Endpoints::emulator(base_url).unwrap());
        for logins in [1, LOGINS] {
            let client = T::connect(&app, Setup::patient()).unwrap();
            for _ in 0..logins {
                let code = code(&app, "/callback?code=$2&state=S1");
                let signed_in = client.run(app.sign_in(code).unwrap()).unwrap();
                let SignedIn::Person(person) = signed_in else { panic!("a snapshot") };
                drop(client.run(app.renew(person.grant()).unwrap()).unwrap());
            }
            let used = search.found();
            drop(client);
            let left = search.found();
            println!("{} after {logins} logins: {used:?} pieces in use, {left:?} left", T::NAME);
            assert!(left.iter().all(|pieces| *pieces <= MOST_LEFT), "{left:?}");
            // It is no secret that there are some: if none were left, the documentation could say so.
            assert!(left[3] > 0 && left[4] > 0, "{left:?}");
        }
    });
}

#[test]
fn a_few_copies_are_left_in_the_buffers_of_ureq() {
    little_is_left_by::<Ureq>("a_few_copies_are_left_in_the_buffers_of_ureq");
}

#[test]
fn a_few_copies_are_left_in_the_buffers_of_reqwest() {
    little_is_left_by::<Reqwest>("a_few_copies_are_left_in_the_buffers_of_reqwest");
}
