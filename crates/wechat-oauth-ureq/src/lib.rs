//! The blocking transport of `wechat-oauth`, over [ureq](https://docs.rs/ureq).
//!
//! ```no_run
//! use wechat_oauth_core::{App, AppSecret, Code, SignedIn};
//! use wechat_oauth_ureq::Client;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::official_account("wx0123456789abcdef".parse()?, AppSecret::new("app-secret")?);
//! let client = Client::for_app(&app)?; // once, at the start
//! # let code = Code::received_without_state("C0DE")?;
//! match client.run(app.sign_in(code)?)? {
//!     SignedIn::Person(person) => println!("{:?} came", person.identity()),
//!     SignedIn::Snapshot(_) => println!("a visitor of a snapshot page: nobody"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it holds to, whatever the agent says
//!
//! * One deadline for the whole request, from the name lookup to the last byte of the body. (A request through a proxy
//!   runs in a thread of its own, so that the proxy is held to it too.)
//! * No redirect is followed: the request carries the secret. WeChat's API sends none.
//! * At most [`MAX_BODY`] + 1 bytes of the answer are read, whatever its length is said to be. It is not decompressed,
//!   unless another crate turns on ureq's own feature for it; then the limit is for what comes out.
//! * Requests to this machine never go through a proxy.
//! * Certificates are verified. An agent that does not verify them is refused.
//! * ureq's errors, which can hold the URL, are never kept.
//!
//! # TLS
//!
//! | features | TLS |
//! |---|---|
//! | `rustls` (default) | rustls with Mozilla's root certificates |
//! | `native-tls`, with or without `rustls` | the system's TLS library and root certificates |
//! | neither (`default-features = false`) | none: only plain http to this machine, for an emulator |
//!
//! # Logs
//!
//! ureq logs through the `log` crate. Where level Trace is enabled for it, it writes whole requests and answers, so
//! **the secret and tokens too**: enable no more than Debug for `ureq` and `ureq_proto`.
#![forbid(unsafe_code)]

mod error;

use std::io::Read as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "native-tls")]
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::typestate::WithoutBody;
use ureq::{Agent, RequestBuilder};
use wechat_oauth_core::{
    Answer, App, Call, ConfigError, Endpoints, Error, Flow, MAX_BODY, Phase, Request, Response, Step,
    TransportError, TransportErrorKind, UnixTime,
};

/// How long one request may take unless told otherwise. WeChat answers within a second; a person waits for this one.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest deadline; a longer one counts as this. Nobody waits for a day, and no clock overflows within one.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Room for a usual answer, in bytes, so that reading one grows nothing.
const USUAL_BODY: usize = 2 * 1024;

/// Whether this build can speak https.
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Sends calls and drives flows, for the API host of one [`App`]. A clone shares its connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    /// Where it sends to, and nowhere else.
    endpoints: Endpoints,
    timeout: Duration,
}

impl Client {
    /// A client for the API host of this application; every application at the same host can use it.
    ///
    /// # Errors
    /// [`ConfigError::TlsMissing`] when the host is https and this build has no TLS.
    pub fn for_app(app: &App) -> Result<Self, ConfigError> {
        let config = Agent::config_builder();
        #[cfg(feature = "native-tls")]
        let config = config.tls_config(with_native_tls(
            &TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build(),
        ));
        Self::with_agent(app, config.build().new_agent())
    }

    /// A client that uses the caller's agent: its proxy, root certificates, connections and middleware (which sees
    /// every URL, secrets and all). What the [crate's page](crate) promises is set anew for each request.
    ///
    /// # Errors
    /// [`ConfigError::TlsMissing`] when the host is https and this build has no TLS; [`ConfigError::Client`] when the
    /// agent does not verify certificates.
    pub fn with_agent(app: &App, agent: Agent) -> Result<Self, ConfigError> {
        let endpoints = app.endpoints();
        if !HAS_TLS && endpoints.api().starts_with("https:") {
            return Err(ConfigError::TlsMissing);
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        if agent.config().tls_config().disable_verification() {
            let what = "the agent accepts any certificate: give it the root certificate to trust instead";
            return Err(ConfigError::Client { what });
        }
        Ok(Self { agent, endpoints: endpoints.clone(), timeout: DEFAULT_TIMEOUT })
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
    pub fn send<T: Answer>(&self, call: Call<T>) -> Result<T, Error> {
        self.check_host(call.request())?;
        match self.fetch(call.request()) {
            Ok((status, body, sent_at)) => call.read(&Response::new(status, &body, sent_at)),
            Err(error) => Err(call.lost(error)),
        }
    }

    /// Drives a flow until it is done. It sleeps where the flow says so, at most 3 seconds in all.
    ///
    /// # Errors
    /// What stopped the flow; [`Error::Config`] when it is for another host than the client's.
    pub fn run<F: Flow>(&self, mut flow: F) -> Result<F::Output, Error> {
        loop {
            match flow.step() {
                Step::Send(request) => {
                    self.check_host(request)?;
                    match self.fetch(request) {
                        Ok((status, body, sent_at)) => flow.answer(&Response::new(status, &body, sent_at)),
                        Err(error) => flow.lost(error),
                    }
                }
                Step::Wait(duration) => {
                    thread::sleep(duration);
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
    fn fetch(&self, request: &Request) -> Result<(u16, Vec<u8>, UnixTime), TransportError> {
        let request = self.agent.get(request.url().expose());
        let config = request
            .config()
            .timeout_global(Some(self.timeout))
            .max_redirects(0)
            .http_status_as_error(false)
            .https_only(self.endpoints.api().starts_with("https:"))
            .accept_encoding("");
        let config = if self.endpoints.is_loopback() { config.proxy(None) } else { config };
        #[cfg(feature = "native-tls")]
        let config = config.tls_config(with_native_tls(self.agent.config().tls_config()));
        let request = config.build();
        // A clock that stands before 1970 says 0, so that what it dates is over.
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let sent_at = UnixTime::from_secs(since_1970.as_secs());
        let behind_a_proxy = !self.endpoints.is_loopback() && self.agent.config().proxy().is_some();
        let answer = if behind_a_proxy { watched(request, self.timeout) } else { answer(request) };
        answer.map(|(status, body)| (status, body, sent_at))
    }
}

/// Status and body.
fn answer(request: RequestBuilder<WithoutBody>) -> Result<(u16, Vec<u8>), TransportError> {
    let mut answer = request.call().map_err(|error| error::stripped(&error, Phase::Request))?;
    let mut body = Vec::with_capacity(USUAL_BODY);
    let mut reader = answer.body_mut().as_reader().take(MAX_BODY as u64 + 1);
    reader.read_to_end(&mut body).map_err(|error| error::stripped(&error.into(), Phase::Body))?;
    Ok((answer.status().as_u16(), body))
}

/// The same, in a thread that is left alone at the deadline: ureq starts its clock anew with each byte of a proxy's
/// answer to CONNECT.
fn watched(
    request: RequestBuilder<WithoutBody>,
    timeout: Duration,
) -> Result<(u16, Vec<u8>), TransportError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let nothing_sent = TransportError::new(TransportErrorKind::Other, Phase::Connect);
    let asking = thread::Builder::new().spawn(move || {
        let _nobody_waits = sender.send(answer(request));
    });
    asking.map_err(|_| nothing_sent)?;
    receiver.recv_timeout(timeout).unwrap_or_else(|error| {
        let kind = match error {
            RecvTimeoutError::Timeout => TransportErrorKind::Timeout,
            RecvTimeoutError::Disconnected => TransportErrorKind::Other,
        };
        Err(TransportError::new(kind, Phase::Request))
    })
}

/// The agent's TLS settings with native-tls, which ureq uses only when they ask for it.
#[cfg(feature = "native-tls")]
fn with_native_tls(agents: &TlsConfig) -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(agents.root_certs().clone())
        .client_cert(agents.client_cert().cloned())
        .use_sni(agents.use_sni())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[cfg(feature = "native-tls")]
    #[test]
    fn native_tls_replaces_rustls() {
        let client = Client::for_app(&app(Endpoints::default())).unwrap();
        let own = client.agent.config().tls_config();
        assert_eq!(own.provider(), TlsProvider::NativeTls);
        assert!(matches!(own.root_certs(), RootCerts::PlatformVerifier));
        let root = ureq::tls::Certificate::from_der(b"a root");
        let callers =
            TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root])).use_sni(false).build();
        let used = with_native_tls(&callers);
        assert_eq!(used.provider(), TlsProvider::NativeTls);
        assert!(matches!(used.root_certs(), RootCerts::Specific(roots) if roots.len() == 1));
        assert!(!used.use_sni() && !used.disable_verification());
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn an_agent_that_accepts_any_certificate_is_refused() {
        use ureq::tls::TlsConfig;
        let tls = TlsConfig::builder().disable_verification(true).build();
        let agent = Agent::config_builder().tls_config(tls).build().new_agent();
        let error = Client::with_agent(&app(Endpoints::default()), agent).unwrap_err();
        assert_eq!(error.reason(), "client");
        assert!(error.to_string().contains("root certificate"), "{error}");
    }
}
