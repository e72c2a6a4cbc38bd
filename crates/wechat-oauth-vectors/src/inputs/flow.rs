//! Sign-ins: exchange, profile, one renewal, repeats; and what happens when somebody does not do as the flow says.

use serde_json::{Value, json};

use super::{
    Asked, BASE_TOKENS, CODE, SENT_AT, TOKENS, answer, answer_with, component, finish, flow, lost, official,
    refusal, waited, website,
};

const PROFILE: &str = r#"{"openid":"o1","nickname":"林🌱","unionid":"u1"}"#;
const REFRESHED: &str = r#"{"openid":"o1","access_token":"aT-2","expires_in":7200,"refresh_token":"rT-2","scope":"snsapi_base,snsapi_userinfo,"}"#;

fn sign_in() -> Value {
    json!({"sign_in": {"code": CODE, "scope": "snsapi_userinfo"}})
}

fn silent() -> Value {
    json!({"sign_in": {"code": CODE, "scope": "snsapi_base"}})
}

/// A sign-in with consent at an official account.
fn events(name: &str, events: &[Value]) -> Asked {
    flow(name, official(), sign_in(), events)
}

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = people();
    asked.extend(ends());
    asked.extend(misuse());
    asked
}

fn people() -> Vec<Asked> {
    let snapshot = TOKENS.replace('}', r#","is_snapshotuser":1}"#);
    let scopeless = TOKENS.replace(r#","scope":"snsapi_userinfo""#, "");
    let no_unionid = TOKENS.replace(r#","unionid":"u1""#, "");
    let login = TOKENS.replace("snsapi_userinfo", "snsapi_login");
    vec![
        events(
            "a sign-in with consent: exchange, then profile",
            &[answer(TOKENS), answer(PROFILE), finish()],
        ),
        flow("a silent sign-in has no profile", official(), silent(), &[answer(BASE_TOKENS), finish()]),
        events(
            "a sign-in whose consent turns out a silent grant has no profile",
            &[answer(BASE_TOKENS), finish()],
        ),
        flow(
            "a website's sign-in",
            website(),
            json!({"sign_in": {"code": CODE, "scope": "snsapi_login"}}),
            &[answer(&login), answer(PROFILE), finish()],
        ),
        flow("a component's sign-in", component(), sign_in(), &[answer(TOKENS), answer(PROFILE), finish()]),
        flow(
            "a sign-in in English",
            official(),
            json!({"sign_in": {"code": CODE, "scope": "snsapi_userinfo", "lang": "en"}}),
            &[answer(TOKENS), answer(PROFILE), finish()],
        ),
        flow(
            "a sign-in in an unknown language is not begun",
            official(),
            json!({"sign_in": {"code": CODE, "lang": "fr"}}),
            &[finish()],
        ),
        flow(
            "a sign-in of an unknown scope is not begun",
            official(),
            json!({"sign_in": {"code": CODE, "scope": "snsapi_all", "lang": "fr"}}),
            &[finish()],
        ),
        flow(
            "a sign-in with a code that can be none is not begun",
            official(),
            json!({"sign_in": {"code": "授权码"}}),
            &[finish()],
        ),
        events("a snapshot visitor is nobody", &[answer(&snapshot), finish()]),
        events(
            "a scope that the answer leaves out is the one that was asked for",
            &[answer(&scopeless), answer(PROFILE), finish()],
        ),
        events("a unionid that only the profile has", &[answer(&no_unionid), answer(PROFILE), finish()]),
        events(
            "a profile without the unionid that the exchange had",
            &[answer(TOKENS), answer(r#"{"openid":"o1","nickname":"林"}"#), finish()],
        ),
        events(
            "a grant is as old as its own request, not the profile's",
            &[answer_with(200, TOKENS, SENT_AT - 9), answer_with(200, PROFILE, SENT_AT + 9), finish()],
        ),
        events(
            "40001 at the profile is renewed once",
            &[answer(TOKENS), refusal(40001), answer(REFRESHED), answer(PROFILE), finish()],
        ),
        flow(
            "a component's sign-in is renewed at its own path",
            component(),
            sign_in(),
            &[answer(TOKENS), refusal(40014), answer(REFRESHED), answer(PROFILE), finish()],
        ),
        events(
            "a busy exchange is repeated after one second, then after two",
            &[refusal(-1), waited(), refusal(-1), waited(), answer(TOKENS), answer(PROFILE), finish()],
        ),
        events(
            "a lost profile is asked for again",
            &[answer(TOKENS), lost("timeout", "body"), waited(), answer(PROFILE), finish()],
        ),
        events(
            "a lost renewal inside a sign-in is sent again",
            &[
                answer(TOKENS),
                refusal(40001),
                lost("closed", "request"),
                waited(),
                answer(REFRESHED),
                answer(PROFILE),
                finish(),
            ],
        ),
        events(
            "the repeats of a sign-in are two in all",
            &[
                refusal(-1),
                waited(),
                answer(TOKENS),
                lost("timeout", "body"),
                waited(),
                refusal(-1),
                finish(),
            ],
        ),
    ]
}

fn ends() -> Vec<Asked> {
    let after_exchange = |name, then: Value| events(name, &[answer(TOKENS), then, finish()]);
    vec![
        events(
            "a busy exchange is given up after two repeats",
            &[refusal(-1), waited(), refusal(-1), waited(), refusal(-1), finish()],
        ),
        events(
            "a code that a busy answer spent restarts",
            &[refusal(-1), waited(), refusal(40163), finish()],
        ),
        events("a lost exchange is not repeated", &[lost("timeout", "body"), finish()]),
        events(
            "a lost exchange is not repeated even when nothing was sent",
            &[lost("connect", "connect"), finish()],
        ),
        events("an exchange that cannot be read is not repeated", &[answer("<html>"), finish()]),
        after_exchange("the profile of another person signs nobody in", answer(r#"{"openid":"o2"}"#)),
        after_exchange(
            "the profile of another unionid signs nobody in",
            answer(r#"{"openid":"o1","unionid":"u2"}"#),
        ),
        after_exchange(
            "a profile that says it is a snapshot visitor signs nobody in",
            answer(r#"{"openid":"o1","is_snapshotuser":1}"#),
        ),
        after_exchange("a profile that cannot be read leaves the grant", answer("<html>")),
        after_exchange("a profile over its quota leaves the grant", refusal(45009)),
        after_exchange("48001 at the profile asks for consent, and leaves no grant", refusal(48001)),
        after_exchange("a limited person is turned away, and leaves no grant", refusal(50002)),
        events(
            "a profile that is lost three times leaves the grant",
            &[
                answer(TOKENS),
                lost("timeout", "body"),
                waited(),
                lost("timeout", "body"),
                waited(),
                lost("closed", "body"),
                finish(),
            ],
        ),
        events(
            "a token that is stale again after its renewal leaves the renewed grant",
            &[answer(TOKENS), refusal(40001), answer(REFRESHED), refusal(42001), finish()],
        ),
        events(
            "a renewal that is refused restarts",
            &[answer(TOKENS), refusal(40001), refusal(40030), finish()],
        ),
        events(
            "a renewal that cannot be read leaves the grant",
            &[answer(TOKENS), refusal(40001), answer("["), finish()],
        ),
        events(
            "a renewal for another person signs nobody in",
            &[answer(TOKENS), refusal(40001), answer(REFRESHED.replace("o1", "o2")), finish()],
        ),
        events(
            "a renewal that loses the consent is somebody without a profile",
            &[
                answer(TOKENS),
                refusal(40001),
                answer(REFRESHED.replace("snsapi_base,snsapi_userinfo,", "snsapi_base")),
                finish(),
            ],
        ),
        flow(
            "a component whose own token is stale inside a sign-in",
            component(),
            sign_in(),
            &[answer(TOKENS), refusal(40001), refusal(42001), finish()],
        ),
    ]
}

fn misuse() -> Vec<Asked> {
    vec![
        events("no events at all", &[]),
        events(
            "finishing before anything was sent goes on",
            &[finish(), answer(TOKENS), finish(), answer(PROFILE), finish()],
        ),
        events("finishing twice", &[answer(TOKENS), answer(PROFILE), finish(), finish()]),
        events(
            "waiting when nothing waits",
            &[waited(), answer(TOKENS), waited(), answer(PROFILE), waited(), finish()],
        ),
        events(
            "an answer while the flow waits",
            &[refusal(-1), answer(TOKENS), waited(), answer(TOKENS), answer(PROFILE), finish()],
        ),
        events(
            "everything after the flow was finished",
            &[refusal(40029), finish(), answer(TOKENS), lost("timeout", "body"), waited(), finish()],
        ),
        events(
            "finishing while the flow waits",
            &[refusal(-1), finish(), waited(), answer(TOKENS), answer(PROFILE), finish()],
        ),
        events(
            "a loss that is misnamed changes nothing",
            &[lost("", ""), answer(TOKENS), answer(PROFILE), finish()],
        ),
    ]
}
