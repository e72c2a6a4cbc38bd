//! Stored grants: how long they are good, which replaces which, and what cannot be read back.

use serde_json::{Value, json};
use wechat_oauth_bindings::options::LATEST;

use super::{APPID, Asked, SENT_AT, ask, stored, stored_base, with};

const DAY: u64 = 86_400;
/// The clocks of two servers may differ by as much.
const SKEW: u64 = 300;

fn at(name: &str, stored: Value, now: u64) -> Asked {
    ask(name, "grant_at", json!({"stored": stored, "now": now}))
}

fn replaces(name: &str, grant: Value, stored: Value, now: u64) -> Asked {
    ask(name, "grant_replaces", json!({"grant": grant, "stored": stored, "now": now}))
}

pub(super) fn asked() -> Vec<Asked> {
    let renewed = |stored: Value| with(stored, json!({"issued_at": SENT_AT + 20 * DAY}));
    let largest = LATEST;
    let mut asked = vec![
        at("a new grant is fresh", stored(), SENT_AT),
        at("a grant is fresh in its last second", stored(), SENT_AT + 7199),
        at("a grant is to be renewed when it is over", stored(), SENT_AT + 7200),
        at("a grant is to be renewed in the last second of thirty days", stored(), SENT_AT + 30 * DAY - 1),
        at("a grant is over after thirty days", stored(), SENT_AT + 30 * DAY),
        at(
            "a renewed grant is fresh, though its refresh token is old",
            renewed(stored()),
            SENT_AT + 20 * DAY,
        ),
        at("a renewed grant ends with its refresh token", renewed(stored()), SENT_AT + 30 * DAY),
        at("a grant of a server whose clock is a little ahead is fresh", stored(), SENT_AT - SKEW),
        at("a grant out of the future is to be renewed", stored(), SENT_AT - SKEW - 1),
        at(
            "a grant at the end of time",
            with(stored(), json!({"issued_at": largest, "refresh_token_issued_at": largest})),
            largest,
        ),
        at("a grant of no time at all is not read", with(stored(), json!({"expires_in": 0})), SENT_AT),
        at(
            "a grant of more than thirty days is not read",
            with(stored(), json!({"expires_in": 2_592_001})),
            SENT_AT,
        ),
        at(
            "a stored grant with a token that is none is not read",
            with(stored(), json!({"refresh_token": "a b"})),
            SENT_AT,
        ),
    ];
    asked.extend([
        replaces("a grant replaces itself", stored(), stored(), SENT_AT),
        replaces("a newer grant replaces an older one", renewed(stored()), stored(), SENT_AT + 20 * DAY),
        replaces(
            "an older grant does not replace a newer one",
            stored(),
            renewed(stored()),
            SENT_AT + 20 * DAY,
        ),
        replaces(
            "a grant of another person replaces nothing",
            with(stored(), json!({"openid": "o2"})),
            stored(),
            SENT_AT,
        ),
        replaces(
            "a silent grant does not replace one with consent",
            renewed(stored_base()),
            stored(),
            SENT_AT + 20 * DAY,
        ),
        replaces(
            "a silent grant replaces one with consent that is over",
            renewed(stored_base()),
            stored(),
            SENT_AT + 30 * DAY,
        ),
        replaces(
            "a grant with consent replaces a silent one",
            renewed(stored()),
            stored_base(),
            SENT_AT + 20 * DAY,
        ),
        replaces(
            "a grant with consent replaces a silent one that is a little newer",
            stored(),
            with(stored_base(), json!({"issued_at": SENT_AT + SKEW})),
            SENT_AT + SKEW,
        ),
        replaces(
            "a grant with consent does not replace a silent one that is much newer",
            stored(),
            renewed(stored_base()),
            SENT_AT + 20 * DAY,
        ),
        replaces("a grant replaces one out of the future", stored(), renewed(stored()), SENT_AT),
        replaces(
            "of two grants that cannot be read the first is said",
            with(stored(), json!({"expires_in": 0})),
            with(stored(), json!({"access_token": ""})),
            SENT_AT,
        ),
    ]);
    let text = |name, text: &str| at(name, json!(text), SENT_AT);
    let whole = stored().to_string();
    asked.extend([
        text("a stored grant as a text", &whole),
        text("a stored grant with spaces and line breaks", &whole.replace(',', " ,\n\t")),
        text("a stored grant with a key that nobody knows", &whole.replace('{', r#"{"new":1,"#)),
        text("a stored grant that ends too early", &whole[..whole.len() / 2]),
        text("a stored grant without its openid", &whole.replace(r#""openid""#, r#""id""#)),
        text("a stored grant whose openid is repeated", &whole.replace('{', r#"{"openid":"o1","#)),
        text("a stored grant whose openid can be none", &whole.replace("o1", "o 1")),
        text("a stored grant whose expiry is a text", &whole.replace("7200", r#""7200""#)),
        text(
            "a stored grant whose time is too large",
            &whole.replace(&SENT_AT.to_string(), "18446744073709551616"),
        ),
        text(
            "a stored grant whose scopes are a text",
            &whole.replace(r#"["snsapi_userinfo"]"#, r#""snsapi_userinfo""#),
        ),
        text(
            "a stored grant of scopes that nobody knows",
            &whole.replace(r#"["snsapi_userinfo"]"#, r#"["snsapi_未来",""]"#),
        ),
        text(
            "a stored grant that asked for an unknown scope",
            &whole.replace(r#""asked":"snsapi_userinfo""#, r#""asked":"snsapi_all""#),
        ),
        text("a stored grant with more behind it", &format!("{whole} {whole}")),
        text(
            "a grant's document is no stored grant",
            &format!(r#"{{"openid":"o1","appid":"{APPID}","snapshot":false}}"#),
        ),
        text("no stored grant at all", ""),
    ]);
    asked
}
