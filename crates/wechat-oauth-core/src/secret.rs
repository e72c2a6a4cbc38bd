//! The values that must not be seen: their `Debug` is redacted, they are wiped when dropped, and each gives its value
//! out by one method only, `expose`, so that a review finds every place with one search.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroize as _;

use crate::value::{self, InvalidValue};

/// What `Debug` prints in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// A text that is wiped when dropped. (`Zeroizing<String>` does the same byte by byte.)
#[derive(Clone)]
pub(crate) struct Wiped(String);

impl Wiped {
    pub(crate) const fn new(text: String) -> Self {
        Self(text)
    }
}

impl Deref for Wiped {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Wiped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.as_mut_slice().zeroize();
        bytes.spare_capacity_mut().zeroize();
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// 1 to 1024 bytes of visible ASCII. There is no `Display`, no `Serialize` and no `==`:
        /// ```compile_fail
        #[doc = concat!("# fn print(secret: wechat_oauth_core::", stringify!($name), ") {")]
        /// println!("{secret}");
        /// # }
        /// ```
        /// ```compile_fail
        #[doc = concat!("# fn print(secret: wechat_oauth_core::", stringify!($name), ") {")]
        /// serde_json::to_string(&secret);
        /// # }
        /// ```
        #[derive(Clone)]
        pub struct $name(Wiped);

        impl $name {
            /// The longest value that is accepted, in bytes: several times the longest one observed (150).
            pub const MAX_LEN: usize = 1024;

            /// Checks the alphabet and the length.
            ///
            /// # Errors
            /// [`InvalidValue`] says which rule was broken; it does not hold the text.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
                let text = Wiped::new(text.into());
                match value::check(&text, Self::MAX_LEN, value::VISIBLE) {
                    Ok(()) => Ok(Self(text)),
                    Err(rule) => Err(InvalidValue::new($what, rule)),
                }
            }

            /// The value itself. Every use of this method is a place where the secret leaves its keeping.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), REDACTED)
            }
        }
    };
}

secret! {
    /// The secret of an official account or website app (appsecret).
    AppSecret, "the app secret"
}

secret! {
    /// Opens one person's data to this application for two hours (`access_token`).
    AccessToken, "the access token"
}

secret! {
    /// Gets a new access token, for thirty days (`refresh_token`).
    RefreshToken, "the refresh token"
}

secret! {
    /// A third-party platform's own token (`component_access_token`): it stands where the secret would, and changes
    /// every two hours, so it comes with the call.
    ComponentAccessToken, "the component access token"
}

/// Declares a struct that holds secrets, and implements `Deserialize` for it: serde's own errors quote what they do not
/// understand, and these quote nothing. A field of a later version is passed over, so that an upgrade can be undone.
macro_rules! deserialized_without_quoting {
    (
        $what:literal,
        $(#[$attribute:meta])*
        pub struct $name:ident { $($field:ident: $type:ty,)* }
    ) => {
        $(#[$attribute])*
        pub struct $name { $($field: $type,)* }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                struct Plain {
                    $($field: $type,)*
                }
                match Plain::deserialize(deserializer) {
                    Ok(Plain { $($field,)* }) => Ok(Self { $($field,)* }),
                    Err(_) => Err(serde::de::Error::custom(concat!($what, " cannot be read"))),
                }
            }
        }
    };
}

pub(crate) use deserialized_without_quoting;

/// A URL that carries a secret, a token or a code.
#[derive(Clone)]
pub struct SecretUrl(Wiped);

impl SecretUrl {
    pub(crate) fn new(url: String) -> Self {
        Self(Wiped::new(url))
    }

    /// The URL itself: hand it to an HTTP client, and to nothing that logs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL without its query: which endpoint it is, for logs and people.
    #[must_use]
    pub fn without_query(&self) -> &str {
        self.0.split('?').next().unwrap_or_default()
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({}?{REDACTED})", self.without_query())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        let secret = AppSecret::new("canary-in-a-coal-mine").unwrap();
        assert_eq!(format!("{secret:?}"), "AppSecret([redacted])");
        assert_eq!(format!("{:?}", Wiped::new("canary".to_owned())), "[redacted]");
        let url = SecretUrl::new("https://api.weixin.qq.com/sns/auth?access_token=canary".to_owned());
        assert_eq!(format!("{url:?}"), "SecretUrl(https://api.weixin.qq.com/sns/auth?[redacted])");
    }

    #[test]
    fn a_refused_secret_is_not_in_its_error() {
        let error = AccessToken::new("canary with spaces").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert_eq!(
            error.to_string(),
            "the access token has a character other than visible ASCII (no spaces)"
        );
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(AppSecret::new("").is_err());
        assert!(AppSecret::new("s".repeat(1024)).is_ok());
        assert!(AppSecret::new("s".repeat(1025)).is_err());
    }
}
