//! What attackers, odd browsers, unlucky setups and lying stores do to a login, and that nothing comes of it.

#![allow(clippy::unwrap_used)] // its helpers are part of tests

mod rig;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::header::{ALLOW, CACHE_CONTROL, REFERRER_POLICY, SET_COOKIE, VARY};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::routing::{any, get, post};
use base64::Engine as _;
use rig::{Browser, Counter, ON_DESKTOP, ORIGIN, WeChat, ask_raw, follow, lily, pages};
use wechat_oauth_axum::{Declined, SignOut, SignedIn, WechatLogin, WechatUser};
use wechat_oauth_core::{App, ComponentAccessToken, Endpoints, Identity, UnixTime};
use wechat_oauth_emulator::{AccountKind, Endpoint, Misbehaviour};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{
    Keeper, Key, Keyring, MemoryStore, Record, Reply, Standing, Store, StoreError, Swapped, Vault,
};

/// The name and value of the cookie of this kind.
fn cookie(browser: &Browser, kind: &str) -> (String, String) {
    let jar = browser.jar.lock().unwrap();
    let (name, value) = jar.iter().find(|(name, _)| name.contains(&format!("-{kind}-"))).unwrap();
    (name.clone(), value.clone())
}

// Cookies.

#[tokio::test]
async fn a_cookie_that_is_called_almost_like_ours_is_none_of_ours() {
    let wechat = lily();
    let site = wechat.site();
    let browser = Browser::new(&site);
    browser.signs_in(&wechat, "lily", "/login").await;
    let (name, value) = cookie(&browser, "user");
    let honest = ask_raw(&site, "/", format!("{name}={value}").as_bytes()).await;
    assert_eq!(honest.body, wechat.openid("lily"));
    // A sibling domain may set each of these, `__Host-` or not: to a browser they are other names.
    for almost in [
        format!("\u{a0}{name}={value}"),
        format!("\u{85}{name}={value}"),
        format!("\u{2000}{name}={value}"),
        format!("\u{3000}{name}\u{3000}={value}"),
        format!("={name}={value}"),
        format!("{}={value}", name.to_uppercase()),
        format!("\"{name}\"={value}"),
        format!("{}={value}", name.replace('-', "%2D")),
        format!("$Version=1,{name}={value}"),
        format!("x=\"{name}={value}\""),
    ] {
        let answer = ask_raw(&site, "/", almost.as_bytes()).await;
        assert_eq!(answer.body, "nobody", "{almost}");
    }
}

#[tokio::test]
async fn a_thousand_planted_cookies_hide_neither_the_session_nor_the_login() {
    let wechat = lily();
    let site = wechat.site();
    let browser = Browser::new(&site);
    let left = browser.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    let (name, value) = cookie(&browser, "login");
    let huge = "A".repeat(100_000);
    let planted = (0..500).fold(format!("{name}={huge}; "), |mut jar, n| {
        write!(jar, "{name}=planted{n}; {name}{n}=x; ").unwrap();
        jar
    });
    let back = ask_raw(&site, &callback, format!("{planted}{name}={value}; {planted}").as_bytes()).await;
    assert_eq!(back.location(), "/members");
    browser.get(&callback).await;
    let (name, value) = cookie(&browser, "user");
    let planted = planted.replace("-login-", "-user-").replace("planted", &name);
    let jar = format!("{planted}{name}=planted; {name}={value}; {planted}");
    assert_eq!(ask_raw(&site, "/", jar.as_bytes()).await.body, wechat.openid("lily"));
    // However many there are, an answer stays small enough for every proxy.
    let left = ask_raw(&site, "/login", planted.replace("-user-", "-login-").as_bytes()).await;
    let set: usize = left.headers.get_all(SET_COOKIE).iter().map(HeaderValue::len).sum();
    assert!(left.is_to_wechat() && set < 8 * 1024, "{set}");
}

#[tokio::test]
async fn a_cookie_of_another_login_with_the_same_key_is_of_no_use_here() {
    let wechat = lily();
    let keyring = Keyring::generate().unwrap();
    let here = pages(wechat.login_with(keyring.clone()));
    let prefixed = wechat.login_with(keyring.clone()).at("/other");
    let elsewhere = wechat.login_with(keyring).origin("http://127.0.0.1:3000");
    let own = Browser::new(&here);
    own.signs_in(&wechat, "lily", "/login").await;
    let (own_name, _) = cookie(&own, "user");
    for (login, path) in [(prefixed, "/other/login"), (elsewhere, "/login")] {
        let other = Browser::new(&pages(login));
        let left = other.get(path).await;
        let state = left.state();
        let (login_name, pending) = cookie(&other, "login");
        let callback = format!("{}?code=C0DE&state={state}", path.replace("login", "callback"));
        // Under its own name, and renamed to what this site would call it.
        let tag = own_name.strip_prefix("wechat-user-").unwrap();
        let digits = login_name.rsplit('-').next().unwrap();
        for name in [login_name.clone(), format!("wechat-login-{tag}-{digits}")] {
            let jar = format!("{name}={pending}");
            let before = wechat.exchanges();
            let back = ask_raw(&here, &callback.replace("/other", ""), jar.as_bytes()).await;
            assert!(back.is_to_wechat(), "{name}");
            assert_eq!(wechat.exchanges(), before);
        }
    }
    let other = Browser::new(&pages(wechat.login().at("/other")));
    other.signs_in(&wechat, "lily", "/other/login").await;
    let (_, session) = cookie(&other, "user");
    assert_eq!(ask_raw(&here, "/", format!("{own_name}={session}").as_bytes()).await.body, "nobody");
}

#[tokio::test]
async fn a_key_may_change_while_somebody_is_on_the_way() {
    let wechat = lily();
    let (old, new) = ("0a".repeat(32), "0b".repeat(32));
    let ring = |hex: &str| Keyring::from_hex(hex).unwrap();
    let store = MemoryStore::new();
    let site = |keyring| pages(wechat.login_with(keyring).store(store.clone()));
    let before = Browser::new(&site(ring(&old)));
    let left = before.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    let rotated =
        Browser { jar: Arc::clone(&before.jar), ..Browser::new(&site(ring(&new).and_opens(&old).unwrap())) };
    assert_eq!(rotated.get(&callback).await.location(), "/members");
    assert_eq!(rotated.who().await, wechat.openid("lily"));
    // Without the old key the answered callback and the login are both unreadable: it begins again, and only once.
    let gone = Browser::new(&site(ring(&"0c".repeat(32))));
    *gone.jar.lock().unwrap() = before.jar.lock().unwrap().clone();
    assert_eq!(gone.who().await, "nobody");
    let again = gone.get(&callback).await;
    assert!(again.is_to_wechat());
    gone.get(&wechat.allow(again.location(), "lily")).await;
    assert_eq!((gone.who().await, wechat.exchanges()), (wechat.openid("lily"), 2));
}

#[tokio::test]
async fn the_longest_nickname_and_the_worst_still_fit_into_a_cookie() {
    for nickname in ["\u{1F600}".repeat(200), "\"\\".repeat(200), "\u{202e}\u{1}</script>".repeat(40)] {
        let wechat = WeChat::start();
        wechat.add_user("lily", &nickname);
        let browser = Browser::new(&wechat.site());
        let back = browser.signs_in(&wechat, "lily", "/login").await;
        for line in back.headers.get_all(SET_COOKIE) {
            assert!(line.len() < 2048, "{} bytes", line.len());
        }
        assert_eq!(browser.who().await, wechat.openid("lily"));
        // No more of it is kept than WeChat itself allows, twice over.
        assert!(browser.get("/members").await.body.matches('\u{1F600}').count() <= 64);
    }
}

#[tokio::test]
async fn a_planted_session_is_replaced_by_the_one_of_whoever_signs_in() {
    let wechat = lily();
    wechat.add_user("attacker", "A");
    let site = wechat.site();
    let (attacker, victim) = (Browser::new(&site), Browser::new(&site));
    attacker.signs_in(&wechat, "attacker", "/login").await;
    *victim.jar.lock().unwrap() = attacker.jar.lock().unwrap().clone();
    let (_, planted) = cookie(&victim, "user");
    victim.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(victim.who().await, wechat.openid("lily"));
    assert_ne!(cookie(&victim, "user").1, planted);
    assert_eq!(attacker.who().await, wechat.openid("attacker"));
}

#[tokio::test]
async fn a_session_ends_when_its_lifetime_is_over_whatever_the_browser_keeps() {
    let wechat = lily();
    let clock = Arc::new(AtomicU64::new(1_790_000_000));
    let told = Arc::clone(&clock);
    let login = wechat.login().clock(move || UnixTime::from_secs(told.load(Ordering::Relaxed)));
    let browser = Browser::new(&pages(login.session_lifetime(Duration::from_secs(3600))));
    let back = browser.signs_in(&wechat, "lily", "/login").await;
    assert!(back.headers[SET_COOKIE].to_str().unwrap().ends_with("; Max-Age=3600"));
    clock.fetch_add(3599, Ordering::Relaxed);
    assert_eq!(browser.who().await, wechat.openid("lily"));
    clock.fetch_add(1, Ordering::Relaxed);
    assert_eq!(browser.who().await, "nobody");
    assert_eq!(browser.get("/members").await.location(), "/login?return_to=%2Fmembers");
}

// States and codes.

#[tokio::test]
async fn a_forged_mark_shows_a_page_and_harms_no_login() {
    let wechat = lily();
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    let forged = browser.get(&format!("/callback?code=C0DE&state=r{}", left.state())).await;
    assert_eq!(browser.end(forged).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(wechat.exchanges(), 0);
    assert_eq!(browser.get(&callback).await.location(), "/members");
}

/// WeChat's codes are bound to nothing that a site could check: whoever reads a state before it is used can bring a code
/// of their own. What is left is that one code decides, and that everybody sees the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_codes_with_one_state_a_single_one_is_exchanged_and_decides() {
    let wechat = lily();
    wechat.add_user("other", "O");
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login").await;
    let racing: Vec<_> = (0..32)
        .map(|n| {
            let callback = wechat.allow(left.location(), if n % 2 == 0 { "lily" } else { "other" });
            let browser = browser.clone();
            tokio::spawn(async move {
                let back = browser.get(&callback).await;
                let session =
                    back.headers[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
                ask_raw(&browser.site, "/", session.as_bytes()).await.body
            })
        })
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    for one in racing {
        seen.insert(one.await.unwrap());
    }
    assert_eq!((seen.len(), wechat.exchanges()), (1, 1), "{seen:?}");
}

#[tokio::test]
async fn only_reading_methods_begin_or_end_a_login_and_head_is_one_of_them() {
    let wechat = lily();
    let browser = Browser::new(&wechat.site());
    let left = browser.send(Method::HEAD, "/login", &[]).await;
    assert!(left.is_to_wechat() && left.body.is_empty());
    let callback = wechat.allow(left.location(), "lily");
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        for path in ["/login", callback.as_str()] {
            let refused = browser.send(method.clone(), path, &[]).await;
            assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert!(refused.headers[ALLOW].to_str().unwrap().contains("GET"));
        }
    }
    assert_eq!(wechat.exchanges(), 0);
    // What a preview asks for is the same login, and the visit after it ends well.
    assert_eq!(browser.send(Method::HEAD, &callback, &[("sec-purpose", "prefetch")]).await.location(), "/");
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!((browser.who().await, wechat.exchanges()), (wechat.openid("lily"), 1));
}

// Circles.

#[tokio::test]
async fn an_application_that_changes_its_mind_about_somebody_makes_no_circle() {
    for flaps_from in [false, true] {
        let wechat = lily();
        let asked = Counter::default();
        let counter = asked.clone();
        let login = wechat.login().silent_first(move |_| {
            counter.add();
            let knows = (counter.get() % 2 == 0) == flaps_from;
            async move { Ok(knows) }
        });
        let browser = Browser::new(&pages(login));
        for _ in 0..4 {
            let (end, visits) = follow(&browser, &wechat, "/login?return_to=/members", |path| path).await;
            assert_eq!(end.status, StatusCode::OK);
            assert!(visits <= 2, "{visits}");
        }
    }
}

/// Nobody else than lily is ever signed in, and no answer of WeChat's leads round and round.
async fn meets(misbehaviour: Misbehaviour, endpoint: Endpoint, silent: bool) {
    let wechat = lily();
    let app = wechat.official();
    let client = Client::for_app(&app).unwrap().timeout(Duration::from_millis(1500));
    let login = WechatLogin::new(app, client).origin(ORIGIN).keyring(Keyring::generate().unwrap());
    let login = if silent { login.silent_first(|_| async { Ok(false) }) } else { login };
    let happens = wechat.0.world(|world| world.misbehave_next(misbehaviour, endpoint, 99));
    happens.unwrap();
    let browser = Browser::new(&pages(login));
    let (end, visits) = follow(&browser, &wechat, "/login", |path| path).await;
    let name = format!("{} at {endpoint:?}", misbehaviour.as_str());
    assert!(visits <= 4, "{name}: {visits}");
    let who = browser.who().await;
    assert!(who == "nobody" || who == wechat.openid("lily"), "{name}: {who}");
    assert_eq!(
        end.status == StatusCode::OK && !end.body.contains('<'),
        who != "nobody",
        "{name}: {}",
        end.body
    );
    assert_ne!(end.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_wechat_answers_nobody_ends_as_somebody_else_or_in_a_circle() {
    let mut cases = tokio::task::JoinSet::new();
    for misbehaviour in Misbehaviour::ALL {
        for endpoint in [Endpoint::Exchange, Endpoint::Profile] {
            if misbehaviour.applies_to(endpoint) {
                cases.spawn(meets(*misbehaviour, endpoint, false));
                cases.spawn(meets(*misbehaviour, endpoint, true));
            }
        }
    }
    assert!(cases.len() > 80, "{}", cases.len());
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

#[tokio::test]
async fn no_clock_however_wrong_makes_a_circle_or_a_panic() {
    for (leaves, comes_back) in
        [(0, 0), (u64::MAX, u64::MAX), (0, u64::MAX), (u64::MAX, 0), (1_790_000_000, 1_789_990_000)]
    {
        let wechat = lily();
        let clock = Arc::new(AtomicU64::new(leaves));
        let told = Arc::clone(&clock);
        let login = wechat.login().clock(move || UnixTime::from_secs(told.load(Ordering::Relaxed)));
        let browser = Browser::new(&pages(login));
        let left = browser.get("/login?return_to=/members").await;
        let callback = wechat.allow(left.location(), "lily");
        clock.store(comes_back, Ordering::Relaxed);
        let (end, visits) = follow(&browser, &wechat, &callback, |path| path).await;
        assert_eq!((end.status, end.body.as_str()), (StatusCode::OK, "L"), "{leaves} {comes_back}");
        assert!(visits <= 1, "{visits}");
    }
}

// Stores.

/// How a store lies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
    /// Something else is there, and it is nothing.
    FoundNothing,
    /// Something is there that nobody sealed.
    FoundGarbage,
    /// What is there is what was put there first, of whoever asks.
    FoundAnothers,
    /// What was put there first of each comes back for ever.
    NeverForgets,
    /// It is done, and the answer is that it is not.
    FailsAfterwards,
    /// Everything is always done.
    AlwaysDone,
}

#[derive(Debug)]
struct Lying(Lie, MemoryStore, Mutex<Option<Record>>);

impl Store for Lying {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            match self.0 {
                Lie::FoundNothing => Ok(None),
                Lie::FoundGarbage => Ok(Some(Record::new(b"\x01garbage".repeat(20)))),
                Lie::FoundAnothers => Ok(self.2.lock().unwrap().clone()),
                _ => self.1.get(key).await,
            }
        })
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.get(key)
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(async move {
            let first = self.2.lock().unwrap().get_or_insert_with(|| new.clone()).clone();
            match self.0 {
                Lie::FoundNothing => Ok(Swapped::Found(None)),
                Lie::FoundGarbage => Ok(Swapped::Found(self.get(key).await?)),
                Lie::FoundAnothers if first != *new => Ok(Swapped::Found(Some(first))),
                Lie::NeverForgets if expected.is_some() => Ok(Swapped::Done),
                Lie::AlwaysDone => Ok(Swapped::Done),
                Lie::FailsAfterwards => {
                    let _ = self.1.swap(key, expected, new, lifetime).await?;
                    Err(StoreError::Unavailable { what: "it lies" })
                }
                _ => self.1.swap(key, expected, new, lifetime).await,
            }
        })
    }
}

#[tokio::test]
async fn a_store_that_lies_signs_nobody_in_as_somebody_else_and_makes_no_circle() {
    for lie in [
        Lie::FoundNothing,
        Lie::FoundGarbage,
        Lie::FoundAnothers,
        Lie::NeverForgets,
        Lie::FailsAfterwards,
        Lie::AlwaysDone,
    ] {
        let wechat = lily();
        wechat.add_user("other", "O");
        let site = pages(wechat.login().store(Lying(lie, MemoryStore::new(), Mutex::default())));
        let other = Browser::new(&site);
        other.signs_in(&wechat, "other", "/login").await;
        let browser = Browser::new(&site);
        let (_, visits) = follow(&browser, &wechat, "/login", |path| path).await;
        assert!(visits <= 2 && (visits == 2 || lie != Lie::FoundNothing), "{lie:?}: {visits}");
        let signs_in = matches!(lie, Lie::NeverForgets | Lie::AlwaysDone);
        let expected = if signs_in { wechat.openid("lily") } else { "nobody".to_owned() };
        assert_eq!(browser.who().await, expected, "{lie:?}");
        let codes = if signs_in { 2 } else { usize::from(lie == Lie::FoundAnothers) };
        assert_eq!(wechat.exchanges(), codes, "{lie:?}");
    }
}

#[test]
fn when_a_replica_dies_during_an_exchange_another_begins_the_login_again() {
    // An API that takes requests and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}", silent.local_addr().unwrap());
    let (store, keyring) = (MemoryStore::new(), Keyring::generate().unwrap());
    let replica = || {
        let secret = wechat_oauth_core::AppSecret::new("0123456789abcdef").unwrap();
        let app = App::official_account("wx0123456789abcdef".parse().unwrap(), secret)
            .at(Endpoints::emulator(&api).unwrap());
        let client = Client::for_app(&app).unwrap();
        let login =
            WechatLogin::new(app, client).origin(ORIGIN).keyring(keyring.clone()).store(store.clone());
        pages(login)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let dying = Browser::new(&replica());
    let callback = runtime.block_on(async {
        let callback = format!("/callback?code=C0DE&state={}", dying.get("/login").await.state());
        let (browser, path) = (dying.clone(), callback.clone());
        tokio::spawn(async move { browser.get(&path).await });
        callback
    });
    let (connection, _) = silent.accept().unwrap();
    runtime.shutdown_background();

    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let alive = Browser { jar: Arc::clone(&dying.jar), ..Browser::new(&replica()) };
        for _ in 0..3 {
            assert!(alive.get(&callback).await.is_to_wechat());
        }
    });
    drop(connection);
    silent.set_nonblocking(true).unwrap();
    assert!(silent.accept().is_err(), "the code was sent a second time");
}

/// A store that counts how often it is asked.
#[derive(Debug, Clone, Default)]
struct Counted(MemoryStore, Arc<AtomicU64>);

impl Store for Counted {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.get(key)
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.take(key)
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.swap(key, expected, new, lifetime)
    }
}

#[tokio::test]
async fn ten_thousand_who_only_begin_or_who_forge_leave_nothing_behind() {
    let wechat = lily();
    let store = Counted::default();
    let site = pages(wechat.login().store(store.clone()));
    for n in 0..5_000 {
        let left = Browser::new(&site).get("/login").await;
        assert!(left.is_to_wechat());
        let forged = format!("/callback?code=C0DE{n}&state={}", left.state());
        assert!(Browser::new(&site).get(&forged).await.is_to_wechat());
    }
    assert_eq!((store.1.load(Ordering::Relaxed), wechat.exchanges()), (0, 0));
}

// The application.

#[tokio::test]
async fn an_application_that_panics_or_hangs_once_loses_no_sign_in() {
    let wechat = lily();
    let calls = Counter::default();
    let counter = calls.clone();
    let login = wechat.login().on_signed_in(move |signed_in: SignedIn| {
        counter.add();
        let call = counter.get();
        assert!(call != 1, "the application's own fault");
        async move {
            if call == 2 {
                std::future::pending::<()>().await;
            }
            assert!(signed_in.repeated);
            signed_in.welcome()
        }
    });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    let (first, path) = (browser.clone(), callback.clone());
    let panicked = tokio::spawn(async move { first.get(&path).await }).await;
    assert!(panicked.unwrap_err().is_panic());
    let (second, path) = (browser.clone(), callback.clone());
    let hanging = tokio::spawn(async move { second.get(&path).await });
    while calls.get() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!((browser.who().await, wechat.exchanges()), (wechat.openid("lily"), 1));
    hanging.abort();
}

#[tokio::test]
async fn a_component_without_its_token_sends_no_code_and_goes_on_when_it_is_back() {
    let wechat = lily();
    let announced = wechat.0.announcement();
    let account = announced.accounts.iter().find(|account| account.kind == AccountKind::Component).unwrap();
    let component = account.component_appid.as_ref().unwrap().parse().unwrap();
    let app = App::component(account.appid.parse().unwrap(), component)
        .at(Endpoints::emulator(wechat.0.base_url()).unwrap());
    let (token, asked) = (account.component_access_token.clone().unwrap(), Counter::default());
    let client = Client::for_app(&app).unwrap();
    let counter = asked.clone();
    let login = WechatLogin::new(app, client).origin(ORIGIN).keyring(Keyring::generate().unwrap());
    let login = login.component_token(move || {
        counter.add();
        let answer = if counter.get() == 1 {
            Err("canary: the token service is down".into())
        } else {
            Ok(ComponentAccessToken::new(token.clone()).unwrap())
        };
        async move { answer }
    });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    let down = browser.get(&callback).await;
    let down = browser.end(down).await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!down.body.contains("canary"));
    assert_eq!(wechat.requests_to("/sns/oauth2/component/access_token"), 0);
    assert_eq!(browser.get(&callback).await.location(), "/members");
    // Another account's callback of the same platform is not this login's.
    let left = browser.get("/login").await;
    let foreign = wechat.allow(left.location(), "lily").replace(account.appid.as_str(), "wxsomebodyelses0");
    assert!(browser.get(&foreign).await.is_to_wechat());
    assert_eq!(wechat.requests_to("/sns/oauth2/component/access_token"), 1);
}

#[tokio::test]
async fn with_several_logins_each_page_knows_the_one_it_was_mounted_with() {
    async fn who(user: Option<WechatUser>) -> String {
        user.map_or("nobody".to_owned(), |user| user.identity().openid().to_string())
    }
    async fn sign_out(sign_out: SignOut) -> (SignOut, &'static str) {
        (sign_out, "bye")
    }
    let wechat = lily();
    let keyring = Keyring::generate().unwrap();
    let inner = wechat.login_with(keyring.clone()).at("/inner");
    let inside = Router::new().route("/inside", get(who)).route("/inside/out", post(sign_out));
    let outside = inner.mount(inside).unwrap().route("/outside", get(who));
    let site: Router = wechat.login_with(keyring).mount(outside).unwrap();
    let browser = Browser::new(&site);
    browser.signs_in(&wechat, "lily", "/inner/login").await;
    assert_eq!(browser.get("/inside").await.body, wechat.openid("lily"));
    assert_eq!(browser.get("/outside").await.body, "nobody");
    browser.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(browser.get("/outside").await.body, wechat.openid("lily"));
    // Signing out of one is no signing out of the other.
    assert_eq!(browser.send(Method::POST, "/inside/out", &[("origin", ORIGIN)]).await.body, "bye");
    assert_eq!(browser.get("/inside").await.body, "nobody");
    assert_eq!(browser.get("/outside").await.body, wechat.openid("lily"));
    browser.send(Method::POST, "/logout", &[("origin", ORIGIN)]).await;
    assert!(browser.jar.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_page_that_no_login_was_mounted_on_lets_nobody_in() {
    async fn members(_: WechatUser) -> &'static str {
        "members"
    }
    async fn perhaps(_: Option<WechatUser>) -> &'static str {
        "perhaps"
    }
    async fn out(_: SignOut) -> &'static str {
        "out"
    }
    let wechat = lily();
    let alone = wechat.login().router().unwrap();
    let site: Router =
        alone.route("/members", get(members)).route("/perhaps", get(perhaps)).route("/out", post(out));
    let browser = Browser::new(&site);
    browser.signs_in(&wechat, "lily", "/login").await;
    for (method, path) in [(Method::GET, "/members"), (Method::GET, "/perhaps"), (Method::POST, "/out")] {
        let answer = browser.send(method, path, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""), "{path}");
    }
}

// Ways out.

#[tokio::test]
async fn a_hostile_address_for_members_leads_a_visitor_out_of_the_site_by_no_spelling() {
    async fn members(user: WechatUser) -> String {
        user.identity().openid().to_string()
    }
    let wechat = lily();
    let site = wechat.login().mount(Router::new().fallback(get(members))).unwrap();
    for (target, to) in [
        ("//evil.example", "/login"),
        ("//evil.example/members", "/login"),
        ("///evil.example", "/login"),
        ("/%2fevil.example", "/login"),
        ("/%5cevil.example", "/login"),
        ("/..//evil.example", "/login"),
        ("/%0d%0aSet-Cookie:a=b", "/login"),
        ("/x?%22%3E%3Cscript%3E", "/login?return_to=%2Fx%3F%2522%253E%253Cscript%253E"),
        ("/x?return_to=//evil.example", "/login?return_to=%2Fx%3Freturn_to%3D%2F%2Fevil.example"),
        ("http://evil.example/x", "/login?return_to=%2Fx"),
    ] {
        let answer = Browser::new(&site).get(target).await;
        assert_eq!(answer.location(), to, "{target}");
    }
    let long = Browser::new(&site).get(&format!("/{}", "a".repeat(60_000))).await;
    assert_eq!(long.location(), "/login");
}

#[tokio::test]
async fn no_page_runs_what_stands_in_its_address() {
    let wechat = lily();
    let login = wechat.login().on_declined(|declined: Declined| async move {
        assert!(declined.again.as_deref().is_none_or(|again| again.starts_with("/login")));
        declined.into_page()
    });
    let site = pages(login);
    for hostile in ["/\"><script>alert(1)</script>", "/x?'`onmouseover=alert(1)&<!--", "/</title></style><b>"]
    {
        let asked: String = url::form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let phone = Browser::called(&site, ON_DESKTOP).get(&format!("/login?return_to={asked}")).await;
        let browser = Browser::new(&site);
        let left = browser.get(&format!("/login?return_to={asked}")).await;
        let denied = browser.get(&wechat.answer(left.location(), "lily", "deny")[0]).await;
        let denied = browser.end(denied).await;
        assert_eq!((phone.status, denied.status), (StatusCode::OK, StatusCode::FORBIDDEN));
        for page in [phone, denied] {
            for raw in ["<script", "<b>", "<!--", "onmouseover=alert", "\"><script"] {
                assert!(!page.body.contains(raw), "{raw} of {hostile}: {}", page.body);
            }
            let policy = page.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(page.headers[CACHE_CONTROL], "no-store");
            assert_eq!(page.headers[REFERRER_POLICY], "no-referrer");
        }
    }
}

#[tokio::test]
async fn an_answer_of_the_applications_own_is_kept_by_no_cache_either_and_sends_no_referrer() {
    let wechat = lily();
    let login = wechat
        .login()
        .on_signed_in(|_| async { "your own session" })
        .on_declined(|_| async { "your own page" });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login").await;
    assert_eq!(rig::parameter(left.location(), "connect_redirect"), "1");
    let signed_in = browser.get(&wechat.allow(left.location(), "lily")).await;
    let denied = browser.get(&wechat.answer(left.location(), "lily", "deny")[0]).await;
    let declined = browser.get(denied.location()).await;
    assert_eq!((signed_in.body.as_str(), declined.body.as_str()), ("your own session", "your own page"));
    for answer in [left, signed_in, denied, declined, browser.get("/members").await] {
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[REFERRER_POLICY], "no-referrer");
        assert_eq!(answer.headers[VARY], "Cookie");
    }
}

#[tokio::test]
async fn nobody_is_signed_out_by_a_page_that_is_only_looked_at() {
    async fn out(sign_out: SignOut) -> (SignOut, &'static str) {
        (sign_out, "bye")
    }
    let wechat = lily();
    let browser = Browser::new(&wechat.login().mount(Router::new().route("/out", any(out))).unwrap());
    browser.signs_in(&wechat, "lily", "/login").await;
    for method in [Method::GET, Method::HEAD, Method::PUT] {
        assert_eq!(browser.send(method, "/out", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert!(!browser.jar.lock().unwrap().is_empty());
    assert_eq!(browser.send(Method::POST, "/out", &[("origin", ORIGIN)]).await.body, "bye");
    assert!(browser.jar.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_grant_is_kept_by_the_keeper_of_its_own_application() {
    let wechat = lily();
    let keeper = |app: App| {
        let vault = Vault::new(MemoryStore::new(), Keyring::generate().unwrap());
        Keeper::new(app.clone(), Client::for_app(&app).unwrap(), vault)
    };
    let (website, official) = (keeper(wechat.app(AccountKind::Website)), keeper(wechat.official()));
    let app = wechat.app(AccountKind::Website);
    let client = Client::for_app(&app).unwrap();
    let login = wechat.login().website(app, client).keep_grants(website).keep_grants(official.clone());
    let browser = Browser::new(&pages(login));
    browser.signs_in(&wechat, "lily", "/login").await;
    let identity =
        Identity::new(wechat.official_appid().parse().unwrap(), browser.who().await.parse().unwrap());
    assert!(matches!(official.fresh(&identity).await, Ok(Standing::Usable(_))));
}

// What leaks.

/// Everything that is traced in this process, at every level, as text.
struct Everything(&'static Mutex<String>);

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        attributes.record(&mut Fields(&mut self.0.lock().unwrap()));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

/// A text as it might be written: as it is, in hexadecimal digits, base64, percent-encoding and as a list of bytes.
fn spellings(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let list = format!("{bytes:?}");
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    // What stands before it may shift base64 by one character.
    vec![
        text.to_owned(),
        hex,
        percent,
        list[1..list.len() - 1].to_owned(),
        base64[..base64.len() - 2].to_owned(),
    ]
}

#[tokio::test]
async fn nothing_that_is_traced_or_shown_holds_a_secret_a_code_a_state_a_token_or_a_cookie() {
    static TRACED: Mutex<String> = Mutex::new(String::new());
    tracing::dispatcher::set_global_default(tracing::Dispatch::new(Everything(&TRACED))).unwrap();
    let wechat = lily();
    let key = "5ec4e7".repeat(10) + "abcd";
    let canaries: Arc<Mutex<Vec<String>>> = Arc::default();
    let secret = wechat.0.announcement().accounts.iter().find_map(|account| account.secret.clone()).unwrap();
    canaries.lock().unwrap().extend([secret, key.clone()]);
    let shown = Arc::new(Mutex::new(String::new()));
    let (tokens, debug) = (Arc::clone(&canaries), Arc::clone(&shown));
    let debug_of_declined = Arc::clone(&shown);
    let login = wechat
        .login_with(Keyring::from_hex(&key).unwrap())
        .on_signed_in(move |signed_in: SignedIn| {
            let stored = serde_json::to_value(signed_in.grant.expose_for_storage()).unwrap();
            for name in ["access_token", "refresh_token"] {
                tokens.lock().unwrap().push(stored[name].as_str().unwrap().to_owned());
            }
            let SignedIn { identity, unionid, profile, grant, return_to, .. } = &signed_in;
            write!(debug.lock().unwrap(), "{identity:?} {unionid:?} {profile:?} {grant:?} {return_to:?}")
                .unwrap();
            async move { signed_in.welcome() }
        })
        .on_declined(move |declined: Declined| {
            write!(debug_of_declined.lock().unwrap(), "{declined:?}").unwrap();
            async move { declined.into_page() }
        });
    write!(shown.lock().unwrap(), "{login:?}").unwrap();
    let site = pages(login);
    let faults = [
        None,
        Some((Misbehaviour::CodeInvalid, Endpoint::Exchange)),
        Some((Misbehaviour::LostAnswer, Endpoint::Exchange)),
        Some((Misbehaviour::Html, Endpoint::Exchange)),
        Some((Misbehaviour::Status500, Endpoint::Exchange)),
        Some((Misbehaviour::RedirectAway, Endpoint::Exchange)),
        Some((Misbehaviour::OpenidDirty, Endpoint::Exchange)),
        Some((Misbehaviour::ProfileError, Endpoint::Profile)),
        Some((Misbehaviour::OpenidSwapped, Endpoint::Profile)),
        Some((Misbehaviour::Truncated, Endpoint::Profile)),
        Some((Misbehaviour::NicknameHostile, Endpoint::Profile)),
    ];
    for fault in faults {
        if let Some((misbehaviour, endpoint)) = fault {
            wechat.0.world(|world| world.misbehave_next(misbehaviour, endpoint, 3)).unwrap();
        }
        let browser = Browser::new(&site);
        let left = browser.get("/login").await;
        let callback = wechat.allow(left.location(), "lily");
        let page = format!("{ORIGIN}{callback}");
        canaries.lock().unwrap().extend([left.state(), rig::parameter(&page, "code")]);
        for _ in 0..2 {
            browser.get(&callback).await;
        }
        Browser::new(&site).get(&callback).await;
        browser.get(&callback.replace("state=", "state=%")).await;
        canaries.lock().unwrap().extend(browser.jar.lock().unwrap().values().cloned());
        wechat.0.world(wechat_oauth_emulator::World::behave);
    }
    let traced = TRACED.lock().unwrap().clone();
    assert!(traced.contains("a callback came back") && traced.contains("WeChat gave no sign-in"), "{traced}");
    let everything = traced + &shown.lock().unwrap();
    let canaries = canaries.lock().unwrap().clone();
    assert!(canaries.len() > 30, "{}", canaries.len());
    for canary in canaries {
        for spelling in spellings(&canary) {
            assert!(!everything.contains(&spelling), "{canary} as {spelling}");
        }
    }
}
