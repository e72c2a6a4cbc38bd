//! The bindings: each is built as its users get it, installed where nothing else is, and tested from there; then all of
//! them answer the same questions, with the same bytes.
//!
//! Each language brings a script of its own, which may be run by hand as well. With the argument `install` it ends once
//! the package is installed. What it finds in its environment saves it from building anything twice:
//!
//! * `WECHAT_OAUTH_COMMAND`: the program `wechat-oauth`, for its emulator.
//! * `WECHAT_OAUTH_CASES`: the program `cases`, the server of the transports' conformance list.
//! * `WECHAT_OAUTH_WORK`: the folder that the script installs and builds in; nothing else writes there.
//! * `CARGO_TARGET_DIR`: where cargo builds. Packages are built with the profile `release`.
//! * `CBINDGEN`: the program `cbindgen`, of the version that made the header.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::project::{Outcome, Project, none_of, run as run_command, succeeds};
use crate::steps::code::build_programs;
use crate::tools::{cargo_tool, node, python, system_package, system_program};

/// What can be asked for by name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Part {
    C,
    Python,
    Node,
    /// The same questions to all of them.
    Vectors,
}

/// What to do.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    /// Empty for all.
    pub(crate) parts: BTreeSet<Part>,
    /// How many generated questions every language answers, beside the vectors.
    pub(crate) inputs: u32,
    /// What they are generated from.
    pub(crate) seed: u64,
}

impl Plan {
    fn has(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self { parts: BTreeSet::new(), inputs: INPUTS, seed: SEED }
    }
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::C, Self::Python, Self::Node, Self::Vectors];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Python => "python",
            Self::Node => "node",
            Self::Vectors => "vectors",
        }
    }
}

const INPUTS: u32 = 100_000;
/// How many of them `cargo xtask test` takes.
const FEW_INPUTS: u32 = 20_000;
const SEED: u64 = 1;

/// One version, as the header is what it makes.
const CBINDGEN: &str = "0.29.4";

/// A language, and the script that installs its package and tests it.
struct Language {
    part: Part,
    script: &'static str,
    /// Installs what the script starts.
    prepare: fn(&Project) -> Outcome,
    /// What more there is to try once the package is installed.
    examples: fn(&Project, &Path) -> Outcome,
    /// The program that answers questions, and its arguments, with the folder that the script worked in.
    runner: fn(&Project, &Path) -> Vec<PathBuf>,
}

const C: Language = Language {
    part: Part::C,
    script: "crates/wechat-oauth-ffi/tests/c/run.sh",
    prepare: prepare_c,
    examples: examples_of_c,
    runner: |_, work| vec![work.join("runner")],
};
const PYTHON: Language = Language {
    part: Part::Python,
    script: "crates/wechat-oauth-python/check.sh",
    prepare: python,
    examples: no_examples,
    runner: |project, work| {
        vec![work.join("site/bin/python"), project.path("crates/wechat-oauth-python/tests/runner.py")]
    },
};
const NODE: Language = Language {
    part: Part::Node,
    script: "crates/wechat-oauth-node/check.sh",
    prepare: node,
    examples: no_examples,
    runner: |project, _| vec!["node".into(), project.path("crates/wechat-oauth-node/test/runner.js")],
};

const LANGUAGES: [Language; 3] = [C, PYTHON, NODE];

pub(crate) fn check(project: &Project) -> Outcome {
    run(project, &Plan { inputs: FEW_INPUTS, ..Plan::default() })
}

/// Runs the chosen parts, and what the others need of them. One that fails stops no other language.
pub(crate) fn run(project: &Project, plan: &Plan) -> Outcome {
    let mut problems = Vec::new();
    build_programs(project)?;
    for language in LANGUAGES {
        if plan.has(language.part) {
            problems.extend(language.test(project).err());
        } else if plan.has(Part::Vectors) {
            problems.extend(language.install(project).err());
        }
    }
    if plan.has(Part::Vectors) {
        problems.extend(compare(project, plan).err());
    }
    none_of(&problems)
}

/// Installs the Python package, and names the interpreter that finds it.
pub(crate) fn install_python(project: &Project) -> Outcome<PathBuf> {
    PYTHON.install(project)?;
    Ok(PYTHON.work(project).join("site/bin/python"))
}

/// Installs the Node package, and names the folder of packages that it is in.
pub(crate) fn install_node(project: &Project) -> Outcome<PathBuf> {
    NODE.install(project)?;
    Ok(NODE.work(project).join("installed/node_modules"))
}

impl Language {
    fn install(&self, project: &Project) -> Outcome {
        self.run(project, &["install"])
    }

    fn test(&self, project: &Project) -> Outcome {
        self.run(project, &[])?;
        (self.examples)(project, &self.work(project))
    }

    fn run(&self, project: &Project, arguments: &[&str]) -> Outcome {
        if !project.path(self.script).exists() {
            return Err(format!("{} is missing", self.script));
        }
        (self.prepare)(project)?;
        let work = self.work(project);
        fs::create_dir_all(&work).map_err(|error| format!("cannot make {}: {error}", work.display()))?;
        let mut script = project.command("sh");
        script.arg(self.script).args(arguments);
        script.env("WECHAT_OAUTH_COMMAND", project.built("debug", "wechat-oauth"));
        script.env("WECHAT_OAUTH_CASES", project.built("debug", "cases"));
        script.env("WECHAT_OAUTH_WORK", work);
        script.env("CBINDGEN", cargo_tool(project, "cbindgen", CBINDGEN)?);
        run_command(script.env("CARGO_TARGET_DIR", project.target()))
    }

    fn work(&self, project: &Project) -> PathBuf {
        project.target().join("languages").join(self.part.name())
    }
}

/// What the scripts of C start: compilers of the languages that load a C library, with what the examples use, and
/// valgrind.
fn prepare_c(project: &Project) -> Outcome {
    system_program("cc", "gcc")?;
    system_program("c++", "g++")?;
    system_program("pkg-config", "pkg-config")?;
    system_program("valgrind", "valgrind")?;
    for (package, library) in [("libcurl4-openssl-dev", "libcurl"), ("libjson-c-dev", "json-c")] {
        system_package(package, || succeeds(project.command("pkg-config").args(["--exists", library])))?;
    }
    system_package("php-cli", || {
        succeeds(project.command("php").args(["-r", "exit(extension_loaded('FFI') ? 0 : 1);"]))
    })?;
    system_program("go", "golang-go")
}

/// The logins in C, PHP and Go.
fn examples_of_c(project: &Project, work: &Path) -> Outcome {
    let mut script = project.command("sh");
    script.args(["crates/wechat-oauth-ffi/examples/run.sh", "--all"]);
    script.arg(work.join("prefix")).arg(project.built("debug", "wechat-oauth")).arg(work.join("examples"));
    run_command(&mut script)
}

/// They are among what the script tests.
fn no_examples(_: &Project, _: &Path) -> Outcome {
    Ok(())
}

/// The same questions to every language, whose answers have to be those of Rust: first the vectors, then generated ones.
fn compare(project: &Project, plan: &Plan) -> Outcome {
    let runners: Vec<String> = LANGUAGES
        .iter()
        .map(|language| {
            let words = (language.runner)(project, &language.work(project));
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            format!("{}={}", language.part.name(), words.join(" "))
        })
        .collect();
    let ask = |questions: &[String]| {
        let mut compare = project.command(project.built("debug", "wechat-oauth-vectors"));
        compare.arg("compare").args(questions).args(&runners);
        run_command(compare.env("CARGO_TARGET_DIR", project.target()))
    };
    ask(&["--vectors".to_owned()])?;
    ask(&[format!("--count={}", plan.inputs), format!("--seed={}", plan.seed)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_without_parts_has_all_of_them() {
        assert!(Part::ALL.into_iter().all(|part| Plan::default().has(part)));
        let plan = Plan { parts: [Part::Node].into(), ..Plan::default() };
        assert!(plan.has(Part::Node) && !plan.has(Part::Vectors));
    }

    #[test]
    fn every_part_but_the_vectors_is_a_language_with_a_script() {
        let project = Project::of_this_program();
        for part in Part::ALL.into_iter().filter(|part| *part != Part::Vectors) {
            let language = LANGUAGES.iter().find(|language| language.part == part).unwrap();
            assert!(project.path(language.script).exists(), "{}", language.script);
        }
    }

    #[test]
    fn a_runner_is_found_from_any_folder() {
        let project = Project::of_this_program();
        for language in LANGUAGES {
            let words = (language.runner)(&project, &language.work(&project));
            // The last word is the runner, and what is before it a program of the system or of the work folder.
            assert!(words.last().unwrap().is_absolute());
        }
    }
}
