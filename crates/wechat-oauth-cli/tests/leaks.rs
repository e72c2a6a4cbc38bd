//! Nothing that the command prints holds a secret, whatever goes wrong; a scanner reads all of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use common::{Run, command, finish, run};
use serde_json::Value;
use wechat_oauth::Scope;
use wechat_oauth_conformance::leak::{self, FORMS};
use wechat_oauth_emulator::{AccountKind, Emulator, Endpoint, Misbehaviour};

const SECRET: &str = "canary-secret/0+1=9f8e7d6c5b4a";
const CODE: &str = "canary-code_081aBcDeFgHiJkLmNoPq";
const ACCESS_TOKEN: &str = "canary-access_97-tokentokentoken";
const REFRESH_TOKEN: &str = "canary-refresh_97-tokentokentok";
const COMPONENT_TOKEN: &str = "canary-component_97/token+token";
const STATE: &str = "canaryState0123456789abcdefghij";

/// The secrets that were printed, and in which form.
fn leaks<'a>(printed: &str, secrets: &[&'a str]) -> Vec<(&'a str, &'static str)> {
    let named: Vec<_> = secrets.iter().map(|secret| (*secret, *secret)).collect();
    leak::find(&named, printed)
}

fn assert_clean(run: &Run, secrets: &[&str], what: &str) {
    let printed = format!("{}\n{}", run.stdout, run.stderr);
    assert_eq!(leaks(&printed, secrets), [], "{what}");
    assert!(!printed.contains("panicked"), "{what}: {printed}");
}

#[test]
fn the_scanner_finds_a_leak_in_each_form() {
    for form in FORMS {
        let printed = format!("before {} after", leak::written(form, SECRET));
        assert!(leaks(&printed, &[CODE, SECRET]).contains(&(SECRET, form)), "{form}");
    }
    assert_eq!(leaks("nothing to see", &[SECRET, CODE]), []);
}

/// Answers every request with a body, in which `{query}` is what was asked.
fn server(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        // The test is over long before a hundredth request.
        for stream in listener.incoming().take(100) {
            answer(stream.unwrap(), body);
        }
    });
    url
}

fn answer(mut stream: TcpStream, body: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let query =
        head.split(' ').nth(1).and_then(|target| target.split_once('?')).map_or("", |(_, query)| query);
    let decoded: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let body = body.replace("{query}", &decoded.join(" "));
    let length = body.len();
    let _gone =
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

fn grant() -> String {
    format!(
        r#"{{"access_token":"{ACCESS_TOKEN}","expires_in":7200,"refresh_token":"{REFRESH_TOKEN}","openid":"o1","scopes":["snsapi_userinfo"],"scopes_assumed":false,"unionid":null,"snapshot":false}}"#
    )
}

fn call(name: &str, extra: &[&str], input: &str) -> Run {
    let mut command = command(&[name, "--appid", "wx0123456789abcdef"]);
    command.args(extra);
    command.env("WECHAT_APP_SECRET", SECRET).env("WECHAT_COMPONENT_ACCESS_TOKEN", COMPONENT_TOKEN);
    command.env("RUST_LOG", "debug").env("RUST_BACKTRACE", "1");
    finish(command, input.as_bytes())
}

#[test]
fn no_fault_of_a_call_shows_a_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let secrets = [SECRET, CODE, ACCESS_TOKEN, REFRESH_TOKEN, COMPONENT_TOKEN];
    let component = ["--component-appid", "wxfedcba9876543210"];
    for (base, exit) in [
        (closed, 1),
        (server(r#"{"errcode":40029,"errmsg":"invalid code {query}, rid: {query}"}"#), 2),
        (server(r#"{"errcode":40001,"errmsg":"{query}"}"#), 2),
        (server("<html>{query}</html>"), 3),
        (server(r#"{"openid":"{query}","access_token":"{query}"}"#), 3),
        (server(r#"{"openid":"o1","{query}":"#), 3),
        (server(r#"{"openid":"o1","openid":"{query}"}"#), 3),
    ] {
        let base = ["--base-url", &base];
        for (name, extra, input) in [
            ("exchange", &[][..], CODE.to_owned()),
            ("exchange", &component, CODE.to_owned()),
            ("refresh", &[], grant()),
            ("refresh", &component, grant()),
            ("check", &[], grant()),
            ("profile", &[], grant()),
        ] {
            let failed = call(name, &[&base[..], extra].concat(), &input);
            assert_clean(&failed, &secrets, &format!("{name} {extra:?} exit {exit}: {failed:?}"));
            // 40029 says nothing about a token, and what has no errcode is no answer to a check.
            assert_eq!(failed.exit, exit, "{name} {extra:?}: {failed:?}");

            let dry = call(name, &[&base[..], extra, &["--dry-run"]].concat(), &input);
            assert_clean(&dry, &secrets, &format!("{name} --dry-run: {dry:?}"));
            assert_eq!(dry.exit, 0);
        }
    }
}

/// Plays every misbehaviour at this endpoint of an emulator, and says how many calls failed.
fn misbehave_at(endpoint: Endpoint, call: &str) -> usize {
    let emulator = Emulator::start().unwrap();
    let base = emulator.base_url().to_owned();
    let mut accounts = emulator.announcement().accounts.into_iter();
    let account = accounts.find(|account| account.kind == AccountKind::OfficialAccount).unwrap();
    let (appid, secret) = (account.appid, account.secret.unwrap());
    let user = emulator.world(|world| world.users()[0].id.clone());
    let run = |name: &str, input: &str| {
        let mut command = command(&[name, "--appid", &appid, "--base-url", &base]);
        command.env("WECHAT_APP_SECRET", &secret).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
        finish(command, input.as_bytes())
    };
    let tokens = |run: &Run| -> Vec<String> {
        let grant: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let tokens = ["access_token", "refresh_token"].iter();
        tokens.filter_map(|name| grant[*name].as_str().map(str::to_owned)).collect()
    };
    let mut failed = 0;
    for &misbehaviour in Misbehaviour::ALL.iter().filter(|each| each.endpoints().contains(&endpoint)) {
        let code = emulator.issue_code(&appid, &user, Scope::UserInfo).unwrap();
        let mut secrets = vec![secret.clone(), code.clone()];
        let input = if endpoint == Endpoint::Exchange {
            code
        } else {
            let granted = run("exchange", &code);
            assert_eq!(granted.exit, 0, "{}", granted.stderr);
            secrets.extend(tokens(&granted));
            granted.stdout
        };
        emulator.world(|world| world.misbehave_next(misbehaviour, endpoint, 1)).unwrap();
        let mut called = run(call, &input);
        if called.exit == 0 && matches!(endpoint, Endpoint::Exchange | Endpoint::Refresh) {
            // The grant is what was asked for.
            secrets.extend(tokens(&called));
            called.stdout.clear();
        } else {
            failed += usize::from(called.exit != 0);
        }
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        assert_clean(&called, &secrets, &format!("{call}, {misbehaviour}: {called:?}"));
        emulator.world(wechat_oauth_emulator::World::behave);
    }
    failed
}

#[test]
fn no_misbehaviour_of_wechat_makes_a_call_show_a_secret() {
    let places = [
        (Endpoint::Exchange, "exchange"),
        (Endpoint::Refresh, "refresh"),
        (Endpoint::Check, "check"),
        (Endpoint::Profile, "profile"),
    ];
    // Those that hang are waited for together.
    let failed: usize = std::thread::scope(|scope| {
        let threads = places.map(|(endpoint, call)| scope.spawn(move || misbehave_at(endpoint, call)));
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!("{failed} calls failed");
    assert!(failed >= 60, "only {failed} calls failed");
}

#[test]
fn no_wrong_argument_or_input_is_repeated() {
    let secrets = [SECRET, CODE, ACCESS_TOKEN, REFRESH_TOKEN, COMPONENT_TOKEN, STATE];
    for args in [
        &["exchange", "--appid", "wx1", CODE][..],
        &["exchange", "--appid", "wx1", "--secret", SECRET],
        &["exchange", "--appid", "wx1", &format!("--secret={SECRET}")],
        &["exchange", "--appid", SECRET, "--code", CODE],
        &["exchange", "--appid", "wx1", "--code", &format!("{CODE}!")],
        &["exchange", "--appid", "wx1", "--scope", SECRET],
        &["exchange", "--appid", "wx1", "--base-url", &format!("https://{SECRET}@example.com")],
        &["exchange", "--appid", "wx1", "--code", CODE, "--code", CODE],
        &["refresh", "--appid", "wx1", REFRESH_TOKEN],
        &["explain", CODE],
        &["read", ACCESS_TOKEN],
        &["read", "exchange", "--status", SECRET],
        &["callback", "--state", &format!("{STATE}_"), "code=C"],
        &["callback", "--state", STATE, &format!("code={CODE}!&state={STATE}")],
        &["callback", "--state", "other", &format!("code={CODE}&state={STATE}")],
        &[
            "authorize-url",
            "--appid",
            "wx1",
            "--redirect-uri",
            &format!("x{STATE}"),
            "--scope",
            "snsapi_base",
        ],
        &[
            "lint",
            &format!("https://open.weixin.qq.com/connect/oauth2/authorize?appid=x&state={STATE}&code={CODE}"),
        ],
        &["profile", "--appid", "wx1", "--lang", SECRET],
        &[SECRET],
        &["help", SECRET],
        &["exchange", "--appid", "wx1", &format!("--{CODE}")],
        &["explain", &format!("--{CODE}")],
        &["callback", &format!("--{CODE}"), "--state", STATE],
    ] {
        let refused = run(args);
        assert_ne!(refused.exit, 0, "{args:?}");
        assert_clean(&refused, &secrets, &format!("{args:?}: {refused:?}"));
    }
    for input in [
        format!(r#"{{"access_token":"{ACCESS_TOKEN}","openid":"{REFRESH_TOKEN} "}}"#),
        format!(r#"{{"access_token":{{"x":"{ACCESS_TOKEN}"}}}}"#),
        format!("{ACCESS_TOKEN} {REFRESH_TOKEN}"),
        grant().replace("7200", &format!("\"{SECRET}\"")),
        grant().replace(ACCESS_TOKEN, &format!("{ACCESS_TOKEN} ")),
        format!(r#"{{"error":{{"kind":"refused"}},"access_token":"{ACCESS_TOKEN}"}}"#),
    ] {
        for name in ["refresh", "check", "profile"] {
            let refused = call(name, &[], &input);
            assert_eq!(refused.exit, 1, "{refused:?}");
            assert_clean(&refused, &secrets, &format!("{name}: {refused:?}"));
        }
        let refused = call("exchange", &[], &input);
        assert_clean(&refused, &secrets, &format!("exchange: {refused:?}"));
    }
    for read in ["exchange", "refresh", "check", "profile"] {
        let body = format!(r#"{{"access_token":"{ACCESS_TOKEN}" "{REFRESH_TOKEN}"}}"#);
        let refused = common::run_with_input(&["read", read], body);
        assert_eq!(refused.exit, 3);
        assert_clean(&refused, &secrets, &format!("read {read}: {refused:?}"));
    }
}
