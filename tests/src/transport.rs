//! The transports under test, behind one trait.

use std::fmt;
use std::time::Duration;

use ::reqwest::dns::{Name, Resolve, Resolving};
use ::ureq::Agent;
use ::ureq::config::Config;
use ::ureq::http::Uri;
use ::ureq::tls::{Certificate, RootCerts, TlsConfig};
use ::ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ::ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use rustls::pki_types::CertificateDer;
use wechat_oauth::{
    Answer, App, Call, ConfigError, Error, Flow, Phase, Request, Response, Step, TransportError,
    TransportErrorKind, now, reqwest, ureq,
};

/// What the in-memory transport gets in place of an answer from a socket: status and body, or why there is none.
pub type Told = Result<(u16, Vec<u8>), TransportError>;

/// How a client is to be made.
pub struct Setup {
    /// The deadline.
    pub timeout: Duration,
    /// The root certificates to trust; none for the usual ones.
    pub roots: Vec<CertificateDer<'static>>,
    /// Whether every name lookup fails, without anybody being asked.
    pub no_names: bool,
    /// What the in-memory transport is told. The others ask sockets.
    pub memory: Box<dyn Fn(&Request) -> Told>,
}

/// A deadline that no answer of the suite comes close to, on any machine.
pub const LONG: Duration = Duration::from_secs(25);

impl Setup {
    /// A long deadline and the usual roots; the in-memory transport gets no answer.
    #[must_use]
    pub fn patient() -> Self {
        let no_answer = TransportError::new(TransportErrorKind::Other, Phase::Request);
        Self { timeout: LONG, roots: Vec::new(), no_names: false, memory: Box::new(move |_| Err(no_answer)) }
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setup(timeout: {:?}, {} roots)", self.timeout, self.roots.len())
    }
}

/// Whatever sends calls and drives flows.
pub trait Transport: Sized {
    /// Its name in messages.
    const NAME: &'static str;

    /// Makes a client.
    ///
    /// # Errors
    /// When it cannot be made for this app.
    fn connect(app: &App, setup: Setup) -> Result<Self, ConfigError>;

    /// Sends a call.
    ///
    /// # Errors
    /// As the transport says.
    fn send<T: Answer>(&self, call: Call<T>) -> Result<T, Error>;

    /// Drives a flow.
    ///
    /// # Errors
    /// As the transport says.
    fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error>;
}

/// No sockets at all: it shows that the outcomes are the core's.
#[derive(Debug)]
pub struct Memory(Setup);

impl Transport for Memory {
    const NAME: &'static str = "memory";

    fn connect(_: &App, setup: Setup) -> Result<Self, ConfigError> {
        Ok(Self(setup))
    }

    fn send<T: Answer>(&self, call: Call<T>) -> Result<T, Error> {
        let sent_at = now();
        match (self.0.memory)(call.request()) {
            Ok((status, body)) => call.read(&Response::new(status, &body, sent_at)),
            Err(error) => Err(call.lost(error)),
        }
    }

    fn run<F: Flow>(&self, mut flow: F) -> Result<F::Output, Error> {
        loop {
            match flow.step() {
                Step::Send(request) => {
                    let sent_at = now();
                    match (self.0.memory)(request) {
                        Ok((status, body)) => flow.answer(&Response::new(status, &body, sent_at)),
                        Err(error) => flow.lost(error),
                    }
                }
                Step::Wait(_) => flow.waited(),
                Step::Done => return flow.finish(),
            }
        }
    }
}

/// The blocking transport.
#[derive(Debug)]
pub struct Ureq(pub ureq::Client);

impl Transport for Ureq {
    const NAME: &'static str = "ureq";

    fn connect(app: &App, setup: Setup) -> Result<Self, ConfigError> {
        let roots: Vec<_> = setup.roots.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
        let client = if setup.no_names {
            let agent = Agent::with_parts(Config::default(), DefaultConnector::default(), NoNames);
            ureq::Client::with_agent(app, agent)?
        } else if setup.roots.is_empty() {
            ureq::Client::for_app(app)?
        } else {
            let agent = Agent::config_builder().tls_config(tls).build().new_agent();
            ureq::Client::with_agent(app, agent)?
        };
        Ok(Self(client.timeout(setup.timeout)))
    }

    fn send<T: Answer>(&self, call: Call<T>) -> Result<T, Error> {
        self.0.send(call)
    }

    fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error> {
        self.0.run(flow)
    }
}

/// A resolver that finds no name.
#[derive(Debug)]
struct NoNames;

impl Resolver for NoNames {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ::ureq::Error> {
        Err(::ureq::Error::HostNotFound)
    }
}

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

/// The async transport, on a runtime of its own.
#[derive(Debug)]
pub struct Reqwest {
    /// The runtime.
    pub runtime: tokio::runtime::Runtime,
    /// The client.
    pub client: reqwest::Client,
}

impl Transport for Reqwest {
    const NAME: &'static str = "reqwest";

    fn connect(app: &App, setup: Setup) -> Result<Self, ConfigError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut builder = ::reqwest::Client::builder();
        if !setup.roots.is_empty() {
            builder = builder.tls_certs_only(
                setup.roots.iter().map(|root| ::reqwest::Certificate::from_der(root).unwrap()),
            );
        }
        if setup.no_names {
            builder = builder.dns_resolver(NoNames);
        }
        let client = reqwest::Client::from_builder(app, builder)?.timeout(setup.timeout);
        Ok(Self { runtime, client })
    }

    fn send<T: Answer>(&self, call: Call<T>) -> Result<T, Error> {
        self.runtime.block_on(self.client.send(call))
    }

    fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error> {
        self.runtime.block_on(self.client.run(flow))
    }
}
