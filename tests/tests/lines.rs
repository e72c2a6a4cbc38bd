//! The lists served over lines, to clients that are good and to some that are not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::player::{came, send};
use conformance::{ACCESS_TOKEN, CODE, Setup, Ureq, cases, flows};
use serde_json::{Value, json};

/// The program that serves the lists, as a client in another language starts it.
struct Served {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Served {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cases"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    fn ask(&mut self, line: &Value) -> Value {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn names(&mut self) -> Vec<String> {
        let list = self.ask(&json!({"list": true}));
        list["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// Plays one name; the verdict.
    fn play(&mut self, name: &str, mut client: impl FnMut(&Value) -> Value) -> Value {
        let mut reply = self.ask(&json!({"start": name}));
        while reply.get("do").is_some() {
            let result = client(&reply);
            reply = self.ask(&result);
        }
        reply
    }

    /// What comes to `end`, and whether the program is content.
    fn end(mut self) -> (Value, bool) {
        let reply = self.ask(&json!({"end": true}));
        (reply, self.child.wait().unwrap().success())
    }
}

/// A client that does what it is asked for.
fn good(task: &Value) -> Value {
    let roots = task["root_pem"].as_str().map(|pem| {
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(lines).unwrap().into()
    });
    let timeout = Duration::from_millis(task["timeout_ms"].as_u64().unwrap());
    let no_names = task["no_names"].as_bool().unwrap();
    let setup = Setup { timeout, roots: roots.into_iter().collect(), no_names, ..Setup::patient() };
    let came = came(send::<Ureq>(&task["app"], &task["do"], setup));
    json!({"result": came.document.to_string(), "said": came.said})
}

/// A client that follows redirects.
fn wanders(task: &Value) -> Value {
    let app: wechat_oauth_bindings::AppOptions = serde_json::from_value(task["app"].clone()).unwrap();
    let call = app.app().unwrap().exchange(conformance::code()).unwrap();
    let mut answer = ureq::get(call.request().url().expose()).call().unwrap();
    let body = answer.body_mut().read_to_vec().unwrap();
    let response = wechat_oauth::Response::new(200, &body, wechat_oauth::now());
    let came = came(call.read(&response).map(wechat_oauth_bindings::Outcome::Exchanged));
    json!({"result": came.document.to_string(), "said": came.said})
}

fn why(verdict: &Value) -> &str {
    assert_eq!(verdict["ok"], false);
    verdict["why"].as_str().unwrap()
}

#[test]
fn a_client_that_does_as_it_is_told_plays_every_case_and_every_flow() {
    let mut served = Served::start();
    let names = served.names();
    assert_eq!(names.len(), cases("").len() + flows().len());
    for name in &names {
        assert_eq!(served.play(name, good), json!({"ok": true}), "{name}");
    }
    let (summary, content) = served.end();
    assert_eq!(summary, json!({"ok": true, "played": names.len(), "names": names.len()}));
    assert!(content);
}

#[test]
fn a_case_that_is_left_out_is_missed() {
    let mut served = Served::start();
    for name in served.names().iter().filter(|name| ["success", "refused"].contains(&name.as_str())) {
        assert_eq!(served.play(name, good), json!({"ok": true}), "{name}");
    }
    let (summary, content) = served.end();
    assert!(!content && why(&summary).contains("not played: success in chunks"), "{summary}");
    assert!(!why(&summary).contains("refused,"), "{summary}");
    assert_eq!(summary["played"], 2);
}

#[test]
fn an_end_without_end_is_no_success() {
    let mut served = Served::start();
    assert_eq!(served.play("success", good), json!({"ok": true}));
    drop(served.input);
    assert!(!served.child.wait().unwrap().success());
}

#[test]
fn a_client_that_follows_a_redirect_is_caught() {
    let mut served = Served::start();
    let verdict = served.play("302 to another host", wanders);
    assert!(why(&verdict).contains("302 to another host"), "{verdict}");
    // A client that hides it is caught by where it went.
    let verdict = served.play("307 to another host", |task| {
        wanders(task);
        let error = json!({"kind": "malformed", "status": 307, "reason": "http_status"});
        json!({"result": json!({"error": error, "advice": "restart_authorization"}).to_string(), "said": "-"})
    });
    assert!(why(&verdict).contains("a redirect was followed"), "{verdict}");
    assert_eq!(
        served.play("307 to another host", good),
        json!({"ok": true}),
        "it is not held against the next"
    );
    assert!(!served.end().1);
}

#[test]
fn a_client_that_sends_a_code_twice_is_caught() {
    let mut served = Served::start();
    let verdict = served.play("busy", |task| {
        good(task);
        good(task)
    });
    assert!(why(&verdict).contains("2 requests sent"), "{verdict}");
}

#[test]
fn a_client_that_sees_a_success_in_everything_is_caught() {
    let mut served = Served::start();
    let mut success = Value::Null;
    served.play("success", |task| {
        success = good(task);
        success.clone()
    });
    let names = served.names();
    let accepted: Vec<_> = names
        .iter()
        .filter(|name| cases("").iter().any(|case| case.name == *name))
        .filter(|name| served.play(name, |_| success.clone())["ok"] == true)
        .collect();
    // Nothing but what succeeds.
    let expected = [
        "success",
        "success in chunks",
        "success in chunks with a space",
        "success until the connection ends",
        "success after 100 Continue",
        "success with a wrong media type",
        "64 KiB",
        "https, its authority trusted",
    ];
    assert_eq!(accepted, expected);
}

/// Whoever takes a lost answer for one that was never asked for would send the code again.
#[test]
fn a_client_that_says_nothing_was_sent_is_caught() {
    let mut served = Served::start();
    let lost = |reason: &str, phase: &str, advice: &str| {
        let error = json!({"kind": "transport", "reason": reason, "phase": phase});
        json!({"result": json!({"error": error, "advice": advice}).to_string(), "said": "lost"})
    };
    let told = |served: &mut Served, name: &str, reason: &str, phase: &str| {
        served.play(name, |_| lost(reason, phase, "restart_authorization"))["ok"] == true
    };
    for name in ["closed in the body", "another protocol", "no body", "success", "500 with nothing"] {
        assert!(!told(&mut served, name, "connect", "connect"), "{name}");
        assert!(!told(&mut served, name, "closed", "connect"), "{name}");
        assert!(!told(&mut served, name, "other", "request"), "{name}");
    }
    assert!(told(&mut served, "closed in the body", "protocol", "body"));
    assert!(told(&mut served, "no such name", "connect", "connect"));
    let repeats = served.play("closed in the body", |_| lost("closed", "body", "retry_later"));
    assert!(why(&repeats).contains("retry_later"), "{repeats}");
}

#[test]
fn a_client_that_says_a_secret_is_caught() {
    let mut served = Served::start();
    let verdict = served.play("refused", |task| {
        let mut result = good(task);
        result["said"] = json!(format!("GET /sns/oauth2/access_token?code={CODE}"));
        result
    });
    assert!(why(&verdict).contains(r#""code", "plain""#) && !why(&verdict).contains(CODE), "{verdict}");
    let verdict = served.play("refused", |task| {
        let mut result = good(task);
        let mut document: Value = serde_json::from_str(result["result"].as_str().unwrap()).unwrap();
        document["error"]["message"] = json!(ACCESS_TOKEN);
        result["result"] = json!(document.to_string());
        result
    });
    assert!(why(&verdict).contains("access token"), "{verdict}");
    let verdict = served.play("a_base_sign_in_knows_the_person_and_no_profile", |task| {
        let mut result = good(task);
        result["said"] = json!(format!("appid and secret: {}", task["app"]));
        result
    });
    assert!(why(&verdict).contains(r#"("secret", "plain")"#), "{verdict}");
    assert!(!served.end().1);
}

#[test]
fn what_cannot_be_read_is_said_and_counts() {
    let mut served = Served::start();
    for line in [json!({}), json!([]), json!({"start": "nothing"}), json!({"result": "{}"})] {
        assert!(!why(&served.ask(&line)).is_empty());
    }
    for result in [json!({}), json!({"result": "{"}), json!({"result": "{}", "said": ""})] {
        assert!(!why(&served.play("success", |_| result.clone())).is_empty());
    }
    let flow = "a_spent_code_is_refused";
    assert!(!why(&served.play(flow, |_| json!({"result": "{}", "said": "nothing"}))).is_empty());
    assert_eq!(served.play(flow, good), json!({"ok": true}));
    assert_eq!(served.play("success", good), json!({"ok": true}));
    let (summary, content) = served.end();
    assert!(!content && why(&summary).contains("nothing"), "{summary}");
}
