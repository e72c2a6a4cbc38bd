//! The commands, one module each.

pub(crate) mod authorize_url;
pub(crate) mod callback;
pub(crate) mod check;
pub(crate) mod conformance;
pub(crate) mod demo;
pub(crate) mod emulator;
pub(crate) mod exchange;
pub(crate) mod explain;
pub(crate) mod lint;
pub(crate) mod profile;
pub(crate) mod read;
pub(crate) mod refresh;

use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// What a command prints as JSON, and how it then ends.
pub(crate) struct Answer {
    document: String,
    exit: Exit,
}

impl Answer {
    pub(crate) fn new(document: &impl Serialize, exit: Exit) -> Result<Self, Failure> {
        let document = serde_json::to_string(document)
            .map_err(|_| Failure::configuration("output", "the answer cannot be written as JSON"))?;
        Ok(Self { document, exit })
    }

    pub(crate) fn ok(document: &impl Serialize) -> Result<Self, Failure> {
        Self::new(document, Exit::Ok)
    }
}

/// Ends a command that prints one JSON document, errors included.
pub(crate) fn end_json(result: Result<Answer, Failure>) -> Exit {
    match result {
        Ok(Answer { document, exit }) => output::ended(output::print(document), exit),
        Err(failure) => {
            output::tell(format_args!("error: {failure}"));
            output::ended(output::print(failure.document()), failure.exit())
        }
    }
}

/// Ends a command that prints text: its errors go to standard error only.
pub(crate) fn end_text(result: Result<Exit, Failure>) -> Exit {
    result.unwrap_or_else(|failure| {
        output::tell(format_args!("error: {failure}"));
        failure.exit()
    })
}
