//! Short waits, late claims, slow clocks, and what was refused.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use wechat_oauth_core::{ProfileLang, Scope};
use wechat_oauth_emulator::Misbehaviour;
use wechat_oauth_store::{Keeper, Key, MemoryStore, ProfileRead, Record, Reply, Standing, Store, Swapped};

use crate::faults::{dies_while_renewing, the_clock_leaps};
use crate::site::{EXPIRED, REFRESH, Site, aged, token};
use crate::stores::{CLAIM, Interposed};

#[tokio::test]
async fn short_waits_for_a_dead_claim_add_up_until_it_is_taken_over() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    dies_while_renewing(&site, old.identity()).await;
    let leaps = the_clock_leaps();
    let survivor = site.keeper_over(Interposed::new(&site.store).before(CLAIM, leaps));
    let mut outcome = None;
    for _ in 0..60 {
        // A request that its own deadline ends: 5 minutes of them in all.
        outcome = timeout(Duration::from_secs(5), survivor.fresh(old.identity())).await.ok();
        if outcome.is_some() {
            break;
        }
    }
    let outcome = outcome.expect("nobody took the dead claim over in five minutes");
    assert_ne!(token(&outcome.unwrap()), old.access_token().expose());
}

#[tokio::test]
async fn a_thousand_who_wait_for_one_claim_look_at_the_store_together_and_take_it_over_once() {
    const WAITERS: usize = 1000;
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    dies_while_renewing(&site, old.identity()).await;
    let store = Interposed::new(&site.store).before(CLAIM, the_clock_leaps());
    let (reads, swaps) = (store.reads(), store.swaps());
    let survivor = site.keeper_over(store);
    let mut waiters = JoinSet::new();
    for _ in 0..WAITERS {
        let (survivor, identity) = (survivor.clone(), old.identity().clone());
        waiters.spawn(async move { survivor.fresh(&identity).await });
    }
    let tokens: Vec<_> =
        waiters.join_all().await.into_iter().map(|fresh| token(&fresh.unwrap()).to_owned()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0] && token != old.access_token().expose()));
    // Each looks once for itself; after that one looks for all, for half a minute.
    let reads = reads.load(Ordering::SeqCst);
    assert!(reads < WAITERS + 200, "{reads} reads");
    assert_eq!(swaps.load(Ordering::SeqCst), 2, "the claim, and its outcome");
}

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Does the first swap, and answers only when something else has happened.
struct SlowAnswer {
    inner: MemoryStore,
    swaps: AtomicUsize,
    meanwhile: Mutex<Option<Happening>>,
}

impl std::fmt::Debug for SlowAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlowAnswer")
    }
}

impl Store for SlowAnswer {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.inner.get(key)
    }
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.inner.take(key)
    }
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        self.swaps.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let swapped = self.inner.swap(key, expected, new, lifetime).await;
            let meanwhile = self.meanwhile.lock().unwrap().take();
            if let Some(meanwhile) = meanwhile {
                meanwhile.await;
            }
            swapped
        })
    }
}

#[tokio::test]
async fn a_claim_that_is_told_of_after_its_lease_asks_nothing_of_wechat() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let (store, identity, app) = (site.store.clone(), old.identity().clone(), site.app.clone());
    let overtaken = async move {
        let leaps = the_clock_leaps();
        let client = wechat_oauth_reqwest::Client::for_app(&app).unwrap();
        let other =
            Keeper::new(app, client, crate::site::vault(Interposed::new(&store).before(CLAIM, leaps)));
        assert!(matches!(other.fresh(&identity).await.unwrap(), Standing::Usable(_)));
    };
    let slow = site.keeper_over(SlowAnswer {
        inner: site.store.clone(),
        swaps: AtomicUsize::new(0),
        meanwhile: Mutex::new(Some(Box::pin(overtaken))),
    });
    let renewed = slow.fresh(old.identity()).await.unwrap();
    assert_ne!(token(&renewed), old.access_token().expose());
    assert_eq!(site.requests(REFRESH), 1, "one expiry, and nobody was paused or down");
}

#[tokio::test]
async fn what_was_refused_for_good_is_not_brought_back_by_a_repeated_delivery() {
    let site = Site::new();
    let grant = site.kept(EXPIRED).await;
    site.misbehave(&[Misbehaviour::RefreshInvalid]);
    assert!(matches!(site.keeper().fresh(grant.identity()).await.unwrap(), Standing::Over));
    // The browser goes back to the callback: the same grant is handed over once more.
    site.keeper().keep(&grant).await.unwrap();
    let standing = site.keeper().fresh(grant.identity()).await.unwrap();
    assert!(matches!(standing, Standing::Over), "{standing:?}");
    assert_eq!(site.requests(REFRESH), 1, "it was asked for again");
}

#[tokio::test]
async fn what_was_refused_for_good_is_not_followed_by_an_older_grant() {
    let site = Site::new();
    let grant = site.sign_in(Scope::UserInfo).await;
    let (older, newer) = (aged(&grant, 60), grant);
    site.keeper().keep(&newer).await.unwrap();
    site.misbehave(&[Misbehaviour::RefreshInvalid]);
    assert!(matches!(site.keeper().renew(&newer).await.unwrap(), Standing::Over));
    site.keeper().keep(&older).await.unwrap();
    let standing = site.keeper().fresh(newer.identity()).await.unwrap();
    assert!(matches!(standing, Standing::Over), "{standing:?}");
}

#[tokio::test]
async fn consent_given_at_a_machine_whose_clock_is_slow_is_kept() {
    let site = Site::new();
    // A silent login at one replica, and seconds later the consent at another, whose clock is 30 seconds behind.
    let silent = site.sign_in(Scope::Base).await;
    let consent = aged(&site.sign_in(Scope::UserInfo).await, 30);
    site.keeper().keep(&silent).await.unwrap();
    site.keeper().keep(&consent).await.unwrap();
    let read = site.keeper().profile(silent.identity(), ProfileLang::English).await.unwrap();
    assert!(matches!(read, ProfileRead::Profile(_)), "{read:?}");
}

#[derive(Debug)]
struct Silent;

impl Store for Silent {
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

#[tokio::test]
async fn a_store_that_never_answers_is_not_waited_for_forever() {
    let site = Site::new();
    let grant = site.sign_in(Scope::UserInfo).await;
    let keeper = site.keeper_over(Silent);
    tokio::time::pause();
    let hour = Duration::from_secs(3600);
    for call in ["fresh", "keep", "forget"] {
        let answered = match call {
            "fresh" => timeout(hour, keeper.fresh(grant.identity())).await.is_ok(),
            "keep" => timeout(hour, keeper.keep(&grant)).await.is_ok(),
            _ => timeout(hour, keeper.forget(grant.identity())).await.is_ok(),
        };
        assert!(answered, "{call} waited for an hour");
    }
}
