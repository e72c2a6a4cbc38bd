//! Replays the inputs under `fuzz/corpus`, with every truncation and many changes of one byte, so that the promises of
//! the fuzz targets are kept on any toolchain.
#![allow(clippy::unwrap_used, clippy::panic)] // the helpers are tests too

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

type Body = fn(&[u8]);

/// Every target, as `fuzz/Cargo.toml` has it.
const TARGETS: [(&str, Body); 6] = [
    ("answer", wechat_oauth_fuzzing::answer),
    ("c_abi", wechat_oauth_fuzzing::c_abi),
    ("callback", wechat_oauth_fuzzing::callback),
    ("lint", wechat_oauth_fuzzing::lint),
    ("redirect_uri", wechat_oauth_fuzzing::redirect_uri),
    ("scopes", wechat_oauth_fuzzing::scopes),
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
    let (_, body) = TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    for (name, input) in inputs(target) {
        for end in 0..=input.len() {
            run(target, body, &name, &input[..end]);
        }
        let mut changed = input.clone();
        for place in 0..input.len() {
            for byte in CHANGES.iter().copied() {
                changed[place] = byte;
                run(target, body, &name, &changed);
            }
            changed[place] = input[place];
        }
    }
}

#[test]
fn no_answer_breaks_a_promise() {
    replay("answer");
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
fn no_linted_url_breaks_a_promise() {
    replay("lint");
}

#[test]
fn no_redirect_uri_breaks_a_promise() {
    replay("redirect_uri");
}

#[test]
fn no_list_of_scopes_breaks_a_promise() {
    replay("scopes");
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
