//! What the wire said: the requests of a login and what came back, with every secret hidden.

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::Response;
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

    /// The browser asked to sign in.
    pub(crate) fn sent_out(path: &str, query: Option<&str>, response: &Response) -> Self {
        let (zh, en) = match location(response) {
            Some(_) => ("本站把浏览器带到微信", "The site sent the browser to WeChat"),
            None => ("本站给出一个页面", "The site showed a page"),
        };
        Self::new(zh, en, &[request_line(path, query), status_and_headers(response)])
    }

    /// The browser came back.
    pub(crate) fn came_back(path: &str, query: Option<&str>) -> Self {
        Self::new("微信把浏览器带回本站", "WeChat sent the browser back", &[request_line(path, query)])
    }

    /// The site asked WeChat.
    pub(crate) fn asked(requests: &[String]) -> Self {
        Self::new("本站向微信发出请求", "The site asked WeChat", requests)
    }

    /// What came of it.
    pub(crate) fn learned(grant: &Grant, profile: Option<&ProfileReport>, repeated: bool) -> Self {
        let (zh, en) = if repeated {
            (
                "同一个回调又来了一次：沿用上次的结果",
                "The callback came again: the answer is the one from before",
            )
        } else {
            ("本站得到的结果", "What the site learned")
        };
        let mut texts = vec![pretty(&hidden_json(json!(GrantReport::expose_grant(grant))))];
        texts.extend(profile.map(pretty));
        Self::new(zh, en, &texts)
    }

    /// How the browser was let go on.
    pub(crate) fn answered(response: &Response) -> Self {
        let (zh, en) = match location(response) {
            Some(path) if path.starts_with('/') => {
                ("浏览器离开带有 code 的地址", "The browser left the address with the code")
            }
            Some(_) => ("本站再次把浏览器带到微信", "The site sent the browser to WeChat once more"),
            None => ("本站给出一个页面", "The site showed a page"),
        };
        Self::new(zh, en, &[status_and_headers(response)])
    }

    /// A page said why nobody is signed in.
    pub(crate) fn ended(path: &str, query: Option<&str>, response: &Response) -> Self {
        Self::new(
            "本站说明没有登录的原因",
            "The site said why nobody is signed in",
            &[request_line(path, query), status_and_headers(response)],
        )
    }
}

fn request_line(path: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("GET {path}?{}", hidden_query(query)),
        None => format!("GET {path}"),
    }
}

/// The status, where the browser is sent, and the cookies it is given, without their values.
fn status_and_headers(response: &Response) -> String {
    let mut text = response.status().as_u16().to_string();
    if let Some(location) = location(response) {
        text += &format!(" Location: {}", hidden_url(location));
    }
    for cookie in response.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()) {
        text += &format!("\nSet-Cookie: {}", hidden_cookie(cookie));
    }
    text
}

fn location(response: &Response) -> Option<&str> {
    response.headers().get(LOCATION)?.to_str().ok()
}

fn hidden_cookie(cookie: &str) -> String {
    let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
    match pair.split_once('=') {
        Some((name, "")) => format!("{name}=;{attributes}"),
        Some((name, _)) => format!("{name}={HIDDEN};{attributes}"),
        None => HIDDEN.to_owned(),
    }
}

/// A URL or path with its query, of which only what is known to be public can be read.
pub(crate) fn hidden_url(url: &str) -> String {
    let (url, fragment) = match url.split_once('#') {
        Some((url, "wechat_redirect")) => (url, "#wechat_redirect".to_owned()),
        Some((url, _)) => (url, format!("#{HIDDEN}")),
        None => (url, String::new()),
    };
    match url.split_once('?') {
        Some((page, query)) => format!("{page}?{}{fragment}", hidden_query(query)),
        None => format!("{url}{fragment}"),
    }
}

/// The parameters whose values may be read; any other may be a secret, under a name that is misspelt.
const PUBLIC_PARAMETERS: [&str; 12] = [
    "appid",
    "connect_redirect",
    "declined",
    "door",
    "fast_login",
    "lang",
    "login_type",
    "redirect_uri",
    "response_type",
    "return_to",
    "scope",
    "self_redirect",
];

fn hidden_query(query: &str) -> String {
    query.split('&').map(hidden_pair).collect::<Vec<_>>().join("&")
}

fn hidden_pair(pair: &str) -> String {
    let Some((name, value)) = form_urlencoded::parse(pair.as_bytes()).next() else { return String::new() };
    // A value can carry parameters itself, such as a callback that somebody wants to return to.
    let is_public = PUBLIC_PARAMETERS.contains(&&*name) && !value.contains(['?', '&', '#', '%']);
    // The name may be the secret where an equals sign was lost, and then it has digits.
    let is_a_name = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    match pair.split_once('=') {
        _ if is_public => pair.to_owned(),
        Some((written, "")) if is_a_name => format!("{written}="),
        Some((written, _)) if is_a_name => format!("{written}={HIDDEN}"),
        _ => HIDDEN.to_owned(),
    }
}

/// Whether a field of this name holds what nobody else may see.
fn is_secret(name: &str) -> bool {
    ["code", "state", "secret"].contains(&name) || name.ends_with("token")
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
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Logged {
    method: String,
    path: String,
    query: String,
    status: u16,
    errcode: Option<i64>,
}

/// The requests to the API that the log has now and did not have before.
pub(crate) fn new_calls(before: &[Logged], now: Vec<Logged>) -> Vec<String> {
    if now == before {
        return Vec::new();
    }
    // A full log gets no longer: then what is new is what came after the latest page.
    let known = if now.len() > before.len() { before.len() } else { 0 };
    latest_calls(now.into_iter().skip(known).collect())
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
    use axum::http::StatusCode;
    use axum::response::{AppendHeaders, IntoResponse as _};

    #[test]
    fn only_what_is_public_is_shown_of_a_url() {
        for (url, shown) in [
            (
                "http://h/cb?x=canary&code=canary&st%61te=canary&STATE=canary&access_token=canary&code=#f",
                "http://h/cb?x=[redacted]&code=[redacted]&st%61te=[redacted]&STATE=[redacted]&access_token=[redacted]&code=#[redacted]",
            ),
            (
                "http://h/a?appid=wx1&redirect_uri=http%3A%2F%2Fh%2Fcb&scope=snsapi_base&state=canary#wechat_redirect",
                "http://h/a?appid=wx1&redirect_uri=http%3A%2F%2Fh%2Fcb&scope=snsapi_base&state=[redacted]#wechat_redirect",
            ),
            ("/login?return_to=%2Fa&door=phone", "/login?return_to=%2Fa&door=phone"),
            // A whole callback inside a parameter, escaped once or twice.
            ("/login?return_to=%2Fcb%3Fcode%3Dcanary", "/login?return_to=[redacted]"),
            ("/login?return_to=%2Fcb%253Fcode%253Dcanary", "/login?return_to=[redacted]"),
            ("/cb?canary1&c%61nary2=&?code=canary", "/cb?[redacted]&[redacted]&[redacted]"),
            ("/cb?&", "/cb?&"),
            ("/cb", "/cb"),
        ] {
            assert_eq!(hidden_url(url), shown);
        }
        let hidden = hidden_json(json!({"access_token": "canary", "refresh_token": null, "openid": "o"}));
        assert_eq!(hidden, json!({"access_token": HIDDEN, "refresh_token": null, "openid": "o"}));
    }

    #[test]
    fn of_an_answer_the_status_the_address_and_the_names_of_cookies_are_shown() {
        let cookies = ["a=canary; HttpOnly", "b=; Max-Age=0", "canary"].map(|cookie| (SET_COOKIE, cookie));
        let to = [(LOCATION, "http://w/authorize?state=canary")];
        let response = (StatusCode::SEE_OTHER, to, AppendHeaders(cookies)).into_response();
        let step = Step::sent_out("/login", None, &response);
        assert_eq!(step.texts[0], "GET /login");
        assert_eq!(
            step.texts[1],
            "303 Location: http://w/authorize?state=[redacted]\nSet-Cookie: a=[redacted]; HttpOnly\nSet-Cookie: b=; Max-Age=0\nSet-Cookie: [redacted]"
        );
        assert_eq!(Step::answered(&StatusCode::FORBIDDEN.into_response()).texts, ["403"]);
    }

    #[test]
    fn what_the_browser_sent_is_cut_and_escaped() {
        let long = format!("lang={}", "中".repeat(3000));
        let step = Step::came_back("/callback", Some(&long));
        assert_eq!(step.texts[0].chars().count(), MAX_TEXT + 1);
        let step = Step::came_back("/callback", Some("lang=\u{202e}\u{7}"));
        assert_eq!(step.texts, ["GET /callback?lang=\\u{202e}\\u{7}"]);
    }

    fn logged(paths: &[&str]) -> Vec<Logged> {
        let logged = |path: &&str| Logged {
            method: "GET".to_owned(),
            path: (*path).to_owned(),
            query: "q".to_owned(),
            status: 200,
            errcode: path.ends_with("access_token").then_some(-1),
        };
        paths.iter().map(logged).collect()
    }

    #[test]
    fn the_calls_of_the_latest_login_are_told_in_their_order() {
        let log = logged(&["/sns/auth", "/connect/qrconnect", "/sns/oauth2/access_token", "/sns/userinfo"]);
        assert_eq!(
            latest_calls(log),
            ["GET /sns/oauth2/access_token?q → 200, errcode -1", "GET /sns/userinfo?q → 200"]
        );
    }

    #[test]
    fn only_what_is_new_in_the_log_is_told() {
        let before = ["/connect/qrconnect", "/sns/auth"];
        assert!(new_calls(&logged(&before), logged(&before)).is_empty());
        let now = logged(&["/connect/qrconnect", "/sns/auth", "/sns/userinfo"]);
        assert_eq!(new_calls(&logged(&before), now), ["GET /sns/userinfo?q → 200"]);
        // A full log, of two.
        let now = logged(&["/connect/qrconnect", "/sns/userinfo"]);
        assert_eq!(new_calls(&logged(&before), now), ["GET /sns/userinfo?q → 200"]);
    }
}
