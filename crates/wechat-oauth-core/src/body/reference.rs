//! What the reader is compared with: `serde_json`, which reads strictly first; only when it fails are the texts mended and
//! read again.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{BYTE_ORDER_MARK, Fault, MAX_KEYS};
use crate::encode;
use crate::error::MalformedReason;
use crate::json::Value;
use crate::secret::Wiped;

/// Room for a body that had to be mended before it could be read.
#[derive(Default)]
pub(super) struct Mended {
    utf8: Option<Zeroizing<String>>,
    json: Option<Zeroizing<String>>,
}

/// What was read.
pub(super) struct Fields<'a> {
    pub(super) values: [Value<'a>; MAX_KEYS],
    pub(super) extra: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    pub(super) fn read(
        keys: &'static [&'static str],
        body: &'a [u8],
        mended: &'a mut Mended,
    ) -> Result<Self, Fault> {
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
                utf8.insert(encode::read_lossily(body))
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
        let mut fields = Fields { values: [const { Value::Absent }; MAX_KEYS], extra: Vec::new() };
        while let Some(key) = map.next_key_seed(TextSeed)? {
            match self.keys.iter().position(|known| *known == key) {
                Some(place) if !matches!(fields.values[place], Value::Absent) => {
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
        Ok(Value::Unescaped(Wiped::new(text.to_owned())))
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
