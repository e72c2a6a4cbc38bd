//! Callbacks: the address that WeChat sends the browser back to.

/// A redirect URI as it came, and what WeChat adds to it.
///
/// WeChat puts its parameters at the very end, after a `?` or, where the URI has one already, after a `&`. So they come
/// after a fragment too, where no server sees them: that is how WeChat treats `#` routes.
pub(crate) fn url(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = header_safe(redirect_uri);
    for (name, value) in parameters {
        if !url.contains('?') {
            url.push('?');
        } else if !url.ends_with(['?', '&']) {
            url.push('&');
        }
        url.push_str(name);
        url.push('=');
        encode(&mut url, value);
    }
    url
}

/// What cannot stand in a header is escaped; all else stays as the app wrote it, for better or worse.
fn header_safe(uri: &str) -> String {
    let mut safe = String::with_capacity(uri.len() + 64);
    for byte in uri.bytes() {
        if byte.is_ascii_graphic() {
            safe.push(char::from(byte));
        } else {
            push_escaped(&mut safe, byte);
        }
    }
    safe
}

fn encode(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            push_escaped(url, byte);
        }
    }
}

fn push_escaped(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_come_last() {
        for (redirect_uri, expected) in [
            ("http://a.cn", "http://a.cn?code=C&state=S"),
            ("http://a.cn/cb", "http://a.cn/cb?code=C&state=S"),
            ("http://a.cn/cb?x=1&y=2", "http://a.cn/cb?x=1&y=2&code=C&state=S"),
            ("http://a.cn/cb?", "http://a.cn/cb?code=C&state=S"),
            ("http://a.cn/#/cb", "http://a.cn/#/cb?code=C&state=S"),
        ] {
            assert_eq!(url(redirect_uri, &[("code", "C"), ("state", "S")]), expected);
        }
        assert_eq!(url("http://a.cn/cb", &[]), "http://a.cn/cb");
    }

    #[test]
    fn nothing_that_came_breaks_the_header() {
        let callback = url("http://a.cn/\r\nSet-Cookie: x=y/中", &[("state", "a b&c\r\n#中")]);
        assert_eq!(
            callback,
            "http://a.cn/%0D%0ASet-Cookie:%20x=y/%E4%B8%AD?state=a%20b%26c%0D%0A%23%E4%B8%AD"
        );
    }
}
