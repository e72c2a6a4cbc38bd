//! Reads a JSON object as far as the protocol looks into one: in one pass that borrows from the text, and without
//! recursion.
//!
//! It is JSON as RFC 8259 has it, but for two things that real nicknames held: a raw control byte in a text is kept, and
//! half a surrogate pair is U+FFFD.

use std::borrow::Cow;

use crate::error::MalformedReason;
use crate::find;
use crate::secret::Wiped;

/// A JSON value, as far as the protocol looks into one.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Absent,
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    /// A text that had escapes: a copy of its own, perhaps of a token.
    Unescaped(Wiped),
    /// The texts of a list; its other items are `None`.
    List(Vec<Option<String>>),
    Object,
}

impl Value<'_> {
    pub(crate) fn as_integer(&self) -> Option<i64> {
        /// 2^48. Near 2^53 a float no longer says which integer it is; far enough below, every fraction still shows.
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

/// What is wrong with a text, and at which byte of it: behind the one that nobody expected.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) reason: MalformedReason,
    pub(crate) at: usize,
}

/// Reads an object: first [`open`](Self::open), then each [`key`](Self::key) with its [`value`](Self::value) or, for a
/// value that nobody asks for, its [`raw`](Self::raw) text, then [`end`](Self::end).
pub(crate) struct Reader<'a> {
    text: &'a str,
    /// What is not read yet.
    rest: &'a [u8],
    has_members: bool,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, rest: text.as_bytes(), has_members: false }
    }

    /// The brace that the object begins with.
    pub(crate) fn open(&mut self) -> Result<(), Fault> {
        if self.takes(b'{') {
            return Ok(());
        }
        if self.token() != Some(b'[') {
            self.any_value()?;
        }
        Err(self.fault(MalformedReason::NotAnObject))
    }

    /// The next key; `None` behind the object.
    pub(crate) fn key(&mut self) -> Result<Option<Cow<'a, str>>, Fault> {
        if self.takes(b'}') {
            return Ok(None);
        }
        if self.has_members {
            self.expect(b',')?;
        }
        self.has_members = true;
        match self.token() {
            Some(b'"') => match self.text()? {
                (text, false) => Ok(Some(Cow::Borrowed(text))),
                (text, true) => Ok(Some(Cow::Owned(unescape(text)))),
            },
            _ => Err(self.unexpected()),
        }
    }

    /// The value of the key.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Fault> {
        self.expect(b':')?;
        self.any_value()
    }

    /// The value of the key, skipped: its JSON text.
    pub(crate) fn raw(&mut self) -> Result<&'a str, Fault> {
        self.expect(b':')?;
        self.token();
        let start = self.at();
        self.skip()?;
        Ok(&self.text[start..self.at()])
    }

    /// Behind the object there is nothing.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        if self.token().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Something is wrong with what was read last.
    pub(crate) const fn fault(&self, reason: MalformedReason) -> Fault {
        Fault { reason, at: self.at() }
    }

    /// How many bytes are read.
    const fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// The next byte is wrong, or missing.
    #[cold]
    fn unexpected(&self) -> Fault {
        if self.rest.is_empty() {
            self.fault(MalformedReason::Truncated)
        } else {
            Fault { reason: MalformedReason::NotJson, at: self.at() + 1 }
        }
    }

    /// The next byte that is no space.
    fn token(&mut self) -> Option<u8> {
        while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Takes the next byte if it is this one.
    fn eats(&mut self, byte: u8) -> bool {
        match self.rest {
            [next, rest @ ..] if *next == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes the next byte that is no space if it is this one.
    fn takes(&mut self, token: u8) -> bool {
        self.token();
        self.eats(token)
    }

    fn expect(&mut self, token: u8) -> Result<(), Fault> {
        if self.takes(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn any_value(&mut self) -> Result<Value<'a>, Fault> {
        match self.token() {
            Some(b'"') => match self.text()? {
                (text, false) => Ok(Value::Text(text)),
                (text, true) => Ok(Value::Unescaped(Wiped::new(unescape(text)))),
            },
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'[') => self.list(),
            Some(b'{') => self.skip().map(|()| Value::Object),
            Some(b't') => self.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Value::Bool(false)),
            _ => self.word("null").map(|()| Value::Null),
        }
    }

    /// A list's texts. What is nested deeper is skipped.
    fn list(&mut self) -> Result<Value<'a>, Fault> {
        self.eats(b'[');
        let mut items = Vec::new();
        while !self.takes(b']') {
            if !items.is_empty() {
                self.expect(b',')?;
            }
            items.push(match self.token() {
                Some(b'[') => self.skip().map(|()| None)?,
                _ => self.any_value()?.as_text().map(str::to_owned),
            });
        }
        Ok(Value::List(items))
    }

    /// Skips a value. What is open around it is kept in a list and not on the stack, so depth costs no stack.
    fn skip(&mut self) -> Result<(), Fault> {
        let mut ends = Vec::new();
        loop {
            let mut is_first = false;
            match self.token() {
                Some(bracket @ (b'[' | b'{')) => {
                    self.eats(bracket);
                    ends.push(if bracket == b'[' { b']' } else { b'}' });
                    is_first = true;
                }
                Some(b'"') => self.skip_text()?,
                Some(b'-' | b'0'..=b'9') => self.skip_number()?,
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                _ => self.word("null")?,
            }
            loop {
                let Some(&end) = ends.last() else { return Ok(()) };
                if !self.takes(end) {
                    break;
                }
                ends.pop();
                is_first = false;
            }
            if !is_first {
                self.expect(b',')?;
            }
            if ends.last() == Some(&b'}') {
                match self.token() {
                    Some(b'"') => self.skip_text()?,
                    _ => return Err(self.unexpected()),
                }
                self.expect(b':')?;
            }
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if word.bytes().all(|byte| self.eats(byte)) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn number(&mut self) -> Result<Value<'a>, Fault> {
        let start = self.at();
        self.skip_number()?;
        let number = &self.text[start..self.at()];
        if let Ok(integer) = number.parse() {
            return Ok(Value::Integer(integer));
        }
        match number.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::Float(float)),
            _ => Err(self.fault(MalformedReason::NotJson)),
        }
    }

    fn skip_number(&mut self) -> Result<(), Fault> {
        self.eats(b'-');
        if !self.eats(b'0') {
            self.digits()?;
        } else if self.rest.first().is_some_and(u8::is_ascii_digit) {
            return Err(self.unexpected());
        }
        if self.eats(b'.') {
            self.digits()?;
        }
        if self.eats(b'e') || self.eats(b'E') {
            let _sign = self.eats(b'+') || self.eats(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let before = self.rest.len();
        while let [b'0'..=b'9', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.len() == before { Err(self.unexpected()) } else { Ok(()) }
    }

    /// What is between two quotes, and whether it has escapes.
    #[inline(always)] // most of an answer is texts
    fn text(&mut self) -> Result<(&'a str, bool), Fault> {
        self.eats(b'"');
        let start = self.at();
        let run = find::either(self.rest, b'"', b'\\');
        match self.rest.get(run..) {
            Some([b'"', rest @ ..]) => {
                self.rest = rest;
                Ok((&self.text[start..start + run], false))
            }
            _ => self.escaped_text(start).map(|text| (text, true)),
        }
    }

    fn escaped_text(&mut self, start: usize) -> Result<&'a str, Fault> {
        loop {
            self.rest = &self.rest[find::either(self.rest, b'"', b'\\')..];
            match self.rest {
                [b'"', rest @ ..] => {
                    let text = &self.text[start..self.at()];
                    self.rest = rest;
                    return Ok(text);
                }
                [_, ..] => self.skip_escape()?,
                [] => return Err(self.unexpected()),
            }
        }
    }

    fn skip_text(&mut self) -> Result<(), Fault> {
        self.text().map(|_| ())
    }

    fn skip_escape(&mut self) -> Result<(), Fault> {
        match self.rest {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => {
                self.rest = rest;
                Ok(())
            }
            [b'\\', b'u', _, _, _, _, rest @ ..] => {
                let is_unit = utf16_unit(self.rest).is_some();
                self.rest = rest;
                if is_unit { Ok(()) } else { Err(self.fault(MalformedReason::NotJson)) }
            }
            [b'\\', b'u', ..] => {
                self.rest = &[];
                Err(self.unexpected())
            }
            _ => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                Err(self.unexpected())
            }
        }
    }
}

/// The text that is written so between quotes.
fn unescape(written: &str) -> String {
    // No escape is shorter than what it stands for, so this never grows, which would leave a copy behind.
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    loop {
        let (run, escape) = rest.split_at(find::either(rest.as_bytes(), b'\\', b'\\'));
        text.push_str(run);
        if escape.is_empty() {
            return text;
        }
        let (character, length) = character_of(escape.as_bytes());
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = &escape[length..];
    }
}

/// The character that an escape stands for (none, for half a surrogate pair), and the length of the escape.
fn character_of(escape: &[u8]) -> (Option<char>, usize) {
    let Some(unit) = utf16_unit(escape) else {
        let character = match escape.get(1) {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(itself) => char::from(*itself),
            None => '\\',
        };
        return (Some(character), escape.len().min(2));
    };
    let second = escape.get(6..).and_then(utf16_unit);
    match char::decode_utf16([unit].into_iter().chain(second)).next() {
        Some(Ok(character)) => (Some(character), 6 * character.len_utf16()),
        _ => (None, 6),
    }
}

/// The number that a `\uXXXX` stands for.
fn utf16_unit(escape: &[u8]) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = escape else { return None };
    let digits = digits.get(..4)?.iter();
    digits
        .map(|digit| char::from(*digit).to_digit(16))
        .try_fold(0, |unit, digit| u16::try_from(digit?).ok().map(|digit| unit << 4 | digit))
}

/// A value's JSON text with what no strict parser takes mended: raw control bytes inside texts are escaped, halves of
/// surrogate pairs replaced.
pub(crate) fn mended(json: &str) -> Cow<'_, str> {
    let is_odd = json.bytes().any(|byte| byte < b' ') || json.contains("\\ud") || json.contains("\\uD");
    if !is_odd {
        return Cow::Borrowed(json);
    }
    let mut mended = String::with_capacity(json.len());
    let mut in_text = false;
    let mut rest = json;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '\\' => match character_of(rest.as_bytes()) {
                (Some(_), escape) => {
                    length = escape;
                    mended.push_str(&rest[..length]);
                }
                (None, escape) => {
                    length = escape;
                    mended.push(char::REPLACEMENT_CHARACTER);
                }
            },
            control if in_text && control < ' ' => {
                mended.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => {
                in_text ^= other == '"';
                mended.push(other);
            }
        }
        rest = &rest[length..];
    }
    Cow::Owned(mended)
}
