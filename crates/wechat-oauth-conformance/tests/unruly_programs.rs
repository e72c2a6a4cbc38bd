//! Clients that are programs and keep to nothing: whatever they do, the kit comes to an end and says what they did.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, wherever it does")]

use std::time::Duration;

use wechat_oauth_conformance::{Broken, Client as _, Options, Program, run};

const HELLO: &str = r#"read x; echo "{\"client\":\"x\"}""#;
const GO: &str = r#"read y; echo "{\"go\":\"$go\"}""#;

/// What is said in this case of a client that a shell is; `$go` is a right authorize URL.
fn reason(case: &str, script: &str) -> String {
    let go = r#"go=$(echo "$x" | sed "s|.*wechat...\([^,]*\)\",.*appid...\([^,]*\)\",.*|\1/connect/oauth2/authorize?appid=\2\&state=1|")"#;
    let script = script.replace("HELLO", &format!("{HELLO}; {go}")).replace("GO", GO);
    let seconds = Duration::from_secs(2);
    let program = Program::parse(&format!("sh -c '{script}'")).unwrap().patience(seconds);
    let only = vec![case.to_owned()];
    let mut report = run(&program, &Options { only, ..Options::default() }).unwrap();
    report.cases.remove(0).reason.unwrap().en
}

#[test]
fn a_program_that_reads_nothing_is_not_waited_for_by_whoever_writes_to_it() {
    let program = Program::parse("sleep 60").unwrap().patience(Duration::from_secs(1));
    let program = program.patience_at_start(Duration::from_secs(1));
    // More than any pipe holds.
    let line = "x".repeat(4 * 1024 * 1024);
    assert_eq!(program.start().unwrap().ask(&line), Err(Broken::Silent(1)));
}

#[test]
fn a_program_that_says_more_than_it_is_asked_is_found_out_before_and_after() {
    for script in [
        // Before it is asked: its lines would answer other questions.
        r"HELLO; echo {}; GO; cat >/dev/null",
        r"HELLO; while echo {}; do :; done",
        // After the last answer.
        r"HELLO; GO; cat >/dev/null; echo {}",
    ] {
        let said = reason("authorize-page", script);
        assert!(
            said.contains("says more lines than it is asked") || said.contains("was not asked"),
            "{said}"
        );
    }
}

#[test]
fn a_program_that_closes_its_output_and_stays_is_told_from_one_that_does_not_end() {
    let said = reason("authorize-page", "HELLO; exec >&-; sleep 60");
    assert_eq!(said, "closes its output in the middle of the case");
}

#[test]
fn an_answer_of_several_things_is_none() {
    let said = reason(
        "authorize-page",
        r#"HELLO; read y; echo "{\"go\":\"$go\",\"cannot\":\"x\"}"; cat >/dev/null"#,
    );
    assert_eq!(said, "answers several things at once");
}

#[test]
fn what_was_logged_is_searched_although_a_process_left_behind_holds_the_log() {
    let said = reason("authorize-page", "HELLO; echo \"$x\" >&2; setsid sleep 20 & GO; cat >/dev/null");
    assert_eq!(said, "the app secret is in its log");
}
