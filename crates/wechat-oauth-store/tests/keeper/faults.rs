//! Stores that fail, and replicas that die.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wechat_oauth_core::{Identity, ProfileLang, Scope};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};
use wechat_oauth_store::{KeepError, Keeper, ProfileRead, Standing, StoreError};

use crate::site::{EXPIRED, REFRESH, Site, token};
use crate::stores::{CLAIM, Flaky, Interposed, OUTCOME};

/// Every n that ends the work of one call early somewhere, and some that do not.
const EVERY: std::ops::RangeInclusive<usize> = 1..=12;

fn is_unavailable(error: &KeepError) -> bool {
    matches!(error, KeepError::Store(StoreError::Unavailable { .. }))
}

/// Through a store that fails every n-th operation; whether its answer alone is lost.
async fn through_flaky_stores<F>(site: &Site, mut call: impl FnMut(Keeper) -> F)
where
    F: Future<Output = ()>,
{
    for answer_only in [false, true] {
        for every in EVERY {
            call(site.keeper_over(Flaky::new(&site.store, every, answer_only))).await;
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_now_and_then_loses_no_renewal() {
    let site = &Site::new();
    // Each renewal kills the refresh token before: whoever loses one outcome is over.
    site.misbehave(&[Misbehaviour::RefreshRotates]);
    through_flaky_stores(site, |keeper| async move {
        let old = site.kept(EXPIRED).await;
        let before = site.requests(REFRESH);
        match keeper.fresh(old.identity()).await {
            Ok(standing) => assert_ne!(token(&standing), old.access_token().expose()),
            Err(error) => assert!(is_unavailable(&error), "{error:?}"),
        }
        let later = site.keeper().fresh(old.identity()).await.unwrap();
        assert_ne!(token(&later), old.access_token().expose());
        assert_eq!(site.requests(REFRESH), before + 1);
        site.keeper().forget(old.identity()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_claim_and_an_outcome_whose_answers_were_lost_are_known_again() {
    for lost in [CLAIM, OUTCOME] {
        let site = Site::new();
        let old = site.kept(EXPIRED).await;
        let store = Interposed::new(&site.store).loses_the_answer_to(lost);
        let swaps = store.swaps();
        let fresh = site.keeper_over(store).fresh(old.identity()).await.unwrap();
        assert_ne!(token(&fresh), old.access_token().expose());
        // The two of every renewal, and one of them again: nobody waited for a claim that was their own.
        assert_eq!((swaps.load(Ordering::SeqCst), site.requests(REFRESH)), (3, 1));
    }
}

#[tokio::test]
async fn a_store_that_fails_now_and_then_loses_no_sign_in_that_was_said_to_be_kept() {
    let site = &Site::new();
    through_flaky_stores(site, |keeper| async move {
        let old = site.kept(EXPIRED).await;
        let new = site.sign_in(Scope::UserInfo).await;
        match keeper.keep(&new).await {
            Ok(()) => {}
            Err(error) => {
                assert!(is_unavailable(&error), "{error:?}");
                site.keeper().keep(&new).await.unwrap();
            }
        }
        let kept = site.keeper().fresh(old.identity()).await.unwrap();
        assert_eq!(token(&kept), new.access_token().expose());
        site.keeper().forget(old.identity()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_store_that_fails_now_and_then_gives_a_profile_or_says_so() {
    let site = &Site::new();
    let grant = &site.kept(60).await;
    through_flaky_stores(site, |keeper| async move {
        for _ in 0..3 {
            match keeper.profile(grant.identity(), ProfileLang::English).await {
                Ok(read) => assert!(matches!(read, ProfileRead::Profile(_)), "{read:?}"),
                Err(error) => assert!(is_unavailable(&error), "{error:?}"),
            }
            if let Err(error) = keeper.forget(grant.identity()).await {
                assert!(is_unavailable(&error), "{error:?}");
            }
            site.keeper().keep(grant).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_store_that_is_down_refuses_everything_and_nothing_is_asked_of_wechat() {
    let site = Site::new();
    let grant = site.kept(EXPIRED).await;
    let down = site.keeper_over(Flaky::new(&site.store, 1, false));
    let identity = grant.identity();
    assert!(is_unavailable(&down.fresh(identity).await.unwrap_err()));
    assert!(is_unavailable(&down.renew(&grant).await.unwrap_err()));
    assert!(is_unavailable(&down.keep(&grant).await.unwrap_err()));
    assert!(is_unavailable(&down.profile(identity, ProfileLang::English).await.unwrap_err()));
    assert!(is_unavailable(&down.forget(identity).await.unwrap_err()));
    assert_eq!(site.requests(REFRESH), 0);
    assert!(matches!(site.keeper().fresh(identity).await.unwrap(), Standing::Usable(_)));
}

/// A replica that dies in the middle of a renewal: its claim stays.
pub(crate) async fn dies_while_renewing(site: &Site, identity: &Identity) {
    let hang = |world: &mut wechat_oauth_emulator::World| {
        world.misbehave_next(Misbehaviour::Hang, Endpoint::Refresh, 1)
    };
    site.emulator.world(hang).unwrap();
    let before = site.requests(REFRESH);
    let (keeper, identity) = (site.keeper(), identity.clone());
    let replica = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    replica.spawn(async move { keeper.fresh(&identity).await });
    while site.requests(REFRESH) == before {
        tokio::task::yield_now().await;
    }
    replica.shutdown_background();
}

/// The clock stands still from here, and leaps whenever everything waits: for looking at a claim for its whole lease.
/// Requests need real time, so it goes on before the first one.
pub(crate) fn the_clock_leaps() -> impl Future<Output = ()> + Send + 'static {
    tokio::time::pause();
    async { tokio::time::resume() }
}

#[tokio::test]
async fn a_claim_whose_holder_died_is_taken_over_after_its_lease() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    dies_while_renewing(&site, old.identity()).await;
    let claim = site.record(old.identity()).await.unwrap()["renewing"].clone();
    assert!(claim.is_u64());

    let began = tokio::time::Instant::now();
    let leaps = the_clock_leaps();
    let waited_for = Arc::new(AtomicBool::new(false));
    let lease_is_over = {
        let waited_for = waited_for.clone();
        async move {
            let lease = Duration::from_secs(30);
            waited_for.store(began.elapsed() >= lease, Ordering::SeqCst);
            leaps.await;
        }
    };
    let survivor = site.keeper_over(Interposed::new(&site.store).before(CLAIM, lease_is_over));
    let fresh = survivor.fresh(old.identity()).await.unwrap();
    assert!(waited_for.load(Ordering::SeqCst));
    assert_ne!(token(&fresh), old.access_token().expose());
    assert_eq!(site.requests(REFRESH), 2);
    assert!(site.record(old.identity()).await.unwrap()["renewing"].is_null());
}

#[tokio::test]
async fn a_claim_whose_holder_died_does_not_stand_in_the_way_of_a_sign_in() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    dies_while_renewing(&site, old.identity()).await;
    let new = site.sign_in(Scope::UserInfo).await;
    site.keeper().keep(&new).await.unwrap();
    let kept = site.keeper().fresh(old.identity()).await.unwrap();
    assert_eq!(token(&kept), new.access_token().expose());
}

#[tokio::test]
async fn a_claim_that_nobody_can_take_over_is_not_waited_for_forever() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    dies_while_renewing(&site, old.identity()).await;
    // Another one dies each time the claim would be free: as if its record changed under everybody's eyes.
    let outcome = {
        let fresh = async { site.keeper().fresh(old.identity()).await };
        let changes_hands = async {
            loop {
                tokio::time::sleep(Duration::from_secs(10)).await;
                let other = |record: &mut serde_json::Value| {
                    record["renewing"] = record["renewing"].as_u64().unwrap().wrapping_add(1).into();
                };
                site.edit_record(old.identity(), other).await;
            }
        };
        tokio::time::pause();
        tokio::select! {
            outcome = fresh => outcome,
            () = changes_hands => unreachable!(),
        }
    };
    assert!(matches!(outcome, Err(KeepError::StillRenewing)), "{outcome:?}");
    assert_eq!(site.requests(REFRESH), 1);
}

#[tokio::test]
async fn a_renewal_that_outlives_its_lease_still_saves_the_only_living_refresh_token() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    site.misbehave(&[Misbehaviour::RefreshRotates]);
    // While the slow one is about to write, another one has waited for the lease, took the claim over, and was refused:
    // the refresh token that it has is dead.
    let (store, identity) = (site.store.clone(), old.identity().clone());
    let (app, vault) = (site.app.clone(), crate::site::vault);
    let overtaken = async move {
        let leaps = the_clock_leaps();
        let client = wechat_oauth_reqwest::Client::for_app(&app).unwrap();
        let impatient = Keeper::new(app, client, vault(Interposed::new(&store).before(CLAIM, leaps)));
        assert!(matches!(impatient.fresh(&identity).await.unwrap(), Standing::Over));
    };
    let slow = site.keeper_over(Interposed::new(&site.store).before(OUTCOME, overtaken));
    let renewed = slow.fresh(old.identity()).await.unwrap();
    assert_ne!(token(&renewed), old.access_token().expose());
    assert_eq!(token(&site.keeper().fresh(old.identity()).await.unwrap()), token(&renewed));
    assert_eq!(site.requests(REFRESH), 2);
    let Standing::Usable(grant) = renewed else { panic!() };
    assert!(matches!(site.keeper().renew(&grant).await.unwrap(), Standing::Usable(_)));
}
