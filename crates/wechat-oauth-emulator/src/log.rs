//! The log: what was asked of WeChat, with everything secret taken out.

use std::collections::VecDeque;

use serde::Serialize;
use url::form_urlencoded;
use wechat_oauth_core::UnixTime;

use crate::message::{Params, Request};
use crate::misbehaviour::Misbehaviour;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// The parameters whose values are secrets, tokens or codes, at WeChat and at its siblings, in lower case.
const SECRET_PARAMETERS: &[&str] = &[
    "access_token",
    "appsecret",
    "auth_code",
    "client_secret",
    "code",
    "component_access_token",
    "component_appsecret",
    "component_verify_ticket",
    "corpsecret",
    "js_code",
    "pre_auth_code",
    "refresh_token",
    "secret",
    "session_key",
    "suite_ticket",
    "ticket",
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
            path: cut(&request.path).to_owned(),
            query: cut(&hide_secrets(&request.params())).to_owned(),
            status,
            errcode,
            misbehaviour,
        });
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }
}

fn hide_secrets(params: &Params) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &params.0 {
        let is_secret = SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
        query.append_pair(name, if is_secret && !value.is_empty() { HIDDEN } else { value });
    }
    query.finish()
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
    fn the_log_is_bounded() {
        let mut log = Log::default();
        for second in 0..1500 {
            log.add(&Request::get("/sns/auth"), 200, None, None, UnixTime::from_secs(second));
        }
        assert_eq!(log.entries().count(), 1000);
        assert_eq!(log.entries().next().unwrap().time, UnixTime::from_secs(500));
    }
}
