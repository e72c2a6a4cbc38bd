//! What needs no application: judging a URL, explaining a code, reading an answer, telling browsers apart.

use napi::bindgen_prelude::BufferSlice;
use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::documents;

use crate::failure::{answered, answered_text};
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
    let read = || {
        let status = checked_status(status)?;
        documents::read(&operation, status, &body, openid.as_deref(), scope.as_deref())
    };
    answered_text(env, read)
}
