//! The real calls, against the emulator.
#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::io::Write as _;
use std::process::Command;

use common::{Run, command, finish, run_with_input};
use serde_json::{Value, json};
use wechat_oauth_emulator::{AccountKind, Emulator, Endpoint, Misbehaviour, Scope};

/// The emulator, and one of its accounts.
struct Account {
    emulator: Emulator,
    appid: String,
    secret: String,
    component_appid: String,
    component_token: String,
}

impl Account {
    fn of(kind: AccountKind) -> Self {
        let emulator = Emulator::start().unwrap();
        let announcement = emulator.announcement();
        let account = announcement.accounts.into_iter().find(|account| account.kind == kind).unwrap();
        Self {
            emulator,
            appid: account.appid,
            secret: account.secret.unwrap_or_default(),
            component_appid: account.component_appid.unwrap_or_default(),
            component_token: account.component_access_token.unwrap_or_default(),
        }
    }

    fn code(&self, scope: Scope) -> String {
        let user = self.emulator.world(|world| world.users()[0].id.clone());
        self.emulator.issue_code(&self.appid, &user, scope).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = command(args);
        command.args(["--appid", &self.appid, "--base-url", self.emulator.base_url()]);
        if self.component_appid.is_empty() {
            command.env("WECHAT_APP_SECRET", &self.secret);
        } else {
            command.args(["--component-appid", &self.component_appid]);
            command.env("WECHAT_COMPONENT_ACCESS_TOKEN", &self.component_token);
        }
        command
    }

    fn run(&self, args: &[&str], input: &str) -> Run {
        finish(self.command(args), input.as_bytes())
    }

    fn exchange(&self, scope: Scope) -> Run {
        self.run(&["exchange", "--code", &self.code(scope)], "")
    }

    fn misbehave(&self, misbehaviour: Misbehaviour, endpoint: Endpoint) {
        self.emulator.world(|world| world.misbehave_next(misbehaviour, endpoint, 1)).unwrap();
    }
}

#[test]
fn exchange_and_profile_make_a_pipeline() {
    let account = Account::of(AccountKind::OfficialAccount);
    let exchanged = account.exchange(Scope::UserInfo);
    assert_eq!(exchanged.exit, 0, "{exchanged:?}");
    let grant = exchanged.json();
    assert_eq!((&grant["scopes"], &grant["snapshot"]), (&json!(["snsapi_userinfo"]), &json!(false)));

    let profile = account.run(&["profile", "--lang", "en"], &exchanged.stdout);
    assert_eq!(profile.exit, 0, "{profile:?}");
    assert_eq!(profile.json()["openid"], grant["openid"]);
    assert!(!profile.json()["nickname"].as_str().unwrap().is_empty());

    let check = account.run(&["check"], &exchanged.stdout);
    assert_eq!((check.json(), check.exit), (json!({"valid": true}), 0));
    let refreshed = account.run(&["refresh"], &exchanged.stdout);
    assert_eq!((&refreshed.json()["openid"], refreshed.exit), (&grant["openid"], 0));
    // What refresh prints is a grant again.
    assert_eq!(account.run(&["profile"], &refreshed.stdout).json()["openid"], grant["openid"]);
}

#[cfg(unix)]
#[test]
fn a_real_pipe_leads_from_the_callback_to_the_profile() {
    let account = Account::of(AccountKind::OfficialAccount);
    let binary = env!("CARGO_BIN_EXE_wechat-oauth");
    let (appid, base) = (&account.appid, account.emulator.base_url());
    let callback = format!("code={}&state=S1", account.code(Scope::UserInfo));
    let line = format!(
        "'{binary}' callback --state S1 '{callback}' | '{binary}' exchange --appid {appid} --base-url {base} \
         | '{binary}' profile --appid {appid} --base-url {base}"
    );
    let pipeline = || {
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).env("WECHAT_APP_SECRET", &account.secret);
        finish(shell, b"")
    };
    let first = pipeline();
    assert!(first.exit == 0 && first.json()["nickname"].is_string(), "{first:?}");
    // The code is spent: the end of the pipeline tells what its middle met.
    let second = pipeline();
    assert_eq!((&second.json()["error"]["errcode"], second.exit), (&json!(40163), 2), "{second:?}");
}

#[test]
fn every_kind_of_account_signs_in() {
    for (kind, scope) in [
        (AccountKind::OfficialAccount, Scope::Base),
        (AccountKind::Website, Scope::Login),
        (AccountKind::Component, Scope::UserInfo),
    ] {
        let account = Account::of(kind);
        let exchanged = account.exchange(scope);
        assert_eq!(exchanged.exit, 0, "{kind:?}: {exchanged:?}");
        assert_eq!(account.run(&["refresh"], &exchanged.stdout).exit, 0, "{kind:?}");
        let profile = account.run(&["profile"], &exchanged.stdout);
        if scope == Scope::Base {
            assert_eq!(profile.error(), ("configuration".to_owned(), "profile_not_granted".to_owned()));
            assert_eq!(profile.exit, 1);
        } else {
            assert_eq!(profile.exit, 0, "{kind:?}: {profile:?}");
        }
    }
}

#[test]
fn the_secret_may_come_from_a_file() {
    let account = Account::of(AccountKind::OfficialAccount);
    let directory = std::env::temp_dir().join(format!("wechat-oauth-test-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("secret.txt");
    writeln!(std::fs::File::create(&path).unwrap(), "{}\r", account.secret).unwrap();
    let from = |path: &std::path::Path| {
        let code = account.code(Scope::Base);
        let args = ["exchange", "--appid", &account.appid, "--base-url", account.emulator.base_url()];
        // The code comes on standard input, with the line end of whoever typed it.
        let file = ["--secret-file", path.to_str().unwrap()];
        run_with_input(&[&args[..], &file].concat(), format!("{code}\n"))
    };
    let exchanged = from(&path);
    assert_eq!(exchanged.exit, 0, "{exchanged:?}");
    let missing = from(&directory.join("missing.txt"));
    assert_eq!((missing.error(), missing.exit), (("configuration".to_owned(), "secret_file".to_owned()), 1));
    std::fs::write(&path, "s".repeat(2000)).unwrap();
    assert_eq!(from(&path).error().1, "invalid_value", "a secret is not that long");
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn without_its_credential_an_exchange_is_not_sent() {
    let without =
        |args: &[&str]| run_with_input(&[&["exchange", "--appid", "wx1", "--code", "C"], args].concat(), "");
    let official = without(&[]);
    assert_eq!(
        (official.error(), official.exit),
        (("configuration".to_owned(), "secret_missing".to_owned()), 1)
    );
    assert!(official.stderr.contains("WECHAT_APP_SECRET") && official.stderr.contains("--secret-file"));
    let component = without(&["--component-appid", "wx2"]);
    assert_eq!(component.error().1, "component_token_missing");
    assert!(component.stderr.contains("WECHAT_COMPONENT_ACCESS_TOKEN"));
}

#[test]
fn wrong_settings_are_configuration() {
    let account = Account::of(AccountKind::OfficialAccount);
    let grant = account.exchange(Scope::UserInfo).stdout;
    for (args, input) in [
        (&["exchange", "--appid", "a b", "--code", "C"][..], ""),
        (&["exchange", "--appid", "wx1", "--code", "C", "--base-url", "https://example.com"], ""),
        (&["exchange", "--appid", "wx1", "--code", "C", "--scope", "snsapi_x"], ""),
        (&["refresh", "--appid", "", "--dry-run"], &grant),
        (&["check", "--appid", "wx1", "--component-appid", "?"], &grant),
        (&["profile", "--appid", "wx1", "--base-url", "nowhere"], &grant),
        (&["profile", "--appid", "wx1"], ""),
        (&["profile", "--appid", "wx1"], "{\"access_token\":\"canary\"}"),
        (&["profile", "--appid", "wx1"], "{\"error\":{\"kind\":\"unheard-of\"}}"),
        (&["refresh", "--appid", "wx1"], "[1]"),
    ] {
        let refused = run_with_input(args, input);
        assert_eq!((refused.error().0.as_str(), refused.exit), ("configuration", 1), "{args:?}: {refused:?}");
        assert!(!format!("{refused:?}").contains("canary"));
    }
    // An odd code is a callback's fault.
    for (code, reason) in [("", "code_empty"), ("a b", "code_alphabet"), (&"c".repeat(600), "code_too_long")]
    {
        let refused = account.run(&["exchange", "--code", code], "");
        assert_eq!((refused.error(), refused.exit), (("callback".to_owned(), reason.to_owned()), 2));
        assert_eq!(account.run(&["exchange"], code).error().1, reason);
    }
}

#[test]
fn a_dry_run_sends_nothing_and_hides_the_secrets() {
    let account = Account::of(AccountKind::Component);
    let code = account.code(Scope::UserInfo);
    let dry = account.run(&["exchange", "--code", &code, "--dry-run"], "");
    assert_eq!(
        dry.json(),
        json!({"method": "GET", "url": format!(
            "{}/sns/oauth2/component/access_token?appid={}&code=[redacted]&grant_type=authorization_code\
             &component_appid={}&component_access_token=[redacted]",
            account.emulator.base_url(), account.appid, account.component_appid
        )})
    );
    assert_eq!(dry.exit, 0);
    let exchanged = account.run(&["exchange", "--code", &code], "");
    assert_eq!(exchanged.exit, 0, "the code was not spent: {exchanged:?}");
    let openid = exchanged.json()["openid"].as_str().unwrap().to_owned();
    let base = account.emulator.base_url();
    for (command, url) in [
        ("check", format!("{base}/sns/auth?access_token=[redacted]&openid={openid}")),
        ("profile", format!("{base}/sns/userinfo?access_token=[redacted]&openid={openid}&lang=zh_CN")),
        (
            "refresh",
            format!(
                "{base}/sns/oauth2/component/refresh_token?appid={}&grant_type=refresh_token&component_appid={}\
                 &component_access_token=[redacted]&refresh_token=[redacted]",
                account.appid, account.component_appid
            ),
        ),
    ] {
        let dry = account.run(&[command, "--dry-run"], &exchanged.stdout);
        assert_eq!((dry.json(), dry.exit), (json!({"method": "GET", "url": url}), 0), "{command}");
    }
}

#[test]
fn refusals_and_malformed_answers_have_their_exits() {
    let account = Account::of(AccountKind::OfficialAccount);
    for (misbehaviour, kind, exit) in [
        (Misbehaviour::Busy, "refused", 2),
        (Misbehaviour::Html, "malformed", 3),
        (Misbehaviour::Truncated, "transport", 1),
        (Misbehaviour::Reset, "transport", 1),
        (Misbehaviour::Status500, "malformed", 3),
        (Misbehaviour::Empty, "malformed", 3),
        (Misbehaviour::DuplicateKey, "malformed", 3),
    ] {
        account.misbehave(misbehaviour, Endpoint::Exchange);
        let refused = account.exchange(Scope::UserInfo);
        assert_eq!((refused.error().0.as_str(), refused.exit), (kind, exit), "{misbehaviour:?}: {refused:?}");
        assert!(refused.stderr.starts_with("error: "), "{misbehaviour:?}");
    }
    let grant = account.exchange(Scope::UserInfo).stdout;
    account.misbehave(Misbehaviour::OpenidSwapped, Endpoint::Profile);
    let swapped = account.run(&["profile"], &grant);
    assert_eq!((swapped.error(), swapped.exit), (("malformed".to_owned(), "openid_mismatch".to_owned()), 3));

    account.emulator.advance(7200);
    let expired = account.run(&["profile"], &grant);
    assert_eq!((&expired.json()["error"]["advice"], expired.exit), (&json!("refresh"), 2));
    let not_valid = account.run(&["check"], &grant);
    assert_eq!((&not_valid.json()["valid"], not_valid.exit), (&json!(false), 2));
}

#[test]
fn a_closed_port_is_a_transport_error_with_its_phase() {
    let account = Account::of(AccountKind::OfficialAccount);
    let grant = account.exchange(Scope::UserInfo).stdout;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for name in ["exchange", "refresh", "check", "profile"] {
        let mut command = command(&[name, "--appid", &account.appid, "--base-url", &closed]);
        command.env("WECHAT_APP_SECRET", &account.secret);
        if name == "exchange" {
            command.args(["--code", "C0DE"]);
        }
        let lost = finish(command, grant.as_bytes());
        assert_eq!(
            (lost.json(), lost.exit),
            (json!({"error": {"kind": "transport", "reason": "connect", "phase": "connect"}}), 1),
            "{name}"
        );
    }
}

#[test]
fn a_snapshot_is_told_and_is_nobody() {
    let account = Account::of(AccountKind::OfficialAccount);
    account.misbehave(Misbehaviour::Snapshot, Endpoint::Exchange);
    let snapshot = account.exchange(Scope::UserInfo);
    assert_eq!((&snapshot.json()["snapshot"], snapshot.exit), (&json!(true), 0));
    let profile = account.run(&["profile"], &snapshot.stdout);
    assert_eq!(
        (profile.error(), profile.exit),
        (("configuration".to_owned(), "snapshot_grant".to_owned()), 1)
    );
}

#[test]
fn an_error_at_the_beginning_of_a_pipeline_is_handed_on() {
    for (document, exit) in [
        (r#"{"error":{"kind":"refused","errcode":40163}}"#, 2),
        (r#"{"error":{"kind":"callback","reason":"denied"}}"#, 2),
        (r#"{"error":{"kind":"malformed","status":200}}"#, 3),
        (r#"{"error":{"kind":"transport","phase":"body"}}"#, 1),
        (r#"{"error":{"kind":"configuration","reason":"x"}}"#, 1),
    ] {
        for args in [&["profile", "--appid", "wx1"][..], &["refresh", "--appid", "wx1"]] {
            let handed_on = run_with_input(args, document);
            assert_eq!((handed_on.stdout.trim(), handed_on.exit), (document, exit));
        }
        let mut command = command(&["exchange", "--appid", "wx1"]);
        command.env("WECHAT_APP_SECRET", "s");
        assert_eq!(
            finish(command, document.as_bytes()).json(),
            serde_json::from_str::<Value>(document).unwrap()
        );
    }
}
