//! The cookies of this crate: their names, their attributes, and finding them in a request.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use wechat_oauth_store::{Keyring, StoreError};
use zeroize::Zeroizing;

use crate::origin::Origin;

/// The most cookies of ours that are looked at in one request: several times what a browser is ever given.
const MAX_COOKIES: usize = 24;

/// How the cookies of one login are called and set.
#[derive(Debug, Clone)]
pub(crate) struct Cookies {
    secure: bool,
    /// Tells apart the cookies of several logins on one host: `localhost` has one set of cookies for all its ports.
    tag: String,
}

impl Cookies {
    pub(crate) fn new(origin: &Origin, prefix: &str) -> Self {
        Self { secure: origin.is_secure(), tag: hash_text(&[origin.as_str(), prefix], 8) }
    }

    /// The name of the cookie of this kind; `__Host-` makes browsers refuse it from another host or a subdomain.
    pub(crate) fn name(&self, kind: &str, rest: &str) -> String {
        let host = if self.secure { "__Host-" } else { "" };
        let dash = if rest.is_empty() { "" } else { "-" };
        format!("{host}wechat-{kind}-{}{dash}{rest}", self.tag)
    }

    /// The header that sets a cookie. `Lax` lets it come with the callback, which is a visit from another site.
    pub(crate) fn set(&self, name: &str, value: &str, lifetime: Duration) -> Option<HeaderValue> {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.header(name, value, cookie::time::Duration::seconds(seconds))
    }

    /// The header that makes the browser forget a cookie.
    pub(crate) fn forget(&self, name: &str) -> Option<HeaderValue> {
        self.header(name, "", cookie::time::Duration::ZERO)
    }

    fn header(&self, name: &str, value: &str, max_age: cookie::time::Duration) -> Option<HeaderValue> {
        let cookie = Cookie::build((name, value))
            .path("/")
            .secure(self.secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(max_age);
        HeaderValue::try_from(cookie.to_string()).ok()
    }
}

/// The value of a cookie that the browser cannot read, change or make: sealed for its purpose and its name.
pub(crate) fn seal(
    keyring: &Keyring,
    purpose: &str,
    name: &str,
    content: &impl Serialize,
) -> Result<String, StoreError> {
    let plain = Zeroizing::new(serde_json::to_vec(content).map_err(|_| StoreError::Unreadable)?);
    Ok(URL_SAFE_NO_PAD.encode(keyring.seal(purpose, &[name], &plain)?))
}

/// What was sealed for this purpose under this name.
pub(crate) fn open<T: DeserializeOwned>(
    keyring: &Keyring,
    purpose: &str,
    name: &str,
    value: &str,
) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    let plain = keyring.open(purpose, &[name], &sealed)?;
    serde_json::from_slice(&plain).ok()
}

/// The value of each cookie of this name. On plain http another port of this machine can set a second one.
pub(crate) fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    all(headers).filter(move |(found, _)| *found == name).map(|(_, value)| value)
}

/// The names and values of the cookies whose names begin so.
pub(crate) fn beginning_with<'a>(
    headers: &'a HeaderMap,
    start: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    all(headers).filter(move |(name, _)| name.starts_with(start)).take(MAX_COOKIES)
}

/// Every cookie in ASCII, as all of ours are; others' may hold anything. Only spaces and tabs are trimmed: what else looks
/// like space belongs to a name, or a cookie of a sibling domain would pass for one of this host alone.
fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.is_ascii())?;
        pair.trim_matches([' ', '\t']).split_once('=')
    })
}

/// So many bytes of the hash of the parts, in hexadecimal digits.
pub(crate) fn hash_text(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..bytes])
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(origin: &str) -> Cookies {
        Cookies::new(&Origin::parse(origin).unwrap(), "")
    }

    #[test]
    fn on_https_a_cookie_belongs_to_this_host_alone() {
        let cookies = cookies("https://www.example.com");
        let name = cookies.name("login", "0a");
        assert!(name.starts_with("__Host-wechat-login-") && name.ends_with("-0a"), "{name}");
        let header = cookies.set(&name, "v", Duration::from_secs(600)).unwrap();
        assert_eq!(
            header.to_str().unwrap(),
            format!("{name}=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600")
        );
    }

    #[test]
    fn on_loopback_http_a_cookie_is_not_secure_or_the_browser_would_drop_it() {
        let cookies = cookies("http://localhost:3000");
        let name = cookies.name("user", "");
        assert!(name.starts_with("wechat-user-"), "{name}");
        let header = cookies.set(&name, "v", Duration::from_secs(600)).unwrap();
        let header = header.to_str().unwrap();
        assert_eq!(header, format!("{name}=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=600"));
        let header = cookies.forget(&name).unwrap();
        assert!(header.to_str().unwrap().ends_with("; Max-Age=0"));
    }

    #[test]
    fn two_sites_on_one_host_have_cookies_of_their_own() {
        let origin = Origin::parse("https://example.com").unwrap();
        let names = ["", "/a", "/b"].map(|prefix| Cookies::new(&origin, prefix).name("user", ""));
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
        assert_ne!(
            cookies("http://localhost:1").name("user", ""),
            cookies("http://localhost:2").name("user", "")
        );
    }

    #[test]
    fn cookies_are_found_in_every_header_line_and_among_broken_ones() {
        let mut headers = HeaderMap::new();
        headers
            .append(COOKIE, HeaderValue::from_bytes("a=1; n=微信; broken; =; b=2;\ta=3".as_bytes()).unwrap());
        headers
            .append(COOKIE, HeaderValue::from_bytes(b"a=4; \xff=\xff; \xc2\xa0a=no; a =no; ab=5").unwrap());
        assert_eq!(values(&headers, "a").collect::<Vec<_>>(), ["1", "3", "4"]);
        let found: Vec<_> = beginning_with(&headers, "a").collect();
        assert_eq!(found, [("a", "1"), ("a", "3"), ("a", "4"), ("a ", "no"), ("ab", "5")]);
    }
}
