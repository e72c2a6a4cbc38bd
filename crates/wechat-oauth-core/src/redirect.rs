//! [`RedirectUri`]: where WeChat sends the browser back to.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

use crate::encode;
use crate::endpoints::is_loopback;

/// The URL of this site's callback, checked, and encoded once for the authorize URL.
///
/// It is configuration: never build it from a request's `Host` header.
///
/// The text is first made a valid URL (a space becomes `%20`, `中` becomes `%E4%B8%AD`, a bare host gets its slash),
/// and then every byte outside `A-Za-z0-9-._~` is escaped once, so an escape of its own is escaped again (`%2520`).
///
/// Rules of the host (网页授权域名): <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUri {
    url: Url,
    encoded: String,
}

impl RedirectUri {
    /// Checks a redirect URI.
    ///
    /// # Errors
    /// [`RedirectUriError`] says which rule was broken.
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let url = Url::parse(text).map_err(|_| RedirectUriError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(RedirectUriError::NotHttp);
        }
        if url.fragment().is_some() {
            return Err(RedirectUriError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectUriError::UserInfo);
        }
        for (name, parameter) in [("code", ReservedParameter::Code), ("state", ReservedParameter::State)] {
            if has_parameter(&url, name) {
                return Err(RedirectUriError::Reserved(parameter));
            }
        }
        let mut encoded = String::with_capacity(encode::length(url.as_str()));
        encode::push(&mut encoded, url.as_str());
        Ok(Self { url, encoded })
    }

    /// A component's callback brings `appid` too, so its redirect URI must not have one.
    pub(crate) fn check_for_component(&self) -> Result<(), RedirectUriError> {
        if has_parameter(&self.url, "appid") {
            return Err(RedirectUriError::Reserved(ReservedParameter::AppId));
        }
        Ok(())
    }

    /// The URL, as it is sent before encoding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The value of `redirect_uri` in an authorize URL.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The host, in lower case, without the port: what 授权回调域 must equal.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// What WeChat refuses in production, and the emulator does not mind.
    #[must_use]
    pub fn warnings(&self) -> Vec<RedirectWarning> {
        let mut warnings = Vec::new();
        if self.url.scheme() == "http" && !is_loopback(self.url.host()) {
            warnings.push(RedirectWarning::Http);
        }
        if self.url.port().is_some() {
            warnings.push(RedirectWarning::Port);
        }
        if matches!(self.url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
            warnings.push(RedirectWarning::IpAddress);
        }
        warnings
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedirectUri({})", self.as_str())
    }
}

impl FromStr for RedirectUri {
    type Err = RedirectUriError;

    fn from_str(text: &str) -> Result<Self, RedirectUriError> {
        Self::parse(text)
    }
}

/// A redirect URI that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedirectUriError {
    /// Not an absolute URL with a host.
    #[error("the redirect URI is not an absolute URL: write it as https://host/path")]
    NotAUrl,
    /// Another scheme.
    #[error("the redirect URI is neither http nor https: write it as https://host/path")]
    NotHttp,
    /// A fragment: WeChat would put `code` behind it, or in the wrong place.
    #[error("the redirect URI has a fragment (#), where WeChat loses the code: put the route into the path")]
    Fragment,
    /// `user:password@`.
    #[error("the redirect URI has a user name or password: leave it out")]
    UserInfo,
    /// A parameter that the callback brings itself.
    #[error(
        "the redirect URI has a parameter {0} of its own, which the callback brings: name it differently"
    )]
    Reserved(ReservedParameter),
}

/// The parameters that a callback brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReservedParameter {
    /// `code`
    #[error("code")]
    Code,
    /// `state`
    #[error("state")]
    State,
    /// `appid`, of a component's callback.
    #[error("appid")]
    AppId,
}

/// Something about a redirect URI that WeChat refuses in production with page error 10003, or that is unwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedirectWarning {
    /// Plain http away from this machine: the code travels in the open.
    #[error("the redirect URI is plain http: the code travels in the open, use https")]
    Http,
    /// A port.
    #[error("the redirect URI has a port: WeChat answers 10003 outside the emulator")]
    Port,
    /// An IP address.
    #[error("the redirect URI has an IP address for a host: WeChat answers 10003 outside the emulator")]
    IpAddress,
}

fn has_parameter(url: &Url, name: &str) -> bool {
    url.query_pairs().any(|(key, _)| key == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        RedirectUri::parse(text).unwrap().encoded().to_owned()
    }

    #[test]
    fn it_is_encoded_exactly_once() {
        assert_eq!(
            encoded("https://example.com/cb?a=1&b=2"),
            "https%3A%2F%2Fexample.com%2Fcb%3Fa%3D1%26b%3D2"
        );
        assert_eq!(
            encoded("https://example.com/a b/中"),
            "https%3A%2F%2Fexample.com%2Fa%2520b%2F%25E4%25B8%25AD"
        );
        assert_eq!(encoded("https://example.com?a+b"), "https%3A%2F%2Fexample.com%2F%3Fa%2Bb");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        use RedirectUriError::*;
        for (text, error) in [
            ("", NotAUrl),
            ("/callback", NotAUrl),
            ("example.com/cb", NotAUrl),
            ("REDIRECT_URI", NotAUrl),
            ("ftp://example.com/", NotHttp),
            ("weixin://dl/", NotHttp),
            ("https://", NotAUrl),
            ("https://example.com/#/route", Fragment),
            ("https://example.com/#", Fragment),
            ("https://user@example.com/", UserInfo),
            ("https://user:pw@example.com/", UserInfo),
            ("https://:pw@example.com/", UserInfo),
            ("https://example.com/?code=1", Reserved(ReservedParameter::Code)),
            ("https://example.com/?%63ode", Reserved(ReservedParameter::Code)),
            ("https://example.com/?a&state=", Reserved(ReservedParameter::State)),
        ] {
            assert_eq!(RedirectUri::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn appid_is_reserved_for_components_only() {
        let uri = RedirectUri::parse("https://example.com/?appid=1").unwrap();
        assert!(uri.check_for_component().is_err());
        assert!(RedirectUri::parse("https://example.com/?app=1").unwrap().check_for_component().is_ok());
    }

    #[test]
    fn what_production_refuses_is_a_warning() {
        use RedirectWarning::*;
        let warnings = |text: &str| RedirectUri::parse(text).unwrap().warnings();
        assert_eq!(warnings("https://example.com/cb"), []);
        assert_eq!(warnings("http://example.com/cb"), [Http]);
        assert_eq!(warnings("https://example.com:8443/cb"), [Port]);
        assert_eq!(warnings("https://example.com:443/cb"), []);
        assert_eq!(warnings("http://192.0.2.1:8080/cb"), [Http, Port, IpAddress]);
        assert_eq!(warnings("http://localhost/cb"), []);
        assert_eq!(warnings("http://127.8.0.1:3000/cb"), [Port, IpAddress]);
        assert_eq!(warnings("http://[::1]/cb"), [IpAddress]);
    }

    #[test]
    fn the_host_is_in_lower_case_and_without_the_port() {
        let uri: RedirectUri = "https://Login.Example.com:8443/cb".parse().unwrap();
        assert_eq!(uri.host(), "login.example.com");
        assert_eq!(uri.to_string(), "https://login.example.com:8443/cb");
        assert_eq!(format!("{uri:?}"), "RedirectUri(https://login.example.com:8443/cb)");
    }

    proptest! {
        #[test]
        fn decoding_gives_the_serialised_url_back(path in "[a-z0-9/%+ 中é=&?]{0,40}") {
            if let Ok(uri) = RedirectUri::parse(&format!("https://example.com/{path}")) {
                prop_assert_eq!(encode::decode(uri.encoded()), Some(uri.as_str().to_owned()));
                prop_assert!(uri.encoded().bytes().all(|byte| encode::is_unreserved(byte) || byte == b'%'));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = RedirectUri::parse(&text).map(|uri| uri.warnings());
        }
    }
}
