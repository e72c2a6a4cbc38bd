//! Logins through the emulator by clients that others wrote, in other languages.

use crate::project::{Outcome, Project, run};
use crate::steps::code::build_programs;
use crate::tools::{node, python};

const SCRIPT: &str = "tests/foreign/run.sh";

pub(crate) fn check(project: &Project) -> Outcome {
    build_programs(project)?;
    script(project, &[])
}

/// Only installs them, under the target folder's `foreign`: `wechatpy` is an environment, `npm` a package's folder.
pub(crate) fn install(project: &Project) -> Outcome {
    script(project, &["install"])
}

fn script(project: &Project, arguments: &[&str]) -> Outcome {
    let script = project.path(SCRIPT);
    if !script.exists() {
        return Err(format!("{SCRIPT} is missing"));
    }
    python(project)?;
    node(project)?;
    let emulator = project.built("debug", "wechat-oauth");
    run(project.command(script).args(arguments).env("WECHAT_OAUTH_COMMAND", emulator))
}
