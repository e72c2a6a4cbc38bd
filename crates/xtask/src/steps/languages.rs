//! The bindings: each is built as its users get it, installed where nothing else is, and tested from there.
//!
//! Each language brings a script of its own. It may be run by hand; what it finds in its environment saves it from
//! building anything twice:
//!
//! * `WECHAT_OAUTH_COMMAND`: the program `wechat-oauth`, for its emulator.
//! * `WECHAT_OAUTH_CASES`: the program `cases`, the server of the transports' conformance list.
//! * `WECHAT_OAUTH_WORK`: the folder that the script installs and builds in; nothing else writes there.
//! * `CARGO_TARGET_DIR`: where `cargo build --release --locked --package PACKAGE` of the three packages just ran.

use std::collections::BTreeSet;
use std::fs;

use crate::project::{Outcome, Project, none_of, run as run_command};
use crate::tools::{node, python, system_program};

/// What can be asked for by name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Part {
    C,
    Python,
    Node,
    /// The same inputs to all of them.
    Vectors,
}

/// What to do.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    /// Empty for all.
    pub(crate) parts: BTreeSet<Part>,
    /// How many generated inputs every language answers, after the vectors.
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
const SEED: u64 = 1;

/// How many of the generated inputs `cargo xtask test` tries.
const FEW_INPUTS: u32 = 100_000;

const COMMAND: &str = "WECHAT_OAUTH_COMMAND";
const CASES: &str = "WECHAT_OAUTH_CASES";
const WORK: &str = "WECHAT_OAUTH_WORK";

/// A package, and the script that installs and tests what it becomes.
struct Language {
    part: Part,
    package: &'static str,
    script: &'static str,
    prepare: fn(&Project) -> Outcome,
}

const LANGUAGES: [Language; 3] = [
    Language {
        part: Part::C,
        package: "wechat-oauth-ffi",
        script: "crates/wechat-oauth-ffi/tests/c/run.sh",
        prepare: c,
    },
    Language {
        part: Part::Python,
        package: "wechat-oauth-python",
        script: "crates/wechat-oauth-python/check.sh",
        prepare: python,
    },
    Language {
        part: Part::Node,
        package: "wechat-oauth-node",
        script: "crates/wechat-oauth-node/check.sh",
        prepare: node,
    },
];

pub(crate) fn check(project: &Project) -> Outcome {
    run(project, &Plan { inputs: FEW_INPUTS, ..Plan::default() })
}

pub(crate) fn run(project: &Project, plan: &Plan) -> Outcome {
    let chosen: Vec<&Language> = LANGUAGES.iter().filter(|language| plan.has(language.part)).collect();
    for language in &chosen {
        if !project.path(language.script).exists() {
            return Err(format!("{} is missing", language.script));
        }
        (language.prepare)(project)?;
    }
    build(project, &chosen)?;
    let mut problems = Vec::new();
    for language in &chosen {
        problems.extend(test(project, language).err());
    }
    none_of(&problems)
}

/// What the C tests need: compilers of the languages that load a C library, the libraries of the examples, valgrind.
fn c(project: &Project) -> Outcome {
    system_program("cc", "gcc")?;
    system_program("valgrind", "valgrind")?;
    system_program("pkg-config", "pkg-config")?;
    let _ = project;
    system_program("go", "golang-go")
}

/// Everything that is compiled, once: the scripts find it done.
fn build(project: &Project, languages: &[&Language]) -> Outcome {
    run_command(&mut project.cargo(["build", "--quiet", "--locked", "--package", "wechat-oauth-cli"]))?;
    for language in languages {
        let release = ["build", "--quiet", "--locked", "--release", "--package", language.package];
        run_command(&mut project.cargo(release))?;
    }
    Ok(())
}

fn test(project: &Project, language: &Language) -> Outcome {
    let work = project.target().join("languages").join(language.part.name());
    fs::create_dir_all(&work).map_err(|error| format!("cannot make {}: {error}", work.display()))?;
    run_command(
        project
            .command("sh")
            .arg(language.script)
            .env(COMMAND, project.built("debug", "wechat-oauth"))
            .env(CASES, project.built("debug", "cases"))
            .env(WORK, work)
            .env("CARGO_TARGET_DIR", project.target()),
    )
}
