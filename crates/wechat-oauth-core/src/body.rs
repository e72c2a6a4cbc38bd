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
use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::advice::Operation;
use crate::call::{MAX_BODY, Response};
use crate::errmsg;
use crate::error::{Error, Malformed, MalformedReason, Refusal};
use crate::id::{OpenId, UnionId};
use crate::text::UntrustedText;
use crate::time::UnixTime;
use crate::value::InvalidValue;

/// The most keys that an answer is read by.
pub(crate) const MAX_KEYS: usize = 13;

/// Room for a body that had to be mended before it could be read. It may hold tokens, so it is wiped.
#[derive(Default)]
pub(crate) struct Mended {
    utf8: Option<Zeroizing<String>>,
    json: Option<Zeroizing<String>>,
}

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
        mended: &'a mut Mended,
        hide_secrets: impl FnOnce(&str) -> String,
    ) -> Result<Self, Error> {
        let Response { status, body, sent_at } = *response;
        let length = body.len();
        let malformed =
            |reason, position| Error::Malformed(Malformed { operation, status, length, position, reason });
        if length > MAX_BODY {
            return Err(malformed(MalformedReason::TooLarge, None));
        }
        let fields = match Fields::read(keys, body, mended) {
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

    /// The fields that the answer is not read by, each as its JSON text.
    pub(crate) fn extra(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.extra.iter().map(|(key, value)| (key.as_ref(), *value))
    }
}

/// A JSON value, as far as the protocol looks into one.
#[derive(Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Absent,
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    /// A text that had escapes: a copy of its own, perhaps of a token.
    Unescaped(Zeroizing<String>),
    /// The texts of a list; its other items are `None`.
    List(Vec<Option<String>>),
    Object,
}

impl Value<'_> {
    fn as_integer(&self) -> Option<i64> {
        /// 2^48. Near 2^53 a float no longer says which integer it is, and the parser may miss it by its last bits:
        /// far enough below, such a miss is a fraction, and no integer.
        const EXACT: f64 = 281_474_976_710_656.0;
        match self {
            Value::Integer(integer) => Some(*integer),
            #[allow(clippy::cast_possible_truncation)] // checked: a whole number within the exact range
            Value::Float(float) if float.fract() == 0.0 && float.abs() < EXACT => Some(*float as i64),
            value => {
                let text = value.as_text()?;
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                if is_number { text.parse().ok() } else { None }
            }
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Unescaped(text) => Some(text),
            _ => None,
        }
    }
}

struct Fields<'a> {
    keys: &'static [&'static str],
    values: [Value<'a>; MAX_KEYS],
    extra: Vec<(Cow<'a, str>, &'a RawValue)>,
}

struct Fault {
    reason: MalformedReason,
    position: Option<(usize, usize)>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Fields<'a> {
    fn read(keys: &'static [&'static str], body: &'a [u8], mended: &'a mut Mended) -> Result<Self, Fault> {
        let (body, dropped) = match body.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => (rest, BYTE_ORDER_MARK.len()),
            None => (body, 0),
        };
        let Mended { utf8, json } = mended;
        let mut was_mended = false;
        let text: &'a str = match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(_) => {
                was_mended = true;
                utf8.insert(decode_lossily(body))
            }
        };
        let mut parsed = Self::parse(keys, text);
        let is_odd = match &parsed {
            Ok(fields) => !fields.extra.is_empty() && has_surrogate_escape(text),
            Err(fault) => fault.reason == MalformedReason::NotJson,
        };
        if is_odd && let Some(mended_json) = mend_strings(text) {
            was_mended = true;
            parsed = Self::parse(keys, json.insert(mended_json));
        }
        parsed.map_err(|fault| Fault {
            // In a mended text, places are no longer those of the body.
            position: fault
                .position
                .filter(|_| !was_mended)
                .map(|(line, column)| (line, if line == 1 { column + dropped } else { column })),
            ..fault
        })
    }

    fn parse(keys: &'static [&'static str], text: &'a str) -> Result<Self, Fault> {
        if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            return Err(Fault { reason: MalformedReason::Empty, position: None });
        }
        let repeated = Cell::new(None);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let fields = FieldsVisitor { keys, repeated: &repeated }
            .deserialize(&mut deserializer)
            .and_then(|fields| deserializer.end().map(|()| fields));
        fields.map_err(|error| {
            let reason = match (repeated.get(), error.classify()) {
                (Some(key), _) => MalformedReason::RepeatedKey(key),
                (None, Category::Eof) => MalformedReason::Truncated,
                (None, Category::Data) => MalformedReason::NotAnObject,
                (None, Category::Syntax | Category::Io) => MalformedReason::NotJson,
            };
            // It is the whole body that is not an object.
            let has_place = error.line() > 0 && reason != MalformedReason::NotAnObject;
            let position = has_place.then(|| (error.line(), error.column()));
            Fault { reason, position }
        })
    }
}

/// Reads bytes as UTF-8, with U+FFFD for what is not.
fn decode_lossily(body: &[u8]) -> Zeroizing<String> {
    // Room for every byte to become a U+FFFD of three, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * body.len()));
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// Escapes raw control bytes inside strings and replaces lone surrogate escapes, both of which real nicknames held and
/// no strict parser takes. `None` when there is nothing to mend.
fn mend_strings(text: &str) -> Option<Zeroizing<String>> {
    // Room for every byte to become an escape of six, so that growing leaves no copies behind.
    let controls = text.bytes().filter(u8::is_ascii_control).count();
    let mut mended = Zeroizing::new(String::with_capacity(text.len() + 6 * controls));
    let mut changed = false;
    let mut in_string = false;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '"' => {
                in_string = !in_string;
                mended.push('"');
            }
            '\\' if in_string => match surrogate_escape(rest) {
                Surrogate::None => {
                    length += rest[1..].chars().next().map_or(0, char::len_utf8);
                    mended.push_str(&rest[..length]);
                }
                Surrogate::Pair => {
                    length = 12;
                    mended.push_str(&rest[..length]);
                }
                Surrogate::Lone => {
                    length = 6;
                    mended.push('\u{fffd}');
                    changed = true;
                }
            },
            control if in_string && u32::from(control) < 0x20 => {
                mended.push_str(&format!("\\u{:04x}", u32::from(control)));
                changed = true;
            }
            other => mended.push(other),
        }
        rest = &rest[length..];
    }
    changed.then_some(mended)
}

/// Whether the text may have half a surrogate pair. In a value that nobody reads the parser lets it pass.
fn has_surrogate_escape(text: &str) -> bool {
    ["\\ud", "\\uD"].into_iter().any(|escape| text.contains(escape))
}

enum Surrogate {
    None,
    Pair,
    Lone,
}

/// What kind of `\uXXXX` the text begins with.
fn surrogate_escape(text: &str) -> Surrogate {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u16::from_str_radix(digits, 16).ok()
    };
    match unit(text) {
        Some(0xD800..=0xDBFF) => match text.get(6..).and_then(unit) {
            Some(0xDC00..=0xDFFF) => Surrogate::Pair,
            _ => Surrogate::Lone,
        },
        Some(0xDC00..=0xDFFF) => Surrogate::Lone,
        _ => Surrogate::None,
    }
}

struct FieldsVisitor<'k> {
    keys: &'static [&'static str],
    repeated: &'k Cell<Option<&'static str>>,
}

impl<'de> DeserializeSeed<'de> for FieldsVisitor<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields =
            Fields { keys: self.keys, values: [const { Value::Absent }; MAX_KEYS], extra: Vec::new() };
        while let Some(key) = map.next_key_seed(TextSeed)? {
            match self.keys.iter().position(|known| *known == key) {
                Some(place) if fields.values[place] != Value::Absent => {
                    self.repeated.set(Some(self.keys[place]));
                    return Err(de::Error::custom("repeated key"));
                }
                Some(place) => fields.values[place] = map.next_value_seed(ValueSeed)?,
                None => fields.extra.push((key, map.next_value()?)),
            }
        }
        Ok(fields)
    }
}

/// Reads a text, borrowed when it has no escapes.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Reads any value. What is nested in a list or an object is skipped without recursion, so depth costs no stack.
struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        #[allow(clippy::cast_precision_loss)] // out of every range that the protocol knows
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Unescaped(Zeroizing::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut texts = Vec::new();
        while let Some(item) = list.next_element_seed(ItemSeed)? {
            texts.push(item);
        }
        Ok(Value::List(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object)
    }
}

/// Reads an item of a list: a text, or nothing of interest.
struct ItemSeed;

impl<'de> DeserializeSeed<'de> for ItemSeed {
    type Value = Option<String>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ItemSeed {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<String>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use proptest::prelude::*;

    const KEYS: &[&str] = &["errcode", "errmsg", "openid", "nickname", "privilege"];

    fn read(status: u16, body: &[u8]) -> Result<Vec<(String, String)>, Error> {
        let mut mended = Mended::default();
        let body = Body::read(
            Operation::Profile,
            KEYS,
            &Response::new(status, body, testing::NOW),
            &mut mended,
            str::to_owned,
        )?;
        let known = KEYS.iter().map(|key| ((*key).to_owned(), format!("{:?}", body.value(key))));
        let extra = body.extra().map(|(key, value)| (key.to_owned(), value.get().to_owned()));
        Ok(known.chain(extra).filter(|(_, value)| value != "Absent").collect())
    }

    fn nickname(body: &[u8]) -> String {
        let mut mended = Mended::default();
        let response = Response::new(200, body, testing::NOW);
        let body = Body::read(Operation::Profile, KEYS, &response, &mut mended, str::to_owned).unwrap();
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
            ("{}{}", MalformedReason::NotJson, Some((1, 3))),
            ("\u{feff}<", MalformedReason::NotJson, Some((1, 4))),
            ("{\"nickname\":\"\u{1}\" x}", MalformedReason::NotJson, None),
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

    #[test]
    fn a_mended_body_never_outgrows_its_room() {
        assert_eq!(decode_lossily(&[0xff; 100]).capacity(), 300);
        let text = format!("\"{}\"", "\u{1}".repeat(100));
        assert_eq!(mend_strings(&text).unwrap().capacity(), 102 + 600);
    }

    proptest! {
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
