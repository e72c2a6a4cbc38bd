//! Certificates that are made on the spot, good ones and bad ones.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A certificate for 127.0.0.1, by the suite's authority.
    Good,
    /// One for another host, by the suite's authority.
    OtherHost,
    /// One that ended years ago, by the suite's authority.
    Expired,
    /// One for 127.0.0.1 that nobody else signed.
    SelfSigned,
}

/// A server's TLS settings, and the certificate of the authority that signed for it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What the server needs.
    pub server: Arc<ServerConfig>,
    /// What a client has to trust.
    pub root: CertificateDer<'static>,
}

/// Makes a certificate of this kind, and an authority of its own.
#[must_use]
pub fn identity(kind: Kind) -> Identity {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new([]).unwrap();
    // OpenSSL takes a certificate whose issuer has its own name for a self-signed one.
    authority.distinguished_name.push(DnType::CommonName, "the suite's authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap().der().clone();
    let issuer = Issuer::new(authority, authority_key);

    let host = if kind == Kind::OtherHost { "api.example.com" } else { "127.0.0.1" };
    let mut server = CertificateParams::new([host.to_owned()]).unwrap();
    if kind == Kind::Expired {
        server.not_before = date_time_ymd(2020, 1, 1);
        server.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = match kind {
        Kind::SelfSigned => server.self_signed(&key).unwrap(),
        _ => server.signed_by(&key, &issuer).unwrap(),
    };

    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Identity { server: Arc::new(config), root }
}
