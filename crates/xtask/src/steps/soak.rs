//! Many logins at once through the whole stack, under faults.

use std::ffi::OsString;

use crate::project::{Outcome, Project, run as run_command};
use crate::steps::code::build_programs;

/// The package of the logins, of the site and of WeChat.
const PACKAGE: &str = "wechat-oauth-soak";

/// The short form: unoptimised, since what it is built from is there then.
pub(crate) fn check(project: &Project) -> Outcome {
    build_programs(project)?;
    run_command(project.command(project.built("debug", PACKAGE)).arg("--short"))
}

/// The whole run, or what the arguments say.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    let build = ["build", "--quiet", "--locked", "--release", "--package", PACKAGE];
    run_command(&mut project.cargo(build))?;
    run_command(project.command(project.built("release", PACKAGE)).args(arguments))
}
