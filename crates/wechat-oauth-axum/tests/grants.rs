//! What is kept of a sign-in, and signing in for a third-party platform (第三方平台).

mod rig;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use rig::{Browser, Counter, IN_WECHAT, ORIGIN, WeChat, pages};
use wechat_oauth_axum::{SignedIn, WechatLogin};
use wechat_oauth_core::{App, ComponentAccessToken, Endpoints, Identity, Profile, ProfileLang};
use wechat_oauth_emulator::AccountKind;
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Keeper, Keyring, MemoryStore, ProfileRead, Standing, Vault};

#[tokio::test]
async fn the_grant_of_a_sign_in_reads_the_profile_again_later() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "莉莉");
    let (app, keyring) = (wechat.official(), Keyring::generate().unwrap());
    let vault = Vault::new(MemoryStore::new(), keyring.clone());
    let keeper = Keeper::new(app.clone(), Client::for_app(&app).unwrap(), vault);
    let login = wechat.login_with(keyring.clone()).keep_grants(keeper.clone());
    let browser = Browser::new(&pages(login));
    browser.signs_in(&wechat, "lily", "/login").await;

    let openid = wechat.openid("lily").parse().unwrap();
    let identity = Identity::new(app.account().appid().clone(), openid);
    let read = keeper.profile(&identity, ProfileLang::default()).await.unwrap();
    let nickname = |profile: &Profile| profile.nickname().as_untrusted_str().to_owned();
    assert!(matches!(&read, ProfileRead::Profile(profile) if nickname(profile) == "莉莉"), "{read:?}");

    // Somebody whom the site knows signs in silently: the consent given before is not lost by it.
    let silent = wechat.login_with(keyring).keep_grants(keeper.clone()).silent_first(|_| async { Ok(true) });
    let second = Browser::new(&pages(silent));
    assert_eq!(second.get("/login").await.scope(), "snsapi_base");
    second.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(second.who().await, identity.openid().as_str());
    let Standing::Usable(grant) = keeper.fresh(&identity).await.unwrap() else { panic!("it is gone") };
    assert!(grant.reads_profile());
}

#[tokio::test]
async fn a_platform_signs_in_for_an_account_with_the_token_of_the_moment() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let announced = wechat.0.announcement();
    let account = announced.accounts.iter().find(|account| account.kind == AccountKind::Component).unwrap();
    let platform = account.component_appid.clone().unwrap();
    let app = App::component(account.appid.parse().unwrap(), platform.parse().unwrap())
        .at(Endpoints::emulator(wechat.0.base_url()).unwrap());
    let token = ComponentAccessToken::new(account.component_access_token.clone().unwrap()).unwrap();
    let (asked, works) = (Counter::default(), Arc::new(AtomicBool::new(false)));
    let (counter, working) = (asked.clone(), Arc::clone(&works));
    let login = WechatLogin::new(app.clone(), Client::for_app(&app).unwrap())
        .origin(ORIGIN)
        .keyring(Keyring::generate().unwrap())
        .component_token(move || {
            counter.add();
            let token = if working.load(Ordering::Relaxed) {
                Ok(token.clone())
            } else {
                Err("it is not here yet".into())
            };
            async move { token }
        });
    let browser = Browser::called(&pages(login), IN_WECHAT);
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    let end = browser.end(browser.get(&callback).await).await;
    assert_eq!(end.status, StatusCode::SERVICE_UNAVAILABLE, "{}", end.body);

    // No code was sent, so the same callback still signs in.
    works.store(true, Ordering::Relaxed);
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_ne!(browser.who().await, "nobody");
    assert_eq!(asked.get(), 2);
    assert_eq!(wechat.requests_to("/sns/oauth2/component/access_token"), 1);
}

#[tokio::test]
async fn an_application_with_sessions_of_its_own_is_handed_everything() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "莉莉");
    let login = wechat.login().on_signed_in(|signed_in: SignedIn| async move {
        let nickname = signed_in.profile.as_ref().map(|profile| profile.nickname().to_string());
        let cookie =
            format!("session=fresh; Path=/; HttpOnly; SameSite=Lax; for={}", signed_in.identity.openid());
        assert_eq!((nickname.as_deref(), signed_in.grant.reads_profile()), (Some("莉莉"), true));
        assert!(signed_in.request.headers.contains_key("cookie"));
        ([("set-cookie", cookie)], signed_in.redirect())
    });
    let browser = Browser::new(&pages(login));
    let back = browser.signs_in(&wechat, "lily", "/login?return_to=/members").await;
    assert_eq!(back.location(), "/members");
    assert!(browser.jar.lock().unwrap().contains_key("session"));
    assert_eq!(browser.who().await, "nobody", "this crate's own session is not made beside it");
}
