//! A proxy in the environment never sees a request to this machine, and a proxy on the way to another is held to the
//! deadline. The environment is a process's, so some requests are made by this program again, in a process of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::process::Command;
use std::time::Duration;

use conformance::case::http;
use conformance::server::{Behaviour, Server};
use conformance::{Reqwest, Setup, Transport, Ureq, app, code, grant_body};
use wechat_oauth::{App, Endpoints, Error, Exchanged, TransportErrorKind};

/// Tells the process what to ask, and that it is the one that asks.
const TARGET: &str = "CONFORMANCE_TARGET";
/// A deadline for a proxy that never finishes.
const SHORT: Duration = Duration::from_millis(300);
/// The variables that one client or the other reads.
const PROXY_VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// Runs one test of this file in a process whose environment names a proxy.
fn behind_a_proxy(test: &str, target: &Server, proxy: &Server) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test]).env(TARGET, target.base_url());
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    for variable in PROXY_VARIABLES {
        child.env(variable, proxy.base_url());
    }
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn servers() -> (Server, Server) {
    let answer = Behaviour::Close(http(200, "", grant_body().as_bytes()));
    (Server::start(answer.clone()), Server::start(answer))
}

#[test]
fn our_clients_go_past_it() {
    if let Ok(target) = std::env::var(TARGET) {
        exchange::<Ureq>(&target);
        exchange::<Reqwest>(&target);
        return;
    }
    let (target, proxy) = servers();
    behind_a_proxy("our_clients_go_past_it", &target, &proxy);
    assert_eq!((target.requests().len(), proxy.connections()), (2, 0));
}

fn exchange<T: Transport>(target: &str) {
    let app = app(Endpoints::emulator(target).unwrap());
    T::connect(&app, Setup::patient()).unwrap().send(app.exchange(code()).unwrap()).unwrap();
}

/// Without this, the other test would prove nothing.
#[test]
fn plain_clients_go_through_it() {
    if let Ok(target) = std::env::var(TARGET) {
        // What comes of it does not matter here, only where it went.
        let _answer = ureq::get(&target).call();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _answer = runtime.block_on(reqwest::Client::new().get(&target).send());
        return;
    }
    let (target, proxy) = servers();
    behind_a_proxy("plain_clients_go_through_it", &target, &proxy);
    assert_eq!((target.connections(), proxy.connections()), (0, 2));
}

/// A proxy that answers a byte now and then.
fn slow_proxy() -> Server {
    Server::start(Behaviour::Drip(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Header: 1\r\n".to_vec()))
}

fn app_behind_a_proxy() -> App {
    app(Endpoints::custom("https://open.example.com", "https://api.example.com").unwrap())
}

fn assert_timed_out(result: &Result<Exchanged, Error>) {
    assert!(
        matches!(result, Err(Error::Transport(lost)) if lost.transport().kind == TransportErrorKind::Timeout),
        "{result:?}"
    );
}

#[test]
fn a_slow_proxy_does_not_hold_ureq_beyond_its_deadline() {
    let (proxy, app) = (slow_proxy(), app_behind_a_proxy());
    let through = ureq::Proxy::new(&proxy.base_url()).unwrap();
    let agent = ureq::Agent::config_builder().proxy(Some(through)).build().new_agent();
    let client = wechat_oauth::ureq::Client::with_agent(&app, agent).unwrap().timeout(SHORT);
    assert_timed_out(&client.send(app.exchange(code()).unwrap()));
    assert!(proxy.requests()[0].starts_with("CONNECT api.example.com:443 "));
}

#[test]
fn a_slow_proxy_does_not_hold_reqwest_beyond_its_deadline() {
    let (proxy, app) = (slow_proxy(), app_behind_a_proxy());
    let through = reqwest::Proxy::all(proxy.base_url()).unwrap();
    let client =
        wechat_oauth::reqwest::Client::from_builder(&app, reqwest::Client::builder().proxy(through)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_timed_out(&runtime.block_on(client.timeout(SHORT).send(app.exchange(code()).unwrap())));
    assert!(proxy.requests()[0].starts_with("CONNECT api.example.com:443 "));
}
