//! The sample site: a home page around the logins, and what a careful site does around its pages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Query, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;
use serde_json::json;
use wechat_oauth::{App, AppId, AppSecret, ConfigError, Endpoints, OpenId};
use wechat_oauth_emulator::{AccountKind, Announcement};

use super::logins::{self, Apps};
use super::pages;
use super::people::People;
use super::record::record;
use super::session::{SessionId, Sessions};
use super::wire::Logged;
use crate::failure::Failure;
use crate::lang::Lang;

/// How long the emulator's log is waited for. It only tells about a login.
const LOG_TIMEOUT: Duration = Duration::from_secs(2);

/// The site, and who has signed in.
pub(crate) struct Site {
    url: String,
    emulator_url: String,
    log_reader: reqwest::Client,
    sessions: Mutex<Sessions>,
    people: Mutex<People>,
    /// `localhost` has one set of cookies for all its ports, so the port is in their names.
    session_cookie: String,
    lang_cookie: String,
}

impl Site {
    /// `http://localhost:PORT`, and what answers there: a site with the emulator's accounts.
    pub(crate) fn start(port: u16, emulator: &Announcement) -> Result<(String, Router), Failure> {
        // A browser leaves the usual port out of the Host.
        let url = if port == 80 { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };
        let apps = Apps {
            official: app(emulator, AccountKind::OfficialAccount, App::official_account)?,
            website: app(emulator, AccountKind::Website, App::website_app)?,
        };
        let site = Arc::new(Self {
            log_reader: reqwest::Client::builder()
                .no_proxy()
                .timeout(LOG_TIMEOUT)
                .build()
                .map_err(|_| ConfigError::Client { what: "reqwest refused its settings" })?,
            sessions: Mutex::default(),
            people: Mutex::default(),
            session_cookie: format!("demo_session_{port}"),
            lang_cookie: format!("demo_lang_{port}"),
            emulator_url: emulator.base_url.clone(),
            url: url.clone(),
        });
        let logins = logins::router(&site, &apps)?;
        let router = Router::new()
            .route("/", get(home))
            .route("/me", get(me))
            .route("/me/profile", get(my_profile))
            .route("/style.css", get(style))
            .merge(logins.layer(middleware::from_fn_with_state(Arc::clone(&site), record)))
            .layer(middleware::from_fn_with_state(Arc::clone(&site), guard))
            .with_state(site);
        Ok((url, router))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this browser says that its session is.
    pub(crate) fn session_id<'a>(&self, jar: &'a CookieJar) -> &'a str {
        jar.get(&self.session_cookie).map_or("", Cookie::value)
    }

    /// The cookie holds an id and nothing else. `Lax` lets it come with the callback, which is a visit from another
    /// site. (A site that is not on loopback adds `secure(true)` and the prefix `__Host-`.)
    pub(crate) fn session_cookie(&self, id: SessionId) -> Cookie<'static> {
        Cookie::build((self.session_cookie.clone(), id))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .build()
    }

    /// What WeChat was asked so far, as its own log tells it; without it, a page has one step less to show.
    pub(crate) async fn log(&self) -> Vec<Logged> {
        let log = async {
            self.log_reader.get(format!("{}/_emulator/log", self.emulator_url)).send().await?.bytes().await
        };
        serde_json::from_slice(&log.await.unwrap_or_default()).unwrap_or_default()
    }

    /// The language that was chosen on this site.
    fn chosen_lang(&self, jar: &CookieJar) -> Option<Lang> {
        Lang::of_tag(jar.get(&self.lang_cookie)?.value())
    }
}

/// The emulator's account of this kind, as an application.
fn app(emulator: &Announcement, kind: AccountKind, app: fn(AppId, AppSecret) -> App) -> Result<App, Failure> {
    let missing = || Failure::configuration("emulator", "the emulator has no account for the sample site");
    let account = emulator.accounts.iter().find(|account| account.kind == kind).ok_or_else(missing)?;
    let secret = account.secret.as_deref().ok_or_else(missing)?;
    let endpoints = Endpoints::emulator(&emulator.base_url)?;
    Ok(app(AppId::new(&account.appid)?, AppSecret::new(secret)?).at(endpoints))
}

#[derive(Debug, Deserialize)]
struct HomeQuery {
    lang: Option<String>,
}

async fn home(
    State(site): State<Arc<Site>>,
    Query(query): Query<HomeQuery>,
    jar: CookieJar,
    headers: HeaderMap,
) -> Response {
    let asked = query.lang.as_deref().and_then(Lang::of_tag);
    let lang = asked.unwrap_or_else(|| preferred_lang(&headers));
    let page = match site.sessions().get(site.session_id(&jar), Instant::now()) {
        Some(session) => pages::home(lang, &site.emulator_url, session.person.as_ref(), &session.steps),
        None => pages::home(lang, &site.emulator_url, None, &[]),
    };
    let jar = match asked {
        // Kept for as long as the browser likes.
        Some(lang) => jar.add(
            Cookie::build((site.lang_cookie.clone(), lang.pick("zh", "en")))
                .path("/")
                .same_site(SameSite::Lax)
                .permanent(),
        ),
        None => jar,
    };
    match page {
        Ok(page) => (jar, Html(page)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Who is signed in, for programs.
async fn me(State(site): State<Arc<Site>>, jar: CookieJar) -> Response {
    let mut sessions = site.sessions();
    let session = sessions.get(site.session_id(&jar), Instant::now());
    let openid = session.and_then(|session| session.person.as_ref()).map(|person| person.identity.openid());
    Json(json!({"signed_in": openid.is_some(), "openid": openid.map(OpenId::as_str)})).into_response()
}

/// Their profile, for programs.
async fn my_profile(State(site): State<Arc<Site>>, jar: CookieJar) -> Response {
    let mut sessions = site.sessions();
    let session = sessions.get(site.session_id(&jar), Instant::now());
    match session.and_then(|session| session.person.as_ref()) {
        None => StatusCode::UNAUTHORIZED.into_response(),
        Some(person) => Json(json!(person.profile.as_ref().map(|known| &known.report))).into_response(),
    }
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], pages::STYLE)
}

/// Around every request: only this host's name, one language on all pages, and headers that let nothing out.
async fn guard(State(site): State<Arc<Site>>, jar: CookieJar, mut request: Request, next: Next) -> Response {
    // The pages of the logins ask the browser, so the chosen language is the browser's.
    if let Some(lang) = site.chosen_lang(&jar) {
        let tag = HeaderValue::from_static(lang.pick("zh-CN", "en"));
        request.headers_mut().insert(ACCEPT_LANGUAGE, tag);
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = match site.url.strip_prefix("http://") {
        Some(name) if name == host => next.run(request).await,
        // The cookies and the callback belong to one name.
        _ if is_loopback_address(host) && request.method() == Method::GET => {
            Redirect::to(&site.url).into_response()
        }
        // A name that somebody pointed at this machine.
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data: {}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        site.emulator_url
    );
    // The pages of the logins have their own.
    if !headers.contains_key(CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::try_from(policy)
    {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn is_loopback_address(host: &str) -> bool {
    host.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

/// The first of the browser's languages that this site speaks, else Chinese.
fn preferred_lang(headers: &HeaderMap) -> Lang {
    let languages = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    languages.split(',').find_map(|tag| Lang::of_tag(tag.trim())).unwrap_or(Lang::Zh)
}
