//! Counted instructions and allocations, which repeat to the instruction under valgrind.

use std::ffi::OsString;

use crate::project::{Outcome, Project, run as run_command};
use crate::tools::system_program;

/// The package of the benchmarks.
const PACKAGE: &str = "wechat-oauth-bench";

pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    if !project.path("crates").join(PACKAGE).join("Cargo.toml").exists() {
        return Err(format!("crates/{PACKAGE}/Cargo.toml is missing"));
    }
    system_program("valgrind", "valgrind")?;
    run_command(project.cargo(["bench", "--package", PACKAGE]).args(arguments))
}
