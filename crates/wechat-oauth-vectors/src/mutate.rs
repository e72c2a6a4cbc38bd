//! Changes to a question, as accidents and attackers make them. What comes out is a question still: each part keeps its
//! type, and only what a part says changes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use serde_json::{Value, json};
use wechat_oauth_bindings::options::LATEST;

use crate::generate::LARGEST;
use crate::inputs::Asked;

/// The most changes to one question.
const CHANGES: usize = 3;
/// The longest text or body that a change may make, in bytes: past each limit of the protocol, and not far.
const LONGEST: usize = 70 * 1024;

const SCOPES: [&str; 5] = ["snsapi_base", "snsapi_userinfo", "snsapi_login", "snsapi_privateinfo", "base"];
const LANGS: [&str; 7] = ["zh_CN", "zh_TW", "en", "cn", "fr", "EN", "zh-CN"];
const OPERATIONS: [&str; 8] = [
    "exchange",
    "refresh",
    "check",
    "profile",
    "component_exchange",
    "component_refresh",
    "Exchange",
    "auth",
];
const REASONS: [&str; 10] =
    ["resolve", "connect", "tls", "timeout", "closed", "protocol", "proxy", "other", "reset", "Timeout"];
const PHASES: [&str; 5] = ["connect", "request", "body", "head", "Body"];
const STATUSES: [u64; 12] = [200, 200, 200, 201, 204, 301, 302, 400, 404, 500, 502, 999];

/// What is put into texts.
const PIECES: [&str; 40] = [
    "%",
    "%2",
    "%zz",
    "%00",
    "%0d%0a",
    "%25",
    "%26",
    "%3D",
    "%u4e2d",
    "%c0%af",
    "%ff",
    "&",
    "&&",
    "=",
    "==",
    "?",
    "#",
    "+",
    ";",
    "/",
    "//",
    "..",
    "\\",
    "\"",
    "'",
    "<",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\u{7f}",
    "\u{1b}[31m",
    "\u{85}",
    "\u{200b}",
    "\u{202e}",
    "\u{2028}",
    "中",
    "🌱",
    "\u{e13c}",
    "\u{fffd}",
];
/// What is put into JSON.
const JSON_PIECES: [&str; 34] = [
    "\"",
    "\\",
    "\\\"",
    "\\/",
    "\\u0000",
    "\\u001f",
    "\\u0041",
    "\\ud83c",
    "\\udf31",
    "\\ud83c\\udf31",
    "\\uzzzz",
    "\\x",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "-",
    "0",
    "1e999",
    "0.1",
    "-0",
    "00",
    "\0",
    "\x01",
    "\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "{}",
    "/**/",
];
/// What stands in for a value of JSON.
const VALUES: [&str; 30] = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "2",
    "0.0",
    "0.5",
    "1.0",
    "7200.0",
    "7.2e3",
    "-0",
    "1e30",
    "1e999",
    "2592000",
    "2592001",
    "40029",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "\"\"",
    "\"0\"",
    "\"40001\"",
    "\"o1\"",
    "[]",
    "{}",
    "[\"a\",1,null]",
];
/// Fields that an answer is read by.
const FIELDS: [&str; 12] = [
    "openid",
    "unionid",
    "access_token",
    "refresh_token",
    "expires_in",
    "scope",
    "is_snapshotuser",
    "errcode",
    "errmsg",
    "nickname",
    "sex",
    "privilege",
];
/// Bytes that are no UTF-8, or not alone.
const BYTES: [&[u8]; 8] =
    [b"\xff", b"\xc3", b"\xc0\xaf", b"\xe4\xb8", b"\xed\xa0\x80", b"\xf0\x9f", b"\xef\xbb\xbf", b"\x80\x80"];

/// Changes questions.
#[derive(Debug)]
pub(crate) struct Mutator {
    random: Rng,
    /// Bodies to splice with.
    bodies: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(seed: u64, asked: &[Asked]) -> Self {
        let mut bodies = Vec::new();
        for asked in asked {
            collect_bodies(&asked.input, &mut bodies);
        }
        Self { random: Rng::with_seed(seed), bodies }
    }

    /// One of these.
    pub(crate) fn choice<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        self.random.choice(of)
    }

    /// Changes the input of a question, a few times; sometimes not at all.
    pub(crate) fn change(&mut self, op: &str, input: &mut Value) {
        for _ in 0..self.random.usize(0..=CHANGES) {
            if let Some(events) = input.get_mut("events").and_then(Value::as_array_mut)
                && self.random.u8(..) < 60
            {
                self.change_order(events);
                continue;
            }
            let mut paths = Vec::new();
            collect_paths(input, String::new(), &mut paths);
            let Some(path) = self.random.choice(&paths) else { return };
            let key = path.rsplit('/').next().unwrap_or_default().to_owned();
            if let Some(value) = input.pointer_mut(path) {
                self.change_value(op, &key, value);
            }
        }
    }

    fn change_value(&mut self, op: &str, key: &str, value: &mut Value) {
        let random = &mut self.random;
        let one_of = |random: &mut Rng, of: &[&str]| json!(of[random.usize(..of.len())]);
        match key {
            // These say what is asked; the bindings have no way to say another kind.
            "account" | "waited" | "finish" | "body_repeated" => {}
            "scope" => *value = one_of(random, &SCOPES),
            "lang" => *value = one_of(random, &LANGS),
            "operation" => *value = one_of(random, &OPERATIONS),
            "reason" => *value = one_of(random, &REASONS),
            "phase" => *value = one_of(random, &PHASES),
            "status" => *value = json!(STATUSES[random.usize(..STATUSES.len())]),
            "now" | "sent_at" => *value = json!(time(random)),
            "code" if op == "explain" => {
                let code =
                    [random.i64(-10..100_000), random.i64(40_000..43_000), random.i64(-1..=LARGEST as i64)];
                *value = json!(code[random.usize(..code.len())]);
            }
            "body_base64" => {
                let body = value.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
                *value = json!(STANDARD.encode(self.change_json(body)));
            }
            "pending" | "stored" | "grant" => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let text = self.change_json(text.into_bytes());
                *value = json!(String::from_utf8_lossy(&text));
            }
            _ => match value {
                Value::Bool(yes) => *yes = !*yes,
                Value::String(text) => *text = self.change_text(text),
                _ => {}
            },
        }
    }

    /// Events that come twice, too early, or not at all.
    fn change_order(&mut self, events: &mut Vec<Value>) {
        if events.is_empty() {
            return;
        }
        let (one, other) = (self.random.usize(..events.len()), self.random.usize(..events.len()));
        match self.random.u8(..4) {
            0 => drop(events.remove(one)),
            1 => events.insert(other, events[one].clone()),
            2 => events.swap(one, other),
            _ => events.insert(one, json!({"waited": true})),
        }
    }

    fn change_text(&mut self, text: &str) -> String {
        let random = &mut self.random;
        let (from, to) = span(random, text);
        let changed = match random.u8(..12) {
            0 => text[..to].to_owned(),
            1 => text[from..].to_owned(),
            2 => format!("{}{}", &text[..from], &text[to..]),
            3 => format!("{}{}", text, &text[from..to]),
            4 => format!("{}{}{}", &text[..from], escaped(&text[from..to], false), &text[to..]),
            5 => format!("{}{}{}", &text[..from], escaped(&text[from..to], true), &text[to..]),
            6 => text.replace("%3A", "%3a").replace("%2F", "/"),
            7 => swap_parameters(random, text),
            8 => format!("{}{}{}", &text[..from], text[from..to].to_uppercase(), &text[to..]),
            9 => text[from..to].repeat(random.usize(2..600)),
            _ => {
                let piece = PIECES[random.usize(..PIECES.len())];
                format!("{}{piece}{}", &text[..from], &text[from..])
            }
        };
        if changed.len() > LONGEST { text.to_owned() } else { changed }
    }

    fn change_json(&mut self, mut body: Vec<u8>) -> Vec<u8> {
        let random = &mut self.random;
        let (mut from, mut to) = (random.usize(..=body.len()), random.usize(..=body.len()));
        if from > to {
            (from, to) = (to, from);
        }
        match random.u8(..16) {
            0 => body.truncate(to),
            1 => drop(body.drain(from..to)),
            2 => {
                if let Some(byte) = body.get_mut(from) {
                    *byte = random.u8(..);
                }
            }
            3 => {
                if let Some(byte) = body.get_mut(from) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
            4 => put(&mut body, from, BYTES[random.usize(..BYTES.len())]),
            5 | 6 => put(&mut body, from, JSON_PIECES[random.usize(..JSON_PIECES.len())].as_bytes()),
            7 | 8 => body = self.change_field(&body),
            9 | 10 => body = self.add_field(&body),
            11 => {
                let other = random.choice(&self.bodies).cloned().unwrap_or_default();
                let cut = random.usize(..=other.len());
                body.truncate(from);
                body.extend_from_slice(&other[cut..]);
            }
            12 => body = random.choice(&self.bodies).cloned().unwrap_or_default(),
            13 => body = quoted_numbers(&body),
            14 => {
                let nested = random.usize(1..200);
                let field = format!("\"x\":{}{},", "[".repeat(nested), "]".repeat(nested));
                put_first(&mut body, field.as_bytes());
            }
            _ => {
                // Past the limit, now and then.
                let spaces = if random.u8(..) < 16 { LONGEST } else { random.usize(0..64) };
                put(&mut body, from, &vec![b' '; spaces]);
            }
        }
        body.truncate(LONGEST);
        body
    }

    /// Gives one of the fields another value.
    fn change_field(&mut self, body: &[u8]) -> Vec<u8> {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return body.to_vec() };
        let keys: Vec<String> = fields.keys().cloned().collect();
        let Some(key) = self.random.choice(&keys) else { return body.to_vec() };
        let value = VALUES[self.random.usize(..VALUES.len())];
        fields.remove(key);
        let mut changed = Value::Object(fields).to_string().into_bytes();
        let comma = if changed == b"{}" { "" } else { "," };
        put_first(&mut changed, format!("{}:{value}{comma}", json!(key)).as_bytes());
        changed
    }

    /// Adds a field, which may be there already.
    fn add_field(&mut self, body: &[u8]) -> Vec<u8> {
        let field = FIELDS[self.random.usize(..FIELDS.len())];
        let value = VALUES[self.random.usize(..VALUES.len())];
        let mut changed = body.to_vec();
        let comma = if changed.starts_with(b"{}") { "" } else { "," };
        put_first(&mut changed, format!("\"{field}\":{value}{comma}").as_bytes());
        changed
    }
}

fn time(random: &mut Rng) -> u64 {
    let around = 1_790_000_000;
    let times = [0, 1, around, around + 7200, around + 2_592_000, LATEST, random.u64(..=LATEST)];
    let near = times[random.usize(..times.len())].saturating_add(random.u64(..600));
    near.saturating_sub(random.u64(..600)).min(LATEST)
}

/// A part of a text, between characters.
fn span(random: &mut Rng, text: &str) -> (usize, usize) {
    let mut places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
    places.push(text.len());
    let (one, other) = (places[random.usize(..places.len())], places[random.usize(..places.len())]);
    (one.min(other), one.max(other))
}

fn escaped(text: &str, lower: bool) -> String {
    text.bytes().map(|byte| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") }).collect()
}

/// Two parameters in each other's place, or one of them twice.
fn swap_parameters(random: &mut Rng, text: &str) -> String {
    let mut parameters: Vec<&str> = text.split('&').collect();
    let (one, other) = (random.usize(..parameters.len()), random.usize(..parameters.len()));
    if random.bool() {
        parameters.swap(one, other);
    } else {
        parameters.insert(other, parameters[one]);
    }
    parameters.join("&")
}

/// Numbers become texts of digits.
fn quoted_numbers(body: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return body.to_vec() };
    for value in fields.values_mut().filter(|value| value.is_number()) {
        *value = json!(value.to_string());
    }
    Value::Object(fields).to_string().into_bytes()
}

fn put(body: &mut Vec<u8>, at: usize, piece: &[u8]) {
    body.splice(at..at, piece.iter().copied());
}

/// Puts a field behind the first brace.
fn put_first(body: &mut Vec<u8>, field: &[u8]) {
    if let Some(brace) = body.iter().position(|byte| *byte == b'{') {
        put(body, brace + 1, field);
    }
}

fn collect_bodies(value: &Value, bodies: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(fields) => {
            let body = fields.get("body_base64").and_then(Value::as_str);
            bodies.extend(body.and_then(|body| STANDARD.decode(body).ok()));
            fields.values().for_each(|value| collect_bodies(value, bodies));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_bodies(item, bodies)),
        _ => {}
    }
}

/// Where there is something to change. What is handed over as a text is one thing.
fn collect_paths(value: &Value, path: String, paths: &mut Vec<String>) {
    let is_text = ["/pending", "/stored", "/grant"].iter().any(|end| path.ends_with(end));
    match value {
        Value::Object(fields) if !is_text => {
            for (key, value) in fields {
                // An option of the embedded QR code has few values, and no way to say others. A body that is repeated
                // would be without bounds if it grew.
                if key != "wx_login" && !(key == "body_base64" && fields.contains_key("body_repeated")) {
                    collect_paths(value, format!("{path}/{key}"), paths);
                }
            }
        }
        Value::Array(items) if !is_text => {
            for (index, item) in items.iter().enumerate() {
                collect_paths(item, format!("{path}/{index}"), paths);
            }
        }
        _ => paths.push(path),
    }
}
