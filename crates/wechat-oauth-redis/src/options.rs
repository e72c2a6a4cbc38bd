//! What can be chosen before connecting.

use std::fmt;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use wechat_oauth_store::StoreError;

use crate::RedisStore;
use crate::failure::unavailable;

/// How long an operation may take unless told otherwise, with a new connection if it needs one. Redis answers within
/// a millisecond or two; a person waits for this one.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// The shortest deadline; a shorter one counts as this. Below it, a busy machine's own pauses look like an outage.
pub const MIN_TIMEOUT: Duration = Duration::from_millis(50);

/// The longest deadline; a longer one counts as this. Nobody waits longer for a page.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest namespace, in bytes. It stands in every key.
pub const MAX_NAMESPACE_LEN: usize = 64;

/// What a [`RedisStore`] can be told before it [connects](Self::connect).
///
/// `Debug` shows neither a URL nor a certificate.
#[derive(Clone, Default)]
pub struct RedisOptions {
    namespace: Option<String>,
    timeout: Option<Duration>,
    root_certificates: Option<Vec<u8>>,
}

impl RedisOptions {
    /// No namespace, the [default deadline](DEFAULT_TIMEOUT), the system's root certificates.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins every key with `namespace` and a colon: for several sites in one Redis that must not share anything.
    ///
    /// 1 to [`MAX_NAMESPACE_LEN`] of `A-Za-z0-9-_.`; [`connect`](Self::connect) refuses another one.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// How long an operation may take: [`DEFAULT_TIMEOUT`] unless told otherwise, at least [`MIN_TIMEOUT`] and at most
    /// [`MAX_TIMEOUT`]. A server that does not answer is given up for by then.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout.clamp(MIN_TIMEOUT, MAX_TIMEOUT));
        self
    }

    /// The certificate authorities, in PEM, that a `rediss://` server's certificate may come from, in place of the
    /// system's: most Redis servers with TLS have one of their own.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn root_certificates(mut self, pem: &[u8]) -> Self {
        self.root_certificates = Some(pem.to_vec());
        self
    }

    /// Connects, and makes sure that the server can be used.
    ///
    /// The URL is `redis://[[user]:password@]host[:port][/database]`, the same with `rediss://` for TLS, or
    /// `unix:///path?db=0`; `valkey://` and `valkeys://` are the same as the first two. Percent-encode what is special
    /// in the password.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] says what is wrong with the URL, the options, or the server: without it nothing
    /// could be kept. A server that is only slow to start is worth another try.
    pub async fn connect(self, url: &str) -> Result<RedisStore, StoreError> {
        let prefix = self.prefix()?;
        let client = self.client(url)?;
        RedisStore::over(client, prefix, self.timeout.unwrap_or(DEFAULT_TIMEOUT)).await
    }

    fn prefix(&self) -> Result<String, StoreError> {
        let Some(namespace) = &self.namespace else { return Ok(String::new()) };
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=MAX_NAMESPACE_LEN).contains(&namespace.len()) && namespace.bytes().all(in_alphabet);
        if fits {
            Ok(format!("{namespace}:"))
        } else {
            Err(unavailable("the namespace is not 1 to 64 of A-Z, a-z, 0-9, '-', '_' and '.'"))
        }
    }

    fn client(&self, url: &str) -> Result<Client, StoreError> {
        const NOT_A_URL: StoreError =
            unavailable("Redis's URL is not of the form redis://[user:password@]host[:port][/database]");
        let parsed = redis::parse_redis_url(url).ok_or(NOT_A_URL)?;
        let is_tls = matches!(parsed.scheme(), "rediss" | "valkeys");
        if is_tls && !cfg!(feature = "rustls") {
            return Err(unavailable(
                "Redis's URL asks for TLS, which this build lacks: turn on the feature `rustls` of wechat-oauth-redis",
            ));
        }
        // The client reads `#insecure` as: do not verify the certificate.
        if parsed.fragment().is_some() {
            return Err(unavailable(
                "Redis's URL has a fragment (#...): the server's certificate is always verified",
            ));
        }
        let info = url.into_connection_info().map_err(|_| NOT_A_URL)?;
        let redis = info.redis_settings().clone();
        let info = info
            // Every server and every proxy before one speaks the second protocol.
            .set_redis_settings(redis.set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name())
            // Commands are small, and somebody waits for each.
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        if is_tls { self.tls_client(info) } else { Client::open(info).map_err(|_| NOT_A_URL) }
    }

    #[cfg(feature = "rustls")]
    fn tls_client(&self, info: ConnectionInfo) -> Result<Client, StoreError> {
        // It fails when another one was installed meanwhile, which is as good.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let Some(pem) = &self.root_certificates else {
            return Client::open(info).map_err(|_| unavailable("TLS for Redis could not be set up"));
        };
        let certificates = redis::TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
        Client::build_with_tls(info, certificates)
            .map_err(|_| unavailable("the root certificates for Redis are not certificates in PEM"))
    }

    #[cfg(not(feature = "rustls"))]
    fn tls_client(&self, info: ConnectionInfo) -> Result<Client, StoreError> {
        Client::open(info).map_err(|_| unavailable("this build has no TLS"))
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("namespace", &self.namespace)
            .field("timeout", &self.timeout)
            .field("has_root_certificates", &self.root_certificates.is_some())
            .finish()
    }
}
