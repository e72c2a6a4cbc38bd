//! Runs the command as a user would, with an environment of its own.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run has failed")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit: i32,
}

impl Run {
    /// The one JSON document on standard output.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "one line: {self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// `error.kind` and `error.reason` of the document.
    pub(crate) fn error(&self) -> (String, String) {
        let document = self.json();
        let text = |key: &str| document["error"][key].as_str().unwrap_or_default().to_owned();
        (text("kind"), text("reason"))
    }
}

/// The command with these arguments, and none of the caller's settings.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wechat-oauth"));
    command.args(args).env("LC_ALL", "C");
    for name in ["WECHAT_APP_SECRET", "WECHAT_COMPONENT_ACCESS_TOKEN"] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn run(args: &[&str]) -> Run {
    finish(command(args), b"")
}

pub(crate) fn run_with_input(args: &[&str], input: impl AsRef<[u8]>) -> Run {
    finish(command(args), input.as_ref())
}

pub(crate) fn finish(mut command: Command, input: &[u8]) -> Run {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command that reads nothing closes the pipe early.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        exit: output.status.code().unwrap(),
    }
}
