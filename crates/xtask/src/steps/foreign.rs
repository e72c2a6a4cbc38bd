//! Logins through the emulator by clients that others wrote, in other languages.

use crate::project::{Outcome, Project, run};
use crate::tools::{node, python};

const SCRIPT: &str = "tests/foreign/run.sh";

pub(crate) fn check(project: &Project) -> Outcome {
    let script = project.path(SCRIPT);
    if !script.exists() {
        return Err(format!("{SCRIPT} is missing"));
    }
    python(project)?;
    node(project)?;
    run(&mut project.command(script))
}
