//! Every value, and the errors about values and callbacks that cannot be taken or read.

use std::fmt::Debug;

use conformance::leak::{self, COMPONENT_TOKEN, STATE};
use conformance::{ACCESS_TOKEN, CODE, REFRESH_TOKEN, SECRET};
use wechat_oauth::{
    AccessToken, App, AppSecret, ComponentAccessToken, ConfigError, Endpoints, Expected, ExpectedCallback,
    GrantReport, Operation, Pending, ProfileLang, ProfileReport, RedirectUri, RefreshToken, Response, Scope,
    State, StoredGrant, WxLoginOptions, read_callback_report, read_report,
};

use crate::{Findings, NOW, app_of, grant, success_body, wide_code, wide_grant_body};

/// Every public value that knows a secret, and some that stand next to one.
fn values() -> Vec<(&'static str, Box<dyn Debug>)> {
    let mut values: Vec<(&'static str, Box<dyn Debug>)> = Vec::new();
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    let state = || State::new(STATE).unwrap();
    for component in [false, true] {
        let app = app_of(component, Endpoints::default());
        let builder = app.login(Scope::UserInfo, &redirect_uri);
        let login = builder.clone().build().unwrap();
        let (url, pending) = login.begin(state());
        assert!(url.to_string().contains(STATE));
        let callback = format!("code={CODE}&state={STATE}&appid=wx0123456789abcdef");
        let code = pending.clone().accept(&callback).unwrap();
        assert_eq!(code.expose(), CODE);
        let grant = grant(&app);
        let stored = grant.expose_for_storage();
        let in_the_open = serde_json::to_string(&stored).unwrap();
        assert!(in_the_open.contains(ACCESS_TOKEN) && in_the_open.contains(REFRESH_TOKEN));
        let snapshot = wide_grant_body().replace('}', r#","is_snapshotuser":1}"#);
        let snapshot =
            app.exchange(wide_code()).unwrap().read(&Response::new(200, snapshot.as_bytes(), NOW)).unwrap();
        let snapshot_report = GrantReport::expose(&snapshot);
        assert!(serde_json::to_string(&snapshot_report).unwrap().contains(ACCESS_TOKEN));
        let body = success_body(Operation::Profile);
        let profile = app.profile(&grant, ProfileLang::default()).unwrap();
        let profile = profile.read(&Response::new(200, body.as_bytes(), NOW)).unwrap();
        let exchange = read_report(
            Operation::Exchange,
            &Response::new(200, wide_grant_body().as_bytes(), NOW),
            &Expected::default(),
        );
        let expected = ExpectedCallback { state: state(), authorizer: None };
        let code_report = read_callback_report(&callback, &expected).unwrap();
        assert!(serde_json::to_string(&code_report).unwrap().contains(CODE));
        values.extend([
            ("LoginBuilder", Box::new(builder) as Box<dyn Debug>),
            ("Login", Box::new(login)),
            ("AuthorizeUrl", Box::new(url)),
            ("Pending", Box::new(pending)),
            ("Code", Box::new(code)),
            ("GrantReport", Box::new(GrantReport::expose_grant(&grant))),
            ("a snapshot's GrantReport", Box::new(snapshot_report)),
            ("ProfileReport", Box::new(ProfileReport::from(&profile))),
            ("Report", Box::new(exchange.unwrap())),
            ("CodeReport", Box::new(code_report)),
            ("ExpectedCallback", Box::new(expected)),
            ("Profile", Box::new(profile)),
            ("Exchanged and Snapshot", Box::new(snapshot)),
            ("StoredGrant", Box::new(stored)),
            ("AccessToken", Box::new(grant.access_token().clone())),
            ("SignIn", Box::new(app.sign_in(wide_code()).unwrap())),
            ("Renewal", Box::new(app.renew(&grant).unwrap())),
            ("Grant", Box::new(grant)),
            ("ureq::Client", Box::new(wechat_oauth::ureq::Client::for_app(&app).unwrap())),
            ("reqwest::Client", Box::new(wechat_oauth::reqwest::Client::for_app(&app).unwrap())),
            ("App", Box::new(app)),
        ]);
    }
    let website = App::website_app("wx0123456789abcdef".parse().unwrap(), AppSecret::new(SECRET).unwrap());
    let login = website.login(Scope::Login, &redirect_uri).build().unwrap();
    values.extend([
        ("WxLogin", Box::new(login.wx_login(&state(), WxLoginOptions::default())) as Box<dyn Debug>),
        ("State", Box::new(state())),
        ("AppSecret", Box::new(AppSecret::new(SECRET))),
        ("RefreshToken", Box::new(RefreshToken::new(REFRESH_TOKEN))),
        ("ComponentAccessToken", Box::new(ComponentAccessToken::new(COMPONENT_TOKEN))),
    ]);
    values
}

#[test]
fn no_value_shows_a_secret_in_debug_or_in_a_panic() {
    let mut findings = Findings::default();
    for (name, value) in values() {
        findings.look_at(name, &*value);
    }
    findings.none();
}

/// What comes of values that cannot be taken.
#[test]
fn no_error_about_a_value_or_callback_quotes_it() {
    let mut findings = Findings::default();
    let values = [
        AppSecret::new(format!("{SECRET} ")).unwrap_err(),
        AccessToken::new(format!("{ACCESS_TOKEN} ")).unwrap_err(),
        RefreshToken::new(REFRESH_TOKEN.repeat(100)).unwrap_err(),
        ComponentAccessToken::new(format!("{COMPONENT_TOKEN}\n")).unwrap_err(),
        State::new(&format!("{STATE}!")).unwrap_err(),
    ];
    for error in values {
        findings.look("a value", &leak::channels(&ConfigError::from(error).into()));
    }
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    for component in [false, true] {
        let login =
            app_of(component, Endpoints::default()).login(Scope::Base, &redirect_uri).build().unwrap();
        for callback in [
            String::new(),
            format!("code={CODE}"),
            format!("code={CODE}&state="),
            format!("code={CODE}&state=x{STATE}"),
            format!("code={CODE}&state=%zz{STATE}"),
            format!("code={CODE}&state={STATE}&state={STATE}"),
            format!("code={CODE}&code={CODE}&state={STATE}&appid=wx0123456789abcdef"),
            format!("code={CODE}.&state={STATE}&appid=wx0123456789abcdef"),
            format!("code=%zz{CODE}&state={STATE}&appid=wx0123456789abcdef"),
            format!("code={}&state={STATE}&appid=wx0123456789abcdef", CODE.repeat(30)),
            format!("state={STATE}"),
            format!("code=authdeny&state={STATE}"),
            format!("code={CODE}&state={STATE}&x={}", "x".repeat(10_000)),
        ] {
            let (_, pending) = login.begin(State::new(STATE).unwrap());
            let error = pending.accept(&callback).unwrap_err();
            findings.look(&callback, &leak::as_an_error(&error));
            findings.look(&callback, &leak::channels(&error.into()));
        }
    }
    let (_, pending) = app_of(true, Endpoints::default())
        .login(Scope::Base, &redirect_uri)
        .build()
        .unwrap()
        .begin(State::new(STATE).unwrap());
    let error = pending.accept(&format!("code={CODE}&state={STATE}&appid={STATE}")).unwrap_err();
    findings.look("another appid", &leak::channels(&error.into()));
    findings.none();
}

/// What comes of stored values that cannot be read.
#[test]
fn no_error_about_a_stored_value_quotes_it() {
    let mut findings = Findings::default();
    let app = app_of(false, Endpoints::default());
    let redirect_uri = RedirectUri::parse("https://example.com/callback").unwrap();
    let login = app.login(Scope::UserInfo, &redirect_uri).build().unwrap();
    let (_, pending) = login.begin(State::new(STATE).unwrap());
    let stored = serde_json::to_string(&grant(&app).expose_for_storage()).unwrap();
    let report = serde_json::to_string(&GrantReport::expose_grant(&grant(&app))).unwrap();
    let pending = serde_json::to_string(&pending).unwrap();
    let mut look = |error: Option<serde_json::Error>| {
        let error = error.unwrap();
        findings.look("a stored value", &leak::as_an_error(&error));
        findings.look_at("a stored value", &error);
    };
    for (from, to) in [
        ("\"access_token\":\"", "\"access_token\":7,\"x\":\""),
        ("7200", &format!("{ACCESS_TOKEN:?}")),
        ("\"openid\"", &format!("\"{REFRESH_TOKEN}\"")),
        ("\"o1\"", &format!("{ACCESS_TOKEN:?}")),
        ("[", &format!("[{ACCESS_TOKEN:?},7,")),
    ] {
        assert!(stored.contains(from) && report.contains(from), "{from}");
        look(serde_json::from_str::<StoredGrant>(&stored.replace(from, to)).err());
        look(serde_json::from_str::<GrantReport>(&report.replace(from, to)).err());
    }
    for (from, to) in [
        (STATE, &*format!("{STATE}!")),
        ("\"snsapi_userinfo\"", &format!("{STATE:?}")),
        ("\"state\"", &format!("\"{STATE}\"")),
    ] {
        assert!(pending.contains(from), "{from}");
        look(serde_json::from_str::<Pending>(&pending.replace(from, to)).err());
    }
    look(serde_json::from_str::<State>(&format!("\"{STATE}!\"")).err());
    for whole in [stored, report, pending] {
        let quoted = serde_json::to_string(&whole).unwrap();
        look(serde_json::from_str::<StoredGrant>(&quoted).err());
        look(serde_json::from_str::<GrantReport>(&quoted).err());
        look(serde_json::from_str::<Pending>(&quoted).err());
    }
    findings.none();
}
