//! Logins through the emulator by clients that others wrote, in other languages.

use crate::project::{Outcome, Project, run};
use crate::tools::system_program;

const SCRIPT: &str = "tests/foreign/run.sh";

pub(crate) fn check(project: &Project) -> Outcome {
    let script = project.path(SCRIPT);
    if !script.exists() {
        return Err(format!("{SCRIPT} is missing"));
    }
    system_program("python3", "python3-venv")?;
    system_program("node", "nodejs")?;
    system_program("npm", "npm")?;
    run(&mut project.command(script))
}
