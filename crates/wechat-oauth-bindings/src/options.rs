//! An application and a login out of flat options, and what is stored out of its JSON.

use std::mem;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use wechat_oauth_core::{
    Account, AccountKind, App, AppId, AppSecret, AuthorizeUrl, CallbackError, Code, ComponentAccessToken,
    ConfigError, Endpoints, Grant, Login, Pending, RedirectUri, Scope, State, StoredGrant, UnixTime, WxLogin,
    WxLoginOptions,
};
use zeroize::{Zeroize as _, Zeroizing};

use crate::failure::{Failure, Misuse};

/// The longest JSON text that is read, in bytes: options, a pending login and a stored grant need under 8 KiB, and a
/// redirect URI may be long.
pub const MAX_OPTIONS: usize = 64 * 1024;

/// Which application, and where WeChat is.
#[derive(Clone, Deserialize)]
#[serde(from = "Plain")]
pub struct AppOptions {
    /// The kind of account: `official_account`, `website` or `component`.
    pub account: String,
    /// The appid that the openids belong to (for a component: the official account's).
    pub appid: String,
    /// The app secret; without it nothing can be exchanged. A component has none.
    pub secret: Option<String>,
    /// The third-party platform's appid, for a component.
    pub component_appid: Option<String>,
    /// The third-party platform's current token, for a component.
    pub component_access_token: Option<String>,
    /// An emulator on this machine (`http://127.0.0.1:PORT`), or one of WeChat's API hosts; the nearest one unless told.
    pub base_url: Option<String>,
}

/// The options while they are being read: what was read already is wiped when something else is found wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    account: String,
    appid: String,
    secret: Option<Zeroizing<String>>,
    component_appid: Option<String>,
    component_access_token: Option<Zeroizing<String>>,
    base_url: Option<String>,
}

impl From<Plain> for AppOptions {
    fn from(plain: Plain) -> Self {
        let moved = |mut secret: Zeroizing<String>| mem::take(&mut *secret);
        Self {
            account: plain.account,
            appid: plain.appid,
            secret: plain.secret.map(moved),
            component_appid: plain.component_appid,
            component_access_token: plain.component_access_token.map(moved),
            base_url: plain.base_url,
        }
    }
}

impl AppOptions {
    /// The options that every application has.
    #[must_use]
    pub fn new(account: impl Into<String>, appid: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            appid: appid.into(),
            secret: None,
            component_appid: None,
            component_access_token: None,
            base_url: None,
        }
    }

    /// The options out of JSON.
    ///
    /// # Errors
    /// [`Misuse::NotReadable`], [`Misuse::TooLarge`].
    pub fn from_json(json: &str) -> Result<Self, Misuse> {
        read(
            json,
            "the app's options",
            r#"{"account","appid"} and, where needed, "secret","component_appid","component_access_token","base_url""#,
        )
    }

    /// The application.
    ///
    /// # Errors
    /// [`ConfigError`] says what is wrong with the options.
    pub fn app(&self) -> Result<App, ConfigError> {
        let kind: AccountKind = self.account.parse()?;
        let appid = AppId::new(&self.appid)?;
        let account = match (kind, &self.component_appid) {
            (AccountKind::Component, Some(component)) => {
                Account::Component { appid, component_appid: AppId::new(component)? }
            }
            (AccountKind::Component, None) => return Err(misplaced("a component needs component_appid")),
            (_, Some(_)) => return Err(misplaced("component_appid is a component's alone")),
            (AccountKind::OfficialAccount, None) => Account::OfficialAccount { appid },
            (AccountKind::WebsiteApp, None) => Account::WebsiteApp { appid },
        };
        let mut app = App::new(account);
        if let Some(secret) = &self.secret {
            if kind == AccountKind::Component {
                return Err(misplaced("a component has no secret: it has component_access_token"));
            }
            app = app.with_secret(AppSecret::new(secret.as_str())?);
        }
        if let Some(token) = &self.component_access_token {
            if kind != AccountKind::Component {
                return Err(misplaced("component_access_token is a component's alone"));
            }
            app = app.with_component_token(ComponentAccessToken::new(token.as_str())?);
        }
        if let Some(base_url) = &self.base_url {
            app = app.at(Endpoints::parse(base_url)?);
        }
        Ok(app)
    }
}

const fn misplaced(what: &'static str) -> ConfigError {
    ConfigError::Options { what }
}

impl Drop for AppOptions {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.component_access_token.zeroize();
    }
}

impl std::fmt::Debug for AppOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppOptions")
            .field("account", &self.account)
            .field("appid", &self.appid)
            .finish_non_exhaustive()
    }
}

/// What a login asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginOptions {
    /// `snsapi_base`, `snsapi_userinfo` or `snsapi_login`.
    pub scope: String,
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// See [`LoginBuilder::force_popup`](wechat_oauth_core::LoginBuilder::force_popup).
    pub force_popup: Option<bool>,
    /// See [`LoginBuilder::force_snapshot`](wechat_oauth_core::LoginBuilder::force_snapshot).
    pub force_snapshot: Option<bool>,
    /// See [`LoginBuilder::connect_redirect`](wechat_oauth_core::LoginBuilder::connect_redirect).
    pub connect_redirect: Option<bool>,
    /// The language of the QR page: `cn` or `en`.
    pub lang: Option<String>,
    /// The state to use; drawn afresh unless told.
    pub state: Option<String>,
    /// Asks for the argument of `new WxLogin({...})` too, which draws the QR code in a page of the site.
    pub wx_login: Option<WxLoginOptions>,
}

/// A login that was begun.
#[derive(Debug)]
pub struct Begun {
    /// For the browser.
    pub url: AuthorizeUrl,
    /// To keep with that browser.
    pub pending: Pending,
    /// For the script, if it was asked for.
    pub wx_login: Option<WxLogin>,
}

impl LoginOptions {
    /// The options that every login has.
    #[must_use]
    pub fn new(scope: impl Into<String>, redirect_uri: impl Into<String>) -> Self {
        Self {
            scope: scope.into(),
            redirect_uri: redirect_uri.into(),
            force_popup: None,
            force_snapshot: None,
            connect_redirect: None,
            lang: None,
            state: None,
            wx_login: None,
        }
    }

    /// The options out of JSON.
    ///
    /// # Errors
    /// [`Misuse::NotReadable`], [`Misuse::TooLarge`].
    pub fn from_json(json: &str) -> Result<Self, Misuse> {
        read(
            json,
            "the login's options",
            r#"{"scope","redirect_uri"} and, where wanted, "force_popup","force_snapshot","connect_redirect","lang","state","wx_login""#,
        )
    }

    /// The login; `state` and `wx_login` are of no matter to it.
    ///
    /// # Errors
    /// [`ConfigError`] says what does not go together, and what would.
    pub fn login(&self, app: &App) -> Result<Login, ConfigError> {
        let redirect_uri = RedirectUri::parse(&self.redirect_uri)?;
        let mut login = app.login(self.scope.parse()?, &redirect_uri);
        if let Some(yes) = self.force_popup {
            login = login.force_popup(yes);
        }
        if let Some(yes) = self.force_snapshot {
            login = login.force_snapshot(yes);
        }
        if let Some(yes) = self.connect_redirect {
            login = login.connect_redirect(yes);
        }
        if let Some(lang) = &self.lang {
            login = login.lang(lang.parse()?);
        }
        login.build()
    }

    /// Begins the login. `entropy` is asked where no state was given.
    ///
    /// # Errors
    /// As [`login`](Self::login); [`Misuse::NoEntropy`].
    pub fn begin(&self, app: &App, entropy: impl FnOnce() -> Option<[u8; 32]>) -> Result<Begun, Failure> {
        let login = self.login(app)?;
        begin(&login, self.state.as_deref(), self.wx_login.clone(), entropy)
    }
}

/// Begins a login that was configured before.
///
/// # Errors
/// [`ConfigError`] for a state that WeChat would not take, or a QR code for a login that has none;
/// [`Misuse::NoEntropy`].
pub fn begin(
    login: &Login,
    state: Option<&str>,
    wx_login: Option<WxLoginOptions>,
    entropy: impl FnOnce() -> Option<[u8; 32]>,
) -> Result<Begun, Failure> {
    let state = match state {
        Some(state) => State::new(state).map_err(ConfigError::from)?,
        None => State::from_entropy(entropy().ok_or(Misuse::NoEntropy)?),
    };
    let wx_login = match wx_login {
        Some(options) => {
            let no_qr_code = ConfigError::OptionNotOnPage { option: "wx_login", page: "official page" };
            Some(login.wx_login(&state, options).ok_or(no_qr_code)?)
        }
        None => None,
    };
    let (url, pending) = login.begin(state);
    Ok(Begun { url, pending, wx_login })
}

/// A code that came without a state, and the scope that was asked for, where that is known.
///
/// # Errors
/// As [`Code::received_without_state`]; [`ConfigError`] for an unknown scope.
pub fn received_without_state(code: &str, scope: Option<&str>) -> Result<Code, Failure> {
    let code = Code::received_without_state(code).map_err(CallbackError::from)?;
    Ok(match scope {
        Some(scope) => code.asked_for(scope.parse::<Scope>().map_err(ConfigError::from)?),
        None => code,
    })
}

/// The last second of the year 9999. A later time is one in milliseconds, by mistake: a grant that it dates would always
/// have to be renewed.
pub const LATEST: u64 = 253_402_300_799;

/// A time in seconds since 1970, [`LATEST`] at most.
///
/// # Errors
/// [`Misuse::OutOfRange`].
pub const fn time(what: &'static str, seconds: u64) -> Result<UnixTime, Misuse> {
    if seconds > LATEST {
        return Err(Misuse::OutOfRange {
            what,
            range: "a number of seconds since 1970, not of milliseconds",
        });
    }
    Ok(UnixTime::from_secs(seconds))
}

/// A pending login out of its JSON.
///
/// # Errors
/// [`Misuse::NotReadable`], [`Misuse::TooLarge`]; neither quotes anything.
pub fn pending(json: &str) -> Result<Pending, Misuse> {
    read(json, "the pending login", "the JSON that was kept when the login began, unchanged")
}

/// A grant out of the JSON that it was stored as.
///
/// # Errors
/// [`Misuse::NotReadable`], [`Misuse::TooLarge`], or what [`Grant::from_storage`] says; none quotes anything.
pub fn stored_grant(json: &str) -> Result<Grant, Failure> {
    let stored: StoredGrant =
        read(json, "the stored grant", "the JSON that was stored of the grant, unchanged")?;
    Ok(Grant::from_storage(stored)?)
}

/// Reads a JSON text whose length nobody has looked at yet.
///
/// # Errors
/// [`Misuse::NotReadable`], [`Misuse::TooLarge`]; neither quotes anything.
pub fn read<T: DeserializeOwned>(
    json: &str,
    what: &'static str,
    expected: &'static str,
) -> Result<T, Misuse> {
    if json.len() > MAX_OPTIONS {
        return Err(Misuse::TooLarge { what, max: MAX_OPTIONS });
    }
    serde_json::from_str(json).map_err(|error| Misuse::not_readable(what, expected, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_oauth_core::AccountKind::{Component, OfficialAccount, WebsiteApp};

    fn reason(options: &str) -> (&'static str, String) {
        let error = AppOptions::from_json(options).unwrap().app().unwrap_err();
        (error.reason(), error.to_string())
    }

    #[test]
    fn every_kind_of_account_is_made_from_flat_options() {
        for (options, kind) in [
            (r#"{"account":"official_account","appid":"wx1","secret":"s"}"#, OfficialAccount),
            (r#"{"account":"website","appid":"wx1","base_url":"http://127.0.0.1:8787"}"#, WebsiteApp),
            (
                r#"{"account":"component","appid":"wx1","component_appid":"wx2","component_access_token":"t"}"#,
                Component,
            ),
        ] {
            let app = AppOptions::from_json(options).unwrap().app().unwrap();
            assert_eq!((app.account().kind(), app.account().appid().as_str()), (kind, "wx1"));
        }
    }

    #[test]
    fn options_that_do_not_go_together_are_refused() {
        for (options, why) in [
            (r#"{"account":"component","appid":"wx1"}"#, "options"),
            (r#"{"account":"website","appid":"wx1","component_appid":"wx2"}"#, "options"),
            (r#"{"account":"component","appid":"wx1","component_appid":"wx2","secret":"s"}"#, "options"),
            (r#"{"account":"website","appid":"wx1","component_access_token":"t"}"#, "options"),
            (r#"{"account":"mini_program","appid":"wx1"}"#, "account"),
            (r#"{"account":"website","appid":"wx 1"}"#, "invalid_value"),
            (r#"{"account":"website","appid":"wx1","secret":""}"#, "invalid_value"),
            (r#"{"account":"website","appid":"wx1","base_url":"http://example.com"}"#, "endpoint"),
        ] {
            assert_eq!(reason(options).0, why, "{options}");
        }
    }

    #[test]
    fn options_that_cannot_be_read_say_where_and_quote_nothing() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"account":"website","appid":"wx1","hunter2":"hunter2"}"#,
            "hunter2",
            r#"{"account":7}"#,
        ] {
            let misuse = AppOptions::from_json(json).unwrap_err();
            assert_eq!(misuse.reason(), "not_readable", "{json}");
            assert!(!format!("{misuse} {misuse:?}").contains("hunter2"), "{misuse:?}");
        }
        let huge = format!(r#"{{"account":"{}"}}"#, "a".repeat(MAX_OPTIONS));
        assert_eq!(AppOptions::from_json(&huge).unwrap_err().reason(), "too_large");
        let mut options = AppOptions::new("website", "wx1");
        options.secret = Some("hunter2".to_owned());
        assert!(!format!("{options:?}").contains("hunter2"));
    }

    #[test]
    fn a_login_has_a_state_of_its_own_or_the_given_one() {
        let app = AppOptions::new("website", "wx1").app().unwrap();
        let mut options = LoginOptions::new("snsapi_login", "https://example.com/cb");
        options.lang = Some("en".into());
        options.wx_login = Some(WxLoginOptions::default());
        let begun = options.begin(&app, || Some([7; 32])).unwrap();
        assert_eq!(begun.pending.state().expose(), State::from_entropy([7; 32]).expose());
        assert!(begun.url.as_str().contains("&lang=en#"));
        assert!(begun.wx_login.is_some());
        assert_eq!(options.begin(&app, || None).unwrap_err().reason(), "no_entropy");
        options.state = Some("S1".into());
        assert_eq!(options.begin(&app, || None).unwrap().pending.state().expose(), "S1");
        options.state = Some("S 1".into());
        assert_eq!(options.begin(&app, || None).unwrap_err().reason(), "invalid_value");
    }

    #[test]
    fn a_code_without_a_state_may_know_its_scope() {
        assert_eq!(received_without_state("C0DE", None).unwrap().expose(), "C0DE");
        assert!(received_without_state("C0DE", Some("snsapi_base")).is_ok());
        for (code, scope, why) in [
            ("", None, "code_empty"),
            ("two words", Some("snsapi_all"), "code_alphabet"),
            ("C0DE", Some("snsapi_all"), "scope"),
        ] {
            assert_eq!(received_without_state(code, scope).unwrap_err().reason(), why);
        }
    }

    #[test]
    fn a_time_is_in_seconds() {
        assert_eq!(time("now", LATEST).unwrap().as_secs(), LATEST);
        let failure = time("now", 1_790_000_000_000).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "now is out of range: it has to be a number of seconds since 1970, not of milliseconds"
        );
    }

    #[test]
    fn a_qr_code_in_a_page_is_a_website_logins_alone() {
        let app = AppOptions::new("official_account", "wx1").app().unwrap();
        let mut options = LoginOptions::new("snsapi_base", "https://example.com/cb");
        options.wx_login = Some(WxLoginOptions::default());
        let failure = options.begin(&app, || Some([7; 32])).unwrap_err();
        assert_eq!(failure.reason(), "option_not_on_page");
        assert_eq!(failure.to_string(), "wx_login does not exist on the official page: leave it out");
    }
}
