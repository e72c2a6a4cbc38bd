//! HTTP as the browsers and the proxy speak it: connections are kept and shared.

use std::time::Duration;

use axum::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How long a connection may rest before it is closed.
const REST: Duration = Duration::from_secs(30);

pub(crate) type Http = Client<HttpConnector, Body>;

/// A client with connections of its own. It sends nothing twice.
pub(crate) fn client() -> Http {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(REST)
        .retry_canceled_requests(false)
        .build(connector)
}
