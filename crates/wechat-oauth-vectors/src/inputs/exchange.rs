//! Exchanges: what makes a grant, what makes a snapshot visitor, and what makes neither.

use serde_json::{Value, json};

use super::{
    APPID, Asked, BASE_TOKENS, CODE, TOKENS, answer, answer_with, component, finish, flow, official, read,
    read_with, reads, with,
};

/// An answer with one field changed; an empty value takes the field away.
fn tokens(field: &str, value: &str) -> String {
    let fields = [
        ("access_token", r#""aT-1""#),
        ("expires_in", "7200"),
        ("refresh_token", r#""rT-1""#),
        ("openid", r#""o1""#),
        ("scope", r#""snsapi_userinfo""#),
        ("unionid", ""),
        ("is_snapshotuser", ""),
    ];
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(known, usual)| (known, if known == field { value } else { usual }))
        .filter(|(_, value)| !value.is_empty())
        .map(|(known, value)| format!("\"{known}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = reads(
        "exchange",
        &[
            ("a grant with everything", TOKENS),
            ("a silent grant", BASE_TOKENS),
            (
                "a grant with spaces and line breaks",
                "\r\n{ \"openid\" : \"o1\" ,\n\t\"access_token\" : \"A\" , \"refresh_token\" : \"R\" , \"expires_in\" : 7200 }\n",
            ),
            (
                "a grant with unknown fields",
                r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_base","token_type":"bearer","session":{"a":[1]}}"#,
            ),
            (
                "an error code of 0 is none",
                r#"{"errcode":0,"errmsg":"ok","access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_base"}"#,
            ),
            (
                "an error code of 0 in quotes is none",
                r#"{"errcode":"0","access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_base"}"#,
            ),
            (
                "the visible ASCII of tokens, escaped",
                r##"{"access_token":"!\"#$%&'()*+,-.\/:;<=>?@[\\]^_`{|}~","expires_in":7200,"refresh_token":"\u0041","openid":"o1","scope":"snsapi_base"}"##,
            ),
            ("nothing but an openid", r#"{"openid":"o1"}"#),
            ("an empty object", "{}"),
            ("an empty body", ""),
            ("a body of spaces", " \r\n\t "),
            ("half a body", r#"{"access_token":"A","expires_in":72"#),
            ("a list", "[]"),
            ("null", "null"),
            ("a page of HTML", "<html>\n<body>502 Bad Gateway</body></html>"),
            ("JSON of JavaScript", "{access_token:'A'}"),
            ("two answers in one body", r#"{"openid":"o1"}{"openid":"o2"}"#),
            ("NaN is no JSON", r#"{"openid":"o1","expires_in":NaN}"#),
            ("a key that is repeated", r#"{"openid":"o1","openid":"o1"}"#),
            ("a key that is repeated, escaped", r#"{"openid":"o1","\u006fpenid":"o2"}"#),
            (
                "an unknown key may be repeated",
                r#"{"x":1,"x":2,"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_base"}"#,
            ),
            (
                "an answer's keys have no capital letters",
                r#"{"OpenID":"o1","access_token":"A","expires_in":7200,"refresh_token":"R"}"#,
            ),
        ],
    );
    asked.extend(
        [
            ("an expiry in quotes", "expires_in", r#""300""#),
            ("an expiry with a fraction of nothing", "expires_in", "300.0"),
            ("the longest expiry", "expires_in", "2592000"),
            ("an expiry of 0", "expires_in", "0"),
            ("an expiry below 0", "expires_in", "-1"),
            ("an expiry of more than thirty days", "expires_in", "2592001"),
            ("an expiry with a fraction", "expires_in", "0.1"),
            ("an expiry as large as a double's exponent", "expires_in", "1e30"),
            ("an expiry larger than any number", "expires_in", "1e999"),
            ("an expiry of true", "expires_in", "true"),
            ("no expiry", "expires_in", ""),
            ("no access token", "access_token", ""),
            ("an empty access token", "access_token", r#""""#),
            ("an access token that is a number", "access_token", "7"),
            ("an access token of null", "access_token", "null"),
            ("an access token with a space", "access_token", r#""a b""#),
            ("an access token with a control character", "access_token", "\"a\u{7}b\""),
            ("an access token with half a surrogate pair", "access_token", r#""a\ud83d""#),
            ("no refresh token", "refresh_token", ""),
            ("no openid", "openid", ""),
            ("an empty openid", "openid", r#""""#),
            ("an openid that is a number", "openid", "123"),
            ("an openid with a space before it", "openid", r#"" oABC""#),
            ("an openid of null", "openid", "null"),
            ("no scope", "scope", ""),
            ("a scope of null", "scope", "null"),
            ("an empty scope", "scope", r#""""#),
            ("a scope that ends with a comma", "scope", r#""snsapi_userinfo,""#),
            ("two scopes and a comma", "scope", r#""snsapi_base,snsapi_userinfo,""#),
            ("a scope with spaces", "scope", r#"" snsapi_base , snsapi_userinfo ""#),
            ("a scope that nobody knows", "scope", r#""snsapi_base,snsapi_未来""#),
            ("a scope that is a list", "scope", r#"["snsapi_base"]"#),
            ("an empty unionid is none", "unionid", r#""""#),
            ("a unionid of null is none", "unionid", "null"),
            ("a unionid with a slash", "unionid", r#""u\/1""#),
            ("a snapshot visitor", "is_snapshotuser", "1"),
            ("a snapshot visitor in quotes", "is_snapshotuser", r#""1""#),
            ("a snapshot visitor by true", "is_snapshotuser", "true"),
            ("a snapshot visitor by a 0 in quotes", "is_snapshotuser", r#""0""#),
            ("a snapshot visitor by an empty text", "is_snapshotuser", r#""""#),
            ("a snapshot visitor by 2", "is_snapshotuser", "2"),
            ("a snapshot visitor by a list", "is_snapshotuser", "[]"),
            ("no snapshot visitor by null", "is_snapshotuser", "null"),
            ("no snapshot visitor by 0", "is_snapshotuser", "0"),
            ("no snapshot visitor by false", "is_snapshotuser", "false"),
        ]
        .map(|(name, field, value)| read(name, "exchange", tokens(field, value))),
    );
    asked.extend(reads(
        "exchange",
        &[
            ("a snapshot visitor needs only an openid", r#"{"openid":"v1","is_snapshotuser":1}"#),
            ("a snapshot visitor with odd tokens", r#"{"openid":"v1","is_snapshotuser":1,"access_token":"","refresh_token":7,"expires_in":"never","scope":[],"unionid":"u 1"}"#),
            ("a snapshot visitor without an openid", r#"{"is_snapshotuser":1}"#),
        ],
    ));
    asked.extend(lengths());
    asked.extend(encodings());
    asked.extend(statuses());
    asked.extend(known());
    asked.extend(calls());
    asked
}

/// The longest of each value, and one byte more.
fn lengths() -> impl Iterator<Item = Asked> {
    let value = |name: &str, field: &str, length: usize| {
        read(name, "exchange", tokens(field, &format!("\"{}\"", "a".repeat(length))))
    };
    [
        value("an openid of 128 characters", "openid", 128),
        value("an openid of 129 characters is too long", "openid", 129),
        value("a unionid of 128 characters", "unionid", 128),
        value("a unionid of 129 characters is too long", "unionid", 129),
        value("an access token of 1024 bytes", "access_token", 1024),
        value("an access token of 1025 bytes is too long", "access_token", 1025),
        value("a refresh token of 1024 bytes", "refresh_token", 1024),
        value("a refresh token of 1025 bytes is too long", "refresh_token", 1025),
    ]
    .into_iter()
}

fn encodings() -> Vec<Asked> {
    let bom = [b"\xef\xbb\xbf".as_slice(), BASE_TOKENS.as_bytes()].concat();
    let bad_bom = b"\xef\xbb\xbf{oops}".to_vec();
    let latin = b"{\"access_token\":\"A\",\"expires_in\":7200,\"refresh_token\":\"R\",\"openid\":\"o1\",\"note\":\"\xe9\"}";
    let bad_id =
        b"{\"access_token\":\"A\",\"expires_in\":7200,\"refresh_token\":\"R\",\"openid\":\"o\xff1\"}";
    let repeated =
        |name, repeated: usize| read_with(name, "exchange", 200, " ", json!({"body_repeated": repeated}));
    vec![
        read("a byte order mark is dropped", "exchange", bom),
        read("a byte order mark does not move the place of a mistake", "exchange", bad_bom),
        read("invalid UTF-8 in a field that nobody reads", "exchange", latin),
        read("invalid UTF-8 in an openid", "exchange", bad_id),
        read("bytes of anything", "exchange", b"\x00\x01\xfe\xff{}\x80"),
        read(
            "lists nested two hundred times",
            "exchange",
            format!("{{\"x\":{}{}}}", "[".repeat(200), "]".repeat(200)),
        ),
        repeated("64 KiB of spaces are an empty body", 64 * 1024),
        repeated("one byte more is too much", 64 * 1024 + 1),
    ]
}

fn statuses() -> Vec<Asked> {
    let refused = r#"{"errcode":40029,"errmsg":"invalid code"}"#;
    [
        ("a refusal with status 400 is a refusal", 400, refused),
        ("a grant with status 201 is not taken", 201, BASE_TOKENS),
        ("a redirect", 302, ""),
        ("a gateway's page", 502, "<html>502</html>"),
        ("an error code of 0 with status 500", 500, r#"{"errcode":0}"#),
        ("a repeated key with status 500", 500, r#"{"errcode":1,"errcode":2}"#),
    ]
    .map(|(name, status, body)| read_with(name, "exchange", status, body, json!({})))
    .into()
}

fn known() -> Vec<Asked> {
    let known = |name, body: &str, known: Value| read_with(name, "exchange", 200, body, known);
    let without_scope = tokens("scope", "");
    vec![
        known(
            "a missing scope is the one that was asked for",
            &without_scope,
            json!({"scope": "snsapi_userinfo"}),
        ),
        known(
            "a scope that is there counts more than the one that was asked for",
            BASE_TOKENS,
            json!({"scope": "snsapi_userinfo"}),
        ),
        known("another openid than the expected one", BASE_TOKENS, json!({"openid": "o2"})),
        known(
            "a snapshot visitor with another openid",
            r#"{"openid":"v1","is_snapshotuser":1}"#,
            json!({"openid": "o2"}),
        ),
        read_with(
            "an expected openid that can be none",
            "exchange",
            200,
            BASE_TOKENS,
            json!({"openid": "o 1"}),
        ),
        read_with("an unknown operation", "swap", 200, BASE_TOKENS, json!({})),
        read_with(
            "an expected scope that is unknown",
            "exchange",
            200,
            BASE_TOKENS,
            json!({"scope": "snsapi_all"}),
        ),
        read("a component's exchange", "component_exchange", BASE_TOKENS),
        read(
            "a component's snapshot visitor",
            "component_exchange",
            r#"{"openid":"v1","is_snapshotuser":1}"#,
        ),
    ]
}

fn calls() -> Vec<Asked> {
    let start = |scope: &str| json!({"exchange": {"code": CODE, "scope": scope}});
    let unsaid = json!({"exchange": {"code": CODE}});
    let granted = [answer(BASE_TOKENS), finish()];
    let sent_at = |seconds| [answer_with(200, BASE_TOKENS, seconds), finish()];
    let code = |code: &str| json!({"exchange": {"code": code}});
    vec![
        flow("an exchange, sent and read", official(), start("snsapi_base"), &granted),
        flow("a component's exchange, sent and read", component(), start("snsapi_base"), &granted),
        flow(
            "an exchange at an emulator",
            with(official(), json!({"base_url": "http://127.0.0.1:8080"})),
            start("snsapi_base"),
            &granted,
        ),
        flow(
            "a secret's characters are percent-encoded",
            with(official(), json!({"secret": "a&b=c+d/e%20~_-."})),
            unsaid.clone(),
            &granted,
        ),
        flow("a grant is issued when its request was sent", official(), start("snsapi_base"), &sent_at(0)),
        flow(
            "a missing scope in an exchange is the one that was asked for",
            official(),
            start("snsapi_userinfo"),
            &[answer(tokens("scope", "")), finish()],
        ),
        flow(
            "a snapshot visitor's exchange has nothing to store",
            official(),
            start("snsapi_base"),
            &[
                answer(
                    r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"v1","scope":"snsapi_base","is_snapshotuser":1}"#,
                ),
                finish(),
            ],
        ),
        flow(
            "a refusal that quotes the code is shown without it",
            official(),
            code("051Ztr0w3Nq7Yk2Z"),
            &[answer(r#"{"errcode":40029,"errmsg":"invalid code 051Ztr0w3Nq7Yk2Z, rid: 1-2-3"}"#), finish()],
        ),
        flow(
            "a refusal that quotes something as short as a word is left alone",
            official(),
            unsaid.clone(),
            &[answer(r#"{"errcode":40029,"errmsg":"invalid C0DE"}"#), finish()],
        ),
        flow(
            "a refusal that quotes the secret in percent-encoding",
            with(official(), json!({"secret": "s+/=ecret"})),
            unsaid.clone(),
            &[answer(r#"{"errcode":40125,"errmsg":"secret=s%2B%2f%3Decret wrong"}"#), finish()],
        ),
        flow(
            "a busy exchange that is a single call is not repeated",
            official(),
            unsaid.clone(),
            &[answer(r#"{"errcode":-1,"errmsg":"system error"}"#), finish()],
        ),
        flow(
            "an exchange without a secret is not sent",
            with(official(), json!({"secret": null})),
            unsaid.clone(),
            &granted,
        ),
        flow(
            "a component's exchange without its token is not sent",
            with(component(), json!({"component_access_token": null})),
            unsaid.clone(),
            &granted,
        ),
        flow("a code with a parameter inside is not sent", official(), code("a&secret=b"), &granted),
        flow("an empty code is not sent", official(), code(""), &granted),
        flow("an exchange of an unknown scope is not sent", official(), start("snsapi_all"), &granted),
        flow(
            "the application's mistake is said before the code's",
            with(official(), json!({"appid": format!("{APPID}!")})),
            code(""),
            &granted,
        ),
    ]
}
