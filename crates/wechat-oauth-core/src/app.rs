//! [`App`]: an application's configuration, and everything that can be started from it.

use crate::account::Account;
use crate::authorize::LoginBuilder;
use crate::call::Call;
use crate::check::Validity;
use crate::code::Code;
use crate::endpoints::Endpoints;
use crate::error::ConfigError;
use crate::grant::{Exchanged, Grant};
use crate::id::AppId;
use crate::profile::{Profile, ProfileLang};
use crate::redirect::RedirectUri;
use crate::renewal::Renewal;
use crate::scope::Scope;
use crate::secret::{AppSecret, ComponentAccessToken};
use crate::sign_in::SignIn;
use crate::{check, exchange, profile, refresh};

/// One application: its account, its credential, and where WeChat is.
///
/// ```
/// use wechat_oauth_core::{App, AppSecret, RedirectUri, Scope, State};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::official_account("wx0123456789abcdef".parse()?, AppSecret::new("s3cret")?);
/// let redirect_uri = RedirectUri::parse("https://example.com/callback")?;
/// let login = app.login(Scope::UserInfo, &redirect_uri).build()?;
///
/// let (url, pending) = login.begin(State::from_entropy([7; 32])); // entropy: from the operating system
/// assert!(url.as_str().starts_with("https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct App {
    account: Account,
    secret: Option<AppSecret>,
    component_token: Option<ComponentAccessToken>,
    endpoints: Endpoints,
}

impl App {
    /// An application without its credential, at WeChat's own hosts. It builds URLs and makes the calls that need no
    /// secret (refresh, check, profile); others are refused before anything is sent.
    #[must_use]
    pub fn new(account: Account) -> Self {
        Self { account, secret: None, component_token: None, endpoints: Endpoints::default() }
    }

    /// An official account with its secret.
    #[must_use]
    pub fn official_account(appid: AppId, secret: AppSecret) -> Self {
        Self::new(Account::OfficialAccount { appid }).with_secret(secret)
    }

    /// A website app with its secret.
    #[must_use]
    pub fn website_app(appid: AppId, secret: AppSecret) -> Self {
        Self::new(Account::WebsiteApp { appid }).with_secret(secret)
    }

    /// An official account that authorized a third-party platform. Its exchange and refresh need
    /// [`with_component_token`](Self::with_component_token).
    #[must_use]
    pub fn component(appid: AppId, component_appid: AppId) -> Self {
        Self::new(Account::Component { appid, component_appid })
    }

    /// Adds the app secret.
    #[must_use]
    pub fn with_secret(mut self, secret: AppSecret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Adds a component's current token. It changes every two hours: keep the `App` without it, and add it to a copy
    /// for each call.
    #[must_use]
    pub fn with_component_token(mut self, token: ComponentAccessToken) -> Self {
        self.component_token = Some(token);
        self
    }

    /// Moves the application to other endpoints: another official host, or an emulator on this machine.
    #[must_use]
    pub fn at(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Where the requests go.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Prepares a login: the fixed part of its authorize URLs.
    pub fn login(&self, scope: Scope, redirect_uri: &RedirectUri) -> LoginBuilder {
        LoginBuilder::new(self.account.clone(), self.endpoints.clone(), scope, redirect_uri.clone())
    }

    /// Trades the code for a grant. The code is spent by it.
    ///
    /// # Errors
    /// [`ConfigError`] when the code is another application's, or the credential is missing.
    #[allow(clippy::needless_pass_by_value)] // the code is spent by it
    pub fn exchange(&self, code: Code) -> Result<Call<Exchanged>, ConfigError> {
        exchange::call(self, &code)
    }

    /// Gets a new access token for a grant. The old grant stays as it is until the new one is stored in its place.
    ///
    /// # Errors
    /// [`ConfigError`] when the grant is another application's, or the component token is missing.
    pub fn refresh(&self, grant: &Grant) -> Result<Call<Grant>, ConfigError> {
        refresh::call(self, grant)
    }

    /// Asks WeChat whether the access token is valid.
    ///
    /// # Errors
    /// [`ConfigError`] when the grant is another application's.
    pub fn check(&self, grant: &Grant) -> Result<Call<Validity>, ConfigError> {
        check::call(self, grant)
    }

    /// Reads the person's profile, with place names in the language.
    ///
    /// # Errors
    /// [`ConfigError`] when the grant is another application's, or does not cover the profile.
    pub fn profile(&self, grant: &Grant, lang: ProfileLang) -> Result<Call<Profile>, ConfigError> {
        profile::call(self, grant, lang)
    }

    /// The whole sign-in after the callback: the exchange, then the profile when the scope allows it.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    pub fn sign_in(&self, code: Code) -> Result<SignIn, ConfigError> {
        SignIn::new(self.clone(), code)
    }

    /// Renews a grant: the refresh, a busy or lost answer asked for again.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub fn renew(&self, grant: &Grant) -> Result<Renewal, ConfigError> {
        Renewal::new(self, grant)
    }

    pub(crate) const fn secret(&self) -> Result<&AppSecret, ConfigError> {
        match &self.secret {
            Some(secret) => Ok(secret),
            None => Err(ConfigError::SecretMissing),
        }
    }

    pub(crate) const fn component_token(&self) -> Result<&ComponentAccessToken, ConfigError> {
        match &self.component_token {
            Some(token) => Ok(token),
            None => Err(ConfigError::ComponentTokenMissing),
        }
    }

    /// A grant is used by its own application only.
    pub(crate) fn check_owner(&self, appid: &AppId) -> Result<(), ConfigError> {
        if self.account.appid() == appid { Ok(()) } else { Err(ConfigError::AppMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn debug_shows_the_account_and_no_credential() {
        let app =
            testing::official().with_component_token(ComponentAccessToken::new("canary-token").unwrap());
        let debug = format!("{app:?}");
        assert!(debug.contains("wx0123456789abcdef"));
        assert!(!debug.contains(testing::SECRET) && !debug.contains("canary"), "{debug}");
    }

    #[test]
    fn an_exchange_without_its_credential_is_refused_before_any_request() {
        let appid: AppId = "wx0123456789abcdef".parse().unwrap();
        let app = App::new(Account::OfficialAccount { appid: appid.clone() });
        let code = || Code::received_without_state("C0DE").unwrap();
        assert_eq!(app.exchange(code()).unwrap_err(), ConfigError::SecretMissing);
        let component = App::component(appid, "wxcomponent".parse().unwrap());
        assert_eq!(component.exchange(code()).unwrap_err(), ConfigError::ComponentTokenMissing);
        assert_eq!(component.refresh(&testing::grant()).unwrap_err(), ConfigError::ComponentTokenMissing);
    }

    #[test]
    fn another_applications_code_and_grant_are_refused_before_any_request() {
        let other = App::official_account("wxother".parse().unwrap(), AppSecret::new("x").unwrap());
        let grant = testing::grant();
        let code = || testing::code(Scope::UserInfo);
        let component = App::component(testing::official().account().appid().clone(), "wxc".parse().unwrap());
        let component = component.with_component_token(ComponentAccessToken::new("CAT").unwrap());
        assert_eq!(component.exchange(code()).unwrap_err(), ConfigError::AppMismatch);
        assert_eq!(other.exchange(code()).unwrap_err(), ConfigError::AppMismatch);
        assert_eq!(other.sign_in(code()).unwrap_err(), ConfigError::AppMismatch);
        assert_eq!(other.refresh(&grant).unwrap_err(), ConfigError::AppMismatch);
        assert_eq!(other.renew(&grant).unwrap_err(), ConfigError::AppMismatch);
        assert_eq!(other.check(&grant).unwrap_err(), ConfigError::AppMismatch);
        assert_eq!(other.profile(&grant, ProfileLang::default()).unwrap_err(), ConfigError::AppMismatch);
    }
}
