//! Whatever comes as an answer, a client keeps little of it, and comes back with a typed error by its deadline.
//!
//! Each client runs in a process of its own, which measures what it keeps. Nothing is said about how long it takes on a
//! busy machine: a client that gives up says so, and one that does not is stopped after [`PATIENCE`].
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use conformance::bodies::{hostile_bodies, read_as_every_answer};
use conformance::case::http;
use conformance::server::{Behaviour, Server};
use conformance::{Reqwest, Transport, Ureq, grant_body};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use wechat_oauth::MAX_BODY;

/// The deadline where one strikes, in milliseconds: long enough to have sent the request by then.
const SHORT: u64 = 1000;
/// The deadline where none may strike, on any machine.
const LONG: u64 = 60_000;
/// Past every deadline, and yet a test ends.
const PATIENCE: Duration = Duration::from_secs(90);

/// What ureq keeps besides the body: 128 KiB for what it sends, as much for what it receives, the head of an answer, and
/// the body's own buffer a second time while it grows.
const OF_UREQ: usize = 512 * 1024;
/// What reqwest keeps besides the body: hyper's buffer, which grows to some 400 KiB while data comes fast, and is there a
/// second time while it grows.
const OF_REQWEST: usize = 1024 * 1024;
/// What the core keeps of a body: most of a list of privileges of one letter each, which become values of their own.
const OF_THE_CORE: usize = 16 * MAX_BODY;
/// The stack that reading any answer gets by with. Code that is not optimised takes several times what it needs.
const STACK: usize = 64 * 1024;

/// What has to come out: the `reason` of a lost answer, or of a malformed one.
type Expected = &'static [&'static str];

const TOO_LARGE: Expected = &["too_large"];
const PROTOCOL: Expected = &["protocol"];
const TIMEOUT: Expected = &["timeout"];
// What never amounts to anything may come fast enough to end before the deadline, which is the server's doing.
const FLOOD: Expected = &["timeout", "closed", "protocol"];

#[test]
fn no_answer_makes_ureq_keep_much_or_wait_long() {
    play(Ureq::NAME, OF_UREQ);
}

#[test]
fn no_answer_makes_reqwest_keep_much_or_wait_long() {
    play(Reqwest::NAME, OF_REQWEST);
}

#[test]
fn no_body_makes_the_core_keep_much() {
    let core = run(&["core"]);
    assert_eq!(core["bodies"], hostile_bodies().len());
    println!("the core keeps at most {} bytes, of {}", core["peak"], core["body"]);
    assert!(core["peak"].as_u64().unwrap() <= OF_THE_CORE as u64, "{core}");
}

/// Whoever overflows a stack ends the whole process, and so this test.
#[test]
fn no_body_makes_the_core_go_deep() {
    for (name, body) in hostile_bodies() {
        let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK);
        thread.spawn(move || read_as_every_answer(&body)).unwrap().join().unwrap();
    }
}

struct Attack {
    name: &'static str,
    behaviour: Behaviour,
    https: bool,
    expected: Expected,
}

/// Those that only wait do so side by side.
fn play(transport: &str, allowance: usize) {
    let (waiting, busy): (Vec<_>, Vec<_>) =
        attacks().into_iter().partition(|attack| attack.expected == TIMEOUT);
    std::thread::scope(|scope| {
        for attack in &waiting {
            scope.spawn(move || attack.play(transport, allowance));
        }
    });
    for attack in busy {
        attack.play(transport, allowance);
    }
}

impl Attack {
    fn play(&self, transport: &str, allowance: usize) {
        let server = Server::start(self.behaviour.clone());
        let base_url =
            if self.https { server.base_url().replace("http:", "https:") } else { server.base_url() };
        let deadline = if self.expected.contains(&"timeout") { SHORT } else { LONG };
        let came = run(&[transport, &base_url, &deadline.to_string()]);
        let title = format!("{} over {transport}", self.name);
        let (reason, peak) = (&came["error"]["reason"], came["peak"].as_u64().unwrap());
        println!("{title}: {reason}, {peak} bytes kept, {} taken", server.written());
        assert!(self.expected.iter().any(|expected| reason == expected), "{title}: {}", came["error"]);
        assert!(peak <= (MAX_BODY + allowance) as u64, "{title}: {peak} bytes kept");
        assert!(server.requests().len() <= 1, "{title}: the code was sent again");
    }
}

fn attacks() -> Vec<Attack> {
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
    let chunked = || head("Transfer-Encoding: chunked\r\n");
    let spaces = vec![b' '; MAX_BODY];
    let chunk = [b"10000\r\n".as_slice(), &spaces, b"\r\n"].concat();
    let endless = |name, first: Vec<u8>, again: &[u8], expected| Attack {
        name,
        behaviour: Behaviour::Repeat(first, again.to_vec()),
        https: false,
        expected,
    };
    let other = |name, behaviour, expected| Attack { name, behaviour, https: false, expected };
    let after = |mut head: Vec<u8>, more: &[u8]| {
        head.extend(more);
        head
    };
    let packed = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![b' '; 64 << 20]).unwrap();
        encoder.finish().unwrap()
    };
    let many_headers = "X-Header: 1\r\n".repeat(10_000);
    vec![
        endless("a body without end", head("Connection: close\r\n"), &spaces, TOO_LARGE),
        endless("chunks without end", chunked(), &chunk, TOO_LARGE),
        endless("200 MiB", head(&format!("Content-Length: {}\r\n", 200 << 20)), &spaces, TOO_LARGE),
        endless(
            "a length beyond all",
            head("Content-Length: 18446744073709551615\r\n"),
            &spaces,
            &["too_large", "protocol"],
        ),
        other(
            "a length that is a lie",
            Behaviour::Close(after(head("Content-Length: 209715200\r\n"), grant_body().as_bytes())),
            &["closed"],
        ),
        endless(
            "headers without end",
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"X-Header: 0123456789\r\n",
            PROTOCOL,
        ),
        endless("a header without end", b"HTTP/1.1 200 OK\r\nX-Header: ".to_vec(), &spaces, PROTOCOL),
        other("ten thousand headers", Behaviour::Close(after(http(200, &many_headers, b""), b"")), PROTOCOL),
        endless("1xx without end", Vec::new(), &b"HTTP/1.1 103 Hints\r\n\r\n".repeat(1000), FLOOD),
        endless("a chunk's size without end", chunked(), &[b'0'; 4096], FLOOD),
        endless(
            "a chunk's extension without end",
            after(chunked(), b"1;"),
            &b"note=0123456789;".repeat(256),
            PROTOCOL,
        ),
        endless(
            "trailers without end",
            after(chunked(), b"2\r\n{}\r\n0\r\n"),
            &b"X-Trailer: 1\r\n".repeat(256),
            FLOOD,
        ),
        endless("chunks of one byte without end", chunked(), &b"1\r\n \r\n".repeat(1000), TOO_LARGE),
        other(
            "64 MiB in 64 KiB of gzip",
            Behaviour::Close(http(200, "Content-Encoding: gzip\r\n", &packed)),
            &["not_json", "too_large"],
        ),
        other(
            "the same, not said to be gzip",
            Behaviour::Close(http(200, "", &packed)),
            &["not_json", "too_large"],
        ),
        other(
            "a slow head",
            Behaviour::Drip(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Header: 1\r\n".to_vec()),
            TIMEOUT,
        ),
        other("a slow body", Behaviour::Drip(head("Content-Length: 1000\r\n"), b" ".to_vec()), TIMEOUT),
        other("no head", Behaviour::Hang(Vec::new()), TIMEOUT),
        other("no body", Behaviour::Hang(head("Content-Length: 1000\r\n")), TIMEOUT),
        other(
            "half-closed in place of a body",
            Behaviour::HalfClose(head("Content-Length: 1000\r\n")),
            &["closed"],
        ),
        Attack {
            name: "silence where TLS is expected",
            behaviour: Behaviour::Unasked(Vec::new()),
            https: true,
            expected: TIMEOUT,
        },
    ]
}

/// Runs the program that measures, and reads what it prints.
fn run(arguments: &[&str]) -> Value {
    let mut child = Command::new(env!("CARGO_BIN_EXE_limits"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}
