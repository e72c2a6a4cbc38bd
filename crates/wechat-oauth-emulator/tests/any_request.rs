//! Whatever is asked, the world answers: it does not panic, and nothing that came breaks a header.

use proptest::prelude::*;
use wechat_oauth_emulator::{Endpoint, Method, Misbehaviour, Request, UnixTime, World, WorldFile};

fn world() -> World {
    World::new(WorldFile::default(), [5; 32]).unwrap_or_else(|error| unreachable!("{error}"))
}

fn any_path() -> impl Strategy<Value = String> {
    let known = Endpoint::ALL.iter().map(|endpoint| endpoint.path().to_owned());
    let own = [
        "/",
        "/connect/zh_CN/htmledition/js/wxLogin.js",
        "/_emulator",
        "/_emulator/",
        "/_emulator/consent",
        "/_emulator/qr/x",
        "/_emulator/phone/x",
        "/_emulator/double/x",
        "/_emulator/refused/x",
        "/_emulator/users",
        "/_emulator/current-user",
        "/_emulator/clock",
        "/_emulator/faults",
        "/_emulator/log",
        "/_emulator/authorize",
        "/_emulator/reset",
        "/_emulator/consents",
        "/_emulator/component-token",
        "/_emulator/world",
        "/_emulator/away",
        "/_emulator/avatar/xiaoming/0",
        "/_emulator/avatar/silent/132",
    ];
    let listed: Vec<String> = known.chain(own.map(str::to_owned)).collect();
    prop_oneof![9 => prop::sample::select(listed), 1 => "/[ -~]{0,40}"]
}

fn any_parameter() -> impl Strategy<Value = String> {
    let names = [
        "appid",
        "secret",
        "code",
        "grant_type",
        "refresh_token",
        "access_token",
        "openid",
        "lang",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "component_appid",
        "component_access_token",
        "forcePopup",
        "forceSnapShot",
        "connect_redirect",
        "login_type",
        "style",
        "tx",
        "answer",
        "user",
    ];
    let official = world().accounts()[0].appid().to_string();
    let website = world().accounts()[1].appid().to_string();
    let values = [
        official.as_str(),
        &website,
        "code",
        "snsapi_base",
        "snsapi_userinfo",
        "snsapi_login",
        "jssdk",
        "true",
        "http%3A%2F%2Flocalhost%2F%0D%0A%E4%B8%AD",
        "http%3A%2F%2F%5B%3A%3A1%5D%3A9%2F%3F",
        "authorization_code",
        "refresh_token",
        "allow",
        "scan",
        "%",
        "%zz",
        "",
        "+",
        "%00%FF",
        "\u{4e2d}",
        "a%26b%3Dc%23",
    ]
    .map(str::to_owned);
    let value = prop_oneof![4 => prop::sample::select(values.to_vec()), 1 => "[ -~]{0,200}"];
    (prop::sample::select(names.to_vec()), value).prop_map(|(name, value)| format!("{name}={value}"))
}

fn any_body() -> impl Strategy<Value = String> {
    let json = [
        "{}",
        "[]",
        "null",
        "{\"user\":\"xiaoming\"}",
        "{\"advance\":18446744073709551615}",
        "{\"nickname\":\"x\"}",
        "{\"name\":\"wx-busy\",\"endpoint\":\"exchange\",\"next\":4294967295}",
        "{\"name\":\"wx-empty\",\"next\":4294967295}",
        "{\"authorize_url\":\"/connect/qrconnect?\"}",
        "{\"authorize_url\":\"#\",\"answer\":\"deny\"}",
    ];
    prop_oneof![
        prop::sample::select(json.map(str::to_owned).to_vec()),
        prop::collection::vec(any_parameter(), 0..6).prop_map(|all| all.join("&")),
        "\\PC{0,100}",
    ]
}

fn any_request() -> impl Strategy<Value = Request> {
    let method = prop::sample::select(vec![
        Method::Get,
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Delete,
        Method::Other,
    ]);
    let header = prop::sample::select(vec![
        ("cookie", "emulator_user=control; emulator_lang=en"),
        ("cookie", "=;;emulator_user"),
        ("accept-language", "en;q=x,,zh"),
        ("user-agent", "MicroMessenger"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", "[::1"),
        ("origin", "null"),
    ]);
    let headers = prop::collection::vec(header, 0..3);
    (method, any_path(), prop::collection::vec(any_parameter(), 0..8), headers, any_body()).prop_map(
        |(method, path, query, headers, body)| {
            let mut request = Request::get("/");
            request.method = method;
            request.path = path;
            request.query = query.join("&");
            request.body = body.into_bytes();
            headers.into_iter().fold(request, |request, (name, value)| request.with_header(name, value))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_the_answer_can_be_sent(
        requests in prop::collection::vec(any_request(), 1..12),
        now in prop_oneof![Just(0), Just(u64::MAX), Just(1_790_000_000)],
        misbehaviour in prop::sample::select(Misbehaviour::ALL.to_vec()),
    ) {
        let mut world = world();
        for appid in world.accounts().iter().map(|account| account.appid().to_string()).collect::<Vec<_>>() {
            world.set_misbehaviours(&appid, &[misbehaviour]);
        }
        for request in requests {
            let reply = world.handle(&request, UnixTime::from_secs(now));
            prop_assert!((200..600).contains(&reply.status));
            for (name, value) in &reply.headers {
                prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{name}: {value:?}");
            }
            let _counted = world.misbehaviours_waiting();
        }
    }
}
