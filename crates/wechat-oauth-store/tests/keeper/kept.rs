//! Which grant stays, and whose it is.

use wechat_oauth_core::{AppId, Identity, Scope};
use wechat_oauth_emulator::{AccountFile, AccountKind, Emulator, Misbehaviour, User, WorldFile};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{
    KeepError, Keeper, Keyring, MemoryStore, Record, Standing, Store, StoreError, Vault,
};

use crate::site::{self, EXPIRED, MONTH, OVER, REFRESH, Site, aged, changed, slot, token};
use crate::stores::Interposed;

#[tokio::test]
async fn a_grant_that_nobody_kept_is_unknown_and_one_that_is_forgotten_too() {
    let site = Site::new();
    let grant = site.sign_in(Scope::UserInfo).await;
    let (keeper, identity) = (site.keeper(), grant.identity());
    assert!(matches!(keeper.fresh(identity).await.unwrap(), Standing::Unknown));
    keeper.forget(identity).await.unwrap();
    keeper.keep(&grant).await.unwrap();
    assert_eq!(token(&keeper.fresh(identity).await.unwrap()), grant.access_token().expose());
    keeper.forget(identity).await.unwrap();
    assert!(matches!(keeper.fresh(identity).await.unwrap(), Standing::Unknown));
}

#[tokio::test]
async fn an_older_grant_never_takes_the_place_of_a_newer() {
    let site = Site::new();
    let newer = site.sign_in(Scope::UserInfo).await;
    let older = aged(&site.sign_in(Scope::UserInfo).await, 60);
    for [first, second] in [[&newer, &older], [&older, &newer]] {
        let keeper = site.keeper();
        keeper.forget(newer.identity()).await.unwrap();
        keeper.keep(first).await.unwrap();
        keeper.keep(second).await.unwrap();
        let kept = keeper.fresh(newer.identity()).await.unwrap();
        assert_eq!(token(&kept), newer.access_token().expose());
    }
}

#[tokio::test]
async fn a_silent_login_does_not_cost_the_consent_that_was_given() {
    let site = Site::new();
    // Further apart than clocks may be.
    let consented = aged(&site.sign_in(Scope::UserInfo).await, 400);
    let silent = site.sign_in(Scope::Base).await;
    assert!(consented.reads_profile() && !silent.reads_profile());
    let (keeper, identity) = (site.keeper(), silent.identity());
    for [first, second] in [[&consented, &silent], [&silent, &aged(&consented, 1)]] {
        keeper.forget(identity).await.unwrap();
        keeper.keep(first).await.unwrap();
        keeper.keep(second).await.unwrap();
        assert_eq!(token(&keeper.fresh(identity).await.unwrap()), first.access_token().expose());
    }
    keeper.forget(identity).await.unwrap();
    keeper.keep(&aged(&silent, 500)).await.unwrap();
    keeper.keep(&consented).await.unwrap();
    assert_eq!(token(&keeper.fresh(identity).await.unwrap()), consented.access_token().expose());
}

#[tokio::test]
async fn a_grant_that_is_over_gives_way_to_any() {
    let site = Site::new();
    let silent = site.sign_in(Scope::Base).await;
    let keeper = site.keeper();
    // Over by its age.
    keeper.keep(&aged(&site.sign_in(Scope::UserInfo).await, OVER)).await.unwrap();
    assert!(matches!(keeper.fresh(silent.identity()).await.unwrap(), Standing::Over));
    keeper.keep(&silent).await.unwrap();
    assert_eq!(token(&keeper.fresh(silent.identity()).await.unwrap()), silent.access_token().expose());
    // Over by WeChat's word; the one that takes its place is even older.
    let refused = site.sign_in(Scope::UserInfo).await;
    keeper.keep(&refused).await.unwrap();
    site.misbehave(&[Misbehaviour::RefreshInvalid]);
    assert!(matches!(keeper.renew(&refused).await.unwrap(), Standing::Over));
    let older = aged(&silent, 60);
    keeper.keep(&older).await.unwrap();
    assert_eq!(token(&keeper.fresh(silent.identity()).await.unwrap()), silent.access_token().expose());
}

#[tokio::test]
async fn a_sign_in_that_others_overtake_again_and_again_gives_up_and_says_so() {
    const OTHERS: u64 = 100;
    let site = Site::new();
    let pattern = site.sign_in(Scope::UserInfo).await;
    site.keeper().keep(&aged(&pattern, OTHERS)).await.unwrap();
    // Each of the others comes right before a write, and is older than the one that is written.
    let store = (1..OTHERS).fold(Interposed::new(&site.store), |store, number| {
        store.before(number as usize, site.signs_in(&aged(&pattern, OTHERS - number)))
    });
    let keeper = site.keeper_over(store);
    let given_up = keeper.keep(&pattern).await;
    assert!(matches!(given_up, Err(KeepError::Store(StoreError::Unavailable { .. }))), "{given_up:?}");
    site.keeper().keep(&pattern).await.unwrap();
    let Standing::Usable(kept) = keeper.fresh(pattern.identity()).await.unwrap() else { panic!() };
    assert_eq!(kept.expires_at(), pattern.expires_at());
}

#[tokio::test]
async fn the_same_grant_kept_again_leaves_the_renewal_of_it_alone() {
    let site = Site::new();
    let grant = site.kept(0).await;
    let before = site.record(grant.identity()).await;
    site.keeper().keep(&grant).await.unwrap();
    assert_eq!(site.record(grant.identity()).await, before);
}

#[tokio::test]
async fn one_openid_under_two_appids_is_two_people() {
    let mut person = User::new("alice", "alice");
    let accounts = ["wx00000000000000a1", "wx00000000000000a2"].map(|appid| {
        person.openids.insert(appid.to_owned(), "oTheSameUnderBoth".to_owned());
        AccountFile { appid: Some(appid.parse().unwrap()), ..AccountFile::new(AccountKind::OfficialAccount) }
    });
    let world = WorldFile { accounts: accounts.into(), users: vec![person] };
    let emulator = Emulator::builder().world(world).start().unwrap();
    let store = MemoryStore::new();
    let mut kept = Vec::new();
    for appid in ["wx00000000000000a1", "wx00000000000000a2"] {
        let app = site::app(&emulator, appid);
        let keeper = Keeper::new(app.clone(), Client::for_app(&app).unwrap(), site::vault(store.clone()));
        let grant = site::sign_in(&emulator, &app, 0, Scope::UserInfo).await;
        assert_eq!(grant.openid().as_str(), "oTheSameUnderBoth");
        keeper.keep(&grant).await.unwrap();
        kept.push((keeper, grant));
    }
    for (keeper, grant) in &kept {
        let fresh = keeper.fresh(grant.identity()).await.unwrap();
        assert_eq!(token(&fresh), grant.access_token().expose());
    }
    let [(first, ours), (_, theirs)] = &kept[..] else { panic!() };
    let others = theirs.identity();
    assert!(matches!(first.fresh(others).await, Err(KeepError::OtherApp)));
    assert!(matches!(first.keep(theirs).await, Err(KeepError::OtherApp)));
    assert!(matches!(first.renew(theirs).await, Err(KeepError::OtherApp)));
    assert!(matches!(first.profile(others, Default::default()).await, Err(KeepError::OtherApp)));
    assert!(matches!(first.forget(others).await, Err(KeepError::OtherApp)));
    // Forgetting one forgets that one.
    first.forget(ours.identity()).await.unwrap();
    let fresh = kept[1].0.fresh(others).await.unwrap();
    assert_eq!(token(&fresh), theirs.access_token().expose());
}

#[tokio::test]
async fn among_many_people_of_many_apps_everybody_gets_their_own() {
    const APPS: usize = 8;
    const PEOPLE: usize = 500;
    let site = Site::new();
    let pattern = site.sign_in(Scope::UserInfo).await;
    let apps: Vec<AppId> = (0..APPS).map(|app| format!("wx{app:016x}").parse().unwrap()).collect();
    let keepers: Vec<Keeper> = apps
        .iter()
        .map(|appid| {
            let account = wechat_oauth_core::Account::OfficialAccount { appid: appid.clone() };
            let app = wechat_oauth_core::App::new(account).at(site.app.endpoints().clone());
            Keeper::new(app, Client::for_app(&site.app).unwrap(), site.vault())
        })
        .collect();
    let token_of = |app: usize, person: usize| format!("token-{app}-{person}");
    // In an order that mixes apps and people.
    let mixed = (0..APPS * PEOPLE).map(|number| number * 1_237 % (APPS * PEOPLE));
    let mixed: Vec<_> = mixed.map(|number| (number % APPS, number / APPS)).collect();
    for &(app, person) in &mixed {
        let grant = changed(&pattern, |stored| {
            stored["appid"] = apps[app].as_str().into();
            stored["openid"] = format!("o{person}").into();
            stored["access_token"] = token_of(app, person).into();
        });
        keepers[app].keep(&grant).await.unwrap();
    }
    for &(app, person) in mixed.iter().rev() {
        let identity = Identity::new(apps[app].clone(), format!("o{person}").parse().unwrap());
        let fresh = keepers[app].fresh(&identity).await.unwrap();
        assert_eq!(token(&fresh), token_of(app, person));
    }
}

#[tokio::test]
async fn a_record_put_in_another_persons_place_is_nobodys() {
    let site = Site::new();
    let alice = site.kept(0).await;
    let bob = site::sign_in(&site.emulator, &site.app, 1, Scope::UserInfo).await;
    let keeper = site.keeper();
    keeper.keep(&bob).await.unwrap();
    let keys = [alice.identity(), bob.identity()].map(|identity| slot(identity).key().clone());
    let stolen: Record = site.store.get(&keys[0]).await.unwrap().unwrap();
    let place = site.store.take(&keys[1]).await.unwrap();
    assert!(place.is_some());
    let swapped = site.store.swap(&keys[1], None, &stolen, MONTH).await.unwrap();
    assert_eq!(swapped, wechat_oauth_store::Swapped::Done);
    let read = keeper.fresh(bob.identity()).await;
    assert!(matches!(read, Err(KeepError::Store(StoreError::Unreadable))), "{read:?}");
}

#[tokio::test]
async fn a_record_about_somebody_else_or_that_is_no_record_is_not_read() {
    let edits: [fn(&mut serde_json::Value); 5] = [
        |record| record["grant"]["openid"] = "oSomebodyElse".into(),
        |record| record["grant"]["appid"] = "wxAnother".into(),
        |record| record["grant"]["access_token"] = "two words".into(),
        |record| record["edition"] = "one".into(),
        |record| *record = serde_json::json!([]),
    ];
    for edit in edits {
        let site = Site::new();
        let grant = site.kept(0).await;
        site.edit_record(grant.identity(), edit).await;
        let read = site.keeper().fresh(grant.identity()).await;
        assert!(matches!(read, Err(KeepError::Store(StoreError::Unreadable))), "{read:?}");
    }
    // What a later version adds is passed over.
    let site = Site::new();
    let grant = site.kept(0).await;
    site.edit_record(grant.identity(), |record| record["later"] = true.into()).await;
    assert!(matches!(site.keeper().fresh(grant.identity()).await.unwrap(), Standing::Usable(_)));
}

#[tokio::test]
async fn a_record_that_cannot_be_opened_is_an_error_until_the_person_signs_in_again() {
    let site = Site::new();
    let grant = site.kept(0).await;
    let rotated_away = Vault::new(site.store.clone(), Keyring::generate().unwrap());
    let keeper = Keeper::new(site.app.clone(), Client::for_app(&site.app).unwrap(), rotated_away);
    let unreadable = |error| matches!(error, KeepError::Store(StoreError::Unreadable));
    let identity = grant.identity();
    assert!(unreadable(keeper.fresh(identity).await.unwrap_err()));
    assert!(unreadable(keeper.renew(&grant).await.unwrap_err()));
    assert!(unreadable(keeper.profile(identity, Default::default()).await.unwrap_err()));
    keeper.keep(&grant).await.unwrap();
    assert_eq!(token(&keeper.fresh(identity).await.unwrap()), grant.access_token().expose());
}

#[tokio::test(start_paused = true)]
async fn a_record_outlives_its_refresh_token_and_is_gone_some_days_later() {
    let site = Site::new();
    let grant = {
        // Signing in talks to the emulator, which takes real time.
        tokio::time::resume();
        let grant = site.sign_in(Scope::UserInfo).await;
        tokio::time::pause();
        grant
    };
    let day = std::time::Duration::from_secs(24 * 3600);
    let began = site::now();
    let clock_began = tokio::time::Instant::now();
    let keeper = site.keeper().clock(move || began.plus_secs(clock_began.elapsed().as_secs()));
    keeper.keep(&grant).await.unwrap();
    tokio::time::advance(day * 31).await;
    assert!(matches!(keeper.fresh(grant.identity()).await.unwrap(), Standing::Over));
    tokio::time::advance(day * 7).await;
    assert!(matches!(keeper.fresh(grant.identity()).await.unwrap(), Standing::Unknown));
    assert_eq!(site.requests(REFRESH), 0);
}

#[tokio::test]
async fn a_grant_issued_by_a_clock_that_was_ahead_is_renewed_and_then_dated_right() {
    let site = Site::new();
    let grant = changed(&site.sign_in(Scope::UserInfo).await, |stored| {
        stored["issued_at"] = (stored["issued_at"].as_u64().unwrap() + EXPIRED).into();
    });
    let keeper = site.keeper();
    keeper.keep(&grant).await.unwrap();
    for _ in 0..2 {
        let Standing::Usable(fresh) = keeper.fresh(grant.identity()).await.unwrap() else { panic!() };
        assert!(fresh.expires_at() < grant.expires_at());
        assert_eq!(site.requests(REFRESH), 1);
    }
}
