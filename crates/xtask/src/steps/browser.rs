//! Logins in a real browser, with the emulator as WeChat.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::project::{Outcome, Project, output, run as run_command};
use crate::steps::code::build_programs;
use crate::tools::{node, system_package, system_program};

const SCENARIOS: &str = "tests/browser";

pub(crate) fn check(project: &Project) -> Outcome {
    run(project, &[])
}

/// Plays the scenarios, or does with them what the arguments say; the screenshots are kept.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    let script = project.path(SCENARIOS).join("run.js");
    if !script.exists() {
        return Err(format!("{SCENARIOS}/run.js is missing"));
    }
    system_program("chromium", "chromium")?;
    system_program("fc-list", "fontconfig")?;
    system_package("fonts-wqy-zenhei", || {
        output(project.command("fc-list").arg(":lang=zh")).is_ok_and(|fonts| !fonts.is_empty())
    })?;
    node(project)?;

    let screenshots = project.target().join("browser");
    let installed = screenshots.join("npm");
    install(project, &installed)?;
    build_programs(project)?;
    run_command(
        project
            .command("node")
            .arg(script)
            .arg("--demo")
            .arg(project.built("debug", "wechat-oauth"))
            .arg("--screenshots")
            .arg(screenshots)
            .args(arguments)
            .env("NODE_PATH", installed.join("node_modules")),
    )
}

/// Installs the pinned packages, once for each set of pins: these are remembered as the last step.
fn install(project: &Project, folder: &Path) -> Outcome {
    let pins = project.read(&format!("{SCENARIOS}/package-lock.json"))?;
    let remembered = folder.join("pins");
    if fs::read_to_string(&remembered).is_ok_and(|before| before == pins) {
        return Ok(());
    }
    let prepare = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(project.path(SCENARIOS).join(file), folder.join(file))?;
        }
        Ok(())
    };
    prepare().map_err(|error| format!("cannot prepare {}: {error}", folder.display()))?;
    let mut npm = project.command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
    run_command(npm.arg(folder))?;
    fs::write(&remembered, pins).map_err(|error| format!("cannot write {}: {error}", remembered.display()))
}
