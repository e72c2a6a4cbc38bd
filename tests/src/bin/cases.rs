//! Serves the lists of cases and flows to a client in another language: see [`conformance::lines`].

use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let well = conformance::lines::serve(io::stdin().lock(), io::stdout().lock())?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
