//! A browser without a screen, in the site's own process: cookies of its own, and redirects one at a time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::Outcome;
use crate::site::{DECLINED, SIGNED_IN};

/// The longest page that is read, in bytes.
const MAX_PAGE: usize = 256 * 1024;

const IN_WECHAT: HeaderValue = HeaderValue::from_static(
    "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.50",
);

/// Every reason that a page can have, with its status.
const PAGES: [(&str, StatusCode); 10] = [
    ("denied", StatusCode::FORBIDDEN),
    ("snapshot", StatusCode::OK),
    ("cookies_lost", StatusCode::BAD_REQUEST),
    ("expired", StatusCode::BAD_REQUEST),
    ("lost", StatusCode::SERVICE_UNAVAILABLE),
    ("turned_away", StatusCode::FORBIDDEN),
    ("busy", StatusCode::SERVICE_UNAVAILABLE),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("misconfigured", StatusCode::INTERNAL_SERVER_ERROR),
    ("bad_request", StatusCode::BAD_REQUEST),
];

/// One person's browser. A clone is the same browser at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    site: Router,
    /// How long an answer may take before it counts as hanging.
    deadline: Duration,
    jar: BTreeMap<String, String>,
}

/// What a browser is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Whom the site says that it signs in.
    pub(crate) signed_in: Option<String>,
    location: Option<String>,
    declined: Option<String>,
    cookies: Vec<(String, Option<String>)>,
    pub(crate) body: String,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What an answer asks of its browser.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// To go to WeChat.
    WeChat(String),
    /// To go on, on this site: it is signed in, or a page there says why not.
    Here(String),
    /// Nothing: this page says why nobody is signed in.
    Page(&'static str),
}

impl Browser {
    pub(crate) fn new(site: &Router, deadline: Duration) -> Self {
        Self { site: site.clone(), deadline, jar: BTreeMap::new() }
    }

    /// Asks, and keeps the cookies.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Answer> {
        let answer = self.ask(path).await?;
        self.keep(&answer);
        Ok(answer)
    }

    /// Asks, as one of several requests at the same time.
    pub(crate) async fn ask(&self, path: &str) -> Outcome<Answer> {
        let began = Instant::now();
        match timeout(self.deadline, self.send(path)).await {
            Ok(answer) => Ok(Answer { took: began.elapsed(), ..answer? }),
            Err(_) => Err(format!("{} hangs", path.split('?').next().unwrap_or_default()).into()),
        }
    }

    /// Keeps the cookies of an answer.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        for (name, value) in &answer.cookies {
            match value {
                Some(value) => self.jar.insert(name.clone(), value.clone()),
                None => self.jar.remove(name),
            };
        }
    }

    async fn send(&self, path: &str) -> Outcome<Answer> {
        let mut request = Request::get(path).header(USER_AGENT, IN_WECHAT).header(ACCEPT, "text/html");
        if !self.jar.is_empty() {
            let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        let response = match self.site.clone().oneshot(request.body(Body::empty())?).await {
            Ok(response) => response,
            Err(error) => {
                let never: Infallible = error;
                match never {}
            }
        };
        Answer::read(response).await
    }
}

impl Answer {
    async fn read(response: Response<Body>) -> Outcome<Self> {
        let (parts, body) = response.into_parts();
        let text = |name| {
            let value: Option<&HeaderValue> = parts.headers.get(name);
            value.and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let cookies = parts.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let answer = Self {
            status: parts.status,
            signed_in: text(SIGNED_IN),
            location: text(LOCATION),
            declined: text(DECLINED),
            cookies: cookies.filter_map(cookie).collect(),
            body: String::new(),
            took: Duration::ZERO,
        };
        let body = Limited::new(body, MAX_PAGE).collect().await.map_err(|error| error.to_string())?;
        Ok(Self { body: String::from_utf8(body.to_bytes().into())?, ..answer })
    }

    /// What to do now. Whatever is neither a redirect nor a page with a reason and its status is an error.
    pub(crate) fn next(&self) -> Outcome<Next> {
        if let (StatusCode::SEE_OTHER, Some(location), None) = (self.status, &self.location, &self.declined) {
            let next = if location.starts_with('/') { Next::Here } else { Next::WeChat };
            return Ok(next(location.clone()));
        }
        let known = |reason: &str| PAGES.iter().find(|page| page.0 == reason && page.1 == self.status);
        match self.declined.as_deref().and_then(known) {
            Some((reason, _)) if !self.body.is_empty() => Ok(Next::Page(reason)),
            _ => Err(format!("an answer without a type: {} {:?}", self.status, self.declined).into()),
        }
    }
}

/// Name and value of a Set-Cookie; without a value when the cookie is to be forgotten.
fn cookie(line: &str) -> Option<(String, Option<String>)> {
    let (pair, attributes) = line.split_once(';')?;
    let (name, value) = pair.split_once('=')?;
    let value = (!attributes.contains("Max-Age=0")).then(|| value.to_owned());
    Some((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(status: u16, headers: &[(&str, &str)], body: &'static str) -> Outcome<Next> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        Answer::read(response.body(Body::from(body)).unwrap()).await.unwrap().next()
    }

    #[tokio::test]
    async fn an_answer_is_a_redirect_or_a_page_with_a_reason_and_its_status() {
        let here = next(303, &[("location", "/me")], "").await;
        assert_eq!(here.unwrap(), Next::Here("/me".to_owned()));
        let away = next(303, &[("location", "http://127.0.0.1:1/connect/oauth2/authorize?a")], "").await;
        assert!(matches!(away, Ok(Next::WeChat(_))));
        let page = next(503, &[("x-declined", "busy")], "<html>").await;
        assert_eq!(page.unwrap(), Next::Page("busy"));
        assert!(next(500, &[("x-declined", "busy")], "<html>").await.is_err(), "another status");
        assert!(next(503, &[("x-declined", "busy")], "").await.is_err(), "an empty page");
        assert!(next(503, &[("x-declined", "other")], "<html>").await.is_err(), "a reason nobody knows");
        assert!(next(503, &[], "<html>").await.is_err(), "no reason");
        assert!(next(200, &[], "<html>").await.is_err());
        assert!(next(303, &[], "").await.is_err(), "nowhere to go");
    }

    #[test]
    fn cookies_are_kept_and_forgotten() {
        assert_eq!(cookie("a=b=c; HttpOnly; Max-Age=600"), Some(("a".into(), Some("b=c".into()))));
        assert_eq!(cookie("a=; HttpOnly; Max-Age=0"), Some(("a".into(), None)));
    }
}
