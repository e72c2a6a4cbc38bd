//! What an emulator can be told when it is started, and what it tells.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it does")]

use wechat_oauth_emulator::{
    AccountKind, Emulator, Endpoint, Method, Misbehaviour, Options, Reply, Request, Scope, StartError,
    UnixTime, World, WorldFile,
};

const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

fn world(options: Options) -> World {
    let mut world = World::new(WorldFile::default(), [3; 32]).unwrap();
    world.set_options(options).unwrap();
    world
}

fn appid(world: &World, kind: AccountKind) -> String {
    world.account_of_kind(kind).unwrap().appid().to_string()
}

/// A login at WeChat's own page, with the callback on this machine.
fn official_page(world: &World, scope: &str) -> String {
    let appid = appid(world, AccountKind::OfficialAccount);
    format!(
        "/connect/oauth2/authorize?appid={appid}&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb\
         &response_type=code&scope={scope}&state=s"
    )
}

fn qr_page(world: &World) -> String {
    let appid = appid(world, AccountKind::Website);
    format!(
        "/connect/qrconnect?appid={appid}&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb\
         &response_type=code&scope=snsapi_login&state=s"
    )
}

fn get(world: &mut World, target: &str) -> Reply {
    world.handle(&Request::get(target), NOW)
}

fn openid_of(world: &mut World, kind: AccountKind, callback: &Reply) -> String {
    let account = world.account_of_kind(kind).unwrap();
    let (appid, secret) = (account.appid().clone(), account.secret().unwrap().expose().to_owned());
    let location = callback.header("location").unwrap();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let target = format!(
        "/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}&grant_type=authorization_code"
    );
    let body = get(world, &target).body;
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    body["openid"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

#[test]
fn automatic_consent_asks_nobody_on_either_page() {
    let mut world = world(Options { auto_consent: true, ..Options::default() });
    let first = world.users()[0].id.clone();
    for (kind, target) in [
        (AccountKind::OfficialAccount, official_page(&world, "snsapi_userinfo")),
        (AccountKind::Website, qr_page(&world)),
    ] {
        let reply = get(&mut world, &target);
        assert_eq!(reply.status, 302, "{target}");
        let openid = world.openid(&first, &appid(&world, kind)).unwrap();
        assert_eq!(openid_of(&mut world, kind, &reply), openid);
    }
}

#[test]
fn automatic_consent_goes_on_as_a_snapshot_visitor_where_the_page_would() {
    let mut world = world(Options { auto_consent: true, ..Options::default() });
    let target = official_page(&world, "snsapi_userinfo") + "&forceSnapShot=true";
    let reply = get(&mut world, &target);
    let first = world.users()[0].id.clone();
    let own = world.openid(&first, &appid(&world, AccountKind::OfficialAccount)).unwrap();
    assert_ne!(openid_of(&mut world, AccountKind::OfficialAccount, &reply), own);
}

#[test]
fn the_phone_is_held_by_whom_the_emulator_was_told_unless_a_cookie_says_otherwise() {
    let plain = world(Options::default());
    let official = appid(&plain, AccountKind::OfficialAccount);
    for name in ["family".to_owned(), plain.openid("family", &official).unwrap()] {
        let mut world = world(Options { holder: Some(name), ..Options::default() });
        let target = official_page(&world, "snsapi_base");
        let reply = get(&mut world, &target);
        let openid = openid_of(&mut world, AccountKind::OfficialAccount, &reply);
        assert_eq!(Some(openid), world.openid("family", &official));

        let reply = world.handle(&Request::get(&target).with_header("Cookie", "emulator_user=quotes"), NOW);
        let openid = openid_of(&mut world, AccountKind::OfficialAccount, &reply);
        assert_eq!(Some(openid), world.openid("quotes", &official));
    }
}

#[test]
fn a_holder_who_is_nobody_is_refused_at_the_start() {
    let error = Emulator::builder().holder("nobody").start().unwrap_err();
    assert!(matches!(error, StartError::Holder(_)));
    assert!(error.to_string().contains("no such user"));
}

#[test]
fn only_wechat_opens_wechats_page_when_it_is_told_so() {
    let mut world = world(Options { wechat_only: true, ..Options::default() });
    let target = official_page(&world, "snsapi_base");
    let reply = world.handle(&Request::get(&target).with_header("User-Agent", "Mozilla/5.0"), NOW);
    assert_eq!(reply.status, 200);
    assert!(String::from_utf8_lossy(&reply.body).contains("请在微信客户端打开链接"));

    let wechat = "Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN";
    let reply = world.handle(&Request::get(&target).with_header("User-Agent", wechat), NOW);
    assert_eq!(reply.status, 302);

    // A QR code is shown to any browser.
    let target = qr_page(&world);
    assert!(String::from_utf8_lossy(&get(&mut world, &target).body).contains("/_emulator/qr/"));
}

#[test]
fn any_order_is_taken_when_it_is_told_so() {
    let shuffled = |world: &World| {
        let appid = appid(world, AccountKind::OfficialAccount);
        format!(
            "/connect/oauth2/authorize?state=s&connect_redirect=1&scope=snsapi_base&response_type=code\
             &redirect_uri=http%3A%2F%2Flocalhost%2Fcb&appid={appid}"
        )
    };
    let mut strict = world(Options::default());
    let target = shuffled(&strict);
    assert_eq!(get(&mut strict, &target).status, 200);
    let mut lax = world(Options { any_order: true, ..Options::default() });
    let target = shuffled(&lax);
    assert_eq!(get(&mut lax, &target).status, 302);
}

#[test]
fn the_announcement_names_one_account_of_each_kind() {
    let emulator = Emulator::start().unwrap();
    let json = serde_json::to_value(emulator.announcement()).unwrap();
    assert_eq!(json["base_url"], emulator.base_url());
    let accounts = json["accounts"].as_array().unwrap();
    let keys = |at: usize| accounts[at].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(accounts.len(), 3);
    assert_eq!(accounts[0]["kind"], "official_account");
    assert_eq!(keys(0), ["appid", "kind", "secret"]);
    assert_eq!(accounts[1]["kind"], "website");
    assert_eq!(keys(1), ["appid", "kind", "secret"]);
    assert_eq!(accounts[2]["kind"], "component");
    assert_eq!(keys(2), ["appid", "component_access_token", "component_appid", "kind"]);
    for account in accounts {
        let appid = account["appid"].as_str().unwrap();
        assert!(appid.len() == 18 && appid.starts_with("wx"), "{appid}");
    }
    let secret = accounts[0]["secret"].as_str().unwrap();
    assert!(
        secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    );
}

#[test]
fn accounts_stay_the_same_from_start_to_start() {
    let start = || Emulator::start().unwrap().announcement().accounts;
    assert!(start() == start());
    let other = Emulator::builder().seed([1; 32]).start().unwrap().announcement().accounts;
    assert!(start() != other);
}

#[test]
fn a_world_file_comes_back_as_it_went() {
    let first = world(Options::default()).to_file();
    let json = serde_json::to_string(&first).unwrap();
    let second = World::new(WorldFile::from_json(&json).unwrap(), [4; 32]).unwrap().to_file();
    assert_eq!(first, second);
}

#[test]
fn the_unionid_is_shared_by_accounts_of_one_platform_only() {
    let world = world(Options::default());
    let [official, website, component] = AccountKind::ALL.map(|kind| appid(&world, kind));
    for user in world.users() {
        let unionid = world.unionid(&user.id, &official);
        assert!(unionid.is_some());
        assert_eq!(unionid, world.unionid(&user.id, &website));
        assert_eq!(world.unionid(&user.id, &component), None);
        assert_ne!(world.openid(&user.id, &official), world.openid(&user.id, &website));
    }
}

#[test]
fn debug_shows_no_secret_code_or_token() {
    let mut world = world(Options { auto_consent: true, ..Options::default() });
    let account = world.account_of_kind(AccountKind::OfficialAccount).unwrap().clone();
    let secret = account.secret().unwrap().expose().to_owned();
    let request = Request::get(&format!("/sns/oauth2/access_token?appid=x&secret={secret}&code=canary"));
    let target = official_page(&world, "snsapi_userinfo");
    let reply = get(&mut world, &target);
    let code = reply.header("location").unwrap().split("code=").nth(1).unwrap()[..32].to_owned();
    let shown = format!("{request:?} {reply:?} {world:?} {account:?} {:#?}", world.to_file());
    for hidden in [secret.as_str(), "canary", code.as_str()] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn the_misbehaviours_that_wait_are_counted_however_many_there_are() {
    let mut world = world(Options::default());
    for (misbehaviour, endpoint) in
        [(Misbehaviour::Busy, Endpoint::Exchange), (Misbehaviour::Empty, Endpoint::Check)]
    {
        world.misbehave_next(misbehaviour, endpoint, u32::MAX).unwrap();
    }
    assert_eq!(world.misbehaviours_waiting(), u32::MAX);
    world.behave();
    assert_eq!(world.misbehaviours_waiting(), 0);
}

#[test]
fn a_renewed_platform_token_is_good_for_every_account_of_the_platform() {
    let file = r#"{
        "accounts": [
            {"kind": "component", "appid": "wx1", "component_appid": "wxp"},
            {"kind": "component", "appid": "wx2", "component_appid": "wxp"}
        ],
        "users": [{"id": "a", "nickname": "A"}]
    }"#;
    let mut world = World::new(WorldFile::from_json(file).unwrap(), [3; 32]).unwrap();
    let renew = Request::json(Method::Post, "/_emulator/component-token", r#"{"appid": "wx2"}"#);
    let body: serde_json::Value = serde_json::from_slice(&world.handle(&renew, NOW).body).unwrap();
    let token = body["component_access_token"].as_str().unwrap();
    for appid in ["wx1", "wx2"] {
        let code = world.issue_code(appid, "a", Scope::Base, NOW).unwrap();
        let target = format!(
            "/sns/oauth2/component/access_token?appid={appid}&code={code}&grant_type=authorization_code\
             &component_appid=wxp&component_access_token={token}"
        );
        let body = get(&mut world, &target).body;
        assert!(body.starts_with(b"{\"access_token\":"), "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn an_address_longer_than_web_servers_take_is_refused() {
    let mut world = world(Options::default());
    let target = qr_page(&world);
    let of_length = |length: usize| format!("{target}{}", "x".repeat(length + 1 - target.len()));
    assert_eq!(get(&mut world, &of_length(Request::MAX_TARGET)).status, 200);
    assert_eq!(get(&mut world, &of_length(Request::MAX_TARGET + 1)).status, 414);
}

#[test]
fn tokens_live_however_far_the_clock_is_moved() {
    let mut world = world(Options { auto_consent: true, ..Options::default() });
    world.advance(u64::MAX);
    world.advance(u64::MAX);
    let target = official_page(&world, "snsapi_base");
    let reply = get(&mut world, &target);
    let first = world.users()[0].id.clone();
    let own = world.openid(&first, &appid(&world, AccountKind::OfficialAccount));
    assert_eq!(Some(openid_of(&mut world, AccountKind::OfficialAccount, &reply)), own);
}
