//! What the clients, which are written in Python, leave to Rust.

use pyo3::prelude::*;
use wechat_oauth_bindings::Misuse;
use wechat_oauth_core::ConfigError;

use crate::app::App;
use crate::arguments::text;
use crate::entry::entry;

/// The origin of the app's API, and whether it is on this machine, so that no proxy is
/// asked.
#[pyfunction]
pub(crate) fn api_of(app: &Bound<'_, App>) -> PyResult<(String, bool)> {
    entry(app.py(), || {
        let endpoints = app.get().app.endpoints();
        Ok((endpoints.api().to_owned(), endpoints.is_loopback()))
    })
}

/// Raises the `ConfigurationError` that says why a client is not made, or does not
/// send; the `MisuseError` when somebody else is sending the same.
#[pyfunction]
pub(crate) fn refuse(py: Python<'_>, why: &Bound<'_, PyAny>) -> PyResult<()> {
    entry(py, || {
        let what = match text("why", why)?.as_str() {
            "certificates" => {
                "its SSL context accepts any certificate: load the root certificate to trust instead"
            }
            "proxy" => "its proxy, given or from the environment, is to be http://host:port",
            // Whoever sends it goes on.
            "sent" => return Err(Misuse::NotDone.into()),
            "timeout" => "its timeout is to be a number of seconds above 0",
            _ => return Err(ConfigError::OtherHost.into()),
        };
        Err(ConfigError::Client { what }.into())
    })
}
