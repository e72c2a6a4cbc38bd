//! Three replicas of one site behind a proxy, on one real Redis, while things break.

use std::ffi::OsString;

use crate::project::{Outcome, Project, run as run_command};
use crate::steps::code::build_programs;
use crate::tools::system_program;

/// The package of the driver, which is a replica too.
const PACKAGE: &str = "wechat-oauth-replicas";

/// The short form: unoptimised, since what it is built from is there then.
pub(crate) fn check(project: &Project) -> Outcome {
    system_program("redis-server", "redis-server")?;
    build_programs(project)?;
    run_command(project.command(project.built("debug", PACKAGE)).arg("--short"))
}

/// The whole run, or what the arguments say.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    system_program("redis-server", "redis-server")?;
    let drive = ["run", "--quiet", "--locked", "--release", "--package", PACKAGE, "--"];
    run_command(project.cargo(drive).args(arguments))
}
