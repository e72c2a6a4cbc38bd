//! The files hold what the reference says today.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::BTreeSet;
use std::fs;

use wechat_oauth_vectors::Vector;
use wechat_oauth_vectors::vector::{committed, folder, fresh, written};

const ANEW: &str = "run `cargo run -p wechat-oauth-vectors -- write`, and read what changed";

#[test]
fn the_files_of_vectors_are_fresh() {
    for (name, vectors) in fresh().unwrap() {
        let path = folder().join(format!("{name}.json"));
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(text == written(&vectors), "{} is not fresh: {ANEW}", path.display());
        assert_eq!(serde_json::from_str::<Vec<Vector>>(&text).unwrap(), vectors, "{name}");
    }
}

#[test]
fn no_file_is_left_over() {
    let known: BTreeSet<_> = fresh().unwrap().into_iter().map(|(name, _)| format!("{name}.json")).collect();
    let found: BTreeSet<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, known);
}

#[test]
fn every_vector_has_a_name_of_its_own_and_asks_something_of_its_own() {
    let (mut names, mut questions) = (BTreeSet::new(), BTreeSet::new());
    for vector in committed().unwrap() {
        assert!(questions.insert(vector.line()), "{} asks what another asks", vector.name);
        assert!(names.insert(vector.name.clone()), "{} is the name of two", vector.name);
    }
}
