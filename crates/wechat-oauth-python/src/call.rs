//! `Call`: one request, and its answer.

use std::sync::Arc;

use pyo3::prelude::*;
use wechat_oauth_bindings::{Misuse, Task};
use wechat_oauth_core::{Operation, Request, Step};

use crate::app::App;
use crate::entry::entry;
use crate::flow::Flow;
use crate::outcome::result;
use crate::task::Driven;

/// One request to send, and the rule that reads its answer.
///
/// Send a GET to `url` by any HTTP client, without following redirects, and give what
/// came to `read()`; when nothing came, say `lost()`. Either uses the call up.
#[pyclass(frozen, generic, module = "wechat_oauth")]
pub(crate) struct Call {
    driven: Arc<Driven>,
    operation: Operation,
}

impl Call {
    pub(crate) fn new(app: &App, task: Task) -> Result<Self, Misuse> {
        let operation = match task.step()? {
            Step::Send(request) => request.operation(),
            Step::Wait(_) | Step::Done => return Err(Misuse::Finished),
        };
        Ok(Self { driven: Arc::new(Driven::new(app, task)), operation })
    }

    fn request<T>(&self, look: impl FnOnce(&Request) -> T) -> Result<T, Misuse> {
        match self.driven.turn()?.step()? {
            Step::Send(request) => Ok(look(request)),
            Step::Wait(_) | Step::Done => Err(Misuse::Finished),
        }
    }
}

#[pymethods]
impl Call {
    /// Where to send the GET. It carries the secret, a token or a code: hand it to an HTTP
    /// client, and to nothing that logs.
    #[getter]
    fn url(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(self.request(|request| request.url().expose().to_owned())?))
    }

    /// The URL with `[redacted]` in place of each secret, token and code: to show it to
    /// people.
    #[getter]
    fn redacted_url(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || Ok(self.request(Request::redacted_url)?))
    }

    /// What it asks for: `exchange`, `refresh`, `check`, `profile`, `component_exchange` or
    /// `component_refresh`.
    #[getter]
    fn operation(&self, py: Python<'_>) -> PyResult<&'static str> {
        entry(py, || Ok(self.operation.as_str()))
    }

    /// Reads the answer: its HTTP status and its body, undecoded.
    ///
    /// `sent_at` is when the request was sent, in seconds since 1970; otherwise, when its
    /// `url` was asked for.
    ///
    /// Raises `Refused` when WeChat said no, `MalformedAnswer` when the answer cannot be
    /// read.
    #[pyo3(signature = (status, body, sent_at=None))]
    fn read<'py>(
        &self,
        py: Python<'py>,
        status: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        sent_at: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || {
            let outcome = self.driven.answer(status, body, sent_at)?.task.finish()?;
            result(py, outcome)
        })
    }

    /// Says that no answer came, and raises the `TransportError` that fits this call.
    ///
    /// `reason` is what happened: `resolve`, `connect`, `tls`, `timeout`, `closed`,
    /// `protocol`, `proxy` or `other`. `phase` is how far the request had got: `connect`
    /// (nothing was sent), `request` or `body`.
    fn lost<'py>(
        &self,
        py: Python<'py>,
        reason: &Bound<'py, PyAny>,
        phase: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        entry(py, || {
            let outcome = self.driven.lost(reason, phase)?.task.finish()?;
            result(py, outcome)
        })
    }

    /// The call as a flow of this one request: for code that drives flows. They are one,
    /// and used up together.
    fn as_flow(&self, py: Python<'_>) -> PyResult<Flow> {
        entry(py, || Ok(Flow(Arc::clone(&self.driven))))
    }

    /// Whether it goes to the API host of this app: a client sends to one host, and to no
    /// other.
    fn is_for(&self, py: Python<'_>, app: &Bound<'_, App>) -> PyResult<bool> {
        entry(py, || Ok(self.driven.is_for(app.get())))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        entry(py, || match self.request(|request| request.url().without_query().to_owned()) {
            Ok(page) => Ok(format!("Call({}, {page}?[redacted])", self.operation.as_str())),
            Err(Misuse::Finished) => Ok(format!("Call({}, finished)", self.operation.as_str())),
            Err(other) => Err(other.into()),
        })
    }
}
