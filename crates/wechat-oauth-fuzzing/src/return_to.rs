//! A place to return to stays on the site, however a browser or a proxy reads it.

use percent_encoding::percent_decode_str;
use url::Url;
use wechat_oauth_axum::ReturnTo;

/// The pages that a browser may be on when it is told to go there.
const PAGES: [&str; 3] =
    ["https://www.example.com/callback?code=x&state=y", "http://localhost:3000/", "https://[::1]:8443/a/b/"];

/// Takes what a request says its visitor wants to return to.
///
/// # Panics
/// When what is taken leads away from the site, is no header value, or is changed by printing or storing it; and when an
/// ordinary path is refused.
pub fn return_to(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(there) = ReturnTo::parse(&text) else {
        assert!(!is_ordinary(&text), "refused");
        return;
    };
    assert_eq!(there.as_str(), text);
    assert_eq!(there.to_string(), text);
    assert!(text.len() <= ReturnTo::MAX_LEN && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte)));
    assert!(there.is_under("/"));
    let stored = serde_json::to_string(&there).expect("a text");
    assert_eq!(serde_json::from_str::<ReturnTo>(&stored).expect("what was stored"), there);
    for page in PAGES {
        stays(&Url::parse(page).expect("a URL"), &text);
    }
}

fn stays(page: &Url, text: &str) {
    let resolved = page.join(text).expect("a URL");
    // What is behind a program that decodes the path, or that answers with the path alone.
    let decoded = decode(text.split('?').next().unwrap_or_default());
    for spelling in [text, &decoded, resolved.path(), &decode(resolved.path())] {
        let there = page.join(spelling).expect("a URL");
        assert_eq!(there.origin(), page.origin(), "{spelling}");
        assert!(!there.path().starts_with("//"), "{spelling}");
        assert!(there.username().is_empty() && there.password().is_none());
    }
}

fn decode(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// A path of names, with a query of letters: what every site has.
fn is_ordinary(text: &str) -> bool {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() <= ReturnTo::MAX_LEN
        && path.starts_with('/')
        && !path.contains("//")
        && path.bytes().all(|byte| is_name(byte) || byte == b'/')
        && query.bytes().all(|byte| is_name(byte) || byte == b'=' || byte == b'&')
}
