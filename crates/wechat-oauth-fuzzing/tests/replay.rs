//! Replays the inputs under `fuzz/corpus`, with every truncation and many changes of one byte, so that the promises of
//! the fuzz targets are kept on any toolchain.
#![allow(clippy::unwrap_used, clippy::panic)] // the helpers are tests too

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

type Body = fn(&[u8]);

/// Every target, as `fuzz/Cargo.toml` has it.
const TARGETS: [(&str, Body); 15] = [
    ("authorize_url", wechat_oauth_fuzzing::authorize_url),
    ("c_abi", wechat_oauth_fuzzing::c_abi),
    ("callback", wechat_oauth_fuzzing::callback),
    ("check", wechat_oauth_fuzzing::check),
    ("cookie", wechat_oauth_fuzzing::cookie),
    ("exchange", wechat_oauth_fuzzing::exchange),
    ("lint", wechat_oauth_fuzzing::lint),
    ("profile", wechat_oauth_fuzzing::profile),
    ("redirect_uri", wechat_oauth_fuzzing::redirect_uri),
    ("refusal", wechat_oauth_fuzzing::refusal),
    ("request", wechat_oauth_fuzzing::request),
    ("return_to", wechat_oauth_fuzzing::return_to),
    ("scopes", wechat_oauth_fuzzing::scopes),
    ("sealed", wechat_oauth_fuzzing::sealed),
    ("stored", wechat_oauth_fuzzing::stored),
];

/// What each byte of an input is changed to: the bytes that mean something in JSON, in a URL, in UTF-8 or to a target.
const CHANGES: &[u8] = b"\0\n\"#%&,/0:=?\\a}\xff";

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The kept inputs of a target, in the order of their names.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz_folder().join("corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no input for {target}");
    inputs
}

/// Runs the body, and names the input on failure in a form that can be pasted into a test.
fn run(target: &str, body: Body, name: &str, input: &[u8]) {
    if catch_unwind(|| body(input)).is_err() {
        panic!("{target}, from {name}: b\"{}\"", input.escape_ascii());
    }
}

fn replay(target: &str) {
    replay_with(target, |_| CHANGES);
}

/// As [`replay`], with one change a place, each byte in its turn: for a target whose inputs are long and slow.
fn replay_lightly(target: &str) {
    replay_with(target, |place| std::slice::from_ref(&CHANGES[place % CHANGES.len()]));
}

fn replay_with(target: &str, changes: impl Fn(usize) -> &'static [u8]) {
    let (_, body) = TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    for (name, input) in inputs(target) {
        for end in 0..=input.len() {
            run(target, body, &name, &input[..end]);
        }
        let mut changed = input.clone();
        for place in 0..input.len() {
            for byte in changes(place) {
                changed[place] = *byte;
                run(target, body, &name, &changed);
            }
            changed[place] = input[place];
        }
    }
}

#[test]
fn no_answer_breaks_a_promise() {
    replay("exchange");
    replay("profile");
    replay("check");
}

#[test]
fn no_refusal_breaks_a_promise() {
    replay("refusal");
}

#[test]
fn no_authorize_url_breaks_a_promise() {
    replay("authorize_url");
}

#[test]
fn no_program_in_c_breaks_a_promise() {
    replay("c_abi");
}

#[test]
fn no_callback_breaks_a_promise() {
    replay("callback");
}

#[test]
fn no_cookie_breaks_a_promise() {
    replay("cookie");
}

#[test]
fn no_linted_url_breaks_a_promise() {
    replay("lint");
}

#[test]
fn no_redirect_uri_breaks_a_promise() {
    replay("redirect_uri");
}

#[test]
fn no_request_to_the_emulator_breaks_a_promise() {
    replay_lightly("request");
}

#[test]
fn no_place_to_return_to_breaks_a_promise() {
    replay("return_to");
}

#[test]
fn no_list_of_scopes_breaks_a_promise() {
    replay("scopes");
}

#[test]
fn no_sealed_record_breaks_a_promise() {
    replay("sealed");
}

#[test]
fn no_stored_value_breaks_a_promise() {
    replay("stored");
}

#[test]
fn every_fuzz_target_is_replayed() {
    let mut files: Vec<String> = fs::read_dir(fuzz_folder().join("fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, TARGETS.map(|(name, _)| name));
}
