//! Counted instructions and allocations, which repeat to the instruction under valgrind.

use std::ffi::OsString;

use crate::project::{Outcome, Project, run as run_command};
use crate::tools::{cargo_tool, system_program};

/// The package of the benchmarks.
const PACKAGE: &str = "wechat-oauth-bench";

/// Must be the version of the `gungraun` library that the benchmarks use.
const RUNNER_VERSION: &str = "0.20.0";

pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    if !project.path("crates").join(PACKAGE).join("Cargo.toml").exists() {
        return Err(format!("crates/{PACKAGE}/Cargo.toml is missing"));
    }
    system_program("valgrind", "valgrind")?;
    let runner = cargo_tool(project, "gungraun-runner", RUNNER_VERSION)?;
    // The benchmarks remember the path of their runner when they are compiled.
    run_command(project.cargo(["bench", "--package", PACKAGE]).args(arguments).env("GUNGRAUN_RUNNER", runner))
}
