//! What an exception holds, and how it is raised.

use pyo3::prelude::*;
use wechat_oauth_bindings::{Failure, documents};
use wechat_oauth_core::{Error, Malformed, Refusal};

use crate::entry::entry;
use crate::grant::Grant;
use crate::names::named;
use crate::pending::Pending;

/// What went wrong, behind an exception. What it holds is read when it is asked for.
#[pyclass(frozen, name = "Failure", module = "wechat_oauth._native")]
pub(crate) struct Fault(Failure);

/// The exception that a failure is raised as.
pub(crate) fn raised(py: Python<'_>, failure: Failure) -> PyErr {
    exception(py, failure).map_or_else(|error| error, PyErr::from_value)
}

/// The same, not raised.
fn exception(py: Python<'_>, failure: Failure) -> PyResult<Bound<'_, PyAny>> {
    let class = class_of(py, &failure)?;
    class.call1((Fault(failure),))
}

fn class_of<'py>(py: Python<'py>, failure: &Failure) -> PyResult<Bound<'py, PyAny>> {
    let name = match failure {
        Failure::Misuse(_) => "MisuseError",
        Failure::Error(error) => match **error {
            Error::Config(_) => "ConfigurationError",
            Error::Callback(_) => "CallbackError",
            Error::Refused(_) => "Refused",
            Error::Malformed(_) => "MalformedAnswer",
            Error::Transport(_) => "TransportError",
            Error::ProfileUnread { .. } => "ProfileUnread",
            // The core's errors are open to additions.
            _ => "WechatOAuthError",
        },
    };
    named(py, "wechat_oauth._errors", name)
}

/// The refusal as an exception, not raised.
pub(crate) fn refused<'py>(py: Python<'py>, refusal: &Refusal) -> PyResult<Bound<'py, PyAny>> {
    exception(py, Error::Refused(refusal.clone()).into())
}

impl Fault {
    fn error(&self) -> Option<&Error> {
        match &self.0 {
            Failure::Error(error) => Some(error),
            Failure::Misuse(_) => None,
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self.error() {
            Some(Error::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    fn malformed(&self) -> Option<&Malformed> {
        match self.error() {
            Some(Error::Malformed(malformed)) => Some(malformed),
            _ => None,
        }
    }
}

#[pymethods]
impl Fault {
    /// The layer.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        entry(py, || Ok(self.0.kind()))
    }

    /// A short name.
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<&'static str> {
        entry(py, || Ok(self.0.reason()))
    }

    /// What to do next, by its name.
    #[getter]
    fn advice(&self, py: Python<'_>) -> PyResult<&'static str> {
        entry(py, || Ok(self.0.advice().as_str()))
    }

    /// The sentence for people.
    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(format!("Failure({}, {})", self.0.kind(), self.0.reason())))
    }

    /// `{"error":{…}}`.
    #[getter]
    fn document(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::error(&self.0).expose().to_owned()))
    }

    /// The same, with the advice, and with what the failure gives back, in the open.
    fn expose_document(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(documents::failure(&self.0).expose().to_owned()))
    }

    /// Of a callback: the login that still waits.
    #[getter]
    fn pending(&self, py: Python<'_>) -> PyResult<Option<Pending>> {
        entry(py, || match self.error() {
            Some(Error::Callback(error)) => Ok(error.pending().cloned().map(Pending)),
            _ => Ok(None),
        })
    }

    /// Of an unread profile: the grant, which is good.
    #[getter]
    fn grant(&self, py: Python<'_>) -> PyResult<Option<Grant>> {
        entry(py, || match self.error() {
            Some(Error::ProfileUnread { grant, .. }) => Ok(Some(Grant((**grant).clone()))),
            _ => Ok(None),
        })
    }

    /// Of an unread profile: the exception of its cause.
    #[getter]
    fn cause<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        entry(py, || {
            let Some(Error::ProfileUnread { cause, .. }) = self.error() else { return Ok(None) };
            Ok(again(cause).map(|cause| exception(py, cause)).transpose()?)
        })
    }

    /// Of a refusal.
    #[getter]
    fn errcode(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        entry(py, || Ok(self.refusal().map(Refusal::errcode)))
    }

    /// Of a refusal.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        entry(py, || Ok(self.refusal().and_then(Refusal::name)))
    }

    /// Of a refusal: WeChat's message, exactly.
    #[getter]
    fn message(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        entry(py, || Ok(self.refusal().map(|refusal| refusal.message().as_untrusted_str())))
    }

    /// Of a refusal.
    #[getter]
    fn request_id(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        entry(py, || Ok(self.refusal().and_then(Refusal::request_id)))
    }

    /// The call that it is about, where it is about one.
    #[getter]
    fn operation(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        entry(py, || {
            Ok(match self.error() {
                Some(Error::Refused(refusal)) => Some(refusal.operation().as_str()),
                Some(Error::Malformed(malformed)) => Some(malformed.operation().as_str()),
                Some(Error::Transport(lost)) => Some(lost.operation().as_str()),
                _ => None,
            })
        })
    }

    /// Of an answer that cannot be read: the HTTP status.
    #[getter]
    fn status(&self, py: Python<'_>) -> PyResult<Option<u16>> {
        entry(py, || Ok(self.malformed().map(Malformed::status)))
    }

    /// Of an answer that cannot be read.
    #[getter]
    fn line(&self, py: Python<'_>) -> PyResult<Option<usize>> {
        entry(py, || Ok(self.malformed().and_then(Malformed::line)))
    }

    /// Of an answer that cannot be read.
    #[getter]
    fn column(&self, py: Python<'_>) -> PyResult<Option<usize>> {
        entry(py, || Ok(self.malformed().and_then(Malformed::column)))
    }

    /// Of an answer that cannot be read.
    #[getter]
    fn field(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        entry(py, || Ok(self.malformed().and_then(|malformed| malformed.reason().field())))
    }

    /// Of a lost answer.
    #[getter]
    fn phase(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        entry(py, || match self.error() {
            Some(Error::Transport(lost)) => Ok(Some(lost.transport().phase.as_str())),
            _ => Ok(None),
        })
    }
}

/// The same error, for an exception of its own.
fn again(error: &Error) -> Option<Failure> {
    let error = match error {
        Error::Config(error) => error.clone().into(),
        Error::Refused(refusal) => refusal.clone().into(),
        Error::Malformed(malformed) => malformed.clone().into(),
        Error::Transport(lost) => Error::from(*lost),
        // No profile is read in a callback, or within another profile.
        _ => return None,
    };
    Some(error.into())
}
