//! What comes back: from this browser or another, once or twice, in time or not.

mod rig;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use rig::{Browser, Counter, ORIGIN, WeChat, pages};
use wechat_oauth_axum::{Declined, SignedIn};
use wechat_oauth_core::UnixTime;
use wechat_oauth_emulator::{Endpoint, Misbehaviour};
use wechat_oauth_store::{Key, Keyring, MemoryStore, Record, Reply, Store, StoreError, Swapped};

#[tokio::test]
async fn a_login_ends_where_the_visitor_wanted_to_be() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "莉莉");
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login?return_to=/members%3Fpage=2").await;
    assert!(left.is_to_wechat());
    assert_eq!(left.scope(), "snsapi_userinfo");
    let back = browser.get(&wechat.allow(left.location(), "lily")).await;
    assert_eq!(back.location(), "/members?page=2");
    assert_eq!(browser.who().await, wechat.openid("lily"));
    assert_eq!(browser.get("/members").await.body, "莉莉");
    for answer in [left, back] {
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers[REFERRER_POLICY], "no-referrer");
    }
}

#[tokio::test]
async fn a_login_that_another_browser_began_signs_nobody_in_and_its_code_is_never_exchanged() {
    let wechat = WeChat::start();
    wechat.add_user("attacker", "A");
    wechat.add_user("victim", "V");
    let site = wechat.site();
    let (attacker, victim) = (Browser::new(&site), Browser::new(&site));
    let left = attacker.get("/login").await;
    let planted = wechat.allow(left.location(), "attacker");
    // The victim has a login of their own pending, and is not kept from it.
    let own = victim.get("/login?return_to=/members").await;

    let again = victim.get(&planted).await;
    assert!(again.is_to_wechat(), "it begins again, as the victim");
    assert_eq!(wechat.exchanges(), 0);
    assert_eq!(victim.who().await, "nobody");

    victim.get(&wechat.allow(again.location(), "victim")).await;
    assert_eq!(victim.who().await, wechat.openid("victim"));
    let back = victim.get(&wechat.allow(own.location(), "victim")).await;
    assert_eq!(back.location(), "/members");
    // The attacker's own browser is not harmed by it.
    attacker.get(&planted).await;
    assert_eq!(attacker.who().await, wechat.openid("attacker"));
}

#[tokio::test]
async fn whoever_is_signed_in_stays_who_they_are_when_they_open_somebody_elses_link() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    wechat.add_user("friend", "F");
    let site = wechat.site();
    let (lily, friend) = (Browser::new(&site), Browser::new(&site));
    friend.signs_in(&wechat, "friend", "/login").await;
    let shared = wechat.allow(lily.get("/login").await.location(), "lily");
    lily.get(&shared).await;
    assert_eq!(friend.get(&shared).await.location(), "/");
    assert_eq!(friend.who().await, wechat.openid("friend"));
    assert_eq!(wechat.exchanges(), 2);
}

#[tokio::test]
async fn without_cookies_the_login_is_begun_again_once_and_then_a_page_says_why() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser { keeps_cookies: false, ..Browser::new(&wechat.site()) };
    let left = browser.get("/login").await;
    let again = browser.get(&wechat.allow(left.location(), "lily")).await;
    assert!(again.is_to_wechat());
    assert_ne!(again.state(), left.state());
    let end = browser.end(browser.get(&wechat.allow(again.location(), "lily")).await).await;
    assert_eq!(end.status, StatusCode::BAD_REQUEST);
    assert!(end.body.contains("Cookie"), "{}", end.body);
    assert_eq!(wechat.exchanges(), 0);
}

#[tokio::test]
async fn a_login_that_took_too_long_is_begun_again_once_and_still_knows_where_it_wanted_to_go() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let clock = Arc::new(AtomicU64::new(1_790_000_000));
    let told = Arc::clone(&clock);
    let login = wechat.login().clock(move || UnixTime::from_secs(told.load(Ordering::Relaxed)));
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login?return_to=/members").await;
    let late = wechat.allow(left.location(), "lily");
    clock.fetch_add(11 * 60, Ordering::Relaxed);
    let again = browser.get(&late).await;
    assert!(again.is_to_wechat());
    assert_eq!(wechat.exchanges(), 0);
    let late_again = wechat.allow(again.location(), "lily");
    let back = browser.get(&late_again).await;
    assert_eq!(back.location(), "/members");

    clock.fetch_add(11 * 60, Ordering::Relaxed);
    let end = browser.end(browser.get(&late_again).await).await;
    assert_eq!(end.status, StatusCode::BAD_REQUEST, "no circle");
}

#[tokio::test]
async fn a_callback_that_comes_again_is_answered_alike_and_exchanged_once() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let login = wechat.login().on_signed_in(move |signed_in: SignedIn| {
        told.lock().unwrap().push((signed_in.identity.openid().to_string(), signed_in.repeated));
        assert_eq!(signed_in.request.uri, "/callback", "the code is nobody's business");
        assert_eq!(signed_in.profile.as_ref().unwrap().nickname().as_untrusted_str(), "L");
        async move { signed_in.welcome() }
    });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    for _ in 0..5 {
        assert_eq!(browser.get(&callback).await.location(), "/members");
    }
    // Another code, the same state: WeChat's other way of calling back twice.
    let other = wechat.allow(left.location(), "lily");
    assert_ne!(other, callback);
    assert_eq!(browser.get(&other).await.location(), "/members");
    assert_eq!(wechat.exchanges(), 1);
    let openid = wechat.openid("lily");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen[0], (openid.clone(), false));
    assert!(seen[1..].iter().all(|one| *one == (openid.clone(), true)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_callbacks_at_once_one_is_exchanged_and_all_are_answered() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    let racing: Vec<_> = (0..64)
        .map(|_| {
            let (browser, callback) = (browser.clone(), callback.clone());
            tokio::spawn(async move { browser.get(&callback).await.location().to_owned() })
        })
        .collect();
    for one in racing {
        assert_eq!(one.await.unwrap(), "/members");
    }
    assert_eq!(wechat.exchanges(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_goes_away_during_the_exchange_finds_its_answer_when_it_asks_again() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    {
        let gone = browser.get(&callback);
        tokio::pin!(gone);
        // Polled until the exchange is on its way, then dropped.
        while wechat.exchanges() == 0 {
            let _ = futures_poll_once(gone.as_mut()).await;
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!(wechat.exchanges(), 1);
    assert_eq!(browser.who().await, wechat.openid("lily"));
}

/// Lets a future go on as far as it can just now.
async fn futures_poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let mut future = Some(future);
    std::future::poll_fn(move |context| {
        let polled = future.take().map(|future| future.poll(context));
        std::task::Poll::Ready(match polled {
            Some(std::task::Poll::Ready(output)) => Some(output),
            _ => None,
        })
    })
    .await
}

#[tokio::test]
async fn a_lost_exchange_begins_the_login_again_once_by_itself() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let lose = |times| {
        let lost = |world: &mut wechat_oauth_emulator::World| {
            world.misbehave_next(Misbehaviour::LostAnswer, Endpoint::Exchange, times)
        };
        wechat.0.world(lost).unwrap();
    };
    let browser = Browser::new(&wechat.site());
    lose(1);
    let left = browser.get("/login?return_to=/members").await;
    let callback = wechat.allow(left.location(), "lily");
    let again = browser.get(&callback).await;
    assert!(again.is_to_wechat());
    // The same callback once more sends the spent code to nobody.
    assert!(browser.get(&callback).await.is_to_wechat());
    assert_eq!(wechat.exchanges(), 1);
    let back = browser.get(&wechat.allow(again.location(), "lily")).await;
    assert_eq!(back.location(), "/members");
    assert_eq!(browser.who().await, wechat.openid("lily"));

    let other = Browser::new(&wechat.site());
    lose(2);
    let again = other.signs_in(&wechat, "lily", "/login").await;
    let end = other.end(other.get(&wechat.allow(again.location(), "lily")).await).await;
    assert_eq!(end.status, StatusCode::SERVICE_UNAVAILABLE, "the second time a page says so: {}", end.body);
}

#[tokio::test]
async fn a_spent_code_is_never_shown_as_an_error() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let key = "0b".repeat(32);
    let site = || pages(wechat.login_with(Keyring::from_hex(&key).unwrap()));
    let (before, after) = (site(), site());
    let browser = Browser::new(&before);
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    browser.get(&callback).await;
    // The site was started anew: what it had answered is forgotten, the browser's cookie is not.
    let reloaded = Browser { jar: Arc::clone(&browser.jar), ..Browser::new(&after) };
    let again = reloaded.get(&callback).await;
    assert!(again.is_to_wechat());
    assert_eq!(reloaded.get(&wechat.allow(again.location(), "lily")).await.location(), "/");
    assert!(!again.body.contains("40163"));
}

#[tokio::test]
async fn whoever_refuses_is_told_so_and_may_try_again() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login?return_to=/members").await;
    for callback in wechat.answer(left.location(), "lily", "deny") {
        let end = browser.end(browser.get(&callback).await).await;
        assert_eq!(end.status, StatusCode::FORBIDDEN);
        assert!(end.body.contains("/login?return_to=%2Fmembers"), "{}", end.body);
    }
    let login = wechat.login().on_declined(|declined: Declined| async move {
        format!("{} {} {}", declined.reason, declined.return_to, declined.again.unwrap_or_default())
    });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login").await;
    let back = browser.get(&wechat.answer(left.location(), "lily", "deny")[0]).await;
    let end = browser.end(back).await;
    assert_eq!(end.body, "denied / /login");
}

#[tokio::test]
async fn a_snapshot_visitor_is_nobody() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let called = Counter::default();
    let counter = called.clone();
    let login = wechat.login().on_signed_in(move |signed_in: SignedIn| {
        counter.add();
        async move { signed_in.welcome() }
    });
    let browser = Browser::new(&pages(login));
    let left = browser.get("/login").await;
    let callback = wechat.answer(left.location(), "lily", "snapshot").remove(0);
    for _ in 0..2 {
        let end = browser.end(browser.get(&callback).await).await;
        assert_eq!(end.status, StatusCode::OK);
        assert!(end.body.contains("使用完整服务"), "{}", end.body);
    }
    assert_eq!((called.get(), browser.who().await.as_str()), (0, "nobody"));
}

#[tokio::test]
async fn a_callback_without_a_usable_state_is_a_page_and_no_circle() {
    let wechat = WeChat::start();
    let browser = Browser::new(&wechat.site());
    browser.get("/login").await;
    let long = format!("/callback?code=C&state={}", "z".repeat(129));
    for callback in [
        "/callback",
        "/callback?code=C",
        "/callback?code=C&state=",
        "/callback?code=C&state=a&state=a",
        &long,
    ] {
        let end = browser.end(browser.get(callback).await).await;
        assert_eq!(end.status, StatusCode::BAD_REQUEST, "{callback}");
    }
    assert_eq!(wechat.exchanges(), 0);
}

#[tokio::test]
async fn the_host_of_a_request_is_never_believed() {
    // Every request of these browsers says that it is for evil.example.
    let wechat = WeChat::start();
    let left = Browser::new(&wechat.site()).get("/login").await;
    assert_eq!(rig::parameter(left.location(), "redirect_uri"), format!("{ORIGIN}/callback"));
}

#[tokio::test]
async fn a_person_whose_profile_cannot_be_read_just_now_is_signed_in_without_it() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&wechat.site());
    let fail = |world: &mut wechat_oauth_emulator::World| {
        world.misbehave_next(Misbehaviour::Status500, Endpoint::Profile, 9)
    };
    wechat.0.world(fail).unwrap();
    browser.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(browser.who().await, wechat.openid("lily"));
    assert_eq!(browser.get("/members").await.body, "");
}

/// A store that does not answer.
#[derive(Debug)]
struct Down;

impl Store for Down {
    fn get<'a>(&'a self, _: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async { Err(StoreError::Unavailable { what: "it is down" }) })
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.get(key)
    }
    fn swap<'a>(
        &'a self,
        _: &'a Key,
        _: Option<&'a Record>,
        _: &'a Record,
        _: std::time::Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(async { Err(StoreError::Unavailable { what: "it is down" }) })
    }
}

#[tokio::test]
async fn a_store_that_is_down_refuses_and_no_code_is_exchanged() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&pages(wechat.login().store(Down)));
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    let end = browser.end(browser.get(&callback).await).await;
    assert_eq!(end.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((wechat.exchanges(), browser.who().await.as_str()), (0, "nobody"));
}

/// A store that answers so many times, and then no more.
#[derive(Debug)]
struct AnswersFor(AtomicU64, MemoryStore);

impl AnswersFor {
    fn is_down(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

impl Store for AnswersFor {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        if self.is_down() { Down.get(key) } else { self.1.get(key) }
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        if self.is_down() { Down.take(key) } else { self.1.take(key) }
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: std::time::Duration,
    ) -> Reply<'a, Swapped> {
        if self.is_down() {
            Box::pin(async { Err(StoreError::Unavailable { what: "it is down" }) })
        } else {
            self.1.swap(key, expected, new, lifetime)
        }
    }
}

#[tokio::test]
async fn whoever_exchanged_is_signed_in_although_the_store_went_down_meanwhile() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let store = AnswersFor(AtomicU64::new(1), MemoryStore::new());
    let browser = Browser::new(&pages(wechat.login().store(store)));
    browser.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(browser.who().await, wechat.openid("lily"));
    assert_eq!(wechat.exchanges(), 1);
}
