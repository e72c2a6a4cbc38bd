//! Callbacks: state first, then refusal, then the code.

use serde_json::{Value, json};

use super::{APPID, Asked, CODE, COMPONENT_APPID, STATE, ask};

fn pending() -> Value {
    json!({"state": STATE, "appid": APPID, "component_appid": null, "scope": "snsapi_userinfo"})
}

fn component() -> Value {
    json!({"state": STATE, "appid": APPID, "component_appid": COMPONENT_APPID, "scope": "snsapi_base"})
}

fn back(name: &str, callback: &str) -> Asked {
    ask(name, "callback", json!({"pending": pending(), "callback": callback}))
}

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = vec![
        back("a query with a code and our state", &format!("code={CODE}&state={STATE}")),
        back("the order does not matter", &format!("state={STATE}&code={CODE}")),
        back("a path with a query", &format!("/callback?code={CODE}&state={STATE}")),
        back("a whole URL", &format!("https://example.com/callback/?a=1&code={CODE}&state={STATE}")),
        back("a path without its slash", &format!("callback?code={CODE}&state={STATE}")),
        back("a URL in capital letters", &format!("HTTPS://EXAMPLE.COM/CB?code={CODE}&state={STATE}")),
        back("a URL without a query", "https://example.com/callback"),
        back("a query that begins with its question mark", &format!("?code={CODE}&state={STATE}")),
        back("a query whose value has a question mark", &format!("code={CODE}&state={STATE}&next=/a?b")),
        back("what follows # is not read", &format!("code={CODE}&state={STATE}#&state=other&code=other")),
        back("a code behind # is no code", &format!("/callback?state={STATE}#code={CODE}")),
        back(
            "other keys are ignored, repeated or not",
            &format!("a=1&a=2&code={CODE}&state={STATE}&%zz=%zz"),
        ),
        back("empty pairs are ignored", &format!("&&code={CODE}&&state={STATE}&")),
        back("keys can be percent-encoded", &format!("%63ode={CODE}&st%61te={STATE}")),
        back("values can be percent-encoded", &format!("code=%30%35%31&state={}", "%537ate")),
        back("keys have no capital letters", &format!("Code={CODE}&State={STATE}")),
        back(
            "an official account's callback may name any appid",
            &format!("code={CODE}&state={STATE}&appid=wxother"),
        ),
        back("a code of 512 characters", &format!("code={}&state={STATE}", "c0D-".repeat(128))),
        back("a code of 513 characters is too long", &format!("code={}&state={STATE}", "c".repeat(513))),
        back("a code with a quote is none", &format!("code=%22{CODE}%22&state={STATE}")),
        back("a code with a parameter inside is none", &format!("code=a%26secret%3Db&state={STATE}")),
        back("a code that is badly encoded", &format!("code=%zz&state={STATE}")),
        back("a code that is no UTF-8", &format!("code=%ff&state={STATE}")),
        back("an empty code", &format!("code=&state={STATE}")),
        back("two codes", &format!("code={CODE}&code={CODE}&state={STATE}")),
        back("two codes, one of them encoded", &format!("code={CODE}&%63ode={CODE}&state={STATE}")),
        back("no code is a refusal", &format!("state={STATE}")),
        back("authdeny is a refusal", &format!("code=authdeny&state={STATE}")),
        back("no state: the login still waits", &format!("code={CODE}")),
        back("an empty state: the login still waits", &format!("code={CODE}&state=")),
        back("another state: the login still waits", &format!("code={CODE}&state=another")),
        back("a state that is longer than ours is another", &format!("code={CODE}&state={STATE}0")),
        back(
            "two states, both ours: the login still waits",
            &format!("code={CODE}&state={STATE}&state={STATE}"),
        ),
        back("a state that is badly encoded: the login still waits", &format!("code={CODE}&state={STATE}%4")),
        back("a refusal without our state is nobody's", "code=authdeny&state=another"),
        back("state is looked at before the code", "code=&code=&state=another"),
        back("nothing at all", ""),
        back("control characters", "\u{0}\u{1b}[31m\r\n"),
        back("a query of more than 8 KiB", &format!("code={CODE}&state={STATE}&{}", "x".repeat(8 * 1024))),
    ];
    let through =
        |name, callback: &str| ask(name, "callback", json!({"pending": component(), "callback": callback}));
    asked.extend([
        through(
            "a component's callback names the account",
            &format!("code={CODE}&state={STATE}&appid={APPID}"),
        ),
        through("a component's callback without an appid", &format!("code={CODE}&state={STATE}")),
        through(
            "a component's callback for another account",
            &format!("code={CODE}&state={STATE}&appid={COMPONENT_APPID}"),
        ),
        through(
            "a component's callback with two appids",
            &format!("code={CODE}&state={STATE}&appid={APPID}&appid={APPID}"),
        ),
        through("a component's refusal needs no appid", &format!("state={STATE}")),
        through(
            "a component's callback with another state still waits",
            &format!("code={CODE}&state=x&appid={APPID}"),
        ),
    ]);
    let kept = |name, pending: &str| {
        ask(name, "callback", json!({"pending": pending, "callback": format!("code={CODE}&state={STATE}")}))
    };
    asked.extend([
        kept("a pending login is read with unknown keys or refused, and quoted in neither case", r#"{"state":"S7ate","appid":"wx0123456789abcdef","component_appid":null,"scope":"snsapi_base","x":1}"#),
        kept("a pending login without a component's key", r#"{"state":"S7ate","appid":"wx0123456789abcdef","scope":"snsapi_base"}"#),
        kept("a pending login that ends too early", r#"{"state":"S7ate","appid":"wx01"#),
        kept("a pending login without its state", r#"{"appid":"wx0123456789abcdef","component_appid":null,"scope":"snsapi_base"}"#),
        kept("a pending login whose state cannot be one", r#"{"state":"not one!","appid":"wx0123456789abcdef","component_appid":null,"scope":"snsapi_base"}"#),
        kept("a pending login of two lines", "{\"state\":\"S7ate\",\n\"appid\":7}"),
        kept("a pending login that is nothing", ""),
    ]);
    asked
}
