//! How a failure reaches JavaScript: the function gives nothing, and the failure waits to be asked for.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::documents::{self, Document};
use wechat_oauth_bindings::{Failure, Misuse};
use wechat_oauth_core::Error;
use zeroize::Zeroizing;

use crate::kept::{self, Kept};

thread_local! {
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// Runs what a function does, catches a panic, and keeps what went wrong.
pub(crate) fn answered<T>(work: impl FnOnce() -> Result<T, Failure>) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Some(value),
        Ok(Err(failure)) => fail(failure),
        Err(_panic) => fail(Misuse::Panicked.into()),
    }
}

/// As [`answered`], for a text that is not copied on its way: it may hold secrets.
pub(crate) fn answered_text<'env>(
    env: &'env Env,
    work: impl FnOnce() -> Result<Document, Failure>,
) -> Option<JsString<'env>> {
    answered(work).and_then(|document| text(env, document.expose()))
}

/// A text for JavaScript.
pub(crate) fn text<'env>(env: &'env Env, text: &str) -> Option<JsString<'env>> {
    // Node checks UTF-8 once more, but takes over what has a byte for each character.
    let created = if text.is_ascii() { env.create_string_latin1(text) } else { env.create_string(text) };
    created.map_or_else(|_| fail(Misuse::Panicked.into()), Some)
}

fn fail<T>(failure: Failure) -> Option<T> {
    LAST.set(Some(failure));
    None
}

/// What went wrong, in the parts that a class of JavaScript is made of.
#[napi(object, object_from_js = false)]
pub struct FailureParts {
    /// The layer.
    pub kind: &'static str,
    /// A short name for programs.
    pub reason: &'static str,
    /// What a program should do next.
    pub advice: &'static str,
    /// For people.
    pub message: String,
    /// The JSON document, without secrets.
    pub document: String,
    /// The JSON document with the advice, and with what the failure gives back, in the open.
    pub exposed_document: String,
    /// Whether it is a callback's that left the login waiting.
    pub still_pending: bool,
    /// Whether it gives a grant back. Its cause is the next failure to take.
    pub gives_grant: bool,
}

/// What the last function that gave nothing failed with. A grant that the failure gives back is kept under `number`.
#[napi]
pub fn take_failure(number: i64) -> Option<FailureParts> {
    let failure = LAST.take()?;
    let mut parts = FailureParts::of(&failure);
    if let Failure::Error(error) = failure
        && let Error::ProfileUnread { grant, cause } = *error
    {
        parts.gives_grant = true;
        LAST.set(Some(Failure::Error(cause)));
        kept::with(|table| {
            table.keep(number, Kept::Grant(grant));
            Ok(())
        })?;
    }
    Some(parts)
}

impl FailureParts {
    fn of(failure: &Failure) -> Self {
        let still_pending = match failure {
            Failure::Error(error) => matches!(&**error, Error::Callback(error) if error.pending().is_some()),
            Failure::Misuse(_) => false,
        };
        Self {
            kind: failure.kind(),
            reason: failure.reason(),
            advice: failure.advice().as_str(),
            message: failure.to_string(),
            document: documents::error(failure).expose().to_owned(),
            exposed_document: documents::failure(failure).expose().to_owned(),
            still_pending,
            gives_grant: false,
        }
    }
}

/// A text from JavaScript that may hold secrets.
pub(crate) fn secret(text: String) -> Zeroizing<String> {
    Zeroizing::new(text)
}

/// Panics, as only a fault in this library would.
#[cfg(feature = "panic-for-tests")]
#[napi]
#[allow(clippy::panic)] // it is what the tests ask for
pub fn panic_for_tests() -> Option<i64> {
    answered(|| panic!("asked for by a test"))
}
