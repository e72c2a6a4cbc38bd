//! Every fuzz target, for a while.

use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata::Metadata;
use crate::project::{Outcome, Project, none_of, run as run_command};
use crate::tools::{cargo_tool, system_program};

/// How long a target runs in `cargo xtask test`: enough to see that it works and to find what is shallow.
pub(crate) const SECONDS: u32 = 5;

/// The longest one input may take, in seconds. The targets answer in microseconds.
const INPUT_SECONDS: u32 = 10;

pub(crate) fn check(project: &Project) -> Outcome {
    run(project, SECONDS)
}

/// Runs every fuzz target for so many seconds. What they learn is kept under `target/fuzz/corpus`; an input that
/// fails is kept under `fuzz/artifacts`.
pub(crate) fn run(project: &Project, seconds: u32) -> Outcome {
    let targets = targets(project)?;
    // libFuzzer is C++.
    system_program("c++", "g++")?;
    let program = cargo_tool(project, "cargo-fuzz", "0.13.2")?;
    let mut problems = Vec::new();
    for target in &targets {
        let mut fuzz = project.command(&program);
        fuzz.args(["run", "--fuzz-dir", "fuzz", "--target-dir", "target/fuzz", target]);
        fuzz.args(corpora(project, target)?);
        fuzz.arg("--").arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={INPUT_SECONDS}"));
        fuzz.args(["-print_final_stats=1", "-verbosity=0"]);
        // The sanitizer's flags are not stable; this lets the stable compiler take them.
        problems.extend(run_command(fuzz.env("RUSTC_BOOTSTRAP", "1")).err());
    }
    none_of(&problems)
}

fn targets(project: &Project) -> Outcome<Vec<String>> {
    const MANIFEST: &str = "fuzz/Cargo.toml";
    if !project.path(MANIFEST).exists() {
        return Err(format!("{MANIFEST} is missing"));
    }
    let metadata = Metadata::of_other_workspace(project, MANIFEST)?;
    let targets: Vec<String> = metadata
        .own()
        .flat_map(|package| package.targets_of_kind("bin"))
        .map(|target| target.name.clone())
        .collect();
    if targets.is_empty() { Err(format!("{MANIFEST} has no fuzz target")) } else { Ok(targets) }
}

/// The folders of inputs: first the one that grows, outside of what is tracked, then the seeds.
fn corpora(project: &Project, target: &str) -> Outcome<Vec<PathBuf>> {
    let grown = project.path("target/fuzz/corpus").join(target);
    fs::create_dir_all(&grown)
        .map_err(|error| format!("cannot make target/fuzz/corpus/{target}: {error}"))?;
    let seeds = project.path("fuzz/corpus").join(target);
    Ok([grown].into_iter().chain(Some(seeds).filter(|seeds: &PathBuf| Path::is_dir(seeds))).collect())
}
