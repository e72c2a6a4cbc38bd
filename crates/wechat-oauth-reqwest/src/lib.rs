//! The async transport of `wechat-oauth`, over [reqwest].
//!
//! ```no_run
//! use wechat_oauth_core::{App, Code, Error, SignedIn};
//! use wechat_oauth_reqwest::Client;
//!
//! # async fn sign_in(app: App, code: Code) -> Result<(), Error> {
//! let client = Client::for_app(&app)?; // once, at the start
//! match client.run(app.sign_in(code)?).await? {
//!     SignedIn::Person(person) => println!("{:?} came", person.identity()),
//!     SignedIn::Snapshot(_) => println!("a visitor of a snapshot page: nobody"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it holds to, whatever the builder says
//!
//! * One deadline for the whole request, from the name lookup to the last byte of the body.
//! * No redirect is followed and no `Referer` sent: the request carries the secret. WeChat's API sends no redirects.
//! * No request is sent twice by the HTTP client: repeating one is the flow's decision.
//! * At most [`MAX_BODY`] + 1 bytes of the answer are kept, whatever its length is said to be. It is not decompressed.
//! * Requests to this machine never go through a proxy.
//! * Certificates are verified. A preconfigured TLS backend, which may verify nothing, is not used.
//! * reqwest's errors, which hold the URL, are never kept, and its log of whole connections stays off.
//!
//! A built [`reqwest::Client`] cannot be made to hold to these, so only a builder is taken.
//!
//! One thing can make the deadline late: a peer that floods the connection with heads of status 1xx, or with the digits of
//! a chunk's size. hyper counts reads, not bytes, and takes some 50 MiB of them before another task of the same thread
//! runs; on a runtime of one thread the deadline strikes only then. None of it is kept. reqwest leaves no way to count
//! what comes in: a connector layer has to hand on a connection of reqwest's own type, which nothing can wrap.
//!
//! # TLS
//!
//! | features | TLS |
//! |---|---|
//! | `rustls` (default) | rustls with the system's root certificates |
//! | `native-tls`, with or without `rustls` | the system's TLS library and root certificates |
//! | neither (`default-features = false`) | none: only plain http to this machine, for an emulator |
//!
//! # Runtime
//!
//! It needs tokio with I/O and time enabled. Dropping a future drops its request; a code that was in it may be spent.
#![forbid(unsafe_code)]

mod error;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::ClientBuilder;
use wechat_oauth_core::{
    Answer, App, Call, ConfigError, Endpoints, Error, Flow, MAX_BODY, Phase, Request, Response, Step,
    TransportError, UnixTime,
};

/// How long one request may take unless told otherwise. WeChat answers within a second; a person waits for this one.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest deadline; a longer one counts as this. Nobody waits for a day, and no clock overflows within one.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether this build can speak https.
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Sends calls and drives flows, for the API host of one [`App`]. A clone shares its connections.
#[derive(Debug, Clone)]
pub struct Client {
    client: reqwest::Client,
    /// Where it sends to, and nowhere else.
    endpoints: Endpoints,
    timeout: Duration,
}

impl Client {
    /// A client for the API host of this application; every application at the same host can use it.
    ///
    /// # Errors
    /// [`ConfigError::TlsMissing`] when the host is https and this build has no TLS; [`ConfigError::Client`] when TLS
    /// cannot be set up.
    pub fn for_app(app: &App) -> Result<Self, ConfigError> {
        Self::from_builder(app, reqwest::Client::builder())
    }

    /// A client from the caller's builder: its proxy, root certificates, resolver and default headers. What the
    /// [crate's page](crate) promises is set last.
    ///
    /// # Errors
    /// [`ConfigError::TlsMissing`] when the host is https and this build has no TLS; [`ConfigError::Client`] when the
    /// builder fails.
    pub fn from_builder(app: &App, builder: ClientBuilder) -> Result<Self, ConfigError> {
        let endpoints = app.endpoints();
        let https = endpoints.api().starts_with("https:");
        if https && !HAS_TLS {
            return Err(ConfigError::TlsMissing);
        }
        let builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connection_verbose(false)
            .https_only(https);
        let builder = if endpoints.is_loopback() { builder.no_proxy() } else { builder };
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder =
            builder.tls_danger_accept_invalid_certs(false).tls_danger_accept_invalid_hostnames(false);
        // Named, so that a preconfigured one is gone.
        #[cfg(feature = "native-tls")]
        let builder = builder.tls_backend_native();
        #[cfg(all(feature = "rustls", not(feature = "native-tls")))]
        let builder = builder.tls_backend_rustls();
        let client = builder.build().map_err(|_| ConfigError::Client {
            what: "reqwest refused its settings: look at its certificates, proxies and resolver",
        })?;
        Ok(Self { client, endpoints: endpoints.clone(), timeout: DEFAULT_TIMEOUT })
    }

    /// How long one request may take, from the name lookup to the last byte: [`DEFAULT_TIMEOUT`] unless told otherwise,
    /// at most [`MAX_TIMEOUT`]. The waits of a flow come on top.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sends one request and reads the answer to it.
    ///
    /// # Errors
    /// As [`Call::read`]; [`Error::Transport`] when no answer came; [`Error::Config`] when the call is for another
    /// host than the client's.
    pub async fn send<T: Answer>(&self, call: Call<T>) -> Result<T, Error> {
        self.check_host(call.request())?;
        match self.fetch(call.request()).await {
            Ok((status, body, sent_at)) => call.read(&Response::new(status, &body, sent_at)),
            Err(error) => Err(call.lost(error)),
        }
    }

    /// Drives a flow until it is done. It waits where the flow says so, at most 3 seconds in all.
    ///
    /// # Errors
    /// What stopped the flow; [`Error::Config`] when it is for another host than the client's.
    pub async fn run<F: Flow>(&self, mut flow: F) -> Result<F::Output, Error> {
        loop {
            match flow.step() {
                Step::Send(request) => {
                    self.check_host(request)?;
                    match self.fetch(request).await {
                        Ok((status, body, sent_at)) => flow.answer(&Response::new(status, &body, sent_at)),
                        Err(error) => flow.lost(error),
                    }
                }
                Step::Wait(duration) => {
                    tokio::time::sleep(duration).await;
                    flow.waited();
                }
                Step::Done => return flow.finish(),
            }
        }
    }

    fn check_host(&self, request: &Request) -> Result<(), ConfigError> {
        if request.is_for(&self.endpoints) { Ok(()) } else { Err(ConfigError::OtherHost) }
    }

    /// Status, body, and when the request was sent.
    async fn fetch(&self, request: &Request) -> Result<(u16, Vec<u8>, UnixTime), TransportError> {
        // A clock that stands before 1970 says 0, so that what it dates is over.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sent_at = UnixTime::from_secs(since_1970.as_secs());
        let answer = self.client.get(request.url().expose()).timeout(self.timeout).send().await;
        let mut answer = answer.map_err(|error| error::stripped(&error, Phase::Request))?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error::stripped(&error, Phase::Body))? {
            let room = MAX_BODY + 1 - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() > MAX_BODY {
                break;
            }
        }
        Ok((answer.status().as_u16(), body, sent_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_oauth_core::Code;

    fn app(endpoints: Endpoints) -> App {
        App::component("wx0123456789abcdef".parse().unwrap(), "wxcomponent".parse().unwrap()).at(endpoints)
    }

    #[test]
    fn without_tls_a_client_for_an_https_host_is_not_made() {
        let official = Client::for_app(&app(Endpoints::default()));
        if HAS_TLS {
            assert!(official.is_ok());
        } else {
            assert_eq!(official.unwrap_err(), ConfigError::TlsMissing);
        }
        assert!(Client::for_app(&app(Endpoints::emulator("http://127.0.0.1:8080").unwrap())).is_ok());
    }

    #[test]
    fn a_sign_in_can_be_spawned() {
        fn spawn(_: impl Future<Output: Send> + Send + 'static) {}
        let app = app(Endpoints::emulator("http://127.0.0.1:8080").unwrap());
        let client = Client::for_app(&app).unwrap();
        spawn(async move {
            let sign_in = app.sign_in(Code::received_without_state("C0DE").unwrap())?;
            client.run(sign_in).await
        });
    }

    #[test]
    fn a_builder_that_fails_is_an_error_without_its_words() {
        let builder = reqwest::Client::builder().user_agent("canary\n");
        let error = Client::from_builder(&app(Endpoints::emulator("http://[::1]:1").unwrap()), builder);
        let error = error.unwrap_err();
        assert_eq!(error.reason(), "client");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
