//! Clients that are programs: how they are started, spoken with and ended, and what is said of those that break off.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, wherever it does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wechat_oauth_conformance::{Options, Program, Report, RunError, Verdict, run};

/// Of those that never answer, and of none else.
const SHORT: Duration = Duration::from_secs(2);

fn play(program: &Program, only: &[&str]) -> Report {
    let only = only.iter().map(|name| (*name).to_owned()).collect();
    run(program, &Options { only, ..Options::default() }).unwrap()
}

/// What is said of a client that a shell is.
fn reason(script: &str) -> String {
    let program =
        Program::parse(&format!("sh -c '{script}'")).unwrap().patience(SHORT).patience_at_start(SHORT);
    let mut report = play(&program, &["authorize-page"]);
    assert_eq!(report.totals.unsafe_, 1, "{script}");
    report.cases.remove(0).reason.unwrap().en
}

#[test]
fn a_program_that_breaks_off_is_not_safe_and_the_reason_says_how() {
    let hello =
        r#"read x; echo "{\"client\":\"x\"}"; read y; echo "{\"go\":\"/connect/oauth2/authorize?\"}""#;
    for (script, said) in [
        ("read x", "ends in the middle of the case"),
        ("read x; exit 3", "exits with status 3"),
        ("read x; kill -9 $$", "crashes: it is ended by a signal"),
        ("sleep 60", "hangs: no answer for 2 seconds"),
        ("read x; echo nonsense; cat >/dev/null", "answers a line that the protocol does not know (Syntax)"),
        ("read x; printf \"\\377\\n\"; cat >/dev/null", "answers what is not UTF-8"),
        ("read x; head -c 2000000 /dev/zero; cat >/dev/null", "answers a line of more than 1 MiB"),
        ("read x; echo \"{}\"; cat >/dev/null", "answers what it was not asked"),
        (&format!("{hello}; sleep 60"), "does not end when its input does"),
        (&format!("{hello}; exit 4"), "exits with status 4"),
    ] {
        assert_eq!(reason(script), said, "{script}");
    }
    // With nothing wrong at its end it is what the case says.
    let program = Program::parse(&format!("sh -c '{hello}'")).unwrap();
    assert_eq!(play(&program, &["authorize-page"]).totals.safe, 1);
}

#[test]
fn what_a_program_logs_is_searched_for_the_secret() {
    let said = reason(
        "read x; echo \"$x\" >&2; echo \"{\\\"client\\\":\\\"x\\\"}\"; read y; echo \"{\\\"go\\\":\\\"/connect/oauth2/authorize?\\\"}\"",
    );
    assert_eq!(said, "the app secret is in its log");
}

#[test]
fn a_program_that_cannot_be_started_and_a_case_that_is_none_are_errors() {
    assert!(Program::parse("").is_err());
    assert!(Program::parse("sh -c 'never closed").is_err());
    let program = Program::parse("/no/such/program").unwrap();
    assert!(matches!(run(&program, &Options::default()), Err(RunError::Start(_))));
    let options = Options { only: vec!["no-such-case".to_owned()], ..Options::default() };
    assert!(matches!(run(&program, &options), Err(RunError::Name(_))));
}

#[test]
fn a_client_without_a_kind_of_login_is_not_tried() {
    let script = r#"read x; echo "{\"cannot\":\"it knows no WeChat\"}"; cat >/dev/null"#;
    let program = Program::parse(&format!("sh -c '{script}'")).unwrap();
    let report = play(&program, &["plain-login", "plain-login-base"]);
    assert_eq!((report.totals.cannot, report.totals.cases), (2, 2));
    assert_eq!(report.cases[0].reason.as_ref().unwrap().en, "it knows no WeChat");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim")
}

#[test]
fn the_shim_of_the_guide_runs_and_its_login_has_the_faults_that_the_guide_tells() {
    let program = Program::parse(&format!("python3 -B '{}'", folder().join("shim.py").display())).unwrap();
    let report = play(
        &program,
        &[
            "plain-login",
            "two-people-at-once",
            "state-of-another-browser",
            "renewal",
            "openid-swapped-in-profile",
            "exchange-redirected-302",
            "nickname-with-control-bytes",
        ],
    );
    assert_eq!((report.client.as_str(), report.version.as_str()), ("login.py", "1"));
    for case in &report.cases {
        let wanted = match case.name {
            "plain-login" | "two-people-at-once" | "state-of-another-browser" => Verdict::Safe,
            "renewal" => Verdict::Cannot,
            _ => Verdict::Unsafe,
        };
        assert_eq!(case.verdict, wanted, "{} {:?}\n{}", case.name, case.reason, case.transcript.join("\n"));
    }
}

#[test]
fn the_guide_shows_the_shim_as_it_is() {
    let shim = fs::read_to_string(folder().join("shim.py")).unwrap();
    for name in ["conformance.md", "conformance.zh-CN.md"] {
        let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(name);
        // A published crate is without the guide.
        if let Ok(guide) = fs::read_to_string(guide) {
            assert!(guide.contains(&format!("```python\n{shim}```")), "{name}");
        }
    }
}
