//! What needs no application: for tools, and for pages that show the way in.

use pyo3::prelude::*;
use wechat_oauth_bindings::documents;
use wechat_oauth_core::{BrowserKind, LintOptions};

use crate::arguments::{body, browsers_text, optional_text, status, text};
use crate::entry::entry;
use crate::names::Member as _;

/// Reads an answer whose request was made elsewhere, and gives its JSON as
/// `wechat-oauth read` prints it, **tokens in the open**.
///
/// `operation` is `exchange`, `refresh`, `check`, `profile`, `component_exchange` or
/// `component_refresh`; `openid` is the person that the answer has to be about, and
/// `scope` what was asked for, in case the answer leaves it out.
///
/// Raises `Refused` or `MalformedAnswer`.
#[pyfunction]
#[pyo3(signature = (operation, status, body, openid=None, scope=None))]
pub(crate) fn read(
    py: Python<'_>,
    operation: &Bound<'_, PyAny>,
    status: &Bound<'_, PyAny>,
    body: &Bound<'_, PyAny>,
    openid: Option<&Bound<'_, PyAny>>,
    scope: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    entry(py, || {
        let operation = text("operation", operation)?;
        let status = self::status(status)?;
        let openid = optional_text("openid", openid)?;
        let scope = optional_text("scope", scope)?;
        let body = self::body(body)?;
        let openid = openid.as_ref().map(|openid| openid.as_str());
        let scope = scope.as_ref().map(|scope| scope.as_str());
        let read = documents::read(&operation, status, &body, openid, scope)?;
        Ok(read.expose().to_owned())
    })
}

/// What the lint finds, a tuple each: `(code, severity, page, message, fix)`.
#[pyfunction]
#[pyo3(signature = (url, domain=None))]
#[allow(clippy::type_complexity)] // Python makes named tuples of it
pub(crate) fn lint(
    url: &Bound<'_, PyAny>,
    domain: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<(&'static str, String, Option<u32>, String, String)>> {
    entry(url.py(), || {
        let url = text("url", url)?;
        let domain = optional_text("domain", domain)?;
        let mut options = LintOptions::default();
        if let Some(domain) = &domain {
            options = options.domain(domain);
        }
        let findings = wechat_oauth_core::lint(&url, &options);
        let tuple = |found: wechat_oauth_core::Finding| {
            (found.code.as_str(), found.severity.to_string(), found.page, found.message, found.fix)
        };
        Ok(findings.into_iter().map(tuple).collect())
    })
}

/// What is known about a code, as JSON.
#[pyfunction]
pub(crate) fn explain(py: Python<'_>, code: i64) -> PyResult<Option<String>> {
    entry(py, || Ok(documents::explain(code).map(|document| document.expose().to_owned())))
}

/// Which way in fits a browser, by its `User-Agent` header, which may be `None`.
///
/// **For presentation only.** Anybody can send any header, so nothing that has to be
/// safe may depend on it.
#[pyfunction]
pub(crate) fn browser_kind<'py>(
    py: Python<'py>,
    user_agent: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    entry(py, || {
        let user_agent = user_agent.map(|text| browsers_text("user_agent", text)).transpose()?;
        let user_agent = user_agent.as_ref().map_or("", |text| text.as_str());
        Ok(BrowserKind::of_user_agent(user_agent).member(py)?)
    })
}
