//! Judging a callback with a wrong state takes as many instructions wherever, and however, the state is wrong.
//!
//! Instructions are counted by valgrind, so it does not matter how busy the machine is. The program that is counted has
//! the profile of this test: `cargo test` counts the code as it is built for tests, `cargo test --release` as it is
//! built for users.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The state that the program's login waits for.
fn state() -> String {
    "a5".repeat(32)
}

fn callback(state: &str) -> String {
    format!("code=C0DE&state={state}")
}

/// Callbacks that are judged first, so that every page and every bin of the allocator has been used.
const WARM_UP: usize = 8;

/// Wrong states, each with the way in which it is wrong.
fn wrong_states() -> Vec<(String, String)> {
    let (ours, mut wrong) = (state(), Vec::new());
    let with = |position: usize, byte: u8| {
        let mut bytes = ours.clone().into_bytes();
        bytes[position] = byte;
        String::from_utf8(bytes).unwrap()
    };
    for position in 0..ours.len() {
        for byte in *b"0Zz" {
            wrong.push((format!("{} at {position}", char::from(byte)), with(position, byte)));
        }
    }
    for byte in (b'0'..=b'z').filter(|byte| byte.is_ascii_alphanumeric() && *byte != b'a') {
        wrong.push((format!("{} at the start", char::from(byte)), with(0, byte)));
    }
    for right in 0..ours.len() {
        wrong.push((format!("right for {right}"), format!("{}{}", &ours[..right], "f".repeat(64 - right))));
    }
    wrong
}

/// The instructions of judging each callback.
fn instructions(how: &str, function: &str, callbacks: &[String]) -> Vec<u64> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{how}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let function = format!("wechat_oauth_timing::{function}");
    let mut valgrind = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no"])
        .args([format!("--toggle-collect={function}"), format!("--dump-after={function}")])
        .arg(format!("--callgrind-out-file={}", folder.join("counted").display()))
        .args([env!("CARGO_BIN_EXE_wechat-oauth-timing"), how])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start valgrind ({error}); install Debian's package of it"));
    let warm_up = std::iter::repeat_n(&callbacks[0], WARM_UP);
    let mut input = valgrind.stdin.take().unwrap();
    for callback in warm_up.chain(callbacks) {
        writeln!(input, "{callback}").unwrap();
    }
    drop(input);
    assert!(valgrind.wait().unwrap().success());
    let counts = (1..=WARM_UP + callbacks.len()).map(|number| {
        let profile = fs::read_to_string(folder.join(format!("counted.{number}"))).unwrap();
        let total = profile.lines().rev().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        total.trim().parse().unwrap()
    });
    let counts: Vec<u64> = counts.skip(WARM_UP).collect();
    fs::remove_dir_all(&folder).unwrap();
    counts
}

#[test]
fn judging_a_wrong_state_takes_as_many_instructions_wherever_it_is_wrong() {
    let wrong = wrong_states();
    let mut callbacks: Vec<String> = wrong.iter().map(|(_, state)| callback(state)).collect();
    callbacks.push(callback(&state()));
    let counts = instructions("accept", "accepted", &callbacks);
    let (accepted, refused) = counts.split_last().unwrap();
    let mut ways: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (count, (way, _)) in refused.iter().zip(&wrong) {
        ways.entry(*count).or_default().push(way);
    }
    assert_eq!(ways.len(), 1, "the count tells something: {ways:#?}");
    println!("{} wrong states, {} instructions each; the right one {accepted}", wrong.len(), refused[0]);
    // Reading a callback is more than nothing, and one that is accepted is read on.
    assert!(refused[0] > 200 && *accepted != refused[0]);
}

#[test]
fn a_comparison_that_ends_at_the_first_difference_is_found_out() {
    let states = (0..64).step_by(7).map(|right| format!("{}{}", &state()[..right], "f".repeat(64 - right)));
    let callbacks: Vec<String> = states.map(|state| callback(&state)).collect();
    let counts = instructions("planted", "compared", &callbacks);
    assert!(counts.windows(2).all(|pair| pair[0] < pair[1]), "{counts:?}");
}
