//! Checks: valid, not valid, or nobody knows.

use serde_json::json;

use super::{
    Asked, answer, component, finish, flow, lost, official, read, read_with, reads, refusal, stored, website,
    with,
};

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = reads(
        "check",
        &[
            ("a token that is valid", r#"{"errcode":0,"errmsg":"ok"}"#),
            ("a check that says nothing is valid by its silence, or is not read", "{}"),
            ("a check whose code is 0 in quotes", r#"{"errcode":"0"}"#),
            ("a check whose code is a text", r#"{"errcode":"ok"}"#),
            ("a check whose code is a fraction", r#"{"errcode":0.5}"#),
            ("a check whose code is repeated", r#"{"errcode":0,"errcode":0}"#),
        ],
    );
    asked.push(read(
        "a token that is not valid for this person",
        "check",
        r#"{"errcode":40003,"errmsg":"no"}"#,
    ));
    for errcode in [-1, 40013, 41009, 42007, 45009] {
        let name = format!("a check that {errcode} says nothing about");
        asked.push(read(&name, "check", format!(r#"{{"errcode":{errcode},"errmsg":"no"}}"#)));
    }
    let start = || json!({"check": {"stored": stored()}});
    asked.extend([
        read_with(
            "a valid token with status 500 is not believed",
            "check",
            500,
            r#"{"errcode":0}"#,
            json!({}),
        ),
        read_with(
            "a token that is not valid with status 400",
            "check",
            400,
            r#"{"errcode":42001}"#,
            json!({}),
        ),
        flow(
            "a check, sent and read",
            official(),
            start(),
            &[answer(r#"{"errcode":0,"errmsg":"ok"}"#), finish()],
        ),
        flow("a component's check has no path of its own", component(), start(), &[refusal(42001), finish()]),
        flow(
            "a check needs neither secret nor component's token",
            with(component(), json!({"component_access_token": null})),
            start(),
            &[refusal(40001), finish()],
        ),
        flow("another application's grant is not checked", website(), start(), &[finish()]),
        flow("a lost check", official(), start(), &[lost("resolve", "connect"), finish()]),
        flow(
            "a refusal of a check that quotes the token is shown without it",
            official(),
            json!({"check": {"stored": with(stored(), json!({"access_token": "aT-0123456789"}))}}),
            &[answer(r#"{"errcode":40001,"errmsg":"invalid credential aT-0123456789 for o1"}"#), finish()],
        ),
    ]);
    asked
}
