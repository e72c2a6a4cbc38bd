//! `App`: an application, and everything that starts from it.

use pyo3::prelude::*;
use wechat_oauth_bindings::{AppOptions, LoginOptions, Task};
use wechat_oauth_core::{ConfigError, ProfileLang};
use zeroize::Zeroizing;

use crate::arguments::{optional_text, text};
use crate::call::Call;
use crate::entry::{Trouble, entry};
use crate::flow::Flow;
use crate::grant::Grant;
use crate::login::Login;
use crate::pending::Code;

/// One application: its account, its credential, and where WeChat is.
///
/// Make one with `official_account`, `website_app` or `component`, and keep it: it
/// never changes.
///
/// `base_url` moves it to an emulator on this machine (`http://127.0.0.1:8080`), or to
/// another of WeChat's API hosts (`https://api2.weixin.qq.com`).
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct App {
    pub(crate) app: wechat_oauth_core::App,
    options: AppOptions,
}

impl App {
    fn new(options: AppOptions) -> Result<Self, Trouble> {
        Ok(Self { app: options.app()?, options })
    }
}

#[pymethods]
impl App {
    /// A certified official account (服务号): people inside WeChat, on the official page.
    ///
    /// Without its secret (`None`) it builds URLs, and makes the calls that need none:
    /// refresh, check, profile.
    ///
    /// Raises `ConfigurationError`.
    #[staticmethod]
    #[pyo3(signature = (appid, secret, *, base_url=None))]
    fn official_account(
        py: Python<'_>,
        appid: &Bound<'_, PyAny>,
        secret: Option<&Bound<'_, PyAny>>,
        base_url: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        entry(py, || Self::new(options("official_account", appid, secret, base_url)?))
    }

    /// A website app of the open platform (网站应用): people at a desktop, on the QR page.
    ///
    /// Raises `ConfigurationError`.
    #[staticmethod]
    #[pyo3(signature = (appid, secret, *, base_url=None))]
    fn website_app(
        py: Python<'_>,
        appid: &Bound<'_, PyAny>,
        secret: Option<&Bound<'_, PyAny>>,
        base_url: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        entry(py, || Self::new(options("website", appid, secret, base_url)?))
    }

    /// An official account that authorized a third-party platform (第三方平台). Its exchange and
    /// refresh need the platform's current token: see `with_component_access_token`.
    ///
    /// Raises `ConfigurationError`.
    #[staticmethod]
    #[pyo3(signature = (appid, component_appid, component_access_token=None, *, base_url=None))]
    fn component(
        py: Python<'_>,
        appid: &Bound<'_, PyAny>,
        component_appid: &Bound<'_, PyAny>,
        component_access_token: Option<&Bound<'_, PyAny>>,
        base_url: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        entry(py, || {
            let mut options = options("component", appid, None, base_url)?;
            options.component_appid = Some(owned(text("component_appid", component_appid)?));
            options.component_access_token =
                optional_text("component_access_token", component_access_token)?.map(owned);
            Self::new(options)
        })
    }

    /// The same application with the third-party platform's current token. It changes every
    /// two hours, so keep the `App` without it, and add it for each call.
    ///
    /// Raises `ConfigurationError`.
    fn with_component_access_token(&self, token: &Bound<'_, PyAny>) -> PyResult<Self> {
        entry(token.py(), || {
            let mut options = self.options.clone();
            options.component_access_token = Some(owned(text("token", token)?));
            Self::new(options)
        })
    }

    /// The appid that the openids belong to.
    #[getter]
    fn appid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.app.account().appid().as_str()))
    }

    /// Prepares a login: the fixed part of its authorize URLs. Keep it, and `begin()` it
    /// for each visitor.
    ///
    /// `force_popup` shows the consent page even to somebody who consented lately;
    /// `force_snapshot` shows the snapshot page (快照页); `connect_redirect` is widely
    /// reported to stop WeChat from calling back twice. `lang` is the language of the QR
    /// page: `cn` or `en`.
    ///
    /// Raises `ConfigurationError`, which says what does not go together.
    #[pyo3(signature = (
        scope, redirect_uri, *, force_popup=None, force_snapshot=None, connect_redirect=None, lang=None
    ))]
    #[allow(clippy::too_many_arguments)] // they have names in Python
    fn login(
        &self,
        py: Python<'_>,
        scope: &Bound<'_, PyAny>,
        redirect_uri: &Bound<'_, PyAny>,
        force_popup: Option<bool>,
        force_snapshot: Option<bool>,
        connect_redirect: Option<bool>,
        lang: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Login> {
        entry(py, || {
            let options = LoginOptions {
                force_popup,
                force_snapshot,
                connect_redirect,
                lang: optional_text("lang", lang)?.map(owned),
                ..LoginOptions::new(
                    text("scope", scope)?.as_str(),
                    text("redirect_uri", redirect_uri)?.as_str(),
                )
            };
            Ok(Login(options.login(&self.app)?))
        })
    }

    /// Trades the code for a grant: the call to send. It uses the code up.
    ///
    /// A busy answer (errcode -1) is not repeated by itself, as `sign_in` does.
    ///
    /// Raises `ConfigurationError` when the code is another application's, or the
    /// credential is missing.
    fn exchange(&self, py: Python<'_>, code: &Bound<'_, Code>) -> PyResult<Call> {
        entry(py, || Ok(Call::new(self, Task::exchange(&self.app, code.get().take()?)?)?))
    }

    /// Gets a new access token for a grant: the call to send. The old grant stays as good
    /// as it is until the new one is stored in its place.
    ///
    /// Raises `ConfigurationError` when the grant is another application's, or the
    /// component token is missing.
    fn refresh(&self, py: Python<'_>, grant: &Bound<'_, Grant>) -> PyResult<Call> {
        entry(py, || Ok(Call::new(self, Task::refresh(&self.app, &grant.get().0)?)?))
    }

    /// Asks WeChat whether the access token is valid: the call to send.
    ///
    /// Raises `ConfigurationError` when the grant is another application's.
    fn check(&self, py: Python<'_>, grant: &Bound<'_, Grant>) -> PyResult<Call> {
        entry(py, || Ok(Call::new(self, Task::check(&self.app, &grant.get().0)?)?))
    }

    /// Reads the person's profile, with place names in the language: the call to send.
    ///
    /// Raises `ConfigurationError` when the grant is another application's, or does not
    /// cover the profile.
    #[pyo3(signature = (grant, lang=None))]
    fn profile(
        &self,
        py: Python<'_>,
        grant: &Bound<'_, Grant>,
        lang: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Call> {
        entry(py, || Ok(Call::new(self, Task::profile(&self.app, &grant.get().0, profile_lang(lang)?)?)?))
    }

    /// The whole sign-in after the callback: the exchange, then the profile when the scope
    /// allows it. It uses the code up.
    ///
    /// Raises `ConfigurationError`, as `exchange` does.
    #[pyo3(signature = (code, lang=None))]
    fn sign_in(
        &self,
        py: Python<'_>,
        code: &Bound<'_, Code>,
        lang: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Flow> {
        entry(py, || {
            let lang = profile_lang(lang)?;
            Ok(Flow::new(self, Task::sign_in(&self.app, code.get().take()?, lang)?))
        })
    }

    /// Renews a grant: the refresh, a busy or lost answer asked for again.
    ///
    /// Raises `ConfigurationError`, as `refresh` does.
    fn renew(&self, py: Python<'_>, grant: &Bound<'_, Grant>) -> PyResult<Flow> {
        entry(py, || Ok(Flow::new(self, Task::renewal(&self.app, &grant.get().0)?)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            let account = self.app.account();
            Ok(format!("App({}, appid='{}')", account.kind().as_str(), account.appid()))
        })
    }
}

fn options(
    account: &str,
    appid: &Bound<'_, PyAny>,
    secret: Option<&Bound<'_, PyAny>>,
    base_url: Option<&Bound<'_, PyAny>>,
) -> Result<AppOptions, Trouble> {
    let mut options = AppOptions::new(account, text("appid", appid)?.as_str());
    options.secret = optional_text("secret", secret)?.map(owned);
    options.base_url = optional_text("base_url", base_url)?.map(owned);
    Ok(options)
}

fn profile_lang(lang: Option<&Bound<'_, PyAny>>) -> Result<ProfileLang, Trouble> {
    match optional_text("lang", lang)? {
        Some(lang) => Ok(lang.parse().map_err(ConfigError::from)?),
        None => Ok(ProfileLang::default()),
    }
}

/// The text itself: what takes it wipes it too.
fn owned(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut *text)
}
