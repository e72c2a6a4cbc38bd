//! `Login`: what is begun for each visitor.

use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use wechat_oauth_bindings::{Misuse, documents, options};
use wechat_oauth_core::WxLoginOptions;

use crate::arguments::optional_text;
use crate::entry::{Trouble, entry};
use crate::json::parsed;
use crate::names::Member as _;
use crate::pending::Pending;

/// A configured login; made by `App.login`.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Login(pub(crate) wechat_oauth_core::Login);

#[pymethods]
impl Login {
    /// Begins a login: the URL is for the browser, the `Pending` to keep with that browser
    /// until it comes back.
    ///
    /// The state is drawn from the operating system; a test may give its own.
    ///
    /// Raises `ConfigurationError` for a state that WeChat would not carry.
    #[pyo3(signature = (state=None))]
    fn begin(&self, py: Python<'_>, state: Option<&Bound<'_, PyAny>>) -> PyResult<(String, Pending)> {
        entry(py, || {
            let state = optional_text("state", state)?;
            let begun = options::begin(&self.0, state.as_ref().map(|state| state.as_str()), None, entropy)?;
            Ok((begun.url.into_string(), Pending(begun.pending)))
        })
    }

    /// The argument of `new WxLogin({...})`, which draws the QR code in a page of the site:
    /// serialise it as JSON and add `id`, the id of the element to draw in. What is left
    /// out is the script's own default.
    ///
    /// `self_redirect`: whether the redirect happens inside the iframe. `style`: the colour
    /// of the texts, `black` or `white`. `href`: the URL of a style sheet, as it is.
    /// `stylelite`: 1 for the newer look. `fast_login`: 0 turns quick login on a PC off.
    /// `color_scheme`: the colours of the newer look, `light`, `dark` or `auto`.
    ///
    /// Raises `ConfigurationError` for a login that is not by QR code.
    #[pyo3(signature = (
        pending, *, self_redirect=None, style=None, href=None, stylelite=None, fast_login=None, color_scheme=None
    ))]
    #[allow(clippy::too_many_arguments)] // they have names in Python
    fn wx_login<'py>(
        &self,
        py: Python<'py>,
        pending: &Bound<'py, Pending>,
        self_redirect: Option<bool>,
        style: Option<&Bound<'py, PyAny>>,
        href: Option<&Bound<'py, PyAny>>,
        stylelite: Option<u8>,
        fast_login: Option<u8>,
        color_scheme: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || {
            let wx_login = WxLoginOptions {
                self_redirect,
                style: named("style", "black or white", style)?,
                href: optional_text("href", href)?.map(|href| href.to_string()),
                stylelite,
                fast_login,
                color_scheme: named("color_scheme", "light, dark or auto", color_scheme)?,
            };
            let state = pending.get().0.state().expose();
            let begun = options::begin(&self.0, Some(state), Some(wx_login), || None)?;
            let json = begun.wx_login.as_ref().map(documents::wx_login);
            Ok(parsed(py, json.as_ref().map_or("null", |json| json.expose()))?)
        })
    }

    /// What the login asks for.
    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || Ok(self.0.scope().member(py)?))
    }

    /// Where the browser comes back to.
    #[getter]
    fn redirect_uri(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.redirect_uri().as_str()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            Ok(format!(
                "Login(scope='{}', redirect_uri='{}')",
                self.0.scope(),
                self.0.redirect_uri().as_str()
            ))
        })
    }
}

fn entropy() -> Option<[u8; 32]> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).ok().map(|()| entropy)
}

/// A member of a closed set that has no names of its own but those in JSON.
fn named<T: DeserializeOwned>(
    what: &'static str,
    known: &'static str,
    name: Option<&Bound<'_, PyAny>>,
) -> Result<Option<T>, Trouble> {
    let Some(name) = optional_text(what, name)? else { return Ok(None) };
    let read = serde_json::from_value(name.as_str().into());
    Ok(Some(read.map_err(|error| Misuse::not_readable(what, known, &error))?))
}
