//! [`ReturnTo`]: where a visitor wanted to be, and nowhere else than on this site.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

/// Where a visitor wanted to be before signing in: a path of this site, with its query, and nothing else.
///
/// Whatever one holds is safe in a `Location` header: no browser leaves the site for it, however it reads backslashes,
/// dots and percent-encoding.
///
/// ```
/// use wechat_oauth_axum::ReturnTo;
///
/// assert_eq!(ReturnTo::parse("/orders?page=2")?.as_str(), "/orders?page=2");
/// assert!(ReturnTo::parse("//evil.example").is_err());
/// assert!(ReturnTo::parse("https://evil.example/").is_err());
/// # Ok::<(), wechat_oauth_axum::ReturnToError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ReturnTo(String);

impl ReturnTo {
    /// The longest that is taken, in bytes: it travels in a cookie, of which a browser keeps 4096 bytes.
    pub const MAX_LEN: usize = 512;

    /// Reads what came in a request: percent-encoded, as a browser shows its address without scheme and host.
    ///
    /// What a browser would have to repair is refused, not repaired: two programs seldom repair alike.
    ///
    /// # Errors
    /// [`ReturnToError`] says which rule was broken.
    pub fn parse(text: &str) -> Result<Self, ReturnToError> {
        if !text.starts_with('/') {
            return Err(ReturnToError::NotAPath);
        }
        if text.len() > Self::MAX_LEN {
            return Err(ReturnToError::TooLong);
        }
        if text.contains('#') {
            return Err(ReturnToError::Fragment);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(ReturnToError::Character);
        }
        let path = resolve(text).ok_or(ReturnToError::LeavesTheSite)?;
        // A proxy or a framework may decode the path and send the browser to what it then reads.
        let decoded = decode(path_of(text));
        if decoded.contains(|c: char| c.is_control() || c == '\\') {
            return Err(ReturnToError::Character);
        }
        let decoded_path = resolve(&decoded).ok_or(ReturnToError::LeavesTheSite)?;
        if leaves(&decode(&path)) || leaves(&decoded_path) {
            return Err(ReturnToError::LeavesTheSite);
        }
        Ok(Self(text.to_owned()))
    }

    /// The site's home page, `/`: where to go when nothing better is known.
    #[must_use]
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// The path and its query, as they came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it leads to this path or to one below it, dots and percent-encoding undone: `/login` for `/login?door=phone`
    /// and `/a/../%6Cogin/`, but not for `/logins`. A sign-in must not end where it began.
    #[must_use]
    pub fn is_under(&self, path: &str) -> bool {
        let prefix = path.trim_end_matches('/');
        let is_below = |found: &str| {
            found.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let resolved = resolve(&self.0).unwrap_or_default();
        let decoded = resolve(&decode(path_of(&self.0))).unwrap_or_default();
        is_below(&resolved) || is_below(&decode(&resolved)) || is_below(&decoded)
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self::home()
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ReturnTo {
    type Err = ReturnToError;

    fn from_str(text: &str) -> Result<Self, ReturnToError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ReturnTo {
    type Error = ReturnToError;

    fn try_from(text: String) -> Result<Self, ReturnToError> {
        Self::parse(&text)
    }
}

impl From<ReturnTo> for String {
    fn from(there: ReturnTo) -> Self {
        there.0
    }
}

/// Why a place to return to was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReturnToError {
    /// Not a path: another site's address, or a path without its first slash.
    #[error("a place to return to is a path of this site: begin it with one slash, without scheme and host")]
    NotAPath,
    /// Longer than [`ReturnTo::MAX_LEN`].
    #[error("a place to return to has at most {} bytes", ReturnTo::MAX_LEN)]
    TooLong,
    /// With a fragment, which no server sees.
    #[error("a place to return to has no fragment: leave out the # and what follows it")]
    Fragment,
    /// A space, a backslash, a control character, or one that is not ASCII; in the path also in percent-encoding, except
    /// for spaces and what is not ASCII.
    #[error(
        "a place to return to has a character that no browser sends: percent-encode it, and leave out \
         backslashes and control characters"
    )]
    Character,
    /// Some program would read it as another site.
    #[error("a place to return to leads away from this site: write its path with single slashes")]
    LeavesTheSite,
}

/// The path that a browser asks for, dots undone; `None` when it would be another site's.
fn resolve(text: &str) -> Option<String> {
    // Nearly every path: there is nothing in it to undo.
    let path = path_of(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
    if path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_plain) {
        return Some(path.to_owned());
    }
    // Any origin does: that of a path is the one it is resolved against.
    let site = Url::parse("https://this.site.invalid/").ok()?;
    let resolved = site.join(text).ok()?;
    (resolved.origin() == site.origin()).then(|| resolved.path().to_owned())
}

/// Whether a path, sent by itself, would be read as a host.
fn leaves(path: &str) -> bool {
    path.starts_with("//") || path.starts_with("/\\")
}

fn path_of(text: &str) -> &str {
    text.split_once('?').map_or(text, |(path, _)| path)
}

fn decode(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// What would lead somebody away, or break a header, in one program or another.
    #[rustfmt::skip]
    const HOSTILE: &[&str] = &[
        // Not a path.
        "", " ", "?", "?x", "#", ".", "..", "./", "../", "x", "evil", "evil.example", "evil.example/", "@evil.example",
        ":@evil.example", "https://evil.example", "https://evil.example/", "HTTPS://evil.example", "http://evil.example",
        "https:evil.example", "https:/evil.example", "https:///evil.example", "https:\\\\evil.example", "ftp://evil.example",
        "ws://evil.example", "blob:https://evil.example/x", "file:///etc/passwd", "about:blank", "javascript:alert(1)",
        "JavaScript:alert(1)", "java\tscript:alert(1)", "javascript://www.example.com/%0aalert(1)", "vbscript:x",
        "data:text/html,<script>alert(1)</script>", "data:,x", "mailto:a@evil.example", "weixin://dl", "intent://evil#Intent;end",
        "www.example.com", "https://www.example.com/", "https://www.example.com@evil.example/",
        "https://www.example.com.evil.example/", "https://user:pass@evil.example",
        // Scheme-relative.
        "//", "///", "////", "//evil.example", "//evil.example/", "//evil.example/%2e%2e", "///evil.example",
        "////evil.example", "//@evil.example", "//user:pass@evil.example", "//www.example.com@evil.example",
        "//www.example.com", "//evil.example:80/x", "//[::1]/", "//127.0.0.1", "//0x7f000001", "//evil\u{3002}example",
        "//ⓔvil.example", "//?x", "//#x", "//.", "//..", "//%2f", "//javascript:alert(1)",
        // Backslashes.
        "\\", "\\\\evil.example", "\\/evil.example", "/\\", "/\\evil.example", "/\\/evil.example", "/\\\\evil.example",
        "\\\t/evil.example", "/a\\..\\..\\/evil.example", "/.\\evil.example", "/..\\evil.example", "/./\\evil.example",
        "/a\\b", "/a?b=\\", "/%5cevil.example", "/%5Cevil.example", "/%5c/evil.example", "/%5c%5cevil.example",
        "/.%5cevil.example", "/a%5cb", "/a/%5c..%5c..",
        // What a browser drops before it reads.
        "\t//evil.example", "\n//evil.example", "\r//evil.example", " //evil.example", "\u{b}//evil.example",
        "\0//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example",
        "/\t\\evil.example", "/\0/evil.example", "/ /evil.example", "/\u{b}/evil.example", "/\u{c}/evil.example",
        "/\u{1f}/evil.example", "/\u{7f}/evil.example", "/\u{85}/evil.example", "/\u{a0}/evil.example", "/a\t", "/a\n",
        "/a b", "/a?b c", "\u{feff}/a", "\u{feff}//evil.example", "/\u{200b}/evil.example", "/\u{200d}/evil.example",
        "/\u{2028}/evil.example", "/\u{202e}/evil.example",
        // The same, percent-encoded.
        "%2f%2fevil.example", "/%2fevil.example", "/%2Fevil.example", "/%2f/evil.example", "/%2f%2fevil.example",
        "%09//evil.example", "/%09/evil.example", "/%0a/evil.example", "/%0d/evil.example", "/%0d%0a/evil.example",
        "/%00/evil.example", "/%00", "/%1f/evil.example", "/%7f/evil.example", "/%c2%85/evil.example", "/%09%5cevil.example",
        "/a%0d%0aSet-Cookie:%20x=y", "/a%0aLocation:%20https://evil.example",
        // Dots that leave two slashes behind.
        "/.//evil.example", "/..//evil.example", "/./..//evil.example", "/a/..//evil.example", "/a/b/../..//evil.example",
        "/../..//evil.example", "/.///evil.example", "/%2e//evil.example", "/%2E%2E//evil.example", "/.%2e//evil.example",
        "/%2e%2e%2f%2fevil.example", "/..%2f/evil.example", "/a/..%2f%2fevil.example", "/a%2f..%2f%2fevil.example",
        "/.%2f%2fevil.example", "/./%2fevil.example", "/a/../%2fevil.example", "/a/../%5cevil.example", "/%2e/%2fevil.example",
        "/a/%2e%2e//evil.example", "/a/%2e%2e/%2fevil.example", "/..//", "/.//", "/./%09/evil.example", "/..//@evil.example",
        // Read in one way they stay, in another they leave.
        "/a%2fb/..//evil.example", "/a%2fb/../%2fevil.example", "/a%2fb/../%5cevil.example", "/a%2f%2e%2e//evil.example",
        // Slashes that are none.
        "/\u{2215}evil.example", "/\u{2044}evil.example", "/\u{ff0f}evil.example", "/\u{ff3c}evil.example",
        "\u{ff0f}\u{ff0f}evil.example", "\u{2215}\u{2215}evil.example", "/\u{3000}/evil.example", "/中", "/ｅvil", "/é",
        // Headers and fragments.
        "/a\r\nSet-Cookie: x=y", "/a\nLocation: https://evil.example", "/a?b\r\n\r\n<script>", "/a?x=\0", "/#", "/a#b", "/#//evil",
        "/a?b#c", "/?\u{e9}",
    ];

    #[test]
    fn nothing_hostile_is_taken() {
        assert!(HOSTILE.len() >= 120, "{} strings", HOSTILE.len());
        for text in HOSTILE {
            assert!(ReturnTo::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_rule_has_its_reason() {
        for (text, reason) in [
            ("https://evil.example/", ReturnToError::NotAPath),
            ("/a#b", ReturnToError::Fragment),
            ("/a b", ReturnToError::Character),
            ("/中", ReturnToError::Character),
            ("/a%5cb", ReturnToError::Character),
            ("//evil.example", ReturnToError::LeavesTheSite),
            ("/..//evil.example", ReturnToError::LeavesTheSite),
            ("/%2f/evil.example", ReturnToError::LeavesTheSite),
        ] {
            assert_eq!(ReturnTo::parse(text), Err(reason), "{text}");
        }
        let longest = format!("/{}", "a".repeat(ReturnTo::MAX_LEN - 1));
        assert_eq!(ReturnTo::parse(&longest).unwrap().as_str(), longest);
        assert_eq!(ReturnTo::parse(&format!("{longest}a")), Err(ReturnToError::TooLong));
    }

    #[test]
    fn the_paths_of_a_site_are_taken_as_they_are() {
        for text in [
            "/",
            "/orders",
            "/orders/",
            "/orders?page=2&sort=-date",
            "/a/b.html;v=1?x",
            "/?",
            "/search?q=%E5%BE%AE%E4%BF%A1+login",
            "/%E8%AE%A2%E5%8D%95",
            "/a%20b",
            "/@someone",
            "/a//b",
            "/go?to=https://www.example.com//x",
            "/go?lines=a%0D%0Ab&path=c%5Cd",
            "/100%",
            "/a:b",
            "/.well-known/x",
            "/...",
            "/a/../b",
            "/a'(b)~!*",
            "/a[0]={1}|\"^`<>",
        ] {
            let there = ReturnTo::parse(text).unwrap();
            assert_eq!(there.as_str(), text);
            assert_eq!(there.to_string(), text);
            assert_eq!(text.parse::<ReturnTo>(), Ok(there));
        }
    }

    #[test]
    fn storage_keeps_it_and_cannot_bring_in_another() {
        let there = ReturnTo::parse("/orders?page=2").unwrap();
        let stored = serde_json::to_string(&there).unwrap();
        assert_eq!(stored, r#""/orders?page=2""#);
        assert_eq!(serde_json::from_str::<ReturnTo>(&stored).unwrap(), there);
        let error = serde_json::from_str::<ReturnTo>(r#""//evil.example""#).unwrap_err();
        assert!(error.to_string().contains("leads away"), "{error}");
        assert_eq!(ReturnTo::default(), ReturnTo::home());
        assert_eq!(ReturnTo::home(), ReturnTo::parse("/").unwrap());
    }

    #[test]
    fn a_path_is_known_under_every_spelling() {
        for text in [
            "/login",
            "/login/",
            "/login?return_to=/x",
            "/login/x",
            "/./login",
            "/a/../login",
            "/%6Cogin",
            "/%6c%6fgin/?x",
            "/a/%2e%2e/login",
            "/a%2f..%2flogin",
        ] {
            assert!(ReturnTo::parse(text).unwrap().is_under("/login"), "{text}");
            assert!(ReturnTo::parse(text).unwrap().is_under("/login/"), "{text}");
            assert!(ReturnTo::parse(text).unwrap().is_under("/"), "{text}");
        }
        for text in ["/", "/logins", "/log", "/a/login", "/?/login", "/login/..", "/Login"] {
            assert!(!ReturnTo::parse(text).unwrap().is_under("/login"), "{text}");
        }
        assert!(ReturnTo::parse("/wechat/callback?code=x").unwrap().is_under("/wechat/callback"));
    }

    /// What paths and hosts are told apart by, alone and among everything else.
    fn any_text() -> impl Strategy<Value = String> {
        let path = ["/", "%2f", "\\", "%5c", ".", "..", "%2e", "a", "\t", "%09"].map(str::to_owned).to_vec();
        let more =
            ["//", "%2F", "%5C", "%0a", "%0d", "%00", "%25", "%252f", "%", "?", "#", "@", ":", ";", "&", "="];
        let most =
            ["\n", "\r", "\0", " ", "evil.example", "https:", "javascript:", "[::1]", "\u{ff0f}", "\u{200b}"];
        let encoded = ["%ef%bc%8f", "%e2%88%95", "%ff", "%e4%b8%ad", "中"];
        let all: Vec<String> = [&more[..], &most, &encoded].concat().into_iter().map(str::to_owned).collect();
        let piece = prop_oneof![
            prop::sample::select([path.clone(), all].concat()),
            "[ -~]{0,4}",
            any::<char>().prop_map(String::from),
        ];
        let pieces = prop_oneof![
            prop::collection::vec(prop::sample::select(path), 1..8),
            prop::collection::vec(piece, 0..9)
        ];
        pieces.prop_map(|pieces| format!("/{}", pieces.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn whatever_is_taken_stays_on_the_site_and_is_a_header_value(text in any_text()) {
            let Ok(there) = ReturnTo::parse(&text) else { return Ok(()) };
            prop_assert_eq!(there.as_str(), &text);
            prop_assert!(text.len() <= ReturnTo::MAX_LEN);
            for page in ["https://www.example.com/callback?code=x&state=y", "http://localhost:3000/", "https://[::1]:8443/a/b/"] {
                let page = Url::parse(page).unwrap();
                let mut spellings = vec![text.clone()];
                // What is behind a program that decodes the path, or that answers with the path alone.
                spellings.push(decode(path_of(&text)).into_owned());
                let resolved = page.join(&text).unwrap();
                spellings.push(resolved.path().to_owned());
                spellings.push(decode(resolved.path()).into_owned());
                for spelling in spellings {
                    let resolved = page.join(&spelling).unwrap();
                    prop_assert_eq!(resolved.origin(), page.origin(), "{}", spelling);
                    prop_assert!(!resolved.path().starts_with("//"), "{}", spelling);
                }
            }
            let header = HeaderValue::from_str(&text).unwrap();
            prop_assert_eq!(header.to_str().unwrap(), &text);
        }
    }
}
