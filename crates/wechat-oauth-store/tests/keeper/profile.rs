//! The profile, read again.

use wechat_oauth_core::{Advice, Identity, Profile, ProfileLang, Scope};
use wechat_oauth_emulator::{Endpoint, Misbehaviour, World};
use wechat_oauth_store::{KeepError, Keeper, ProfileRead, Standing};

use crate::site::{EXPIRED, OVER, PROFILE, REFRESH, Site, changed, token};
use crate::stores::Interposed;

const LANG: ProfileLang = ProfileLang::SimplifiedChinese;

async fn profile(keeper: &Keeper, identity: &Identity) -> Profile {
    match keeper.profile(identity, LANG).await.unwrap() {
        ProfileRead::Profile(profile) => profile,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_changed_nickname_is_read_without_asking_anybody_again() {
    let site = Site::new();
    let grant = site.kept(60).await;
    let (keeper, identity) = (site.keeper(), grant.identity());
    let before = profile(&keeper, identity).await;
    assert_eq!(before.openid(), grant.openid());
    assert!(before.avatar().is_some() && !before.nickname().is_empty());
    site.misbehave(&[Misbehaviour::NicknameHostile]);
    let after = profile(&keeper, identity).await;
    assert_ne!(after.nickname(), before.nickname());
    assert_eq!((site.requests(PROFILE), site.requests(REFRESH)), (2, 0));
}

#[tokio::test]
async fn an_expired_grant_is_renewed_first() {
    let site = Site::new();
    let grant = site.kept(EXPIRED).await;
    profile(&site.keeper(), grant.identity()).await;
    profile(&site.keeper(), grant.identity()).await;
    assert_eq!((site.requests(PROFILE), site.requests(REFRESH)), (2, 1));
}

#[tokio::test]
async fn a_token_that_wechat_refuses_before_its_time_is_renewed_once() {
    let site = Site::new();
    let grant = site.kept(60).await;
    site.misbehave(&[Misbehaviour::TokenStaleOnce]);
    profile(&site.keeper(), grant.identity()).await;
    assert_eq!((site.requests(PROFILE), site.requests(REFRESH)), (2, 1));
    // WeChat refuses whatever it is given: no second renewal.
    site.misbehave(&[Misbehaviour::ProfileError]);
    let refused = site.keeper().profile(grant.identity(), LANG).await.unwrap_err();
    assert!(matches!(refused, KeepError::WeChat(error) if error.advice() == Advice::Refresh));
    assert_eq!((site.requests(PROFILE), site.requests(REFRESH)), (4, 2));
    // What is kept is kept.
    site.misbehave(&[]);
    profile(&site.keeper(), grant.identity()).await;
}

#[tokio::test]
async fn a_silent_grant_reads_no_profile() {
    let site = Site::new();
    let silent = site.sign_in(Scope::Base).await;
    let keeper = site.keeper();
    keeper.keep(&silent).await.unwrap();
    let read = keeper.profile(silent.identity(), LANG).await.unwrap();
    assert!(matches!(read, ProfileRead::NotGranted));
    assert_eq!(site.requests(PROFILE), 0);
    // One that says it does, and WeChat says 48001.
    let pretending = changed(&silent, |stored| stored["scopes"] = serde_json::json!(["snsapi_userinfo"]));
    keeper.forget(silent.identity()).await.unwrap();
    keeper.keep(&pretending).await.unwrap();
    let read = keeper.profile(silent.identity(), LANG).await.unwrap();
    assert!(matches!(read, ProfileRead::NotGranted));
    assert_eq!(site.requests(PROFILE), 1);
    assert!(matches!(keeper.fresh(silent.identity()).await.unwrap(), Standing::Usable(_)));
}

#[tokio::test]
async fn nobodys_and_over_are_said_without_a_request() {
    let site = Site::new();
    let identity = site.sign_in(Scope::UserInfo).await.identity().clone();
    let keeper = site.keeper();
    assert!(matches!(keeper.profile(&identity, LANG).await.unwrap(), ProfileRead::Unknown));
    let _over = site.kept(OVER).await;
    assert!(matches!(keeper.profile(&identity, LANG).await.unwrap(), ProfileRead::Over));
    assert_eq!((site.requests(PROFILE), site.requests(REFRESH)), (0, 0));
}

#[tokio::test]
async fn a_grant_refused_for_good_is_over_for_everybody() {
    // The profile of somebody else; and a refused token whose renewal is refused too.
    for misbehaviours in
        [&[Misbehaviour::OpenidSwapped][..], &[Misbehaviour::ProfileError, Misbehaviour::RefreshInvalid]]
    {
        let site = Site::new();
        let grant = site.kept(60).await;
        site.misbehave(misbehaviours);
        let read = site.keeper().profile(grant.identity(), LANG).await.unwrap();
        assert!(matches!(read, ProfileRead::Over), "{read:?}");
        let asked = site.requests(PROFILE);
        assert!(matches!(site.keeper().fresh(grant.identity()).await.unwrap(), Standing::Over));
        let read = site.keeper().profile(grant.identity(), LANG).await.unwrap();
        assert!(matches!(read, ProfileRead::Over));
        assert_eq!(site.requests(PROFILE), asked);
    }
}

#[tokio::test]
async fn a_sign_in_while_the_old_grant_is_refused_for_good_is_not_over_with_it() {
    let site = Site::new();
    let old = site.kept(60).await;
    let new = site.sign_in(Scope::UserInfo).await;
    let once = |world: &mut World| world.misbehave_next(Misbehaviour::OpenidSwapped, Endpoint::Profile, 1);
    site.emulator.world(once).unwrap();
    let keeper = site.keeper_over(Interposed::new(&site.store).before(1, site.signs_in(&new)));
    // What the new grant reads is given at once.
    assert_eq!(profile(&keeper, old.identity()).await.openid(), new.openid());
    assert_eq!(token(&keeper.fresh(old.identity()).await.unwrap()), new.access_token().expose());
    assert_eq!((site.requests(PROFILE), site.requests(REFRESH)), (2, 0));
}

#[tokio::test]
async fn a_profile_that_cannot_be_had_now_costs_nothing() {
    let site = Site::new();
    let grant = site.kept(60).await;
    let keeper = site.keeper();
    for misbehaviour in [Misbehaviour::MinuteQuota, Misbehaviour::Status500, Misbehaviour::ProfileEmpty] {
        let once = |world: &mut World| world.misbehave_next(misbehaviour, Endpoint::Profile, 1);
        site.emulator.world(once).unwrap();
        let refused = keeper.profile(grant.identity(), LANG).await;
        assert!(matches!(refused, Err(KeepError::WeChat(_))), "{misbehaviour}: {refused:?}");
        profile(&keeper, grant.identity()).await;
    }
    assert_eq!(site.requests(REFRESH), 0);
}
