//! `rediss://`.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Store, Swapped};

use crate::{MINUTE, connect_to, key, patient, record, what};

/// A certificate authority of a test's own, and a server with a certificate of it for `localhost`.
fn server_with_tls() -> (String, RedisServer, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().pem();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (file("server.crt", &certificate), file("server.key", &key.serialize_pem()));
    let server = RedisServer::start_with(&[
        "--port",
        "0",
        "--tls-port",
        "{port}",
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
        "--tls-ca-cert-file",
        &certificate,
    ])
    .unwrap();
    (root, server, folder)
}

#[tokio::test]
async fn a_certificate_of_ones_own_authority_is_verified() {
    let (root, server, _folder) = server_with_tls();
    let url = format!("rediss://localhost:{}", server.port());
    let options = patient().root_certificates(root.as_bytes());
    let store = options.clone().connect(&url).await.unwrap();
    assert_eq!(store.swap(&key("one"), None, &record("1"), MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.get(&key("one")).await, Ok(Some(record("1"))));
    // Nobody vouches for it, or it is another server's, or the URL does not ask for TLS.
    what(connect_to(&url).await);
    let (other_root, _other, _folder) = server_with_tls();
    what(patient().root_certificates(other_root.as_bytes()).connect(&url).await);
    what(options.clone().connect(&url.replace("localhost", "127.0.0.1")).await);
    what(options.connect(&url.replace("rediss", "redis")).await);
}

#[tokio::test]
async fn root_certificates_that_are_none_are_refused() {
    let options = patient().root_certificates(b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----");
    let refused = what(options.connect("rediss://localhost:1").await);
    assert_eq!(refused, "the root certificates for Redis are not certificates in PEM");
}
