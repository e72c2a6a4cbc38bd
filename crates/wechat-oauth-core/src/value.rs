//! The alphabets and lengths of the values that cross the wire, in one place.

use thiserror::Error;

/// A value was refused by its checked constructor. It names the value's type and the rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{what} {rule}")]
pub struct InvalidValue {
    what: &'static str,
    rule: BrokenRule,
}

impl InvalidValue {
    pub(crate) const fn new(what: &'static str, rule: BrokenRule) -> Self {
        Self { what, rule }
    }

    /// What was being made: `"the openid"`, `"the app secret"`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The rule that the value broke.
    #[must_use]
    pub const fn rule(&self) -> BrokenRule {
        self.rule
    }
}

/// The rules that a checked constructor can find broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BrokenRule {
    /// Nothing was given.
    #[error("is empty")]
    Empty,
    /// More bytes than WeChat ever sends or takes.
    #[error("is longer than {max} bytes")]
    TooLong {
        /// The longest that is accepted, in bytes.
        max: usize,
    },
    /// A byte outside the value's alphabet.
    #[error("has a character other than {allowed}")]
    Alphabet {
        /// The alphabet, for people.
        allowed: &'static str,
    },
}

/// An alphabet: which bytes, and how to say so.
#[derive(Clone, Copy)]
pub(crate) struct Alphabet {
    pub(crate) contains: fn(u8) -> bool,
    pub(crate) name: &'static str,
}

/// `A-Za-z0-9`: the documented alphabet of `state`.
pub(crate) const ALPHANUMERIC: Alphabet =
    Alphabet { contains: |byte| byte.is_ascii_alphanumeric(), name: "A-Z, a-z and 0-9" };

/// `A-Za-z0-9_-`: ids and codes, as observed.
pub(crate) const ID: Alphabet = Alphabet {
    contains: |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-',
    name: "A-Z, a-z, 0-9, \"_\" and \"-\"",
};

/// Visible ASCII: tokens and secrets.
pub(crate) const VISIBLE: Alphabet =
    Alphabet { contains: |byte| byte.is_ascii_graphic(), name: "visible ASCII (no spaces)" };

/// Whether every byte passes. Without an early end, the compiler judges many bytes at a time.
#[inline]
pub(crate) fn all(text: &str, contains: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & contains(byte))
}

#[inline] // so that each alphabet becomes part of its own loop
pub(crate) fn check(text: &str, max: usize, alphabet: Alphabet) -> Result<(), BrokenRule> {
    if text.is_empty() {
        Err(BrokenRule::Empty)
    } else if text.len() > max {
        Err(BrokenRule::TooLong { max })
    } else if !all(text, alphabet.contains) {
        Err(BrokenRule::Alphabet { allowed: alphabet.name })
    } else {
        Ok(())
    }
}
