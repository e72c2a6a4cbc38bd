//! What the libraries that we use, and those that sites put around us, write of secrets when they are let: all of it in
//! one list. A client cannot be kept from knowing the URL that it asks for, nor a server from knowing the one that it is
//! asked; so the documentation tells people what to keep quiet, and this fails when there is more or less to tell.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::Router;
use conformance::case::http;
use conformance::server::{Behaviour, Server};
use conformance::{CODE, Reqwest, Transport, Ureq, app, cases, code, grant_body, leak};
use log::{Level, LevelFilter};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower_http::trace::TraceLayer;
use wechat_oauth::Endpoints;
use wechat_oauth::axum::WechatLogin;
use wechat_oauth::redis::RedisStore;
use wechat_oauth::store::{Keeper, Keyring, Vault};
use wechat_oauth_rig::RedisServer;

/// Who writes secrets once level Trace is enabled, and how loud. One more or one less is to be known.
///
/// Looked at were: ureq, ureq-proto, reqwest, hyper, hyper-util, rustls, its webpki and platform verifier, tower,
/// tower-http, axum, tokio, redis (which writes nothing), and everything of ours.
const KNOWN_TRACE_LEAKS: [(&str, Level); 3] = [
    // The span that `TraceLayer::new_for_http` makes of a request names its URL: code and state, of a callback.
    ("tower_http::trace::make_span", Level::Debug),
    // Its lines at Debug name the URL only while Trace is enabled for it too.
    ("ureq::run", Level::Debug),
    // Everything that is sent and received, as a hex dump.
    ("ureq_proto::util", Level::Trace),
];

/// The password in the URL of Redis.
const REDIS_PASSWORD: &str = "canary-redis-8d41c07e";
/// What the site's cookies and records are sealed with.
const KEY: &str = "5ec4e7a1b2c3d4e5f60718293a4b5c6d5ec4e7a1b2c3d4e5f60718293a4b5c6d";

/// The cases that reach a server and come back at once, and one of each kind that does not; the others write nothing else.
const PLAYED: [&str; 17] = [
    "success",
    "success in chunks",
    "success until the connection ends",
    "refused",
    "html",
    "500 with a grant",
    "302 to another host",
    "302 to another host with a grant",
    "64 KiB and one byte",
    "half a body",
    "closed port",
    "no such name",
    "reset in place of an answer",
    "another protocol",
    "a grant in gzip",
    "https, its authority trusted",
    "https, expired",
];

fn play<T: Transport>() {
    let mut cases = cases("http://127.0.0.1:9");
    cases.retain(|case| PLAYED.contains(&case.name));
    assert_eq!(cases.len(), PLAYED.len());
    for case in cases {
        case.run::<T>().unwrap();
    }
}

/// A builder that asks for a log of everything.
fn play_verbosely() {
    let server = Server::start(Behaviour::Close(http(200, "", grant_body().as_bytes())));
    let app = app(Endpoints::emulator(&server.base_url()).unwrap());
    let builder = reqwest::Client::builder().connection_verbose(true);
    let client = wechat_oauth::reqwest::Client::from_builder(&app, builder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.send(app.exchange(code()).unwrap())).unwrap();
}

/// A login at a site with Redis, over sockets. Gives what nobody may say besides the canaries: the state, and the value of
/// each cookie.
async fn log_in_at_a_site(around: impl FnOnce(Router) -> Router) -> Vec<String> {
    let wechat = Server::start(Behaviour::Answer(http(200, "", grant_body().as_bytes())));
    let redis = RedisServer::start_with(&["--requirepass", REDIS_PASSWORD]).unwrap();
    let url = redis.url().replace("redis://", &format!("redis://:{REDIS_PASSWORD}@"));
    let store = RedisStore::connect(&url).await.unwrap();
    let app = app(Endpoints::emulator(&wechat.base_url()).unwrap());
    let client = wechat_oauth::reqwest::Client::for_app(&app).unwrap();
    let keyring = || Keyring::from_hex(KEY).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = WechatLogin::new(app.clone(), client.clone())
        .origin(format!("http://{address}"))
        .keyring(keyring())
        .store(store.clone())
        .keep_grants(Keeper::new(app, client, Vault::new(store, keyring())))
        .silent_first(|_| async { Ok(true) })
        .mount(Router::new())
        .unwrap();
    let serving = tokio::spawn(axum::serve(listener, around(site)).into_future());

    let (left, pending) = ask(address, "/login", "").await;
    let state = left.split("state=").nth(1).unwrap().split(['&', '#']).next().unwrap().to_owned();
    let callback = format!("/callback?code={CODE}&state={state}");
    let (_, session) = ask(address, &callback, &pending[0]).await;
    assert!(session.iter().any(|cookie| cookie.contains("-user-")), "somebody is signed in");
    // Again, with a wrong state, and once Redis is gone.
    ask(address, &callback, &pending[0]).await;
    ask(address, &callback.replace("state=", "state=x"), &pending[0]).await;
    drop(redis);
    ask(address, &callback, &pending[0]).await;
    serving.abort();

    let values = pending.iter().chain(&session).map(|cookie| cookie.split_once('=').unwrap().1.to_owned());
    let values: Vec<_> = values.filter(|value| !value.is_empty()).chain([state]).collect();
    assert!(values.len() >= 3, "a login, a session and a state");
    values
}

/// The head of the answer to a browser, and the cookies that it sets.
async fn ask(site: SocketAddr, path: &str, cookie: &str) -> (String, Vec<String>) {
    let mut stream = TcpStream::connect(site).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {site}\r\nUser-Agent: MicroMessenger\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let cookies = cookies.map(|line| line.split(';').next().unwrap().to_owned()).collect();
    (answer, cookies)
}

/// Every writer that is known to write something of what is looked for, at whatever level.
#[test]
fn only_known_targets_write_secrets_when_trace_is_enabled() {
    leak::capture_logs(LevelFilter::Trace);
    play::<Ureq>();
    play::<Reqwest>();
    play_verbosely();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let values = runtime.block_on(log_in_at_a_site(|site| site.layer(TraceLayer::new_for_http())));

    let lines = leak::captured();
    let mut secrets: Vec<(&str, &str)> = leak::CANARIES.to_vec();
    secrets.extend([("the password of Redis", REDIS_PASSWORD), ("the key", KEY)]);
    secrets.extend(values.iter().map(|value| ("a cookie or state", value.as_str())));
    let targets: BTreeSet<_> = lines.iter().map(|line| line.target.as_str()).collect();
    println!("{} lines of {targets:?}", lines.len());
    for library in [
        "ureq::",
        "ureq_proto",
        "reqwest",
        "hyper_util",
        "rustls",
        "tower_http",
        "axum::",
        "wechat_oauth_axum",
    ] {
        assert!(targets.iter().any(|target| target.starts_with(library)), "{library} wrote nothing");
    }
    assert_eq!(leak::find_these_in_log(&secrets, &lines), BTreeSet::from(KNOWN_TRACE_LEAKS));
}
