//! What is asked: by hand, one table a file of `tests/vectors`.
#![allow(clippy::needless_pass_by_value, reason = "a table reads better without ampersands")]

mod authorize_url;
mod browser;
mod callback;
mod check;
mod error;
mod exchange;
mod flow;
mod grant;
mod lint;
mod profile;
mod refresh;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A question that has a name.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) op: &'static str,
    pub(crate) input: Value,
}

/// Each file's name, without its ending, and its questions.
pub(crate) fn files() -> Vec<(&'static str, Vec<Asked>)> {
    vec![
        ("authorize_url", authorize_url::asked()),
        ("browser", browser::asked()),
        ("callback", callback::asked()),
        ("check", check::asked()),
        ("error", error::asked()),
        ("exchange", exchange::asked()),
        ("flow", flow::asked()),
        ("grant", grant::asked()),
        ("lint", lint::asked()),
        ("profile", profile::asked()),
        ("refresh", refresh::asked()),
    ]
}

const APPID: &str = "wx0123456789abcdef";
const WEBSITE_APPID: &str = "wxb";
const COMPONENT_APPID: &str = "wxc";
const STATE: &str = "S7ate";
const CODE: &str = "C0DE";
/// When the answers of the tables were asked for.
const SENT_AT: u64 = 1_790_000_000;

/// The answer of an exchange, as WeChat writes it.
const TOKENS: &str = r#"{"access_token":"aT-1","expires_in":7200,"refresh_token":"rT-1","openid":"o1","scope":"snsapi_userinfo","unionid":"u1"}"#;
/// The answer of a silent one.
const BASE_TOKENS: &str =
    r#"{"access_token":"aT-1","expires_in":7200,"refresh_token":"rT-1","openid":"o1","scope":"snsapi_base"}"#;
/// The answer to a profile.
const PROFILE: &str = r#"{"openid":"o1","nickname":"林小满🌱","sex":0,"language":"","city":"","province":"","country":"","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/Q0j4TwGTfTK\/132","privilege":[],"unionid":"u1"}"#;

fn ask(name: &str, op: &'static str, input: Value) -> Asked {
    Asked { name: name.to_owned(), op, input }
}

/// Answers to one operation, read by themselves: name and body.
fn reads(operation: &str, bodies: &[(&str, &str)]) -> Vec<Asked> {
    bodies.iter().map(|(name, body)| read(name, operation, body)).collect()
}

fn read(name: &str, operation: &str, body: impl AsRef<[u8]>) -> Asked {
    read_with(name, operation, 200, body, json!({}))
}

/// With another status, or with what is known: `openid`, `scope`.
fn read_with(name: &str, operation: &str, status: u16, body: impl AsRef<[u8]>, known: Value) -> Asked {
    let mut input = json!({"operation": operation, "status": status, "body_base64": STANDARD.encode(body)});
    merge(&mut input, known);
    ask(name, "read", input)
}

/// Adds the keys of `more`, or replaces them; a null takes one away.
fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        for (key, new) in more {
            if new.is_null() {
                value.remove(&key);
            } else {
                value.insert(key, new);
            }
        }
    }
}

fn with(mut value: Value, more: Value) -> Value {
    merge(&mut value, more);
    value
}

fn official() -> Value {
    json!({"account": "official_account", "appid": APPID, "secret": "s3cret"})
}

fn website() -> Value {
    json!({"account": "website", "appid": WEBSITE_APPID, "secret": "s3cret"})
}

fn component() -> Value {
    json!({
        "account": "component", "appid": APPID, "component_appid": COMPONENT_APPID,
        "component_access_token": "cT-1",
    })
}

fn stored() -> Value {
    json!({
        "appid": APPID, "openid": "o1", "unionid": "u1", "access_token": "aT-1",
        "refresh_token": "rT-1", "scopes": ["snsapi_userinfo"], "scopes_assumed": false,
        "asked": "snsapi_userinfo", "issued_at": SENT_AT, "expires_in": 7200,
        "refresh_token_issued_at": SENT_AT,
    })
}

/// A stored grant of a silent login.
fn stored_base() -> Value {
    with(stored(), json!({"unionid": null, "scopes": ["snsapi_base"], "asked": "snsapi_base"}))
}

fn answer(body: impl AsRef<[u8]>) -> Value {
    answer_with(200, body, SENT_AT)
}

fn answer_with(status: u16, body: impl AsRef<[u8]>, sent_at: u64) -> Value {
    json!({"answer": {"status": status, "body_base64": STANDARD.encode(body), "sent_at": sent_at}})
}

fn refusal(errcode: i64) -> Value {
    answer(format!(r#"{{"errcode":{errcode},"errmsg":"no"}}"#))
}

fn lost(reason: &str, phase: &str) -> Value {
    json!({"lost": {"reason": reason, "phase": phase}})
}

fn waited() -> Value {
    json!({"waited": true})
}

fn finish() -> Value {
    json!({"finish": true})
}

fn flow(name: &str, app: Value, start: Value, events: &[Value]) -> Asked {
    ask(name, "flow", json!({"app": app, "start": start, "events": events}))
}
