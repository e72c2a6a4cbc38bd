//! `Flow`: work that takes several requests.

use std::sync::Arc;

use pyo3::prelude::*;
use wechat_oauth_bindings::{Misuse, Task};
use wechat_oauth_core::Step;
use zeroize::Zeroizing;

use crate::app::App;
use crate::entry::entry;
use crate::outcome::result;
use crate::task::Driven;

/// Work that takes several requests: a sign-in or a renewal.
///
/// What to send next, how often, and when to stop is decided in here; whoever drives it
/// only sends, waits and reports. `step()` says what to do: `Send` a request, then say
/// `answer()` or `lost()`; `Wait`, then say `waited()`; when it is `Done`, `finish()`
/// gives the result. `Client` and `AsyncClient` do it all.
#[pyclass(frozen, generic, module = "wechat_oauth")]
pub(crate) struct Flow(pub(crate) Arc<Driven>);

impl Flow {
    pub(crate) fn new(app: &App, task: Task) -> Self {
        Self(Arc::new(Driven::new(app, task)))
    }
}

#[pymethods]
impl Flow {
    /// What to do now. Asking again changes nothing.
    ///
    /// Raises `MisuseError` once the result was given out.
    fn step<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        enum Next {
            Send(Send),
            Wait(Wait),
            Done(Done),
        }
        entry(py, || {
            let next = match self.0.turn()?.step()? {
                Step::Send(request) => Next::Send(Send {
                    operation: request.operation().as_str(),
                    url: Zeroizing::new(request.url().expose().to_owned()),
                    redacted_url: request.redacted_url(),
                }),
                Step::Wait(duration) => Next::Wait(Wait(duration)),
                Step::Done => Next::Done(Done),
            };
            Ok(match next {
                Next::Send(send) => Bound::new(py, send)?.into_any(),
                Next::Wait(wait) => Bound::new(py, wait)?.into_any(),
                Next::Done(done) => Bound::new(py, done)?.into_any(),
            })
        })
    }

    /// The answer to the request came: its HTTP status and its body, undecoded.
    ///
    /// `sent_at` is when the request was sent, in seconds since 1970; otherwise, when
    /// `step()` first asked for it.
    ///
    /// Raises `MisuseError` when no request waits for an answer, which changes nothing.
    #[pyo3(signature = (status, body, sent_at=None))]
    fn answer(
        &self,
        py: Python<'_>,
        status: &Bound<'_, PyAny>,
        body: &Bound<'_, PyAny>,
        sent_at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        entry(py, || self.0.answer(status, body, sent_at).map(drop))
    }

    /// The answer to the request will not come.
    ///
    /// `reason` is what happened: `resolve`, `connect`, `tls`, `timeout`, `closed`,
    /// `protocol`, `proxy` or `other`. `phase` is how far the request had got: `connect`
    /// (nothing was sent), `request` or `body`.
    ///
    /// Raises `MisuseError` as `answer()` does.
    fn lost(&self, py: Python<'_>, reason: &Bound<'_, PyAny>, phase: &Bound<'_, PyAny>) -> PyResult<()> {
        entry(py, || self.0.lost(reason, phase).map(drop))
    }

    /// The wait is over.
    ///
    /// Raises `MisuseError` when there was none, which changes nothing.
    fn waited(&self, py: Python<'_>) -> PyResult<()> {
        entry(py, || Ok(self.0.turn()?.task.waited()?))
    }

    /// The result, once.
    ///
    /// Raises what stopped the flow; `MisuseError` before it is done, which changes
    /// nothing, and after the result was given out.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || {
            let outcome = self.0.turn()?.task.finish()?;
            result(py, outcome)
        })
    }

    /// Whether it goes to the API host of this app: a client sends to one host, and to no
    /// other.
    fn is_for(&self, py: Python<'_>, app: &Bound<'_, App>) -> PyResult<bool> {
        entry(py, || Ok(self.0.is_for(app.get())))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || {
            let turn = self.0.turn()?;
            Ok(match turn.task.step() {
                Ok(Step::Send(request)) => format!("Flow(send, {})", request.operation().as_str()),
                Ok(Step::Wait(duration)) => format!("Flow(wait, {})", duration.as_secs_f64()),
                Ok(Step::Done) => "Flow(done)".to_owned(),
                Err(Misuse::Finished) => "Flow(finished)".to_owned(),
                Err(other) => return Err(other.into()),
            })
        })
    }
}

/// A step of a flow: send a GET to `url`, then say `answer()` or `lost()`.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Send {
    operation: &'static str,
    url: Zeroizing<String>,
    redacted_url: String,
}

#[pymethods]
impl Send {
    /// What it asks for: `exchange`, `refresh`, `check`, `profile`, `component_exchange` or
    /// `component_refresh`.
    #[getter]
    fn operation(&self, py: Python<'_>) -> PyResult<&'static str> {
        entry(py, || Ok(self.operation))
    }

    /// Where to send it. It carries the secret, a token or a code: hand it to an HTTP
    /// client, and to nothing that logs.
    #[getter]
    fn url(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.url.as_str()))
    }

    /// The URL with `[redacted]` in place of each secret, token and code: to show it to
    /// people.
    #[getter]
    fn redacted_url(&self, py: Python<'_>) -> PyResult<&str> {
        entry(py, || Ok(self.redacted_url.as_str()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(format!("Send({}, {})", self.operation, self.redacted_url)))
    }
}

/// A step of a flow: wait so many `seconds`, then say `waited()`.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Wait(std::time::Duration);

#[pymethods]
impl Wait {
    /// How long.
    #[getter]
    fn seconds(&self, py: Python<'_>) -> PyResult<f64> {
        entry(py, || Ok(self.0.as_secs_f64()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(format!("Wait(seconds={})", self.0.as_secs_f64())))
    }
}

/// A step of a flow: there is nothing left to do, and `finish()` gives the result.
#[pyclass(frozen, module = "wechat_oauth")]
pub(crate) struct Done;

#[pymethods]
impl Done {
    fn __repr__(&self) -> &'static str {
        "Done()"
    }
}
