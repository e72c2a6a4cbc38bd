//! `conformance`: what it prints, and how it ends.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, wherever it does")]

mod common;

use common::{command, finish, run};
use wechat_oauth_conformance::cases;

/// A client that sends everybody to this page, and can do nothing else.
fn client(page: &str) -> String {
    format!(
        r#"sh -c 'read x; echo "{{\"client\":\"tiny\",\"version\":\"7\"}}"; read y; echo "{{\"go\":\"{page}\"}}"; cat > /dev/null'"#
    )
}

#[test]
fn every_case_is_listed_with_what_it_is_about_in_both_languages() {
    let english = run(&["conformance", "--list"]);
    assert_eq!((english.exit, english.stderr.as_str()), (0, ""));
    let mut chinese = command(&["conformance", "--list"]);
    chinese.env("LC_ALL", "zh_CN.UTF-8");
    let chinese = finish(chinese, b"");
    for case in cases() {
        for (listed, threat) in [(&english, case.threat().en), (&chinese, case.threat().zh)] {
            let entry = format!("  {}\n      {threat}\n", case.name());
            assert!(format!("{}\n", listed.stdout).contains(&entry), "{}", case.name());
        }
    }
}

#[test]
fn a_safe_case_ends_with_0_and_one_that_is_not_with_1() {
    for (page, exit, verdict) in
        [("/connect/oauth2/authorize?", 0, "safe"), ("/connect/nowhere?", 1, "unsafe")]
    {
        let played = run(&["conformance", "--client", &client(page), "--case", "authorize-page", "--json"]);
        assert_eq!((played.exit, played.stderr.as_str()), (exit, ""), "{played:?}");
        let report = played.json();
        assert_eq!((&report["client"], &report["version"]), (&"tiny".into(), &"7".into()));
        assert_eq!(report["cases"][0]["verdict"], verdict);
        assert_eq!(report["cases"][0]["reason"].is_null(), exit == 0);
        assert_eq!(report["totals"][verdict], 1);
        assert_eq!(report["areas"].as_array().map(Vec::is_empty), Some(false));
    }
}

#[test]
fn a_client_that_says_nothing_is_waited_for_as_long_as_is_asked() {
    let client = r#"sh -c 'read x; echo "{\"client\":\"mute\"}"; cat > /dev/null'"#;
    let played = run(&["conformance", "--client", client, "--case", "authorize-page", "--patience", "1"]);
    assert_eq!(played.exit, 1, "{played:?}");
    assert!(played.stdout.contains("hangs: no answer for 1 seconds"), "{played:?}");
}

#[test]
fn the_same_report_is_printed_each_time() {
    let client = client("/connect/nowhere?");
    let arguments = [
        "conformance",
        "--client",
        &client,
        "--case",
        "authorize-scope",
        "--case",
        "authorize-page",
        "--json",
    ];
    assert_eq!(run(&arguments).stdout, run(&arguments).stdout);
}

#[test]
fn people_read_a_line_for_each_case_its_reason_and_a_summary() {
    let client = client("/connect/nowhere?");
    let arguments = ["conformance", "--client", &client, "--case", "authorize-page"];
    let english = run(&arguments).stdout;
    assert_eq!(
        english,
        "tiny 7\n\nAuthorize URL\n✗ unsafe authorize-page\n           sends people to the wrong page\n\n\
         1 case: 0 safe, 1 unsafe, 0 cannot\n"
    );
    let chinese = run(&[&arguments[..], &["--lang", "zh"]].concat()).stdout;
    assert!(chinese.contains("✗ 不安全 authorize-page\n           授权页地址不正确\n"), "{chinese}");
    let verbose = run(&[&arguments[..], &["--verbose"]].concat()).stdout;
    assert!(
        verbose
            .contains("    > {\"do\":\"start\",\"browser\":\"a\"}\n    < {\"go\":\"/connect/nowhere?\"}\n")
    );
}

#[test]
fn wrong_usage_and_a_client_that_does_not_start_end_with_2() {
    for arguments in [
        &["conformance"][..],
        &["conformance", "--client", ""],
        &["conformance", "--client", "sh -c 'open"],
        &["conformance", "--client", "/no/such/client"],
        &["conformance", "--client", "true", "--case", "no-such-case"],
        &["conformance", "--client", "true", "--jobs", "0"],
        &["conformance", "--client", "true", "--patience", "0"],
        &["conformance", "--unknown"],
        &["conformance", "--list", "--json"],
    ] {
        let refused = run(arguments);
        assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!refused.stderr.is_empty() && !refused.stderr.contains("no-such-case"), "{refused:?}");
    }
}

#[test]
fn a_program_that_ends_before_its_first_answer_is_told_in_its_own_words() {
    let client = "sh -c 'echo no such shim >&2; exit 2'";
    let refused =
        run(&["conformance", "--client", client, "--case", "authorize-page", "--case", "plain-login"]);
    assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(
        refused.stderr.contains("never says who it is") && refused.stderr.contains("\n  no such shim"),
        "{refused:?}"
    );
}
