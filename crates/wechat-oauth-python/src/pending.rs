//! `Pending` and `Code`: the callback.

use std::sync::Mutex;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use wechat_oauth_bindings::{Misuse, documents, options};
use wechat_oauth_core::CallbackError;

use crate::arguments::{browsers_text, optional_text, stored_text};
use crate::entry::entry;
use crate::names::Member as _;

/// A login that waits for its callback.
///
/// Keep it *with the browser that started it*: `to_json()` goes into its session, or
/// into an encrypted and authenticated cookie, for ten minutes or so. A pending login
/// that is found by the callback's `state` alone proves nothing: an attacker's own
/// callback would find the attacker's. Remove it from the session when its callback
/// comes.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Pending(pub(crate) wechat_oauth_core::Pending);

#[pymethods]
impl Pending {
    /// A pending login out of what `to_json()` gave.
    ///
    /// Raises `MisuseError` when the text is something else.
    #[staticmethod]
    fn from_json(text: &Bound<'_, PyAny>) -> PyResult<Self> {
        entry(text.py(), || Ok(Self(options::pending(&stored_text("text", text)?)?)))
    }

    /// The pending login as JSON, with its state in the open.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::pending(&self.0).expose().to_owned()))
    }

    /// The appid of the application that began the login.
    #[getter]
    fn appid(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.appid().as_str()))
    }

    /// What the login asked for.
    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || Ok(self.0.scope().member(py)?))
    }

    /// The state that the callback has to bring: to tell apart the pending logins *of one
    /// browser*.
    fn expose_state(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.0.state().expose()))
    }

    /// Reads the callback: its query, or the whole URL or path with it.
    ///
    /// Raises `CallbackError`. When the callback did not bring this login's state, the
    /// login still waits, and is the error's `pending`: a stray link ends nobody's login.
    fn accept(&self, callback: &Bound<'_, PyAny>) -> PyResult<Code> {
        entry(callback.py(), || {
            let callback = browsers_text("callback", callback)?;
            let code = self.0.clone().accept(&callback)?;
            Ok(Code(Mutex::new(Some(code))))
        })
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        entry(py, || Ok(documents::pending(&self.0) == documents::pending(&other.get().0)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(format!("Pending(appid='{}', scope='{}')", self.0.appid(), self.0.scope())))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a Pending cannot be pickled: keep pending.to_json()"))
    }
}

/// The state that a callback brings, compared with nothing: to find the pending login
/// that may own it, where a browser has several, and then to let `Pending.accept`
/// decide. By itself it proves nothing, since anybody can write a link with any state.
///
/// Raises `CallbackError`.
#[pyfunction]
pub(crate) fn unverified_state(callback: &Bound<'_, PyAny>) -> PyResult<String> {
    entry(callback.py(), || {
        let callback = browsers_text("callback", callback)?;
        let state = wechat_oauth_core::unverified_state(&callback).map_err(CallbackError::from)?;
        Ok(state.expose().to_owned())
    })
}

/// An authorization code, good for one exchange within five minutes (a website app's:
/// ten).
///
/// It comes out of `Pending.accept` and goes into `App.exchange` or `App.sign_in`,
/// which use it up.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Code(Mutex<Option<wechat_oauth_core::Code>>);

impl Code {
    /// The code, out of here.
    pub(crate) fn take(&self) -> Result<wechat_oauth_core::Code, Misuse> {
        self.0.lock().map_err(|_| Misuse::Panicked)?.take().ok_or(Misuse::CodeUsed)
    }
}

#[pymethods]
impl Code {
    /// A code that came on another way than a web callback: from an app's SDK, or by hand
    /// into a tool. `scope` is what was asked for.
    ///
    /// **In a web callback this opens the login to forgery**: whoever can make a browser
    /// visit a URL can sign it in as somebody else. Use `Pending.accept` there.
    ///
    /// Raises `CallbackError` when it can be no code.
    #[staticmethod]
    #[pyo3(signature = (code, scope=None))]
    fn received_without_state(code: &Bound<'_, PyAny>, scope: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        entry(code.py(), || {
            let scope = optional_text("scope", scope)?;
            let code = browsers_text("code", code)?;
            let scope = scope.as_ref().map(|scope| scope.as_str());
            let code = options::received_without_state(&code, scope)?;
            Ok(Self(Mutex::new(Some(code))))
        })
    }

    /// The code itself: to show it in a tool. `MisuseError` once it was used.
    fn expose(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            let code = self.0.lock().map_err(|_| Misuse::Panicked)?;
            Ok(code.as_ref().ok_or(Misuse::CodeUsed)?.expose().to_owned())
        })
    }

    fn __repr__(&self) -> &'static str {
        "Code([redacted])"
    }
}
