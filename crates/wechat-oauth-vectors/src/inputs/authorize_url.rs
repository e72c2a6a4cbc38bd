//! Authorize URLs: parameters, their order, the encoding of the redirect URI, and what cannot be asked for.

use serde_json::{Value, json};

use super::{Asked, STATE, ask, component, official, website, with};

const REDIRECT_URI: &str = "https://example.com/callback";

fn begun(name: &str, app: Value, login: Value) -> Asked {
    let login =
        with(json!({"scope": "snsapi_userinfo", "redirect_uri": REDIRECT_URI, "state": STATE}), login);
    ask(name, "authorize_url", json!({"app": app, "login": login}))
}

pub(super) fn asked() -> Vec<Asked> {
    let all = json!({"force_popup": true, "force_snapshot": true, "connect_redirect": true});
    let qr = json!({"scope": "snsapi_login"});
    let mut asked = vec![
        begun("a silent login at an official account", official(), json!({"scope": "snsapi_base"})),
        begun("a login that asks an official account's user for consent", official(), json!({})),
        begun("a login by QR code at a website", website(), qr.clone()),
        begun("a silent login through a component", component(), json!({"scope": "snsapi_base"})),
        begun(
            "an application without a secret can begin a login",
            with(official(), json!({"secret": null})),
            json!({}),
        ),
        begun(
            "a component without its token can begin a login",
            with(component(), json!({"component_access_token": null})),
            json!({}),
        ),
        begun("forcePopup comes after state", official(), json!({"force_popup": true})),
        begun("the three options come in the official order", official(), all.clone()),
        begun("a component's appid comes between state and the options", component(), all.clone()),
        begun(
            "options that are off are said, except connect_redirect",
            official(),
            json!({"force_popup": false, "force_snapshot": false, "connect_redirect": false}),
        ),
        begun("the QR page can speak English", website(), with(qr.clone(), json!({"lang": "en"}))),
        begun(
            "the QR page's languages are not the profile's",
            website(),
            with(qr.clone(), json!({"lang": "zh_CN"})),
        ),
        begun("the official page has no lang", official(), json!({"lang": "en"})),
        begun("the QR page has no forcePopup", website(), with(qr.clone(), json!({"force_popup": true}))),
        begun("an official account cannot ask for snsapi_login", official(), qr.clone()),
        begun("a website cannot ask for snsapi_base", website(), json!({"scope": "snsapi_base"})),
        begun("there is no scope snsapi_privateinfo", official(), json!({"scope": "snsapi_privateinfo"})),
        begun("a scope is not a list", official(), json!({"scope": "snsapi_base,snsapi_userinfo"})),
    ];
    asked.extend(redirect_uris());
    asked.extend(values());
    asked.extend(base_urls());
    asked.extend(wx_logins());
    asked
}

fn redirect_uris() -> impl Iterator<Item = Asked> {
    [
        ("a redirect URI with a query is encoded once", "https://example.com/cb?a=1&b=2"),
        (
            "a redirect URI with a space and Chinese is encoded as a URL, and then once",
            "https://example.com/回调 页/?n=名",
        ),
        (
            "what was percent-encoded already is encoded once more",
            "https://example.com/a%20b?next=https%3A%2F%2Fexample.com%2F%3Fx%3D1",
        ),
        ("a plus stays a plus", "https://example.com/?a+b"),
        ("a bare host gets its slash", "https://example.com"),
        ("a Chinese host is written in ASCII", "https://例子.测试/回调"),
        ("a default port is left out", "https://example.com:443/cb"),
        ("a port is taken", "https://example.com:8443/cb"),
        ("an IP address over http is taken", "http://192.0.2.7/cb"),
        ("an IPv6 address is taken", "http://[::1]:3000/cb"),
        ("tabs and line breaks are taken away, as a browser does", " https://example.com/a\tb\n "),
        ("quotes, angle brackets and bars are encoded", r#"https://example.com/"<|>"?q='"#),
        ("an official account's redirect URI may name an appid", "https://example.com/?appid=1"),
        ("a redirect URI has no fragment", "https://example.com/#/route"),
        ("an empty fragment is a fragment", "https://example.com/#"),
        ("a redirect URI has no user name", "https://me@example.com/"),
        ("a redirect URI has no code of its own", "https://example.com/?code=1"),
        ("a redirect URI has no code of its own, however it is written", "https://example.com/?a=1&%63ode=1"),
        ("a redirect URI has no state of its own", "https://example.com/?a=1&state="),
        ("a redirect URI is absolute", "/callback"),
        ("a redirect URI is http or https", "ftp://example.com/"),
        ("a redirect URI is not empty", ""),
    ]
    .into_iter()
    .map(|(name, redirect_uri)| begun(name, official(), json!({"redirect_uri": redirect_uri})))
    .chain([begun(
        "a component's redirect URI has no appid of its own",
        component(),
        json!({"redirect_uri": "https://example.com/?appid=1"}),
    )])
}

fn values() -> Vec<Asked> {
    let state = |name, state: &str| begun(name, official(), json!({"state": state}));
    let app = |name, app: Value| begun(name, with(official(), app), json!({}));
    vec![
        state("a state can have 128 characters", &"aZ09".repeat(32)),
        state("a state of 129 characters is too long", &"a".repeat(129)),
        state("a state is not empty", ""),
        state("a state has letters and digits only", "a-b"),
        state("a state has no parameter of its own", "a&scope=snsapi_userinfo"),
        app("an appid of another shape is taken", json!({"appid": "gh_0a-Z"})),
        app("an appid of 65 characters is too long", json!({"appid": "w".repeat(65)})),
        app("an appid has no space", json!({"appid": "wx 1"})),
        app("a secret is not empty", json!({"secret": ""})),
        app("a secret has no space", json!({"secret": "a secret"})),
        app("a secret of 1025 bytes is too long", json!({"secret": "s".repeat(1025)})),
        begun("a component's appid is one", with(component(), json!({"component_appid": "wx=1"})), json!({})),
        begun(
            "of two mistakes the application's is said first",
            with(official(), json!({"appid": ""})),
            json!({"state": ""}),
        ),
    ]
}

fn base_urls() -> impl Iterator<Item = Asked> {
    [
        ("an emulator takes the page's place", "http://127.0.0.1:8080"),
        ("an emulator's slash is dropped", "http://localhost:8080/"),
        ("an emulator may speak https over IPv6", "https://[::1]:8443"),
        ("another API host has the same pages", "https://api2.weixin.qq.com"),
        ("a base URL is absolute", "127.0.0.1:8080"),
        ("plain http is for this machine only", "http://api.weixin.qq.com"),
        ("a base URL has no path", "http://127.0.0.1:8080/sns"),
        ("a base URL has no user name", "http://me@127.0.0.1:8080"),
        ("a base URL is an official host or this machine", "https://api.example.com"),
        ("an official host has its own port", "https://api.weixin.qq.com:8443"),
        ("a base URL's host has no trailing dot", "https://api.weixin.qq.com."),
    ]
    .into_iter()
    .map(|(name, base_url)| begun(name, with(official(), json!({"base_url": base_url})), json!({})))
}

fn wx_logins() -> Vec<Asked> {
    let wx_login = |name, app: Value, options: Value| {
        let scope = if app["account"] == "website" { "snsapi_login" } else { "snsapi_userinfo" };
        begun(name, app, json!({"scope": scope, "wx_login": options}))
    };
    let every = json!({
        "self_redirect": true, "style": "white", "href": "https://example.com/样式.css?a&b", "stylelite": 1,
        "fast_login": 0, "color_scheme": "auto",
    });
    vec![
        wx_login("a QR code in a page needs no options", website(), json!({})),
        wx_login("a QR code in a page can have every option", website(), every),
        wx_login(
            "a QR code in a page at an emulator",
            with(website(), json!({"base_url": "http://127.0.0.1:8080"})),
            json!({"style": "black"}),
        ),
        wx_login("an official account has no QR code", official(), json!({})),
    ]
}
