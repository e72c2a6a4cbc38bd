//! Refreshes and renewals: what replaces what, and what carries over.

use serde_json::{Value, json};

use super::{
    Asked, SENT_AT, TOKENS, answer, answer_with, component, finish, flow, lost, official, read, read_with,
    reads, refusal, stored, stored_base, waited, website, with,
};

/// As WeChat writes it: openid first, both scopes, no unionid.
const REFRESHED: &str = r#"{"openid":"o1","access_token":"aT-2","expires_in":7200,"refresh_token":"rT-1","scope":"snsapi_base,snsapi_userinfo,"}"#;
const ROTATED: &str = r#"{"openid":"o1","access_token":"aT-2","expires_in":7200,"refresh_token":"rT-2","scope":"snsapi_base,snsapi_userinfo,"}"#;
const LATER: u64 = SENT_AT + 86_400;

fn start(stored: Value) -> Value {
    json!({"refresh": {"stored": stored}})
}

fn renew(stored: Value) -> Value {
    json!({"renew": {"stored": stored}})
}

fn later(body: &str) -> Value {
    answer_with(200, body, LATER)
}

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = reads(
        "refresh",
        &[
            ("a refresh as WeChat answers it", REFRESHED),
            ("a refresh with a unionid", TOKENS),
            (
                "a refresh without a refresh token",
                r#"{"openid":"o1","access_token":"A","expires_in":7200,"scope":"snsapi_base"}"#,
            ),
            (
                "a refresh without a scope",
                r#"{"openid":"o1","access_token":"A","expires_in":7200,"refresh_token":"R"}"#,
            ),
            (
                "a refresh that says it is a snapshot visitor",
                r#"{"openid":"o1","access_token":"A","expires_in":7200,"refresh_token":"R","is_snapshotuser":1}"#,
            ),
        ],
    );
    asked.extend([
        read_with("a refresh for another openid than the expected one", "refresh", 200, REFRESHED, json!({"openid": "o2"})),
        read("a component's refresh", "component_refresh", REFRESHED),
        flow("a refresh needs no secret", with(official(), json!({"secret": null})), start(stored()), &[later(REFRESHED), finish()]),
        flow("a refresh keeps the unionid, and the thirty days of a refresh token that stays", official(), start(stored()), &[later(REFRESHED), finish()]),
        flow("a new refresh token has thirty days of its own", official(), start(stored()), &[later(ROTATED), finish()]),
        flow("a refresh without a scope has the one that was asked for", official(), start(stored()), &[later(r#"{"openid":"o1","access_token":"A","expires_in":7200,"refresh_token":"R"}"#), finish()]),
        flow("a refresh for another person is nobody's", official(), start(stored()), &[later(r#"{"openid":"o2","access_token":"A","expires_in":7200,"refresh_token":"R","scope":"snsapi_base"}"#), finish()]),
        flow("a refresh with another unionid is nobody's", official(), start(stored()), &[later(r#"{"openid":"o1","unionid":"u2","access_token":"A","expires_in":7200,"refresh_token":"R","scope":"snsapi_base"}"#), finish()]),
        flow("a refresh that turns out a snapshot visitor's is nobody's", official(), start(stored()), &[later(r#"{"openid":"o1","is_snapshotuser":1}"#), finish()]),
        flow("a component's refresh, sent and read", component(), start(stored()), &[later(ROTATED), finish()]),
        flow("a component's refresh without its token is not sent", with(component(), json!({"component_access_token": null})), start(stored()), &[finish()]),
        flow("another application's grant is not refreshed", website(), start(stored()), &[finish()]),
        flow("a refusal of a refresh that quotes the token is shown without it", official(), start(with(stored(), json!({"refresh_token": "rT-0123456789"}))), &[answer(r#"{"errcode":40030,"errmsg":"invalid refresh_token rT-0123456789"}"#), finish()]),
        flow("a lost refresh may be sent again later", official(), start(stored()), &[lost("closed", "request"), finish()]),
        flow("a renewal", official(), renew(stored()), &[later(REFRESHED), finish()]),
        flow("a component's renewal", component(), renew(stored_base()), &[later(ROTATED), finish()]),
        flow("a busy renewal waits one second, then two, and then gives up", official(), renew(stored()), &[refusal(-1), waited(), refusal(-1), waited(), refusal(-1), finish()]),
        flow("a lost renewal is sent again", official(), renew(stored()), &[lost("timeout", "body"), waited(), lost("connect", "connect"), waited(), later(REFRESHED), finish()]),
        flow("a renewal that is lost three times", official(), renew(stored()), &[lost("timeout", "body"), waited(), lost("tls", "connect"), waited(), lost("closed", "request"), finish()]),
        flow("a renewal whose refresh token is over", official(), renew(stored()), &[refusal(42002), finish()]),
        flow("a renewal whose access token is called invalid restarts", official(), renew(stored()), &[refusal(40001), finish()]),
        flow("a component's renewal whose own token is stale", component(), renew(stored()), &[refusal(42001), finish()]),
        flow("a renewal whose answer cannot be read is not repeated", official(), renew(stored()), &[answer("<html>"), finish()]),
    ]);
    asked
}
