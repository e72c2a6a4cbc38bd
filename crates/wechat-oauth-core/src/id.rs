//! The public ids: [`AppId`], [`OpenId`], [`UnionId`], and the [`Identity`] that an account is keyed by.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::value::{self, InvalidValue};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        // Everything that a login makes holds ids, so a copy is no text of its own.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest id that is accepted, in bytes: well above the longest one observed.
            pub const MAX_LEN: usize = $max;

            /// Checks the alphabet `A-Za-z0-9_-` and the length.
            ///
            /// # Errors
            /// [`InvalidValue`] says which rule was broken; it does not hold the text.
            pub fn new(text: &str) -> Result<Self, InvalidValue> {
                match value::check(text, Self::MAX_LEN, value::ID) {
                    Ok(()) => Ok(Self(text.into())),
                    Err(rule) => Err(InvalidValue::new($what, rule)),
                }
            }

            /// The id as WeChat writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, InvalidValue> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidValue;

            fn try_from(text: String) -> Result<Self, InvalidValue> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                String::from(&*id.0)
            }
        }
    };
}

id! {
    /// The id of an application (appid): an official account, a website app, or a component.
    ///
    /// Real ones are `wx` and 16 hexadecimal digits; any 1 to 64 of `A-Za-z0-9_-` are accepted, and another shape
    /// is only a warning of the lint.
    AppId, "the appid", 64
}

impl AppId {
    /// Whether the id has the shape of every real one: `wx` and 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn has_usual_shape(&self) -> bool {
        let usual_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        self.0.strip_prefix("wx").is_some_and(|rest| rest.len() == 16 && rest.bytes().all(usual_digit))
    }
}

id! {
    /// Who somebody is *within one application* (openid): the same person has another one in every other application.
    ///
    /// Alone it is nobody's key; see [`Identity`].
    OpenId, "the openid", 128
}

id! {
    /// Who somebody is across the applications of one open-platform account (unionid), when WeChat tells it.
    ///
    /// It cannot be compared with an [`OpenId`]:
    /// ```compile_fail
    /// # use wechat_oauth_core::{OpenId, UnionId};
    /// # fn same(openid: OpenId, unionid: UnionId) -> bool {
    /// openid == unionid
    /// # }
    /// ```
    UnionId, "the unionid", 128
}

/// Who signed in: the key to file an account under. An openid means nothing without its appid, so they stay together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    appid: AppId,
    openid: OpenId,
}

impl Identity {
    /// Puts an identity together again, from two columns of a table for instance.
    #[must_use]
    pub const fn new(appid: AppId, openid: OpenId) -> Self {
        Self { appid, openid }
    }

    /// The application that the openid belongs to.
    #[must_use]
    pub const fn appid(&self) -> &AppId {
        &self.appid
    }

    /// The person, within that application.
    #[must_use]
    pub const fn openid(&self) -> &OpenId {
        &self.openid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::BrokenRule;

    #[test]
    fn an_id_keeps_its_text() {
        assert_eq!(OpenId::new("oA-b_C9").unwrap().as_str(), "oA-b_C9");
        assert_eq!(OpenId::new("oA-b_C9").unwrap().to_string(), "oA-b_C9");
    }

    #[test]
    fn every_byte_outside_the_alphabet_is_refused() {
        for byte in 0..=127_u8 {
            let text = format!("o{}x", char::from(byte));
            let allowed = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            assert_eq!(OpenId::new(&text).is_ok(), allowed, "byte {byte}");
        }
        assert!(OpenId::new("oé").is_err());
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(AppId::new("").unwrap_err().rule(), BrokenRule::Empty);
        assert!(AppId::new(&"a".repeat(64)).is_ok());
        assert_eq!(AppId::new(&"a".repeat(65)).unwrap_err().rule(), BrokenRule::TooLong { max: 64 });
        assert!(UnionId::new(&"a".repeat(128)).is_ok());
        assert!(UnionId::new(&"a".repeat(129)).is_err());
    }

    #[test]
    fn the_usual_shape_is_wx_and_sixteen_hex_digits() {
        let usual = |text: &str| AppId::new(text).unwrap().has_usual_shape();
        assert!(usual("wx520c15f417810387"));
        assert!(!usual("wx520c15f41781038"));
        assert!(!usual("wx520c15f41781038G"));
        assert!(!usual("wx520C15F417810387"));
        assert!(!usual("APPID"));
    }

    #[test]
    fn deserialising_checks_too() {
        assert!(serde_json::from_str::<OpenId>("\"a b\"").is_err());
        assert_eq!(serde_json::from_str::<OpenId>("\"ab\"").unwrap().as_str(), "ab");
    }

    #[test]
    fn the_same_openid_under_two_appids_is_two_people() {
        let under = |appid: &str| Identity::new(AppId::new(appid).unwrap(), OpenId::new("o1").unwrap());
        assert_ne!(under("wx1"), under("wx2"));
    }
}
