//! Real bodies, URLs and callbacks, where a collection of them lies beside the repository: each has the outcome that
//! was decided for it. The other tests hold samples of their own, so nothing is lost where there is none.
#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use common::{Run, run, run_with_input};
use serde::Deserialize;
use serde_json::Value;
use wechat_oauth::{
    Account, App, AppId, AppSecret, Code, ComponentAccessToken, Grant, GrantReport, ProfileLang, RedirectUri,
    Scope, State, UnixTime,
};

#[derive(Deserialize)]
struct Sample {
    id: String,
    endpoint: String,
    kind: String,
    body: String,
    #[serde(default)]
    inputs: Value,
}

impl Sample {
    fn input(&self, name: &str) -> Option<&str> {
        self.inputs[name].as_str()
    }

    fn is(&self, prefix: &str) -> bool {
        self.id.starts_with(prefix)
    }
}

const MALFORMED: [&str; 7] = [
    "at-logto-no-openid",
    "at-aicrm-base",
    "at-aicrm-no-unionid",
    "at-wechat-oauth-float-expiry",
    "ui-doc-old-broken",
    "ui-logto-min",
    "e-empty-body",
];

const SNAPSHOTS: [&str; 3] = ["at-aicrm-snapshot", "at-doc-2022-snapshot", "at-doc-2025-noscope"];

/// What the lint finds; warnings are marked.
const LINTED: [(&str, &[&str]); 17] = [
    ("u-doc-base", &[]),
    ("u-doc-userinfo", &["redirect_http?"]),
    ("u-doc-website", &["well_known_state?"]),
    ("u-doc-component", &["appid_shape?", "appid_shape?", "redirect_invalid", "scope_unknown"]),
    ("u-node-3", &["appid_shape?", "redirect_http?"]),
    ("u-node-5", &["appid_shape?", "redirect_http?"]),
    ("u-wechatpy-1", &["appid_shape?", "state_missing"]),
    ("u-wxjava", &["appid_shape?", "redirect_http?", "scope_unknown"]),
    ("u-senparc-2", &["appid_shape?", "redirect_invalid", "response_type"]),
    ("u-senparc-3", &["appid_shape?", "redirect_invalid", "response_type"]),
    ("u-senparc-4", &["appid_shape?", "redirect_invalid", "response_type"]),
    ("u-senparc-5", &["appid_shape?", "redirect_invalid", "response_type"]),
    ("u-nsoc-1", &["unknown_parameter?", "order", "appid_shape?", "redirect_http?", "state_missing"]),
    ("u-wecom-overtrue", &["appid_shape?", "redirect_invalid", "state_missing"]),
    ("u-wecom-doc-lowerhex", &["appid_shape?", "redirect_http?", "state_empty"]),
    (
        "u-bad-param-after-fragment",
        &["order", "appid_shape?", "redirect_http?", "state_alphabet", "after_fragment"],
    ),
    ("u-bad-partial-encoding", &["partly_encoded?", "after_fragment"]),
];

/// The authorize URLs that the strict types allow, and that are as WeChat wants them.
const BUILT: [&str; 5] = ["u-doc-base", "u-doc-userinfo", "u-doc-website", "u-node-3", "u-node-5"];

/// The samples, if they are there.
fn samples() -> Vec<Sample> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/wire/samples.jsonl");
    let lines = std::fs::read_to_string(path).unwrap_or_default();
    let samples: Vec<Sample> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    if samples.is_empty() {
        eprintln!("no samples beside the repository: nothing is compared");
    } else {
        assert_eq!(samples.len(), 95);
    }
    samples
}

#[test]
fn every_sample_is_of_a_kind_that_is_compared() {
    for sample in samples() {
        let is_body = ["at-", "cat-", "rt-", "ui-", "auth-", "e-"].iter().any(|prefix| sample.is(prefix));
        let is_other = sample.is("u-") || sample.is("req-") || sample.is("cb-");
        assert!(is_body != is_other, "{}", sample.id);
    }
}

#[test]
fn every_body_is_read_as_decided() {
    let mut seen = 0;
    for sample in samples() {
        let read: &[&str] = match &*sample.endpoint {
            "access_token" => &["read", "exchange"],
            "component_access_token" => &["read", "exchange", "--component"],
            "refresh_token" => &["read", "refresh"],
            "auth" => &["read", "check"],
            "userinfo" => &["read", "profile"],
            _ => continue,
        };
        if sample.is("req-") {
            continue;
        }
        seen += 1;
        let id = &sample.id;
        let outcome = run_with_input(read, &sample.body);
        let document = outcome.json();
        if MALFORMED.contains(&&**id) {
            assert_eq!(
                (&document["error"]["kind"], outcome.exit),
                (&"malformed".into(), 3),
                "{id}: {outcome:?}"
            );
        } else if sample.kind == "error" {
            let body: Value = serde_json::from_str(&sample.body).unwrap();
            assert_eq!(
                (&document["error"]["errcode"], outcome.exit),
                (&body["errcode"], 2),
                "{id}: {outcome:?}"
            );
            assert_eq!(document["error"]["kind"], "refused", "{id}");
        } else {
            assert_eq!(outcome.exit, 0, "{id}: {outcome:?}");
            if read[1] == "exchange" || read[1] == "refresh" {
                assert_eq!(document["snapshot"], SNAPSHOTS.contains(&&**id), "{id}");
            }
        }
    }
    assert!(seen == 0 || seen == 95 - 17 - 7 - 8, "{seen} bodies");
}

#[test]
fn every_authorize_url_is_linted_as_decided() {
    for sample in samples().iter().filter(|sample| sample.is("u-")) {
        let (_, expected) = LINTED.iter().find(|(id, _)| *id == sample.id).unwrap();
        let linted = run(&["lint", &sample.body]);
        let mark = |finding: &Value| {
            let mark = if finding["severity"] == "warning" { "?" } else { "" };
            format!("{}{mark}", finding["code"].as_str().unwrap())
        };
        let document = linted.json();
        let found: Vec<_> = document["findings"].as_array().unwrap().iter().map(mark).collect();
        assert_eq!(found, *expected, "{}", sample.id);
        assert_eq!(linted.exit, if expected.is_empty() { 0 } else { 2 }, "{}", sample.id);
    }
}

#[test]
fn the_documentations_urls_are_built_to_the_byte() {
    for sample in samples().iter().filter(|sample| sample.is("u-")) {
        let input = |name: &str| sample.input(name).unwrap_or_default();
        let mut args = vec!["authorize-url"];
        let names = [
            ("--appid", "appid"),
            ("--redirect-uri", "redirect_uri"),
            ("--scope", "scope"),
            ("--state", "state"),
            ("--component-appid", "component_appid"),
        ];
        for (option, name) in names.into_iter().filter(|(_, name)| sample.input(name).is_some()) {
            args.extend([option, input(name)]);
        }
        if BUILT.contains(&&*sample.id) {
            assert_eq!(run(&args).stdout.trim(), sample.body, "{}", sample.id);
        } else if sample.id == "u-doc-component" {
            // Its placeholders are no values, so real ones are put into both.
            assert_eq!(run(&args).exit, 1);
            let real = |text: &str| {
                text.replace("REDIRECT_URI", "https%3A%2F%2Fexample.com%2F").replace("SCOPE", "snsapi_base")
            };
            let args = args.map_values(|value| match value {
                "REDIRECT_URI" => "https://example.com/",
                "SCOPE" => "snsapi_base",
                other => other,
            });
            assert_eq!(run(&args).stdout.trim(), real(&sample.body));
        }
    }
}

trait MapValues<'a> {
    fn map_values(self, with: impl Fn(&'a str) -> &'a str) -> Self;
}

impl<'a> MapValues<'a> for Vec<&'a str> {
    fn map_values(self, with: impl Fn(&'a str) -> &'a str) -> Self {
        self.into_iter().map(with).collect()
    }
}

#[test]
fn every_callback_is_read_as_decided() {
    for sample in samples().iter().filter(|sample| sample.is("cb-")) {
        let value = |name: &str| {
            let query = sample.body.split_once('?').map_or("", |(_, query)| query);
            query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned)
        };
        let state = value("state").unwrap_or_else(|| "STATE".to_owned());
        let mut args = vec!["callback", "--state", &state];
        if sample.id == "cb-component" {
            args.extend(["--component-appid", "COMPONENT", "--appid", "APPID"]);
        }
        args.push(&sample.body);
        let callback: Run = run(&args);
        match &*sample.id {
            "cb-deny-doc" | "cb-deny-authdeny" => {
                assert_eq!((callback.error().1.as_str(), callback.exit), ("denied", 2), "{}", sample.id);
            }
            "cb-hash-quicklogin-2" => {
                assert_eq!((callback.error().1.as_str(), callback.exit), ("state_missing", 2));
            }
            id => {
                assert_eq!(callback.json()["code"].as_str(), value("code").as_deref(), "{id}");
                assert_eq!(callback.exit, 0, "{id}");
            }
        }
    }
}

#[test]
fn the_documentations_requests_are_built_to_the_byte() {
    for sample in samples().iter().filter(|sample| sample.is("req-")) {
        let expected = match &*sample.id {
            // The language is always sent.
            "req-aspnet-userinfo" => format!("{}&lang=zh_CN", sample.body),
            _ => sample.body.clone(),
        };
        assert_eq!(request(sample), expected, "{}", sample.id);
    }
}

fn request(sample: &Sample) -> String {
    let value = |name: &str| {
        let query = sample.body.split_once('?').unwrap().1;
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or("X").to_owned()
    };
    let appid: AppId = value("appid").parse().unwrap();
    let token = ComponentAccessToken::new(value("component_access_token")).unwrap();
    let app = if sample.body.contains("/component/") {
        App::component(appid.clone(), value("component_appid").parse().unwrap()).with_component_token(token)
    } else {
        App::official_account(appid.clone(), AppSecret::new(value("secret")).unwrap())
    };
    let report = serde_json::json!({
        "access_token": value("access_token"), "expires_in": 7200, "refresh_token": value("refresh_token"),
        "openid": value("openid"), "scopes": ["snsapi_userinfo"], "scopes_assumed": false, "unionid": null,
        "snapshot": false
    });
    let report: GrantReport = serde_json::from_value(report).unwrap();
    let grant: Grant = report.into_grant(appid, UnixTime::from_secs(0)).unwrap();
    let code = || Code::received_without_state(&value("code")).unwrap();
    let url = |request: &wechat_oauth::Request| request.url().expose().to_owned();
    match &*sample.endpoint {
        "access_token" | "component_access_token" => url(app.exchange(code()).unwrap().request()),
        "refresh_token" => url(app.refresh(&grant).unwrap().request()),
        "auth" => url(app.check(&grant).unwrap().request()),
        "userinfo" => url(app.profile(&grant, ProfileLang::default()).unwrap().request()),
        other => unreachable!("{other}"),
    }
}

#[test]
fn a_sample_of_our_own_for_each_outcome() {
    // What the tests above compare, in small, where there is no collection.
    let app = App::new(Account::OfficialAccount { appid: "wx0123456789abcdef".parse().unwrap() });
    let redirect_uri = RedirectUri::parse("https://example.com/cb?a=1&b=2").unwrap();
    let login = app.login(Scope::Base, &redirect_uri).build().unwrap();
    let url = login.authorize_url(&State::new("S1").unwrap());
    assert_eq!(
        url.as_str(),
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef\
         &redirect_uri=https%3A%2F%2Fexample.com%2Fcb%3Fa%3D1%26b%3D2&response_type=code&scope=snsapi_base\
         &state=S1#wechat_redirect"
    );
    assert_eq!(run(&["lint", url.as_str()]).exit, 0);
    for (read, body, exit) in [
        ("exchange", r#"{"openid":"o","access_token":"A","expires_in":0.1,"refresh_token":"R"}"#, 3),
        ("exchange", r#"{"openid":"o","is_snapshotuser":true}"#, 0),
        (
            "refresh",
            r#"{"openid":"o","access_token":"A","expires_in":1,"refresh_token":"R","scope":"x,"}"#,
            0,
        ),
        ("profile", r#"{"unionid":"u","nickname":"n"}"#, 3),
        ("profile", r#"{"openid":"o"}"#, 0),
        ("check", r#"{"errcode":40003,"errmsg":"invalid openid"}"#, 2),
    ] {
        assert_eq!(run_with_input(&["read", read], body).exit, exit, "{read} {body}");
    }
}
