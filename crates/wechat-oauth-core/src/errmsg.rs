//! WeChat's `errmsg`: the message, and the request id that is glued to it.
//!
//! | form | seen |
//! |---|---|
//! | `invalid code, hints: [ req_id: o6gUEA0911ns18 ]` | 2015 to 2021 |
//! | `invalid code, rid: 66bc4f62-6fd1e4d4-413858cd` | since 2021 |
//! | `… hint: [X]`, `… hints: [X!]`, `… rid: X` | the sibling API under `/cgi-bin` |

use zeroize::Zeroizing;

use crate::encode;
use crate::secret::REDACTED;

/// The longest request id that is believed; real ones have at most 26 characters.
const MAX_REQUEST_ID: usize = 64;

/// How often a quote may have been percent-encoded and still be found: once by the request, once by whoever wrote the
/// message, once more for good measure.
const ENCODINGS: usize = 3;

/// Cuts the request's secrets out of a message that quotes the request, which would carry them into errors and logs.
/// A quote in percent-encoding is decoded for it, in whatever letters and however often it was encoded.
pub(crate) fn hide(errmsg: &str, secrets: &[Zeroizing<String>]) -> String {
    let mut shown = Zeroizing::new(errmsg.to_owned());
    let mut decoded = shown.clone();
    for _ in 0..=ENCODINGS {
        if secrets.iter().any(|secret| decoded.contains(secret.as_str())) {
            for secret in secrets {
                decoded = replaced(&decoded, secret);
            }
            shown = decoded.clone();
        }
        decoded = encode::decode_leniently(&decoded);
    }
    std::mem::take(&mut shown)
}

/// The text without the secret.
fn replaced(text: &str, secret: &str) -> Zeroizing<String> {
    // Room for all of it, so that growing leaves no copies of other secrets behind.
    let room = text.len() + text.matches(secret).count() * REDACTED.len();
    let mut replaced = Zeroizing::new(String::with_capacity(room));
    let mut parts = text.split(secret);
    replaced.push_str(parts.next().unwrap_or_default());
    for part in parts {
        replaced.push_str(REDACTED);
        replaced.push_str(part);
    }
    replaced
}

/// Splits off the first request id. The message keeps the rest, trimmed.
pub(crate) fn split(errmsg: &str) -> (String, Option<Box<str>>) {
    let first = errmsg
        .char_indices()
        .filter(|(start, _)| starts_word(errmsg, *start))
        .find_map(|(start, _)| request_id(&errmsg[start..]).map(|(id, length)| (start, id, length)));
    match first {
        Some((start, id, length)) => {
            let before = errmsg[..start].trim_end_matches([' ', ',']);
            let after = &errmsg[start + length..];
            (format!("{before}{after}").trim().to_owned(), Some(id.into()))
        }
        None => (errmsg.trim().to_owned(), None),
    }
}

fn starts_word(text: &str, start: usize) -> bool {
    !text[..start].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_')
}

/// The request id that the text begins with, and how long its whole form is.
fn request_id(text: &str) -> Option<(&str, usize)> {
    for label in ["hints:", "hint:"] {
        if let Some(rest) = text.strip_prefix(label) {
            let inside = rest.trim_start().strip_prefix('[')?.trim_start();
            let inside = inside.strip_prefix("req_id:").unwrap_or(inside).trim_start();
            let (id, rest) = id_at(inside)?;
            let rest = rest.strip_prefix('!').unwrap_or(rest).trim_start().strip_prefix(']')?;
            return Some((id, text.len() - rest.len()));
        }
    }
    for label in ["rid:", "req_id:"] {
        if let Some(rest) = text.strip_prefix(label) {
            let (id, rest) = id_at(rest.trim_start())?;
            return Some((id, text.len() - rest.len()));
        }
    }
    None
}

/// `[0-9A-Za-z._-]`, as observed.
fn id_at(text: &str) -> Option<(&str, &str)> {
    let length = text
        .bytes()
        .position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_' | b'-'))
        .unwrap_or(text.len());
    (1..=MAX_REQUEST_ID).contains(&length).then(|| text.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_observed_form_is_split() {
        for (errmsg, message, id) in [
            ("invalid code", "invalid code", None),
            (" invalid openid ", "invalid openid", None),
            ("invalid code, hints: [ req_id: o6gUEA0911ns18 ]", "invalid code", Some("o6gUEA0911ns18")),
            ("invalid code, hints: [ req_id: zhBes.5ce-2V7a_ ]", "invalid code", Some("zhBes.5ce-2V7a_")),
            (
                "invalid code, rid: 66bc4f62-6fd1e4d4-413858cd",
                "invalid code",
                Some("66bc4f62-6fd1e4d4-413858cd"),
            ),
            ("invalid openid , rid: 1-2-3", "invalid openid", Some("1-2-3")),
            (
                "reach max api daily quota limit rid: 617682e0-0-3",
                "reach max api daily quota limit",
                Some("617682e0-0-3"),
            ),
            ("not latest hints: [nHNcda0FE-PVWZTA!]", "not latest", Some("nHNcda0FE-PVWZTA")),
            ("is invalid hint: [zDNUIA07582974]", "is invalid", Some("zDNUIA07582974")),
            ("bad hint: [X1] rid: 1-2", "bad rid: 1-2", Some("X1")),
            (
                "view more at http://t.cn/RAEkdVq, hints: [ req_id: a ]",
                "view more at http://t.cn/RAEkdVq",
                Some("a"),
            ),
            ("rid: abc", "", Some("abc")),
            ("grid: abc", "grid: abc", None),
            ("no id, rid: ", "no id, rid:", None),
            ("hint: see the docs", "hint: see the docs", None),
            ("hint: [a b], rid: c", "hint: [a b]", Some("c")),
            ("", "", None),
        ] {
            assert_eq!(split(errmsg), (message.to_owned(), id.map(Box::from)), "{errmsg}");
        }
    }

    #[test]
    fn a_quoted_secret_is_cut_however_it_was_encoded() {
        let secret = Zeroizing::new("ca+na/ry%76_é".to_owned());
        let encoded = |text: &str| {
            let mut url = String::new();
            encode::push(&mut url, text);
            url
        };
        let once = encoded(&secret);
        let twice = encoded(&once);
        let quotes = [secret.to_string(), once.clone(), twice.clone(), once.to_lowercase(), encoded(&twice)];
        for quote in &quotes {
            let shown = hide(&format!("bad 100% of {quote}, rid: {quote}"), std::slice::from_ref(&secret));
            assert_eq!(shown, "bad 100% of [redacted], rid: [redacted]", "{quote}");
        }
        assert_eq!(hide("view http%3A%2F%2Ft.cn", &[secret]), "view http%3A%2F%2Ft.cn");
        assert_eq!(hide("nothing is secret", &[]), "nothing is secret");
    }

    proptest! {
        #[test]
        fn no_message_panics(errmsg in "(rid:|hints?:|\\[|\\]|req_id:|!| |,|é|[a-z0-9]){0,12}|.*") {
            let (message, id) = split(&errmsg);
            prop_assert!(message.len() + id.map_or(0, |id| id.len()) <= errmsg.len());
        }
    }
}
