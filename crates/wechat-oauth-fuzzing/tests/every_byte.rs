//! Every body that ends too early, and every body of which one byte is another: nothing panics, nothing is accepted that
//! should not be, and nobody becomes somebody else.
//!
//! The long form changes two bytes at a time, a thousand million bodies in all:
//! `EVERY_BYTE=all cargo test --release -p wechat-oauth-fuzzing --test every_byte -- --nocapture two_bytes`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the helpers are tests too

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde_json::Value;
use wechat_oauth_core::{Error, Expected, Operation, Report, Response, Scope, UnixTime, read_report};

const OPENID: &str = "oEveryByteEveryByteEvery0000";
const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

/// What the two bytes of the long form are changed to: those that mean something in JSON or in an alphabet.
const MEANINGFUL: [u8; 16] = *b"\"\\{}[]:,0-e.a \x00\xff";

/// A body, and what it says as long as nothing is changed.
struct Fixture {
    name: String,
    operation: Operation,
    body: Vec<u8>,
    expected: Expected,
    /// The report of it as JSON.
    document: Option<String>,
    says: Says,
    /// Where the values are that make up who it is, each with its key and what it is found under.
    parts: Vec<Part>,
}

struct Part {
    key: &'static str,
    /// From the key's quote to the end of the value.
    whole: Range<usize>,
    value: Range<usize>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
enum Says {
    /// A grant or a profile: the parts that must not change by themselves, in the order of [`KEYS`].
    Somebody(Vec<Value>),
    Snapshot,
    Valid,
    /// Refused, or not valid.
    Refused,
    Unreadable,
}

/// What makes up who somebody is, and what they may do.
const KEYS: [&str; 5] = ["openid", "unionid", "access_token", "refresh_token", "expires_in"];

/// Bodies of every shape, as WeChat writes them.
const BODIES: [(&str, Operation, &str); 12] = [
    (
        "grant",
        Operation::Exchange,
        r#"{"access_token":"77_every-byte-access","expires_in":7200,"refresh_token":"77_every-byte-refresh","openid":"oEveryByteEveryByteEvery0000","scope":"snsapi_base"}"#,
    ),
    (
        "grant with unionid",
        Operation::Exchange,
        "{\n \"openid\": \"oEveryByteEveryByteEvery0000\", \"unionid\": \"uEveryByte\", \"access_token\":\"77_every-byte-access\",\n \"expires_in\":\"7200\", \"refresh_token\":\"77_every-byte-refresh\", \"scope\":\"snsapi_userinfo,\"}",
    ),
    (
        "component grant",
        Operation::ComponentExchange,
        r#"{"access_token":"77_every-byte-access","expires_in":300.0,"refresh_token":"77_every-byte-refresh","openid":"oEveryByteEveryByteEvery0000","scope":"snsapi_userinfo","unionid":null,"errcode":0,"errmsg":"ok"}"#,
    ),
    (
        "snapshot",
        Operation::Exchange,
        r#"{"access_token":"77_every-byte-access","expires_in":7200,"refresh_token":"77_every-byte-refresh","openid":"oEveryByteEveryByteEvery0000","scope":"snsapi_userinfo","is_snapshotuser":1,"unionid":"uEveryByte"}"#,
    ),
    (
        "refreshed grant",
        Operation::Refresh,
        r#"{"openid":"oEveryByteEveryByteEvery0000","access_token":"77_every-byte-access","expires_in":7200,"refresh_token":"77_every-byte-refresh","scope":"snsapi_base,snsapi_userinfo,"}"#,
    ),
    (
        "profile",
        Operation::Profile,
        r#"{"openid":"oEveryByteEveryByteEvery0000","nickname":"\u6d4b\u8bd5 \ud83d\ude00","sex":0,"language":"","city":"","province":"","country":"","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/x\/132","privilege":["chinaunicom"],"unionid":"uEveryByte"}"#,
    ),
    (
        "profile of a short answer",
        Operation::Profile,
        r#"{"unionid":"uEveryByte","nickname":"a\"b\\","openid":"oEveryByteEveryByteEvery0000"}"#,
    ),
    (
        "refused code",
        Operation::Exchange,
        r#"{"errcode":40029,"errmsg":"invalid code, rid: 66bc4f62-6fd1e4d4-413858cd"}"#,
    ),
    ("refused profile", Operation::Profile, r#"{"errcode":"48001","errmsg":"api unauthorized"}"#),
    ("busy refresh", Operation::Refresh, r#"{"errmsg":"system error","errcode":-1}"#),
    ("valid", Operation::Check, r#"{"errcode":0,"errmsg":"ok"}"#),
    ("not valid", Operation::Check, r#"{"errcode":40003,"errmsg":"invalid openid"}"#),
];

fn fixture(name: &str, operation: Operation, body: &[u8]) -> Fixture {
    let keys = KEYS.into_iter().chain(["is_snapshotuser", "errcode"]);
    let parts = keys.filter_map(|key| part(body, key)).collect();
    let expected = expected(operation);
    let report = read_report(operation, &Response::new(200, body, NOW), &expected);
    let document = report.as_ref().ok().map(|report| serde_json::to_string(report).unwrap());
    let says = read(report);
    Fixture { name: name.to_owned(), operation, body: body.to_vec(), expected, document, says, parts }
}

fn fixtures() -> Vec<Fixture> {
    BODIES.iter().map(|(name, operation, body)| fixture(name, *operation, body.as_bytes())).collect()
}

/// Where a key and its value stand: the value ends before the comma or brace that is not in it.
fn part(body: &[u8], key: &'static str) -> Option<Part> {
    let quoted = format!("\"{key}\"");
    let start = body.windows(quoted.len()).position(|at| at == quoted.as_bytes())?;
    let colon = start + quoted.len() + body[start + quoted.len()..].iter().position(|byte| *byte == b':')?;
    let value = colon + 1 + body[colon + 1..].iter().position(|byte| *byte != b' ')?;
    let end = if body[value] == b'"' {
        value + 2 + body[value + 1..].iter().position(|byte| *byte == b'"')?
    } else {
        value + body[value..].iter().position(|byte| matches!(byte, b',' | b'}'))?
    };
    Some(Part { key, whole: start..end, value: value..end })
}

fn read(report: Result<Report, Error>) -> Says {
    match report {
        Ok(Report::Check(check)) if check.is_valid() => Says::Valid,
        Ok(Report::Check(_)) | Err(Error::Refused(_)) => Says::Refused,
        Ok(report) => {
            let document = serde_json::to_value(&report).unwrap();
            if document["snapshot"] == true {
                return Says::Snapshot;
            }
            Says::Somebody(KEYS.iter().map(|key| document[key].clone()).collect())
        }
        Err(_) => Says::Unreadable,
    }
}

/// What is known before the answer comes.
fn expected(operation: Operation) -> Expected {
    let known = matches!(operation, Operation::Refresh | Operation::ComponentRefresh | Operation::Profile);
    Expected { openid: known.then(|| OPENID.parse().unwrap()), scope: Some(Scope::UserInfo) }
}

impl Fixture {
    /// Reads the body with other bytes at these places, and holds what it says against what it said.
    fn hold(&self, body: &[u8], places: &[usize]) {
        let report = self.report(body);
        match &report {
            Err(Error::Malformed(_)) => return,
            Ok(report) if self.document == serde_json::to_string(report).ok() => return,
            _ => {}
        }
        if let Err(why) = self.may_say(&read(report), places) {
            panic!("{}: {why}: b\"{}\"", self.name, body.escape_ascii());
        }
    }

    fn report(&self, body: &[u8]) -> Result<Report, Error> {
        read_report(self.operation, &Response::new(200, body, NOW), &self.expected)
    }

    fn may_say(&self, found: &Says, places: &[usize]) -> Result<(), String> {
        let touched = |range: &Range<usize>| places.iter().any(|place| range.contains(place));
        let part = |key: &str| self.parts.iter().find(|part| part.key == key);
        let touches = |key: &str| part(key).is_some_and(|part| touched(&part.whole));
        match (&self.says, found) {
            (said, says) if said == says => Ok(()),
            (Says::Somebody(said), Says::Somebody(says)) => {
                for (key, (said, says)) in KEYS.into_iter().zip(said.iter().zip(says)) {
                    let in_value = part(key).is_some_and(|part| touched(&part.value));
                    let left_out = key == "unionid" && says.is_null() && touches(key);
                    if said != says && !in_value && !left_out {
                        return Err(format!("{key} has changed by itself"));
                    }
                    if said != says && key == "openid" && self.expected.openid.is_some() {
                        return Err("somebody else was taken for whom the answer is about".to_owned());
                    }
                }
                Ok(())
            }
            // Whoever is nobody becomes somebody only where that is said.
            (Says::Snapshot, Says::Somebody(_)) if touches("is_snapshotuser") => Ok(()),
            (Says::Snapshot, Says::Refused) | (Says::Somebody(_), Says::Refused | Says::Snapshot) => Ok(()),
            (Says::Valid, Says::Refused) if touches("errcode") => Ok(()),
            (said, says) => Err(format!("{said:?} became {says:?}")),
        }
    }

    /// Every body that ends too early.
    fn truncated(&self) -> u64 {
        for end in 0..self.body.len() {
            let body = &self.body[..end];
            match self.report(body) {
                Err(Error::Malformed(malformed)) => {
                    let place = malformed.line().zip(malformed.column());
                    assert!(place.is_some() || end == 0, "{}: {malformed}", self.name);
                    assert_eq!(malformed.length(), end);
                    let shown = format!("{malformed} {malformed:?}");
                    assert!(!shown.contains("every-byte") && !shown.contains("EveryByte"), "{shown}");
                }
                Err(other) => panic!("{}, {end} bytes: {other}", self.name),
                Ok(_) => panic!("{}: {end} bytes are enough", self.name),
            }
        }
        self.body.len() as u64
    }

    /// Every body of which one byte is another.
    fn substituted(&self) -> u64 {
        let mut body = self.body.clone();
        for place in 0..body.len() {
            for byte in 0..=u8::MAX {
                body[place] = byte;
                self.hold(&body, &[place]);
            }
            body[place] = self.body[place];
        }
        256 * self.body.len() as u64
    }

    /// Every body of which two bytes are others.
    fn substituted_twice(&self) -> u64 {
        let mut body = self.body.clone();
        let mut bodies = 0;
        for first in 0..body.len() {
            for second in first + 1..body.len() {
                for byte in MEANINGFUL {
                    body[first] = byte;
                    for other in MEANINGFUL {
                        body[second] = other;
                        self.hold(&body, &[first, second]);
                    }
                }
                bodies += (MEANINGFUL.len() * MEANINGFUL.len()) as u64;
                body[second] = self.body[second];
            }
            body[first] = self.body[first];
        }
        bodies
    }
}

#[test]
fn the_bodies_say_what_their_names_say() {
    let said: Vec<_> = fixtures().into_iter().map(|fixture| (fixture.name, fixture.says)).collect();
    for (name, says) in &said {
        let expected = match name.as_str() {
            "snapshot" => matches!(says, Says::Snapshot),
            "refused code" | "refused profile" | "busy refresh" | "not valid" => *says == Says::Refused,
            "valid" => *says == Says::Valid,
            _ => matches!(says, Says::Somebody(parts) if parts[0] == OPENID),
        };
        assert!(expected, "{name}: {says:?}");
    }
}

#[test]
fn every_body_that_ends_too_early_is_an_error_with_its_place() {
    let bodies: u64 = fixtures().iter().map(Fixture::truncated).sum();
    assert!(bodies > 1500, "{bodies} bodies");
}

#[test]
fn no_body_of_which_one_byte_is_another_makes_somebody_else() {
    let bodies: u64 = fixtures().iter().map(Fixture::substituted).sum();
    assert!(bodies > 350_000, "{bodies} bodies");
}

/// The shortest body alone; with `EVERY_BYTE=all` in the environment every body, those out of the field too, which is
/// some thousand million bodies and a quarter of an hour in a release build.
#[test]
fn no_body_of_which_two_bytes_are_others_makes_somebody_else() {
    let all = std::env::var_os("EVERY_BYTE").is_some_and(|which| which == "all");
    let mut fixtures = fixtures();
    if all {
        fixtures.extend(samples());
    } else {
        fixtures.sort_by_key(|fixture| fixture.body.len());
        fixtures.truncate(1);
    }
    let mut bodies = 0;
    for fixture in &fixtures {
        bodies += fixture.truncated_if_read() + fixture.substituted() + fixture.substituted_twice();
        eprintln!("{bodies:>12} bodies, after {} ({} bytes)", fixture.name, fixture.body.len());
    }
    assert!(bodies > 50_000, "{bodies} bodies");
}

impl Fixture {
    /// Truncation says something about a body that is read as a whole, and ends with it.
    fn truncated_if_read(&self) -> u64 {
        if self.says == Says::Unreadable || self.body.last() != Some(&b'}') { 0 } else { self.truncated() }
    }
}

/// Bodies out of the field, where they are at hand.
fn samples() -> Vec<Fixture> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/wire/samples.jsonl");
    let Ok(lines) = fs::read_to_string(path) else { return Vec::new() };
    let samples = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    samples
        .filter_map(|sample| {
            let operation = match sample["endpoint"].as_str()? {
                "access_token" => Operation::Exchange,
                "component_access_token" => Operation::ComponentExchange,
                "refresh_token" => Operation::Refresh,
                "userinfo" => Operation::Profile,
                "auth" => Operation::Check,
                _ => return None,
            };
            let is_body = sample["kind"] == "success" || sample["kind"] == "error";
            is_body.then(|| {
                fixture(
                    sample["id"].as_str().unwrap(),
                    operation,
                    sample["body"].as_str().unwrap().as_bytes(),
                )
            })
        })
        .collect()
}
