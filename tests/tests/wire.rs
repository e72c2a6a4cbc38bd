//! What goes over the wire, and what a caller's own settings cannot change.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::sync::Arc;
use std::time::Duration;

use conformance::case::http;
use conformance::certificate::{Kind, identity};
use conformance::server::{Behaviour, Server};
use conformance::transport::LONG;
use conformance::{CODE, Reqwest, SECRET, Setup, Transport, Ureq, app, code, grant_body};
use reqwest::redirect::Policy;
use wechat_oauth::{App, Endpoints, Error, Exchanged, TransportErrorKind, now};

fn granted() -> Vec<u8> {
    http(200, "", grant_body().as_bytes())
}

fn at(server: &Server) -> App {
    app(Endpoints::emulator(&server.base_url()).unwrap())
}

fn exchange<T: Transport>(server: &Server) -> Result<Exchanged, Error> {
    let app = at(server);
    T::connect(&app, Setup::patient()).unwrap().send(app.exchange(code()).unwrap())
}

fn lost_kind<T: std::fmt::Debug>(result: Result<T, Error>) -> TransportErrorKind {
    match result {
        Err(Error::Transport(lost)) => lost.transport().kind,
        other => panic!("{other:?}"),
    }
}

fn the_request_is_the_calls_and_nothing_more<T: Transport>() {
    let server = Server::start(Behaviour::Close(granted()));
    exchange::<T>(&server).unwrap();
    let requests = server.requests();
    let mut lines = requests[0].trim_end().split("\r\n");
    let url = at(&server).exchange(code()).unwrap().request().url().expose().to_owned();
    let target = url.strip_prefix(&server.base_url()).unwrap();
    assert!(target.contains(CODE) && !target.contains(SECRET), "the secret is percent-encoded: {target}");
    assert_eq!(lines.next().unwrap(), format!("GET {target} HTTP/1.1"), "{}", T::NAME);
    let headers: Vec<_> =
        lines.map(|line| line.split(':').next().unwrap_or_default().to_ascii_lowercase()).collect();
    for header in headers {
        assert!(["host", "accept", "user-agent"].contains(&&*header), "{} sends {header}", T::NAME);
    }
}

#[test]
fn the_request_over_ureq_is_the_calls_and_nothing_more() {
    the_request_is_the_calls_and_nothing_more::<Ureq>();
}

#[test]
fn the_request_over_reqwest_is_the_calls_and_nothing_more() {
    the_request_is_the_calls_and_nothing_more::<Reqwest>();
}

/// The server answers two seconds after the request came, so the time of the answer would be seen.
fn a_grant_lives_from_when_it_was_asked_for<T: Transport>() {
    let server = Server::start(Behaviour::AfterSeconds(granted()));
    let before = now();
    let grant = exchange::<T>(&server).unwrap().into_grant().unwrap();
    let received = server.received_at().unwrap();
    assert!(grant.expires_at() >= before.plus_secs(7200), "{}", T::NAME);
    assert!(grant.expires_at() <= received.plus_secs(7200), "{}", T::NAME);
}

#[test]
fn a_grant_over_ureq_lives_from_when_it_was_asked_for() {
    a_grant_lives_from_when_it_was_asked_for::<Ureq>();
}

#[test]
fn a_grant_over_reqwest_lives_from_when_it_was_asked_for() {
    a_grant_lives_from_when_it_was_asked_for::<Reqwest>();
}

/// The second request goes over the kept connection, and is not sent again when that breaks.
fn a_code_is_not_sent_again_when_a_kept_connection_breaks<T: Transport>() {
    let server = Server::start(Behaviour::Then(granted(), Box::new(Behaviour::Close(Vec::new()))));
    let app = at(&server);
    let client = T::connect(&app, Setup::patient()).unwrap();
    client.send(app.exchange(code()).unwrap()).unwrap();
    let second = client.send(app.exchange(code()).unwrap());
    assert_eq!(lost_kind(second), TransportErrorKind::Closed, "{}", T::NAME);
    assert_eq!((server.connections(), server.requests().len()), (1, 2), "{}", T::NAME);
}

#[test]
fn a_code_is_not_sent_again_over_ureq_when_a_kept_connection_breaks() {
    a_code_is_not_sent_again_when_a_kept_connection_breaks::<Ureq>();
}

#[test]
fn a_code_is_not_sent_again_over_reqwest_when_a_kept_connection_breaks() {
    a_code_is_not_sent_again_when_a_kept_connection_breaks::<Reqwest>();
}

/// However odd a deadline is, it is one.
fn no_deadline_panics<T: Transport>() {
    let server = Server::start(Behaviour::Answer(granted()));
    let app = at(&server);
    let exchange = |timeout| {
        let setup = Setup { timeout, ..Setup::patient() };
        T::connect(&app, setup).unwrap().send(app.exchange(code()).unwrap())
    };
    // An answer can be faster than the clock ticks.
    if let Err(error) = exchange(Duration::ZERO) {
        assert_eq!(lost_kind::<()>(Err(error)), TransportErrorKind::Timeout, "{}", T::NAME);
    }
    exchange(Duration::MAX).unwrap();
    exchange(Duration::from_secs(u64::from(u32::MAX))).unwrap();
}

#[test]
fn no_deadline_panics_over_ureq() {
    no_deadline_panics::<Ureq>();
}

#[test]
fn no_deadline_panics_over_reqwest() {
    no_deadline_panics::<Reqwest>();
}

fn a_client_sends_nothing_to_another_host<T: Transport>() {
    let (one, other) =
        (Server::start(Behaviour::Close(granted())), Server::start(Behaviour::Close(granted())));
    // The last one's address begins like the other's.
    let portless = app(Endpoints::emulator("http://127.0.0.1").unwrap());
    for (own, foreign) in
        [(at(&one), at(&other)), (at(&one), app(Endpoints::default())), (portless, at(&other))]
    {
        let client = T::connect(&own, Setup::patient()).unwrap();
        let sent = client.send(foreign.exchange(code()).unwrap());
        assert!(matches!(&sent, Err(Error::Config(error)) if error.reason() == "other_host"), "{sent:?}");
        let run = client.run(foreign.sign_in(code()).unwrap());
        assert!(matches!(&run, Err(Error::Config(error)) if error.reason() == "other_host"), "{run:?}");
    }
    assert_eq!((one.connections(), other.connections()), (0, 0), "{}", T::NAME);
}

#[test]
fn a_ureq_client_sends_nothing_to_another_host() {
    a_client_sends_nothing_to_another_host::<Ureq>();
}

#[test]
fn a_reqwest_client_sends_nothing_to_another_host() {
    a_client_sends_nothing_to_another_host::<Reqwest>();
}

#[test]
fn an_agents_unsafe_settings_do_not_count() {
    let sink = Server::start(Behaviour::Close(granted()));
    let away = format!("Location: {}/\r\n", sink.base_url());
    let server = Server::start(Behaviour::Close(http(302, &away, grant_body().as_bytes())));
    let agent = ureq::Agent::config_builder()
        .max_redirects(10)
        .http_status_as_error(true)
        .accept_encoding("gzip")
        .proxy(Some(ureq::Proxy::new(&sink.base_url()).unwrap()))
        .build()
        .new_agent();
    let app = at(&server);
    let client = wechat_oauth::ureq::Client::with_agent(&app, agent).unwrap();
    let result = client.send(app.exchange(code()).unwrap());
    assert!(matches!(&result, Err(Error::Malformed(malformed)) if malformed.status() == 302), "{result:?}");
    assert_eq!((server.requests().len(), sink.connections()), (1, 0));
    assert!(!server.requests()[0].to_ascii_lowercase().contains("accept-encoding"));
}

#[test]
fn a_builders_unsafe_settings_do_not_count() {
    let sink = Server::start(Behaviour::Close(granted()));
    let away = format!("Location: {}/\r\n", sink.base_url());
    let server = Server::start(Behaviour::Close(http(302, &away, grant_body().as_bytes())));
    let builder = reqwest::Client::builder()
        .redirect(Policy::limited(10))
        .referer(true)
        .proxy(reqwest::Proxy::all(sink.base_url()).unwrap());
    let app = at(&server);
    let client = wechat_oauth::reqwest::Client::from_builder(&app, builder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(client.send(app.exchange(code()).unwrap()));
    assert!(matches!(&result, Err(Error::Malformed(malformed)) if malformed.status() == 302), "{result:?}");
    assert_eq!((server.requests().len(), sink.connections()), (1, 0));
}

#[test]
fn a_builders_retries_do_not_count() {
    let server = Server::start(Behaviour::Close(http(500, "", b"")));
    let retry = reqwest::retry::for_host("127.0.0.1").no_budget().classify_fn(|sent| {
        let failed = sent.status().is_some_and(|status| status.is_server_error());
        if failed { sent.retryable() } else { sent.success() }
    });
    let app = at(&server);
    let builder = reqwest::Client::builder().retry(retry);
    let client = wechat_oauth::reqwest::Client::from_builder(&app, builder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(client.send(app.exchange(code()).unwrap()));
    assert!(matches!(&result, Err(Error::Malformed(malformed)) if malformed.status() == 500), "{result:?}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_builder_that_accepts_any_certificate_does_not() {
    for kind in [Kind::SelfSigned, Kind::OtherHost] {
        let identity = identity(kind);
        let server = Server::https(Behaviour::Answer(granted()), identity.server);
        let builder = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_der(&identity.root).unwrap()])
            .tls_danger_accept_invalid_certs(true)
            .tls_danger_accept_invalid_hostnames(true);
        let app = at(&server);
        let client = wechat_oauth::reqwest::Client::from_builder(&app, builder).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(client.send(app.exchange(code()).unwrap()));
        assert_eq!(lost_kind(result), TransportErrorKind::Tls, "{kind:?}");
        assert!(server.requests().is_empty());
    }
}

/// TLS settings made elsewhere may verify nothing, and cannot be looked into.
#[test]
fn a_builders_preconfigured_tls_does_not_count() {
    let identity = identity(Kind::Good);
    let server = Server::https(Behaviour::Answer(granted()), identity.server);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(identity.root).unwrap();
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls);
    let app = at(&server);
    let client = wechat_oauth::reqwest::Client::from_builder(&app, builder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(client.send(app.exchange(code()).unwrap()));
    assert_eq!(lost_kind(result), TransportErrorKind::Tls);
    assert!(server.requests().is_empty());
}

#[test]
fn dropping_a_sign_in_over_reqwest_drops_its_request() {
    let server = Server::start(Behaviour::Hang(Vec::new()));
    let app = at(&server);
    let client = wechat_oauth::reqwest::Client::for_app(&app).unwrap().timeout(LONG);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sign_in = client.run(app.sign_in(code()).unwrap());
        let came = async {
            while server.requests().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            result = sign_in => panic!("{result:?}"),
            () = came => {}
        }
        // The runtime goes on, so that it is not its end that closes the connection.
        let gone = tokio::task::spawn_blocking(move || server.wait_until_client_is_gone());
        assert!(gone.await.unwrap());
    });
}
