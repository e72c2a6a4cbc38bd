//! What may follow `cargo xtask`.

use std::ffi::OsString;

use lexopt::Arg::{Long, Value};
use lexopt::ValueExt;

use crate::project::Outcome;
use crate::steps::languages::{Part, Plan};
use crate::steps::{self, fuzz};

/// The chores: how each is written, and one line about it.
const CHORES: [(&str, &str); 11] = [
    ("test [--list] [--only STEP]...", "run what a change has to pass, or only the named steps"),
    ("ci", "the same, after printing the versions of the tools"),
    (
        "bench [--write | languages | build | report [--write] | ARGUMENT...]",
        "compare with what others offer; other arguments go to `cargo bench`, --write writes docs/benchmarks.md",
    ),
    ("browser [--only SCENARIO]...", "sign in with a real browser; --list names the scenarios"),
    (
        "replicas [--logins N] [--rounds N] [--seconds N]",
        "three replicas of a site on one Redis, under faults",
    ),
    (
        "languages [PART]... [--inputs N] [--seed S]",
        "build, install and test the bindings: c, python, node, and all of them on the same vectors",
    ),
    (
        "fuzz [TARGET]... [--seconds N] [--runs N] [--no-sanitizer]",
        "run every fuzz target, or the named ones, each for so long or so many inputs",
    ),
    (
        "conformance [--check] [CLIENT]...",
        "play every case with every client, ours and others', and write the tables",
    ),
    (
        "soak [--logins N] [--at-once N] [--faults PERCENT]",
        "N people log in through the whole stack, ten thousand at once, under faults",
    ),
    ("mutants [ARGUMENT]...", "break the code in small ways; some test has to notice each"),
    ("coverage", "which branches of the core no test takes"),
];

/// What the user asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Chore {
    Help,
    /// Name the steps instead of running them.
    List,
    /// Run these steps; none means all.
    Test(Vec<String>),
    Ci,
    Bench(Vec<OsString>),
    Browser(Vec<OsString>),
    Replicas(Vec<OsString>),
    Languages(Plan),
    Fuzz(fuzz::Plan),
    Conformance(Vec<OsString>),
    Soak(Vec<OsString>),
    Mutants(Vec<OsString>),
    Coverage(Vec<OsString>),
}

/// Whether `cargo xtask NAME` exists, so that the READMEs can be held to it.
pub(crate) fn is_chore(name: &str) -> bool {
    CHORES.iter().any(|(usage, _)| usage.split(' ').next() == Some(name))
}

pub(crate) fn help() -> String {
    let mut text = "cargo xtask CHORE\n\n".to_owned();
    for (usage, about) in CHORES {
        text += &format!("  {usage}\n      {about}\n");
    }
    text
}

/// Reads the command line, the program's own name first.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Outcome<Chore> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    // Some chores hand their arguments on, to programs that would explain themselves and not the chore.
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return Ok(Chore::Help);
    }
    parse_chore(lexopt::Parser::from_iter(arguments)).map_err(|error| error.to_string())
}

fn parse_chore(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let name = match parser.next()? {
        None => return Ok(Chore::Help),
        Some(Value(name)) => name.string()?,
        Some(option) => return Err(option.unexpected()),
    };
    match name.as_str() {
        "help" => Ok(Chore::Help),
        "test" => parse_test(parser),
        "ci" => match parser.next()? {
            None => Ok(Chore::Ci),
            Some(argument) => Err(argument.unexpected()),
        },
        "bench" => Ok(Chore::Bench(parser.raw_args()?.collect())),
        "browser" => Ok(Chore::Browser(parser.raw_args()?.collect())),
        "replicas" => Ok(Chore::Replicas(parser.raw_args()?.collect())),
        "languages" => parse_languages(parser),
        "fuzz" => parse_fuzz(parser),
        "conformance" => Ok(Chore::Conformance(parser.raw_args()?.collect())),
        "soak" => Ok(Chore::Soak(parser.raw_args()?.collect())),
        "mutants" => Ok(Chore::Mutants(parser.raw_args()?.collect())),
        "coverage" => Ok(Chore::Coverage(parser.raw_args()?.collect())),
        _ => Err(format!("there is no chore `{name}`").into()),
    }
}

fn parse_test(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut only = Vec::new();
    let mut list = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("only") => {
                let step = parser.value()?.string()?;
                if !steps::ALL.iter().any(|known| known.name == step) {
                    return Err(
                        format!("there is no step `{step}`; the steps are:\n{}", steps::list()).into()
                    );
                }
                only.push(step);
            }
            Long("list") => list = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(if list { Chore::List } else { Chore::Test(only) })
}

fn parse_languages(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut plan = Plan::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(name) => {
                let name = name.string()?;
                let part = Part::ALL.into_iter().find(|part| part.name() == name);
                plan.parts.insert(part.ok_or_else(|| format!("there is no part `{name}`"))?);
            }
            Long("inputs") => plan.inputs = parser.value()?.parse()?,
            Long("seed") => plan.seed = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Chore::Languages(plan))
}

fn parse_fuzz(mut parser: lexopt::Parser) -> Result<Chore, lexopt::Error> {
    let mut plan = fuzz::Plan::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(target) => plan.targets.push(target.string()?),
            Long("seconds") => plan.seconds = Some(parser.value()?.parse()?),
            Long("runs") => plan.runs = Some(parser.value()?.parse()?),
            Long("no-sanitizer") => plan.without_sanitizer = true,
            _ => return Err(argument.unexpected()),
        }
    }
    // libFuzzer takes zero for "without end".
    if plan.seconds == Some(0) || plan.runs == Some(0) {
        return Err("--seconds and --runs must be at least 1".into());
    }
    Ok(Chore::Fuzz(plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Chore> {
        parse(std::iter::once("xtask").chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn every_chore_of_the_help_is_understood() {
        for (usage, _) in CHORES {
            let name = usage.split(' ').next().unwrap();
            assert!(is_chore(name));
            assert!(parsed(name).is_ok(), "{name}");
        }
        assert!(!is_chore("tset"));
    }

    #[test]
    fn nothing_asks_for_help() {
        assert_eq!(parsed(""), Ok(Chore::Help));
        for line in ["--help", "-h", "mutants --help", "fuzz --seconds 9 -h"] {
            assert_eq!(parsed(line), Ok(Chore::Help), "{line}");
        }
    }

    #[test]
    fn test_takes_the_names_of_its_steps() {
        assert_eq!(parsed("test"), Ok(Chore::Test(vec![])));
        assert_eq!(parsed("test --only fmt --only=doc"), Ok(Chore::Test(vec!["fmt".into(), "doc".into()])));
        assert_eq!(parsed("test --list"), Ok(Chore::List));
        let message = parsed("test --only nothing").unwrap_err();
        assert!(message.contains("`nothing`") && message.contains("clippy"), "{message}");
    }

    #[test]
    fn fuzz_takes_targets_and_how_long_each_runs() {
        assert_eq!(parsed("fuzz"), Ok(Chore::Fuzz(fuzz::Plan::default())));
        let plan = fuzz::Plan {
            targets: vec!["lint".into(), "cookie".into()],
            seconds: Some(60),
            runs: Some(10_000_000_000),
            without_sanitizer: true,
        };
        let line = "fuzz lint --seconds 60 cookie --runs=10000000000 --no-sanitizer";
        assert_eq!(parsed(line), Ok(Chore::Fuzz(plan)));
        for line in ["fuzz --seconds 0", "fuzz --runs 0", "fuzz --seconds soon", "fuzz --minutes 1"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn languages_takes_parts_and_how_many_inputs() {
        assert_eq!(parsed("languages"), Ok(Chore::Languages(Plan::default())));
        let parts = [Part::C, Part::Vectors].into();
        let plan = Plan { parts, inputs: 5, seed: 7 };
        assert_eq!(parsed("languages vectors c --inputs 5 --seed=7"), Ok(Chore::Languages(plan)));
        assert!(parsed("languages cobol").unwrap_err().contains("`cobol`"));
        assert!(parsed("languages --inputs many").is_err());
    }

    #[test]
    fn bench_browser_and_replicas_hand_their_arguments_on() {
        assert_eq!(parsed("replicas --rounds 9"), Ok(Chore::Replicas(vec!["--rounds".into(), "9".into()])));
        assert_eq!(parsed("bench --bench core"), Ok(Chore::Bench(vec!["--bench".into(), "core".into()])));
        assert_eq!(parsed("browser --only qr"), Ok(Chore::Browser(vec!["--only".into(), "qr".into()])));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in ["tset", "ci now", "test fmt", "--only fmt"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
