//! Looks for secrets in what errors and logs say, in every form that a secret takes there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use log::{Level, LevelFilter, Log, Metadata, Record};
use wechat_oauth::{Error, ErrorDocument};

use crate::{ACCESS_TOKEN, CODE, REFRESH_TOKEN, SECRET};

/// What must not be found anywhere.
pub const CANARIES: [(&str, &str); 4] =
    [("secret", SECRET), ("code", CODE), ("access token", ACCESS_TOKEN), ("refresh token", REFRESH_TOKEN)];

/// The forms that are looked for.
pub const FORMS: [&str; 6] = ["plain", "percent-encoded", "hex", "base64", "byte list", "reversed"];

/// Each secret that is found in the text, with the form that it has there. Half of one is enough.
#[must_use]
pub fn find(text: &str) -> Vec<(&'static str, &'static str)> {
    let (lower, dense) = (text.to_lowercase(), text.split_whitespace().collect::<String>());
    let mut found = Vec::new();
    for (name, canary) in CANARIES {
        let (first, second) = canary.split_at(canary.len() / 2);
        for form in FORMS {
            let is_in = |half: &str| match form {
                "hex" => lower.contains(&hex(half)),
                "byte list" => dense.contains(&byte_list(half)),
                "percent-encoded" => lower.contains(&percent_encoded(half).to_lowercase()),
                "base64" => base64_forms(half).iter().any(|form| dense.contains(form)),
                "reversed" => text.contains(&half.chars().rev().collect::<String>()),
                _ => text.contains(half),
            };
            if is_in(first) || is_in(second) {
                found.push((name, form));
            }
        }
    }
    found
}

/// Everything that an error says about itself.
#[must_use]
pub fn everything(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}\n", error.advice());
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("{cause}\n{cause:?}\n{cause:#?}\n"));
        source = cause.source();
    }
    text.push_str(&serde_json::to_string(&ErrorDocument::from(error)).unwrap());
    text
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn byte_list(text: &str) -> String {
    text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",")
}

fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A secret inside a longer text is encoded in one of three ways; its edges mix with what is around it.
fn base64_forms(text: &str) -> Vec<String> {
    (0..3)
        .map(|before| {
            let encoded = STANDARD_NO_PAD.encode(format!("{}{text}", "\0".repeat(before)));
            let (start, end) = ([0, 2, 3][before], encoded.len() - 1);
            encoded[start..end].to_owned()
        })
        .collect()
}

/// One log record.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who wrote it.
    pub target: String,
    /// How loud it is.
    pub level: Level,
    /// What it says.
    pub message: String,
}

/// Who writes secrets, and how loud.
///
/// Besides the lines, the columns at their ends are looked at: a hex dump has its text there, sixteen bytes a line.
#[must_use]
pub fn find_in_log(lines: &[Line]) -> BTreeSet<(&str, Level)> {
    let mut columns: BTreeMap<(&str, Level), String> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in lines {
        let writer = (line.target.as_str(), line.level);
        columns.entry(writer).or_default().push_str(line.message.rsplit(' ').next().unwrap_or_default());
        if !find(&line.message).is_empty() {
            found.insert(writer);
        }
    }
    found.extend(columns.iter().filter(|(_, column)| !find(column).is_empty()).map(|(writer, _)| *writer));
    found
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

struct Capture;

impl Log for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        let (target, level) = (record.target().to_owned(), record.level());
        let line = Line { target, level, message: record.args().to_string() };
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn flush(&self) {}
}

/// Captures from now on what all libraries of this process log, down to this level.
pub fn capture_logs(level: LevelFilter) {
    log::set_logger(&Capture).unwrap();
    log::set_max_level(level);
}

/// What was captured so far.
#[must_use]
pub fn captured() -> Vec<Line> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_is_found_in_every_form() {
        for (name, canary) in CANARIES {
            let around = |inside: &str| format!("GET /?a=1&b={inside}&c=3");
            let bytes = around(canary).into_bytes();
            let planted = [
                around(canary),
                around(&percent_encoded(canary)),
                hex(&around(canary)).to_uppercase(),
                STANDARD_NO_PAD.encode(&bytes),
                format!("{bytes:?}"),
                canary.chars().rev().collect(),
            ];
            for (form, text) in FORMS.into_iter().zip(planted) {
                assert!(find(&text).contains(&(name, form)), "{name}, {form}");
            }
            for before in 0..3 {
                let text = STANDARD_NO_PAD.encode(format!("{}{canary} after", "x".repeat(before)));
                assert!(find(&text).contains(&(name, "base64")), "{name} after {before} bytes");
            }
            assert!(find(&format!("{bytes:#?}")).contains(&(name, "byte list")));
            assert!(find(&canary[..canary.len() * 3 / 4]).contains(&(name, "plain")));
        }
        assert_eq!(find("GET /sns/oauth2/access_token?[redacted] canary"), []);
    }

    #[test]
    fn a_planted_secret_is_found_in_a_hex_dump() {
        let sent = format!("GET /sns/oauth2/component/access_token?secret={SECRET} HTTP/1.1");
        let dump: Vec<_> = sent
            .as_bytes()
            .chunks(16)
            .map(|row| {
                let text = String::from_utf8_lossy(row).replace(' ', ".");
                let message = format!("{}  {text}", hex(&text));
                Line { target: "dump".to_owned(), level: Level::Trace, message }
            })
            .collect();
        assert!(dump.iter().all(|line| find(&line.message).is_empty()), "no line alone gives it away");
        assert_eq!(find_in_log(&dump), BTreeSet::from([("dump", Level::Trace)]));
        assert_eq!(find_in_log(&dump[..2]), BTreeSet::new());
    }
}
