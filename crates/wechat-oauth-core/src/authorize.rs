//! The authorize URL: the half of a login that leaves with the browser.
//!
//! WeChat reads the URL by a pattern, so the order of the parameters is part of the protocol:
//!
//! | page | parameters, in order |
//! |---|---|
//! | `/connect/oauth2/authorize` | `appid`, `redirect_uri`, `response_type`, `scope`, `state`, `component_appid`, `forcePopup`, `forceSnapShot`, `connect_redirect` |
//! | `/connect/qrconnect` | `appid`, `redirect_uri`, `response_type`, `scope`, `state`, `lang` |
//!
//! and `#wechat_redirect` at the end, with nothing after it.
//!
//! Official pages: <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html> and
//! <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use std::fmt;

use crate::account::Account;
use crate::callback::Pending;
use crate::encode;
use crate::endpoints::Endpoints;
use crate::error::ConfigError;
use crate::name::read_by_name;
use crate::redirect::RedirectUri;
use crate::scope::Scope;
use crate::state::State;
use crate::wx_login::{WxLogin, WxLoginOptions};

/// The path of the official page.
pub(crate) const OFFICIAL_PAGE: &str = "/connect/oauth2/authorize";

/// The path of the QR page.
pub(crate) const QR_PAGE: &str = "/connect/qrconnect";

/// The fragment that makes WeChat's browser take the URL for an authorization.
pub(crate) const FRAGMENT: &str = "wechat_redirect";

/// The language of the QR page. (The other pages follow the person's WeChat.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QrLang {
    /// `cn`: Chinese, which is also what WeChat shows when nothing is asked for.
    Chinese,
    /// `en`: English.
    English,
}

read_by_name!(QrLang, 2, "lang");

impl QrLang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// The value on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chinese => "cn",
            Self::English => "en",
        }
    }
}

/// A login being configured; made by [`App::login`](crate::App::login).
#[derive(Debug, Clone)]
#[must_use = "call build"]
pub struct LoginBuilder {
    account: Account,
    endpoints: Endpoints,
    scope: Scope,
    redirect_uri: RedirectUri,
    force_popup: Option<bool>,
    force_snapshot: Option<bool>,
    connect_redirect: bool,
    lang: Option<QrLang>,
}

impl LoginBuilder {
    pub(crate) const fn new(
        account: Account,
        endpoints: Endpoints,
        scope: Scope,
        redirect_uri: RedirectUri,
    ) -> Self {
        Self {
            account,
            endpoints,
            scope,
            redirect_uri,
            force_popup: None,
            force_snapshot: None,
            connect_redirect: false,
            lang: None,
        }
    }

    /// `forcePopup`: whether the consent page is shown even to somebody who consented lately. Official page only.
    pub const fn force_popup(mut self, yes: bool) -> Self {
        self.force_popup = Some(yes);
        self
    }

    /// `forceSnapShot`: whether the snapshot page is shown, as to a visitor who is not signed in. Official page only.
    pub const fn force_snapshot(mut self, yes: bool) -> Self {
        self.force_snapshot = Some(yes);
        self
    }

    /// `connect_redirect=1`: undocumented, and widely reported to stop WeChat from calling back twice. Official page
    /// only.
    pub const fn connect_redirect(mut self, yes: bool) -> Self {
        self.connect_redirect = yes;
        self
    }

    /// `lang`: the language of the QR page. QR page only.
    pub const fn lang(mut self, lang: QrLang) -> Self {
        self.lang = Some(lang);
        self
    }

    /// Checks that scope, account and options go together, and encodes the fixed part of the URL once.
    ///
    /// # Errors
    /// [`ConfigError`] says what does not go together, and what would.
    pub fn build(self) -> Result<Login, ConfigError> {
        let kind = self.account.kind();
        if !kind.permits(self.scope) {
            return Err(ConfigError::ScopeNotForAccount { scope: self.scope, kind });
        }
        self.check_options()?;
        if self.account.component_appid().is_some() {
            self.redirect_uri.check_for_component()?;
        }
        let before_state = format!(
            "{pages}{path}?appid={appid}&redirect_uri={redirect_uri}&response_type=code&scope={scope}&state=",
            pages = self.endpoints.pages(),
            path = page_path(self.scope),
            appid = self.account.appid(),
            redirect_uri = self.redirect_uri.encoded(),
            scope = self.scope,
        );
        let after_state = self.after_state();
        Ok(Login {
            account: self.account,
            scope: self.scope,
            redirect_uri: self.redirect_uri,
            before_state,
            after_state,
        })
    }

    /// Each option exists on one of the two pages only.
    fn check_options(&self) -> Result<(), ConfigError> {
        let of_official_page = [
            ("forcePopup", self.force_popup.is_some()),
            ("forceSnapShot", self.force_snapshot.is_some()),
            ("connect_redirect", self.connect_redirect),
        ];
        let of_qr_page = [("lang", self.lang.is_some())];
        let (page, misplaced) = match self.scope {
            Scope::Base | Scope::UserInfo => ("official page", &of_qr_page[..]),
            Scope::Login => ("QR page", &of_official_page[..]),
        };
        match misplaced.iter().find(|(_, is_set)| *is_set) {
            Some((option, _)) => Err(ConfigError::OptionNotOnPage { option, page }),
            None => Ok(()),
        }
    }

    fn after_state(&self) -> String {
        let mut url = String::new();
        let mut parameter = |name: &str, value: &str| {
            url.push('&');
            url.push_str(name);
            url.push('=');
            encode::push(&mut url, value);
        };
        if let Some(lang) = self.lang {
            parameter("lang", lang.as_str());
        }
        if let Some(component_appid) = self.account.component_appid() {
            parameter("component_appid", component_appid.as_str());
        }
        if let Some(yes) = self.force_popup {
            parameter("forcePopup", if yes { "true" } else { "false" });
        }
        if let Some(yes) = self.force_snapshot {
            parameter("forceSnapShot", if yes { "true" } else { "false" });
        }
        if self.connect_redirect {
            parameter("connect_redirect", "1");
        }
        url.push('#');
        url.push_str(FRAGMENT);
        url
    }
}

/// A configured login. Keep one, and [`begin`](Self::begin) it for each visitor.
#[derive(Debug, Clone)]
pub struct Login {
    account: Account,
    scope: Scope,
    redirect_uri: RedirectUri,
    before_state: String,
    after_state: String,
}

impl Login {
    /// Begins a login: the URL is for the browser, the [`Pending`] to keep with that browser until it comes back.
    #[must_use]
    pub fn begin(&self, state: State) -> (AuthorizeUrl, Pending) {
        let url = self.authorize_url(&state);
        (url, Pending::new(state, &self.account, self.scope))
    }

    /// The URL alone, for when the state is kept in another way.
    #[must_use]
    pub fn authorize_url(&self, state: &State) -> AuthorizeUrl {
        let state = state.expose();
        let mut url = String::with_capacity(self.before_state.len() + state.len() + self.after_state.len());
        url.push_str(&self.before_state);
        url.push_str(state);
        url.push_str(&self.after_state);
        AuthorizeUrl(url)
    }

    /// What `wxLogin.js` needs to show the QR code inside a page of this site; `None` for a login that is not by QR.
    #[must_use]
    pub fn wx_login(&self, state: &State, options: WxLoginOptions) -> Option<WxLogin> {
        (self.scope == Scope::Login)
            .then(|| WxLogin::new(self.account.appid(), &self.redirect_uri, state, options))
    }

    /// What the login asks for.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Where the browser comes back to.
    #[must_use]
    pub const fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }
}

/// Where to send the browser. It carries the state, so `Debug` shows the page only.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizeUrl(String);

impl AuthorizeUrl {
    /// The URL: for a redirect (`Location`) or a link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL as a string of its own.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for AuthorizeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AuthorizeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = self.0.split('?').next().unwrap_or_default();
        write!(f, "AuthorizeUrl({page}?{})", crate::secret::REDACTED)
    }
}

const fn page_path(scope: Scope) -> &'static str {
    match scope {
        Scope::Base | Scope::UserInfo => OFFICIAL_PAGE,
        Scope::Login => QR_PAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;
    use crate::testing;
    use proptest::prelude::*;

    fn redirect_uri() -> RedirectUri {
        RedirectUri::parse("https://example.com/cb?a=1&b=2").unwrap()
    }

    fn state() -> State {
        State::new("S1").unwrap()
    }

    fn url(login: LoginBuilder) -> String {
        login.build().unwrap().authorize_url(&state()).into_string()
    }

    #[test]
    fn the_official_page_has_the_official_order() {
        let login = testing::official().login(Scope::Base, &redirect_uri());
        assert_eq!(
            url(login),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef\
             &redirect_uri=https%3A%2F%2Fexample.com%2Fcb%3Fa%3D1%26b%3D2\
             &response_type=code&scope=snsapi_base&state=S1#wechat_redirect"
        );
    }

    #[test]
    fn options_follow_the_component_in_order_and_the_fragment_is_last() {
        let component = App::component("wxa".parse().unwrap(), "wxc".parse().unwrap());
        let login = component.login(Scope::UserInfo, &redirect_uri());
        let login = login.connect_redirect(true).force_snapshot(false).force_popup(true);
        assert_eq!(
            url(login).split_once("&state=").unwrap().1,
            "S1&component_appid=wxc&forcePopup=true&forceSnapShot=false&connect_redirect=1#wechat_redirect"
        );
    }

    #[test]
    fn the_qr_page_takes_a_language_after_the_state() {
        let login = testing::website().login(Scope::Login, &redirect_uri()).lang(QrLang::English);
        assert_eq!(
            url(login),
            "https://open.weixin.qq.com/connect/qrconnect?appid=wxfedcba9876543210\
             &redirect_uri=https%3A%2F%2Fexample.com%2Fcb%3Fa%3D1%26b%3D2\
             &response_type=code&scope=snsapi_login&state=S1&lang=en#wechat_redirect"
        );
    }

    #[test]
    fn an_emulator_serves_the_pages_too() {
        let app = testing::official().at(Endpoints::emulator("http://127.0.0.1:8080").unwrap());
        let url = url(app.login(Scope::Base, &redirect_uri()));
        assert!(url.starts_with("http://127.0.0.1:8080/connect/oauth2/authorize?appid="));
    }

    #[test]
    fn a_scope_of_another_kind_of_account_is_refused() {
        let component = App::component("wxa".parse().unwrap(), "wxc".parse().unwrap());
        for (app, scope) in [
            (testing::official(), Scope::Login),
            (component, Scope::Login),
            (testing::website(), Scope::Base),
            (testing::website(), Scope::UserInfo),
        ] {
            let error = app.login(scope, &redirect_uri()).build().unwrap_err();
            assert!(matches!(error, ConfigError::ScopeNotForAccount { .. }));
            assert!(error.to_string().contains("10005"), "{error}");
        }
    }

    #[test]
    fn an_option_of_the_other_page_is_refused() {
        let website = testing::website().login(Scope::Login, &redirect_uri());
        let official = testing::official().login(Scope::Base, &redirect_uri());
        for login in [
            website.clone().force_popup(false),
            website.clone().force_snapshot(true),
            website.connect_redirect(true),
            official.lang(QrLang::Chinese),
        ] {
            assert!(matches!(login.build(), Err(ConfigError::OptionNotOnPage { .. })));
        }
    }

    #[test]
    fn a_components_redirect_uri_cannot_have_an_appid() {
        let component = App::component("wxa".parse().unwrap(), "wxc".parse().unwrap());
        let redirect_uri = RedirectUri::parse("https://example.com/?appid=x").unwrap();
        assert!(matches!(
            component.login(Scope::Base, &redirect_uri).build(),
            Err(ConfigError::RedirectUri(_))
        ));
        assert!(testing::official().login(Scope::Base, &redirect_uri).build().is_ok());
    }

    #[test]
    fn debug_hides_the_state() {
        let login = testing::official().login(Scope::Base, &redirect_uri()).build().unwrap();
        let (url, pending) = login.begin(State::new("canary").unwrap());
        let debug = format!("{url:?} {pending:?}");
        assert!(!debug.contains("canary"), "{debug}");
    }

    #[test]
    fn a_url_shows_itself_to_the_browser_and_only_its_page_to_debug() {
        let login =
            testing::website().login(Scope::Login, &redirect_uri()).lang(QrLang::Chinese).build().unwrap();
        let url = login.authorize_url(&state());
        assert!(url.to_string().ends_with("&state=S1&lang=cn#wechat_redirect"), "{url}");
        assert_eq!(url.to_string(), url.as_str());
        assert_eq!(
            format!("{url:?}"),
            "AuthorizeUrl(https://open.weixin.qq.com/connect/qrconnect?[redacted])"
        );
    }

    proptest! {
        #[test]
        fn a_printed_url_parses_back_to_what_went_in(
            appid in "[A-Za-z0-9_-]{1,64}",
            state in "[A-Za-z0-9]{1,128}",
            path in "[a-z0-9/%+ &=?中é]{0,30}",
        ) {
            let Ok(redirect_uri) = RedirectUri::parse(&format!("https://example.com/{path}")) else { return Ok(()) };
            let app = App::new(Account::OfficialAccount { appid: appid.parse().unwrap() });
            let login = app.login(Scope::UserInfo, &redirect_uri).build().unwrap();
            let printed = login.authorize_url(&State::new(&state).unwrap()).into_string();
            let parsed = url::Url::parse(&printed).unwrap();
            let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
            let expected = [
                ("appid", appid.as_str()),
                ("redirect_uri", redirect_uri.as_str()),
                ("response_type", "code"),
                ("scope", "snsapi_userinfo"),
                ("state", state.as_str()),
            ];
            prop_assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
            prop_assert_eq!(parsed.fragment(), Some("wechat_redirect"));
        }
    }

    #[test]
    fn a_login_says_what_it_asks_for_and_where_to() {
        let redirect_uri = redirect_uri();
        let login = testing::official().login(Scope::Base, &redirect_uri).force_popup(false).build().unwrap();
        assert_eq!((login.scope(), login.redirect_uri()), (Scope::Base, &redirect_uri));
        let url = login.authorize_url(&state()).into_string();
        assert!(url.contains("&forcePopup=false"), "{url}");
    }
}
