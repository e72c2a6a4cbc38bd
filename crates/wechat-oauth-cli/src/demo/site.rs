//! The sample site: one button, one callback, and what a careful site does around them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path, Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use wechat_oauth::{
    App, AppId, AppSecret, Code, ConfigError, Endpoints, Error, ProfileReport, QrLang, RedirectUri, Scope,
    SignedIn, fresh_state,
};
use wechat_oauth_emulator::{AccountKind, Announcement};
use wechat_oauth_reqwest::Client;

use super::pages::{self, Frame};
use super::problem::Problem;
use super::session::{Person, Returned, SessionId, Sessions, Way};
use super::wire::{Logged, Step, latest_calls};
use crate::failure::Failure;
use crate::lang::Lang;

/// How long the emulator's log is waited for. The login is over by then, and this only tells about it.
const LOG_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the language is remembered, in seconds: a year.
const LANG_SECS: u32 = 31_536_000;

/// The site, its two accounts at the emulator, and who has signed in.
pub(crate) struct Site {
    url: String,
    emulator_url: String,
    official: App,
    website: App,
    redirect_uri: RedirectUri,
    client: Client,
    log_reader: reqwest::Client,
    sessions: Mutex<Sessions>,
    /// `localhost` has one set of cookies for all its ports, so the port is in their names.
    session_cookie: String,
    lang_cookie: String,
}

impl Site {
    /// A site at this port of `localhost`, with the emulator's accounts.
    pub(crate) fn new(port: u16, emulator: &Announcement) -> Result<Self, Failure> {
        // A browser leaves the usual port out of the Host.
        let url = if port == 80 { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };
        let app = |kind, app: fn(AppId, AppSecret) -> App| {
            let account = emulator.accounts.iter().find(|account| account.kind == kind);
            let missing =
                || Failure::configuration("emulator", "the emulator has no account for the sample site");
            let account = account.ok_or_else(missing)?;
            let secret = account.secret.as_deref().ok_or_else(missing)?;
            let endpoints = Endpoints::emulator(&emulator.base_url)?;
            Ok::<_, Failure>(app(AppId::new(&account.appid)?, AppSecret::new(secret)?).at(endpoints))
        };
        let official = app(AccountKind::OfficialAccount, App::official_account)?;
        Ok(Self {
            redirect_uri: RedirectUri::parse(&format!("{url}/callback"))?,
            website: app(AccountKind::Website, App::website_app)?,
            client: Client::for_app(&official)?,
            official,
            log_reader: reqwest::Client::builder()
                .no_proxy()
                .timeout(LOG_TIMEOUT)
                .build()
                .map_err(|_| ConfigError::Client { what: "reqwest refused its settings" })?,
            sessions: Mutex::default(),
            session_cookie: format!("demo_session_{port}"),
            lang_cookie: format!("demo_lang_{port}"),
            emulator_url: emulator.base_url.clone(),
            url,
        })
    }

    /// `http://localhost:PORT`
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn router(self) -> Router {
        let site = Arc::new(self);
        Router::new()
            .route("/", get(home))
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/problem/{name}", get(problem))
            .route("/me", get(me))
            .route("/me/profile", get(my_profile))
            .route("/sign-out", post(sign_out))
            .route("/style.css", get(style))
            .layer(middleware::from_fn_with_state(Arc::clone(&site), guard))
            .with_state(site)
    }

    fn app(&self, way: Way) -> &App {
        match way {
            Way::Base | Way::UserInfo => &self.official,
            Way::Qr => &self.website,
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session_id(&self, headers: &HeaderMap) -> Option<String> {
        cookie(headers, &self.session_cookie).map(str::to_owned)
    }

    /// The cookie holds an id and nothing else. `Lax` lets it come with the callback, which is a visit from another
    /// site. (A site that is not on loopback adds `Secure` and the prefix `__Host-`.)
    fn set_session(&self, id: &str) -> (HeaderName, String) {
        (SET_COOKIE, format!("{}={id}; Path=/; HttpOnly; SameSite=Lax", self.session_cookie))
    }

    fn frame<'a>(&'a self, lang: Lang, here: &'a str) -> Frame<'a> {
        Frame { lang, here, emulator_url: &self.emulator_url }
    }

    /// The language that the address asks for, else the one that was chosen before, else the browser's.
    fn lang(&self, asked: Option<&str>, headers: &HeaderMap) -> Lang {
        let asked = asked.and_then(Lang::of_tag);
        let chosen = asked.or_else(|| cookie(headers, &self.lang_cookie).and_then(Lang::of_tag));
        let browser = headers.get("accept-language").and_then(|value| value.to_str().ok());
        let preferred = || browser.unwrap_or_default().split(',').find_map(|tag| Lang::of_tag(tag.trim()));
        chosen.or_else(preferred).unwrap_or(Lang::Zh)
    }

    /// A page, in the language, which is remembered when the address asked for it.
    fn page(
        &self,
        status: StatusCode,
        lang: Lang,
        asked: Option<&str>,
        page: Result<String, askama::Error>,
    ) -> Response {
        let Ok(page) = page else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
        let mut response = (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response();
        if asked.and_then(Lang::of_tag).is_some() {
            let cookie = format!(
                "{}={}; Path=/; Max-Age={LANG_SECS}; SameSite=Lax",
                self.lang_cookie,
                lang.pick("zh", "en")
            );
            if let Ok(cookie) = HeaderValue::try_from(cookie) {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
        }
        response
    }

    /// What this login asked of WeChat, as WeChat's own log tells it.
    async fn calls(&self) -> Vec<String> {
        let log = async {
            self.log_reader.get(format!("{}/_emulator/log", self.emulator_url)).send().await?.bytes().await
        };
        // It only tells about the login: without it, the page has one step less to show.
        let log = log.await.unwrap_or_default();
        serde_json::from_slice::<Vec<Logged>>(&log).map(latest_calls).unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    lang: Option<String>,
}

async fn home(State(site): State<Arc<Site>>, Query(query): Query<PageQuery>, headers: HeaderMap) -> Response {
    let lang = site.lang(query.lang.as_deref(), &headers);
    let id = site.session_id(&headers).unwrap_or_default();
    let page = {
        let mut sessions = site.sessions();
        let person = sessions.person(&id, Instant::now()).cloned();
        let steps = if person.is_some() { sessions.steps(&id, Instant::now()) } else { &[] };
        pages::home(site.frame(lang, "/"), person.as_ref(), steps)
    };
    site.page(StatusCode::OK, lang, query.lang.as_deref(), page)
}

#[derive(Debug, Deserialize)]
struct LoginQuery {
    way: Option<String>,
}

/// Out: one half of the login leaves with the browser, the other stays in its session.
async fn login(
    State(site): State<Arc<Site>>,
    Query(query): Query<LoginQuery>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (way, scope) = match query.way.as_deref() {
        None | Some("userinfo") => (Way::UserInfo, Scope::UserInfo),
        Some("base") => (Way::Base, Scope::Base),
        Some("qr") => (Way::Qr, Scope::Login),
        Some(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    let login = site.app(way).login(scope, &site.redirect_uri);
    let login = match way {
        Way::Qr => login.lang(match site.lang(None, &headers) {
            Lang::Zh => QrLang::Chinese,
            Lang::En => QrLang::English,
        }),
        Way::Base | Way::UserInfo => login.connect_redirect(true),
    };
    let (Ok(login), Ok(state), Some(fresh)) = (login.build(), fresh_state(), fresh_id()) else {
        return redirect(&problem_path(Problem::Configuration));
    };
    let (url, pending) = login.begin(state);
    let known = site.session_id(&headers);
    let step = Step::sent_out(asked_for(&uri), url.as_str());
    let id = site.sessions().begin(known.as_deref(), fresh, pending, way, step, Instant::now());
    ([site.set_session(&id)], redirect(url.as_str())).into_response()
}

/// Back: whatever came of it, the browser goes on to an address without the code.
async fn callback(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(id) = site.session_id(&headers) else { return redirect(&problem_path(Problem::NoLogin)) };
    // With its path: a query alone could be mistaken for another shape of callback.
    let came = asked_for(&uri);
    let returned = site.sessions().accept(&id, came, Instant::now());
    let (code, way) = match returned {
        Returned::Code(code, way) => (code, way),
        Returned::Again => return redirect("/"),
        Returned::NoLogin => return redirect(&problem_path(Problem::NoLogin)),
        Returned::Refused(reason) => return redirect(&problem_path(Problem::Callback(reason))),
    };
    let mut steps = vec![Step::came_back(came)];
    let outcome = sign_in(&site, way, code, &mut steps).await;
    let path = outcome.as_ref().map_or_else(|problem| problem_path(*problem), |_| "/".to_owned());
    steps.push(Step::let_go_on(&path));
    site.sessions().add_steps(&id, steps, Instant::now());
    match (outcome, fresh_id()) {
        (Ok(person), Some(fresh)) => {
            let cookie = site.set_session(&fresh);
            site.sessions().sign_in(&id, fresh, person, Instant::now());
            ([cookie], redirect(&path)).into_response()
        }
        (Ok(_), None) => redirect(&problem_path(Problem::Configuration)),
        (Err(_), _) => redirect(&path),
    }
}

async fn sign_in(site: &Site, way: Way, code: Code, steps: &mut Vec<Step>) -> Result<Person, Problem> {
    let app = site.app(way);
    let signed_in = match app.sign_in(code) {
        Ok(flow) => site.client.run(flow).await,
        Err(error) => Err(Error::from(error)),
    };
    steps.push(Step::asked(&site.calls().await));
    let (grant, profile, profile_unread) = match signed_in {
        Ok(SignedIn::Person(person)) => {
            let (grant, profile) = person.into_parts();
            (grant, profile, false)
        }
        Ok(SignedIn::Snapshot(_)) => {
            steps.push(Step::nobody());
            return Err(Problem::Snapshot);
        }
        Err(error) => {
            let problem = Problem::of(&error);
            // The person is known, even where the profile is not.
            match error.into_grant() {
                Some(grant) => (grant, None, true),
                None => return Err(problem),
            }
        }
    };
    let document = profile.as_ref().map(ProfileReport::from);
    steps.push(Step::learned(&grant, document.as_ref()));
    let unionid = grant.unionid().or_else(|| profile.as_ref().and_then(|profile| profile.unionid()));
    Ok(Person {
        identity: grant.identity().clone(),
        unionid: unionid.cloned(),
        nickname: profile.as_ref().map(|profile| profile.nickname().clone()),
        avatar: profile.as_ref().and_then(|profile| profile.avatar()).map(ToString::to_string),
        profile: document,
        profile_unread,
    })
}

async fn problem(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    let Some(problem) = Problem::named(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let lang = site.lang(query.lang.as_deref(), &headers);
    let id = site.session_id(&headers).unwrap_or_default();
    let here = problem_path(problem);
    let page = {
        let mut sessions = site.sessions();
        pages::problem(site.frame(lang, &here), problem, sessions.steps(&id, Instant::now()))
    };
    site.page(problem.status(), lang, query.lang.as_deref(), page)
}

/// Who is signed in, for programs.
async fn me(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let id = site.session_id(&headers).unwrap_or_default();
    let openid = site
        .sessions()
        .person(&id, Instant::now())
        .map(|person| person.identity.openid().as_str().to_owned());
    Json(json!({"signed_in": openid.is_some(), "openid": openid})).into_response()
}

/// Their profile, for programs.
async fn my_profile(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let id = site.session_id(&headers).unwrap_or_default();
    let mut sessions = site.sessions();
    match sessions.person(&id, Instant::now()) {
        None => StatusCode::UNAUTHORIZED.into_response(),
        Some(person) => Json(json!(person.profile)).into_response(),
    }
}

async fn sign_out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    // Another port of localhost is the same site to a browser, so the cookie alone does not keep its pages out.
    if headers.get("sec-fetch-site").is_some_and(|from| from != "same-origin") {
        return StatusCode::FORBIDDEN.into_response();
    }
    if let Some(id) = site.session_id(&headers) {
        site.sessions().sign_out(&id);
    }
    let forgotten = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", site.session_cookie);
    ([(SET_COOKIE, forgotten)], redirect("/")).into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], pages::STYLE).into_response()
}

/// Around every request: only this host's name, and headers that let nothing out.
async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = match site.url.strip_prefix("http://") {
        Some(name) if name == host => next.run(request).await,
        // The cookie and the callback belong to one name.
        _ if is_loopback_address(host) && request.method() == Method::GET => redirect(&site.url),
        // A name that somebody pointed at this machine.
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data: {}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        site.emulator_url
    );
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn is_loopback_address(host: &str) -> bool {
    host.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
}

/// 303: the browser goes on with a GET, whatever it came with.
fn redirect(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

/// The path and the query, as the browser sent them.
fn asked_for(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |asked| asked.as_str())
}

fn problem_path(problem: Problem) -> String {
    format!("/problem/{}", problem.name())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

/// A session id that nobody can guess; none when the operating system has no entropy.
fn fresh_id() -> Option<SessionId> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).ok()?;
    Some(entropy.iter().map(|byte| format!("{byte:02x}")).collect())
}
