//! Runners that are the reference's equal, and runners that are not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

use std::process::Command;

use wechat_oauth_vectors::answer;
use wechat_oauth_vectors::compare::{Expected, Report, compare};
use wechat_oauth_vectors::generate::Questions;

const COUNT: usize = 300;

/// The program itself, which is a runner too.
const PROGRAM: &str = env!("CARGO_BIN_EXE_wechat-oauth-vectors");

fn questions() -> impl Iterator<Item = String> {
    Questions::new(7).take(COUNT)
}

fn expected() -> impl Iterator<Item = Expected> {
    questions().map(|question| {
        let answer = answer(&question).unwrap();
        (question, answer)
    })
}

/// What comes of the reference whose answers go through this program of awk.
fn through(awk: &str) -> Report {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" answer | LC_ALL=C awk "$1""#, PROGRAM, awk]);
    compare(shell, questions(), expected()).unwrap()
}

fn sh(script: &str) -> Report {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    compare(shell, questions(), expected()).unwrap()
}

#[test]
fn the_reference_is_its_own_equal() {
    let mut command = Command::new(PROGRAM);
    command.arg("answer");
    let report = compare(command, questions(), expected()).unwrap();
    assert!(report.is_equal(), "{report}");
    assert_eq!(report.to_string(), format!("{COUNT} of {COUNT} equal"));
    assert!(through("{print}").is_equal());
}

#[test]
fn a_runner_that_answers_one_byte_wrong_is_caught_with_the_question() {
    let report = through(r#"NR==123{sub(/.$/,"!")}{print}"#);
    assert!(!report.is_equal());
    assert_eq!((report.equal, report.questions, report.differences.len()), (COUNT - 1, COUNT, 1));
    let difference = &report.differences[0];
    assert_eq!(difference.number, 123);
    assert_eq!(difference.question, questions().nth(122).unwrap());
    assert!(difference.got.ends_with('!') && difference.got != difference.expected);
    assert!(report.to_string().contains(&difference.got));
}

#[test]
fn only_the_first_differences_are_shown_and_all_are_counted() {
    let report = through(r#"{print $0 "!"}"#);
    assert_eq!((report.equal, report.differences.len(), report.stopped), (0, 5, None));
}

#[test]
fn a_runner_that_stops_early_is_caught_with_the_question_that_it_stopped_at() {
    let report = through(r#"{print} NR==200{exit}"#);
    assert_eq!((report.equal, report.questions), (200, COUNT));
    let question = questions().nth(200).unwrap();
    assert_eq!(report.stopped.unwrap(), format!("the runner ended at question 201: {question}"));
}

#[test]
fn a_runner_that_says_nothing_is_caught() {
    for script in ["cat >/dev/null", "exit 0", "kill -9 $$"] {
        let report = sh(script);
        assert!(!report.is_equal() && report.equal == 0, "{script}");
        assert!(report.stopped.unwrap().contains("the runner ended at question 1:"), "{script}");
    }
}

#[test]
fn a_runner_that_leaves_a_child_with_its_questions_is_not_waited_for() {
    // The child lives for as long as this test does, and reads nothing.
    let child = format!("while kill -0 {} 2>/dev/null; do sleep 0.1; done", std::process::id());
    let report = sh(&format!("exec 3<&0; ({child}) <&3 >/dev/null 2>&1 & exit 0"));
    assert!(report.stopped.unwrap().contains("the runner ended at question 1:"));
}

#[test]
fn a_runner_that_says_too_much_or_fails_at_the_end_is_caught() {
    let report = through(r#"{print} END{print "one more"}"#);
    assert_eq!(report.equal, COUNT);
    assert!(!report.is_equal() && report.stopped.unwrap().contains("more answers"));
    let report = through("{print} END{exit 3}");
    assert_eq!(report.equal, COUNT);
    assert!(!report.is_equal() && report.stopped.unwrap().contains("ended with"));
}

#[test]
fn a_runner_that_is_not_there_is_an_error() {
    assert!(compare(Command::new("/nowhere/runner"), questions(), expected()).is_err());
}

#[test]
fn no_questions_are_no_success() {
    let mut command = Command::new(PROGRAM);
    command.arg("answer");
    assert!(!compare(command, std::iter::empty(), std::iter::empty()).unwrap().is_equal());
}

#[test]
fn the_program_compares_over_the_vectors_and_over_generated_questions() {
    let run = |arguments: &[&str], runner: &str| {
        let output = Command::new(PROGRAM).arg("compare").args(arguments).arg(runner).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let reference = format!("reference={PROGRAM} answer");
    let (well, said) = run(&["--vectors"], &reference);
    assert!(well && said.starts_with("reference: ") && said.trim_end().ends_with(" equal"), "{said}");
    let (well, said) = run(&["--count", "50", "--seed", "9"], &reference);
    assert!(well && said == "reference: 50 of 50 equal\n", "{said}");
    let (well, said) = run(&["--count", "50"], "mute=true");
    assert!(!well && said.starts_with("mute: 0 of 50 equal\n  the runner ended at question 1: {"), "{said}");
}
