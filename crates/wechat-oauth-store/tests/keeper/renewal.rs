//! When a grant is renewed: once, by one of many, and who wins over it.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use wechat_oauth_core::{Advice, Error, Identity, Scope};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};
use wechat_oauth_store::{KeepError, Keeper, Standing};

use crate::site::{EXPIRED, OVER, REFRESH, Site, aged, answering_once, now, token};
use crate::stores::{CLAIM, Interposed, OUTCOME};

/// So many ask for somebody's grant at once, on these keepers in turn; what each got.
async fn all_ask(
    callers: usize,
    keepers: &[Keeper],
    identity: &Identity,
) -> Vec<Result<Standing, KeepError>> {
    all_at_once(callers, |caller| {
        let (keeper, identity) = (keepers[caller % keepers.len()].clone(), identity.clone());
        async move { keeper.fresh(&identity).await }
    })
    .await
}

/// So many callers at once; what each got.
async fn all_at_once<F>(callers: usize, call: impl Fn(usize) -> F) -> Vec<Result<Standing, KeepError>>
where
    F: Future<Output = Result<Standing, KeepError>> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(callers));
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (barrier, call) = (barrier.clone(), call(caller));
        tasks.spawn(async move {
            barrier.wait().await;
            call.await
        });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn a_fresh_grant_costs_no_request() {
    let site = Site::new();
    let grant = site.kept(7000).await;
    for _ in 0..10 {
        let fresh = site.keeper().fresh(grant.identity()).await.unwrap();
        assert_eq!(token(&fresh), grant.access_token().expose());
    }
    assert_eq!(site.requests(REFRESH), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_on_eight_replicas_renew_an_expired_grant_once() {
    let site = Site::new();
    for round in 1..=8 {
        let old = site.kept(EXPIRED).await;
        let keepers: Vec<Keeper> = (0..8).map(|_| site.keeper()).collect();
        let all = all_ask(64, &keepers, old.identity()).await;
        let renewed = token(all[0].as_ref().unwrap());
        assert_ne!(renewed, old.access_token().expose());
        assert!(all.iter().all(|standing| token(standing.as_ref().unwrap()) == renewed));
        assert_eq!(site.requests(REFRESH), round);
        let Ok(Standing::Usable(grant)) = &all[0] else { panic!() };
        assert!(grant.expires_at() > now() && grant.reads_profile());
        // Its thirty days run on.
        assert_eq!(grant.refresh_token_ends_at(), old.refresh_token_ends_at());
        site.keeper().forget(old.identity()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_of_one_keeper_renew_once() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let all = all_ask(64, &[site.keeper()], old.identity()).await;
    assert!(all.iter().all(|standing| token(standing.as_ref().unwrap()) != old.access_token().expose()));
    assert_eq!(site.requests(REFRESH), 1);
}

#[tokio::test]
async fn a_refused_grant_is_renewed_once_for_all_who_were_refused() {
    let site = Site::new();
    let grant = site.kept(60).await;
    let keepers = [site.keeper(), site.keeper()];
    let all = all_at_once(16, |caller| {
        let (keeper, refused) = (keepers[caller % 2].clone(), grant.clone());
        async move { keeper.renew(&refused).await }
    });
    for standing in all.await {
        // The token was good still, so WeChat prolonged it.
        assert_eq!(token(standing.as_ref().unwrap()), grant.access_token().expose());
        let Ok(Standing::Usable(renewed)) = standing else { panic!() };
        assert!(renewed.expires_at() > grant.expires_at());
    }
    assert_eq!(site.requests(REFRESH), 1);
    // Whoever was refused and comes later gets what the others got.
    let Standing::Usable(later) = keepers[0].renew(&grant).await.unwrap() else { panic!() };
    assert!(later.expires_at() > grant.expires_at());
    assert_eq!(site.requests(REFRESH), 1);
}

#[tokio::test]
async fn a_renewal_that_gives_the_very_same_grant_is_one_for_those_who_waited() {
    let site = Site::new();
    let grant = site.kept(60).await;
    // Within one second, WeChat's answer and its date are those of the grant before. Only the edition tells them apart.
    site.edit_record(grant.identity(), |record| record["renewing"] = 1.into()).await;
    let (keeper, refused) = (site.keeper(), grant.clone());
    let waiting = tokio::spawn(async move { keeper.renew(&refused).await });
    tokio::task::yield_now().await;
    site.edit_record(grant.identity(), |record| {
        record["renewing"] = serde_json::Value::Null;
        record["edition"] = 1.into();
    })
    .await;
    assert_eq!(token(&waiting.await.unwrap().unwrap()), grant.access_token().expose());
    assert_eq!(site.requests(REFRESH), 0);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_the_one_that_is_kept() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    site.misbehave(&[Misbehaviour::RefreshRotates]);
    let keeper = site.keeper();
    let Standing::Usable(first) = keeper.fresh(old.identity()).await.unwrap() else { panic!() };
    assert!(first.refresh_token_ends_at() > old.refresh_token_ends_at());
    // The old one is dead: only the new one gives this.
    assert!(matches!(keeper.renew(&first).await.unwrap(), Standing::Usable(_)));
    assert_eq!(site.requests(REFRESH), 2);
}

#[tokio::test]
async fn after_thirty_days_it_is_over_and_nothing_is_asked() {
    let site = Site::new();
    let old = site.kept(OVER).await;
    for _ in 0..3 {
        assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Over));
        assert!(matches!(site.keeper().renew(&old).await.unwrap(), Standing::Over));
    }
    assert_eq!(site.requests(REFRESH), 0);
}

#[tokio::test]
async fn what_wechat_refuses_for_good_is_over_and_asked_once() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    site.misbehave(&[Misbehaviour::RefreshInvalid]);
    let keepers = [site.keeper(), site.keeper()];
    let all = all_ask(8, &keepers, old.identity()).await;
    assert!(all.iter().all(|standing| matches!(standing, Ok(Standing::Over))));
    site.misbehave(&[]);
    assert!(matches!(keepers[0].fresh(old.identity()).await.unwrap(), Standing::Over));
    assert!(matches!(keepers[1].renew(&old).await.unwrap(), Standing::Over));
    assert_eq!(site.requests(REFRESH), 1);
    let new = site.sign_in(Scope::UserInfo).await;
    keepers[0].keep(&new).await.unwrap();
    assert_eq!(token(&keepers[1].fresh(old.identity()).await.unwrap()), new.access_token().expose());
}

#[tokio::test]
async fn the_code_says_whether_a_refusal_ends_the_grant() {
    for (errcode, ends) in [
        // The refresh token is spent, withdrawn, or the password was changed.
        (40001, true),
        (40030, true),
        (42002, true),
        (42007, true),
        (50001, true),
        // WeChat has limited the person.
        (40226, true),
        (50002, true),
        (40013, false),
        (45009, false),
        (61005, false),
    ] {
        let site = Site::new();
        let old = site.kept(EXPIRED).await;
        let elsewhere = answering_once(format!(r#"{{"errcode":{errcode},"errmsg":"no"}}"#));
        let outcome = site.keeper_at(&elsewhere).fresh(old.identity()).await;
        if ends {
            assert!(matches!(outcome, Ok(Standing::Over)), "{errcode}: {outcome:?}");
            assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Over));
        } else {
            assert!(matches!(outcome, Err(KeepError::WeChat(_))), "{errcode}: {outcome:?}");
            assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Usable(_)));
        }
    }
}

#[tokio::test]
async fn a_renewal_that_gets_no_answer_ends_well_before_its_lease() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let keeper = site.keeper_at(&format!("http://{}", silent.local_addr().unwrap()));
    // The client would wait for an hour; the clock leaps to whatever comes first.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let outcome = keeper.fresh(old.identity()).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(25));
    tokio::time::resume();
    let Err(KeepError::WeChat(error)) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert_eq!(error.advice(), Advice::RetryLater);
    // The claim is gone with it.
    assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Usable(_)));
}

#[tokio::test]
async fn an_answer_about_somebody_else_ends_the_grant() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    site.misbehave(&[Misbehaviour::OpenidSwapped]);
    assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Over));
}

#[tokio::test]
async fn a_busy_wechat_is_asked_again_by_the_renewal_and_not_by_a_second_one() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let busy_once = |world: &mut wechat_oauth_emulator::World| {
        world.misbehave_next(Misbehaviour::Busy, Endpoint::Refresh, 1)
    };
    site.emulator.world(busy_once).unwrap();
    let keepers = [site.keeper(), site.keeper()];
    let all = all_ask(8, &keepers, old.identity()).await;
    assert!(all.iter().all(|standing| matches!(standing, Ok(Standing::Usable(_)))));
    assert_eq!(site.requests(REFRESH), 2);
}

#[tokio::test]
async fn a_renewal_that_fails_is_told_to_everybody_and_made_again_by_whoever_comes_later() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    site.misbehave(&[Misbehaviour::MinuteQuota]);
    let keepers = [site.keeper()];
    let (mut told, mut waited) = (0, 0);
    for outcome in all_ask(8, &keepers, old.identity()).await {
        match outcome {
            Err(KeepError::WeChat(error)) => {
                assert_eq!(error.advice(), Advice::RetryLater);
                told += 1;
            }
            Err(KeepError::RenewalFailed) => waited += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((told, waited, site.requests(REFRESH)), (1, 7, 1));
    site.misbehave(&[]);
    assert!(matches!(keepers[0].fresh(old.identity()).await.unwrap(), Standing::Usable(_)));
    assert_eq!(site.requests(REFRESH), 2);
}

#[tokio::test]
async fn a_fault_that_says_nothing_against_the_grant_leaves_it_as_it_was() {
    for misbehaviour in [
        Misbehaviour::Status500,
        Misbehaviour::Html,
        Misbehaviour::ExpiryZero,
        Misbehaviour::NoRefreshToken,
        Misbehaviour::DeepJson,
    ] {
        let site = Site::new();
        let old = site.kept(EXPIRED).await;
        let before = site.record(old.identity()).await;
        site.misbehave(&[misbehaviour]);
        let outcome = site.keeper().fresh(old.identity()).await;
        assert!(matches!(outcome, Err(KeepError::WeChat(_))), "{misbehaviour}: {outcome:?}");
        assert_eq!(site.record(old.identity()).await, before, "{misbehaviour}");
        site.misbehave(&[]);
        assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Usable(_)));
    }
}

#[tokio::test]
async fn a_component_without_its_token_is_told_so_and_loses_nothing() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let component = wechat_oauth_core::App::component(old.identity().appid().clone(), "wxc".parse().unwrap());
    let component = component.at(site.app.endpoints().clone());
    let client = wechat_oauth_reqwest::Client::for_app(&site.app).unwrap();
    let keeper = Keeper::new(component, client, site.vault());
    let outcome = keeper.fresh(old.identity()).await;
    assert!(matches!(outcome, Err(KeepError::WeChat(Error::Config(_)))), "{outcome:?}");
    assert!(matches!(site.keeper().fresh(old.identity()).await.unwrap(), Standing::Usable(_)));
}

#[tokio::test]
async fn a_sign_in_during_a_renewal_wins() {
    for moment in [CLAIM, OUTCOME] {
        let site = Site::new();
        let old = site.kept(EXPIRED).await;
        let new = site.sign_in(Scope::UserInfo).await;
        let store = Interposed::new(&site.store).before(moment, site.signs_in(&new));
        let fresh = site.keeper_over(store).fresh(old.identity()).await.unwrap();
        assert_eq!(token(&fresh), new.access_token().expose());
        let kept = site.keeper().fresh(old.identity()).await.unwrap();
        assert_eq!(token(&kept), new.access_token().expose());
        assert_eq!(site.requests(REFRESH), moment - CLAIM);
    }
}

#[tokio::test]
async fn a_sign_in_during_a_renewal_that_is_refused_wins_too() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let new = site.sign_in(Scope::UserInfo).await;
    site.misbehave(&[Misbehaviour::RefreshInvalid]);
    let store = Interposed::new(&site.store).before(OUTCOME, site.signs_in(&new));
    let fresh = site.keeper_over(store).fresh(old.identity()).await.unwrap();
    assert_eq!(token(&fresh), new.access_token().expose());
}

#[tokio::test]
async fn a_silent_login_during_a_renewal_costs_neither_the_consent_nor_the_renewal() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let silent = site.sign_in(Scope::Base).await;
    let store = Interposed::new(&site.store).before(OUTCOME, site.signs_in(&silent));
    let Standing::Usable(fresh) = site.keeper_over(store).fresh(old.identity()).await.unwrap() else {
        panic!()
    };
    assert!(fresh.reads_profile());
    assert_ne!(fresh.access_token().expose(), old.access_token().expose());
}

#[tokio::test]
async fn a_sign_in_that_is_older_than_the_renewal_changes_nothing() {
    let site = Site::new();
    let late = aged(&site.sign_in(Scope::UserInfo).await, 30);
    let old = site.kept(EXPIRED).await;
    let keeper = site.keeper();
    let renewed = keeper.fresh(old.identity()).await.unwrap();
    keeper.keep(&late).await.unwrap();
    assert_eq!(token(&keeper.fresh(old.identity()).await.unwrap()), token(&renewed));
}

#[tokio::test]
async fn whoever_is_forgotten_during_a_renewal_stays_forgotten() {
    for moment in [CLAIM, OUTCOME] {
        let site = Site::new();
        let old = site.kept(EXPIRED).await;
        let (other, identity) = (site.keeper(), old.identity().clone());
        let forgets = async move { other.forget(&identity).await.unwrap() };
        let store = Interposed::new(&site.store).before(moment, forgets);
        let fresh = site.keeper_over(store).fresh(old.identity()).await.unwrap();
        assert!(matches!(fresh, Standing::Unknown));
        assert_eq!(site.record(old.identity()).await, None);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_no_renewal() {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    let (gone, goes) = tokio::sync::oneshot::channel();
    let waits_until_the_caller_is_gone = async move { goes.await.unwrap() };
    let store = Interposed::new(&site.store).before(OUTCOME, waits_until_the_caller_is_gone);
    let (keeper, identity) = (site.keeper_over(store), old.identity().clone());
    let caller = tokio::spawn(async move { keeper.fresh(&identity).await });
    while site.requests(REFRESH) == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gone.send(()).unwrap();
    // The next one waits for what the renewal gives, and makes none of its own.
    let fresh = site.keeper().fresh(old.identity()).await.unwrap();
    assert_ne!(token(&fresh), old.access_token().expose());
    assert_eq!(site.requests(REFRESH), 1);
}
