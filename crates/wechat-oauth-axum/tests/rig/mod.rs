//! What these tests share: an emulated WeChat, a site in this process, and browsers with cookies of their own.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // a module of tests, of which none uses all

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::routing::get;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wechat_oauth_axum::{WechatLogin, WechatUser};
use wechat_oauth_core::{App, AppSecret, Endpoints};
use wechat_oauth_emulator::{
    AccountKind, Emulator, Method as EmulatorMethod, Request as EmulatorRequest, User,
};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::Keyring;

pub const ORIGIN: &str = "http://localhost:3000";
pub const IN_WECHAT: &str = "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.50 NetType/WIFI";
pub const ON_DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

/// The emulated WeChat of a test.
pub struct WeChat(pub Emulator);

impl WeChat {
    pub fn start() -> Self {
        Self(Emulator::start().unwrap())
    }

    /// The application of this kind, as a site is given it.
    pub fn app(&self, kind: AccountKind) -> App {
        let announced = self.0.announcement();
        let account = announced.accounts.iter().find(|account| account.kind == kind).unwrap();
        let (appid, endpoints) =
            (account.appid.parse().unwrap(), Endpoints::emulator(self.0.base_url()).unwrap());
        let secret = AppSecret::new(account.secret.clone().unwrap()).unwrap();
        match kind {
            AccountKind::Website => App::website_app(appid, secret),
            _ => App::official_account(appid, secret),
        }
        .at(endpoints)
    }

    pub fn official(&self) -> App {
        self.app(AccountKind::OfficialAccount)
    }

    pub fn official_appid(&self) -> String {
        self.official().account().appid().as_str().to_owned()
    }

    pub fn openid(&self, user: &str) -> String {
        let appid = self.official_appid();
        self.0.world(|world| world.openid(user, &appid).unwrap())
    }

    pub fn add_user(&self, id: &str, nickname: &str) {
        self.0.world(|world| world.add_user(User::new(id, nickname)).unwrap());
    }

    /// What somebody's answer to the authorize page brings back: the paths that their browser is sent to.
    pub fn answer(&self, authorize_url: &str, user: &str, answer: &str) -> Vec<String> {
        let body = json!({"authorize_url": authorize_url, "user": user, "answer": answer}).to_string();
        let request = EmulatorRequest::json(EmulatorMethod::Post, "/_emulator/authorize", &body)
            .with_header("host", self.0.base_url().trim_start_matches("http://"));
        let now = wall();
        let reply = self.0.world(|world| world.handle(&request, now));
        let text = String::from_utf8(reply.body).unwrap();
        assert_eq!(reply.status, 200, "{text}");
        let reply: Value = serde_json::from_str(&text).unwrap();
        let urls = reply["callback_urls"].as_array().unwrap();
        urls.iter().map(|url| url.as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned()).collect()
    }

    /// The callback path after somebody allowed.
    pub fn allow(&self, authorize_url: &str, user: &str) -> String {
        self.answer(authorize_url, user, "allow").remove(0)
    }

    /// How many requests of this kind reached WeChat.
    pub fn requests_to(&self, path: &str) -> usize {
        let request = EmulatorRequest::get("/_emulator/log")
            .with_header("host", self.0.base_url().trim_start_matches("http://"));
        let now = wall();
        let reply = self.0.world(|world| world.handle(&request, now));
        let log: Value = serde_json::from_slice(&reply.body).unwrap();
        log.as_array().unwrap().iter().filter(|entry| entry["path"] == path).count()
    }

    pub fn exchanges(&self) -> usize {
        self.requests_to("/sns/oauth2/access_token")
    }

    /// A login description with what every test needs.
    pub fn login(&self) -> WechatLogin {
        self.login_with(Keyring::generate().unwrap())
    }

    pub fn login_with(&self, keyring: Keyring) -> WechatLogin {
        let app = self.official();
        let client = Client::for_app(&app).unwrap();
        WechatLogin::new(app, client).origin(ORIGIN).keyring(keyring)
    }

    /// A site whose home says who is signed in.
    pub fn site(&self) -> Router {
        pages(self.login())
    }
}

fn wall() -> wechat_oauth_core::UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    wechat_oauth_core::UnixTime::from_secs(since.as_secs())
}

/// A site with this login: `/` says who is there, `/members` is for people who signed in.
pub fn pages(login: WechatLogin) -> Router {
    async fn home(user: Option<WechatUser>) -> String {
        user.map_or("nobody".to_owned(), |user| user.identity().openid().to_string())
    }
    async fn members(user: WechatUser) -> String {
        user.nickname().to_string()
    }
    login.mount(Router::new().route("/", get(home)).route("/members", get(members))).unwrap()
}

/// A browser: its cookies, and the name it goes by.
#[derive(Clone)]
pub struct Browser {
    pub site: Router,
    pub jar: Arc<Mutex<BTreeMap<String, String>>>,
    pub user_agent: String,
    pub keeps_cookies: bool,
}

/// What a browser was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[LOCATION].to_str().unwrap()
    }

    pub fn is_to_wechat(&self) -> bool {
        self.status == StatusCode::SEE_OTHER && self.location().contains("/connect/")
    }

    /// The cookies that it sets, a `name=value` each.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
    }

    /// The state of the authorize URL that the browser is sent to.
    pub fn state(&self) -> String {
        parameter(self.location(), "state")
    }

    pub fn scope(&self) -> String {
        parameter(self.location(), "scope")
    }
}

pub fn parameter(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
}

impl Browser {
    pub fn new(site: &Router) -> Self {
        Self {
            site: site.clone(),
            jar: Arc::default(),
            user_agent: IN_WECHAT.to_owned(),
            keeps_cookies: true,
        }
    }

    pub fn called(site: &Router, user_agent: &str) -> Self {
        Self { user_agent: user_agent.to_owned(), ..Self::new(site) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("user-agent", &self.user_agent);
        request = request.header("accept", "text/html").header("host", "evil.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<_> =
            self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let response = self.site.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    fn keep(&self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let mut jar = self.jar.lock().unwrap();
        if attributes.contains("Max-Age=0") || !self.keeps_cookies {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Signs in from the beginning, and gives where it ends.
    pub async fn signs_in(&self, wechat: &WeChat, user: &str, login: &str) -> Answer {
        let left = self.get(login).await;
        self.get(&wechat.allow(left.location(), user)).await
    }

    /// Follows the redirect to the page that says why nobody is signed in.
    pub async fn end(&self, answer: Answer) -> Answer {
        let there = answer.location().to_owned();
        assert!(there.contains("/login?declined="), "{there}");
        self.get(&there).await
    }

    /// Who the home page says is there.
    pub async fn who(&self) -> String {
        self.get("/").await.body
    }
}

/// Counts calls.
#[derive(Clone, Default)]
pub struct Counter(Arc<AtomicU32>);

impl Counter {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A WeChat with one person.
pub fn lily() -> WeChat {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    wechat
}

/// Asks with this Cookie header, byte for byte.
pub async fn ask_raw(site: &Router, path: &str, cookie: &[u8]) -> Answer {
    let request = Request::builder().uri(path).header("user-agent", IN_WECHAT).header("accept", "text/html");
    let request = request.header(COOKIE, HeaderValue::from_bytes(cookie).unwrap());
    let response = site.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Follows a browser from a path until it is answered with something else than a redirect; the answer of WeChat passes
/// through `on_the_way`. Gives the last answer and how often WeChat was visited.
pub async fn follow(
    browser: &Browser,
    wechat: &WeChat,
    path: &str,
    on_the_way: impl Fn(String) -> String,
) -> (Answer, u32) {
    const MOST: u32 = 8;
    let (mut path, mut visits) = (path.to_owned(), 0);
    loop {
        let answer = browser.get(&path).await;
        if answer.status != StatusCode::SEE_OTHER {
            return (answer, visits);
        }
        path = if answer.is_to_wechat() {
            visits += 1;
            assert!(visits < MOST, "an endless circle: WeChat was visited {visits} times");
            on_the_way(wechat.allow(answer.location(), "lily"))
        } else {
            answer.location().to_owned()
        };
    }
}
