//! A browser without a screen, in the site's own process: cookies of its own, and redirects one at a time.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use tower::ServiceExt as _;
use wechat_oauth_rig::{Answer, Jar};

use crate::Outcome;

/// One person's browser. A clone is the same browser at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    site: Router,
    /// How long an answer may take before it counts as hanging.
    deadline: Duration,
    jar: Jar,
}

impl Browser {
    pub(crate) fn new(site: &Router, deadline: Duration) -> Self {
        Self { site: site.clone(), deadline, jar: Jar::default() }
    }

    /// Asks, and keeps the cookies.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Answer> {
        let answer = self.ask(path).await?;
        self.keep(&answer);
        Ok(answer)
    }

    /// Asks, as one of several requests at the same time.
    pub(crate) async fn ask(&self, path: &str) -> Outcome<Answer> {
        Answer::within(self.deadline, path, self.send(path)).await
    }

    /// Keeps the cookies of an answer.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        self.jar.keep(answer);
    }

    async fn send(&self, path: &str) -> Outcome<Response<Body>> {
        let request = self.jar.request(path).body(Body::empty())?;
        match self.site.clone().oneshot(request).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }
}
