use serde_json::Value;
use wechat_oauth_core::{ErrorDocument, Expected, MAX_BODY, OpenId, Operation, Scope, UnixTime, read_report};

use super::*;

const APP: &str = r#"{"account":"official_account","appid":"wx1","secret":"s3cr3t-s3cr3t"}"#;
const LOGIN: &str = r#"{"scope":"snsapi_userinfo","redirect_uri":"https://example.com/cb","state":"S1"}"#;
const GRANT: &str =
    r#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scope":"snsapi_userinfo"}"#;
const PROFILE: &str =
    r#"{"openid":"o1","nickname":"Lily","sex":2,"unionid":"u1","headimgurl":"","privilege":[]}"#;
const NOW: u64 = 1_790_000_000;

fn parsed(text: &Text) -> Value {
    serde_json::from_str(text.expose()).unwrap()
}

/// The kind and the reason of an error's document.
fn told<T: fmt::Debug>(result: Result<T, Text>) -> (String, String) {
    let document = parsed(&result.unwrap_err());
    let part = |name: &str| document["error"][name].as_str().unwrap_or_default().to_owned();
    (part("kind"), part("reason"))
}

fn misuse<T: fmt::Debug>(result: Result<T, Text>) -> String {
    let (kind, reason) = told(result);
    assert_eq!(kind, "misuse", "{reason}");
    reason
}

fn app() -> u64 {
    let Opened { handle, document } = app_new(APP.as_bytes()).unwrap();
    assert_eq!(document.expose(), "{}");
    handle
}

fn pending() -> String {
    let begun = parsed(&begin(app(), LOGIN.as_bytes()).unwrap());
    begun["pending"].to_string()
}

fn code() -> u64 {
    accept(pending().as_bytes(), b"code=C0DE&state=S1").unwrap().handle
}

fn answered(flow: u64, body: &str) -> Value {
    parsed(&flow_answer(flow, 200, body.as_bytes(), NOW).unwrap())
}

fn signed_in() -> Value {
    let flow = sign_in(app(), code(), b"").unwrap().handle;
    answered(flow, GRANT);
    answered(flow, PROFILE);
    parsed(&flow_finish(flow).unwrap())
}

fn stored() -> String {
    signed_in()["stored_grant"].to_string()
}

#[test]
fn a_login_goes_from_the_url_to_the_person() {
    let app = app();
    let begun = parsed(&begin(app, LOGIN.as_bytes()).unwrap());
    assert!(begun["url"].as_str().unwrap().contains("&state=S1#wechat_redirect"));
    let Opened { handle: code, document } =
        accept(begun["pending"].to_string().as_bytes(), b"https://example.com/cb?code=C0DE&state=S1")
            .unwrap();
    assert_eq!(document.expose(), r#"{"code":"C0DE"}"#);
    let Opened { handle: flow, document } = sign_in(app, code, br#"{"lang":"en"}"#).unwrap();
    assert_eq!(document.expose(), flow_step(flow).unwrap().expose());
    assert_eq!(parsed(&document)["operation"], "exchange");
    let next = answered(flow, GRANT);
    assert!(next["url"].as_str().unwrap().ends_with("&lang=en"), "{}", next["redacted_url"]);
    assert_eq!(answered(flow, PROFILE)["step"], "done");
    let person = parsed(&flow_finish(flow).unwrap());
    assert_eq!((&person["openid"], &person["profile"]["nickname"]), (&"o1".into(), &"Lily".into()));
    assert_eq!(person["stored_grant"]["issued_at"], NOW);
    for handle in [app, code, flow] {
        handle_free(handle).unwrap();
        assert_eq!(misuse(handle_free(handle)), "unknown_handle");
    }
}

#[test]
fn a_flow_waits_where_wechat_is_busy_and_goes_on_after_a_loss() {
    let flow = renew(app(), stored().as_bytes()).unwrap().handle;
    assert_eq!(answered(flow, r#"{"errcode":-1,"errmsg":"system error"}"#)["milliseconds"], 1000);
    assert_eq!(misuse(flow_answer(flow, 200, b"{}", NOW)), "not_sending");
    assert_eq!(parsed(&flow_waited(flow).unwrap())["operation"], "refresh");
    assert_eq!(misuse(flow_waited(flow)), "not_waiting");
    assert_eq!(parsed(&flow_lost(flow, b"timeout", b"body").unwrap())["milliseconds"], 2000);
    assert_eq!(misuse(flow_finish(flow)), "not_done");
    flow_waited(flow).unwrap();
    assert_eq!(answered(flow, GRANT)["step"], "done");
    assert!(flow_finish(flow).unwrap().expose().starts_with(r#"{"grant":{"access_token":"AT""#));
    assert_eq!(misuse(flow_finish(flow)), "finished");
    assert_eq!(misuse(flow_step(flow)), "finished");
}

#[test]
fn each_single_call_is_driven_like_a_flow() {
    let (app, stored) = (app(), stored());
    for (started, body, start) in [
        (exchange(app, code()), GRANT, r#"{"grant":{"access_token":"AT""#),
        (refresh(app, stored.as_bytes()), GRANT, r#"{"grant":{"access_token":"AT""#),
        (check(app, stored.as_bytes()), r#"{"errcode":0,"errmsg":"ok"}"#, r#"{"valid":true}"#),
        (profile(app, stored.as_bytes(), b""), PROFILE, r#"{"profile":{"openid":"o1""#),
        (profile(app, stored.as_bytes(), br#"{"lang":"zh_TW"}"#), PROFILE, r#"{"profile":{"openid":"o1""#),
    ] {
        let flow = started.unwrap().handle;
        assert_eq!(answered(flow, body)["step"], "done");
        let outcome = flow_finish(flow).unwrap();
        assert!(outcome.expose().starts_with(start), "{}", outcome.expose());
    }
}

#[test]
fn what_a_failure_gives_back_is_in_its_document() {
    let stray = parsed(&accept(pending().as_bytes(), b"code=C0DE&state=S2").unwrap_err());
    assert_eq!(stray["pending"].to_string(), pending());
    let flow = sign_in(app(), code(), b"").unwrap().handle;
    answered(flow, GRANT);
    assert_eq!(answered(flow, "<html>")["step"], "done");
    let unread = parsed(&flow_finish(flow).unwrap_err());
    assert_eq!(unread["stored_grant"]["openid"], "o1");
    assert_eq!(unread["error"]["kind"], "malformed");
}

#[test]
fn a_state_is_drawn_afresh_unless_it_is_given() {
    let login = br#"{"scope":"snsapi_base","redirect_uri":"https://example.com/cb"}"#;
    let state = || parsed(&begin(app(), login).unwrap())["state"].as_str().unwrap().to_owned();
    let (first, second) = (state(), state());
    assert!(first.len() == 64 && first != second, "{first} {second}");
}

#[test]
fn answers_read_as_the_core_reads_them_byte_for_byte() {
    let long = format!(r#"{{"openid":"o1","nickname":"{}"}}"#, "x".repeat(MAX_BODY));
    let bodies: [&[u8]; 10] = [
        GRANT.as_bytes(),
        PROFILE.as_bytes(),
        br#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o2"}"#,
        br#"{"openid":"v1","is_snapshotuser":1,"scope":"snsapi_base"}"#,
        br#"{"errcode":40029,"errmsg":"invalid code \u0007 \"\u5fae\u4fe1\", rid: 1-2-3"}"#,
        br#"{"errcode":0,"errmsg":"ok"}"#,
        b"{\"openid\":\"o1\",\"nickname\":\"\xff\xfe\"}",
        b"",
        b"<html>\0",
        long.as_bytes(),
    ];
    for operation in Operation::ALL {
        for body in bodies {
            for (openid, scope) in [(None, None), (Some("o1"), Some(Scope::UserInfo))] {
                let mut request = serde_json::json!({"operation": operation.as_str(), "status": 200});
                let mut expected = Expected::default();
                if let (Some(openid), Some(scope)) = (openid, scope) {
                    request["openid"] = openid.into();
                    request["scope"] = scope.as_str().into();
                    expected = Expected { openid: Some(OpenId::new(openid).unwrap()), scope: Some(scope) };
                }
                let response = Response::new(200, body, UnixTime::from_secs(NOW));
                let theirs = read_report(operation, &response, &expected)
                    .map(|report| serde_json::to_string(&report).unwrap())
                    .map_err(|error| serde_json::to_string(&ErrorDocument::from(&error)).unwrap());
                let ours = read(request.to_string().as_bytes(), body)
                    .map(|text| text.expose().to_owned())
                    .map_err(|text| text.expose().to_owned());
                assert_eq!(ours, theirs, "{operation} {request}");
            }
        }
    }
}

#[test]
fn what_the_command_line_would_not_take_reads_as_it_says() {
    for (request, reason) in [
        (r#"{"operation":"login","status":200}"#, "operation"),
        (r#"{"operation":"check","status":200,"scope":"all"}"#, "scope"),
        (r#"{"operation":"check","status":200,"openid":""}"#, "invalid_value"),
    ] {
        let document = read(request.as_bytes(), b"{}").unwrap_err();
        assert!(!document.expose().contains("advice"), "{}", document.expose());
        assert_eq!(
            told(Err::<Text, _>(document)),
            ("configuration".to_owned(), reason.to_owned()),
            "{request}"
        );
    }
    for (request, reason) in [
        (r#"{"operation":"check","status":65536}"#, "out_of_range"),
        (r#"{"operation":"check","status":-1}"#, "out_of_range"),
        (r#"{"operation":"check"}"#, "not_readable"),
        (r#"{"operation":"check","status":200,"openId":"o1"}"#, "not_readable"),
        ("", "not_readable"),
    ] {
        assert_eq!(misuse(read(request.as_bytes(), b"{}")), reason, "{request}");
    }
}

#[test]
fn small_questions_are_answered() {
    let lint = lint(
        br#"{"url":"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1","domain":"example.com"}"#,
    );
    assert!(lint.unwrap().expose().starts_with(r#"{"findings":[{"#));
    assert_eq!(parsed(&explain(40029).unwrap())["name"], "invalid_code");
    assert_eq!(explain(i64::MIN).unwrap().expose(), "null");
    assert_eq!(browser_kind(b"Mozilla/5.0 MicroMessenger/8.0").unwrap().expose(), r#"{"browser":"wechat"}"#);
    let stored = stored();
    let freshness = parsed(&grant_at(stored.as_bytes(), NOW + 7200).unwrap());
    assert_eq!((&freshness["freshness"], &freshness["expires_at"]), (&"renew".into(), &(NOW + 7200).into()));
    let replaces = grant_replaces(stored.as_bytes(), stored.as_bytes(), NOW).unwrap();
    assert_eq!(replaces.expose(), r#"{"replaces":true}"#);
}

#[test]
fn a_refused_code_has_the_form_of_every_refused_callback() {
    let pending = pending();
    for (code, query) in [("", "code=&state=S1"), ("C 0", "code=C%200&state=S1")] {
        let by_hand = code_received_without_state(code.as_bytes(), None).unwrap_err();
        let by_callback = accept(pending.as_bytes(), query.as_bytes()).unwrap_err();
        assert_eq!(by_hand.expose(), by_callback.expose());
    }
}

#[test]
fn a_wrong_handle_is_named_and_spends_no_code() {
    let (app, code) = (app(), code());
    let flow = check(app, stored().as_bytes()).unwrap().handle;
    assert_eq!(misuse(begin(code, LOGIN.as_bytes())), "wrong_handle");
    assert_eq!(misuse(sign_in(code, app, b"")), "wrong_handle");
    assert_eq!(misuse(sign_in(app, flow, b"")), "wrong_handle");
    assert_eq!(misuse(exchange(0, code)), "unknown_handle");
    assert_eq!(misuse(sign_in(app, code, br#"{"language":"en"}"#)), "not_readable");
    assert_eq!(told(sign_in(app, code, br#"{"lang":"de"}"#)).1, "lang");
    for handle in [0, app, code, u64::MAX] {
        let expected = if handle == app || handle == code { "wrong_handle" } else { "unknown_handle" };
        assert_eq!(misuse(flow_step(handle)), expected);
        assert_eq!(misuse(flow_answer(handle, 200, b"{}", NOW)), expected);
        assert_eq!(misuse(flow_lost(handle, b"timeout", b"body")), expected);
        assert_eq!(misuse(flow_waited(handle)), expected);
        assert_eq!(misuse(flow_finish(handle)), expected);
    }
    exchange(app, code).unwrap();
    assert_eq!(misuse(exchange(app, code)), "code_used");
}

#[test]
fn a_logins_code_is_for_its_own_application_and_is_used_up_by_the_attempt() {
    let (own, code) = (app(), code());
    let other = APP.replace("wx1", "wx2");
    let other = app_new(other.as_bytes()).unwrap().handle;
    assert_eq!(told(sign_in(other, code, b"")), ("configuration".to_owned(), "app_mismatch".to_owned()));
    assert_eq!(misuse(sign_in(own, code, b"")), "code_used");
    for started in [renew(other, stored().as_bytes()), profile(other, stored().as_bytes(), b"")] {
        assert_eq!(told(started).1, "app_mismatch");
    }
}

#[test]
fn a_status_or_a_name_that_does_not_exist_leaves_the_flow_as_it_was() {
    let flow = check(app(), stored().as_bytes()).unwrap().handle;
    let before = flow_step(flow).unwrap();
    for status in [-1, 65_536, i32::MIN, i32::MAX] {
        assert_eq!(misuse(flow_answer(flow, status, b"{}", NOW)), "out_of_range");
    }
    for (reason, phase, wrong) in [
        ("late", "body", "reason"),
        ("timeout", "later", "phase"),
        ("", "", "reason"),
        ("timeout", "", "phase"),
    ] {
        let lost = flow_lost(flow, reason.as_bytes(), phase.as_bytes());
        assert_eq!(told(lost), ("configuration".to_owned(), wrong.to_owned()));
    }
    assert_eq!(flow_step(flow).unwrap().expose(), before.expose());
}

/// Every text that is JSON, cut at every byte, with every byte replaced by some that hurt: always a document, and one
/// that quotes no secret.
#[test]
fn a_broken_text_is_an_error_that_quotes_nothing() {
    let (app, pending, stored) =
        (app(), pending(), stored().replace("AT", "canary-AT").replace("RT", "canary-RT"));
    let options = APP.replace("s3cr3t-s3cr3t", "canary-s3cr3t");
    type Given<'a> = (&'a str, Box<dyn Fn(&[u8]) -> Result<Text, Text> + 'a>);
    let freed = |opened: Opened| {
        handle_free(opened.handle).unwrap();
        opened.document
    };
    let functions: [Given<'_>; 7] = [
        (&options, Box::new(|text| app_new(text).map(freed))),
        (LOGIN, Box::new(|text| begin(app, text))),
        (&pending, Box::new(|text| accept(text, b"code=C0DE&state=S1").map(freed))),
        (&stored, Box::new(|text| renew(app, text).map(freed))),
        (&stored, Box::new(|text| grant_at(text, NOW))),
        (r#"{"operation":"check","status":200}"#, Box::new(|text| read(text, br#"{"errcode":0}"#))),
        (r#"{"url":"https://example.com"}"#, Box::new(lint)),
    ];
    for (whole, function) in &functions {
        assert!(function(whole.as_bytes()).is_ok(), "{whole}");
        for cut in 0..whole.len() {
            assert_eq!(misuse(function(&whole.as_bytes()[..cut])), "not_readable", "{cut} of {whole}");
            for byte in [0, b'"', b'{', b'\\', 0x80, 0xff] {
                let mut broken = whole.as_bytes().to_vec();
                broken[cut] = byte;
                if let Err(document) = function(&broken) {
                    parsed(&document);
                    assert!(!document.expose().contains("canary"), "{}", document.expose());
                }
            }
        }
        assert_eq!(misuse(function(&[whole.as_bytes(), b"\0"].concat())), "not_readable");
        assert_eq!(misuse(function(b"\"\xff\"")), "not_utf8");
        assert_eq!(misuse(function(&[b'['; 5000])), "not_readable");
    }
}

#[test]
fn a_huge_text_is_an_error_before_it_is_read() {
    for (is_null, len, expected) in [
        (true, 0, None),
        (false, 0, None),
        (false, WXO_MAX_INPUT, None),
        (false, WXO_MAX_INPUT + 1, Some("too_large")),
        (false, usize::MAX, Some("too_large")),
        (true, usize::MAX, Some("too_large")),
        (true, 1, Some("null_pointer")),
    ] {
        let found = check_input("the text", is_null, len).err().map(Misuse::reason);
        assert_eq!(found, expected, "{is_null} {len}");
    }
}

#[test]
fn debug_shows_no_document() {
    let opened = app_new(APP.as_bytes()).unwrap();
    assert_eq!(format!("{:?}", opened.document), "Text(2 bytes)");
}

#[test]
fn a_panic_in_a_flow_stays_in_that_flow() {
    let app = app();
    let [broken, other] = [(); 2].map(|()| check(app, stored().as_bytes()).unwrap().handle);
    let panicked = std::panic::catch_unwind(|| with(broken, |_| panic!("on purpose")).is_ok());
    assert!(panicked.is_err());
    assert_eq!(misuse(flow_step(broken)), "panicked");
    assert_eq!(misuse(flow_finish(broken)), "panicked");
    handle_free(broken).unwrap();
    assert_eq!(answered(other, r#"{"errcode":0,"errmsg":"ok"}"#)["step"], "done");
}
