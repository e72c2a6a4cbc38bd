//! [`Origin`]: where browsers see this site.

use thiserror::Error;
use url::{Host, Url};

/// Where browsers see this site: scheme, host and port. It is configuration, never what a request says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    text: String,
    is_secure: bool,
}

impl Origin {
    /// Reads `https://host[:port]`, or the same with http on this machine.
    pub(crate) fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::NotAUrl)?;
        let is_secure = match url.scheme() {
            "https" => true,
            "http" if is_loopback(&url) => false,
            "http" => return Err(OriginError::NotHttps),
            _ => return Err(OriginError::NotAUrl),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::UserInfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(OriginError::NotAnOrigin);
        }
        let ends_in_a_dot = url.domain().is_some_and(|domain| domain.ends_with('.'));
        if ends_in_a_dot || url.port() == Some(0) {
            return Err(OriginError::Host);
        }
        Ok(Self { text: url.origin().ascii_serialization(), is_secure })
    }

    /// `https://www.example.com`, without a slash at the end and without a port that goes without saying.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is https, so that its cookies can be `Secure`.
    pub(crate) const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The URL of a path, which begins with a slash.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

/// A public origin that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Not an http or https URL.
    #[error("the site's origin is not a URL: write it as https://www.example.com")]
    NotAUrl,
    /// Plain http away from this machine: a login there could be taken by anybody on the way.
    #[error("the site's origin must be https; plain http is for 127.0.0.0/8, ::1 and localhost only")]
    NotHttps,
    /// `user:password@`.
    #[error("the site's origin has a user name or password: leave it out")]
    UserInfo,
    /// A path, query or fragment.
    #[error("the site's origin is more than scheme, host and port: leave the rest out")]
    NotAnOrigin,
    /// A host with a dot at its end, or port 0: a browser takes `example.com.` for another site than `example.com`.
    #[error("the site's origin has a host that ends in a dot, or port 0: leave that out")]
    Host,
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_and_joined() {
        for (text, origin, is_secure) in [
            ("https://www.example.com", "https://www.example.com", true),
            ("https://www.example.com/", "https://www.example.com", true),
            ("HTTPS://WWW.Example.COM:443", "https://www.example.com", true),
            ("https://www.example.com:8443", "https://www.example.com:8443", true),
            ("https://例子.example", "https://xn--fsqu00a.example", true),
            ("https://192.0.2.1", "https://192.0.2.1", true),
            ("https://localhost:3000", "https://localhost:3000", true),
            ("http://localhost:3000", "http://localhost:3000", false),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000", false),
            ("http://127.9.9.9", "http://127.9.9.9", false),
            ("http://[::1]:80", "http://[::1]", false),
        ] {
            let found = Origin::parse(text).unwrap();
            assert_eq!((found.as_str(), found.is_secure()), (origin, is_secure), "{text}");
            assert_eq!(found.join("/callback"), format!("{origin}/callback"));
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (text, error) in [
            ("", OriginError::NotAUrl),
            ("www.example.com", OriginError::NotAUrl),
            ("localhost:3000", OriginError::NotAUrl),
            ("/login", OriginError::NotAUrl),
            ("ftp://www.example.com", OriginError::NotAUrl),
            ("javascript:alert(1)", OriginError::NotAUrl),
            ("https://", OriginError::NotAUrl),
            ("http://www.example.com", OriginError::NotHttps),
            ("http://localhost.example.com", OriginError::NotHttps),
            ("http://192.168.1.1", OriginError::NotHttps),
            ("http://[::ffff:127.0.0.1]", OriginError::NotHttps),
            ("http://localhost.", OriginError::NotHttps),
            ("https://user@www.example.com", OriginError::UserInfo),
            ("https://:password@www.example.com", OriginError::UserInfo),
            ("https://www.example.com/app", OriginError::NotAnOrigin),
            ("https://www.example.com/?", OriginError::NotAnOrigin),
            ("https://www.example.com#", OriginError::NotAnOrigin),
            ("https://www.example.com.", OriginError::Host),
            ("https://www.example.com:0", OriginError::Host),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
            assert!(error.to_string().starts_with("the site's origin"), "{error}");
        }
    }
}
