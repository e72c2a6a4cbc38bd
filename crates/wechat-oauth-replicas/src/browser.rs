//! A browser without a screen: cookies of its own, and redirects one at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use hyper_util::client::legacy::Error as HttpError;
use wechat_oauth_rig::{Answer, Jar};

use crate::Outcome;
use crate::http::Http;
use crate::proxy::BROWSER;

/// The longest that anything may take before it counts as hanging. A delivery waits for half a minute for another one
/// whose replica cannot say what became of it, and a renewal for a minute; the store has some seconds beside that.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

static BROWSERS: AtomicU64 = AtomicU64::new(0);

/// One person's browser. A clone is the same browser at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    http: Http,
    origin: String,
    number: u64,
    jar: Jar,
}

impl Browser {
    pub(crate) fn new(http: &Http, origin: &str) -> Self {
        let number = BROWSERS.fetch_add(1, Ordering::Relaxed);
        Self { http: http.clone(), origin: origin.to_owned(), number, jar: Jar::default() }
    }

    /// Asks, and keeps the cookies.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Answer> {
        let answer = self.ask(path).await?;
        self.keep(&answer);
        Ok(answer)
    }

    /// Asks, as one of several requests at the same time.
    pub(crate) async fn ask(&self, path: &str) -> Outcome<Answer> {
        Answer::within(DEADLINE, path, self.send(path)).await
    }

    /// Keeps the cookies of an answer.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        self.jar.keep(answer);
    }

    /// Another browser with the same cookies, and those of this answer.
    pub(crate) fn with_cookies_of(&self, answer: &Answer) -> Self {
        let mut other = Self::new(&self.http, &self.origin);
        other.jar = self.jar.clone();
        other.keep(answer);
        other
    }

    /// The path on this site that a URL leads to.
    pub(crate) fn path_of<'a>(&self, url: &'a str) -> Outcome<&'a str> {
        url.strip_prefix(&self.origin).ok_or_else(|| "a callback leads to another site".into())
    }

    async fn send(&self, path: &str) -> Outcome<Response<Body>> {
        let request = self.jar.request(&format!("{}{path}", self.origin)).header(BROWSER, self.number);
        let response = self.http.request(request.body(Body::empty())?).await;
        let response =
            response.map_err(|error: HttpError| format!("the proxy does not answer: {error:?}"))?;
        Ok(response.map(Body::new))
    }
}
