//! The way to WeChat's own pages: what a person answers there, and what WeChat has seen.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::Outcome;
use crate::wechat::{ANSWER, NewScript, PersonAnswers, SCRIPT, SEEN, Seen};

/// How many ask at once: it is the sites' connections that are many.
const AT_ONCE: usize = 64;
/// The longest answer that is read, in bytes: a hundred complaints are far below.
const MAX_ANSWER: usize = 1024 * 1024;

/// A connection to the pages of one WeChat. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    client: Client<HttpConnector, Body>,
    wechat: Arc<str>,
    turns: Arc<Semaphore>,
}

impl Phone {
    pub(crate) fn new(wechat: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            wechat: wechat.into(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// What the person answers leads to these callbacks, one or two.
    pub(crate) async fn answer(&self, answer: &PersonAnswers) -> Outcome<Vec<String>> {
        self.ask(ANSWER, Some(answer)).await
    }

    /// WeChat follows this script from now on, and counts from zero.
    pub(crate) async fn follow(&self, script: &NewScript) -> Outcome {
        let _nothing: serde_json::Value = self.ask(SCRIPT, Some(script)).await?;
        Ok(())
    }

    pub(crate) async fn seen(&self) -> Outcome<Seen> {
        self.ask(SEEN, None::<&()>).await
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, body: Option<&impl Serialize>) -> Outcome<T> {
        let _turn = self.turns.acquire().await?;
        let url = format!("{}{path}", self.wechat);
        let request = match body {
            Some(body) => Request::post(url).body(Body::from(serde_json::to_vec(body)?)),
            None => Request::get(url).body(Body::empty()),
        };
        let response = self
            .client
            .request(request?)
            .await
            .map_err(|error| format!("WeChat's pages do not answer: {error:?}"))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        if status != StatusCode::OK {
            return Err(format!("WeChat's page refuses: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
