//! Small faults put into the code, each of which a test has to notice.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::project::{Outcome, Project, none_of};
use crate::tools::cargo_tool;

/// The packages whose code is changed, each tested by its own tests.
const PACKAGES: [&str; 3] = ["wechat-oauth-core", "wechat-oauth-store", "wechat-oauth-axum"];

/// A test that goes through half a million stories takes longer than all others together. What they let pass is
/// tried once more with it.
const LONG: &str = "every_story";

/// How long the tests of one mutant may take, in seconds: many times what they take, since a mutant may also loop.
const TIMEOUT: &str = "120";

/// A kind of mutants that no test can notice, and why that does no harm.
struct Harmless {
    file: &'static str,
    /// What the mutant does, as cargo-mutants says it: without its line, which moves.
    does: &'static [&'static str],
    why: &'static str,
}

/// Every mutant that lives, with its reason.
const HARMLESS: &[Harmless] = &[
    Harmless {
        file: "crates/wechat-oauth-core/src/body.rs",
        does: &[
            "replace match guard *known == key with false in Fields<'a>::parse",
            "replace + with * in Fields<'a>::parse",
        ],
        why: "where the key is looked for first only saves time: it is found all the same",
    },
    Harmless {
        file: "crates/wechat-oauth-core/src/callback.rs",
        does: &["replace < with <= in query_of"],
        why: "two different bytes are never at one place",
    },
];

/// Changes the code of the packages, one small fault at a time, and runs their tests on each. The arguments go to
/// cargo-mutants: `--file`, `--re`, `--shard`. Fails when a fault that is not listed goes unnoticed.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    let program = cargo_tool(project, "cargo-mutants", "27.1.0")?;
    let mut problems = Vec::new();
    for package in PACKAGES {
        let mut alive = try_all(project, &program, package, arguments, &["--", "--", "--skip", LONG])?;
        if !alive.is_empty() {
            alive = try_all(project, &program, package, arguments, &["--iterate"])?;
        }
        println!("{package}: {} live", alive.len());
        problems.extend(judge(&alive, HARMLESS));
    }
    none_of(&problems)
}

/// Runs cargo-mutants over a package; the mutants that no test noticed.
fn try_all(
    project: &Project,
    program: &Path,
    package: &str,
    arguments: &[OsString],
    last: &[&str],
) -> Outcome<BTreeSet<Mutant>> {
    let folder = project.target().join("mutants").join(package);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut command = project.command(program);
    command.args(["mutants", "--package", package, "--timeout", TIMEOUT, "--no-shuffle", "--output"]);
    command.arg(&folder).args(arguments).args(last);
    // The tests are small: building them is what takes the time.
    command.env("CARGO_PROFILE_DEV_DEBUG", "none").env("CARGO_PROFILE_TEST_DEBUG", "none");
    // It says by its status that something lives, too; what lives is in its report.
    let status = command.status().map_err(|error| format!("cannot start cargo-mutants: {error}"))?;
    let report = folder.join("mutants.out/outcomes.json");
    let report = fs::read_to_string(&report).map_err(|error| {
        format!("cargo-mutants ended with {status}, and left no {}: {error}", report.display())
    })?;
    alive(&report)
}

/// A mutant: its file, and what it does.
type Mutant = (String, String);

/// The mutants that no test noticed, out of cargo-mutants' report.
fn alive(report: &str) -> Outcome<BTreeSet<Mutant>> {
    let report: Value = serde_json::from_str(report).map_err(|error| format!("no report: {error}"))?;
    let outcomes = report["outcomes"].as_array().ok_or("a report without outcomes")?;
    let missed = outcomes.iter().filter(|outcome| outcome["summary"] == "MissedMutant");
    missed
        .map(|outcome| {
            let mutant = &outcome["scenario"]["Mutant"];
            let file = mutant["file"].as_str();
            let does = mutant["name"].as_str().and_then(|name| name.splitn(4, ':').nth(3));
            match (file, does) {
                (Some(file), Some(does)) => Ok((file.to_owned(), does.trim().to_owned())),
                _ => Err("a mutant without file and name".to_owned()),
            }
        })
        .collect()
}

fn judge(alive: &BTreeSet<Mutant>, harmless: &[Harmless]) -> Vec<String> {
    let mut problems = Vec::new();
    for (file, does) in alive {
        let known = harmless.iter().find(|one| one.file == file && one.does.contains(&does.as_str()));
        match known {
            Some(one) => println!("{file}: {does}\n    {}", one.why),
            None => problems.push(format!("{file}: no test notices this: {does}")),
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"outcomes":[{"scenario":"Baseline","summary":"Success"},
        {"scenario":{"Mutant":{"name":"a.rs:3:5: replace f -> u8 with 0","file":"a.rs"}},"summary":"MissedMutant"},
        {"scenario":{"Mutant":{"name":"a.rs:4:5: replace g -> u8 with 0","file":"a.rs"}},"summary":"CaughtMutant"}]}"#;

    #[test]
    fn what_no_test_notices_is_read_without_its_line() {
        let expected = BTreeSet::from([("a.rs".to_owned(), "replace f -> u8 with 0".to_owned())]);
        assert_eq!(alive(REPORT), Ok(expected));
        assert!(alive("{}").is_err());
    }

    #[test]
    fn a_mutant_may_live_with_a_reason_alone() {
        let alive = alive(REPORT).unwrap();
        assert_eq!(judge(&alive, &[]).len(), 1);
        let known = [Harmless { file: "a.rs", does: &["replace f -> u8 with 0"], why: "nobody calls it" }];
        assert_eq!(judge(&alive, &known), Vec::<String>::new());
    }
}
