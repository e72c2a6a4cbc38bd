//! Percent-encoding, as found: how a value was encoded, and what it says.

use crate::encode;

use super::{Finding, FindingCode};

/// A value, decoded once.
pub(super) struct Decoded {
    /// What it says. A malformed escape stays as it is; what is not UTF-8 becomes U+FFFD.
    pub(super) text: String,
    pub(super) fault: Option<DecodingFault>,
}

#[derive(Clone, Copy)]
pub(super) enum DecodingFault {
    Escape,
    Utf8,
}

impl DecodingFault {
    pub(super) fn finding(self) -> Finding {
        let message = match self {
            Self::Escape => "redirect_uri has a % that is not followed by two hexadecimal digits.",
            Self::Utf8 => "redirect_uri, decoded, is not UTF-8.",
        };
        let fix = "Percent-encode the whole redirect_uri once, as UTF-8; a % of its own becomes %25.";
        Finding::new(FindingCode::RedirectInvalid, message, fix)
    }
}

/// Decodes once, as a form: `+` is a space.
pub(super) fn decode(raw: &str) -> Decoded {
    let (bytes, malformed) = encode::unescape(raw, b' ');
    let (text, utf8) = match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
    };
    let fault = match (malformed, utf8) {
        (true, _) => Some(DecodingFault::Escape),
        (false, false) => Some(DecodingFault::Utf8),
        (false, true) => None,
    };
    Decoded { text, fault }
}

/// Whether the raw value begins like a URL that nobody encoded. One that stands inside an encoded value does not count.
pub(super) fn is_plain_url(raw: &str) -> bool {
    raw.split_once("://").is_some_and(|(scheme, _)| !scheme.contains('%'))
}

/// Whether a raw value has a character that encodeURIComponent and its kin would have escaped. What some of them leave
/// (`!'()*`) or write for a space (`+`) is no sign of a missing encoding.
pub(super) fn has_raw_reserved(raw: &str) -> bool {
    raw.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"-._~%!'()*+".contains(&byte))
}

/// Whether a value that was decoded once begins like a URL whose `://` is encoded still, in whole or in part, once or
/// several times. Escapes further on belong to the URL itself.
pub(super) fn is_still_encoded(decoded: &str) -> bool {
    let scheme_end = decoded
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'))
        .unwrap_or(decoded.len());
    let (scheme, rest) = decoded.split_at(scheme_end);
    let separated = without_escaped(rest, ':', "3A")
        .and_then(|rest| without_escaped(rest, '/', "2F"))
        .and_then(|rest| without_escaped(rest, '/', "2F"))
        .is_some();
    !scheme.is_empty() && separated && !rest.starts_with("://")
}

/// Strips a character from the front: plain, or encoded any number of times.
fn without_escaped<'a>(text: &'a str, plain: char, hex: &str) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix(plain) {
        return Some(rest);
    }
    let mut rest = text.strip_prefix('%')?;
    while let Some(shorter) = rest.strip_prefix("25") {
        rest = shorter;
    }
    rest.split_at_checked(2).and_then(|(digits, rest)| digits.eq_ignore_ascii_case(hex).then_some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::form_urlencoded;

    #[test]
    fn a_scheme_separator_is_seen_through_every_layer_of_encoding() {
        for decoded in
            ["https%3A%2F%2Fa.b", "https%3a%2f%2fa.b", "https%3A//a.b", "https:%2F%2Fa.b", "http%25253A//a"]
        {
            assert!(is_still_encoded(decoded), "{decoded}");
        }
        for decoded in
            ["https://a.b/%2520", "https://a.b/?u=http%3A%2F%2Fc.d", "%3A%2F%2F", "https%3A", "https%3", ""]
        {
            assert!(!is_still_encoded(decoded), "{decoded}");
        }
    }

    #[test]
    fn a_url_inside_an_encoded_value_does_not_make_it_plain() {
        assert!(is_plain_url("https://a.b/"));
        assert!(!is_plain_url("https%3A%2F%2Fa.b%2F%3Fnext%3Dhttp://c.d"));
        assert!(!is_plain_url("https%3A//a.b"));
    }

    proptest! {
        #[test]
        fn decoding_agrees_with_the_url_crate(raw in "([a-zA-Z0-9%+~é]|%[0-9a-fA-F]{2}){0,40}") {
            let ours = decode(&raw).text;
            let theirs = form_urlencoded::parse(format!("v={raw}").as_bytes()).next().unwrap().1.into_owned();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn what_was_encoded_decodes_without_fault(text in "\\PC{0,40}") {
            let raw: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let decoded = decode(&raw);
            prop_assert!(decoded.fault.is_none());
            prop_assert_eq!(decoded.text, text);
            prop_assert!(!has_raw_reserved(&raw));
        }
    }
}
