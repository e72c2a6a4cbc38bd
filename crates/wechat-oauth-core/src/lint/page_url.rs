//! A URL of one of the two authorize pages, taken apart as it is written.

use url::{Host, Url};

use crate::authorize::{OFFICIAL_PAGE, QR_PAGE};
use crate::endpoints::{PAGES_HOST, is_loopback};

use super::{Finding, FindingCode, MAX_LINT_LEN, percent, quoted};

/// The two pages that a login can start on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Official,
    Qr,
}

impl Page {
    const ALL: [Self; 2] = [Self::Official, Self::Qr];

    /// Its parameters, in the documented order.
    pub(super) const fn order(self) -> &'static [&'static str] {
        match self {
            Self::Official => &[
                "appid",
                "redirect_uri",
                "response_type",
                "scope",
                "state",
                "component_appid",
                "forcePopup",
                "forceSnapShot",
                "connect_redirect",
            ],
            Self::Qr => &["appid", "redirect_uri", "response_type", "scope", "state", "lang"],
        }
    }

    /// What wxLogin.js adds, in no documented order.
    const fn wx_login_names(self) -> &'static [&'static str] {
        match self {
            Self::Official => &[],
            Self::Qr => &[
                "login_type",
                "self_redirect",
                "styletype",
                "sizetype",
                "bgcolor",
                "rst",
                "style",
                "href",
                "stylelite",
                "fast_login",
                "color_scheme",
            ],
        }
    }

    pub(super) fn known_names(self) -> impl Iterator<Item = &'static str> {
        self.order().iter().chain(self.wx_login_names()).copied()
    }

    pub(super) fn knows(self, name: &str) -> bool {
        self.known_names().any(|known| known == name)
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Official => Self::Qr,
            Self::Qr => Self::Official,
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Official => OFFICIAL_PAGE,
            Self::Qr => QR_PAGE,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Official => "official page",
            Self::Qr => "QR page",
        }
    }

    /// Whose page it is.
    pub(super) const fn account(self) -> &'static str {
        match self {
            Self::Official => "an official account (服务号)",
            Self::Qr => "a website app (网站应用)",
        }
    }
}

/// A parameter as written: neither half decoded.
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

pub(super) struct PageUrl<'a> {
    pub(super) page: Page,
    pub(super) parameters: Vec<Parameter<'a>>,
    pub(super) fragment: Option<&'a str>,
}

impl<'a> PageUrl<'a> {
    pub(super) fn parse(url: &'a str) -> Result<Self, NotThePage> {
        let (url, fragment) = split(url, '#');
        let (head, query) = split(url, '?');
        let page = read_page(head)?;
        let parameters = query
            .unwrap_or_default()
            .split('&')
            .filter(|piece| !piece.is_empty())
            .map(|piece| {
                let (name, value) = split(piece, '=');
                Parameter { name, value: value.unwrap_or_default() }
            })
            .collect();
        Ok(Self { page, parameters, fragment })
    }

    /// The raw value of the first parameter of this name.
    pub(super) fn first(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.value)
    }

    pub(super) fn known_parameters(&self) -> impl Iterator<Item = &Parameter<'a>> {
        self.parameters.iter().filter(|parameter| self.page.knows(parameter.name))
    }

    /// The third-party platform that acts for the account, if one does; the QR page has none.
    pub(super) fn component_appid(&self) -> Option<&'a str> {
        self.first("component_appid").filter(|_| self.page == Page::Official)
    }

    /// Whether wxLogin.js built it: it has its own order, no `response_type` and no fragment.
    pub(super) fn is_wx_login(&self) -> bool {
        self.page == Page::Qr
            && self.first("login_type").is_some_and(|value| percent::decode(value).text == "jssdk")
    }
}

/// Why a URL is neither page.
pub(super) enum NotThePage {
    NotAUrl,
    Credentials,
    PlainHttp,
    OtherPort,
    OtherHost(String),
    PathCase(Page),
    OtherPath,
}

impl NotThePage {
    pub(super) fn finding(&self) -> Finding {
        let message = match self {
            Self::NotAUrl => "This is not a URL that starts with https://.".to_owned(),
            Self::Credentials => "This URL has a user name or a password in front of its host.".to_owned(),
            Self::PlainHttp => "The authorize page is https; plain http is not the page.".to_owned(),
            Self::OtherPort => format!("This URL names a port; {PAGES_HOST} has none."),
            Self::OtherHost(host) => format!(
                "The authorize page is on {PAGES_HOST} (or on an emulator on loopback), not on {}.",
                quoted(host)
            ),
            Self::PathCase(page) => format!("The case of the path matters: it is {}.", page.path()),
            Self::OtherPath => {
                "The path is neither that of the official page nor that of the QR page.".to_owned()
            }
        };
        not_authorize_page(message)
    }
}

pub(super) fn too_long() -> Finding {
    not_authorize_page(format!("The URL is too long: more than {MAX_LINT_LEN} bytes. It was not judged."))
}

fn not_authorize_page(message: String) -> Finding {
    let fix = format!(
        "Use https://{PAGES_HOST}{} (the official page, inside WeChat) or https://{PAGES_HOST}{} (the QR page, \
         on a desktop).",
        Page::Official.path(),
        Page::Qr.path()
    );
    Finding::new(FindingCode::NotAuthorizePage, message, fix)
}

/// Which page the part in front of `?` and `#` names.
fn read_page(head: &str) -> Result<Page, NotThePage> {
    // What the URL standard drops or repairs is not written in a URL that works in every browser.
    if head.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(NotThePage::NotAUrl);
    }
    let (Some((_, after_scheme)), Ok(url)) = (head.split_once("://"), Url::parse(head)) else {
        return Err(NotThePage::NotAUrl);
    };
    let Some(host) = url.host().filter(|_| matches!(url.scheme(), "http" | "https")) else {
        return Err(NotThePage::NotAUrl);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotThePage::Credentials);
    }
    // An emulator on loopback is the page with any scheme and port.
    if !is_loopback(Some(host.clone())) {
        if host != Host::Domain(PAGES_HOST) {
            return Err(NotThePage::OtherHost(host.to_string()));
        }
        if url.scheme() != "https" {
            return Err(NotThePage::PlainHttp);
        }
        if url.port().is_some() {
            return Err(NotThePage::OtherPort);
        }
    }
    let path = after_scheme.find('/').map_or("", |start| &after_scheme[start..]);
    if let Some(page) = Page::ALL.into_iter().find(|page| page.path() == path) {
        Ok(page)
    } else if let Some(page) = Page::ALL.into_iter().find(|page| page.path().eq_ignore_ascii_case(path)) {
        Err(NotThePage::PathCase(page))
    } else {
        Err(NotThePage::OtherPath)
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}
