//! What the same work costs here and elsewhere: instructions and allocations, which repeat to the instruction under
//! valgrind, and processor time of the languages.

use std::ffi::OsString;
use std::fs;

use crate::project::{Outcome, Project, none_of, output, run as run_command};
use crate::steps::{foreign, languages};
use crate::tools::system_program;

/// The package of the benchmarks.
const PACKAGE: &str = "wechat-oauth-bench";
/// The argument that asks for the languages alone.
const LANGUAGES: &str = "languages";

pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    if !project.path("crates").join(PACKAGE).join("Cargo.toml").exists() {
        return Err(format!("crates/{PACKAGE}/Cargo.toml is missing"));
    }
    match arguments {
        [] => {
            count(project, &[])?;
            compare_languages(project)
        }
        [only] if only == LANGUAGES => compare_languages(project),
        arguments => count(project, arguments),
    }
}

fn count(project: &Project, arguments: &[OsString]) -> Outcome {
    system_program("valgrind", "valgrind")?;
    run_command(project.cargo(["bench", "--package", PACKAGE]).args(arguments))
}

/// The bindings beside what people take in their place, all of them on the values that the core worked on.
fn compare_languages(project: &Project) -> Outcome {
    let core = output(&mut project.cargo(["bench", "--quiet", "--package", PACKAGE, "--bench", "login"]))?;
    let sample = project.target().join("bench/login.json");
    fs::create_dir_all(project.target().join("bench"))
        .and_then(|()| fs::write(&sample, core))
        .map_err(|error| format!("cannot write {}: {error}", sample.display()))?;
    foreign::install(project)?;
    let mut problems = Vec::new();
    problems.extend(
        languages::install_python(project)
            .and_then(|python| {
                let rival = project.target().join("foreign/wechatpy/bin/python");
                let site = output(
                    project.command(rival).args(["-c", "import site; print(*site.getsitepackages())"]),
                )?;
                let mut compare = project.command(python);
                compare.arg("crates/wechat-oauth-python/bench/compare.py").arg(&sample);
                run_command(compare.env("PYTHONPATH", site.trim()))
            })
            .err(),
    );
    problems.extend(
        languages::install_node(project)
            .and_then(|packages| {
                // Within its package, `wechat-oauth-rs` is the source and not what is installed.
                let script = sample.with_file_name("compare.js");
                fs::copy(project.path("crates/wechat-oauth-node/bench/compare.js"), &script)
                    .map_err(|error| format!("cannot copy to {}: {error}", script.display()))?;
                let rival = project.target().join("foreign/npm/node_modules");
                let both = std::env::join_paths([packages, rival]).map_err(|error| error.to_string())?;
                let mut compare = project.command("node");
                compare.arg(script).arg(&sample);
                run_command(compare.env("NODE_PATH", both))
            })
            .err(),
    );
    none_of(&problems)
}
