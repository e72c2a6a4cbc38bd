//! Which lines and branches of the core none of its tests takes, each with the reason why none has to.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;

use crate::project::{Outcome, Project, output, run as run_command};
use crate::tools::{cargo_tool, system_program};

/// The package that is looked at.
const PACKAGE: &str = "wechat-oauth-core";
/// Where its code is.
const SOURCE: &str = "crates/wechat-oauth-core/src";
/// Files that do not count: those that only tests are built from, and a table whose functions run in the compiler.
const LEFT_OUT: [&str; 4] = ["testing.rs", "flow/model.rs", "body/reference.rs", "explain/table.rs"];

/// What no test takes, and why none has to: the file, the line as it is written, and the reason.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("error.rs", ")?;", "a place to print to that fails, which a String never does"),
    ("json.rs", "None => '\\\\',", "the reader has seen that something follows each backslash"),
    (
        "lint/redirect.rs",
        "let Some(host) = url.host().map(|host| host.to_owned()) else {",
        "an http URL without a host is refused by the URL parser; its type does not say so",
    ),
    (
        "lint/redirect.rs",
        "return (vec![Fault::NoHost], None);",
        "an http URL without a host is refused by the URL parser; its type does not say so",
    ),
];

/// Runs the core's tests and prints what they leave out. Fails when something of it is not explained.
pub(crate) fn run(project: &Project, arguments: &[OsString]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return Err(format!("coverage takes no argument, and {} is one", argument.display()));
    }
    // The profile is in the format of the compiler's own LLVM; older tools do not read it.
    let rustc = output(project.command("rustc").arg("-vV"))?;
    let llvm = llvm_version(&rustc)?;
    let (cov, profdata) = (format!("llvm-cov-{llvm}"), format!("llvm-profdata-{llvm}"));
    system_program(&cov, &format!("llvm-{llvm}"))?;
    let program = cargo_tool(project, "cargo-llvm-cov", "0.9.1")?;
    let folder = project.target().join("coverage");
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let report = folder.join("core.lcov");
    let mut measure = project.command(program);
    measure.args(["llvm-cov", "--branch", "--package", PACKAGE, "--lcov", "--output-path"]).arg(&report);
    measure.args(["--", "--quiet"]);
    measure.env("LLVM_COV", cov).env("LLVM_PROFDATA", profdata);
    // Counting branches is not stable yet; this lets the stable compiler do it.
    run_command(measure.env("RUSTC_BOOTSTRAP", "1"))?;
    let lcov =
        fs::read_to_string(&report).map_err(|error| format!("cannot read {}: {error}", report.display()))?;
    judge(&files(&lcov, |file| project.read(&format!("{SOURCE}/{file}")))?, EXPLAINED)
}

fn llvm_version(rustc: &str) -> Outcome<&str> {
    let version = rustc.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    version.and_then(|version| version.split('.').next()).ok_or_else(|| "rustc names no LLVM".to_owned())
}

/// How much of one file the tests take.
#[derive(Debug, Default, PartialEq)]
struct Covered {
    lines: (usize, usize),
    branches: (usize, usize),
    /// What is left out: the line's number and its text. A line of which a branch is left out counts, too.
    left: BTreeMap<usize, String>,
}

/// Reads lcov's records; `source` gives a file's text by its name below [`SOURCE`].
fn files(lcov: &str, source: impl Fn(&str) -> Outcome<String>) -> Outcome<BTreeMap<String, Covered>> {
    let mut files = BTreeMap::new();
    for record in lcov.split("end_of_record") {
        let Some(path) = record.lines().find_map(|line| line.strip_prefix("SF:")) else { continue };
        let Some((_, name)) = path.split_once(&format!("{SOURCE}/")) else { continue };
        if LEFT_OUT.contains(&name) {
            continue;
        }
        let text = source(name)?;
        let lines: Vec<_> = text.lines().collect();
        // Tests come last in a file.
        let end = lines.iter().position(|line| *line == "#[cfg(test)]").unwrap_or(lines.len());
        let mut covered = Covered::default();
        for line in record.lines() {
            let (count, numbers) = match line.split_once(':') {
                Some(("DA", numbers)) => (&mut covered.lines, numbers),
                Some(("BRDA", numbers)) => (&mut covered.branches, numbers),
                _ => continue,
            };
            let number = numbers.split(',').next().and_then(|number| number.parse::<usize>().ok());
            let Some(number) = number.filter(|number| (1..=end).contains(number)) else { continue };
            count.1 += 1;
            if matches!(numbers.rsplit(',').next(), Some("0" | "-")) {
                covered.left.insert(number, lines[number - 1].trim().to_owned());
            } else {
                count.0 += 1;
            }
        }
        files.insert(name.to_owned(), covered);
    }
    if files.is_empty() { Err(format!("nothing of {SOURCE} was measured")) } else { Ok(files) }
}

/// Prints the table; fails for what is left out without a reason, and for reasons that nothing needs any more.
fn judge(files: &BTreeMap<String, Covered>, explained: &[(&str, &str, &str)]) -> Outcome {
    let share = |(taken, all): (usize, usize)| format!("{taken}/{all}");
    println!("{:<24}{:>12}{:>12}", "file", "lines", "branches");
    let (mut lines, mut branches) = ((0, 0), (0, 0));
    for (name, covered) in files {
        println!("{name:<24}{:>12}{:>12}", share(covered.lines), share(covered.branches));
        lines = (lines.0 + covered.lines.0, lines.1 + covered.lines.1);
        branches = (branches.0 + covered.branches.0, branches.1 + covered.branches.1);
    }
    println!("{:<24}{:>12}{:>12}", "all", share(lines), share(branches));
    let mut needed = BTreeSet::new();
    let mut problems = Vec::new();
    for (name, covered) in files {
        for (number, text) in &covered.left {
            match explained.iter().find(|(file, line, _)| file == name && line == text) {
                Some(reason) => {
                    needed.insert(reason);
                    println!("{name}:{number}: {text}\n    {}", reason.2);
                }
                None => problems.push(format!("{name}:{number}: no test takes all of this: {text}")),
            }
        }
    }
    let idle = explained.iter().filter(|reason| !needed.contains(reason));
    problems
        .extend(idle.map(|(file, line, _)| format!("{file}: explained, and yet a test takes it: {line}")));
    crate::project::none_of(&problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LCOV: &str = "SF:/x/crates/wechat-oauth-core/src/a.rs\nDA:1,3\nDA:2,0\nBRDA:1,0,0,4\nBRDA:1,0,1,-\nDA:5,0\n\
                        end_of_record\nSF:/x/crates/other/src/b.rs\nDA:1,0\nend_of_record\n";

    fn measured() -> BTreeMap<String, Covered> {
        files(LCOV, |_| Ok("if x {\n    y()\n}\n#[cfg(test)]\nmod tests {}\n".to_owned())).unwrap()
    }

    #[test]
    fn what_no_test_takes_is_found_and_tests_are_not_looked_at() {
        let left = BTreeMap::from([(1, "if x {".to_owned()), (2, "y()".to_owned())]);
        let expected = Covered { lines: (1, 2), branches: (1, 2), left };
        assert_eq!(measured(), BTreeMap::from([("a.rs".to_owned(), expected)]));
    }

    #[test]
    fn what_is_left_out_needs_a_reason_and_a_reason_needs_something_left_out() {
        let all = [("a.rs", "if x {", "why"), ("a.rs", "y()", "why")];
        assert_eq!(judge(&measured(), &all), Ok(()));
        let message = judge(&measured(), &all[..1]).unwrap_err();
        assert!(message.contains("a.rs:2") && message.contains("y()"), "{message}");
        let idle = [all[0], all[1], ("a.rs", "z()", "why")];
        assert!(judge(&measured(), &idle).unwrap_err().contains("z()"));
    }

    #[test]
    fn the_compilers_llvm_is_known() {
        assert_eq!(llvm_version("rustc 1.95.0\nLLVM version: 22.1.2\n"), Ok("22"));
        assert!(llvm_version("rustc 1.95.0\n").is_err());
    }
}
