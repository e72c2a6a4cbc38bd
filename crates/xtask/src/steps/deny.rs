//! Licences, duplicate versions, sources and known faults of the dependencies, by cargo-deny; and how many they are.

use std::path::Path;

use crate::project::{Outcome, Project, none_of, run};
use crate::steps::{advisories, counts};
use crate::tools::cargo_tool;

pub(crate) fn check(project: &Project) -> Outcome {
    let program = cargo_tool(project, "cargo-deny", "0.20.2")?;
    let found =
        [counts::check(project), as_deny_toml_says(project, &program), advisories::check(project, &program)];
    none_of(&found.into_iter().filter_map(Result::err).collect::<Vec<_>>())
}

fn as_deny_toml_says(project: &Project, cargo_deny: &Path) -> Outcome {
    let mut deny = project.command(cargo_deny);
    // An exception that nothing needs any more goes away.
    deny.args(["--workspace", "check", "--hide-inclusion-graph", "--deny", "unnecessary-skip"]);
    deny.args(["--deny", "unmatched-skip"]);
    run(deny.args(["licenses", "bans", "sources"]))
}
