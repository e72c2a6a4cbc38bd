//! What an attacker, an odd browser or an unlucky setup does to a login, and what should come of it.

#![allow(clippy::unwrap_used)] // its helpers are part of tests

mod rig;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts as _, OriginalUri};
use axum::http::header::CACHE_CONTROL;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use rig::{Browser, Counter, ON_DESKTOP, ORIGIN, WeChat, ask_raw, follow, lily, pages};
use wechat_oauth_axum::{SignedIn, WechatLogin, WechatUser};
use wechat_oauth_core::{App, ComponentAccessToken, Endpoints, UnixTime, WxLoginOptions};
use wechat_oauth_emulator::AccountKind;
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Key, Keyring, MemoryStore, Record, Reply, Store, StoreError, Swapped};

#[tokio::test]
async fn a_cookie_that_is_not_ascii_beside_ours_keeps_nobody_from_signing_in() {
    let wechat = lily();
    let site = wechat.site();
    // A script of the site, or of a site on a sibling domain, wrote `name=微信`: browsers send it in UTF-8.
    let foreign = "name=微信; ";
    let left = ask_raw(&site, "/login", foreign.as_bytes()).await;
    let callback = wechat.allow(left.location(), "lily");
    let jar = format!("{foreign}{}", left.cookies().join("; "));
    let back = ask_raw(&site, &callback, jar.as_bytes()).await;
    assert_eq!(back.location(), "/");
    let jar = format!("{foreign}{}", back.cookies().join("; "));
    assert_eq!(ask_raw(&site, "/", jar.as_bytes()).await.body, wechat.openid("lily"));
}

#[tokio::test]
async fn a_state_that_is_altered_on_the_way_ends_on_a_page_and_not_in_a_circle() {
    let wechat = lily();
    let alter: [fn(String) -> String; 4] = [
        |path| format!("{path}x"),
        |path| path.replace("&state=", "&state=x"),
        |path| path[..path.len() - 1].to_owned(),
        |path| format!("{}&state=1", path.split("&state=").next().unwrap()),
    ];
    for alter in alter {
        let browser = Browser::new(&wechat.site());
        let (_, visits) = follow(&browser, &wechat, "/login", alter).await;
        assert!(visits <= 2, "{visits}");
    }
}

#[tokio::test]
async fn a_browser_that_appends_its_home_page_to_the_state_signs_in_all_the_same() {
    let wechat = lily();
    let browser = Browser::new(&wechat.site());
    let appended = |path: String| format!("{path}http%3A%2F%2Fhome.example%2F");
    let (_, _) = follow(&browser, &wechat, "/login", appended).await;
    assert_eq!(browser.who().await, wechat.openid("lily"));
}

#[tokio::test]
async fn a_page_of_a_nested_router_sends_visitors_back_to_itself() {
    async fn members(user: WechatUser) -> String {
        user.identity().openid().to_string()
    }
    let wechat = lily();
    let shop = Router::new().route("/members", get(members));
    let site = wechat.login().mount(Router::new().nest("/shop", shop)).unwrap();
    let browser = Browser::new(&site);
    let sent = browser.get("/shop/members?page=2").await;
    assert_eq!(sent.location(), "/login?return_to=%2Fshop%2Fmembers%3Fpage%3D2");
}

#[tokio::test]
async fn the_application_finds_the_code_nowhere_in_the_request() {
    let wechat = lily();
    let seen = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&seen);
    let login = wechat.login().on_signed_in(move |mut signed_in: SignedIn| {
        let told = Arc::clone(&told);
        async move {
            let OriginalUri(uri) =
                OriginalUri::from_request_parts(&mut signed_in.request, &()).await.unwrap();
            *told.lock().unwrap() = uri.to_string();
            signed_in.welcome()
        }
    });
    Browser::new(&pages(login)).signs_in(&wechat, "lily", "/login").await;
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, "/callback");
}

#[tokio::test]
async fn debug_of_a_sign_in_shows_no_cookie() {
    let wechat = lily();
    let seen = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&seen);
    let login = wechat.login().on_signed_in(move |signed_in: SignedIn| {
        *told.lock().unwrap() = format!("{signed_in:?} {:?}", signed_in.request);
        async move { signed_in.welcome() }
    });
    let browser = Browser::new(&pages(login));
    browser.signs_in(&wechat, "lily", "/login").await;
    browser.signs_in(&wechat, "lily", "/login").await;
    let seen = seen.lock().unwrap().clone();
    for (name, value) in browser.jar.lock().unwrap().iter() {
        assert!(!seen.contains(value.as_str()), "{name} is in {seen}");
    }
}

#[tokio::test]
async fn no_answer_of_the_logins_routes_is_kept_by_a_cache() {
    let wechat = lily();
    let browser = Browser::new(&wechat.site());
    for (method, path) in [
        (Method::GET, "/logout"),
        (Method::POST, "/login"),
        (Method::POST, "/callback?code=C&state=S"),
        (Method::OPTIONS, "/callback?code=C&state=S"),
        (Method::PUT, "/logout"),
    ] {
        let answer = browser.send(method.clone(), path, &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers.get(CACHE_CONTROL).unwrap(), "no-store", "{method} {path}");
    }
    let refused = browser.send(Method::POST, "/logout", &[("origin", "https://evil.example")]).await;
    assert_eq!(refused.headers.get(CACHE_CONTROL).unwrap(), "no-store");
}

#[test]
fn a_session_that_is_over_at_once_is_refused_before_anybody_comes() {
    let wechat = WeChat::start();
    for lifetime in [Duration::ZERO, Duration::from_millis(999)] {
        // Every page for members would send its visitor round in circles.
        assert!(wechat.login().session_lifetime(lifetime).router::<()>().is_err(), "{lifetime:?}");
    }
}

#[tokio::test]
async fn a_session_of_an_account_that_this_site_does_not_have_is_none() {
    let (before, after) = (lily(), lily());
    let keyring = Keyring::generate().unwrap();
    let (old, new) = (before.login_with(keyring.clone()), {
        let app = App::official_account("wxanotheraccount".parse().unwrap(), secret())
            .at(Endpoints::emulator(after.0.base_url()).unwrap());
        let client = Client::for_app(&app).unwrap();
        WechatLogin::new(app, client).origin(ORIGIN).keyring(keyring)
    });
    let browser = Browser::new(&pages(old));
    browser.signs_in(&before, "lily", "/login").await;
    assert_eq!(browser.who().await, before.openid("lily"));
    // The site moved to another account: an openid of the old one is nobody's there.
    let moved = Browser { jar: Arc::clone(&browser.jar), ..Browser::new(&pages(new)) };
    assert_eq!(moved.who().await, "nobody");
}

fn secret() -> wechat_oauth_core::AppSecret {
    wechat_oauth_core::AppSecret::new("0123456789abcdef").unwrap()
}

/// A store whose operations never end.
#[derive(Debug)]
struct Stuck;

impl Store for Stuck {
    fn get<'a>(&'a self, _: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(std::future::pending())
    }
    fn take<'a>(&'a self, _: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(std::future::pending())
    }
    fn swap<'a>(
        &'a self,
        _: &'a Key,
        _: Option<&'a Record>,
        _: &'a Record,
        _: Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_refuses_in_the_end() {
    let wechat = lily();
    let browser = Browser::new(&pages(wechat.login().store(Stuck)));
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    let end = tokio::time::timeout(Duration::from_secs(120), browser.get(&callback)).await;
    let end = browser.end(end.expect("it waits for ever")).await;
    assert_eq!(end.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// A store that claims, and then never answers a read.
#[derive(Debug)]
struct NeverReads(MemoryStore);

impl Store for NeverReads {
    fn get<'a>(&'a self, _: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(std::future::pending())
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.0.take(key)
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        // The answer is never stored: whoever comes second finds the claim.
        if expected.is_some() {
            return Box::pin(async { Err(StoreError::Unavailable { what: "it is down" }) });
        }
        self.0.swap(key, expected, new, lifetime)
    }
}

#[tokio::test]
async fn the_patience_of_those_who_wait_does_not_depend_on_the_store() {
    let wechat = lily();
    let browser = Browser::new(&pages(wechat.login().store(NeverReads(MemoryStore::new()))));
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    browser.get(&callback).await;
    tokio::time::pause();
    let end = tokio::time::timeout(Duration::from_secs(120), browser.get(&callback)).await;
    assert!(end.is_ok(), "it waits for ever");
}

#[test]
fn what_two_routes_claim_is_an_error_and_no_panic() {
    let wechat = WeChat::start();
    let twice = || wechat.login().verify_file("MP_verify_A.txt", "A").verify_file("MP_verify_A.txt", "A");
    let setup = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| twice().router::<()>().is_err()));
    assert!(setup.unwrap_or(false), "the same file twice");
}

#[tokio::test]
async fn a_component_token_that_is_out_of_reach_hides_no_answer_that_is_known() {
    let wechat = lily();
    let announced = wechat.0.announcement();
    let account = announced.accounts.iter().find(|account| account.kind == AccountKind::Component).unwrap();
    let app = App::component(
        account.appid.parse().unwrap(),
        account.component_appid.as_ref().unwrap().parse().unwrap(),
    )
    .at(Endpoints::emulator(wechat.0.base_url()).unwrap());
    let token = account.component_access_token.clone().unwrap();
    let down = Arc::new(AtomicBool::new(false));
    let (is_down, asked) = (Arc::clone(&down), Counter::default());
    let counter = asked.clone();
    let client = Client::for_app(&app).unwrap();
    let login = WechatLogin::new(app, client)
        .origin(ORIGIN)
        .keyring(Keyring::generate().unwrap())
        .component_token(move || {
            counter.add();
            let answer = if is_down.load(Ordering::Relaxed) {
                Err("the token service is down".into())
            } else {
                Ok(ComponentAccessToken::new(token.clone()).unwrap())
            };
            async move { answer }
        });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    assert_eq!(browser.get(&callback).await.location(), "/");
    down.store(true, Ordering::Relaxed);
    let again = browser.get(&callback).await;
    assert_eq!(again.location(), "/");
    assert_eq!(asked.get(), 1, "nothing was to be exchanged the second time");
}

fn with_clock(wechat: &WeChat) -> (WechatLogin, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(1_790_000_000));
    let told = Arc::clone(&clock);
    (wechat.login().clock(move || UnixTime::from_secs(told.load(Ordering::Relaxed))), clock)
}

#[tokio::test]
async fn a_session_that_a_clock_far_ahead_began_does_not_last_longer_than_it_may() {
    let wechat = lily();
    let (login, clock) = with_clock(&wechat);
    let browser = Browser::new(&pages(login));
    clock.store(u64::MAX, Ordering::Relaxed);
    browser.signs_in(&wechat, "lily", "/login").await;
    clock.store(1_790_000_000, Ordering::Relaxed);
    assert_eq!(browser.who().await, "nobody", "it would be good for ever");
}

#[tokio::test]
async fn a_callback_that_comes_again_makes_no_session_longer() {
    let wechat = lily();
    let (login, clock) = with_clock(&wechat);
    let browser = Browser::new(&pages(login.session_lifetime(Duration::from_secs(120))));
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    browser.get(&callback).await;
    assert_eq!(browser.who().await, wechat.openid("lily"));
    clock.fetch_add(300, Ordering::Relaxed);
    assert_eq!(browser.who().await, "nobody");
    browser.get(&callback).await;
    assert_eq!(browser.who().await, "nobody", "the session is over, and nobody asked WeChat again");
}

/// A store that tells how long it is asked to keep things.
#[derive(Debug, Clone, Default)]
struct Asked(MemoryStore, Arc<Mutex<Vec<Duration>>>);

impl Store for Asked {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.0.get(key)
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.0.take(key)
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        self.1.lock().unwrap().push(lifetime);
        self.0.swap(key, expected, new, lifetime)
    }
}

#[tokio::test]
async fn tokens_are_kept_no_longer_than_a_repeated_callback_can_ask_for_them() {
    let wechat = lily();
    let store = Asked::default();
    Browser::new(&pages(wechat.login().store(store.clone()))).signs_in(&wechat, "lily", "/login").await;
    // A login matches for ten minutes, and five more when clocks differ.
    for lifetime in store.1.lock().unwrap().iter() {
        assert!(*lifetime <= Duration::from_secs(30 * 60), "{lifetime:?}");
    }
}

#[tokio::test]
async fn a_desktop_without_cookies_that_scans_an_embedded_code_is_told_why_in_the_end() {
    let wechat = lily();
    let website = wechat.app(AccountKind::Website);
    let client = Client::for_app(&website).unwrap();
    let login = wechat.login().website_embedded(website, client, WxLoginOptions::default());
    let desktop = Browser { keeps_cookies: false, ..Browser::called(&pages(login), ON_DESKTOP) };
    let mut answer = desktop.get("/login").await;
    for _ in 0..3 {
        if answer.status == StatusCode::BAD_REQUEST {
            return; // the page that says why
        }
        let url = if answer.status == StatusCode::OK {
            // The person scans the code in the page.
            let start = answer.body.find("/connect/qrconnect").unwrap();
            let end = start + answer.body[start..].find('"').unwrap();
            let query = answer.body[start..end].replace("&amp;", "&").replace("&#38;", "&");
            format!("{}{query}", wechat.0.base_url())
        } else {
            answer.location().to_owned()
        };
        let back = desktop.get(&wechat.allow(&url, "lily")).await;
        answer = if back.is_to_wechat() { back } else { desktop.get(back.location()).await };
    }
    panic!("the person scans and scans, and no page says why");
}
