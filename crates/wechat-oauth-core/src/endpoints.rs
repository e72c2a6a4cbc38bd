//! [`Endpoints`]: which hosts the requests go to.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;
use url::{Host, Url};

use crate::wx_login::{WX_LOGIN_PATH, WX_LOGIN_SCRIPT};

/// Where the pages and the API live: scheme, host and port, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoints {
    pages: Box<str>,
    api: Box<str>,
    loopback: bool,
}

/// The official API hosts.
///
/// Source: <https://developers.weixin.qq.com/doc/service/Basic_Information/Interface_field_description.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ApiHost {
    /// `api.weixin.qq.com`: the nearest access point.
    #[default]
    Nearest,
    /// `api2.weixin.qq.com`: for when the first is out of reach.
    Backup,
    /// `sh.api.weixin.qq.com`
    Shanghai,
    /// `sz.api.weixin.qq.com`
    Shenzhen,
    /// `hk.api.weixin.qq.com`
    HongKong,
}

impl ApiHost {
    /// Every official host.
    pub const ALL: [Self; 5] = [Self::Nearest, Self::Backup, Self::Shanghai, Self::Shenzhen, Self::HongKong];

    /// The host name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nearest => "api.weixin.qq.com",
            Self::Backup => "api2.weixin.qq.com",
            Self::Shanghai => "sh.api.weixin.qq.com",
            Self::Shenzhen => "sz.api.weixin.qq.com",
            Self::HongKong => "hk.api.weixin.qq.com",
        }
    }
}

/// The host of the authorize pages. No other one is documented.
pub(crate) const PAGES_HOST: &str = "open.weixin.qq.com";

impl Endpoints {
    /// WeChat's own hosts, with the API at the given one.
    #[must_use]
    pub fn official(api: ApiHost) -> Self {
        Self {
            pages: format!("https://{PAGES_HOST}").into(),
            api: format!("https://{}", api.as_str()).into(),
            loopback: false,
        }
    }

    /// An emulator on this machine, serving pages and API at one base URL: `http://127.0.0.1:8080`.
    ///
    /// Only loopback (`127.0.0.0/8`, `::1`, `localhost`) is accepted, with http or https; such requests never go
    /// through a proxy.
    ///
    /// # Errors
    /// [`EndpointError`] says which rule was broken.
    pub fn emulator(base_url: &str) -> Result<Self, EndpointError> {
        let url = parse_origin(base_url)?;
        if !is_loopback(url.host()) {
            return Err(EndpointError::NotLoopback);
        }
        let origin: Box<str> = origin(&url).into();
        Ok(Self { pages: origin.clone(), api: origin, loopback: true })
    }

    /// A base URL as configuration gives it: an official API host, or an emulator on this machine.
    ///
    /// # Errors
    /// [`EndpointError`]; any other host is refused here, see [`Endpoints::custom`].
    pub fn parse(base_url: &str) -> Result<Self, EndpointError> {
        let url = parse_origin(base_url)?;
        if is_loopback(url.host()) {
            return Self::emulator(base_url);
        }
        let official = ApiHost::ALL.into_iter().find(|host| url.host_str() == Some(host.as_str()));
        match official {
            Some(host) if url.port().is_none() => Ok(Self::official(host)),
            _ => Err(EndpointError::NotOfficial),
        }
    }

    /// Any other https hosts: a gateway of the caller's own, which will see every secret.
    ///
    /// # Errors
    /// [`EndpointError`] says which rule was broken.
    pub fn custom(pages: &str, api: &str) -> Result<Self, EndpointError> {
        let (pages, api) = (parse_origin(pages)?, parse_origin(api)?);
        if pages.scheme() != "https" || api.scheme() != "https" {
            return Err(EndpointError::NotHttps);
        }
        Ok(Self { pages: origin(&pages).into(), api: origin(&api).into(), loopback: is_loopback(api.host()) })
    }

    /// The origin of the authorize pages: `https://open.weixin.qq.com`. A page that embeds the QR code names it as
    /// `frame-src` in its Content-Security-Policy.
    #[must_use]
    pub fn pages(&self) -> &str {
        &self.pages
    }

    /// The origin of the API: `https://api.weixin.qq.com`.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// The script that defines `WxLogin`, which embeds the QR code in a page: Tencent's
    /// [`WX_LOGIN_SCRIPT`](crate::WX_LOGIN_SCRIPT), or the emulator's own. A Content-Security-Policy names its origin as
    /// `script-src`.
    #[must_use]
    pub fn wx_login_script(&self) -> Cow<'static, str> {
        // An emulator serves everything; a gateway has only the pages and the API to itself.
        if self.loopback && self.pages == self.api {
            Cow::Owned([&self.pages, WX_LOGIN_PATH].concat())
        } else {
            Cow::Borrowed(WX_LOGIN_SCRIPT)
        }
    }

    /// Whether the API is on this machine, so that no request leaves it.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

/// WeChat's own hosts, nearest access point.
impl Default for Endpoints {
    fn default() -> Self {
        Self::official(ApiHost::Nearest)
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoints(pages: {}, api: {})", self.pages, self.api)
    }
}

/// An endpoint that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not an absolute URL.
    #[error("the base URL is not an absolute URL: write it as http://127.0.0.1:8080")]
    NotAUrl,
    /// Plain http away from this machine, or another scheme.
    #[error("the base URL must be https; plain http is for 127.0.0.0/8, ::1 and localhost only")]
    NotHttps,
    /// An emulator elsewhere.
    #[error("an emulator is on this machine only: 127.0.0.0/8, ::1 or localhost")]
    NotLoopback,
    /// Another host than WeChat's, which [`Endpoints::custom`] takes.
    #[error(
        "the base URL is neither on this machine nor one of WeChat's API hosts (https://api.weixin.qq.com; api2, sh.api, sz.api, hk.api)"
    )]
    NotOfficial,
    /// `user:password@`.
    #[error("the base URL has a user name or password: leave it out")]
    UserInfo,
    /// A path, query or fragment.
    #[error("the base URL is more than scheme, host and port: leave the rest out")]
    NotAnOrigin,
    /// A host that only looks right: a trailing dot, an internationalised name, port 0.
    #[error("the base URL's host is not a plain name: no trailing dot, no xn-- label, no port 0")]
    Host,
}

/// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
pub(crate) fn is_loopback<S: AsRef<str>>(host: Option<Host<S>>) -> bool {
    match host {
        Some(Host::Domain(domain)) => domain.as_ref() == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Reads `scheme://host[:port]` and nothing more.
fn parse_origin(text: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(EndpointError::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::UserInfo);
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::NotAnOrigin);
    }
    if url.port() == Some(0) {
        return Err(EndpointError::Host);
    }
    if let Some(Host::Domain(domain)) = url.host()
        && (domain.ends_with('.') || domain.split('.').any(|label| label.starts_with("xn--")))
    {
        return Err(EndpointError::Host);
    }
    if url.scheme() == "http" && !is_loopback(url.host()) {
        return Err(EndpointError::NotHttps);
    }
    Ok(url)
}

fn origin(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_hosts_are_reached_by_name() {
        let api: Vec<_> = ApiHost::ALL.map(|host| Endpoints::official(host).api().to_owned()).into();
        assert_eq!(api[0], "https://api.weixin.qq.com");
        assert_eq!(api[4], "https://hk.api.weixin.qq.com");
        for host in ApiHost::ALL {
            let endpoints = Endpoints::parse(&format!("https://{}", host.as_str())).unwrap();
            assert_eq!(endpoints, Endpoints::official(host));
            assert_eq!(endpoints.pages(), "https://open.weixin.qq.com");
            assert!(!endpoints.is_loopback());
        }
    }

    #[test]
    fn an_emulator_is_on_loopback() {
        for base in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:8080",
            "http://localhost:1/",
            "https://localhost",
        ] {
            let endpoints = Endpoints::emulator(base).unwrap();
            assert!(endpoints.is_loopback());
            assert_eq!(endpoints.api(), base.trim_end_matches('/'));
            assert_eq!(Endpoints::parse(base).unwrap(), endpoints);
        }
        assert_eq!(Endpoints::emulator("https://api.weixin.qq.com"), Err(EndpointError::NotLoopback));
    }

    #[test]
    fn every_other_place_is_refused() {
        for (text, error) in [
            ("http://169.254.169.254", EndpointError::NotHttps),
            ("http://[::ffff:127.0.0.1]", EndpointError::NotHttps),
            ("http://localhost.example.com", EndpointError::NotHttps),
            ("http://api.weixin.qq.com", EndpointError::NotHttps),
            ("https://api.weixin.qq.com@evil.example", EndpointError::UserInfo),
            ("https://api.weixin.qq.com.", EndpointError::Host),
            ("https://api.weixin.qq.com:8443", EndpointError::NotOfficial),
            ("https://аpi.weixin.qq.com", EndpointError::Host),
            ("https://xn--pi-6kc.weixin.qq.com", EndpointError::Host),
            ("https://api.weixin.qq.com/sns", EndpointError::NotAnOrigin),
            ("https://api.weixin.qq.com/?x", EndpointError::NotAnOrigin),
            ("https://api.weixin.qq.com/#x", EndpointError::NotAnOrigin),
            ("https://evil.example", EndpointError::NotOfficial),
            ("https://127.0.0.1:0", EndpointError::Host),
            ("ftp://localhost", EndpointError::NotHttps),
            ("localhost:8080", EndpointError::NotHttps),
            ("", EndpointError::NotAUrl),
        ] {
            assert_eq!(Endpoints::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_gateway_needs_its_own_constructor_and_https() {
        let gateway = Endpoints::custom("https://open.example.com", "https://wx.example.com:8443").unwrap();
        assert_eq!(gateway.api(), "https://wx.example.com:8443");
        assert!(!gateway.is_loopback());
        assert!(Endpoints::custom("https://open.example.com", "https://localhost").unwrap().is_loopback());
        assert!(!Endpoints::custom("https://localhost", "https://wx.example.com").unwrap().is_loopback());
        assert_eq!(
            Endpoints::custom("https://open.example.com", "http://wx.example.com"),
            Err(EndpointError::NotHttps)
        );
        assert_eq!(Endpoints::custom("https://a.example.", "https://b.example"), Err(EndpointError::Host));
    }

    #[test]
    fn both_hosts_of_a_gateway_need_https_even_on_this_machine() {
        for (pages, api) in
            [("http://localhost", "https://wx.example.com"), ("https://open.example.com", "http://localhost")]
        {
            assert_eq!(Endpoints::custom(pages, api), Err(EndpointError::NotHttps), "{pages} {api}");
        }
    }

    #[test]
    fn the_script_for_the_embedded_qr_code_is_tencents_except_at_an_emulator() {
        let gateway = Endpoints::custom("https://open.example.com", "https://api.example.com").unwrap();
        for endpoints in [Endpoints::default(), Endpoints::official(ApiHost::HongKong), gateway] {
            assert_eq!(endpoints.wx_login_script(), WX_LOGIN_SCRIPT);
        }
        assert_eq!(
            Endpoints::emulator("http://127.0.0.1:8080/").unwrap().wx_login_script(),
            "http://127.0.0.1:8080/connect/zh_CN/htmledition/js/wxLogin.js"
        );
        assert!(WX_LOGIN_SCRIPT.ends_with(WX_LOGIN_PATH));
    }

    #[test]
    fn debug_shows_both_hosts() {
        assert_eq!(
            format!("{:?}", Endpoints::official(ApiHost::Shanghai)),
            "Endpoints(pages: https://open.weixin.qq.com, api: https://sh.api.weixin.qq.com)"
        );
    }

    #[test]
    fn a_password_without_a_name_is_refused_too() {
        assert_eq!(Endpoints::parse("https://:pw@api.weixin.qq.com"), Err(EndpointError::UserInfo));
    }

    #[test]
    fn nowhere_is_not_this_machine() {
        assert!(!is_loopback(None::<Host<&str>>));
    }

    #[test]
    fn the_script_of_the_qr_code_comes_from_where_the_pages_are() {
        let emulator = Endpoints::emulator("http://127.0.0.1:8080").unwrap();
        assert_eq!(emulator.wx_login_script(), ["http://127.0.0.1:8080", WX_LOGIN_PATH].concat());
        let gateway = Endpoints::custom("https://127.0.0.1:8080", "https://127.0.0.1:8081").unwrap();
        for elsewhere in [Endpoints::default(), gateway] {
            assert_eq!(elsewhere.wx_login_script(), WX_LOGIN_SCRIPT);
        }
    }
}
