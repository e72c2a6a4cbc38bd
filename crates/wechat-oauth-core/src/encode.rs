//! Percent-encoding: the one encoder through which every value enters a URL, and bytes as text.

use zeroize::Zeroizing;

/// `A-Za-z0-9-._~`: the unreserved characters of RFC 3986 §2.3. Every other byte is escaped.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[byte as usize]
}

/// Every byte of every value is looked up, so it is one step.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

/// Whether nothing in the text needs an escape.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(is_unreserved)
}

/// How many bytes [`push`] will add.
pub(crate) fn length(text: &str) -> usize {
    text.len() + 2 * text.bytes().filter(|byte| !is_unreserved(*byte)).count()
}

/// Appends the text, with each byte outside the unreserved ones as `%XX`, upper case.
pub(crate) fn push(url: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = text;
    // What needs no escape comes in long runs, which are copied whole.
    while let Some(place) = rest.bytes().position(|byte| !is_unreserved(byte)) {
        let (run, from_other) = rest.split_at(place);
        let (other, after) = from_other.split_at(from_other.chars().next().map_or(0, char::len_utf8));
        url.push_str(run);
        for byte in other.bytes() {
            url.push('%');
            url.push(char::from(DIGITS[usize::from(byte >> 4)]));
            url.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        rest = after;
    }
    url.push_str(rest);
}

/// Undoes percent-encoding, strictly: `None` when a `%` is not followed by two hexadecimal digits, or when the bytes
/// are not UTF-8. A `+` is a space, as in every form.
pub(crate) fn decode(text: &str) -> Option<String> {
    let (bytes, malformed) = unescape(text, b' ');
    if malformed { None } else { String::from_utf8(bytes).ok() }
}

/// Undoes percent-encoding in a text that somebody else wrote: a `%` that begins no escape stays, and so does a `+`. It
/// may quote a secret, so it is wiped.
pub(crate) fn decode_leniently(text: &str) -> Zeroizing<String> {
    read_lossily(&Zeroizing::new(unescape(text, b'+').0))
}

/// Reads bytes as UTF-8, with U+FFFD for what is not. They may hold a secret, so the text is wiped.
pub(crate) fn read_lossily(bytes: &[u8]) -> Zeroizing<String> {
    // Room for every byte to become a U+FFFD of three, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// The bytes that the escapes stand for, with the given byte for a `+`, and whether there was a `%` that begins no
/// escape; such a one stays.
pub(crate) fn unescape(text: &str, plus: u8) -> (Vec<u8>, bool) {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut malformed = false;
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'+' => plus,
            b'%' => {
                if let [high, low, after @ ..] = after
                    && let (Some(high), Some(low)) = (digit(*high), digit(*low))
                {
                    rest = after;
                    high << 4 | low
                } else {
                    malformed = true;
                    b'%'
                }
            }
            other => *other,
        });
    }
    (bytes, malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        let mut url = String::new();
        push(&mut url, text);
        url
    }

    #[test]
    fn reserved_bytes_are_escaped_in_upper_case() {
        assert_eq!(encoded("https://a.b/c?d=é f"), "https%3A%2F%2Fa.b%2Fc%3Fd%3D%C3%A9%20f");
        assert_eq!(encoded("-._~"), "-._~");
        assert_eq!(encoded("a+b%20"), "a%2Bb%2520");
    }

    #[test]
    fn broken_escapes_are_not_guessed_at() {
        for broken in ["%", "%4", "%zz", "%+1", "a%", "%é1", "%ff", "%c3"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
        assert_eq!(decode("%63ode+x").as_deref(), Some("code x"));
    }

    #[test]
    fn lenient_decoding_leaves_what_it_does_not_know() {
        assert_eq!(*decode_leniently("a%2fb%2Fc+%zz%4%"), "a/b/c+%zz%4%");
        assert_eq!(*decode_leniently("%252B"), "%2B");
        assert_eq!(*decode_leniently("%ffé"), "\u{fffd}é");
    }

    #[test]
    fn a_text_that_was_read_lossily_never_outgrows_its_room() {
        let text = read_lossily(&[0xff; 100]);
        assert_eq!((text.capacity(), &**text), (300, &*"\u{fffd}".repeat(100)));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in "\\PC*|.*") {
            prop_assert_eq!(decode(&encoded(&text)), Some(text));
        }

        #[test]
        fn the_length_is_known_beforehand(text in ".*") {
            prop_assert_eq!(encoded(&text).len(), length(&text));
        }

        #[test]
        fn decoding_agrees_with_the_url_crate_or_refuses(text in "[a-c%+0-9A-F&=é]*") {
            let ours = decode(&text.replace(['&', '='], ""));
            let text = text.replace(['&', '='], "");
            let theirs = url::form_urlencoded::parse(text.as_bytes()).next().map(|(key, _)| key.into_owned());
            if let Some(ours) = ours {
                prop_assert_eq!(ours, theirs.unwrap_or_default());
            }
        }
    }
}
