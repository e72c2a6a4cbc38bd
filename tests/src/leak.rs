//! Looks for secrets in what errors, values, logs and panics say, in every form that a secret takes there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as StdError;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{LazyLock, Mutex, Once, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};
use wechat_oauth::{Error, ErrorDocument};
pub use wechat_oauth_conformance::leak::{FORMS, written};
use wechat_oauth_conformance::leak::{SHORTEST, Search};

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

static CANARY_SEARCH: LazyLock<Search<'static>> = LazyLock::new(|| Search::new(&CANARIES));

/// Each secret that is found in the text, with the form that it has there. Half of one is enough.
#[must_use]
pub fn find(text: &str) -> Vec<(&'static str, &'static str)> {
    CANARY_SEARCH.find(text)
}

/// The same for secrets that are known only while the test runs.
#[must_use]
pub fn find_these<'a>(secrets: &[(&'a str, &str)], text: &str) -> Vec<(&'a str, &'static str)> {
    search_for(secrets).find(text)
}

fn search_for<'a>(secrets: &[(&'a str, &str)]) -> Search<'a> {
    for (name, secret) in secrets {
        assert!(secret.len() >= SHORTEST, "the {name} is too short to be looked for");
    }
    Search::new(secrets)
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
    let search = search_for(secrets);
    let is_in = |text: &str| !search.find(text).is_empty();
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
    fn no_canary_is_found_where_none_is() {
        for (name, canary) in CANARIES {
            assert!(find(&canary[..canary.len() * 3 / 4]).contains(&(name, "plain")), "{name}");
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
                let message = format!("{}  {text}", written("hex", &text));
                Line { target: "dump".to_owned(), level: Level::Trace, message }
            })
            .collect();
        assert!(dump.iter().all(|line| find(&line.message).is_empty()), "no line alone gives it away");
        assert_eq!(find_in_log(&dump), BTreeSet::from([("dump", Level::Trace)]));
        assert_eq!(find_in_log(&dump[..2]), BTreeSet::new());
    }
}
