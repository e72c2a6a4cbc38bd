//! The one place where WeChat's JSON is read: lenient where real bodies are odd, strict where a mistake would be
//! believed.
//!
//! | odd | and read all the same |
//! |---|---|
//! | `Content-Type: text/plain` | headers are not looked at |
//! | a byte order mark | dropped |
//! | invalid UTF-8, half a surrogate pair | U+FFFD |
//! | a raw control byte inside a string | kept |
//! | a number in quotes (`"7200"`, `"40029"`), `7200.0` | the number |
//!
//! An id or token that holds any of these is refused by its alphabet, and a repeated key is never resolved by a guess.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::advice::Operation;
use crate::call::{MAX_BODY, Response};
use crate::encode;
use crate::errmsg;
use crate::error::{Error, Malformed, MalformedReason, Refusal};
use crate::id::{OpenId, UnionId};
use crate::json::{self, Reader, Value};
use crate::text::UntrustedText;
use crate::time::UnixTime;
use crate::value::InvalidValue;

/// The most keys that an answer is read by.
pub(crate) const MAX_KEYS: usize = 13;

/// Room for the text of a body that is not UTF-8. It may hold tokens, so it is wiped.
pub(crate) type Decoded = Option<Zeroizing<String>>;

/// An answer that is a success as far as `errcode` and the HTTP status say.
pub struct Body<'a> {
    operation: Operation,
    status: u16,
    length: usize,
    sent_at: UnixTime,
    fields: Fields<'a>,
}

impl<'a> Body<'a> {
    pub(crate) fn read(
        operation: Operation,
        keys: &'static [&'static str],
        response: &Response<'a>,
        decoded: &'a mut Decoded,
        hide_secrets: impl FnOnce(&str) -> String,
    ) -> Result<Self, Error> {
        let Response { status, body, sent_at } = *response;
        let length = body.len();
        let malformed =
            |reason, position| Error::Malformed(Malformed { operation, status, length, position, reason });
        if length > MAX_BODY {
            return Err(malformed(MalformedReason::TooLarge, None));
        }
        let fields = match Fields::read(keys, body, decoded) {
            Ok(fields) => fields,
            Err(_) if status != 200 => return Err(malformed(MalformedReason::HttpStatus, None)),
            Err(Fault { reason, position }) => return Err(malformed(reason, position)),
        };
        let body = Self { operation, status, length, sent_at, fields };
        let errcode = body.integer("errcode")?.unwrap_or(0);
        if errcode != 0 {
            let errmsg = body.value("errmsg").as_text().unwrap_or_default();
            let (message, request_id) = errmsg::split(&hide_secrets(errmsg));
            let message = UntrustedText::from(message);
            return Err(Error::Refused(Refusal { operation, errcode, message, request_id }));
        }
        if status != 200 {
            return Err(body.malformed(MalformedReason::HttpStatus));
        }
        Ok(body)
    }

    pub(crate) const fn sent_at(&self) -> UnixTime {
        self.sent_at
    }

    pub(crate) const fn malformed(&self, reason: MalformedReason) -> Error {
        Error::Malformed(Malformed {
            operation: self.operation,
            status: self.status,
            length: self.length,
            position: None,
            reason,
        })
    }

    pub(crate) fn value(&self, key: &str) -> &Value<'a> {
        static ABSENT: Value<'static> = Value::Absent;
        let place = self.fields.keys.iter().position(|known| *known == key);
        place.map_or(&ABSENT, |place| &self.fields.values[place])
    }

    /// A text; `None` when absent or null.
    pub(crate) fn text(&self, key: &'static str) -> Result<Option<&str>, Error> {
        match self.value(key) {
            Value::Absent | Value::Null => Ok(None),
            value => match value.as_text() {
                Some(text) => Ok(Some(text)),
                None => Err(self.malformed(MalformedReason::WrongType(key))),
            },
        }
    }

    /// A text to show. Nobody is kept out over one: what is no text is empty.
    pub(crate) fn display_text(&self, key: &'static str) -> UntrustedText {
        UntrustedText::from(self.value(key).as_text().unwrap_or_default().to_owned())
    }

    /// A whole number, also written as `"300"` or `300.0`; `None` when absent or null.
    pub(crate) fn integer(&self, key: &'static str) -> Result<Option<i64>, Error> {
        match self.value(key) {
            Value::Absent | Value::Null => Ok(None),
            value => match value.as_integer() {
                Some(integer) => Ok(Some(integer)),
                None => Err(self.malformed(MalformedReason::WrongType(key))),
            },
        }
    }

    /// An id or token that has to be there.
    pub(crate) fn required<T>(
        &self,
        key: &'static str,
        new: impl FnOnce(&str) -> Result<T, InvalidValue>,
    ) -> Result<T, Error> {
        let text = self.text(key)?.ok_or_else(|| self.malformed(MalformedReason::MissingField(key)))?;
        new(text).map_err(|_| self.malformed(MalformedReason::InvalidValue(key)))
    }

    /// An id or token that may be absent, null or empty.
    pub(crate) fn optional<T>(
        &self,
        key: &'static str,
        new: impl FnOnce(&str) -> Result<T, InvalidValue>,
    ) -> Result<Option<T>, Error> {
        match self.text(key)? {
            None | Some("") => Ok(None),
            Some(text) => new(text).map(Some).map_err(|_| self.malformed(MalformedReason::InvalidValue(key))),
        }
    }

    /// The openid, which has to be the one asked about, if one was.
    pub(crate) fn openid_of(&self, expected: Option<&OpenId>) -> Result<OpenId, Error> {
        let openid = self.required("openid", OpenId::new)?;
        match expected {
            Some(expected) if *expected != openid => Err(self.malformed(MalformedReason::OpenIdMismatch)),
            _ => Ok(openid),
        }
    }

    /// The unionid, if there is one, which has to be the one known before, if one was.
    pub(crate) fn unionid_of(&self, expected: Option<&UnionId>) -> Result<Option<UnionId>, Error> {
        let unionid = self.optional("unionid", UnionId::new)?;
        match (&unionid, expected) {
            (Some(unionid), Some(expected)) if unionid != expected => {
                Err(self.malformed(MalformedReason::UnionIdMismatch))
            }
            _ => Ok(unionid),
        }
    }

    /// The fields that the answer is not read by, each as its JSON text, which every parser takes.
    pub(crate) fn extra(&self) -> impl Iterator<Item = (&str, Cow<'a, str>)> {
        self.fields.extra.iter().map(|(key, value)| (key.as_ref(), json::mended(value)))
    }
}

struct Fields<'a> {
    keys: &'static [&'static str],
    values: [Value<'a>; MAX_KEYS],
    extra: Vec<(Cow<'a, str>, &'a str)>,
}

struct Fault {
    reason: MalformedReason,
    position: Option<(usize, usize)>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Fields<'a> {
    fn read(keys: &'static [&'static str], body: &'a [u8], decoded: &'a mut Decoded) -> Result<Self, Fault> {
        let (body, dropped) = match body.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => (rest, BYTE_ORDER_MARK.len()),
            None => (body, 0),
        };
        let (text, was_decoded) = match std::str::from_utf8(body) {
            Ok(text) => (text, false),
            Err(_) => (decoded.insert(encode::read_lossily(body)).as_str(), true),
        };
        Self::parse(keys, text).map_err(|json::Fault { reason, at }| {
            // It is the whole body that is empty or no object, and in a decoded text, places are not those of the body.
            let has_place =
                !was_decoded && !matches!(reason, MalformedReason::Empty | MalformedReason::NotAnObject);
            Fault { reason, position: has_place.then(|| place(text, at, dropped)) }
        })
    }

    fn parse(keys: &'static [&'static str], text: &'a str) -> Result<Self, json::Fault> {
        if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return Err(json::Fault { reason: MalformedReason::Empty, at: 0 });
        }
        let mut fields = Self { keys, values: [const { Value::Absent }; MAX_KEYS], extra: Vec::new() };
        let mut reader = Reader::new(text);
        reader.open()?;
        let mut next = 0;
        while let Some(key) = reader.key()? {
            // The keys are listed in the order in which WeChat sends them, so it is nearly always the next one.
            let place = match keys.get(next) {
                Some(known) if *known == key => Some(next),
                _ => keys.iter().position(|known| *known == key),
            };
            next = place.map_or(next, |place| place + 1);
            match place {
                Some(place) if !matches!(fields.values[place], Value::Absent) => {
                    return Err(reader.fault(MalformedReason::RepeatedKey(keys[place])));
                }
                Some(place) => fields.values[place] = reader.value()?,
                None => fields.extra.push((key, reader.raw()?)),
            }
        }
        reader.end()?;
        Ok(fields)
    }
}

/// The line and the column of a byte, in a body of which this many bytes were dropped from its start.
fn place(text: &str, at: usize, dropped: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    (line, at - line_start + if line == 1 { dropped } else { 0 })
}

#[cfg(test)]
mod reference;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use proptest::prelude::*;

    const KEYS: &[&str] = &["errcode", "errmsg", "openid", "nickname", "privilege"];

    fn read(status: u16, body: &[u8]) -> Result<Vec<(String, String)>, Error> {
        let mut decoded = None;
        let body = Body::read(
            Operation::Profile,
            KEYS,
            &Response::new(status, body, testing::NOW),
            &mut decoded,
            str::to_owned,
        )?;
        let known = KEYS.iter().map(|key| ((*key).to_owned(), format!("{:?}", body.value(key))));
        let extra = body.extra().map(|(key, value)| (key.to_owned(), value.into_owned()));
        Ok(known.chain(extra).filter(|(_, value)| value != "Absent").collect())
    }

    fn nickname(body: &[u8]) -> String {
        let mut decoded = None;
        let response = Response::new(200, body, testing::NOW);
        let body = Body::read(Operation::Profile, KEYS, &response, &mut decoded, str::to_owned).unwrap();
        body.text("nickname").unwrap().unwrap().to_owned()
    }

    fn malformed(status: u16, body: &[u8]) -> Malformed {
        match read(status, body) {
            Err(Error::Malformed(malformed)) => malformed,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn odd_text_is_read_exactly() {
        assert_eq!(nickname(b"\xEF\xBB\xBF{\"nickname\":\"x\"}"), "x");
        assert_eq!(nickname(b"{\"nickname\":\"a\x14b\x00\n\"}"), "a\u{14}b\0\n");
        assert_eq!(nickname(b"{\"nickname\":\"a\xffb\"}"), "a\u{fffd}b");
        assert_eq!(nickname(b"{\"nickname\":\"a\xe9\x94\"}"), "a\u{fffd}");
        assert_eq!(nickname(br#"{"nickname":"\/\u0007\"\\\ud83c\udf6d"}"#), "/\u{7}\"\\🍭");
        assert_eq!(nickname(br#"{"nickname":"a\ud83cb\udf6dc"}"#), "a\u{fffd}b\u{fffd}c");
        assert_eq!(nickname(b"{\"nickname\":\"\\\\\",\"x\":\"\x01\"}"), "\\");
        assert_eq!(
            nickname(br#"{"nickname":"\b\f\n\r\t","x":[false,{"y":[true,null]},1e3,1E+3,1e-3]}"#),
            "\u{8}\u{c}\n\r\t"
        );
    }

    #[test]
    fn a_control_byte_is_escaped_inside_a_text_alone() {
        let written = "[\"a\u{1}\\ud83c\\n\",\n1]";
        assert_eq!(json::mended(written), "[\"a\\u0001\u{fffd}\\n\",\n1]");
    }

    #[test]
    fn a_key_is_a_text_however_deep_it_is() {
        for body in [r#"{"x":{"y":1,2:3}}"#, r#"{"x":[{"y":1,}]}"#, "{1:2}"] {
            assert_eq!(malformed(200, body.as_bytes()).reason(), MalformedReason::NotJson, "{body}");
        }
    }

    #[test]
    fn a_repeated_known_key_is_never_resolved() {
        for body in [
            r#"{"openid":"a","openid":"b"}"#,
            r#"{"openid":"a","x":1,"openid":"a"}"#,
            r#"{"openid":null,"openid":"a"}"#,
            r#"{"open\u0069d":"a","openid":"b"}"#,
            r#"{"errcode":0,"errcode":40029}"#,
        ] {
            assert_eq!(malformed(200, body.as_bytes()).reason().as_str(), "repeated_key", "{body}");
        }
        assert!(read(200, br#"{"other":1,"other":2}"#).is_ok());
    }

    #[test]
    fn an_error_code_is_a_refusal_whatever_else_is_there() {
        for body in [
            r#"{"errcode":40029,"errmsg":"invalid code, rid: 1a-2b-3c"}"#,
            r#"{"errcode":"40029","openid":"o"}"#,
            r#"{"errcode":40029.0}"#,
            r#"{"openid":"o","errcode":40029,"errmsg":null}"#,
            r#"{"errcode":40029,"errmsg":[]}"#,
        ] {
            for status in [200, 400, 502] {
                match read(status, body.as_bytes()) {
                    Err(Error::Refused(refusal)) => assert_eq!(refusal.errcode(), 40029),
                    other => panic!("{body}: {other:?}"),
                }
            }
        }
        assert!(matches!(read(200, br#"{"errcode":-1}"#), Err(Error::Refused(_))));
        assert!(matches!(read(200, br#"{"errcode":"-1"}"#), Err(Error::Refused(_))));
        for success in [r#"{"errcode":0,"openid":"o"}"#, r#"{"errcode":"0"}"#, r#"{"errcode":null}"#] {
            assert!(read(200, success.as_bytes()).is_ok(), "{success}");
        }
        for odd in [r#"{"errcode":"busy"}"#, r#"{"errcode":true}"#, r#"{"errcode":0.5}"#, r#"{"errcode":""}"#]
        {
            assert_eq!(
                malformed(200, odd.as_bytes()).reason(),
                MalformedReason::WrongType("errcode"),
                "{odd}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (body, reason, position) in [
            ("", MalformedReason::Empty, None),
            (" \n", MalformedReason::Empty, None),
            ("<html>", MalformedReason::NotJson, Some((1, 1))),
            ("[1]", MalformedReason::NotAnObject, None),
            ("null", MalformedReason::NotAnObject, None),
            ("{\"openid\":\n \"o", MalformedReason::Truncated, Some((2, 3))),
            ("{\"openid\":\n x}", MalformedReason::NotJson, Some((2, 2))),
            (r#"{"openid":1,"openid":2}"#, MalformedReason::RepeatedKey("openid"), Some((1, 20))),
            ("{}{}", MalformedReason::NotJson, Some((1, 3))),
            (r#"{"errcode":1e400}"#, MalformedReason::NotJson, Some((1, 16))),
            (r#"{"openid":"\u12"#, MalformedReason::Truncated, Some((1, 15))),
            (r#"{"errcode":0.5}"#, MalformedReason::WrongType("errcode"), None),
            ("\u{feff}<", MalformedReason::NotJson, Some((1, 4))),
            ("{\"nickname\":\"\u{1}\" x}", MalformedReason::NotJson, Some((1, 17))),
        ] {
            let malformed = malformed(200, body.as_bytes());
            assert_eq!((malformed.reason(), malformed.position), (reason, position), "{body:?}");
            assert_eq!(malformed.length(), body.len());
        }
    }

    #[test]
    fn another_status_is_never_a_success() {
        for body in ["", "<html>", "{}", r#"{"openid":"o"}"#, r#"{"errcode":0}"#] {
            for status in [204, 302, 404, 500, 502] {
                let malformed = malformed(status, body.as_bytes());
                assert_eq!((malformed.reason(), malformed.status()), (MalformedReason::HttpStatus, status));
            }
        }
    }

    #[test]
    fn size_is_bounded() {
        let padded = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
        assert!(read(200, padded(MAX_BODY).as_bytes()).is_ok());
        assert_eq!(malformed(200, padded(MAX_BODY + 1).as_bytes()).reason(), MalformedReason::TooLarge);
    }

    #[test]
    fn depth_costs_no_stack() {
        // Recursion over 64 KiB of brackets would need megabytes.
        let deep = |open: &str, shut: &str, prefix: &str, suffix: &str| {
            let depth = (MAX_BODY - 64) / (open.len() + shut.len());
            format!("{{{prefix}{}1{}{suffix}}}", open.repeat(depth), shut.repeat(depth))
        };
        let bodies = [
            "[".repeat(MAX_BODY),
            "{\"a\":".repeat(MAX_BODY / 5),
            deep("[", "]", "\"x\":", ""),
            deep("[", "]", "\"nickname\":", ""),
            deep("{\"a\":", "}", "\"privilege\":", ""),
            deep("[", "]", "\"privilege\":[", "]"),
            deep("{\"a\":", "}", "\"x\":", ""),
        ];
        let thread = std::thread::Builder::new().stack_size(32 * 1024);
        #[allow(clippy::disallowed_methods)] // a test of the stack needs a small one
        let outcomes = thread.spawn(move || bodies.map(|body| read(200, body.as_bytes()).is_ok())).unwrap();
        let outcomes = outcomes.join().unwrap();
        assert_eq!(outcomes[..2], [false, false]);
    }

    #[test]
    fn unknown_fields_are_set_aside_as_they_are() {
        let fields = read(200, br#"{"nickname":"n","remark":"","groupid": 0,"tags":[1, {"a":2}]}"#).unwrap();
        let expected =
            [("nickname", "Text(\"n\")"), ("remark", "\"\""), ("groupid", "0"), ("tags", "[1, {\"a\":2}]")];
        assert_eq!(fields, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_mended_is_only_what_no_parser_takes() {
        assert_eq!(nickname(b"{\n\t\"nickname\":\"a\x01b\"\n}"), "a\u{1}b");
        assert_eq!(nickname(b"{\"nickname\":\"\\ud83c\\udf6d\x01\"}"), "🍭\u{1}");
        // Nothing is mended in these, so the places are still those of the body.
        for (body, column) in [(r"{\ud83c}", 2), ("{\"nickname\":\"a b\" x}", 19)] {
            let malformed = malformed(200, body.as_bytes());
            assert_eq!(
                (malformed.reason(), malformed.column()),
                (MalformedReason::NotJson, Some(column)),
                "{body}"
            );
        }
    }

    #[test]
    fn the_items_of_a_list_are_its_texts() {
        let list = r#"["a",true,-1,1,0.5,null,["b",2],{"c":"d"},"\u0065"]"#;
        let fields = read(200, format!(r#"{{"privilege":{list}}}"#).as_bytes()).unwrap();
        let nones = "None, ".repeat(7);
        assert_eq!(fields[0].1, format!("List([Some(\"a\"), {nones}Some(\"e\")])"));
    }

    #[test]
    fn a_number_is_an_integer_only_where_it_says_which() {
        let errcode = |value: &str| match read(200, format!(r#"{{"errcode":{value}}}"#).as_bytes()) {
            Err(Error::Refused(refusal)) => Some(refusal.errcode()),
            Err(Error::Malformed(malformed))
                if malformed.reason() == MalformedReason::WrongType("errcode") =>
            {
                None
            }
            other => panic!("{value}: {other:?}"),
        };
        assert_eq!(errcode("281474976710655.0"), Some(281_474_976_710_655));
        assert_eq!(errcode("-281474976710655.0"), Some(-281_474_976_710_655));
        assert_eq!(errcode("\"-9223372036854775808\""), Some(i64::MIN));
        for value in [
            "281474976710656.0",
            "-281474976710656.0",
            "9007199254740991.0",
            "18446744073709551615",
            "1e300",
            "\"+1\"",
            "\" 1\"",
        ] {
            assert_eq!(errcode(value), None, "{value}");
        }
    }

    /// What was read, in a form that does not tell how a text was written.
    fn shown(value: &Value<'_>) -> String {
        match (value.as_text(), value.as_integer(), value) {
            (Some(text), ..) => format!("text {text:?}"),
            (_, Some(integer), _) => format!("integer {integer}"),
            // The last bits of serde_json's floats depend on its features.
            (.., Value::Float(float)) => format!("float {float:.12e}"),
            (.., other) => format!("{other:?}"),
        }
    }

    /// Reads a body with the reader and with `serde_json`, and compares what they say.
    fn compare(body: &[u8]) {
        let (mut decoded, mut mended) = (None, reference::Mended::default());
        let ours = Fields::read(KEYS, body, &mut decoded);
        let theirs = reference::Fields::read(KEYS, body, &mut mended);
        let body = String::from_utf8_lossy(body);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                for (ours, theirs) in ours.values.iter().zip(&theirs.values) {
                    assert_eq!(shown(ours), shown(theirs), "{body}");
                }
                let theirs: Vec<_> =
                    theirs.extra.iter().map(|(key, value)| (key.as_ref(), value.get())).collect();
                let ours: Vec<_> =
                    ours.extra.iter().map(|(key, value)| (key.as_ref(), json::mended(value))).collect();
                assert_eq!(
                    ours.iter().map(|(key, value)| (*key, value.as_ref())).collect::<Vec<_>>(),
                    theirs
                );
            }
            (Err(ours), Err(theirs)) => {
                // Of a number in a field that nobody knows, serde_json does not say that its end is missing; and a
                // mended text may end within an escape that was broken before.
                let ends = |fault: &Fault| {
                    matches!(fault.reason, MalformedReason::Truncated | MalformedReason::NotJson)
                };
                let differs = ours.reason == MalformedReason::Truncated || theirs.position.is_none();
                let is_known = ends(&ours) && ends(&theirs) && differs;
                assert!(
                    ours.reason == theirs.reason || is_known,
                    "{body:?}: {:?} {:?}",
                    ours.reason,
                    theirs.reason
                );
                if ours.reason != theirs.reason {
                    return;
                }
                // A mended text has no places; the reader mends nothing, so it has. And of a key that is repeated,
                // serde_json's place is behind whatever follows the key.
                let is_repeated = matches!(ours.reason, MalformedReason::RepeatedKey(_));
                let (Some(ours), Some(theirs), false) = (ours.position, theirs.position, is_repeated) else {
                    return;
                };
                // It gives up within an exponent that is too large, and the reader behind it.
                let line = body.lines().nth(ours.0 - 1).unwrap_or_default().as_bytes();
                let between = line.get(theirs.1..ours.1).unwrap_or_default();
                let in_number = ours.0 == theirs.0 && between.iter().all(u8::is_ascii_digit);
                assert!(ours == theirs || in_number && ours.1 > theirs.1, "{body:?}: {ours:?} {theirs:?}");
            }
            (ours, theirs) => {
                panic!("{body:?}: {:?} {:?}", ours.err().map(|f| f.reason), theirs.err().map(|f| f.reason))
            }
        }
    }

    /// JSON, and what is nearly JSON.
    fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            " ",
            "\n",
            "\\",
            "\\\"",
            "\\/",
            "\\n",
            "\\x",
            "\\u",
            "\\u0041",
            "\\ud83c",
            "\\udf6d",
            "\\uD83C\\uDF6D",
            "\u{1}",
            "\u{7f}",
            "é",
            "🍭",
            "a",
            "\"a\"",
            "\"openid\":",
            "\"errcode\":",
            "\"nickname\":\"",
            "\"privilege\":[",
            "\"x\":",
            "\"x\":{\"y\":[1,",
            "0",
            "-",
            "-1",
            "12",
            "0.5",
            "1.",
            ".",
            "e",
            "1e3",
            "1E-2",
            "1e400",
            "-0",
            "18446744073709551616",
            "true",
            "false",
            "null",
            "nul",
            "01",
            "abcdefghijklmnopqrstuvwxyz",
        ]);
        let value = prop_oneof![
            3 => Just("\"text\"".to_owned()),
            1 => prop::sample::select(vec![
                "1", "-7200", "0.25", "1e2", "null", "true", "false", "[]", "{}", "[\"a\",1,[2],{\"b\":null}]",
                "{\"a\":[{},[]],\"b\":\"\"}", "\"\\/\\u00e9\\\\\"", "\"\\ud83c\"", "\"\u{1}\"", "\"a\\ud83cb\\udf6dc\"",
            ])
            .prop_map(str::to_owned),
            1 => "\"[a-z\\\\\"/u0-9é]{0,40}\"",
        ];
        let key = prop::sample::select(vec![
            "errcode",
            "errmsg",
            "openid",
            "nickname",
            "privilege",
            "x",
            "y",
            "open\\u0069d",
            "",
        ]);
        let member = (key, value, "[ \n]{0,2}")
            .prop_map(|(key, value, space)| format!("\"{key}\"{space}:{space}{value}{space}"));
        let object =
            prop::collection::vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(",")));
        prop_oneof![
            2 => prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes()),
            2 => object.clone().prop_map(String::into_bytes),
            // One byte is another one, or the end is missing.
            3 => (object, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(|(object, place, byte, cut)| {
                let mut body = object.into_bytes();
                let place = place.index(body.len());
                if cut { body.truncate(place) } else { body[place] = byte }
                body
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_body_is_read_as_serde_json_reads_it(body in nearly_json()) {
            compare(&body);
        }

        #[test]
        fn no_body_panics_and_no_error_quotes_it(
            status in prop_oneof![Just(200), any::<u16>()],
            body in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                "(\\{|\\}|\\[|\\]|\"|:|,|\\\\|\\\\u|d83c|openid|errcode|errmsg|nickname|-1|0.1|[0-9]|é|\u{1}){0,24}"
                    .prop_map(String::into_bytes),
            ],
        ) {
            let mut marked = b"{\"x\":\"canary\",".to_vec();
            marked.extend(&body);
            for body in [body, marked] {
                if let Err(error) = read(status, &body) {
                    let shown = format!("{error} {error:?} {error:#?}");
                    prop_assert!(!shown.contains("canary"), "{}", shown);
                }
            }
        }
    }
}
