//! A proxy that takes turns: each request of a browser goes to the replica after the one before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::Outcome;
use crate::http::{self, Http};

/// Which browser a request comes from: a real proxy cannot tell, and this one has to take turns for each.
pub(crate) const BROWSER: HeaderName = HeaderName::from_static("x-browser");
/// Which replica answered.
pub(crate) const REPLICA: HeaderName = HeaderName::from_static("x-replica");

/// The way to the replicas.
struct Proxy {
    replicas: Vec<Authority>,
    http: Http,
    /// The next replica of each browser.
    turns: Mutex<HashMap<HeaderValue, usize>>,
}

/// Where browsers see the site, before there is one: its replicas have to know.
pub(crate) async fn listen() -> Outcome<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    Ok((listener, origin))
}

/// Serves the replicas at these ports.
pub(crate) fn start(listener: TcpListener, ports: &[u16]) -> Outcome {
    let replicas = ports.iter().map(|port| format!("127.0.0.1:{port}").parse());
    let proxy = Proxy {
        replicas: replicas.collect::<Result<_, _>>()?,
        http: http::client(),
        turns: Mutex::default(),
    };
    let router = Router::new().fallback(forward).with_state(Arc::new(proxy));
    // Refused: only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn forward(State(proxy): State<Arc<Proxy>>, mut request: Request) -> Response {
    let replica = proxy.turn(request.headers().get(BROWSER));
    let Some(authority) = proxy.replicas.get(replica) else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let mut uri = request.uri().clone().into_parts();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(authority.clone());
    uri.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    let Ok(uri) = Uri::from_parts(uri) else { return StatusCode::BAD_REQUEST.into_response() };
    *request.uri_mut() = uri;
    match proxy.http.request(request).await {
        Ok(response) => {
            let mut response = response.map(Body::new);
            response.headers_mut().insert(REPLICA, HeaderValue::from(replica));
            response
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Proxy {
    fn turn(&self, browser: Option<&HeaderValue>) -> usize {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let browsers = turns.len();
        let browser = browser.cloned().unwrap_or(HeaderValue::from_static(""));
        // Browsers begin at different replicas.
        let next = turns.entry(browser).or_insert(browsers);
        let replica = *next % self.replicas.len();
        *next += 1;
        replica
    }
}
