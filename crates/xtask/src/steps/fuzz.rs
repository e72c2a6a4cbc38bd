//! Every fuzz target, for a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::metadata::Metadata;
use crate::project::{Outcome, Project, none_of, run as run_command};
use crate::tools::{cargo_tool, system_program};

/// How long a target runs in `cargo xtask test`: enough to see that it works and to find what is shallow.
const SECONDS: u32 = 2;

/// The longest one input may take, in seconds. The targets answer in microseconds.
const INPUT_SECONDS: u32 = 10;

/// How many lines of the fuzzer's are shown when a target fails: its last words and the stack above them.
const LAST_WORDS: usize = 80;

/// What `cargo xtask fuzz` is to do.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Only these targets; none means all.
    pub(crate) targets: Vec<String>,
    /// How long each runs, unless its runs are over before; the default when neither is said.
    pub(crate) seconds: Option<u32>,
    /// How many inputs each tries.
    pub(crate) runs: Option<u64>,
    /// Whether the address sanitizer is left out: several times as many inputs in the same time, and only panics are seen.
    pub(crate) without_sanitizer: bool,
}

pub(crate) fn check(project: &Project) -> Outcome {
    run(project, &Plan::default())
}

/// Runs every fuzz target, and prints how far each came. What they learn is kept under `target/fuzz/corpus`; an input
/// that fails is kept under `fuzz/artifacts`.
pub(crate) fn run(project: &Project, plan: &Plan) -> Outcome {
    let targets = chosen(targets(project)?, plan)?;
    // libFuzzer is C++.
    system_program("c++", "g++")?;
    let program = cargo_tool(project, "cargo-fuzz", "0.13.2")?;
    let cargo_fuzz = |verb: &str| {
        let mut command = project.command(&program);
        // The sanitizer's flags are not stable; this lets the stable compiler take them.
        command.env("RUSTC_BOOTSTRAP", "1").args([verb, "--fuzz-dir", "fuzz"]);
        if plan.without_sanitizer {
            command.args(["--target-dir", "target/fuzz/plain", "--sanitizer", "none"]);
        } else {
            command.args(["--target-dir", "target/fuzz"]);
        }
        command
    };
    run_command(&mut cargo_fuzz("build"))?;
    let mut problems = Vec::new();
    let mut table = Table::default();
    for target in &targets {
        let mut fuzz = cargo_fuzz("run");
        fuzz.arg(target).args(corpora(project, target)?).arg("--").args(limits(plan));
        println!("{target}");
        let output = fuzz
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot start cargo-fuzz: {error}"))?;
        let words = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let figures = Figures::read(&words).ok_or_else(|| format!("{target} ended without figures"))?;
            table.add(target, &figures);
        } else {
            let lines: Vec<&str> = words.lines().collect();
            println!("{}", lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n"));
            problems.push(format!("{target} failed; the input is under fuzz/artifacts/{target}"));
        }
    }
    print!("{}", table.text());
    none_of(&problems)
}

/// What libFuzzer is told: when to stop, and to say how far it came.
fn limits(plan: &Plan) -> Vec<String> {
    let seconds = plan.seconds.or_else(|| plan.runs.is_none().then_some(SECONDS));
    let mut limits = vec![format!("-timeout={INPUT_SECONDS}"), "-print_final_stats=1".to_owned()];
    limits.extend(seconds.map(|seconds| format!("-max_total_time={seconds}")));
    limits.extend(plan.runs.map(|runs| format!("-runs={runs}")));
    limits
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

/// The targets that were named, or all.
fn chosen(all: Vec<String>, plan: &Plan) -> Outcome<Vec<String>> {
    if let Some(unknown) = plan.targets.iter().find(|name| !all.contains(name)) {
        return Err(format!("there is no fuzz target `{unknown}`; the targets are: {}", all.join(", ")));
    }
    Ok(if plan.targets.is_empty() { all } else { plan.targets.clone() })
}

/// The folders of inputs: first the one that grows, outside of what is tracked, then the seeds.
fn corpora(project: &Project, target: &str) -> Outcome<Vec<PathBuf>> {
    let grown = project.path("target/fuzz/corpus").join(target);
    fs::create_dir_all(&grown)
        .map_err(|error| format!("cannot make target/fuzz/corpus/{target}: {error}"))?;
    let seeds = project.path("fuzz/corpus").join(target);
    Ok([grown].into_iter().chain(Some(seeds).filter(|seeds: &PathBuf| Path::is_dir(seeds))).collect())
}

/// How far a target came, in libFuzzer's own words.
#[derive(Debug, PartialEq)]
struct Figures {
    executions: u64,
    a_second: u64,
    /// The edges of the program that some input took.
    edges: u64,
    /// The inputs that are worth keeping, since each took an edge or counted one up as no other.
    inputs: u64,
}

impl Figures {
    fn read(words: &str) -> Option<Self> {
        let stat =
            |name: &str| words.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let latest = words.lines().rev().find(|line| line.contains(" cov: "))?;
        let after = |mark: &str| {
            let digits = latest.split_once(mark)?.1.split(|letter: char| !letter.is_ascii_digit()).next()?;
            digits.parse().ok()
        };
        Some(Self {
            executions: stat("stat::number_of_executed_units:")?,
            a_second: stat("stat::average_exec_per_sec:")?,
            edges: after(" cov: ")?,
            inputs: after(" corp: ")?,
        })
    }
}

/// What is printed at the end.
#[derive(Default)]
struct Table {
    lines: String,
    executions: u64,
}

impl Table {
    fn add(&mut self, target: &str, figures: &Figures) {
        let Figures { executions, a_second, edges, inputs } = figures;
        self.lines += &format!("{target:<16}{executions:>14}{a_second:>12}{edges:>8}{inputs:>8}\n");
        self.executions += executions;
    }

    fn text(&self) -> String {
        let head =
            format!("{:<16}{:>14}{:>12}{:>8}{:>8}\n", "target", "executions", "a second", "edges", "inputs");
        format!("{head}{}{:<16}{:>14}\n", self.lines, "all", self.executions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "INFO: seed corpus: files: 3\n\
        #4\tINITED cov: 205 ft: 206 corp: 3/120b exec/s: 0 rss: 37Mb\n\
        #17\tNEW    cov: 210 ft: 230 corp: 4/160b lim: 40 exec/s: 0 rss: 37Mb\n\
        #98304\tDONE   cov: 1210 ft: 2330 corp: 214/9160b lim: 180 exec/s: 49152 rss: 52Mb\n\
        Done 98304 runs in 2 second(s)\n\
        stat::number_of_executed_units: 98304\n\
        stat::average_exec_per_sec:     49152\n";

    #[test]
    fn the_figures_are_those_of_the_end() {
        let figures = Figures { executions: 98304, a_second: 49152, edges: 1210, inputs: 214 };
        assert_eq!(Figures::read(WORDS), Some(figures));
        assert_eq!(Figures::read("Done 98304 runs in 2 second(s)\n"), None);
    }

    #[test]
    fn the_table_sums_the_executions() {
        let mut table = Table::default();
        table.add("callback", &Figures::read(WORDS).unwrap());
        table.add("lint", &Figures::read(WORDS).unwrap());
        let text = table.text();
        assert!(text.lines().all(|line| line.len() <= 58), "{text}");
        assert!(text.contains("callback") && text.ends_with("196608\n"), "{text}");
    }

    #[test]
    fn a_target_stops_after_its_time_or_its_runs() {
        let limits = |seconds, runs| limits(&Plan { seconds, runs, ..Plan::default() }).join(" ");
        let common = "-timeout=10 -print_final_stats=1";
        assert_eq!(limits(None, None), format!("{common} -max_total_time={SECONDS}"));
        assert_eq!(limits(None, Some(7)), format!("{common} -runs=7"));
        assert_eq!(limits(Some(3), Some(7)), format!("{common} -max_total_time=3 -runs=7"));
    }

    #[test]
    fn a_target_that_is_not_there_is_named_in_the_error() {
        let all = vec!["callback".to_owned(), "lint".to_owned()];
        let plan = |name: &str| Plan { targets: vec![name.to_owned()], ..Plan::default() };
        assert_eq!(chosen(all.clone(), &Plan::default()), Ok(all.clone()));
        assert_eq!(chosen(all.clone(), &plan("lint")), Ok(vec!["lint".to_owned()]));
        assert!(chosen(all, &plan("lin")).unwrap_err().contains("`lin`; the targets are: callback, lint"));
    }
}
