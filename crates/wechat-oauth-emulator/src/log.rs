//! The log: what was asked of WeChat, with everything secret taken out.

use std::collections::VecDeque;

use serde::Serialize;
use url::form_urlencoded;
use wechat_oauth_core::UnixTime;

use crate::message::{Params, Request};
use crate::misbehaviour::Misbehaviour;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// The parameters whose values may be read; every other one may be a secret, under a name that is misspelt.
const PUBLIC_PARAMETERS: &[&str] = &[
    "appid",
    "client_id",
    "color_scheme",
    "component_appid",
    "connect_redirect",
    "fast_login",
    "forcePopup",
    "forceSnapShot",
    "from",
    "grant_type",
    "isappinstalled",
    "lang",
    "login_type",
    "openid",
    "redirect_uri",
    "response_type",
    "scope",
    "self_redirect",
    "state",
    "style",
    "stylelite",
];

/// One request to WeChat.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    time: UnixTime,
    method: &'static str,
    path: String,
    /// The query, and then the form in the body, decoded and encoded again.
    query: String,
    status: u16,
    /// The errcode of the answer, or the number of the error page.
    errcode: Option<i64>,
    misbehaviour: Option<Misbehaviour>,
}

/// The latest requests, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(VecDeque<Entry>);

impl Log {
    /// How many requests are kept: more than anybody scrolls through.
    const LIMIT: usize = 1000;
    /// The longest path or query that is kept, in bytes; the rest is cut.
    const MAX_TEXT: usize = 4096;

    pub(crate) fn add(
        &mut self,
        request: &Request,
        status: u16,
        errcode: Option<i64>,
        misbehaviour: Option<Misbehaviour>,
        now: UnixTime,
    ) {
        if self.0.len() >= Self::LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            time: now,
            method: request.method.as_str(),
            path: cut(&readable_path(&request.path)).to_owned(),
            query: cut(&readable_query(&request.params())).to_owned(),
            status,
            errcode,
            misbehaviour,
        });
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }
}

/// The path up to what no path of WeChat's has: there a query may begin whose `?` was forgotten.
fn readable_path(path: &str) -> String {
    let of_a_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
    match path.find(|c| !of_a_path(c)) {
        Some(end) => format!("{}{HIDDEN}", &path[..end]),
        None => path.to_owned(),
    }
}

fn readable_query(params: &Params) -> String {
    written(
        params,
        |name, value| {
            if PUBLIC_PARAMETERS.contains(&name) { readable_value(value) } else { hidden(value) }
        },
    )
}

/// A value that may be read, unless it carries parameters itself: a `redirect_uri` with an old code, or a `&` that was
/// escaped.
fn readable_value(value: &str) -> String {
    match value.find(['?', '&', '#']) {
        Some(at) => {
            let (shown, separator, inner) = (&value[..at], &value[at..=at], &value[at + 1..]);
            format!("{shown}{separator}{}", written(&Params::parse(inner), |_, value| hidden(value)))
        }
        None => value.to_owned(),
    }
}

fn written(params: &Params, shown: impl Fn(&str, &str) -> String) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &params.0 {
        let name = if is_a_name(name) { name } else { HIDDEN };
        query.append_pair(name, &shown(name, value));
    }
    query.finish()
}

/// Whether this can be the name of a parameter, and not a token whose name was forgotten: those have digits.
fn is_a_name(text: &str) -> bool {
    const MAX_LEN: usize = 32;
    text.len() <= MAX_LEN && text.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b';'))
}

fn hidden(value: &str) -> String {
    if value.is_empty() { String::new() } else { HIDDEN.to_owned() }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(Log::MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_however_they_are_written() {
        let mut log = Log::default();
        let mut request = Request::post_form(
            "/sns/oauth2/access_token?appid=wx1&%73ecret=canary1&SECRET=canary2&code=",
            "code=canary3&grant_type=authorization_code&refresh_token=canary4",
        );
        log.add(&request, 200, Some(40029), None, UnixTime::from_secs(7));
        request.path = "/x".repeat(5000);
        log.add(&request, 200, None, Some(Misbehaviour::Busy), UnixTime::from_secs(8));
        let json = serde_json::to_string(&log.entries().collect::<Vec<_>>()).unwrap();
        assert!(!json.contains("canary"), "{json}");
        assert!(json.starts_with(
            r#"[{"time":7,"method":"POST","path":"/sns/oauth2/access_token","query":"appid=wx1&secret=***&SECRET=***&code=&code=***&grant_type=authorization_code&refresh_token=***","status":200,"errcode":40029,"misbehaviour":null}"#
        ), "{json}");
        assert!(json.len() < 10_000);
    }

    #[test]
    fn secrets_in_the_wrong_place_are_hidden_too() {
        for (target, path, query) in [
            ("/sns/oauth2/access_token&secret=canary", "/sns/oauth2/access_token***", ""),
            ("/sns/auth%3Faccess_token=canary", "/sns/auth***", ""),
            ("/sns/auth?appid=wx1&amp;secret=canary", "/sns/auth", "appid=wx1&amp%3Bsecret=***"),
            ("/sns/auth?appid=wx1%26secret=canary", "/sns/auth", "appid=wx1%26secret%3D***"),
            ("/sns/auth?secret%3Dcanary", "/sns/auth", "***="),
            ("/sns/auth?041canary1234", "/sns/auth", "***="),
            ("/sns/auth?acess_token=canary", "/sns/auth", "acess_token=***"),
            (
                "/connect/qrconnect?redirect_uri=http%3A%2F%2Fa.cn%2Fcb%3Fcode%3Dcanary%26x%3D",
                "/connect/qrconnect",
                "redirect_uri=http%3A%2F%2Fa.cn%2Fcb%3Fcode%3D***%26x%3D",
            ),
            (
                "/connect/qrconnect?redirect_uri=http%3A%2F%2Fa.cn%2F%23%2Fcb%3Fcode%3Dcanary",
                "/connect/qrconnect",
                "redirect_uri=http%3A%2F%2Fa.cn%2F%23***%3D***",
            ),
        ] {
            let mut log = Log::default();
            log.add(&Request::get(target), 200, None, None, UnixTime::from_secs(7));
            let entry = log.entries().next().unwrap();
            assert_eq!((entry.path.as_str(), entry.query.as_str()), (path, query));
        }
    }

    #[test]
    fn the_log_is_bounded() {
        let mut log = Log::default();
        for second in 0..1500 {
            log.add(&Request::get("/sns/auth"), 200, None, None, UnixTime::from_secs(second));
        }
        assert_eq!(log.entries().count(), 1000);
        assert_eq!(log.entries().next().unwrap().time, UnixTime::from_secs(500));
    }
}
