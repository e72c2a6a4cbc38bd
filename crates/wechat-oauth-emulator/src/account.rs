//! Accounts: the applications that people sign in to, and where their callbacks may go.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};
use wechat_oauth_core::{AppId, AppSecret, ComponentAccessToken, Scope};

use crate::misbehaviour::Misbehaviour;

/// What kind of application an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// An official account (服务号), whose page opens inside WeChat.
    OfficialAccount,
    /// A website app (网站应用), whose page shows a QR code.
    Website,
    /// An official account on whose behalf a third-party platform (第三方平台) acts.
    Component,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::OfficialAccount, Self::Website, Self::Component];

    /// Its name in JSON: `official_account`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfficialAccount => "official_account",
            Self::Website => "website",
            Self::Component => "component",
        }
    }

    /// The scopes its login may ask for.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::OfficialAccount | Self::Component => &[Scope::Base, Scope::UserInfo],
            Self::Website => &[Scope::Login],
        }
    }

    /// How long its codes live, in seconds: 5 minutes on WeChat's own page, 10 on the QR page.
    #[must_use]
    pub const fn code_lifetime(self) -> u64 {
        match self {
            Self::OfficialAccount | Self::Component => 300,
            Self::Website => 600,
        }
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An application that people sign in to.
#[derive(Debug, Clone)]
pub struct Account {
    pub(crate) kind: AccountKind,
    pub(crate) appid: AppId,
    pub(crate) name: String,
    pub(crate) credentials: Credentials,
    pub(crate) domain: CallbackDomain,
    pub(crate) platform: Option<String>,
    pub(crate) refusal: Refusal,
    pub(crate) misbehaviours: Vec<Misbehaviour>,
}

impl Account {
    /// What kind of application it is.
    #[must_use]
    pub const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// Its appid.
    #[must_use]
    pub const fn appid(&self) -> &AppId {
        &self.appid
    }

    /// The name people read on the pages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its secret; a component's account has none, the platform's token takes its place.
    #[must_use]
    pub const fn secret(&self) -> Option<&AppSecret> {
        match &self.credentials {
            Credentials::Secret(secret) => Some(secret),
            Credentials::Platform(_) => None,
        }
    }

    /// The third-party platform that acts for it, of a component's account.
    #[must_use]
    pub const fn platform_credentials(&self) -> Option<&PlatformCredentials> {
        match &self.credentials {
            Credentials::Secret(_) => None,
            Credentials::Platform(platform) => Some(platform),
        }
    }

    /// Where its callbacks may go.
    #[must_use]
    pub const fn domain(&self) -> &CallbackDomain {
        &self.domain
    }

    /// The open-platform account it is bound to, by name: accounts with the same one share their unionids. An
    /// account without one gets none.
    #[must_use]
    pub fn platform(&self) -> Option<&str> {
        self.platform.as_deref()
    }

    /// What the app learns when a person refuses.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// The misbehaviours that every request of this account meets.
    #[must_use]
    pub fn misbehaviours(&self) -> &[Misbehaviour] {
        &self.misbehaviours
    }
}

/// What an account proves itself with.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    Secret(AppSecret),
    Platform(PlatformCredentials),
}

/// A third-party platform: its appid, and the token that it proves itself with.
#[derive(Debug, Clone)]
pub struct PlatformCredentials {
    pub(crate) component_appid: AppId,
    pub(crate) component_access_token: ComponentAccessToken,
    /// The token before this one: WeChat says that it expired.
    pub(crate) superseded: Option<ComponentAccessToken>,
}

impl PlatformCredentials {
    /// The platform's own appid.
    #[must_use]
    pub const fn component_appid(&self) -> &AppId {
        &self.component_appid
    }

    /// The platform's own token. It does not expire by itself, since the emulator has no endpoint that issues it; a
    /// test renews it with `POST /_emulator/component-token`.
    #[must_use]
    pub const fn component_access_token(&self) -> &ComponentAccessToken {
        &self.component_access_token
    }
}

/// What the app learns when a person refuses; every one of the three has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The callback comes with `state` and without `code`, as the documentation of official accounts says.
    #[default]
    StateOnly,
    /// The callback comes with `code=authdeny`.
    AuthDeny,
    /// No callback comes, as the documentation of website apps says.
    NoRedirect,
}

/// Where callbacks may go (授权回调域, 网页授权域名).
///
/// In JSON a text: `loopback`, or a host as the console takes it, perhaps with the beginning of a path:
/// `www.example.com`, `wx.qq.com/mp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CallbackDomain {
    /// `localhost`, `127.0.0.0/8` and `::1`, at any port: no real account has this, and every test needs it.
    Loopback,
    /// Exactly this host, and paths below this one. WeChat takes no port, no IP address, no parent and no child.
    Host {
        /// The host, in lower case.
        host: String,
        /// The beginning of the path, `/mp`; empty for every path.
        path: String,
    },
}

impl CallbackDomain {
    /// Why a redirect URI may not be used; `None` when it may. `written` is the URI before it was parsed.
    pub(crate) fn mismatch(&self, uri: &Url, written: &str) -> Option<Mismatch> {
        match self {
            Self::Loopback => {
                let is_loopback = match uri.host() {
                    Some(Host::Domain(name)) => name == "localhost",
                    Some(Host::Ipv4(ip)) => ip.is_loopback(),
                    Some(Host::Ipv6(ip)) => ip.is_loopback(),
                    None => false,
                };
                (!is_loopback).then_some(Mismatch::Host)
            }
            Self::Host { host, path } => {
                let below = uri
                    .path()
                    .strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || path.ends_with('/'));
                if uri.host_str() != Some(host) {
                    Some(Mismatch::Host)
                } else if has_port(written) {
                    Some(Mismatch::Port)
                } else if !below {
                    Some(Mismatch::Path)
                } else {
                    None
                }
            }
        }
    }
}

/// Why a redirect URI is not of the callback domain; WeChat says 10003 to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    Host,
    Port,
    Path,
}

/// A whole `http` or `https` address. A URL parser mends what no client agrees on (one slash or three, a backslash, a
/// line break in the host), and the browser would be sent to what was written: such an address is none.
pub(crate) fn whole_address(written: &str) -> Option<Url> {
    let authority = authority(written)?;
    let is_whole = !authority.is_empty() && authority.bytes().all(|byte| byte > b' ' && byte != b'\\');
    Url::parse(written).ok().filter(|_| is_whole)
}

/// What is between `http://` or `https://` and the path.
fn authority(written: &str) -> Option<&str> {
    let (scheme, rest) = written.split_once("://")?;
    let is_http = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_http.then(|| rest.split(['/', '?', '#']).next().unwrap_or_default())
}

/// Whether a port is written, even a default one, which a parsed URL no longer shows.
fn has_port(written: &str) -> bool {
    let authority = authority(written).unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, rest)| rest);
    host_and_port.rsplit_once(']').map_or(host_and_port, |(_, rest)| rest).contains(':')
}

impl fmt::Display for CallbackDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("loopback"),
            Self::Host { host, path } => write!(f, "{host}{path}"),
        }
    }
}

impl From<CallbackDomain> for String {
    fn from(domain: CallbackDomain) -> Self {
        domain.to_string()
    }
}

/// The text is not a callback domain as WeChat's console takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDomain;

impl fmt::Display for InvalidDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a callback domain is \"loopback\", or a host without scheme, port and IP address, \
             perhaps with a path: \"www.example.com\", \"wx.qq.com/mp\"",
        )
    }
}

impl std::error::Error for InvalidDomain {}

impl FromStr for CallbackDomain {
    type Err = InvalidDomain;

    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        if text == "loopback" {
            return Ok(Self::Loopback);
        }
        let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_address = host.parse::<Ipv4Addr>().is_ok() || host.parse::<Ipv6Addr>().is_ok();
        let is_path = path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'));
        if is_address || !is_path || !host.contains('.') || !host.split('.').all(is_label) {
            return Err(InvalidDomain);
        }
        let path = path.strip_suffix('/').unwrap_or(path).to_owned();
        Ok(Self::Host { host: host.to_ascii_lowercase(), path })
    }
}

impl TryFrom<String> for CallbackDomain {
    type Error = InvalidDomain;

    fn try_from(text: String) -> Result<Self, InvalidDomain> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mismatch(domain: &str, uri: &str) -> Option<Mismatch> {
        let domain: CallbackDomain = domain.parse().unwrap();
        domain.mismatch(&Url::parse(uri).unwrap(), uri)
    }

    #[test]
    fn only_the_very_host_matches() {
        for (uri, expected) in [
            ("https://www.qq.com/cb", None),
            ("http://WWW.qq.com", None),
            ("https://pay.qq.com/cb", Some(Mismatch::Host)),
            ("https://qq.com/cb", Some(Mismatch::Host)),
            ("https://a.www.qq.com/cb", Some(Mismatch::Host)),
            ("https://www.qq.com.evil/cb", Some(Mismatch::Host)),
            ("https://www.qq.com@evil.com/cb", Some(Mismatch::Host)),
            ("https://www.qq.com:8443/cb", Some(Mismatch::Port)),
            ("https://www.qq.com:443/cb", Some(Mismatch::Port)),
        ] {
            assert_eq!(mismatch("www.qq.com", uri), expected, "{uri}");
        }
    }

    #[test]
    fn an_address_that_a_parser_would_mend_is_none() {
        for written in [
            "www.qq.com/cb",
            "//www.qq.com/cb",
            "https:www.qq.com/cb",
            "https:/www.qq.com/cb",
            "https:///www.qq.com/cb",
            "https:\\\\www.qq.com/cb",
            "https://evil.com\\@www.qq.com/cb",
            "https://www.qq.com\\@evil.com/cb",
            "https://www.\tqq.com/cb",
            "https://www.qq.com\n/cb",
            " https://www.qq.com/cb",
            "https://",
            "ftp://www.qq.com/cb",
            "https://www.qq.com:port/cb",
        ] {
            assert_eq!(whole_address(written), None, "{written:?}");
        }
        for written in
            ["https://www.qq.com", "HTTP://WWW.qq.com/cb", "https://www.qq.com/a b\r\n", "http://[::1]:80"]
        {
            assert!(whole_address(written).is_some(), "{written:?}");
        }
    }

    #[test]
    fn a_path_may_be_set_too() {
        for (uri, expected) in [
            ("https://wx.qq.com/mp", None),
            ("https://wx.qq.com/mp/cb", None),
            ("https://wx.qq.com/mpx", Some(Mismatch::Path)),
            ("https://wx.qq.com/", Some(Mismatch::Path)),
        ] {
            assert_eq!(mismatch("wx.qq.com/mp", uri), expected, "{uri}");
            assert_eq!(mismatch("wx.qq.com/mp/", uri), expected, "{uri}");
        }
    }

    #[test]
    fn loopback_is_this_machine_at_any_port() {
        for uri in
            ["http://localhost:3000/cb", "http://127.0.0.1/", "https://127.9.9.9:1/", "http://[::1]:80/"]
        {
            assert_eq!(mismatch("loopback", uri), None, "{uri}");
        }
        for uri in ["http://localhost.evil/", "http://128.0.0.1/", "http://[::2]/", "http://example.com/"] {
            assert_eq!(mismatch("loopback", uri), Some(Mismatch::Host), "{uri}");
        }
    }

    #[test]
    fn what_the_console_refuses_is_refused() {
        for text in
            ["", "localhost", "http://a.cn", "a.cn:80", "1.2.3.4", "a..cn", "a.cn/x?y", "a b.cn", ".cn"]
        {
            assert_eq!(text.parse::<CallbackDomain>(), Err(InvalidDomain), "{text:?}");
        }
        for text in ["loopback", "www.example.com", "wx.qq.com/mp"] {
            assert_eq!(text.parse::<CallbackDomain>().unwrap().to_string(), text);
        }
    }
}
