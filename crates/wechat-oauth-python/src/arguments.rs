//! What Python gives, as what the core takes.

use std::borrow::Cow;
use std::time::SystemTime;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyFloat, PyMemoryView, PySlice, PyString};
use wechat_oauth_bindings::{Misuse, options};
use wechat_oauth_core::{MAX_BODY, UnixTime};
use zeroize::Zeroizing;

use crate::entry::Trouble;

/// The longest text that is copied out of Python, in characters or bytes: far more than the longest that means anything
/// (64 KiB). Without a limit, the copy of a huge one could take the memory that is left, which ends the process.
const MAX_TEXT: usize = 1024 * 1024;

/// How much of a body is looked at: one byte more than an answer may have, so that the core sees that it is too long.
const BODY_SEEN: usize = MAX_BODY + 1;

/// Seconds that a float can tell apart: up to 2^53.
const MAX_FLOAT_SECS: f64 = 9_007_199_254_740_992.0;

/// A text of the program's own.
pub(crate) fn text(what: &'static str, value: &Bound<'_, PyAny>) -> Result<Zeroizing<String>, Trouble> {
    let Ok(text) = value.cast::<PyString>() else { return Err(wrong_type(what, "str", value)) };
    if text.code_point_len()? > MAX_TEXT {
        return Err(Misuse::TooLarge { what, max: MAX_TEXT }.into());
    }
    // Python's own error carries the whole text.
    let text = text.to_cow().map_err(|_| Misuse::NotUtf8(what))?;
    Ok(Zeroizing::new(text.into_owned()))
}

/// A text of the program's own, or `None`.
pub(crate) fn optional_text(
    what: &'static str,
    value: Option<&Bound<'_, PyAny>>,
) -> Result<Option<Zeroizing<String>>, Trouble> {
    value.map(|value| text(what, value)).transpose()
}

/// A text that was stored, and comes back as a text or as bytes.
pub(crate) fn stored_text(
    what: &'static str,
    value: &Bound<'_, PyAny>,
) -> Result<Zeroizing<String>, Trouble> {
    let Ok(bytes) = value.cast::<PyBytes>() else {
        return if value.is_instance_of::<PyString>() {
            text(what, value)
        } else {
            Err(wrong_type(what, "str or bytes", value))
        };
    };
    let bytes = bytes.as_bytes();
    if bytes.len() > MAX_TEXT {
        return Err(Misuse::TooLarge { what, max: MAX_TEXT }.into());
    }
    let text = str::from_utf8(bytes).map_err(|_| Misuse::NotUtf8(what))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A text that a browser sent. Whatever a web framework made of bytes that are no text is judged as U+FFFD, by the core,
/// and is no error of the program's.
pub(crate) fn browsers_text(
    what: &'static str,
    value: &Bound<'_, PyAny>,
) -> Result<Zeroizing<String>, Trouble> {
    let too_large = Err(Misuse::TooLarge { what, max: MAX_TEXT }.into());
    let text = if let Ok(text) = value.cast::<PyString>() {
        if text.code_point_len()? > MAX_TEXT {
            return too_large;
        }
        text.to_string_lossy()
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        if bytes.as_bytes().len() > MAX_TEXT {
            return too_large;
        }
        String::from_utf8_lossy(bytes.as_bytes())
    } else {
        return Err(wrong_type(what, "str or bytes", value));
    };
    Ok(Zeroizing::new(text.into_owned()))
}

/// The body of an answer, or so much of it as shows that it is too long.
pub(crate) fn body<'a>(value: &'a Bound<'_, PyAny>) -> Result<Cow<'a, [u8]>, Trouble> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        let seen = beginning(text)?;
        let text = seen.cast::<PyString>().map_err(PyErr::from)?;
        return Ok(Cow::Owned(text.to_string_lossy().into_owned().into_bytes()));
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        let seen = beginning(bytes)?;
        return Ok(Cow::Owned(seen.cast::<PyByteArray>().map_err(PyErr::from)?.to_vec()));
    }
    if value.is_instance_of::<PyMemoryView>() {
        let seen = beginning(&value.call_method1("cast", ("B",))?)?;
        let bytes = seen.call_method0("tobytes")?;
        return Ok(Cow::Owned(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes().to_vec()));
    }
    Err(wrong_type("body", "bytes, bytearray, memoryview or str", value))
}

/// What is seen of a body, however long it is.
fn beginning<'py>(body: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let stop = isize::try_from(BODY_SEEN).unwrap_or(isize::MAX);
    body.get_item(PySlice::new(body.py(), 0, stop, 1))
}

/// An HTTP status.
pub(crate) fn status(value: &Bound<'_, PyAny>) -> Result<u16, Trouble> {
    value.extract().map_err(|error| {
        out_of_range(error, value.py(), Misuse::OutOfRange { what: "the status", range: "0 to 65535" })
    })
}

/// A number of seconds since 1970, whole or not, as `time.time()` gives it.
pub(crate) fn time(what: &'static str, value: &Bound<'_, PyAny>) -> Result<UnixTime, Trouble> {
    let misuse = Misuse::OutOfRange { what, range: "a number of seconds since 1970" };
    if let Ok(seconds) = value.cast::<PyFloat>() {
        let seconds = seconds.value();
        if !(0.0..=MAX_FLOAT_SECS).contains(&seconds) {
            return Err(misuse.into());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // it is in range, and seconds are whole
        return Ok(options::time(what, seconds as u64)?);
    }
    let seconds = value.extract().map_err(|error| out_of_range(error, value.py(), misuse))?;
    Ok(options::time(what, seconds)?)
}

/// The time that was given, or else the system's.
pub(crate) fn time_or_now(what: &'static str, value: Option<&Bound<'_, PyAny>>) -> Result<UnixTime, Trouble> {
    value.map_or_else(|| Ok(now()), |value| time(what, value))
}

/// The system's time. A clock before 1970 is taken for 1970: the core renews what such a clock dates.
pub(crate) fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::from_secs(since.map_or(0, |since| since.as_secs()))
}

fn wrong_type(what: &'static str, expected: &str, value: &Bound<'_, PyAny>) -> Trouble {
    match value.get_type().name() {
        Ok(given) => PyTypeError::new_err(format!("{what} has to be {expected}, not {given}")).into(),
        Err(error) => error.into(),
    }
}

/// Python's own error says that the number is out of range, and not which.
fn out_of_range(error: PyErr, py: Python<'_>, misuse: Misuse) -> Trouble {
    if error.is_instance_of::<PyOverflowError>(py) { misuse.into() } else { error.into() }
}
