//! Out, and in: which page a visitor is sent to, which plan is followed, and whom the site lets in.

#![allow(clippy::unwrap_used)] // its helpers are part of tests

mod rig;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{Method, StatusCode};
use rig::{Browser, IN_WECHAT, ON_DESKTOP, ORIGIN, WeChat, pages, parameter};
use wechat_oauth_axum::{SetupError, SignedIn, WechatLogin};
use wechat_oauth_core::{App, Identity, WxLoginOptions};
use wechat_oauth_emulator::AccountKind;
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Keeper, Keyring, MemoryStore, Vault};

#[tokio::test]
async fn whom_the_application_knows_signs_in_silently_and_others_consent_once() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "莉莉");
    let known: Arc<Mutex<HashSet<Identity>>> = Arc::default();
    let (knows, remembers) = (Arc::clone(&known), Arc::clone(&known));
    let login = wechat
        .login()
        .silent_first(move |identity| {
            let known = knows.lock().unwrap().contains(&identity);
            async move { Ok(known) }
        })
        .on_signed_in(move |signed_in: SignedIn| {
            remembers.lock().unwrap().insert(signed_in.identity.clone());
            async move { signed_in.welcome() }
        });
    let site = pages(login);
    let first = Browser::new(&site);
    let left = first.get("/login?return_to=/members").await;
    assert_eq!(left.scope(), "snsapi_base");
    let consent = first.get(&wechat.allow(left.location(), "lily")).await;
    assert_eq!(consent.scope(), "snsapi_userinfo");
    assert_eq!(known.lock().unwrap().len(), 0);
    let back = first.get(&wechat.allow(consent.location(), "lily")).await;
    assert_eq!(back.location(), "/members");
    assert_eq!(first.get("/members").await.body, "莉莉");

    // The name that this browser knows stays, when the first callback comes again or the person signs in again.
    first.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(first.get("/members").await.body, "莉莉");

    let second = Browser::new(&site);
    let left = second.get("/login").await;
    assert_eq!(left.scope(), "snsapi_base");
    assert_eq!(second.get(&wechat.allow(left.location(), "lily")).await.location(), "/");
    assert_eq!(second.who().await, wechat.openid("lily"));
    assert_eq!(second.get("/members").await.body, "");

    wechat.add_user("other", "别人");
    known.lock().unwrap().insert(Identity::new(
        wechat.official_appid().parse().unwrap(),
        wechat.openid("other").parse().unwrap(),
    ));
    first.signs_in(&wechat, "other", "/login").await;
    assert_eq!(first.get("/members").await.body, "", "nobody takes another person's name");
}

#[tokio::test]
async fn an_application_that_cannot_say_whether_it_knows_somebody_signs_nobody_in() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let login = wechat.login().silent_first(|_| async { Err("the database is down".into()) });
    let browser = Browser::new(&pages(login));
    let end = browser.end(browser.signs_in(&wechat, "lily", "/login").await).await;
    assert_eq!(end.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!end.body.contains("database"));
}

fn with_website(wechat: &WeChat) -> WechatLogin {
    let website = wechat.app(AccountKind::Website);
    let client = Client::for_app(&website).unwrap();
    wechat.login().website(website, client)
}

#[tokio::test]
async fn each_browser_is_shown_the_door_that_it_can_go_through() {
    let wechat = WeChat::start();
    let (alone, both) = (wechat.site(), pages(with_website(&wechat)));
    let path = async |site: &Router, user_agent: &str, login: &str| {
        let answer = Browser::called(site, user_agent).get(login).await;
        if answer.status == StatusCode::OK {
            assert!(answer.body.contains("<svg"), "{}", answer.body);
            return "phone".to_owned();
        }
        url::Url::parse(answer.location()).unwrap().path().to_owned()
    };
    let phone = IN_WECHAT.split(" MicroMessenger").next().unwrap();
    assert_eq!(path(&both, IN_WECHAT, "/login").await, "/connect/oauth2/authorize");
    assert_eq!(path(&both, ON_DESKTOP, "/login").await, "/connect/qrconnect");
    assert_eq!(path(&both, phone, "/login").await, "phone");
    assert_eq!(path(&alone, ON_DESKTOP, "/login").await, "phone");
    assert_eq!(path(&alone, "", "/login?door=official").await, "/connect/oauth2/authorize");
    assert_eq!(path(&both, IN_WECHAT, "/login?door=website").await, "/connect/qrconnect");
    assert_eq!(path(&both, IN_WECHAT, "/login?door=phone").await, "phone");
    assert_eq!(path(&alone, ON_DESKTOP, "/login?door=website").await, "phone");
}

#[tokio::test]
async fn the_phones_page_brings_the_phone_to_where_the_desktop_wanted_to_be() {
    let wechat = WeChat::start();
    let page = Browser::called(&wechat.site(), ON_DESKTOP).get("/login?return_to=/members").await;
    assert!(page.body.contains(&format!("{ORIGIN}/login?return_to=%2Fmembers")), "{}", page.body);
}

#[tokio::test]
async fn the_qr_code_signs_in_as_the_website_app() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "莉莉");
    let browser = Browser::called(&pages(with_website(&wechat)), ON_DESKTOP);
    let left = browser.get("/login?return_to=/members").await;
    assert_eq!(left.scope(), "snsapi_login");
    let back = browser.get(&wechat.allow(left.location(), "lily")).await;
    assert_eq!(back.location(), "/members");
    let website = wechat.app(AccountKind::Website);
    let openid = wechat.0.world(|world| world.openid("lily", website.account().appid().as_str()).unwrap());
    assert_eq!(browser.who().await, openid);
    assert_ne!(openid, wechat.openid("lily"));
}

#[tokio::test]
async fn an_embedded_qr_code_has_its_login_kept_with_the_browser() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let website = wechat.app(AccountKind::Website);
    let client = Client::for_app(&website).unwrap();
    let login = wechat.login().website_embedded(website, client, WxLoginOptions::default());
    let browser = Browser::called(&pages(login), ON_DESKTOP);
    let page = browser.get("/login").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("frame-src {}", wechat.0.base_url())), "{policy}");
    // The link beside it leads through the same login.
    let start = page.body.find("/connect/qrconnect").unwrap();
    let end = start + page.body[start..].find('"').unwrap();
    let url = format!(
        "{}{}",
        wechat.0.base_url(),
        page.body[start..end].replace("&amp;", "&").replace("&#38;", "&")
    );
    assert_eq!(browser.get(&wechat.allow(&url, "lily")).await.location(), "/");
    assert_ne!(browser.who().await, "nobody");
}

#[tokio::test]
async fn a_strangers_callback_on_a_desktop_leads_to_its_door() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let website = wechat.app(AccountKind::Website);
    let client = Client::for_app(&website).unwrap();
    let embedded = wechat.login().website_embedded(website, client, WxLoginOptions::default());
    for (site, there) in [(wechat.site(), "/login"), (pages(embedded), "/connect/qrconnect?")] {
        let left = Browser::new(&site).get("/login?door=official").await;
        let callback = wechat.allow(left.location(), "lily");
        let sent = Browser::called(&site, ON_DESKTOP).get(&callback).await;
        assert!(sent.location().contains(there), "{}", sent.location());
    }
}

#[tokio::test]
async fn the_browsers_name_decides_nothing_about_who_is_let_in() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let site = pages(with_website(&wechat));
    let names = [IN_WECHAT, ON_DESKTOP, "", "curl/8", "MicroMessenger", "wxwork MicroMessenger"];
    for (began, came_back) in names.iter().flat_map(|one| names.iter().map(move |other| (one, other))) {
        let mut browser = Browser::called(&site, began);
        let left = browser.get("/login?door=official").await;
        let callback = wechat.allow(left.location(), "lily");
        let (stranger, before) = (Browser::called(&site, came_back), wechat.exchanges());
        stranger.get(&callback).await;
        assert_eq!((stranger.who().await.as_str(), wechat.exchanges()), ("nobody", before));
        browser.user_agent = (*came_back).to_owned();
        assert_eq!(browser.get(&callback).await.location(), "/");
        assert_eq!(browser.who().await, wechat.openid("lily"));
    }
}

#[tokio::test]
async fn return_to_never_leaves_the_site_and_never_leads_back_into_the_login() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let site = wechat.site();
    for wanted in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "/..//evil.example",
        "javascript:alert(1)",
        "/login",
        "/login?return_to=/login",
        "/callback?code=C&state=S",
        "/logout",
        "/%6Cogin",
        "",
        "x",
        "/%0d%0aSet-Cookie:a=b",
    ] {
        let asked: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
        let end = Browser::new(&site).signs_in(&wechat, "lily", &format!("/login?return_to={asked}")).await;
        assert_eq!(end.location(), "/", "{wanted}");
    }
    for query in ["?return_to=/a&return_to=/b", "?return_to=%ff", "?return_to", "?%"] {
        assert!(Browser::new(&site).get(&format!("/login{query}")).await.is_to_wechat(), "{query}");
    }
}

#[tokio::test]
async fn a_page_for_members_sends_visitors_to_sign_in_and_back() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "莉莉");
    let browser = Browser::new(&wechat.site());
    let sent = browser.get("/members?page=2").await;
    assert_eq!(sent.location(), "/login?return_to=%2Fmembers%3Fpage%3D2");
    let back = browser.signs_in(&wechat, "lily", sent.location()).await;
    assert_eq!(back.location(), "/members?page=2");

    let program = browser.send(Method::POST, "/members", &[]).await;
    assert_eq!(program.status, StatusCode::METHOD_NOT_ALLOWED);
    let stranger = Browser::new(&wechat.site());
    let answer = stranger.send(Method::HEAD, "/members", &[]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_leaves_nothing_behind_and_only_this_site_can_ask_for_it() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&wechat.site());
    let left = browser.get("/login").await;
    let callback = wechat.allow(left.location(), "lily");
    browser.get(&callback).await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let refused = browser.send(Method::POST, "/logout", &[(name, value)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(browser.get("/logout").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_ne!(browser.who().await, "nobody");
    let out =
        browser.send(Method::POST, "/logout", &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await;
    assert_eq!(out.location(), "/");
    assert_eq!(browser.who().await, "nobody");
    assert!(browser.jar.lock().unwrap().is_empty());
    // The back button brings the callback again: it signs nobody in by itself.
    assert!(browser.get(&callback).await.is_to_wechat());
    assert_eq!((browser.who().await.as_str(), wechat.exchanges()), ("nobody", 1));
}

#[tokio::test]
async fn no_cookie_of_ours_passes_for_another() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let browser = Browser::new(&wechat.site());
    browser.signs_in(&wechat, "lily", "/login").await;
    let jar = browser.jar.lock().unwrap().clone();
    let (user, session) = jar.iter().find(|(name, _)| name.contains("-user-")).unwrap();
    let (login, pending) = jar.iter().find(|(name, _)| name.contains("-login-")).unwrap();
    for (name, value) in [(user, pending), (login, session)] {
        browser.jar.lock().unwrap().clear();
        browser.jar.lock().unwrap().insert(name.clone(), value.clone());
        assert_eq!(browser.who().await, "nobody");
    }
    // Another site's cookies, sealed with the same key, are of no use here either.
    for (index, _) in session.char_indices() {
        let mut changed = session.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        browser.jar.lock().unwrap().insert(user.clone(), String::from_utf8(changed).unwrap());
        assert_eq!(browser.who().await, "nobody", "byte {index}");
    }
}

#[tokio::test]
async fn several_logins_live_side_by_side() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let keyring = Keyring::generate().unwrap();
    let (one, other) = (wechat.login_with(keyring.clone()), wechat.login_with(keyring).at("/brand/wechat"));
    let site = pages(one).merge(other.router().unwrap());
    let browser = Browser::new(&site);
    let left = browser.get("/brand/wechat/login").await;
    assert_eq!(parameter(left.location(), "redirect_uri"), format!("{ORIGIN}/brand/wechat/callback"));
    browser.get(&wechat.allow(left.location(), "lily")).await;
    assert_eq!(browser.who().await, "nobody", "the other login's session is not this one's");
    browser.signs_in(&wechat, "lily", "/login").await;
    assert_eq!(browser.who().await, wechat.openid("lily"));
}

#[tokio::test]
async fn signing_out_forgets_what_is_pending_of_every_login_around_the_route() {
    let wechat = WeChat::start();
    wechat.add_user("lily", "L");
    let keyring = Keyring::generate().unwrap();
    let (one, other) = (wechat.login_with(keyring.clone()), wechat.login_with(keyring).at("/other"));
    let site = other.mount(pages(one)).unwrap();
    let browser = Browser::new(&site);
    browser.signs_in(&wechat, "lily", "/login").await;
    let pending = browser.get("/other/login").await;
    assert_eq!(browser.who().await, wechat.openid("lily"));
    browser.send(Method::POST, "/logout", &[]).await;
    assert!(browser.jar.lock().unwrap().is_empty());
    let callback = wechat.allow(pending.location(), "lily");
    assert!(browser.get(&callback).await.is_to_wechat(), "it is another browser's now");
    assert_eq!(wechat.exchanges(), 1);
}

#[tokio::test]
async fn tencents_verification_file_is_served() {
    let wechat = WeChat::start();
    let site = pages(wechat.login().verify_file("MP_verify_AbC123.txt", "AbC123"));
    let file = Browser::new(&site).get("/MP_verify_AbC123.txt").await;
    assert_eq!((file.status, file.body.as_str()), (StatusCode::OK, "AbC123"));
    assert_eq!(Browser::new(&site).get("/MP_verify_other.txt").await.status, StatusCode::NOT_FOUND);
}

#[test]
fn what_cannot_work_is_said_before_anybody_comes() {
    let wechat = WeChat::start();
    let app = || wechat.official();
    let client = || Client::for_app(&app()).unwrap();
    let refused = |login: WechatLogin| login.router::<()>().unwrap_err().to_string();
    let login = || wechat.login();
    let new = || WechatLogin::new(app(), client());
    assert!(refused(new()).contains("origin("));
    assert!(refused(new().origin(ORIGIN)).contains("keyring("));
    assert!(refused(login().origin("http://example.com")).contains("https"));
    for prefix in ["wechat", "/", "/a//b", "/a/", "/{x}", "/a b", "/ü"] {
        assert!(matches!(login().at(prefix).router::<()>(), Err(SetupError::Prefix)), "{prefix}");
    }
    for (name, text) in
        [("MP_verify.html", "x"), ("../x.txt", "x"), ("a.txt", "x\ny"), (".txt", "x"), ("{a}.txt", "x")]
    {
        assert!(
            matches!(login().verify_file(name, text).router::<()>(), Err(SetupError::VerificationFile)),
            "{name}"
        );
    }
    let long = "A".repeat(257);
    assert!(matches!(login().verify_file("a.txt", long).router::<()>(), Err(SetupError::VerificationFile)));
    let elsewhere = wechat.app(AccountKind::Website);
    let vault = Vault::new(MemoryStore::new(), Keyring::generate().unwrap());
    let keeper = Keeper::new(elsewhere, client(), vault);
    assert!(matches!(login().keep_grants(keeper).router::<()>(), Err(SetupError::Keeper { .. })));
    let website = wechat.app(AccountKind::Website);
    let swapped = WechatLogin::new(website.clone(), Client::for_app(&website).unwrap());
    let error = refused(swapped.origin(ORIGIN).keyring(Keyring::generate().unwrap()));
    assert!(error.contains(website.account().appid().as_str()), "{error}");
    let secretless = App::new(app().account().clone()).at(app().endpoints().clone());
    let error =
        refused(WechatLogin::new(secretless, client()).origin(ORIGIN).keyring(Keyring::generate().unwrap()));
    assert!(error.contains("secret"), "{error}");
}
