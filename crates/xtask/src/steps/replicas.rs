//! Three replicas of one site behind a proxy, on one real Redis, while things break.

use std::ffi::OsString;

use crate::project::{Outcome, Project, run as run_command};
use crate::tools::system_program;

/// The package of the driver, which is a replica too.
const PACKAGE: &str = "wechat-oauth-replicas";

/// The short form: unoptimised, since what it is built from is there then.
pub(crate) fn check(project: &Project) -> Outcome {
    drive(project, &["run", "--quiet", "--locked"], &["--short".into()])
}

/// The whole run, or what the arguments say.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    drive(project, &["run", "--quiet", "--locked", "--release"], arguments)
}

fn drive(project: &Project, build: &[&str], arguments: &[OsString]) -> Outcome {
    system_program("redis-server", "redis-server")?;
    run_command(project.cargo(build).args(["--package", PACKAGE, "--"]).args(arguments))
}
