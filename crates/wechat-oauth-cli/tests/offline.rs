//! The commands that need no network.

mod common;

use common::{Run, command, finish, run, run_with_input};
use serde_json::{Value, json};

const APPID: &str = "wx0123456789abcdef";

fn authorize(args: &[&str]) -> Run {
    let mut all =
        vec!["authorize-url", "--appid", APPID, "--redirect-uri", "https://www.example.com/callback"];
    all.extend(args);
    run(&all)
}

#[test]
fn authorize_url_prints_exactly_the_url() {
    let official = authorize(&["--scope", "snsapi_userinfo", "--state", "S1"]);
    assert_eq!(
        official.stdout,
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef\
         &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_userinfo\
         &state=S1#wechat_redirect\n"
    );
    assert_eq!((official.stderr.as_str(), official.exit), ("", 0));

    let every_option = authorize(&[
        "--scope",
        "snsapi_base",
        "--state",
        "S1",
        "--component-appid",
        "wxfedcba9876543210",
        "--force-popup",
        "--force-snapshot",
        "--connect-redirect",
        "--base-url",
        "http://127.0.0.1:8787",
    ]);
    assert_eq!(
        every_option.stdout,
        "http://127.0.0.1:8787/connect/oauth2/authorize?appid=wx0123456789abcdef\
         &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_base&state=S1\
         &component_appid=wxfedcba9876543210&forcePopup=true&forceSnapShot=true&connect_redirect=1#wechat_redirect\n"
    );
    let qr = authorize(&["--scope", "snsapi_login", "--state", "S1", "--lang", "en"]);
    assert_eq!(
        qr.stdout,
        "https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef\
         &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_login&state=S1\
         &lang=en#wechat_redirect\n"
    );
}

#[test]
fn authorize_url_makes_a_fresh_state_each_time() {
    let state = || {
        let url = authorize(&["--scope", "snsapi_base"]).stdout;
        url.split("&state=").nth(1).unwrap().split('#').next().unwrap().to_owned()
    };
    let (one, other) = (state(), state());
    assert_eq!(one.len(), 64);
    assert_ne!(one, other);
}

#[test]
fn authorize_url_warns_on_standard_error_and_still_succeeds() {
    let odd = run(&[
        "authorize-url",
        "--appid",
        "odd",
        "--redirect-uri",
        "http://10.0.0.1:8080/cb",
        "--scope",
        "snsapi_base",
        "--state",
        "3d6be0a4035d839573b04816624a415e",
    ]);
    assert_eq!(odd.exit, 0);
    assert!(odd.stdout.starts_with("https://open.weixin.qq.com/") && odd.stdout.lines().count() == 1);
    assert_eq!(odd.stderr.lines().filter(|line| line.starts_with("warning: ")).count(), 5, "{}", odd.stderr);
}

#[test]
fn authorize_url_says_what_does_not_go_together() {
    for (args, said) in [
        (&["--scope", "snsapi_wrong"][..], "no such scope"),
        (&["--scope", "snsapi_base", "--state", ""], "the state is empty"),
        (&["--scope", "snsapi_base", "--state", "a_b"], "the state"),
        (&["--scope", "snsapi_base", "--lang", "cn"], "lang does not exist on the official page"),
        (&["--scope", "snsapi_login", "--force-popup"], "forcePopup does not exist on the QR page"),
        (&["--scope", "snsapi_login", "--component-appid", "wxc"], "10005"),
        (&["--scope", "snsapi_base", "--base-url", "http://example.com"], "https"),
        (&["--scope", "snsapi_base", "--base-url", "https://example.com"], ""),
    ] {
        let refused = authorize(args);
        assert_eq!((refused.exit, refused.stdout.as_str()), (1, ""), "{args:?}");
        assert!(
            refused.stderr.starts_with("error: ") && refused.stderr.contains(said),
            "{args:?}: {refused:?}"
        );
    }
    for redirect_uri in
        ["/callback", "ftp://example.com/", "https://example.com/#/route", "https://e.com/?code=1"]
    {
        let args =
            ["authorize-url", "--appid", APPID, "--scope", "snsapi_base", "--redirect-uri", redirect_uri];
        assert_eq!(run(&args).exit, 1, "{redirect_uri}");
    }
}

#[test]
fn callback_prints_the_code() {
    for came in ["code=C1&state=S1", "/cb?code=C1&state=S1", "https://www.example.com/cb?code=C1&state=S1#x"]
    {
        let callback = run(&["callback", "--state", "S1", came]);
        assert_eq!((callback.json(), callback.exit), (json!({"code": "C1"}), 0), "{came}");
        assert_eq!(callback.stderr, "");
    }
    let component = ["callback", "--state", "S1", "--component-appid", "wxc", "--appid", "wxa"];
    let with = |came: &'static str| run(&[&component[..], &[came]].concat());
    assert_eq!(with("code=C1&state=S1&appid=wxa").json(), json!({"code": "C1"}));
    assert_eq!(
        with("code=C1&state=S1&appid=wxb").error(),
        ("callback".to_owned(), "appid_mismatch".to_owned())
    );
}

#[test]
fn every_callback_error_has_its_reason_and_exits_with_two() {
    let long_code = format!("code={}&state=S1", "c".repeat(513));
    let long_query = format!("code=C1&state=S1&x={}", "x".repeat(9000));
    for (came, reason) in [
        ("code=C1", "state_missing"),
        ("code=C1&state=", "state_empty"),
        ("code=C1&state=S2", "state_mismatch"),
        ("code=C1&state=S1&state=S1", "state_repeated"),
        ("state=S1", "denied"),
        ("code=authdeny&state=S1", "denied"),
        ("code=&state=S1", "code_empty"),
        ("code=C1&code=C2&state=S1", "code_repeated"),
        (&long_code, "code_too_long"),
        ("code=C%201&state=S1", "code_alphabet"),
        ("code=%&state=S1", "bad_encoding"),
        (&long_query, "query_too_long"),
        ("", "state_missing"),
    ] {
        let callback = run(&["callback", "--state", "S1", came]);
        assert_eq!(callback.json(), json!({"error": {"kind": "callback", "reason": reason}}), "{came}");
        assert_eq!(callback.exit, 2, "{came}");
        assert!(callback.stderr.starts_with("error: "), "{came}");
    }
    let component =
        run(&["callback", "--state", "S1", "--component-appid", "c", "--appid", "a", "code=C&state=S1"]);
    assert_eq!((component.error().1.as_str(), component.exit), ("appid_missing", 2));
}

#[test]
fn an_expected_state_that_cannot_be_one_is_configuration_and_matches_nothing() {
    for state in ["", "a b", "a_b", "é"] {
        for came in ["code=C1&state=", "code=C1", &format!("code=C1&state={state}")] {
            let callback = run(&["callback", "--state", state, came]);
            assert_eq!(
                callback.error(),
                ("configuration".to_owned(), "invalid_value".to_owned()),
                "{state:?}"
            );
            assert_eq!(callback.exit, 1);
        }
    }
}

#[test]
fn read_prints_a_grant() {
    let body = r#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scope":"snsapi_base,","unionid":"u1"}"#;
    let read = run_with_input(&["read", "exchange"], body);
    assert_eq!(
        read.stdout,
        concat!(
            r#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scopes":["snsapi_base"],"#,
            r#""scopes_assumed":false,"unionid":"u1","snapshot":false}"#,
            "\n"
        )
    );
    assert_eq!((read.stderr.as_str(), read.exit), ("", 0));

    let without_scope = r#"{"access_token":"AT","expires_in":"300","refresh_token":"RT","openid":"o1"}"#;
    let read = run_with_input(&["read", "refresh", "--scope", "snsapi_userinfo"], without_scope).json();
    assert_eq!(read["scopes"], json!(["snsapi_userinfo"]));
    assert_eq!((&read["scopes_assumed"], &read["expires_in"]), (&json!(true), &json!(300)));
    let read = run_with_input(&["read", "exchange"], without_scope).json();
    assert_eq!((&read["scopes"], &read["scopes_assumed"]), (&json!([]), &json!(true)));
}

#[test]
fn read_prints_a_snapshot_with_null_for_what_it_lacks() {
    let read =
        run_with_input(&["read", "exchange"], r#"{"openid":"v","access_token":"","is_snapshotuser":1}"#);
    assert_eq!(
        read.json(),
        json!({"access_token": null, "expires_in": null, "refresh_token": null, "openid": "v", "scopes": [],
            "scopes_assumed": true, "unionid": null, "snapshot": true})
    );
    assert_eq!(read.exit, 0);
}

#[test]
fn read_prints_a_profile_with_its_exact_text() {
    let body = "\u{feff}{\"openid\":\"o1\",\"nickname\":\"a\u{7}\\u0014\u{202e}<b>\",\"sex\":2,\"language\":\"\",\
        \"headimgurl\":\"http:\\/\\/thirdwx.qlogo.cn\\/mmopen\\/x\\/132\",\"privilege\":null,\"remark\":{\"a\":[1]}}";
    let read = run_with_input(&["read", "profile", "--openid", "o1"], body);
    assert_eq!(
        read.json(),
        json!({"openid": "o1", "unionid": null, "nickname": "a\u{7}\u{14}\u{202e}<b>", "sex": 2, "language": "",
            "province": "", "city": "", "country": "", "avatar": "https://thirdwx.qlogo.cn/mmopen/x/132",
            "privileges": [], "extra": {"remark": {"a": [1]}}})
    );
    assert_eq!(read.exit, 0);
    let keys: Vec<_> =
        ["openid", "unionid", "nickname", "sex", "language", "province", "city", "country", "avatar"]
            .map(|key| read.stdout.find(&format!("\"{key}\":")).unwrap())
            .into();
    assert!(keys.is_sorted(), "{}", read.stdout);
}

#[test]
fn read_takes_bytes_that_are_no_text() {
    let read = run_with_input(&["read", "profile"], b"{\"openid\":\"o1\",\"nickname\":\"a\xff\"}");
    assert_eq!(read.json()["nickname"], "a\u{fffd}");
}

#[test]
fn read_check_says_valid_or_exits_with_two() {
    let valid = run_with_input(&["read", "check"], r#"{"errcode":0,"errmsg":"ok"}"#);
    assert_eq!((valid.json(), valid.exit), (json!({"valid": true}), 0));
    let invalid =
        run_with_input(&["read", "check"], r#"{"errcode":40003,"errmsg":"invalid openid, rid: 1-2-3"}"#);
    assert_eq!(
        invalid.json(),
        json!({"valid": false, "error": {"kind": "refused", "errcode": 40003, "name": "invalid_openid",
            "message": "invalid openid", "request_id": "1-2-3", "advice": "restart_authorization"}})
    );
    assert_eq!(invalid.exit, 2);
    let busy = run_with_input(&["read", "check"], r#"{"errcode":-1,"errmsg":"system error"}"#);
    assert_eq!((busy.json()["error"]["advice"].as_str(), busy.exit), (Some("retry_later"), 2));
}

#[test]
fn read_prints_a_refusal_and_exits_with_two() {
    let refused = run_with_input(&["read", "exchange"], r#"{"errcode":40029,"errmsg":"invalid code"}"#);
    assert_eq!(
        refused.stdout.trim(),
        concat!(
            r#"{"error":{"kind":"refused","errcode":40029,"name":"invalid_code","message":"invalid code","#,
            r#""request_id":null,"advice":"restart_authorization"}}"#
        )
    );
    assert_eq!(refused.exit, 2);
    assert!(refused.stderr.contains("wechat-oauth explain 40029"), "{}", refused.stderr);

    let stale = r#"{"errcode":42001,"errmsg":"access_token expired"}"#;
    for (args, advice) in [
        (&["read", "profile"][..], "refresh"),
        (&["read", "refresh"], "restart_authorization"),
        (&["read", "exchange"], "fix_configuration"),
        (&["read", "exchange", "--component"], "renew_component_token"),
        (&["read", "refresh", "--component"], "renew_component_token"),
    ] {
        assert_eq!(run_with_input(args, stale).json()["error"]["advice"], advice, "{args:?}");
    }
    let with_status = run_with_input(&["read", "exchange", "--status", "500"], stale);
    assert_eq!((with_status.error().0.as_str(), with_status.exit), ("refused", 2));
    let unknown = run_with_input(&["read", "exchange"], r#"{"errcode":"123456","errmsg":" x "}"#).json();
    assert_eq!(unknown["error"]["name"], Value::Null);
    assert_eq!(unknown["error"]["message"], "x");
}

#[test]
fn read_says_where_a_body_breaks_and_exits_with_three() {
    let over = "x".repeat(70_000);
    for (args, body, document) in [
        (
            &["read", "exchange"][..],
            "",
            json!({"kind": "malformed", "status": 200, "line": null, "column": null, "reason": "empty", "field": null}),
        ),
        (
            &["read", "exchange"],
            "{\"openid\":\"o\",\n<",
            json!({"kind": "malformed", "status": 200, "line": 2, "column": 1, "reason": "not_json", "field": null}),
        ),
        (
            &["read", "profile", "--openid", "o1"],
            r#"{"openid":"o2"}"#,
            json!({"kind": "malformed", "status": 200, "line": null, "column": null, "reason": "openid_mismatch",
                "field": "openid"}),
        ),
        (
            &["read", "check", "--status", "502"],
            "<html>",
            json!({"kind": "malformed", "status": 502, "line": null, "column": null, "reason": "http_status",
                "field": null}),
        ),
        (
            &["read", "exchange"],
            &over,
            json!({"kind": "malformed", "status": 200, "line": null, "column": null, "reason": "too_large",
                "field": null}),
        ),
    ] {
        let malformed = run_with_input(args, body);
        assert_eq!((&malformed.json()["error"], malformed.exit), (&document, 3), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn read_stops_reading_at_its_limit() {
    // An endless input would hang a reader that wants all of it.
    let mut command = command(&["read", "profile"]);
    command.stdin(std::fs::File::open("/dev/zero").unwrap());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn read_refuses_expectations_that_cannot_be() {
    for args in [&["read", "profile", "--openid", "a b"][..], &["read", "exchange", "--scope", "snsapi_x"]] {
        let refused = run_with_input(args, "{}");
        assert_eq!((refused.error().0.as_str(), refused.exit), ("configuration", 1), "{args:?}");
    }
}

#[test]
fn lint_prints_findings_and_exits_with_two() {
    let good = authorize(&["--scope", "snsapi_base"]).stdout;
    let clean = run(&["lint", good.trim(), "--domain", "www.example.com"]);
    assert_eq!((clean.json(), clean.exit), (json!({"findings": []}), 0));

    let wrong_domain = run(&["lint", good.trim(), "--domain", "example.com"]);
    assert_eq!(wrong_domain.exit, 2);
    let finding = &wrong_domain.json()["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["severity"], &finding["page"]),
        (&json!("domain"), &json!("error"), &json!(10003))
    );
    assert!(finding["message"].is_string() && finding["fix"].is_string());

    let other = run(&["lint", "https://example.com/"]).json();
    assert_eq!(other["findings"][0]["code"], "not_authorize_page");
    // A warning is a finding too.
    let sample_state =
        authorize(&["--scope", "snsapi_base", "--state", "3d6be0a4035d839573b04816624a415e"]).stdout;
    let warned = run(&["lint", sample_state.trim()]);
    assert_eq!((warned.json()["findings"][0]["severity"].as_str(), warned.exit), (Some("warning"), 2));
}

#[test]
fn lint_text_is_for_people() {
    let good = authorize(&["--scope", "snsapi_base"]).stdout;
    let text = run(&["lint", "--text", good.trim(), "--domain", "example.com"]);
    assert!(text.stdout.starts_with("error domain (page 10003): "), "{}", text.stdout);
    assert!(text.stdout.contains("\n  fix: "), "{}", text.stdout);
    assert_eq!(text.exit, 2);
    let clean = run(&["lint", "--text", good.trim()]);
    assert_eq!((clean.stdout.as_str(), clean.exit), ("no findings\n", 0));
}

#[test]
fn explain_speaks_english_and_chinese() {
    let english = run(&["explain", "40029"]);
    assert!(english.stdout.starts_with("40029 invalid_code\n"), "{}", english.stdout);
    assert!(english.stdout.contains("Advice: restart_authorization"), "{}", english.stdout);
    assert_eq!((english.stderr.as_str(), english.exit), ("", 0));
    let chinese = run(&["explain", "40029", "--lang", "zh"]);
    assert!(chinese.stdout.contains("处理办法："), "{}", chinese.stdout);
    let mut by_locale = command(&["explain", "10003"]);
    by_locale.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "zh_CN.UTF-8");
    let by_locale = finish(by_locale, b"");
    assert!(by_locale.stdout.starts_with("10003 redirect_domain_mismatch\n"), "{}", by_locale.stdout);
    assert!(by_locale.stdout.contains("含义："), "{}", by_locale.stdout);
    let english = run(&["explain", "10003"]);
    assert!(english.stdout.contains("it never reaches the callback") && !english.stdout.contains("Advice:"));
}

#[test]
fn explain_takes_minus_one_and_says_whose_call_matters() {
    let busy = run(&["explain", "-1"]);
    assert!(busy.stdout.starts_with("-1 system_busy\n") && busy.exit == 0, "{busy:?}");
    let stale = run(&["explain", "40001"]).stdout;
    assert!(stale.contains("restart_authorization (refresh); refresh (check, profile)"), "{stale}");
    assert!(!run(&["explain", "0"]).stdout.contains("Advice"));
}

#[test]
fn every_code_of_the_core_is_explained_in_both_languages() {
    for explanation in wechat_oauth::explanations() {
        for lang in ["zh", "en"] {
            let code = explanation.code.to_string();
            let explained = run(&["explain", &code, "--lang", lang]);
            assert!(explained.stdout.starts_with(&format!("{code} {}\n", explanation.name)), "{explained:?}");
            assert_eq!(explained.exit, 0);
        }
    }
}

#[test]
fn an_unknown_code_exits_with_two_and_a_word_with_one() {
    let unknown = run(&["explain", "123456"]);
    assert_eq!((unknown.exit, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.contains("123456"));
    assert!(run(&["explain", "123456", "--lang", "zh"]).stderr.contains("错误码"));
    assert_eq!(run(&["explain", "invalid"]).exit, 1);
}

#[test]
fn usage_errors_exit_with_one_and_help_with_zero() {
    for args in [
        &[][..],
        &["nonsense"],
        &["callback"],
        &["callback", "--state", "S1"],
        &["callback", "--state", "S1", "--component-appid", "c", "code=C&state=S1"],
        &["read"],
        &["read", "nonsense"],
        &["read", "exchange", "--status", "many"],
        &["explain"],
        &["lint"],
        &["exchange"],
        &["authorize-url", "--appid", APPID],
        &["emulator", "--user", "o1"],
        &["emulator", "--listen", "nowhere"],
    ] {
        let usage = run(args);
        assert_eq!((usage.exit, usage.stdout.as_str()), (1, ""), "{args:?}");
        assert!(!usage.stderr.is_empty(), "{args:?}");
    }
    let version = run(&["--version"]);
    assert_eq!((version.exit, version.stdout), (0, format!("wechat-oauth {}\n", env!("CARGO_PKG_VERSION"))));
    let commands = [
        "authorize-url",
        "callback",
        "read",
        "exchange",
        "refresh",
        "check",
        "profile",
        "lint",
        "explain",
        "emulator",
        "demo",
    ];
    let overview = run(&["--help"]);
    for name in commands {
        assert!(overview.stdout.contains(&format!("\n  {name} ")), "{name}");
        let help = run(&[name, "--help"]);
        assert_eq!((help.exit, help.stderr.as_str()), (0, ""), "{name}");
        assert!(
            help.stdout.contains("Examples:\n  ") && help.stdout.contains(&format!("wechat-oauth {name}"))
        );
    }
}

#[test]
fn a_misspelt_word_is_told_and_anything_else_is_not_repeated() {
    let command = run(&["exchagne"]).stderr;
    assert!(command.contains("'exchagne'") && command.contains("'exchange'"), "{command}");
    let option = run(&["explain", "1", "--lagn", "zh"]).stderr;
    assert!(option.contains("'--lagn'") && option.contains("'--lang'"), "{option}");
    for args in [&["0123456789abcdef"][..], &["explain", "1", "--0123456789abcdef"]] {
        let wrong = run(args).stderr;
        assert!(wrong.contains("[not shown]") && !wrong.contains("tip"), "{wrong}");
    }
}

#[test]
fn a_byte_order_mark_before_the_input_does_not_matter() {
    let grant = r#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scopes":["snsapi_base"],"scopes_assumed":false,"unionid":null,"snapshot":false}"#;
    let dry = ["--appid", "wx1", "--dry-run"];
    let checked = run_with_input(&[&["check"][..], &dry].concat(), format!("\u{feff}{grant}\r\n"));
    assert_eq!(checked.exit, 0, "{checked:?}");
    let path = std::env::temp_dir().join(format!("wechat-oauth-mark-{}.txt", std::process::id()));
    std::fs::write(&path, "\u{feff}0123456789abcdef0123456789abcdef\r\n").unwrap();
    let file = ["--secret-file", path.to_str().unwrap()];
    for code in ["\u{feff}C1\r\n", "\u{feff}{\"code\":\"C1\"}\r\n"] {
        let exchanged = run_with_input(&[&["exchange"][..], &dry, &file].concat(), code);
        assert_eq!(exchanged.exit, 0, "{exchanged:?}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_base_url_is_refused_in_words_for_the_command_line() {
    let refused = authorize(&["--scope", "snsapi_base", "--base-url", "https://example.com"]).stderr;
    assert!(refused.contains("api.weixin.qq.com") && !refused.contains("::"), "{refused}");
}

#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::Stdio;
    for args in
        [&["explain", "10003"][..], &["--help"], &["lint", "x"], &["emulator", "--list-misbehaviours"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code().is_some_and(|exit| exit <= 2), "{args:?}: {:?}", output.status);
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_told() {
    for args in [&["explain", "10003"][..], &["lint", "x"], &["callback", "--state", "S", "code=C&state=S"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(
            String::from_utf8(output.stderr).unwrap().contains("standard output cannot be written"),
            "{args:?}"
        );
    }
}
