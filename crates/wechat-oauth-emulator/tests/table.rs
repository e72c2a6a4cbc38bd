//! The table of `tests/table/`: requests and the exact answers, written from WeChat's documentation and from bodies seen
//! in the wild, asked of the pure world and, where no time passes, over real TCP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it does")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use wechat_oauth_emulator::{Connection, Emulator, Endpoint, Method, Request, UnixTime, World, WorldFile};

const NOW: u64 = 1_790_000_000;
const SEED: [u8; 32] = [9; 32];

#[test]
fn every_row_holds_in_the_pure_world() {
    let rows = rows();
    assert!(rows.len() >= 150, "only {} rows were found", rows.len());
    let mut failures = Vec::new();
    for row in &rows {
        let mut pure = Pure { world: World::new(world_file(), SEED).unwrap(), now: NOW };
        failures.extend(play(row, &mut pure));
    }
    assert!(failures.is_empty(), "{} of {} rows:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

#[test]
fn every_row_without_waiting_holds_over_tcp() {
    let rows: Vec<_> = rows().into_iter().filter(Row::runs_over_tcp).collect();
    assert!(rows.len() >= 100, "only {} rows were found", rows.len());
    let mut failures = Vec::new();
    let emulator = Emulator::builder().world(world_file()).seed(SEED).start().unwrap();
    for row in &rows {
        emulator.world(World::reset);
        failures.extend(play(row, &mut Tcp { emulator: &emulator }));
    }
    assert!(failures.is_empty(), "{} of {} rows:\n{}", failures.len(), rows.len(), failures.join("\n"));
}

#[test]
fn every_misbehaviour_is_in_the_table() {
    let text: String = rows().into_iter().flat_map(|row| row.lines).map(|(_, line)| line + "\n").collect();
    for one in wechat_oauth_emulator::Misbehaviour::ALL {
        assert!(text.contains(&format!("misbehave {one} ")), "{one} is in no row");
    }
}

#[test]
fn the_same_row_gives_the_same_bytes_again() {
    let answers = || {
        let mut world = World::new(world_file(), SEED).unwrap();
        let mut bytes = Vec::new();
        for target in ["/connect/oauth2/authorize", "/sns/auth", "/_emulator/users", "/"] {
            bytes.push(world.handle(&Request::get(target), UnixTime::from_secs(NOW)).body);
        }
        bytes
    };
    assert_eq!(answers(), answers());
}

/// A row: its name, and its lines with where they are.
struct Row {
    name: String,
    lines: Vec<(String, String)>,
}

impl Row {
    /// Time passes only in the pure world, and how an answer is delivered is looked at elsewhere.
    fn runs_over_tcp(&self) -> bool {
        let deliveries =
            ["+ ", "< reset", "< hang", "< slow", "< huge", "< truncate", "< endless", "< unfinished"];
        !self.lines.iter().any(|(_, line)| deliveries.iter().any(|start| line.starts_with(start)))
    }
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/table")
}

fn world_file() -> WorldFile {
    WorldFile::from_json(&fs::read_to_string(folder().join("world.json")).unwrap()).unwrap()
}

fn rows() -> Vec<Row> {
    let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut rows: Vec<Row> = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if let Some(sentence) = line.strip_prefix("== ") {
                rows.push(Row { name: sentence.to_owned(), lines: Vec::new() });
            } else if !line.is_empty() {
                let place = format!("{name}:{}", number + 1);
                rows.last_mut().unwrap().lines.push((place, line.to_owned()));
            }
        }
    }
    rows
}

/// What came back, headers in order, without those that every HTTP server adds.
struct Answer {
    delivery: &'static str,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Whoever plays WeChat.
trait WeChat {
    fn ask(&mut self, method: &str, target: &str, headers: &[(String, String)], body: &str) -> Answer;
    fn code(&mut self, appid: &str, user: &str, scope: &str) -> String;
    fn misbehave(&mut self, name: &str, endpoint: &str, times: u32);
    fn wait(&mut self, seconds: u64);
    /// The text for the base URL that the table is written with.
    fn base_url(&self) -> String;
    /// The first group of a request id, when it is known to the second.
    fn time_in_hex(&self) -> Option<String>;
}

struct Pure {
    world: World,
    now: u64,
}

impl WeChat for Pure {
    fn ask(&mut self, method: &str, target: &str, headers: &[(String, String)], body: &str) -> Answer {
        let mut request = Request::get(target);
        request.method = Method::from_name(method);
        request.body = body.as_bytes().to_vec();
        for (name, value) in headers {
            request = request.with_header(name, value);
        }
        let reply = self.world.handle(&request, UnixTime::from_secs(self.now));
        let delivery = match reply.connection {
            Connection::Normal => "",
            Connection::Hang => "hang",
            Connection::Reset => "reset",
            Connection::Truncate(sent) => {
                assert!(sent < reply.body.len());
                "truncate"
            }
            Connection::Slow { .. } => "slow",
            Connection::Huge => "huge",
            Connection::Endless => "endless",
            Connection::Unfinished => "unfinished",
        };
        let headers = reply.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Answer { delivery, status: reply.status, headers, body: reply.body }
    }

    fn code(&mut self, appid: &str, user: &str, scope: &str) -> String {
        self.world.issue_code(appid, user, scope.parse().unwrap(), UnixTime::from_secs(self.now)).unwrap()
    }

    fn misbehave(&mut self, name: &str, endpoint: &str, times: u32) {
        let endpoint: Endpoint = serde_json::from_str(&format!("\"{endpoint}\"")).unwrap();
        self.world.misbehave_next(name.parse().unwrap(), endpoint, times).unwrap();
    }

    fn wait(&mut self, seconds: u64) {
        self.now += seconds;
    }

    fn base_url(&self) -> String {
        "http://127.0.0.1:8787".to_owned()
    }

    fn time_in_hex(&self) -> Option<String> {
        Some(format!("{:08x}", self.world.time(UnixTime::from_secs(self.now)).as_secs()))
    }
}

struct Tcp<'a> {
    emulator: &'a Emulator,
}

impl WeChat for Tcp<'_> {
    fn ask(&mut self, method: &str, target: &str, headers: &[(String, String)], body: &str) -> Answer {
        let address = self.emulator.base_url().strip_prefix("http://").unwrap();
        let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request.push_str(&format!("Host: {address}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();

        let head_ends = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..head_ends].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .filter(|(name, _)| !matches!(*name, "content-length" | "date" | "connection"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Answer { delivery: "", status, headers, body: bytes[head_ends + 4..].to_vec() }
    }

    fn code(&mut self, appid: &str, user: &str, scope: &str) -> String {
        self.emulator.issue_code(appid, user, scope.parse().unwrap()).unwrap()
    }

    fn misbehave(&mut self, name: &str, endpoint: &str, times: u32) {
        let endpoint: Endpoint = serde_json::from_str(&format!("\"{endpoint}\"")).unwrap();
        self.emulator.world(|world| world.misbehave_next(name.parse().unwrap(), endpoint, times)).unwrap();
    }

    fn wait(&mut self, _: u64) {
        panic!("no time passes over TCP");
    }

    fn base_url(&self) -> String {
        self.emulator.base_url().to_owned()
    }

    fn time_in_hex(&self) -> Option<String> {
        None
    }
}

/// Plays a row; gives what went wrong first.
fn play(row: &Row, wechat: &mut dyn WeChat) -> Option<String> {
    let mut names = Names::default();
    let mut answer: Option<Answer> = None;
    let mut lines = row.lines.iter().peekable();
    while let Some((place, line)) = lines.next() {
        // The table is written for one base URL; over TCP there is another, and other ports to compare with.
        let here = wechat.base_url();
        let port = here.rsplit(':').next().unwrap();
        let line = line.replace("127.0.0.1:8787", &format!("127.0.0.1:{port}"));
        let line = line.replace("localhost:8787", &format!("localhost:{port}"));
        let (kind, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let failure = match kind {
            "code" => {
                let (name, words) = rest.split_once(" = ").unwrap();
                let words: Vec<_> = words.split(' ').collect();
                let code = wechat.code(words[0], words[1], words[2]);
                names.bind(name.trim_matches(['<', '>']), code)
            }
            "+" => {
                wechat.wait(rest.parse().unwrap());
                None
            }
            "misbehave" => {
                let words: Vec<_> = rest.split(' ').collect();
                wechat.misbehave(words[0], words[1], words[2].parse().unwrap());
                None
            }
            ">" => {
                let (method, target) = rest.split_once(' ').unwrap();
                let mut headers = Vec::new();
                let mut body = String::new();
                while let Some((_, line)) = lines.next_if(|(_, line)| is_of_request(line)) {
                    let line = line.replace("127.0.0.1:8787", &format!("127.0.0.1:{port}"));
                    let line = &line[2..];
                    match line.strip_prefix("= ") {
                        Some(text) => body = names.fill(text),
                        None => {
                            let (name, value) = line.split_once(": ").unwrap();
                            headers.push((name.to_owned(), value.to_owned()));
                        }
                    }
                }
                answer = Some(wechat.ask(method, &names.fill(target), &headers, &body));
                None
            }
            _ => {
                let answer = answer.as_ref().unwrap_or_else(|| panic!("{place}: nothing was asked"));
                let rest = line.get(2..).unwrap_or_default();
                check(kind, rest, answer, &mut names, wechat.time_in_hex().as_deref())
            }
        };
        if let Some(failure) = failure {
            return Some(format!("{place}: {}: {failure}", row.name));
        }
    }
    None
}

/// A header or a body, not the next request.
fn is_of_request(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("> ") else { return false };
    !["GET ", "POST ", "DELETE "].iter().any(|method| rest.starts_with(method))
}

fn check(kind: &str, rest: &str, answer: &Answer, names: &mut Names, time: Option<&str>) -> Option<String> {
    let body = &answer.body;
    let found = || format!("\n  found {:?}", String::from_utf8_lossy(&body[..body.len().min(1500)]));
    match kind {
        "<" => match rest.split_once(' ') {
            None => (answer.delivery != rest).then(|| format!("delivered {:?}", answer.delivery)),
            Some((status, kind)) => check_head(status, kind, answer, names, time),
        },
        "|" => match names.find(&unescape(rest), body, time, true) {
            true => None,
            false => Some(format!("wanted {rest:?}{}", found())),
        },
        "~" => match names.find(&unescape(rest), body, time, false) {
            true => None,
            false => Some(format!("wanted a part {rest:?}{}", found())),
        },
        "!" => {
            let text = names.fill(rest);
            let is_there = body.windows(text.len()).any(|window| window == text.as_bytes());
            is_there.then(|| format!("did not want {rest:?}{}", found()))
        }
        other => panic!("a line of the table begins with {other:?}"),
    }
}

/// The status, and every header there is.
fn check_head(
    status: &str,
    kind: &str,
    answer: &Answer,
    names: &mut Names,
    time: Option<&str>,
) -> Option<String> {
    if answer.status.to_string() != status {
        let body = String::from_utf8_lossy(&answer.body);
        return Some(format!("status {} with {body:?}", answer.status));
    }
    let header = |name: &str| {
        let found = answer.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    };
    let is_redirect = kind.starts_with("http") || kind.starts_with('/');
    let wanted: Vec<(&str, &str)> = if is_redirect {
        let (location, content_type) = kind.split_once("; ").unwrap_or((kind, ""));
        if !names.find(location.as_bytes(), header("Location").as_bytes(), time, true) {
            return Some(format!("Location {:?}", header("Location")));
        }
        match content_type {
            "" => vec![
                ("location", ""),
                ("content-type", "text/html; charset=utf-8"),
                ("cache-control", "no-store"),
            ],
            other => vec![("content-type", other), ("location", "")],
        }
    } else if let Some(page) = kind.strip_prefix("page") {
        let policy = header("Content-Security-Policy");
        let ancestors = if page.is_empty() { "frame-ancestors 'none'" } else { "frame-ancestors *" };
        let connect = if page == " calling back" {
            "; connect-src 'self' http: https:;"
        } else {
            "; connect-src 'self';"
        };
        if !policy.starts_with("default-src 'none'; ")
            || !policy.contains(ancestors)
            || !policy.contains(connect)
        {
            return Some(format!("Content-Security-Policy {policy:?}"));
        }
        vec![
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("content-security-policy", ""),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
        ]
    } else if let Some(cookie) = kind.strip_prefix("json with Set-Cookie: ") {
        vec![
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("set-cookie", cookie),
        ]
    } else if kind == "script" {
        vec![
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ]
    } else if kind == "json" {
        vec![
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ]
    } else if let Some(rest) = kind.strip_prefix("image/svg+xml; ") {
        let (policy, options) = rest.split_once("; ").unwrap();
        vec![
            ("content-type", "image/svg+xml"),
            ("content-security-policy", policy),
            ("x-content-type-options", options),
        ]
    } else if let Some(content_type) = kind.strip_suffix("; gzip") {
        vec![("content-type", content_type), ("content-encoding", "gzip")]
    } else if let Some(content_type) = kind.strip_suffix("; no-store") {
        vec![("content-type", content_type), ("cache-control", "no-store")]
    } else if status == "405" {
        vec![("content-type", kind), ("allow", "GET, HEAD")]
    } else {
        vec![("content-type", kind)]
    };
    let found: Vec<_> = answer.headers.iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let same = found.len() == wanted.len()
        && found
            .iter()
            .zip(&wanted)
            .all(|((name, value), (wanted, text))| name == wanted && (text.is_empty() || value == text));
    (!same).then(|| format!("headers {found:?}"))
}

/// `{{14}}` is the byte 0x14.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (hex, after) = after.split_once("}}").unwrap();
        bytes.extend(before.as_bytes());
        bytes.push(u8::from_str_radix(hex, 16).unwrap());
        rest = after;
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// The values that the names of a row stand for. Two names never stand for one value.
#[derive(Default, Clone)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn bind(&mut self, name: &str, value: String) -> Option<String> {
        if self.0.values().any(|other| *other == value) {
            return Some(format!("<{name}> is the value of another name"));
        }
        self.0.insert(name.to_owned(), value);
        None
    }

    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.0 {
            text = text.replace(&format!("<{name}>"), value);
        }
        text
    }

    /// Whether the pattern is the text, or is in it; new names are bound.
    fn find(&mut self, pattern: &[u8], text: &[u8], time: Option<&str>, whole: bool) -> bool {
        let starts = if whole { 0..1 } else { 0..text.len() + 1 };
        for start in starts {
            let mut names = self.clone();
            if names.matches(pattern, &text[start..], time, whole) {
                *self = names;
                return true;
            }
        }
        false
    }

    fn matches(&mut self, pattern: &[u8], text: &[u8], time: Option<&str>, whole: bool) -> bool {
        let Some((&first, rest)) = pattern.split_first() else { return !whole || text.is_empty() };
        if first == b'<'
            && let Some(end) = pattern.iter().position(|byte| *byte == b'>')
            && let Ok(name) = std::str::from_utf8(&pattern[1..end])
            && let Some(length) = length(name, text)
        {
            let Ok(value) = std::str::from_utf8(&text[..length]) else { return false };
            if name == "rid" {
                if time.is_some_and(|time| !value.starts_with(time)) {
                    return false;
                }
            } else if let Some(bound) = self.0.get(name) {
                if bound != value {
                    return false;
                }
            } else if self.bind(name, value.to_owned()).is_some() {
                return false;
            }
            return self.matches(&pattern[end + 1..], &text[length..], time, whole);
        }
        text.first() == Some(&first) && self.matches(rest, &text[1..], time, whole)
    }
}

/// How long a value of this name's shape is at the start of the text; `None` when there is none, or no such name.
fn length(name: &str, text: &[u8]) -> Option<usize> {
    let run = |allowed: fn(u8) -> bool| text.iter().take_while(|byte| allowed(**byte)).count();
    let id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let kind = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter.is_ascii_uppercase());
    let found = run(id);
    let fits = match kind {
        // 32 letters and digits, 0 or 1 first.
        "code" => {
            found == 32 && run(|byte| byte.is_ascii_alphanumeric()) == 32 && matches!(text[0], b'0' | b'1')
        }
        // NN_ and base64url, 88 to 110 in all.
        "token" => (88..=110).contains(&found) && text[..2].iter().all(u8::is_ascii_digit) && text[2] == b'_',
        // 28 of base64url, o first.
        "openid" | "unionid" => found == 28 && text[0] == b'o',
        "tx" => found == 24,
        "rid" => {
            found == 26
                && text[..26].iter().enumerate().all(|(at, byte)| match at {
                    8 | 17 => *byte == b'-',
                    _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
                })
        }
        _ => false,
    };
    fits.then_some(found)
}
