//! What needs no application: judging a URL, explaining a code, reading an answer, telling browsers apart.

use napi::bindgen_prelude::BufferSlice;
use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::{Document, Failure, Misuse, documents};
use wechat_oauth_core::{ConfigError, Expected, Operation, Response, UnixTime, read_report};

use crate::failure::{Problem, answered, answered_text};
use crate::task::checked_status;

/// The version of this half.
#[napi]
pub const fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// What is wrong with an authorize URL, as JSON.
#[napi]
pub fn lint(url: String, domain: Option<String>) -> Option<String> {
    answered(|| Ok(documents::lint(&url, domain.as_deref()).expose().to_owned()))
}

/// What a code means, as JSON; empty where it is unknown.
#[napi]
pub fn explain(code: i64) -> Option<String> {
    answered(|| Ok(documents::explain(code).map(|found| found.expose().to_owned()).unwrap_or_default()))
}

/// Which way in fits a browser, as JSON.
#[napi]
pub fn browser_kind(user_agent: String) -> Option<String> {
    answered(|| Ok(documents::browser_kind(&user_agent).expose().to_owned()))
}

/// Reads an answer whose request was made elsewhere: gives what the command line prints. So does the document of the
/// failure.
#[napi]
pub fn read_answer<'env>(
    env: &'env Env,
    operation: String,
    status: u32,
    #[napi(ts_arg_type = "Uint8Array")] body: BufferSlice<'_>,
    openid: Option<String>,
    scope: Option<String>,
) -> Option<JsString<'env>> {
    answered_text(env, || read_by_name(&operation, status, &body, openid, scope).map_err(Problem::OfAnswer))
}

fn read_by_name(
    operation: &str,
    status: u32,
    body: &[u8],
    openid: Option<String>,
    scope: Option<String>,
) -> Result<Document, Failure> {
    let operation: Operation = operation.parse().map_err(ConfigError::from)?;
    let expected = Expected {
        openid: openid.map(|openid| openid.parse()).transpose().map_err(ConfigError::from)?,
        scope: scope.map(|scope| scope.parse()).transpose().map_err(ConfigError::from)?,
    };
    // The time of an answer is no part of its document.
    let response = Response::new(checked_status(status)?, body, UnixTime::from_secs(0));
    // An error is read again, as an error: its document says less.
    documents::read(operation, &response, &expected).map_err(|_document| {
        match read_report(operation, &response, &expected) {
            Ok(_) => Misuse::Panicked.into(),
            Err(error) => error.into(),
        }
    })
}
