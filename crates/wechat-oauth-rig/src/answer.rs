//! What a site answers a browser, and what the browser keeps of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::BoxError;
use axum::body::HttpBody;
use axum::http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, request};
use http_body_util::{BodyExt as _, Limited};
use tokio::time::timeout;

type Outcome<T> = Result<T, BoxError>;

/// Where a site that is tested puts the openid of whom it signs in, beside the session.
pub const SIGNED_IN: HeaderName = HeaderName::from_static("x-signed-in");
/// Where it puts the reason of a page that signs nobody in.
pub const DECLINED: HeaderName = HeaderName::from_static("x-declined");

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

/// The response with this header; without it where the value can be none.
#[must_use]
pub fn marked<B>(mut response: Response<B>, name: HeaderName, value: &str) -> Response<B> {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The cookies of one browser.
#[derive(Debug, Clone, Default)]
pub struct Jar(BTreeMap<String, String>);

impl Jar {
    /// A request as WeChat's own browser makes it, with these cookies.
    #[must_use]
    pub fn request(&self, uri: &str) -> request::Builder {
        let request = Request::get(uri).header(USER_AGENT, IN_WECHAT).header(ACCEPT, "text/html");
        if self.0.is_empty() {
            return request;
        }
        let cookies: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(COOKIE, cookies.join("; "))
    }

    /// Keeps the cookies of an answer.
    pub fn keep(&mut self, answer: &Answer) {
        let lines = answer.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        for (name, value) in lines.filter_map(cookie) {
            match value {
                Some(value) => self.0.insert(name, value),
                None => self.0.remove(&name),
            };
        }
    }
}

/// What a browser is answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// The page.
    pub body: String,
    /// How long it took.
    pub took: Duration,
    headers: HeaderMap,
}

/// What an answer asks of its browser.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// To go to WeChat.
    WeChat(String),
    /// To go on, on this site: it is signed in, or a page there says why not.
    Here(String),
    /// Nothing: this page says why nobody is signed in.
    Page(&'static str),
}

impl Answer {
    /// The answer to what was sent for this path, if it is whole by the deadline.
    ///
    /// # Errors
    /// When it is not, when sending fails, or when the page is too long or no text.
    pub async fn within<B>(
        deadline: Duration,
        path: &str,
        sent: impl Future<Output = Outcome<Response<B>>>,
    ) -> Outcome<Self>
    where
        B: HttpBody,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        match timeout(deadline, async { Self::read(sent.await?).await }).await {
            Ok(answer) => Ok(Self { took: began.elapsed(), ..answer? }),
            Err(_) => Err(format!("{} hangs", path.split('?').next().unwrap_or_default()).into()),
        }
    }

    async fn read<B>(response: Response<B>) -> Outcome<Self>
    where
        B: HttpBody,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_PAGE).collect().await.map_err(|error| error.to_string())?;
        let body = String::from_utf8(body.to_bytes().into())?;
        Ok(Self { status: parts.status, body, took: Duration::ZERO, headers: parts.headers })
    }

    /// A header that is there, and is text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whom the site says that it signs in.
    #[must_use]
    pub fn signed_in(&self) -> Option<&str> {
        self.header(&SIGNED_IN)
    }

    /// Whether it is a page that says why nobody is signed in.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        self.header(&DECLINED).is_some()
    }

    /// What to do now.
    ///
    /// # Errors
    /// Whatever is neither a redirect nor a page with a reason and its status.
    pub fn next(&self) -> Outcome<Next> {
        let declined = self.header(&DECLINED);
        if let (StatusCode::SEE_OTHER, Some(location), None) = (self.status, self.header(&LOCATION), declined)
        {
            let next = if location.starts_with('/') { Next::Here } else { Next::WeChat };
            return Ok(next(location.to_owned()));
        }
        let known = |reason: &str| PAGES.iter().find(|page| page.0 == reason && page.1 == self.status);
        match declined.and_then(known) {
            Some((reason, _)) if !self.body.is_empty() => Ok(Next::Page(reason)),
            _ => Err(format!("an answer without a type: {} {declined:?}", self.status).into()),
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
    use axum::body::Body;

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
