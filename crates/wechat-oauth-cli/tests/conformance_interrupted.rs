//! What is left of the clients when the kit is told to end.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, wherever it does")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use std::{env, fs, process};

#[test]
fn a_kit_that_is_told_to_end_leaves_no_client_that_hangs() {
    let folder = env::temp_dir().join(format!("wechat-oauth-conformance-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let pipe = folder.join("client");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // It says who it is, and reads nothing, not even the end of its input.
    let client = format!("sh -c 'echo $$ > {}; exec sleep 300'", pipe.display());
    let mut kit = Command::new(env!("CARGO_BIN_EXE_wechat-oauth"))
        .args(["conformance", "--case", "plain-login", "--jobs", "1", "--client", &client])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut client = String::new();
    BufReader::new(fs::File::open(&pipe).unwrap()).read_line(&mut client).unwrap();
    let client = Path::new("/proc").join(client.trim());
    assert!(client.exists());

    let told = Command::new("kill").args(["-TERM", &kit.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(kit.wait().unwrap().code(), Some(130));
    // Whoever inherits it takes a moment to notice that it is gone; one that hangs takes five minutes.
    let is_there = || fs::read_to_string(client.join("stat")).is_ok_and(|stat| !stat.contains(") Z "));
    let mut looks = 0;
    while is_there() {
        looks += 1;
        assert!(looks < 200, "the client is still there");
        thread::sleep(Duration::from_millis(50));
    }
    fs::remove_dir_all(&folder).unwrap();
}
