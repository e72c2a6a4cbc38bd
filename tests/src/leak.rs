//! Looks for secrets in what errors, values, logs and panics say, in every form that a secret takes there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as StdError;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{LazyLock, Mutex, Once, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use log::{Level, LevelFilter, Log, Metadata, Record};
use wechat_oauth::{Error, ErrorDocument};

use crate::{ACCESS_TOKEN, CODE, REFRESH_TOKEN, SECRET};

/// The token of the third-party platform, where one is used.
pub const COMPONENT_TOKEN: &str = "canary+component/76_Hs5dTe3Vk";
/// The state of a login, where one is begun. It has the characters that a state can have.
pub const STATE: &str = "canarySTATE5rW8uYc1Ba6Xn";

/// What must not be found anywhere.
pub const CANARIES: [(&str, &str); 6] = [
    ("secret", SECRET),
    ("code", CODE),
    ("access token", ACCESS_TOKEN),
    ("refresh token", REFRESH_TOKEN),
    ("component token", COMPONENT_TOKEN),
    ("state", STATE),
];

/// The forms that are looked for.
pub const FORMS: [&str; 6] = ["plain", "percent-encoded", "hex", "base64", "byte list", "reversed"];

/// Each secret that is found in the text, with the form that it has there. Half of one is enough.
#[must_use]
pub fn find(text: &str) -> Vec<(&'static str, &'static str)> {
    static CANARY_TRACES: LazyLock<Vec<Trace<'static>>> = LazyLock::new(|| traces(&CANARIES));
    find_traces(&CANARY_TRACES, text)
}

/// The same for secrets that are known only while the test runs.
#[must_use]
pub fn find_these<'a>(secrets: &[(&'a str, &str)], text: &str) -> Vec<(&'a str, &'static str)> {
    find_traces(&traces(secrets), text)
}

/// What one of the secrets, in one of the forms, leaves in a text.
struct Trace<'a> {
    secret: &'a str,
    form: &'static str,
    /// Each gives it away.
    pieces: Vec<String>,
}

fn traces<'a>(secrets: &[(&'a str, &str)]) -> Vec<Trace<'a>> {
    let pieces = |form, half: &str| match form {
        "hex" => vec![hex(half)],
        "byte list" => vec![byte_list(half)],
        "percent-encoded" => {
            let once = percent_encoded(half);
            vec![percent_encoded(&once).to_lowercase(), once.to_lowercase()]
        }
        "base64" => base64_forms(half),
        "reversed" => vec![reversed(half)],
        _ => vec![half.to_owned()],
    };
    let mut traces = Vec::new();
    for (secret, text) in secrets {
        let (first, second) = text.split_at(text.len() / 2);
        for form in FORMS {
            let pieces = [pieces(form, first), pieces(form, second)].concat();
            traces.push(Trace { secret, form, pieces });
        }
    }
    traces
}

fn find_traces<'a>(traces: &[Trace<'a>], text: &str) -> Vec<(&'a str, &'static str)> {
    let (lower, dense) = (text.to_lowercase(), text.split_whitespace().collect::<String>());
    let is_in = |trace: &&Trace<'a>| {
        let text = match trace.form {
            "hex" | "percent-encoded" => &*lower,
            "byte list" | "base64" => &dense,
            _ => text,
        };
        trace.pieces.iter().any(|piece| text.contains(piece))
    };
    traces.iter().filter(is_in).map(|trace| (trace.secret, trace.form)).collect()
}

/// A text in one of the [`FORMS`], to plant it.
#[must_use]
pub fn written(form: &str, text: &str) -> String {
    match form {
        "hex" => hex(text),
        "byte list" => format!("{:?}", text.as_bytes()),
        "percent-encoded" => percent_encoded(text),
        "base64" => STANDARD_NO_PAD.encode(text),
        "reversed" => reversed(text),
        _ => text.to_owned(),
    }
}

/// A way in which something speaks, and what it says there.
pub type Said = (&'static str, String);

/// What an error says as any error does, and each of its causes.
#[must_use]
pub fn as_an_error(error: &dyn StdError) -> Vec<Said> {
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push_str(&format!("{error}\n{error:?}\n{error:#?}\n"));
        cause = error.source();
    }
    vec![("Display", error.to_string()), ("its causes", causes)]
}

/// What a value says in `Debug`, and in the messages of the panics that show it.
#[must_use]
#[allow(clippy::expect_used, reason = "its message is looked at")]
pub fn shown(value: &dyn Debug) -> Vec<Said> {
    fn failed(value: &dyn Debug) -> Result<(), &dyn Debug> {
        Err(value)
    }
    vec![
        ("Debug", format!("{value:?}")),
        ("Debug on many lines", format!("{value:#?}")),
        ("unwrap", panic_message(|| failed(value).unwrap())),
        ("expect", panic_message(|| failed(value).expect("it works"))),
        ("assert", panic_message(|| assert!(failed(value).is_ok(), "{value:?} and {value:#?}"))),
    ]
}

/// Every way in which an error of ours speaks.
#[must_use]
pub fn channels(error: &Error) -> Vec<Said> {
    let document = serde_json::to_string(&ErrorDocument::from(error)).unwrap();
    [as_an_error(error), shown(error), vec![("its document", document)]].concat()
}

/// Everything that an error says about itself.
#[must_use]
pub fn everything(error: &Error) -> String {
    channels(error).into_iter().map(|(_, text)| text + "\n").collect()
}

thread_local! {
    /// What the panics of this thread said, while they are being caught.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a panic says to the hook, and to whoever catches it. Other threads' panics are reported as ever.
///
/// # Panics
/// When the function does not.
pub fn panic_message(panics: impl FnOnce()) -> String {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let caught = CAUGHT.with_borrow_mut(|caught| {
                caught.as_mut().map(|text| text.push_str(&format!("{info}\n{info:?}\n"))).is_some()
            });
            if !caught {
                usual(info);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(panics));
    let mut text = CAUGHT.take().unwrap_or_default();
    let payload = result.unwrap_err();
    text.push_str(payload.downcast_ref::<String>().unwrap());
    text
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
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
    find_these_in_log(&CANARIES, lines)
}

/// The same for secrets that are known only while the test runs.
#[must_use]
pub fn find_these_in_log<'a>(secrets: &[(&str, &str)], lines: &'a [Line]) -> BTreeSet<(&'a str, Level)> {
    let traces = traces(secrets);
    let is_in = |text: &str| !find_traces(&traces, text).is_empty();
    let mut columns: BTreeMap<(&str, Level), String> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in lines {
        let writer = (line.target.as_str(), line.level);
        columns.entry(writer).or_default().push_str(line.message.rsplit(' ').next().unwrap_or_default());
        if is_in(&line.message) {
            found.insert(writer);
        }
    }
    found.extend(columns.iter().filter(|(_, column)| is_in(column)).map(|(writer, _)| *writer));
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
    static LOGGER: Once = Once::new();
    LOGGER.call_once(|| log::set_logger(&Capture).unwrap());
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
            let twice = percent_encoded(&percent_encoded(canary));
            assert!(find(&around(&twice)).contains(&(name, "percent-encoded")));
            for form in FORMS {
                assert!(find(&written(form, canary)).contains(&(name, form)), "{name}, {form}");
            }
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
