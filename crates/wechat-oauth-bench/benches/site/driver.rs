//! Browsers that sign in, the same for both sites.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderName, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;

const IN_WECHAT: &str = "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 MicroMessenger/8.0.50";

/// Signs people in to one site.
#[derive(Clone)]
pub(crate) struct Driver {
    http: Client<HttpConnector, Body>,
    origin: Arc<str>,
}

impl Driver {
    pub(crate) fn new(origin: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { http: Client::builder(TokioExecutor::new()).build(connector), origin: origin.into() }
    }

    /// So many logins, so many at once.
    pub(crate) async fn logins(&self, logins: usize, at_once: usize) {
        let mut running = JoinSet::new();
        for browser in 0..at_once {
            let driver = self.clone();
            let share = (logins + at_once - 1 - browser) / at_once;
            running.spawn(async move {
                for _ in 0..share {
                    driver.login().await;
                }
            });
        }
        while let Some(ended) = running.join_next().await {
            ended.expect("every login goes well");
        }
    }

    /// To the site, to WeChat's page (where everybody consents at once), and back with a code, as a browser goes.
    async fn login(&self) {
        let left = self.get(&format!("{}/login?return_to=%2F", self.origin), None).await;
        let page = header(&left, &LOCATION).split('#').next().unwrap_or_default();
        let cookie = header(&left, &SET_COOKIE).split(';').next().unwrap_or_default();
        let answered = self.get(page, None).await;
        let back = self.get(header(&answered, &LOCATION), Some(cookie)).await;
        assert_eq!(header(&back, &LOCATION), "/", "nobody is signed in");
        assert!(back.contains_key(SET_COOKIE), "there is no session");
    }

    async fn get(&self, url: &str, cookie: Option<&str>) -> HeaderMap {
        let mut request = Request::get(url).header(USER_AGENT, IN_WECHAT);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let request = request.body(Body::empty()).expect("a request");
        let (parts, body) = self.http.request(request).await.expect("an answer").into_parts();
        body.collect().await.expect("a body");
        assert!(parts.status.is_redirection(), "{}", parts.status);
        parts.headers
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
