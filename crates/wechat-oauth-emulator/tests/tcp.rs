//! The emulator over real TCP, asked by a raw socket: what a client really sees on the wire.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it does")]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use wechat_oauth_emulator::{AccountKind, Emulator, Endpoint, Misbehaviour, Scope, StartError};

/// What came over the wire, and how it ended.
struct Answer {
    bytes: Vec<u8>,
    ended: Result<(), ErrorKind>,
}

impl Answer {
    fn head(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        text.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase()
    }

    fn body(&self) -> &[u8] {
        let start =
            self.bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(self.bytes.len(), |at| at + 4);
        &self.bytes[start..]
    }
}

fn ask(emulator: &Emulator, request: &str) -> Answer {
    let address = emulator.base_url().strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let ended = socket.read_to_end(&mut bytes).map(|_| ()).map_err(|error| error.kind());
    Answer { bytes, ended }
}

fn get(emulator: &Emulator, target: &str) -> Answer {
    get_from(emulator, target, "api.weixin.qq.com")
}

fn get_from(emulator: &Emulator, target: &str, host: &str) -> Answer {
    ask(emulator, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
}

/// An exchange that will succeed, of the official account's first user.
fn exchange(emulator: &Emulator) -> String {
    let (appid, secret, user) = emulator.world(|world| {
        let account = world.account_of_kind(AccountKind::OfficialAccount).unwrap();
        let secret = account.secret().unwrap().expose().to_owned();
        (account.appid().to_string(), secret, world.users()[0].id.clone())
    });
    let code = emulator.issue_code(&appid, &user, Scope::UserInfo).unwrap();
    format!(
        "/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}&grant_type=authorization_code"
    )
}

fn misbehave(emulator: &Emulator, misbehaviour: Misbehaviour) {
    emulator.world(|world| world.misbehave_next(misbehaviour, Endpoint::Exchange, 1)).unwrap();
}

#[test]
fn an_exchange_over_tcp_is_plain_text_with_its_length() {
    let emulator = Emulator::start().unwrap();
    let answer = get(&emulator, &exchange(&emulator));
    assert!(answer.ended.is_ok());
    let head = answer.head();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: text/plain\r\n"), "{head}");
    assert!(head.contains(&format!("\r\ncontent-length: {}", answer.body().len())), "{head}");
    assert!(answer.body().starts_with(b"{\"access_token\":\"97_"));
}

#[test]
fn a_form_works_where_somebody_saw_it_work() {
    let emulator = Emulator::start().unwrap();
    let target = exchange(&emulator);
    let (path, form) = target.split_once('?').unwrap();
    let answer = ask(
        &emulator,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        ),
    );
    assert!(answer.body().starts_with(b"{\"access_token\":\"97_"));
}

#[test]
fn a_head_request_finds_what_a_get_would_show() {
    let emulator = Emulator::start().unwrap();
    let head = |target: &str| {
        ask(&emulator, &format!("HEAD {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
    };
    for target in ["/", "/_emulator/", "/_emulator/users", "/_emulator/avatar/xiaoming/132"] {
        let (answer, shown) = (head(target), get_from(&emulator, target, "127.0.0.1"));
        assert!(answer.head().starts_with("http/1.1 200 ok"), "{target}: {}", answer.head());
        assert!(answer.body().is_empty());
        assert!(answer.head().contains(&format!("content-length: {}", shown.body().len())), "{target}");
    }
    // The API takes no HEAD, so that none spends a code.
    let target = exchange(&emulator);
    assert!(head(&target).head().starts_with("http/1.1 200 ok"));
    assert!(get(&emulator, &target).body().starts_with(b"{\"access_token\""));
}

#[test]
fn an_older_protocol_a_proxy_and_a_chunked_form_are_served() {
    let emulator = Emulator::start().unwrap();
    for request in [
        "GET /sns/auth HTTP/1.0\r\n\r\n",
        "GET http://api.weixin.qq.com/sns/auth HTTP/1.1\r\nHost: api.weixin.qq.com\r\nConnection: close\r\n\r\n",
    ] {
        assert!(ask(&emulator, request).body().starts_with(b"{\"errcode\":41001,"), "{request}");
    }
    let chunked = "POST /sns/oauth2/access_token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nappid\r\n3\r\n=wx\r\n0\r\n\r\n";
    assert!(ask(&emulator, chunked).body().starts_with(b"{\"errcode\":40013,"));
}

#[test]
fn an_emulator_on_ipv6_names_its_address_in_brackets() {
    let emulator = match Emulator::builder().listen("[::1]:0".parse().unwrap()).start() {
        Ok(emulator) => emulator,
        // A machine without IPv6 has no such address.
        Err(StartError::Listen { reason, .. }) if reason.kind() == ErrorKind::AddrNotAvailable => return,
        Err(error) => panic!("{error}"),
    };
    let authority = emulator.base_url().strip_prefix("http://").unwrap();
    assert!(authority.starts_with("[::1]:"), "{authority}");
    assert!(get_from(&emulator, "/_emulator/users", authority).head().starts_with("http/1.1 200 ok"));
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let emulator = Emulator::start().unwrap();
    let body = "x".repeat(70_000);
    let answer = ask(
        &emulator,
        &format!(
            "POST /sns/oauth2/access_token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    // Once the refusal is sent the rest of the body meets a closed socket, which may cost the answer too.
    assert!(answer.head().starts_with("http/1.1 413") || answer.ended.is_err(), "{}", answer.head());
}

#[test]
fn a_reset_comes_in_place_of_an_answer_and_spends_nothing() {
    let emulator = Emulator::start().unwrap();
    let target = exchange(&emulator);
    misbehave(&emulator, Misbehaviour::Reset);
    let answer = get(&emulator, &target);
    assert_eq!((answer.bytes.len(), answer.ended), (0, Err(ErrorKind::ConnectionReset)));
    assert!(get(&emulator, &target).body().starts_with(b"{\"access_token\""));
}

#[test]
fn a_lost_answer_is_a_reset_after_the_code_is_spent() {
    let emulator = Emulator::start().unwrap();
    let target = exchange(&emulator);
    misbehave(&emulator, Misbehaviour::LostAnswer);
    let answer = get(&emulator, &target);
    assert_eq!((answer.bytes.len(), answer.ended), (0, Err(ErrorKind::ConnectionReset)));
    assert!(get(&emulator, &target).body().starts_with(b"{\"errcode\":40163,"));
}

#[test]
fn a_truncated_body_is_shorter_than_announced() {
    let emulator = Emulator::start().unwrap();
    misbehave(&emulator, Misbehaviour::Truncated);
    let answer = get(&emulator, &exchange(&emulator));
    let head = answer.head();
    let announced: usize =
        head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    assert_eq!(answer.body().len(), announced / 2);
    assert!(answer.body().starts_with(b"{\"access_token\""));
}

#[test]
fn a_huge_body_is_spaces_and_then_the_answer() {
    let emulator = Emulator::start().unwrap();
    misbehave(&emulator, Misbehaviour::Huge);
    let answer = get(&emulator, &exchange(&emulator));
    assert!(answer.head().contains("transfer-encoding: chunked"));
    assert!(answer.bytes.len() > 64 * 1024 * 1024);
    assert!(String::from_utf8_lossy(&answer.bytes[64 * 1024 * 1024..]).contains("\"access_token\""));
}

#[test]
fn the_peer_may_leave_a_huge_slow_or_hanging_answer_and_others_are_served() {
    let emulator = Emulator::start().unwrap();
    for misbehaviour in [Misbehaviour::Huge, Misbehaviour::Slow, Misbehaviour::Hang] {
        misbehave(&emulator, misbehaviour);
        let address = emulator.base_url().strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .write_all(format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", exchange(&emulator)).as_bytes())
            .unwrap();
        if misbehaviour == Misbehaviour::Hang {
            // Nothing will come: the request is taken once the fault is used up.
            while emulator.world(|world| world.misbehaviours_waiting()) > 0 {
                std::thread::yield_now();
            }
        } else {
            socket.read_exact(&mut [0; 32]).unwrap();
        }
        drop(socket);
        assert!(get(&emulator, &exchange(&emulator)).body().starts_with(b"{\"access_token\""));
    }
}

#[test]
fn only_loopback_is_listened_on() {
    let error = Emulator::builder().listen("0.0.0.0:0".parse().unwrap()).start().unwrap_err().to_string();
    assert!(error.contains("loopback only") && error.contains("127.0.0.1"), "{error}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let emulator = Emulator::start().unwrap();
    let taken = emulator.base_url().strip_prefix("http://").unwrap();
    let error = Emulator::builder().listen(taken.parse().unwrap()).start().unwrap_err().to_string();
    assert!(error.contains(&format!("cannot listen at {taken}: ")) && error.contains("port 0"), "{error}");
}

#[test]
fn a_dropped_emulator_is_gone() {
    let emulator = Emulator::start().unwrap();
    let address = emulator.base_url().strip_prefix("http://").unwrap().to_owned();
    drop(emulator);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn it_starts_and_stops_inside_an_async_program() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let emulator = Emulator::start().unwrap();
        assert!(emulator.base_url().starts_with("http://127.0.0.1:"));
    });
}

#[test]
fn an_endless_body_brings_spaces_and_nothing_else() {
    let emulator = Emulator::start().unwrap();
    let target = exchange(&emulator);
    misbehave(&emulator, Misbehaviour::Endless);
    let begun = begin(&emulator, &target, 2000);
    let body = begun.body();
    assert!(begun.head().contains("transfer-encoding: chunked"), "{}", begun.head());
    assert!(body.iter().filter(|byte| **byte == b' ').count() >= 1024);
    assert!(!body.contains(&b'{'));
}

#[test]
fn an_unfinished_body_is_whole_and_announces_one_byte_more() {
    let emulator = Emulator::start().unwrap();
    let target = exchange(&emulator);
    misbehave(&emulator, Misbehaviour::Unfinished);
    let mut socket = asked(&emulator, &target);
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while !bytes.ends_with(b"}") {
        let read = socket.read(&mut piece).unwrap();
        assert!(read > 0, "it ended");
        bytes.extend(&piece[..read]);
    }
    let answer = Answer { bytes, ended: Ok(()) };
    let announced = format!("\r\ncontent-length: {}", answer.body().len() + 1);
    assert!(answer.head().contains(&announced), "{}", answer.head());
    // Nothing more comes, and the connection stays.
    socket.set_read_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
    let more = socket.read(&mut piece).unwrap_err().kind();
    assert!(matches!(more, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{more:?}");
}

/// A connection on which this was asked.
fn asked(emulator: &Emulator, target: &str) -> TcpStream {
    let mut socket = TcpStream::connect(emulator.base_url().strip_prefix("http://").unwrap()).unwrap();
    write!(socket, "GET {target} HTTP/1.1\r\nHost: api.weixin.qq.com\r\n\r\n").unwrap();
    socket
}

/// At least so many bytes of what is answered.
fn begin(emulator: &Emulator, target: &str, least: usize) -> Answer {
    let mut socket = asked(emulator, target);
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while bytes.len() < least {
        let read = socket.read(&mut piece).unwrap();
        assert!(read > 0, "it ended");
        bytes.extend(&piece[..read]);
    }
    Answer { bytes, ended: Ok(()) }
}
