//! Profiles: somebody else's text, read with lenience, about the right person only.

use serde_json::{Value, json};

use super::{
    Asked, PROFILE, WEBSITE_APPID, answer, finish, flow, lost, official, read, read_with, reads, refusal,
    stored, stored_base, website, with,
};

/// A profile with more fields.
fn person(fields: &str) -> String {
    format!(r#"{{"openid":"o1",{fields}}}"#)
}

pub(super) fn asked() -> Vec<Asked> {
    let mut asked = reads(
        "profile",
        &[
            ("a profile as WeChat writes it", PROFILE),
            ("a profile of only an openid", r#"{"openid":"o1"}"#),
            ("a profile of nobody", r#"{"nickname":"林"}"#),
            ("a profile of an empty openid", r#"{"openid":"","nickname":"林"}"#),
            (
                "a profile of before 2021",
                r#"{"openid":"o1","nickname":"阿布","sex":1,"language":"zh_CN","city":"安庆","province":"安徽","country":"中国","headimgurl":"http:\/\/wx.qlogo.cn\/mmopen\/g3MonUZtNHkdmzicIlibx6iaFqAc56vx\/0","privilege":["chinaunicom"],"unionid":"u1"}"#,
            ),
            (
                "a profile that is a token answer",
                r#"{"openid":"o1","access_token":"A","expires_in":7200,"refresh_token":"R"}"#,
            ),
            (
                "a profile of a snapshot visitor",
                r#"{"openid":"o1","nickname":"微信用户","is_snapshotuser":1}"#,
            ),
            ("a profile whose openid is repeated", r#"{"openid":"o1","openid":"o2"}"#),
            ("a profile whose nickname is repeated", r#"{"openid":"o1","nickname":"a","nickname":"b"}"#),
            ("a profile with an empty unionid", r#"{"openid":"o1","unionid":""}"#),
            ("a profile with a unionid of null", r#"{"openid":"o1","unionid":null}"#),
            ("a profile whose openid is a number", r#"{"openid":1}"#),
            ("a profile with a unionid that is none", r#"{"openid":"o1","unionid":"u 1"}"#),
            ("a profile with an error code of 0", r#"{"errcode":0,"errmsg":"ok","openid":"o1"}"#),
        ],
    );
    asked.extend(fields());
    asked.extend(bytes());
    asked.extend([
        read_with(
            "the profile of another person than the expected one",
            "profile",
            200,
            PROFILE,
            json!({"openid": "o2"}),
        ),
        read_with("a profile with status 404", "profile", 404, PROFILE, json!({})),
    ]);
    asked.extend(calls());
    asked
}

fn fields() -> impl Iterator<Item = Asked> {
    [
        ("an escaped nickname", r#""nickname":"\u6797\u5c0f\/\"\\""#),
        ("an emoji as a surrogate pair", r#""nickname":"\ud83c\udf31""#),
        ("an emoji of a family", r#""nickname":"👨‍👩‍👧‍👦""#),
        ("half a surrogate pair", r#""nickname":"a\ud83cb""#),
        ("half a surrogate pair twice, the wrong way round", r#""nickname":"\udf31\ud83c""#),
        ("control characters in a nickname", "\"nickname\":\"a\u{14}b\u{7}c\u{8}\""),
        ("a line break in a nickname", "\"nickname\":\"a\nb\tc\""),
        ("an escaped line break in a nickname", r#""nickname":"a\r\nb\u0000""#),
        ("a nickname written from right to left", "\"nickname\":\"\u{202e}nimda\u{202c}\u{200f}\""),
        ("a nickname of nothing to see", "\"nickname\":\"\u{200b}\u{2060}\u{feff}\""),
        ("a nickname of markup", r#""nickname":"<script>alert('1')<\/script>&amp;""#),
        ("a nickname in quotes and braces", r#""nickname":"\"}{\"openid\":\"o2\"""#),
        ("line separators in a nickname", "\"nickname\":\"\u{2028}\u{2029}\u{85}\""),
        ("a nickname of null", r#""nickname":null"#),
        ("a nickname that is a number", r#""nickname":7"#),
        ("sex 1", r#""sex":1"#),
        ("sex 2 in quotes", r#""sex":"2""#),
        ("sex 3", r#""sex":3"#),
        ("sex of an empty text", r#""sex":"""#),
        ("sex of null", r#""sex":null"#),
        ("sex below 0", r#""sex":-1"#),
        ("sex in a word", r#""sex":"Male""#),
        ("sex with a fraction of nothing", r#""sex":1.0"#),
        ("sex too large for a byte", r#""sex":257"#),
        ("places of other types", r#""city":1,"province":[],"country":{},"language":true"#),
        ("privileges of other types", r#""privilege":["chinaunicom",7,null,["a"],"b"]"#),
        ("privileges of null", r#""privilege":null"#),
        ("privileges that are a text", r#""privilege":"chinaunicom""#),
        ("privileges that are an object", r#""privilege":{"0":"chinaunicom"}"#),
        ("no avatar", r#""headimgurl":"""#),
        ("an avatar of null", r#""headimgurl":null"#),
        ("an avatar that is a number", r#""headimgurl":7"#),
        (
            "an avatar over http is made https",
            r#""headimgurl":"http:\/\/thirdwx.qlogo.cn\/mmopen\/vi_32\/abc\/0""#,
        ),
        ("an avatar on qpic", r#""headimgurl":"https:\/\/mmbiz.qpic.cn\/abc\/640?wx_fmt=png""#),
        ("an avatar on another host is none", r#""headimgurl":"https:\/\/example.com\/a.png""#),
        ("an avatar on a host that only ends so is none", r#""headimgurl":"https:\/\/evilqlogo.cn\/0""#),
        (
            "an avatar on a host that only begins so is none",
            r#""headimgurl":"https:\/\/wx.qlogo.cn.example.com\/0""#,
        ),
        ("an avatar with a port is none or has it", r#""headimgurl":"https:\/\/wx.qlogo.cn:8443\/0""#),
        ("an avatar of script is none", r#""headimgurl":"javascript:alert(1)""#),
        ("an avatar with control characters", "\"headimgurl\":\"https://wx.qlogo.cn/a\u{7}b/132\""),
        ("an avatar of bytes that were garbage", r#""headimgurl":"@P\ufffdC\/132""#),
        (
            "unknown fields are kept aside",
            r#""subscribe":0,"tags":[1,2.50,1e3],"remark":"\u5907\u6ce8","nested":{"b":null,"a":true}"#,
        ),
        ("unknown fields with spaces and line breaks", "\"x\" : [ 1 ,\r\n\t2 ] , \"y\" : {\n \"z\" : 1 }"),
        ("an unknown field with half a surrogate pair", r#""x":"\ud800","\ud800":1"#),
        ("an unknown number that no double holds", r#""x":123456789012345678901234567890,"y":-0,"z":1E400"#),
        ("unknown fields with odd names", r#""":0,"a b":1,"\n":2,"名":3,"__proto__":4,"constructor":5"#),
    ]
    .into_iter()
    .map(|(name, fields)| read(name, "profile", person(fields)))
}

fn bytes() -> Vec<Asked> {
    let around = |inside: &[u8]| [br#"{"openid":"o1","nickname":""#.as_slice(), inside, b"\"}"].concat();
    vec![
        read("a nickname that ends in half a character", "profile", around(b"\xe6\x9e\x97\xe5\xb0")),
        read("a nickname in GBK", "profile", around(b"\xc1\xd6\xd0\xa1\xc2\xfa")),
        read("a nickname with a surrogate in UTF-8", "profile", around(b"\xed\xa0\x80\xed\xb0\x80")),
        read(
            "a byte order mark and a nickname with one",
            "profile",
            [b"\xef\xbb\xbf".as_slice(), &around(b"\xef\xbb\xbf")].concat(),
        ),
        read("a nickname with invalid UTF-8 and control characters", "profile", around(b"\xff\x01\xfe\x1f")),
        read(
            "an unknown field with control characters and invalid UTF-8",
            "profile",
            b"{\"openid\":\"o1\",\"x\":\"\x01\xff\",\"\x02\":[\"\n\"]}",
        ),
    ]
}

fn calls() -> Vec<Asked> {
    let start = |lang: Value| json!({"profile": with(json!({"stored": stored()}), json!({"lang": lang}))});
    let emulator = || with(official(), json!({"base_url": "http://127.0.0.1:8080"}));
    vec![
        flow("a profile, sent and read", official(), start(Value::Null), &[answer(PROFILE), finish()]),
        flow(
            "a profile in the Chinese of Taiwan",
            official(),
            start(json!("zh_TW")),
            &[answer(PROFILE), finish()],
        ),
        flow("a profile in English", official(), start(json!("en")), &[answer(PROFILE), finish()]),
        flow(
            "a profile in the QR page's language is not asked for",
            official(),
            start(json!("cn")),
            &[finish()],
        ),
        flow(
            "a website's profile",
            website(),
            json!({"profile": {"stored": with(stored(), json!({"appid": WEBSITE_APPID, "scopes": ["snsapi_login"]}))}}),
            &[answer(PROFILE), finish()],
        ),
        flow(
            "a silent grant reads no profile",
            official(),
            json!({"profile": {"stored": stored_base()}}),
            &[finish()],
        ),
        flow("another application's grant reads no profile", website(), start(Value::Null), &[finish()]),
        flow(
            "the profile of another openid is nobody's",
            official(),
            start(Value::Null),
            &[answer(r#"{"openid":"o2","nickname":"x"}"#), finish()],
        ),
        flow(
            "the profile of another unionid is nobody's",
            official(),
            start(Value::Null),
            &[answer(r#"{"openid":"o1","unionid":"u2"}"#), finish()],
        ),
        flow(
            "a profile whose token is stale advises to refresh",
            official(),
            start(Value::Null),
            &[refusal(40001), finish()],
        ),
        flow(
            "a silent token is refused with 48001",
            official(),
            start(Value::Null),
            &[refusal(48001), finish()],
        ),
        flow("a lost profile", official(), start(Value::Null), &[lost("timeout", "request"), finish()]),
        flow(
            "an emulator's avatar is kept as it is",
            emulator(),
            start(Value::Null),
            &[
                answer(r#"{"openid":"o1","headimgurl":"http://127.0.0.1:8080/_emulator/avatar/lily/132"}"#),
                finish(),
            ],
        ),
        flow(
            "an emulator's avatar is none elsewhere",
            official(),
            start(Value::Null),
            &[
                answer(r#"{"openid":"o1","headimgurl":"http://127.0.0.1:8080/_emulator/avatar/lily/132"}"#),
                finish(),
            ],
        ),
    ]
}
