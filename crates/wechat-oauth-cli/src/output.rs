//! What goes to standard output and standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::exit::Exit;

/// Prints one line (or several) to standard output, whole, so that a reader at the other end of a pipe has it at once.
///
/// A reader who has left wanted no more: that is no error.
pub(crate) fn print(text: impl Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a document as one line of JSON.
pub(crate) fn print_json(document: &impl Serialize) -> io::Result<()> {
    print(serde_json::to_string(document)?)
}

/// Says something to people, on standard error. Where nobody listens, nothing is lost.
pub(crate) fn tell(text: impl Display) {
    let _nobody_listens = writeln!(io::stderr().lock(), "{text}");
}

/// Ends with `exit`, unless what should have been printed could not be.
pub(crate) fn ended(printed: io::Result<()>, exit: Exit) -> Exit {
    match printed {
        Ok(()) => exit,
        Err(error) => {
            tell(format_args!("error: standard output cannot be written: {error}"));
            Exit::Failed
        }
    }
}
