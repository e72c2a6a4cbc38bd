//! Names of closed sets, read back: a scope, a language, an operation.

use std::fmt;

use thiserror::Error;

/// The text is none of a closed set's names. It says what was looked for and what there is, never the text.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
pub struct UnknownName {
    what: &'static str,
    known: &'static [&'static str],
}

impl UnknownName {
    /// What was looked for, as a short name for programs: `scope`, `lang`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The names that there are.
    #[must_use]
    pub const fn known(&self) -> &'static [&'static str] {
        self.known
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such {}: use ", self.what)?;
        for (index, name) in self.known.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index + 1 == self.known.len() => " or ",
                _ => ", ",
            };
            write!(f, "{before}{name}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnknownName({self})")
    }
}

/// Implements `FromStr` for an enum that has `ALL` and `as_str`: what is printed is read back, and nothing else is.
macro_rules! read_by_name {
    ($type:ident, $count:literal, $what:literal) => {
        impl std::str::FromStr for $type {
            type Err = crate::name::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                const KNOWN: [&str; $count] = {
                    let mut names = [""; $count];
                    let mut index = 0;
                    while index < $count {
                        names[index] = $type::ALL[index].as_str();
                        index += 1;
                    }
                    names
                };
                let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
                found.ok_or(crate::name::unknown($what, &KNOWN))
            }
        }
    };
}

pub(crate) use read_by_name;

pub(crate) const fn unknown(what: &'static str, known: &'static [&'static str]) -> UnknownName {
    UnknownName { what, known }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::str::FromStr;

    use crate::{AccountKind, Operation, Phase, ProfileLang, QrLang, Scope, TransportErrorKind, UnknownName};

    fn every_name_is_read_back<T>(all: &[T], as_str: fn(T) -> &'static str, what: &str)
    where
        T: Copy + Debug + PartialEq + FromStr<Err = UnknownName>,
    {
        let names: Vec<_> = all.iter().copied().map(as_str).collect();
        for (&one, name) in all.iter().zip(&names) {
            assert_eq!(name.parse(), Ok(one));
            assert!(name.to_uppercase() == *name || name.to_uppercase().parse::<T>().is_err());
            assert!(format!(" {name}").parse::<T>().is_err());
        }
        let unknown = "".parse::<T>().unwrap_err();
        assert_eq!((unknown.what(), unknown.known()), (what, names.as_slice()));
    }

    #[test]
    fn every_name_that_is_printed_is_read_back_and_no_other_is() {
        every_name_is_read_back(&Scope::ALL, Scope::as_str, "scope");
        every_name_is_read_back(&AccountKind::ALL, AccountKind::as_str, "account");
        every_name_is_read_back(&ProfileLang::ALL, ProfileLang::as_str, "lang");
        every_name_is_read_back(&QrLang::ALL, QrLang::as_str, "lang");
        every_name_is_read_back(&Operation::ALL, Operation::as_str, "operation");
        every_name_is_read_back(&TransportErrorKind::ALL, TransportErrorKind::as_str, "reason");
        every_name_is_read_back(&Phase::ALL, Phase::as_str, "phase");
    }

    #[test]
    fn an_unknown_name_says_what_there_is_and_quotes_nothing() {
        let unknown = "hunter2".parse::<Scope>().unwrap_err();
        assert_eq!(unknown.to_string(), "no such scope: use snsapi_base, snsapi_userinfo or snsapi_login");
        assert!(!format!("{unknown:?}").contains("hunter2"));
    }
}
