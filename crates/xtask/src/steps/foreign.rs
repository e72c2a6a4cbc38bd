//! Logins through the emulator by clients that others wrote, in other languages.

use crate::project::{Outcome, Project, run, succeeds};
use crate::tools::{system_package, system_program};

const SCRIPT: &str = "tests/foreign/run.sh";

pub(crate) fn check(project: &Project) -> Outcome {
    let script = project.path(SCRIPT);
    if !script.exists() {
        return Err(format!("{SCRIPT} is missing"));
    }
    // Debian's Python makes no environment of its own without this package.
    system_package("python3-venv", || {
        succeeds(project.command("python3").args(["-c", "import ensurepip, venv"]))
    })?;
    system_program("node", "nodejs")?;
    system_program("npm", "npm")?;
    run(&mut project.command(script))
}
