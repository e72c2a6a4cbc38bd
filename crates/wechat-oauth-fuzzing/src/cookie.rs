//! Nobody is signed in but by a cookie that the site sealed, under the name it was sealed for.

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use wechat_oauth_axum::{WechatLogin, WechatUser};
use wechat_oauth_core::Endpoints;
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::Keyring;

use crate::given::{self, APPID, NOW, OPENID};

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const SIGNED_IN: &str = "signed in";

/// Takes `WHERE COOKIES`: a byte that picks the request (`0` a page, `1` the login, `2` a callback, `3` the logout), and
/// the value of its `Cookie` header. In it, the byte 1 stands for the name of the session's cookie, 2 for a good
/// value of it, 3 and 4 for the same of a login that waits.
///
/// # Panics
/// When somebody is signed in without that cookie, or not with it; when a callback is taken for that of a login which this
/// browser did not begin; or when a cookie is set that another host, a script or an eavesdropper could have.
pub fn cookie(data: &[u8]) {
    let Some((place, cookies)) = data.split_first() else { return };
    let site = &*SITE;
    let cookies = site.filled_in(cookies);
    let Ok(header) = HeaderValue::from_bytes(&cookies) else { return };
    let signed_in = site.holds(&cookies, &site.user);
    let waits = site.holds(&cookies, &site.login);
    match place.wrapping_sub(b'0') % 4 {
        0 => {
            let body = site.body(site.answer("GET", "/me", header));
            assert_eq!(body == SIGNED_IN.as_bytes(), signed_in);
        }
        1 => {
            let answer = site.answer("GET", "/login", header);
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            assert!(location(&answer).starts_with(WECHAT));
            assert!(answer.headers().contains_key(SET_COOKIE));
        }
        // What a browser with the right cookie brings back goes on to WeChat's API, which is not here.
        2 if waits => {}
        2 => {
            let path = format!("/callback?code=C1&state={}", site.state);
            let answer = site.answer("GET", &path, header);
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            // Home for whoever is signed in; for everybody else the login begins again, once.
            let there = location(&answer);
            assert!(if signed_in { there == "/" } else { there.starts_with(WECHAT) }, "{there}");
        }
        _ => {
            let answer = site.answer("POST", "/logout", header);
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            let gone = format!("{}=;", site.user.0);
            assert!(set_cookies(&answer).any(|cookie| cookie.starts_with(&gone)));
        }
    }
}

const WECHAT: &str = "http://127.0.0.1:8787";

/// A name and a value.
type Pair = (String, String);

struct Site {
    runtime: Runtime,
    router: Router,
    user: Pair,
    login: Pair,
    state: String,
}

static SITE: LazyLock<Site> = LazyLock::new(Site::new);

impl Site {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let keyring = Keyring::from_hex(KEY).expect("a key");
        // No TLS is built in, and nobody answers there.
        let app = given::official("secret").at(Endpoints::emulator(WECHAT).expect("a loopback URL"));
        let client = Client::for_app(&app).expect("a client");
        let router = WechatLogin::new(app, client)
            .origin("https://www.example.com")
            .keyring(keyring.clone())
            .clock(|| NOW)
            .mount(Router::new().route("/me", get(me)))
            .expect("a site");
        let mut site =
            Self { runtime, router, user: Pair::default(), login: Pair::default(), state: String::new() };
        let answer = site.answer("GET", "/login", HeaderValue::from_static(""));
        let set = set_cookies(&answer).next().expect("a cookie").to_owned();
        let (name, rest) = set.split_once('=').expect("a name");
        site.login = (name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        let url = url::Url::parse(location(&answer)).expect("a URL");
        let state = url.query_pairs().find(|(name, _)| name == "state").expect("a state");
        site.state = state.1.into_owned();

        // The session's cookie as a sign-in sets it.
        let tag = name.split('-').nth(3).expect("__Host-wechat-login-TAG-…");
        let name = format!("__Host-wechat-user-{tag}");
        let user = format!(
            r#"{{"identity":{{"appid":"{APPID}","openid":"{OPENID}"}},"unionid":null,"nickname":"","avatar":null,"signed_in_at":{}}}"#,
            NOW.as_secs()
        );
        let sealed = keyring.seal("wechat user", &[&name], user.as_bytes()).expect("the system has entropy");
        site.user = (name, URL_SAFE_NO_PAD.encode(sealed));
        site
    }

    fn filled_in(&self, cookies: &[u8]) -> Vec<u8> {
        let mut whole = Vec::with_capacity(cookies.len() + 256);
        for byte in cookies {
            match byte {
                1 => whole.extend(self.user.0.bytes()),
                2 => whole.extend(self.user.1.bytes()),
                3 => whole.extend(self.login.0.bytes()),
                4 => whole.extend(self.login.1.bytes()),
                _ => whole.push(*byte),
            }
        }
        whole
    }

    /// Whether a browser with these cookies has this one: pairs between semicolons, blanks around them.
    fn holds(&self, cookies: &[u8], (name, value): &Pair) -> bool {
        let own = format!("{name}={value}");
        cookies
            .split(|byte| *byte == b';')
            .any(|pair| pair.trim_ascii() == own.as_bytes() && is_blank_apart_from(pair, &own))
    }

    fn answer(&self, method: &str, path: &str, cookies: HeaderValue) -> Response<Body> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(COOKIE, cookies)
            .header("user-agent", "MicroMessenger/8.0.50")
            .body(Body::empty())
            .expect("a request");
        let answer = self
            .runtime
            .block_on(self.router.clone().oneshot(request))
            .unwrap_or_else(|never| match never {});
        for cookie in set_cookies(&answer) {
            is_for_this_host_alone(cookie);
        }
        answer
    }

    fn body(&self, answer: Response<Body>) -> Vec<u8> {
        self.runtime.block_on(to_bytes(answer.into_body(), usize::MAX)).expect("a body").to_vec()
    }
}

async fn me(user: Option<WechatUser>) -> &'static str {
    match user {
        Some(user) => {
            assert_eq!(user.identity().openid().as_str(), OPENID);
            SIGNED_IN
        }
        None => "nobody",
    }
}

/// Only spaces and tabs are around a cookie.
fn is_blank_apart_from(pair: &[u8], own: &str) -> bool {
    pair.iter().filter(|byte| matches!(byte, b' ' | b'\t')).count() + own.len() == pair.len()
}

fn set_cookies(answer: &Response<Body>) -> impl Iterator<Item = &str> {
    answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().expect("ASCII"))
}

fn location(answer: &Response<Body>) -> &str {
    answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_for_this_host_alone(cookie: &str) {
    let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    for needed in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert_eq!(attributes.iter().filter(|found| **found == needed).count(), 1, "{cookie}");
    }
    assert!(!attributes.iter().any(|found| found.to_ascii_lowercase().starts_with("domain")), "{cookie}");
    assert!(cookie.starts_with("__Host-wechat-"), "{cookie}");
}
