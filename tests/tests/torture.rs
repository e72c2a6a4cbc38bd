//! Every call of the system that a sign-in makes goes wrong once, one after the other, in every way that it can: somebody
//! signs in who is the right one, or a typed error says that nobody does. A code that was sent is not sent again.
//!
//! `tests/torture/fault.c` makes the calls go wrong. Here, each call goes wrong in a few ways; with `TORTURE=all` in the
//! environment, in every way.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::BTreeMap;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use conformance::player::Came;
use conformance::{Reqwest, Transport, Ureq};
use serde_json::{Value, json};
use wechat_oauth::Scope;
use wechat_oauth_emulator::{AccountKind, Emulator};

/// What must not change anything: programs are interrupted, and bytes come and go one by one, on good days too.
const HARMLESS: [&str; 3] = ["interrupt", "short", "dribble"];
/// Ends of a connection, and of memory.
const HARMFUL: [&str; 7] = ["reset", "pipe", "timeout", "abort", "nomem", "cut", "end"];
/// Those that each call goes wrong in unless all are asked for.
const USUAL: [&str; 4] = ["interrupt", "short", "reset", "cut"];
/// More calls than any sign-in makes, unless it goes round in circles.
const MOST_CALLS: usize = 2000;
/// No sign-in takes as long, on any machine: past every deadline of the client.
const PATIENCE: Duration = Duration::from_secs(120);
/// So much of a code gives it away.
const PART_OF_A_CODE: usize = 8;

#[test]
fn whatever_call_of_the_system_fails_nobody_else_signs_in_over_ureq() {
    Torture::of(Ureq::NAME).every_call();
}

#[test]
fn whatever_call_of_the_system_fails_nobody_else_signs_in_over_reqwest() {
    Torture::of(Reqwest::NAME).every_call();
}

struct Torture {
    transport: &'static str,
    fault: PathBuf,
    emulator: Emulator,
    relay: Relay,
}

/// What one process came to.
struct Run {
    came: Came,
    /// The call that went wrong, or why none did.
    struck: String,
    /// How often the code was sent.
    sent: usize,
}

impl Torture {
    fn of(transport: &'static str) -> Self {
        let emulator = Emulator::start().unwrap();
        let relay = Relay::to(emulator.base_url().rsplit('/').next().unwrap().parse().unwrap());
        Self { transport, fault: build_library(transport), emulator, relay }
    }

    fn every_call(&self) {
        let all = std::env::var("TORTURE").is_ok_and(|value| value == "all");
        let kinds = HARMLESS.iter().chain(&HARMFUL).filter(|kind| all || USUAL.contains(kind));
        let mut injected: BTreeMap<(&str, String), usize> = BTreeMap::new();
        for &kind in kinds {
            for at in 1.. {
                assert!(at < MOST_CALLS, "{}, {kind}: a sign-in makes calls without end", self.transport);
                let run = self.run(kind, at);
                if run.struck == "none" {
                    self.assert_signed_in(&run, kind, at);
                    break;
                }
                if HARMLESS.contains(&kind) {
                    self.assert_signed_in(&run, kind, at);
                } else {
                    self.assert_signed_in_or_lost(&run, kind, at);
                }
                if run.struck != "untouched" {
                    *injected.entry((kind, run.struck)).or_default() += 1;
                }
                // From the first call on, every byte by itself: there is no more to it.
                if kind == "dribble" {
                    break;
                }
            }
        }
        println!("{}: {} faults injected: {injected:?}", self.transport, injected.values().sum::<usize>());
        for call in ["connect", "getaddrinfo"] {
            let struck = injected.keys().any(|(kind, struck)| *kind == "reset" && struck == call);
            assert!(struck, "{}: no {call} went wrong", self.transport);
        }
        assert!(
            injected.keys().any(|(kind, _)| *kind == "interrupt"),
            "{}: nothing was interrupted",
            self.transport
        );
        for kind in ["short", "reset", "cut"] {
            let moving = |struck: &str| ["recv", "send", "read", "write"].contains(&struck);
            let struck = injected.keys().filter(|(other, struck)| *other == kind && moving(struck)).count();
            assert_eq!(struck, 2, "{}, {kind}: both directions go wrong", self.transport);
        }
    }

    /// One sign-in, with a code of its own.
    fn run(&self, kind: &str, at: usize) -> Run {
        let (appid, secret, user) = self.emulator.world(|world| {
            let account = world.account_of_kind(AccountKind::OfficialAccount).unwrap();
            let secret = account.secret().unwrap().expose().to_owned();
            (account.appid().to_string(), secret, world.users()[0].id.clone())
        });
        let code = self.emulator.issue_code(&appid, &user, Scope::UserInfo).unwrap();
        let base_url = self.relay.base_url();
        let app =
            json!({"account": "official_account", "appid": appid, "secret": secret, "base_url": base_url});
        let start = json!({"sign_in": {"code": code, "scope": Scope::UserInfo}});
        let told = self.fault.with_extension("told");
        let mut child = Command::new(env!("CARGO_BIN_EXE_torture"));
        child.args([self.transport, &app.to_string(), &start.to_string()]);
        child.env("LD_PRELOAD", &self.fault).env("FAULT_OUT", &told);
        child.env("FAULT_AT", at.to_string()).env("FAULT_KIND", kind);
        let output = within_patience(child.stdin(Stdio::null()));
        let title = format!("{}, {kind}, call {at}", self.transport);
        assert!(output.ok, "{title}: the process failed: {}", output.errors);
        assert!(!output.errors.contains("panicked"), "{title}: {}", output.errors);
        let printed: Value = serde_json::from_str(&output.printed).unwrap();
        let said = printed["said"].as_str().unwrap().to_owned() + &output.errors;
        let came = Came { document: printed["document"].clone(), said };
        came.says_nothing_secret(&[("secret", &secret), ("code", &code)]).unwrap();
        let told = std::fs::read_to_string(told).unwrap();
        let struck = told.split_whitespace().nth(1).unwrap().to_owned();
        Run { came, struck, sent: self.relay.times_seen(&code[..PART_OF_A_CODE]) }
    }

    fn assert_signed_in(&self, run: &Run, kind: &str, at: usize) {
        let title = format!("{}, {kind}, call {at} ({})", self.transport, run.struck);
        let document = &run.came.document;
        let (openid, nickname) = self.emulator.world(|world| {
            let appid = world.account_of_kind(AccountKind::OfficialAccount).unwrap().appid().to_string();
            (world.openid(&world.users()[0].id, &appid).unwrap(), world.users()[0].nickname.clone())
        });
        assert_eq!(document["signed_in"], "person", "{title}: {}", document["error"]);
        assert_eq!(document["openid"], openid, "{title}");
        assert_eq!(document["profile"]["nickname"], nickname, "{title}");
        assert_eq!(run.sent, 1, "{title}: the code was sent so often");
    }

    fn assert_signed_in_or_lost(&self, run: &Run, kind: &str, at: usize) {
        let document = &run.came.document;
        if !run.came.failed() {
            return self.assert_signed_in(run, kind, at);
        }
        let title = format!("{}, {kind}, call {at} ({})", self.transport, run.struck);
        let error = &document["error"];
        assert_eq!(error["kind"], "transport", "{title}: {error}");
        let waited = error["reason"] == "timeout" && kind != "timeout";
        assert!(!waited, "{title}: it waited for what will not come: {error}");
        assert!(run.sent <= 1, "{title}: the code was sent {} times", run.sent);
        if error["phase"] == "connect" {
            assert_eq!(run.sent, 0, "{title}: it says that nothing was sent: {error}");
        }
    }
}

/// Compiles the library, for each transport by itself: the tests run side by side.
fn build_library(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("torture-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    let library = folder.join("fault.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("torture/fault.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&library).arg(source);
    assert!(compiler.arg("-ldl").status().unwrap().success(), "the C compiler failed");
    library
}

struct Finished {
    ok: bool,
    printed: String,
    errors: String,
}

/// What a process prints, if it ends by itself.
fn within_patience(command: &mut Command) -> Finished {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (printed, errors) = (text_of(child.stdout.take().unwrap()), text_of(child.stderr.take().unwrap()));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("a sign-in hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    Finished { ok: status.success(), printed: printed.join().unwrap(), errors: errors.join().unwrap() }
}

fn text_of(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// Hands on what comes to a server, and remembers what clients sent: half a request too, which no server tells of.
struct Relay {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Relay {
    /// A relay on a free port of 127.0.0.1, until the process ends.
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let sent: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let shared = Arc::clone(&sent);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (Ok(upstream), Ok(client_too)) = (TcpStream::connect(server), client.try_clone()) else {
                    return;
                };
                let upstream_too = upstream.try_clone().unwrap();
                let connection = {
                    let mut sent = shared.lock().unwrap();
                    sent.push(Vec::new());
                    sent.len() - 1
                };
                let sent = Arc::clone(&shared);
                std::thread::spawn(move || {
                    hand_on(&client, &upstream, |bytes| sent.lock().unwrap()[connection].extend(bytes));
                });
                std::thread::spawn(move || hand_on(&upstream_too, &client_too, |_| ()));
            }
        });
        Self { address, sent }
    }

    /// By name, so that the name is looked up.
    fn base_url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// How many times a text was sent, over all connections.
    fn times_seen(&self, text: &str) -> usize {
        let sent = self.sent.lock().unwrap();
        let all = sent.iter().map(|bytes| String::from_utf8_lossy(bytes));
        all.map(|bytes| bytes.matches(text).count()).sum()
    }
}

/// Copies until one side ends; then the other side is told.
fn hand_on(mut from: &TcpStream, mut to: &TcpStream, mut see: impl FnMut(&[u8])) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        see(&bytes[..length]);
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // Whoever is gone already needs not be told.
    let _told = to.shutdown(Shutdown::Write);
}
