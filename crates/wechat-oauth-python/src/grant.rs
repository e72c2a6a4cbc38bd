//! `Grant`: somebody's consent.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wechat_oauth_bindings::{documents, options};

use crate::arguments::{stored_text, time_or_now};
use crate::entry::entry;
use crate::names::Member as _;

/// Somebody's consent, as tokens: who it is, what is permitted, and until when.
///
/// No `repr`, pickle or copy shows a token. To keep a grant, see
/// `expose_for_storage()`.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Grant(pub(crate) wechat_oauth_core::Grant);

/// Grants are the same when they would be stored the same.
impl PartialEq for Grant {
    fn eq(&self, other: &Self) -> bool {
        documents::stored_grant(&self.0) == documents::stored_grant(&other.0)
    }
}

#[pymethods]
impl Grant {
    /// A grant out of storage.
    ///
    /// Raises `MisuseError` when the text is something else, `ConfigurationError` when a
    /// part of it cannot be right.
    #[staticmethod]
    fn from_storage(text: &Bound<'_, PyAny>) -> PyResult<Self> {
        entry(text.py(), || Ok(Self(options::stored_grant(&stored_text("text", text)?)?)))
    }

    /// The grant as JSON that `from_storage()` reads, **with its tokens in the open**:
    /// encrypt it, and file it under `appid` and `openid`.
    fn expose_for_storage(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::stored_grant(&self.0).expose().to_owned()))
    }

    /// The grant as JSON, **with its tokens in the open**, as `wechat-oauth read` prints
    /// it.
    fn expose_json(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::grant(&self.0).expose().to_owned()))
    }

    /// The access token, for calls that this package does not make.
    fn expose_access_token(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.access_token().expose()))
    }

    /// The application that the openid belongs to. With the openid, it is the key of the
    /// person's account.
    #[getter]
    fn appid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.identity().appid().as_str()))
    }

    /// The person within this application.
    #[getter]
    fn openid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.openid().as_str()))
    }

    /// The person across the applications of one open-platform account, if WeChat told it.
    #[getter]
    fn unionid(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        entry(py, || Ok(self.0.unionid().map(wechat_oauth_core::UnionId::as_str)))
    }

    /// What was granted.
    #[getter]
    fn scopes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        entry(py, || Ok(PyTuple::new(py, self.0.scopes().iter().collect::<Vec<_>>())?))
    }

    /// Whether WeChat left the scope out, so that the one asked for is taken for granted.
    #[getter]
    fn scopes_assumed(&self, py: Python<'_>) -> PyResult<bool> {
        entry(py, || Ok(self.0.scopes_assumed()))
    }

    /// Whether the profile can be read.
    #[getter]
    fn reads_profile(&self, py: Python<'_>) -> PyResult<bool> {
        entry(py, || Ok(self.0.reads_profile()))
    }

    /// When the access token ends, in seconds since 1970: the first second in which it is
    /// not valid.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<u64> {
        entry(py, || Ok(self.0.expires_at().as_secs()))
    }

    /// When the refresh token ends, in seconds since 1970: 30 days after it was first seen.
    #[getter]
    fn refresh_token_ends_at(&self, py: Python<'_>) -> PyResult<u64> {
        entry(py, || Ok(self.0.refresh_token_ends_at().as_secs()))
    }

    /// What the grant is good for at the given time, in seconds since 1970; now, unless
    /// told otherwise.
    #[pyo3(signature = (now=None))]
    fn at<'py>(&self, py: Python<'py>, now: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || Ok(self.0.at(time_or_now("now", now)?).member(py)?))
    }

    /// Whether this grant, which a sign-in yielded, is to take the place of the stored one:
    /// it does not where consent or a later sign-in would be lost, or where the stored one
    /// is somebody else's.
    #[pyo3(signature = (stored, now=None))]
    fn replaces(
        &self,
        py: Python<'_>,
        stored: &Bound<'_, Self>,
        now: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        entry(py, || Ok(self.0.replaces(&stored.get().0, time_or_now("now", now)?)))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        entry(py, || Ok(self == other.get()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            let identity = self.0.identity();
            Ok(format!(
                "Grant(appid='{}', openid='{}', scopes='{}', expires_at={})",
                identity.appid(),
                identity.openid(),
                self.0.scopes(),
                self.0.expires_at().as_secs()
            ))
        })
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a Grant cannot be pickled, which would show its tokens: store grant.expose_for_storage(), encrypted",
        ))
    }
}
