//! What can go wrong in a binding: an [`Error`] of the core, or the wrong use of the binding itself.

use thiserror::Error as ThisError;
use wechat_oauth_core::{Advice, Error};

/// What a function of a binding fails with.
#[derive(Debug, ThisError)]
pub enum Failure {
    /// The core's.
    #[error(transparent)]
    Error(Box<Error>),
    /// The program's that uses the binding.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl Failure {
    /// The layer: as [`Error::kind`], or `misuse`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Error(error) => error.kind(),
            Self::Misuse(_) => "misuse",
        }
    }

    /// A short name for programs. Of a refusal it is the name of WeChat's code, or `unknown_errcode`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Error(error) => reason(error),
            Self::Misuse(misuse) => misuse.reason(),
        }
    }

    /// What a program should do next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match self {
            Self::Error(error) => error.advice(),
            Self::Misuse(_) => Advice::FixConfiguration,
        }
    }
}

fn place(line: usize, column: usize) -> String {
    if line == 0 { String::new() } else { format!(" at line {line}, column {column}") }
}

fn reason(error: &Error) -> &'static str {
    match error {
        Error::Config(error) => error.reason(),
        Error::Callback(error) => error.reason().as_str(),
        Error::Refused(refusal) => refusal.name().unwrap_or("unknown_errcode"),
        Error::Malformed(malformed) => malformed.reason().as_str(),
        Error::Transport(lost) => lost.transport().kind.as_str(),
        Error::ProfileUnread { cause, .. } => reason(cause),
        // The core's errors are open to additions; a new one has its layer's name until it has one of its own here.
        other => other.kind(),
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error.into()))
    }
}

/// The binding was used in a way that cannot work. Nothing was sent, and nothing of what was given is in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum Misuse {
    /// An answer came that no request waits for.
    #[error("no request waits for an answer: do what step says")]
    NotSending,
    /// A wait ended that nobody began.
    #[error("nothing waits: do what step says")]
    NotWaiting,
    /// The result was asked for too early; the task goes on.
    #[error("the task is not done: do what step says until it says done")]
    NotDone,
    /// The result was given out already.
    #[error("the task is finished: its result was given out, once")]
    Finished,
    /// A code is good for one exchange.
    #[error("the code was used: each code is good for one exchange, so restart the authorization")]
    CodeUsed,
    /// A null pointer with a length.
    #[error("{0} is a null pointer, but its length is not 0")]
    NullPointer(&'static str),
    /// A null pointer where a result has to be put.
    #[error("{0} is a null pointer: give the address where the result is to be put")]
    NullResult(&'static str),
    /// A text in another encoding.
    #[error("{0} is not UTF-8")]
    NotUtf8(&'static str),
    /// A text that is no JSON of the form that is expected.
    #[error("{what} cannot be read{}: it has to be {expected}", place(*line, *column))]
    NotReadable {
        /// What was to be read.
        what: &'static str,
        /// The form that it has to have.
        expected: &'static str,
        /// The line, from 1; 0 when the fault has no place.
        line: usize,
        /// The column in bytes, from 1; 0 when the fault has no place, or is at the end of a line.
        column: usize,
    },
    /// More bytes than anything that WeChat or a browser sends.
    #[error("{what} is longer than {max} bytes")]
    TooLarge {
        /// What was given.
        what: &'static str,
        /// The longest that is taken, in bytes.
        max: usize,
    },
    /// A number out of its range.
    #[error("{what} is out of range: it has to be {range}")]
    OutOfRange {
        /// What was given.
        what: &'static str,
        /// What is taken, for people.
        range: &'static str,
    },
    /// A handle that was freed or used up, or never given out.
    #[error("no such handle: it was freed or used up, or is none")]
    UnknownHandle,
    /// A handle of another kind.
    #[error("the handle is no {0}'s")]
    WrongHandle(&'static str),
    /// A handle is given back too seldom.
    #[error("{0} handles are open: free those that are no longer needed")]
    TooManyHandles(usize),
    /// The system gave no randomness.
    #[error("the system gives no randomness: give a state of your own")]
    NoEntropy,
    /// A fault in this library.
    #[error("a fault in wechat-oauth was caught; please report it, with what was called")]
    Panicked,
}

impl Misuse {
    /// A short name for programs: `not_done`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotSending => "not_sending",
            Self::NotWaiting => "not_waiting",
            Self::NotDone => "not_done",
            Self::Finished => "finished",
            Self::CodeUsed => "code_used",
            Self::NullPointer(_) | Self::NullResult(_) => "null_pointer",
            Self::NotUtf8(_) => "not_utf8",
            Self::NotReadable { .. } => "not_readable",
            Self::TooLarge { .. } => "too_large",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownHandle => "unknown_handle",
            Self::WrongHandle(_) => "wrong_handle",
            Self::TooManyHandles(_) => "too_many_handles",
            Self::NoEntropy => "no_entropy",
            Self::Panicked => "panicked",
        }
    }

    /// A JSON text that could not be read. Of serde's error only the place is kept: the rest quotes.
    #[must_use]
    pub fn not_readable(what: &'static str, expected: &'static str, error: &serde_json::Error) -> Self {
        Self::NotReadable { what, expected, line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn each_layer_has_its_kind_its_reason_and_its_advice() {
        let app = testing::app();
        let callback = testing::pending().accept("code=C&state=other").unwrap_err();
        for (failure, kind, reason, advice) in [
            (Failure::from(callback), "callback", "state_mismatch", Advice::RestartAuthorization),
            (
                testing::exchanged(&app, 200, r#"{"errcode":40029}"#).unwrap_err(),
                "refused",
                "invalid_code",
                Advice::RestartAuthorization,
            ),
            (
                testing::exchanged(&app, 200, r#"{"errcode":1234567}"#).unwrap_err(),
                "refused",
                "unknown_errcode",
                Advice::FixConfiguration,
            ),
            (
                testing::exchanged(&app, 200, "<html>").unwrap_err(),
                "malformed",
                "not_json",
                Advice::RestartAuthorization,
            ),
            (Misuse::CodeUsed.into(), "misuse", "code_used", Advice::FixConfiguration),
        ] {
            assert_eq!(
                (failure.kind(), failure.reason(), failure.advice()),
                (kind, reason, advice),
                "{failure}"
            );
        }
    }
}
