//! Runs the examples that end by themselves, as a reader would, and looks at what they print.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

use std::process::Command;

/// What the example printed, line by line. `cargo test` has built it: examples lie beside the folder of the tests.
fn run(example: &str) -> Vec<String> {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("examples").join(example);
    let output = Command::new(&program).output().expect("`cargo test -p examples` builds the examples, too");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{example}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Each line begins as expected, and there are no more.
fn assert_lines(printed: &[String], expected: &[&str]) {
    assert_eq!(printed.len(), expected.len(), "{printed:#?}");
    for (printed, expected) in printed.iter().zip(expected) {
        assert!(printed.trim_start().starts_with(expected), "{printed:?} is not {expected:?}...");
    }
}

#[test]
fn offline_gets_from_the_authorize_url_to_the_profile() {
    let printed = run("offline");
    let expected = [
        "1. redirect the browser to https://open.weixin.qq.com/connect/oauth2/authorize",
        "2. the callback brought our state, and a code",
        "3. GET https://api.weixin.qq.com/sns/oauth2/access_token",
        "the grant is Fresh for 7200 s",
        "4. GET https://api.weixin.qq.com/sns/userinfo",
        "王小明 signed in as o",
    ];
    assert_lines(&printed, &expected);
    assert_eq!(printed, run("offline"), "without I/O, every run is the same");
}

#[test]
fn blocking_shows_each_end_of_a_login() {
    let expected = [
        "signed in: 王小明, o",
        "please sign in again: the callback's state is not this login's",
        "signed in: 王小明, o",
        "please sign in again: WeChat refused the exchange with errcode 40163 (code_been_used)",
        "please sign in again: no answer to the exchange",
    ];
    assert_lines(&run("blocking"), &expected);
}

#[test]
fn store_and_resume_renews_what_it_stored() {
    let expected = [
        "stored the pending login",
        "stored the grant of o",
        "0 hours later: the access token is fresh, and WeChat says that it is valid",
        "stored the grant of o",
        "2 hours later: renewed the access token, and WeChat says that it is valid",
        "30 days later: the grant is over",
    ];
    assert_lines(&run("store_and_resume"), &expected);
}

#[test]
fn component_gets_over_a_stale_token_of_the_platform() {
    let printed = run("component");
    let expected = [
        "the callback is for wx",
        "o",
        "refused with 42001: the platform's own token is stale",
        "renewed the grant of o",
    ];
    assert_lines(&printed, &expected);
    assert!(printed[1].contains(" signed in to wx"), "{printed:?}");
}
