//! What the wire said: the requests of a login and what came back, with every secret hidden.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use wechat_oauth::{Grant, GrantReport, ProfileReport, UntrustedText};

use crate::lang::Lang;

/// What stands in place of a secret.
const HIDDEN: &str = "[redacted]";

/// The longest text that is kept of one request or answer, in characters: a callback's query is the browser's to
/// choose, and a profile's texts are the person's.
const MAX_TEXT: usize = 2000;

/// Something that happened in a login.
#[derive(Debug, Clone, Default)]
pub(crate) struct Step {
    zh: &'static str,
    en: &'static str,
    /// What crossed the wire, a request or an answer each, escaped as untrusted text is.
    pub(crate) texts: Vec<String>,
}

impl Step {
    pub(crate) fn title(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }

    fn new(zh: &'static str, en: &'static str, texts: &[String]) -> Self {
        Self { zh, en, texts: texts.iter().map(|text| shown(text)).collect() }
    }

    /// The browser was sent to WeChat.
    pub(crate) fn sent_out(login: &str, authorize_url: &str) -> Self {
        Self::new(
            "本站把浏览器带到微信",
            "The site sent the browser to WeChat",
            &[format!("GET {}", hidden_url(login)), format!("303 Location: {}", hidden_url(authorize_url))],
        )
    }

    /// The browser came back.
    pub(crate) fn came_back(callback: &str) -> Self {
        Self::new(
            "微信把浏览器带回本站",
            "WeChat sent the browser back",
            &[format!("GET {}", hidden_url(callback))],
        )
    }

    /// The site asked WeChat.
    pub(crate) fn asked(requests: &[String]) -> Self {
        Self::new("本站向微信发出请求", "The site asked WeChat", requests)
    }

    /// What came of it.
    pub(crate) fn learned(grant: &Grant, profile: Option<&ProfileReport>) -> Self {
        let mut texts = vec![pretty(&hidden_json(json!(GrantReport::expose_grant(grant))))];
        texts.extend(profile.map(pretty));
        Self::new("本站得到的结果", "What the site learned", &texts)
    }

    /// The page was somebody else's.
    pub(crate) fn nobody() -> Self {
        Self::new("快照页访客", "A snapshot visitor", &[pretty(&json!({"openid": HIDDEN, "snapshot": true}))])
    }

    /// How the browser was let go on.
    pub(crate) fn let_go_on(path: &str) -> Self {
        Self::new(
            "浏览器离开带有 code 的地址",
            "The browser left the address with the code",
            &[format!("303 Location: {path}")],
        )
    }
}

/// A URL or path with its query, the values of secrets hidden.
pub(crate) fn hidden_url(url: &str) -> String {
    let (url, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let Some((page, query)) = url.split_once('?') else { return format!("{url}{fragment}") };
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret(name) && !value.is_empty() => format!("{name}={HIDDEN}"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{page}?{}{fragment}", pairs.join("&"))
}

/// Whether a parameter or field of this name, however it is escaped, holds what nobody else may see.
fn is_secret(name: &str) -> bool {
    let name = form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.to_ascii_lowercase());
    let name = name.unwrap_or_default();
    ["code", "state", "secret"].contains(&name.as_str()) || name.ends_with("token")
}

fn hidden_json(document: Value) -> Value {
    let Value::Object(fields) = document else { return document };
    let hide = |(name, value): (String, Value)| {
        let value = if is_secret(&name) && !value.is_null() { json!(HIDDEN) } else { value };
        (name, value)
    };
    Value::Object(fields.into_iter().map(hide).collect::<Map<_, _>>())
}

fn pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

/// The text, not too long, each of its lines escaped.
fn shown(text: &str) -> String {
    let mut kept: String = text.chars().take(MAX_TEXT).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    let lines = kept.split('\n').map(|line| UntrustedText::from(line.to_owned()).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// One request in the emulator's log, where secrets are hidden already.
#[derive(Debug, Deserialize)]
pub(crate) struct Logged {
    method: String,
    path: String,
    query: String,
    status: u16,
    errcode: Option<i64>,
}

/// The latest run of requests to the API: a login's, since every login begins with a page.
pub(crate) fn latest_calls(log: Vec<Logged>) -> Vec<String> {
    let mut calls: Vec<_> = log
        .into_iter()
        .rev()
        .take_while(|request| request.path.starts_with("/sns/"))
        .map(|request| {
            let Logged { method, path, query, status, errcode } = request;
            let errcode = errcode.map(|code| format!(", errcode {code}")).unwrap_or_default();
            format!("{method} {path}?{query} → {status}{errcode}")
        })
        .collect();
    calls.reverse();
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_however_their_names_are_written() {
        assert_eq!(
            hidden_url("http://h/cb?x=1&code=canary&st%61te=canary&STATE=canary&access_token=canary&code=#f"),
            "http://h/cb?x=1&code=[redacted]&st%61te=[redacted]&STATE=[redacted]&access_token=[redacted]&code=#f"
        );
        assert_eq!(hidden_url("/cb"), "/cb");
        let hidden = hidden_json(json!({"access_token": "canary", "refresh_token": null, "openid": "o"}));
        assert_eq!(hidden, json!({"access_token": HIDDEN, "refresh_token": null, "openid": "o"}));
    }

    #[test]
    fn what_the_browser_sent_is_cut_and_escaped() {
        let step = Step::came_back(&"中".repeat(3000));
        assert_eq!(step.texts[0].chars().count(), MAX_TEXT + 1);
        let step = Step::came_back("/callback?x=\u{202e}\u{7}");
        assert_eq!(step.texts, ["GET /callback?x=\\u{202e}\\u{7}"]);
    }

    #[test]
    fn the_calls_of_the_latest_login_are_told_in_their_order() {
        let logged = |path: &str, errcode| Logged {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: "q".to_owned(),
            status: 200,
            errcode,
        };
        let log = vec![
            logged("/sns/auth", None),
            logged("/connect/qrconnect", None),
            logged("/sns/oauth2/access_token", Some(-1)),
            logged("/sns/userinfo", None),
        ];
        assert_eq!(
            latest_calls(log),
            ["GET /sns/oauth2/access_token?q → 200, errcode -1", "GET /sns/userinfo?q → 200"]
        );
    }
}
