//! Licences, duplicate versions and sources of the dependencies, by cargo-deny.

use crate::project::{Outcome, Project, run};
use crate::tools::cargo_tool;

pub(crate) fn check(project: &Project) -> Outcome {
    let program = cargo_tool(project, "cargo-deny", "0.20.2")?;
    let mut deny = project.command(program);
    run(deny.args(["--workspace", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))
}
