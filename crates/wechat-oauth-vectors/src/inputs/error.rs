//! Refusals and their advice, lost answers, and what each code means.

use serde_json::json;

use super::{Asked, CODE, ask, component, finish, flow, lost, official, read, refusal, stored};

/// What is explained: every code that an advice names, some of the page's, and some that nobody knows.
const EXPLAINED: [i64; 48] = [
    -1, 0, 40001, 40003, 40013, 40014, 40029, 40030, 40125, 40163, 40226, 41008, 42001, 42002, 42003, 42006,
    42007, 45009, 45011, 48001, 48004, 50001, 50002, 50003, 50004, 50005, 50006, 61003, 61004, 61005, 61006,
    61007, 61009, 61010, 61023, 10003, 10004, 10005, 10006, 10009, 10012, 10015, 10016, 12345, 99999, -2,
    -LARGEST, LARGEST,
];
/// The largest number that every language has.
const LARGEST: i64 = (1 << 53) - 1;
/// A code for each advice, and some that have none of their own.
const CODES: [i64; 12] = [-1, 40003, 40013, 40029, 40163, 42007, 45009, 48001, 48004, 50002, 61003, 61009];
const OPERATIONS: [&str; 6] =
    ["exchange", "refresh", "check", "profile", "component_exchange", "component_refresh"];

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = messages();
    // The advice depends on the operation for these.
    for errcode in [40001, 40014, 42001, 42006] {
        for operation in OPERATIONS {
            let name = format!("{errcode} to {operation}");
            asked.push(read(&name, operation, format!(r#"{{"errcode":{errcode},"errmsg":"no"}}"#)));
        }
    }
    for errcode in CODES {
        let name = format!("{errcode} to profile");
        asked.push(read(&name, "profile", format!(r#"{{"errcode":{errcode},"errmsg":"no"}}"#)));
    }
    for code in EXPLAINED {
        asked.push(ask(&format!("what {code} means"), "explain", json!({"code": code})));
    }
    asked.extend(losses());
    asked
}

fn messages() -> Vec<Asked> {
    let refused =
        |name, errmsg: &str| read(name, "exchange", format!(r#"{{"errcode":40029,"errmsg":"{errmsg}"}}"#));
    let mut asked = vec![
        refused("a message without a request id", "invalid code"),
        refused("a message with a rid", "invalid code, rid: 6aac007a-0a1b2c3d-4e5f6071"),
        refused("a message with a req_id", "invalid code, hints: [ req_id: a.B-7_x09 ]"),
        refused("a message with a hint", "invalid code hint: [Zx09abc]"),
        refused("a message with hints and an exclamation mark", "invalid code hints: [Zx09abc-PV!]"),
        refused("a message with a hint and a rid has the first", "invalid code hint: [Zx09] rid: 1-2-3"),
        refused(
            "a message with a rid in its middle",
            "invalid code, rid: 1-2-3, view more at http:\\/\\/example.com",
        ),
        refused("a message whose rid is part of a word", "invalid grid: 1-2-3"),
        refused("a message with a rid of 65 characters", &format!("invalid code, rid: {}", "1".repeat(65))),
        refused("a message with spaces around it", "  invalid code  "),
        refused("a message in Chinese", "无效的授权码, rid: 1-2-3"),
        refused(
            "a message with control characters and from right to left",
            "in\u{1b}[31mvalid\\n\u{202e}code",
        ),
        refused("a long message", &"n0 ".repeat(100)),
    ];
    let body = |name, body: &str| read(name, "exchange", body);
    asked.extend([
        body("no message", r#"{"errcode":40029}"#),
        body("a message that is an object", r#"{"errcode":40029,"errmsg":{"a":1}}"#),
        body("a code in quotes", r#"{"errcode":"40029","errmsg":"invalid code"}"#),
        body("a code with a fraction of nothing", r#"{"errcode":40029.0}"#),
        body("a code with a fraction", r#"{"errcode":40029.5}"#),
        body("a code below 0 in quotes", r#"{"errcode":"-1","errmsg":"system error"}"#),
        body("a code of an empty text", r#"{"errcode":""}"#),
        body("a code of true", r#"{"errcode":true}"#),
        body("a code of null is none", r#"{"errcode":null,"errmsg":null}"#),
        body("a code of a text", r#"{"errcode":"invalid"}"#),
        body("a code in quotes with a sign", r#"{"errcode":"+40029"}"#),
        body("the largest code", r#"{"errcode":9223372036854775807}"#),
        body("a code that no integer holds", r#"{"errcode":9223372036854775808}"#),
        body("a code beside a grant", r#"{"errcode":40029,"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_base"}"#),
        body("a code of nobody", r#"{"errcode":99999,"errmsg":"something new"}"#),
    ]);
    asked
}

fn losses() -> Vec<Asked> {
    let start = || json!({"exchange": {"code": CODE}});
    let mut asked = Vec::new();
    for (reason, phase) in [
        ("resolve", "connect"),
        ("connect", "connect"),
        ("tls", "connect"),
        ("timeout", "request"),
        ("closed", "body"),
        ("protocol", "request"),
        ("proxy", "connect"),
        ("other", "request"),
    ] {
        let name = format!("an exchange lost by {reason} in the phase {phase}");
        asked.push(flow(&name, official(), start(), &[lost(reason, phase), finish()]));
    }
    let check = || json!({"check": {"stored": stored()}});
    asked.extend([
        flow(
            "a lost answer of an unknown reason is not lost",
            official(),
            start(),
            &[lost("reset", "body"), lost("closed", "body"), finish()],
        ),
        flow(
            "a lost answer of an unknown phase is not lost",
            official(),
            start(),
            &[lost("closed", "head"), finish()],
        ),
        flow(
            "a check that is lost may be sent again",
            official(),
            check(),
            &[lost("timeout", "body"), finish()],
        ),
        flow(
            "a component's exchange that is lost restarts",
            component(),
            start(),
            &[lost("closed", "request"), finish()],
        ),
        flow(
            "a component's exchange whose own token is stale",
            component(),
            start(),
            &[refusal(40001), finish()],
        ),
        flow(
            "a component's exchange whose authorization is over",
            component(),
            start(),
            &[refusal(61003), finish()],
        ),
    ]);
    asked
}
