//! Whatever answers: nothing panics, nobody is taken for somebody else, and no error gives away what the body held.

use serde::Serialize;
use serde_json::{Map, Value};
use wechat_oauth_core::{
    App, Code, Error, Exchanged, Expected, Grant, GrantReport, MAX_BODY, Operation, Profile, ProfileLang,
    ProfileReport, Report, Response, Scope, Validity, read_report,
};

use crate::given::{self, NOW, OPENID};

/// The app secret and every token of the requests. In an input, the byte 0 stands for it, and the byte 1 for its form
/// in a URL.
pub const TOKEN_CANARY: &str = "77_canary+token/0123456789==";

/// [`TOKEN_CANARY`] as it stands in the URL of a request.
const ENCODED_TOKEN_CANARY: &str = "77_canary%2Btoken%2F0123456789%3D%3D";

pub(crate) const TOKEN_FORMS: [&str; 2] = [TOKEN_CANARY, ENCODED_TOKEN_CANARY];

/// The code of the exchanges. In an input, the byte 2 stands for it.
pub const CODE_CANARY: &str = "canary-code-0123456789";

/// What the login asked for.
const ASKED: Scope = Scope::UserInfo;

/// The HTTP statuses that an input can choose.
pub(crate) const STATUSES: [u16; 4] = [200, 201, 404, 502];

/// Takes `CHOICE BODY`: a byte that picks the operation and the HTTP status (`0` to `3` are the exchange, the refresh and
/// their component forms with status 200), and the body of the answer.
///
/// # Panics
/// When an error gives away a secret of the request or anything of a body that cannot be read, when a success is about
/// another person or says something else than the body, or when [`read_report`] and the operation's own call disagree.
pub fn exchange(data: &[u8]) {
    const OPERATIONS: [Operation; 4] =
        [Operation::Exchange, Operation::Refresh, Operation::ComponentExchange, Operation::ComponentRefresh];
    let Some((operation, status, body)) = choose(data, &OPERATIONS) else { return };
    let response = Response::new(status, &body, NOW);
    let app = app(operation);
    let document = if operation.spends_code() {
        exchanged(&app, operation, &response)
    } else {
        refreshed(&app, operation, &response)
    };
    if let Some(document) = document {
        assert_eq!(status, 200);
        says_the_same(&body, &document);
    }
}

/// Takes `CHOICE BODY`: a byte that picks the HTTP status (`0` is 200), and the body of a profile's answer.
///
/// # Panics
/// As [`exchange`].
pub fn profile(data: &[u8]) {
    let Some((operation, status, body)) = choose(data, &[Operation::Profile]) else { return };
    let response = Response::new(status, &body, NOW);
    if let Some(document) = profile_read(&app(operation), &response) {
        assert_eq!(status, 200);
        says_the_same(&body, &document);
    }
}

/// Takes `CHOICE BODY`: a byte that picks the HTTP status (`0` is 200), and the body of a check's answer.
///
/// # Panics
/// As [`exchange`].
pub fn check(data: &[u8]) {
    let Some((operation, status, body)) = choose(data, &[Operation::Check]) else { return };
    checked(&app(operation), &Response::new(status, &body, NOW));
}

/// What the first byte picks, and the rest with the canaries in it.
fn choose(data: &[u8], operations: &[Operation]) -> Option<(Operation, u16, Vec<u8>)> {
    let (choice, body) = data.split_first()?;
    let choice = usize::from(choice.wrapping_sub(b'0'));
    let status = STATUSES[choice / operations.len() % STATUSES.len()];
    Some((operations[choice % operations.len()], status, with_canaries(body)))
}

pub(crate) fn app(operation: Operation) -> App {
    if operation.is_component() { given::component(TOKEN_CANARY) } else { given::official(TOKEN_CANARY) }
}

pub(crate) fn with_canaries(body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len());
    for byte in body {
        match byte {
            0 => whole.extend(TOKEN_CANARY.bytes()),
            1 => whole.extend(ENCODED_TOKEN_CANARY.bytes()),
            2 => whole.extend(CODE_CANARY.bytes()),
            _ => whole.push(*byte),
        }
    }
    whole
}

fn exchanged(app: &App, operation: Operation, response: &Response<'_>) -> Option<Value> {
    let call = app.exchange(code()).expect("the app needs nothing more");
    let report = read_report(operation, response, &expected(None));
    let (exchanged, report) = agree(call.read(response), report)?;
    let document = document(&GrantReport::expose(&exchanged));
    assert_eq!(document, self::document(&report));
    assert_eq!(document["snapshot"], matches!(exchanged, Exchanged::Snapshot(_)));
    if let Exchanged::Grant(grant) = &exchanged {
        hides_its_tokens(grant);
        assert!((1..=30 * 86400).contains(&document["expires_in"].as_u64().expect("a number")));
    }
    Some(document)
}

fn refreshed(app: &App, operation: Operation, response: &Response<'_>) -> Option<Value> {
    let call = app.refresh(&grant(app)).expect("the app's own grant");
    let report = read_report(operation, response, &expected(Some(OPENID)));
    let (grant, report) = agree(call.read(response), report)?;
    hides_its_tokens(&grant);
    assert_eq!(grant.openid().as_str(), OPENID);
    let document = document(&GrantReport::expose_grant(&grant));
    let mut report = self::document(&report);
    // A grant keeps its scopes when the answer names none.
    if report["scopes"] == Value::Array(Vec::new()) {
        report["scopes"] = document["scopes"].clone();
    }
    assert_eq!(document, report);
    Some(document)
}

fn checked(app: &App, response: &Response<'_>) {
    let call = app.check(&grant(app)).expect("the app's own grant");
    let report = read_report(Operation::Check, response, &expected(None));
    let Some((validity, report)) = agree(call.read(response), report) else { return };
    let Report::Check(report) = report else { unreachable!("a check was asked for") };
    assert_eq!(report.is_valid(), validity.is_valid());
    if let Validity::NotValid(refusal) = validity {
        assert!(matches!(refusal.errcode(), 40001 | 40003 | 40014 | 42001));
        holds_none(&TOKEN_FORMS, &format!("{refusal} {refusal:?}"));
    }
}

fn profile_read(app: &App, response: &Response<'_>) -> Option<Value> {
    let call = app.profile(&grant(app), ProfileLang::default()).expect("the scope allows it");
    let report = read_report(Operation::Profile, response, &expected(Some(OPENID)));
    let (profile, report) = agree(call.read(response), report)?;
    let document = document(&ProfileReport::from(&profile));
    assert_eq!(document, self::document(&report));
    assert_eq!(profile.openid().as_str(), OPENID);
    assert!(profile.avatar().is_none_or(|avatar| avatar.as_str().starts_with("https://")));
    shows_one_line(&profile);
    Some(document)
}

/// Both ways of reading give a success, or the same error; and no error holds what it must not.
fn agree<T>(read: Result<T, Error>, report: Result<Report, Error>) -> Option<(T, Report)> {
    match (read, report) {
        (Ok(answer), Ok(report)) => Some((answer, report)),
        (Err(error), Err(other)) => {
            let shown = format!("{error} {error:?}");
            match (&error, &other) {
                // WeChat's message is shown, without the secrets of the request it answers. A report does not know the
                // request.
                (Error::Refused(refusal), Error::Refused(other)) => {
                    holds_none(&TOKEN_FORMS, &shown);
                    if refusal.operation().spends_code() {
                        holds_none(&[CODE_CANARY], &shown);
                    }
                    assert_eq!(refusal.errcode(), other.errcode());
                    assert_eq!(refusal.advice(), other.advice());
                }
                _ => {
                    holds_none(&TOKEN_FORMS, &shown);
                    holds_none(&[CODE_CANARY], &shown);
                    assert_eq!(shown, format!("{other} {other:?}"));
                }
            }
            None
        }
        (Ok(_), Err(error)) => panic!("only the report is an error: {error}"),
        (Err(error), Ok(_)) => panic!("only the call is an error: {error}"),
    }
}

pub(crate) fn holds_none(canaries: &[&str], shown: &str) {
    for canary in canaries {
        assert!(!shown.contains(canary), "{shown}");
    }
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

/// The public parts of a grant are shown, its tokens are not.
fn hides_its_tokens(grant: &Grant) {
    let public = format!("{} {:?} {}", grant.openid(), grant.unionid(), grant.scopes());
    if !public.contains("canary") {
        holds_none(&TOKEN_FORMS, &format!("{grant:?}"));
    }
}

fn shows_one_line(profile: &Profile) {
    let shown = format!("{profile:?} {}", profile.nickname());
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

/// Where an ordinary JSON parser can read the body too, it finds a success, and the texts that were read.
fn says_the_same(body: &[u8], document: &Value) {
    assert!(body.len() <= MAX_BODY);
    let Ok(body) = serde_json::from_slice::<Map<String, Value>>(body) else { return };
    let errcode = body.get("errcode").unwrap_or(&Value::Null);
    assert!(
        errcode.as_f64().or_else(|| errcode.as_str()?.parse().ok()).unwrap_or_default() == 0.0,
        "{errcode}"
    );
    for key in ["openid", "access_token", "refresh_token", "unionid", "nickname", "language", "country"] {
        if let Some(Value::String(read)) = document.get(key) {
            assert_eq!(body.get(key).and_then(Value::as_str).unwrap_or_default(), read, "{key}");
        }
    }
}

pub(crate) fn code() -> Code {
    Code::received_without_state(CODE_CANARY).expect("a code").asked_for(ASKED)
}

pub(crate) fn grant(app: &App) -> Grant {
    let body = format!(
        r#"{{"access_token":"{TOKEN_CANARY}","expires_in":7200,"refresh_token":"{TOKEN_CANARY}","openid":"{OPENID}","scope":"{ASKED}"}}"#
    );
    let call = app.exchange(code()).expect("the app needs nothing more");
    let exchanged = call.read(&Response::new(200, body.as_bytes(), NOW)).expect("a good answer");
    exchanged.into_grant().expect("no snapshot")
}

fn expected(openid: Option<&str>) -> Expected {
    Expected { openid: openid.map(|openid| openid.parse().expect("an openid")), scope: Some(ASKED) }
}

fn document(report: &impl Serialize) -> Value {
    serde_json::to_value(report).expect("a document")
}
