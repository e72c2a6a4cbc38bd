//! The emulator's answers a second beside axum's own "hello": each on one thread that does nothing else, in turns. It
//! is the processor time of these threads that is compared: what else the machine does hardly changes it.
#![allow(clippy::expect_used)] // a benchmark whose work fails must stop

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::{fs, thread};

use axum::Router;
use axum::routing::get;
use wechat_oauth_bench::results::{self, Measured};
use wechat_oauth_core::{App, AppSecret, Code, Endpoints, ProfileLang, Scope};
use wechat_oauth_emulator::{AccountKind, Emulator};

/// How many requests a batch has, and how many batches each side has; one more before them fills caches.
const REQUESTS: usize = 4_000;
const BATCHES: usize = 11;
/// The lowest ratio that is aimed at.
const GOAL: f64 = 0.9;
/// The names of the two threads.
const EMULATOR: &str = "wechat-emulator";
const HELLO: &str = "hello";

fn main() {
    let emulator = Emulator::start().expect("a free port");
    let mut ours = Side::new(EMULATOR, &profile_url(&emulator));
    let mut theirs = Side::new(HELLO, &hello());
    let mut pairs: Vec<[f64; 2]> = (0..=BATCHES).map(|_| [ours.batch(), theirs.batch()]).collect();
    pairs.remove(0);
    let unit = "answers a second of processor";
    let measured =
        Measured::new("B9", "profile from the emulator", "axum's hello", unit, &pairs).at_least(GOAL);
    let Measured { ours, theirs, ratio: [least, median, most], .. } = measured;
    println!("Answers a second of processor: the emulator's profile {ours:.0}, axum's hello {theirs:.0}");
    println!("ratio {median:.3} ({least:.3} to {most:.3}), goal ≥ {GOAL}");
    results::write("emulator", &[measured]);
}

/// Where a person's profile is, with a token of theirs.
fn profile_url(emulator: &Emulator) -> String {
    let announced = emulator.announcement();
    let account = announced.accounts.iter().find(|account| account.kind == AccountKind::OfficialAccount);
    let account = account.expect("the default world has one");
    let person = emulator.world(|world| world.users()[0].id.clone());
    let code = emulator.issue_code(&account.appid, &person, Scope::UserInfo).expect("a code");
    let secret = AppSecret::new(account.secret.clone().expect("it has one")).expect("a secret");
    let app = App::official_account(account.appid.parse().expect("an appid"), secret)
        .at(Endpoints::emulator(emulator.base_url()).expect("on loopback"));
    let client = wechat_oauth_ureq::Client::for_app(&app).expect("no TLS is needed");
    let code = Code::received_without_state(&code).expect("a code").asked_for(Scope::UserInfo);
    let grant =
        client.send(app.exchange(code).expect("a call")).expect("a grant").into_grant().expect("a person");
    app.profile(&grant, ProfileLang::default()).expect("a call").request().url().expose().to_owned()
}

/// Serves "hello" as axum's first example does, on a thread and a runtime like the emulator's, and says where.
fn hello() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let origin = format!("http://{}", listener.local_addr().expect("it listens"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let serve = move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            let app = Router::new().route("/", get(|| async { "Hello, World!" }));
            axum::serve(listener, app).await.expect("it serves");
        });
    };
    thread::Builder::new().name(HELLO.to_owned()).spawn(serve).expect("a thread");
    format!("{origin}/")
}

/// A server's thread, and a connection to it.
struct Side {
    schedule: String,
    connection: TcpStream,
    request: String,
}

impl Side {
    fn new(thread: &str, url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("plain http");
        let (host, path) = rest.split_at(rest.find('/').expect("a path"));
        let connection = TcpStream::connect(host).expect("it listens");
        connection.set_nodelay(true).expect("a socket");
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let mut side = Self { schedule: String::new(), connection, request };
        // A thread has its name once it runs.
        side.ask();
        side.schedule = schedule_of(thread);
        side
    }

    /// Answers a second of the thread's processor time.
    fn batch(&mut self) -> f64 {
        let before = self.seconds();
        (0..REQUESTS).for_each(|_| self.ask());
        REQUESTS as f64 / (self.seconds() - before)
    }

    fn ask(&mut self) {
        self.connection.write_all(self.request.as_bytes()).expect("it listens");
        let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let length = self.connection.read(&mut piece).expect("an answer");
            assert!(length > 0, "the connection ended");
            answer.extend_from_slice(&piece[..length]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length = head.to_ascii_lowercase();
            let length = length.split_once("content-length: ").expect("it has a length").1;
            if body.len() >= length.lines().next().and_then(|line| line.parse().ok()).expect("a length") {
                return;
            }
        }
    }

    /// The thread's processor time so far.
    fn seconds(&self) -> f64 {
        let schedule = fs::read_to_string(&self.schedule).expect("Linux tells");
        let nanoseconds: f64 =
            schedule.split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
        nanoseconds / 1e9
    }
}

/// The file in which Linux tells a thread's processor time in nanoseconds.
fn schedule_of(thread: &str) -> String {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux tells");
    let mut folders = tasks.flatten().map(|task| task.path().display().to_string());
    let is_it = |folder: &String| {
        fs::read_to_string(format!("{folder}/comm")).is_ok_and(|name| name.trim() == thread)
    };
    format!("{}/schedstat", folders.find(is_it).expect("the thread runs"))
}
