//! Bodies made to exhaust whoever reads them: as long as an answer may be, deep, wide, or with one thing that goes on.

use wechat_oauth::{App, Endpoints, Exchanged, MAX_BODY, ProfileLang, Response, Scope, UnixTime};

use crate::{app, code, grant_body};

/// Each body and its name. None is longer than [`MAX_BODY`], but for the one that is by a byte.
#[must_use]
pub fn hostile_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let again = |text: &str| text.repeat(MAX_BODY / text.len());
    let inside = |before: &str, text: &str, after: &str| {
        let room = MAX_BODY - before.len() - after.len();
        format!("{before}{}{after}", text.repeat(room / text.len()))
    };
    let fields: String = (0..5000).map(|number| format!("\"f{number}\":1,")).collect();
    let texts = [
        ("nothing but spaces", again(" ")),
        ("nothing but opening brackets", again("[")),
        ("nothing but opening braces", again("{")),
        ("objects in objects", again("{\"a\":")),
        ("lists in a field", inside("{\"privilege\":", "[", "}")),
        ("objects in an unknown field", inside("{\"x\":", "{\"a\":", "}")),
        ("lists and objects in turn", again("[{\"a\":")),
        ("deep and closed again", "[".repeat(MAX_BODY / 2) + &"]".repeat(MAX_BODY / 2)),
        ("an endless string", inside("{\"openid\":\"", "o", "\"}")),
        ("a string that does not end", inside("{\"openid\":\"", "o", "")),
        ("an endless escaped string", inside("{\"openid\":\"", "\\u006f", "\"}")),
        ("an endless nickname", inside("{\"openid\":\"o1\",\"nickname\":\"", "\\ud83d\\ude00", "\"}")),
        ("a nickname of half characters", inside("{\"openid\":\"o1\",\"nickname\":\"", "\\ud83d", "\"}")),
        ("an endless token", inside("{\"openid\":\"o1\",\"access_token\":\"", "t", "\"}")),
        ("an endless scope", inside("{\"openid\":\"o1\",\"scope\":\"", "snsapi_base,", "\"}")),
        ("an endless message", inside("{\"errcode\":40029,\"errmsg\":\"", "x", "\"}")),
        ("an endless number", inside("{\"expires_in\":", "9", "}")),
        ("an endless fraction", inside("{\"expires_in\":7200.", "0", "}")),
        ("an endless exponent", inside("{\"expires_in\":1e", "9", "}")),
        ("an endless list of privileges", inside("{\"openid\":\"o1\",\"privilege\":[\"a\"", ",\"a\"", "]}")),
        ("one field again and again", inside("{\"a\":1", ",\"a\":1", "}")),
        ("one known field again and again", inside("{\"openid\":\"o1\"", ",\"openid\":\"o1\"", "}")),
        ("fields without end", format!("{{{fields}\"openid\":\"o1\"}}")),
        ("a grant behind spaces", " ".repeat(MAX_BODY - grant_body().len()) + &grant_body()),
        ("a grant before what follows", format!("{}{}", grant_body(), "x".repeat(60_000))),
        ("one byte too many", " ".repeat(MAX_BODY + 1)),
        ("commas", again(",")),
        ("quotes", again("\"")),
        ("backslashes", again("\\")),
    ];
    let mut bodies: Vec<_> = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    bodies.push(("zero bytes", vec![0; MAX_BODY]));
    bodies.push(("bytes that are no text", vec![0xff; MAX_BODY]));
    bodies.push(("beginnings of characters", vec![0xf0; MAX_BODY]));
    bodies
}

/// Reads a body as the answer to each kind of call, and drops what comes of it.
///
/// # Panics
/// When a grant cannot be made to ask with, which no body has a part in.
pub fn read_as_every_answer(body: &[u8]) {
    let (app, grant) = app_and_grant();
    let answer = Response::new(200, body, UnixTime::from_secs(1_790_000_000));
    let _exchanged = app.exchange(code()).unwrap().read(&answer);
    let _refreshed = app.refresh(&grant).unwrap().read(&answer);
    let _checked = app.check(&grant).unwrap().read(&answer);
    let _read = app.profile(&grant, ProfileLang::default()).unwrap().read(&answer);
}

fn app_and_grant() -> (App, wechat_oauth::Grant) {
    let app = app(Endpoints::emulator("http://127.0.0.1:1").unwrap());
    let body = grant_body().replace("snsapi_base", "snsapi_userinfo");
    let answer = Response::new(200, body.as_bytes(), UnixTime::from_secs(1_790_000_000));
    let code = code().asked_for(Scope::UserInfo);
    let Exchanged::Grant(grant) = app.exchange(code).unwrap().read(&answer).unwrap() else {
        unreachable!("the body is a grant's");
    };
    (app, grant)
}
