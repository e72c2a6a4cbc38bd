//! A redirect URI that is accepted survives being printed, encoded, put into an authorize URL and called back.

use url::{Url, form_urlencoded};
use wechat_oauth_core::{App, MAX_QUERY, RedirectUri, Scope, State};

use crate::given;

/// Takes what a person configured as the redirect URI.
///
/// # Panics
/// When printing and parsing changes it, when its encoding is not the one RFC 3986 allows, when it does not arrive in
/// the authorize URL, or when WeChat's callback to it is not understood.
pub fn redirect_uri(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(redirect_uri) = RedirectUri::parse(&text) else { return };
    assert_eq!(RedirectUri::parse(redirect_uri.as_str()).as_ref(), Ok(&redirect_uri));
    assert_eq!(redirect_uri.to_string().parse().as_ref(), Ok(&redirect_uri));
    let url = Url::parse(redirect_uri.as_str()).expect("accepted");
    assert!(matches!(url.scheme(), "http" | "https"));
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    assert_eq!(url.host_str(), Some(redirect_uri.host()));
    is_encoded_once(&redirect_uri);
    for (app, scope) in [
        (given::official("secret"), Scope::Base),
        (given::website("secret"), Scope::Login),
        (given::component("token"), Scope::UserInfo),
    ] {
        comes_back(&app, scope, &redirect_uri);
    }
}

fn is_encoded_once(redirect_uri: &RedirectUri) {
    let encoded = redirect_uri.encoded();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next(), rest.next()];
            assert!(digits.iter().all(|digit| matches!(digit, Some(b'0'..=b'9' | b'A'..=b'F'))), "{encoded}");
        } else {
            assert!(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), "{encoded}");
        }
    }
    let form = format!("value={encoded}");
    let (_, decoded) = form_urlencoded::parse(form.as_bytes()).next().expect("one pair");
    assert_eq!(decoded, redirect_uri.as_str());
}

fn comes_back(app: &App, scope: Scope, redirect_uri: &RedirectUri) {
    let own = Url::parse(redirect_uri.as_str()).expect("accepted");
    let Ok(login) = app.login(scope, redirect_uri).build() else {
        // A component's callback brings an appid, so its redirect URI must not have one.
        assert!(
            app.account().component_appid().is_some() && own.query_pairs().any(|(name, _)| name == "appid")
        );
        return;
    };
    let (url, pending) = login.begin(State::new("S1").expect("a state"));
    let url = Url::parse(url.as_str()).expect("a URL");
    let sent = url.query_pairs().find(|(name, _)| name == "redirect_uri").expect("it is sent");
    assert_eq!(sent.1, redirect_uri.as_str());
    assert_eq!(url.fragment(), Some("wechat_redirect"));
    let separator = if own.query().is_some() { '&' } else { '?' };
    let appid =
        app.account().component_appid().map_or_else(String::new, |_| format!("&appid={}", given::APPID));
    let back = format!("{redirect_uri}{separator}code=C1&state=S1{appid}");
    if back.len() <= MAX_QUERY {
        assert_eq!(pending.accept(&back).expect("our own callback").expose(), "C1");
    }
}
