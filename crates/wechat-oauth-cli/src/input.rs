//! Standard input, bounded, and wiped after use: it may hold a code or tokens.

use std::io::{self, IsTerminal as _, Read};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use wechat_oauth::{AppId, Code, Grant, GrantReport, MAX_BODY, now};
use zeroize::{Zeroize as _, Zeroizing};

use crate::failure::Failure;

/// Line ends and the like around a value.
pub(crate) const SPACE_AROUND: usize = 16;

/// The longest document that one command hands to the next, in bytes: the longest answer of WeChat's, if every byte
/// of it had to be escaped.
const MAX_DOCUMENT: usize = 6 * MAX_BODY;

/// Standard input, up to `limit` bytes and one more, by which a reader can tell that there was more.
pub(crate) fn stdin(limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        crate::output::tell("reading standard input: end it with Ctrl-D");
    }
    read(stdin, limit)
        .map_err(|error| Failure::configuration("input", format!("standard input cannot be read: {error}")))
}

/// The code on standard input: bare, or in the document that `callback` prints.
pub(crate) fn code() -> Result<Code, Failure> {
    #[derive(Deserialize)]
    struct Document {
        code: Zeroizing<String>,
    }
    let bytes = stdin(MAX_DOCUMENT)?;
    let text = text(&bytes).ok_or_else(|| Failure::configuration("input", "standard input is not text"))?;
    if text.starts_with('{') {
        let document: Document = document(text.as_bytes(), "callback")?;
        Ok(Code::received_without_state(&document.code)?)
    } else {
        Ok(Code::received_without_state(&text)?)
    }
}

/// The grant on standard input: the document that `exchange` and `refresh` print.
pub(crate) fn grant(appid: AppId) -> Result<Grant, Failure> {
    let bytes = stdin(MAX_DOCUMENT)?;
    let report: GrantReport = document(&bytes, "exchange")?;
    // The document does not say when it was made: the pipe it comes through suggests just now.
    Ok(report.into_grant(appid, now())?)
}

/// A document that another command printed. Its error is handed on as it is, so that the end of a pipeline tells what
/// went wrong at its beginning.
fn document<T: DeserializeOwned>(bytes: &[u8], command: &str) -> Result<T, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct ErrorDocument<'a> {
        #[serde(borrow)]
        error: &'a RawValue,
    }
    let bytes = without_mark(bytes);
    let error = match serde_json::from_slice(bytes) {
        Ok(document) => return Ok(document),
        Err(error) => error,
    };
    if let Ok(ErrorDocument { error }) = serde_json::from_slice(bytes)
        && let Some(handed_on) = Failure::handed_on(error)
    {
        return Err(handed_on);
    }
    // What the parser says may quote the input.
    let place = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!(" (line {line}, column {column})"),
    };
    Err(Failure::configuration("input", format!("standard input is not what {command} prints{place}")))
}

pub(crate) fn read(source: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut chunk = Zeroizing::new([0; 4096]);
    let mut source = source.take(limit as u64 + 1);
    loop {
        let length = match source.read(chunk.as_mut_slice()) {
            Ok(0) => return Ok(bytes),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        grow(&mut bytes, length);
        bytes.extend_from_slice(&chunk[..length]);
    }
}

/// Makes room without leaving a copy behind, as a growing vector would.
fn grow(bytes: &mut Zeroizing<Vec<u8>>, more: usize) {
    if bytes.capacity() - bytes.len() < more {
        let mut larger = Vec::with_capacity(2 * (bytes.len() + more));
        larger.extend_from_slice(bytes);
        let mut smaller = std::mem::replace(&mut **bytes, larger);
        smaller.zeroize();
    }
}

/// The text, without the white space around it.
pub(crate) fn text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    std::str::from_utf8(without_mark(bytes)).ok().map(|text| Zeroizing::new(text.trim().to_owned()))
}

/// Without the byte order mark, which some editors and shells put before what they write.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}
