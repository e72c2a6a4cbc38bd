//! The emulator on the command line.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use common::{command, run};
use serde_json::{Value, json};
use wechat_oauth_emulator::Misbehaviour;

/// A running server, with the first line that it printed; it is stopped when dropped.
struct Server {
    child: Child,
    announced: Value,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, announced: serde_json::from_str(&line).unwrap() }
    }

    /// Ends it as Ctrl-C does.
    fn interrupt(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[test]
fn its_first_line_says_where_it_is_and_who_the_accounts_are() {
    let server = Server::start(&["emulator"]);
    let announced = &server.announced;
    assert!(announced["base_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let accounts = announced["accounts"].as_array().unwrap();
    let kinds: Vec<_> = accounts.iter().map(|account| account["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["official_account", "website", "component"]);
    for (account, keys) in accounts.iter().zip([
        &["kind", "appid", "secret"][..],
        &["kind", "appid", "secret"],
        &["kind", "appid", "component_appid", "component_access_token"],
    ]) {
        assert!(keys.iter().all(|key| account[key].is_string()), "{account}");
        assert_eq!(account.as_object().unwrap().len(), keys.len());
    }
}

#[test]
fn ctrl_c_ends_it_cleanly() {
    assert_eq!(Server::start(&["emulator"]).interrupt("-INT"), Some(0));
    assert_eq!(Server::start(&["emulator"]).interrupt("-TERM"), Some(0));
    assert_eq!(Server::start(&["demo", "--json"]).interrupt("-INT"), Some(0));
}

#[test]
fn a_whole_login_passes_through_it() {
    let server = Server::start(&["emulator", "--auto-consent"]);
    let base = server.announced["base_url"].as_str().unwrap();
    let account = &server.announced["accounts"][0];
    let (appid, secret) = (account["appid"].as_str().unwrap(), account["secret"].as_str().unwrap());
    let url = run(&[
        "authorize-url",
        "--appid",
        appid,
        "--redirect-uri",
        "http://localhost:1/cb",
        "--scope",
        "snsapi_userinfo",
        "--state",
        "S1",
        "--base-url",
        base,
    ]);
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).proxy(None).build().into();
    let page = agent.get(url.stdout.trim()).call().unwrap();
    assert_eq!(page.status(), 302);
    let callback = page.headers()["location"].to_str().unwrap().to_owned();
    let code = run(&["callback", "--state", "S1", &callback]);
    let mut exchange = command(&["exchange", "--appid", appid, "--base-url", base]);
    exchange.env("WECHAT_APP_SECRET", secret);
    let grant = common::finish(exchange, code.stdout.as_bytes());
    assert_eq!(grant.exit, 0, "{grant:?}");
    let profile = common::run_with_input(&["profile", "--appid", appid, "--base-url", base], &grant.stdout);
    assert_eq!(profile.json()["openid"], grant.json()["openid"]);
}

#[test]
fn a_world_file_says_who_is_there() {
    let path = std::env::temp_dir().join(format!("wechat-oauth-world-{}.json", std::process::id()));
    let world = json!({
        "accounts": [{"kind": "website", "appid": "wxaaaaaaaaaaaaaaaa", "secret": "5".repeat(32)}],
        "users": [{"id": "lily", "nickname": "莉莉"}]
    });
    std::fs::write(&path, world.to_string()).unwrap();
    let file = path.to_str().unwrap();
    let server = Server::start(&["emulator", "--world", file, "--auto-consent", "--user", "lily"]);
    assert_eq!(
        server.announced["accounts"],
        json!([{"kind": "website", "appid": "wxaaaaaaaaaaaaaaaa", "secret": "5".repeat(32)}])
    );
    drop(server);
    assert_eq!(run(&["emulator", "--world", file, "--auto-consent", "--user", "nobody"]).exit, 1);
    std::fs::write(&path, r#"{"accounts":[],"users":[],"more":1}"#).unwrap();
    let strict = run(&["emulator", "--world", file]);
    assert_eq!((strict.exit, strict.stdout.as_str()), (1, ""));
    assert!(strict.stderr.contains("more"), "{}", strict.stderr);
    assert_eq!(strict.stderr.matches("world file").count(), 1, "{}", strict.stderr);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(run(&["emulator", "--world", file]).exit, 1);
}

#[test]
fn the_world_file_in_the_help_can_be_used() {
    let help = run(&["emulator", "--help"]).stdout;
    let example = help.lines().map(str::trim).find(|line| line.starts_with('{')).unwrap();
    let path = std::env::temp_dir().join(format!("wechat-oauth-help-{}.json", std::process::id()));
    std::fs::write(&path, example).unwrap();
    let server = Server::start(&["emulator", "--world", path.to_str().unwrap()]);
    assert_eq!(server.announced["accounts"].as_array().unwrap().len(), 1);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn it_lists_its_misbehaviours_with_a_line_each() {
    let listed = run(&["emulator", "--list-misbehaviours"]);
    assert_eq!((listed.exit, listed.stdout.lines().count()), (0, Misbehaviour::ALL.len()));
    for (line, misbehaviour) in listed.stdout.lines().zip(Misbehaviour::ALL) {
        assert!(line.starts_with(&format!("{misbehaviour} ")), "{line}");
        assert!(line.ends_with(misbehaviour.english()), "{line}");
    }
}

#[test]
fn it_serves_this_machine_only() {
    let elsewhere = run(&["emulator", "--listen", "0.0.0.0:0"]);
    assert_eq!((elsewhere.exit, elsewhere.stdout.as_str()), (1, ""));
    assert!(elsewhere.stderr.contains("loopback"), "{}", elsewhere.stderr);
    assert_eq!(run(&["demo", "--once", "--listen", "0.0.0.0:0"]).exit, 1);
}

#[test]
fn with_wechat_only_other_browsers_are_turned_away() {
    let server = Server::start(&["emulator", "--wechat-only", "--auto-consent"]);
    let base = server.announced["base_url"].as_str().unwrap();
    let appid = server.announced["accounts"][0]["appid"].as_str().unwrap();
    let url = run(&[
        "authorize-url",
        "--appid",
        appid,
        "--redirect-uri",
        "http://localhost:1/cb",
        "--scope",
        "snsapi_base",
        "--base-url",
        base,
    ]);
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).proxy(None).build().into();
    let other = agent.get(url.stdout.trim()).call().unwrap();
    assert_eq!(other.status(), 200);
    let wechat = agent.get(url.stdout.trim()).header("user-agent", "x MicroMessenger/8").call().unwrap();
    assert_eq!(wechat.status(), 302);
}
