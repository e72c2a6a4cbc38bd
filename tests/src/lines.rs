//! The two lists, [`cases`] and [`flows`], served over lines of JSON to a client in any language, which has no list of
//! its own: `cargo run -p conformance --bin cases`. Each line that comes in is answered by one line.
//!
//! | in | out |
//! |---|---|
//! | `{"list":true}` | `{"names":["success",…]}` |
//! | `{"start":"NAME"}` | a task, see below |
//! | `{"result":"DOCUMENT","said":"TEXT"}`, what came of the task | the next task of the same name; or a verdict: `{"ok":true}`, or `{"ok":false,"why":"…"}` |
//! | `{"end":true}` | `{"ok":true,"played":84,"names":84}`; or `{"ok":false,"played":…,"names":…,"why":"…"}` when a name was not played, or went wrong |
//!
//! After `end` the program ends, with status 0 when all is well; when its input ends before that, with status 1. A line
//! that makes no sense is answered by `{"ok":false,"why":"…"}`, and that counts as something that went wrong.
//!
//! A task:
//!
//! ```json
//! {"app":{"account":"official_account","appid":"…","secret":"…","base_url":"http://127.0.0.1:4711"},
//!  "do":{"exchange":{"code":"…","scope":"snsapi_base"}},
//!  "timeout_ms":25000,"root_pem":null,"no_names":false}
//! ```
//!
//! * `app` is what an application is made of in every language. Each task gets a client of its own.
//! * `do` has one key: `sign_in` or `exchange` with a `code` and its `scope` (received without state), or `renew`,
//!   `refresh`, `check` or `profile` with `stored`, a `stored_grant` of an earlier result. A sign-in and a renewal are
//!   run, everything else is sent once.
//! * `timeout_ms` is the client's deadline. The waits of a flow are not part of it.
//! * `root_pem` is the one root certificate to trust, if it is not null.
//! * `no_names` asks for a client whose name lookups all fail, where the language lets its resolver be replaced. The
//!   host is `localhost`, and nobody listens there, so another client can do it no harm: it may then say `connect` in
//!   place of `resolve`.
//!
//! `result` is the document that came of it, of an outcome or of a failure, as a text. `said` is everything that the
//! client printed or logged meanwhile, with what the outcome or the exception shows of itself (`str` and `repr` of it, in
//! Python); it is searched for secrets, and cannot be empty.
//!
//! The verdict on a case is about the document, and about what the other side saw: one request at most, no redirect
//! followed, no more taken of an answer than its limit allows. The verdict on a flow is about each document, and about
//! what the emulator was asked. A client may say less about a lost answer than the transports of this repository, where
//! its HTTP library knows less: each case lists what else it takes. It never takes a success, or a word about whether the
//! request may have been acted on that is not true.

use std::any::Any;
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wechat_oauth::Scope;

use crate::case::{Case, Started, cases, http};
use crate::flow::{FlowCase, flows};
use crate::leak::CANARIES;
use crate::player::{Came, Player, Task};
use crate::server::{Behaviour, Server};
use crate::transport::LONG;
use crate::{APPID, CODE, SECRET, grant_body};

/// Serves the lists until `end` comes, or nothing comes any more. True when every name was played, and went well.
///
/// # Errors
/// When a line cannot be read or written.
pub fn serve(input: impl BufRead, output: impl Write) -> io::Result<bool> {
    let sink = Server::start(Behaviour::Close(http(200, "", grant_body().as_bytes())));
    let mut lines = Lines { input, output };
    let mut record = Record { cases: cases(&sink.base_url()), flows: flows(), ..Record::default() };
    loop {
        let Some(line) = lines.read()? else { return Ok(false) };
        let reply = if line["list"] == true {
            json!({"names": record.names()})
        } else if let Some(name) = line["start"].as_str() {
            record.play(name, &mut lines, &sink)?
        } else if line["end"] == true {
            let (well, reply) = record.summary();
            lines.write(&reply)?;
            return Ok(well);
        } else {
            record.wrong(r#"neither "list", "start" nor "end""#)
        };
        lines.write(&reply)?;
    }
}

/// What is played, and what was.
#[derive(Default)]
struct Record {
    cases: Vec<Case>,
    flows: Vec<FlowCase>,
    played: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Record {
    fn names(&self) -> Vec<&'static str> {
        self.cases.iter().map(|case| case.name).chain(self.flows.iter().map(|flow| flow.name)).collect()
    }

    fn play(
        &mut self,
        name: &str,
        lines: &mut Lines<impl BufRead, impl Write>,
        sink: &Server,
    ) -> io::Result<Value> {
        let verdict = if let Some(case) = self.cases.iter().find(|case| case.name == name) {
            play_case(case, lines, sink)?
        } else if let Some(flow) = self.flows.iter().find(|flow| flow.name == name) {
            play_flow(flow, lines)
        } else {
            return Ok(self.wrong(&format!("there is no {name:?} in the list")));
        };
        self.played.insert(name.to_owned());
        Ok(match verdict {
            Ok(()) => json!({"ok": true}),
            Err(why) => self.wrong(&format!("{name}: {why}")),
        })
    }

    fn wrong(&mut self, why: &str) -> Value {
        self.wrong.push(why.to_owned());
        json!({"ok": false, "why": why})
    }

    fn summary(&self) -> (bool, Value) {
        let names = self.names();
        let left: Vec<_> = names.iter().filter(|name| !self.played.contains(**name)).copied().collect();
        let mut reply = json!({"ok": true, "played": self.played.len(), "names": names.len()});
        if left.is_empty() && self.wrong.is_empty() {
            return (true, reply);
        }
        let mut why = self.wrong.clone();
        if !left.is_empty() {
            why.push(format!("not played: {}", left.join(", ")));
        }
        reply["ok"] = json!(false);
        reply["why"] = json!(why.join("\n"));
        (false, reply)
    }
}

fn play_case(
    case: &Case,
    lines: &mut Lines<impl BufRead, impl Write>,
    sink: &Server,
) -> io::Result<Result<(), String>> {
    let (started, astray) = (case.start(), sink.connections());
    let came = match lines.ask(&case_task(&started))? {
        Ok(came) => came,
        Err(why) => return Ok(Err(why)),
    };
    Ok(started.judge(&came.document).and_then(|()| came.says_nothing_secret(&CANARIES)).and_then(|()| {
        if sink.connections() == astray { Ok(()) } else { Err("a redirect was followed".to_owned()) }
    }))
}

fn case_task(started: &Started<'_>) -> Value {
    let app = json!({
        "account": "official_account", "appid": APPID, "secret": SECRET, "base_url": started.base_url(),
    });
    let root = started.root().map(|root| pem(root));
    json!({
        "app": app, "do": {"exchange": {"code": CODE, "scope": Scope::Base}},
        "timeout_ms": u64::try_from(started.timeout().as_millis()).unwrap(),
        "root_pem": root, "no_names": started.no_names(),
    })
}

fn pem(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let rows: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", rows.join("\n"))
}

/// A flow says by a panic what went wrong.
fn play_flow(flow: &FlowCase, lines: &mut Lines<impl BufRead, impl Write>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| flow.play(&mut Elsewhere(lines)))).map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it went wrong").to_owned()
}

/// A client at the other end of the lines.
struct Elsewhere<'a, R, W>(&'a mut Lines<R, W>);

impl<R: BufRead, W: Write> Player for Elsewhere<'_, R, W> {
    fn play(&mut self, task: &Task<'_>) -> Came {
        let timeout = u64::try_from(LONG.as_millis()).unwrap();
        let (app, start) = (task.app, task.start);
        let task =
            json!({"app": app, "do": start, "timeout_ms": timeout, "root_pem": null, "no_names": false});
        self.0.ask(&task).unwrap().unwrap()
    }
}

struct Lines<R, W> {
    input: R,
    output: W,
}

impl<R: BufRead, W: Write> Lines<R, W> {
    /// The next line; null when it is no JSON.
    fn read(&mut self) -> io::Result<Option<Value>> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line).unwrap_or_default()))
    }

    fn write(&mut self, reply: &Value) -> io::Result<()> {
        writeln!(self.output, "{reply}")?;
        self.output.flush()
    }

    /// Gives out a task; what came of it, or why that cannot be read.
    fn ask(&mut self, task: &Value) -> io::Result<Result<Came, String>> {
        self.write(task)?;
        let Some(line) = self.read()? else { return Ok(Err("no result came".to_owned())) };
        let document = line["result"].as_str().and_then(|text| serde_json::from_str(text).ok());
        let said = line["said"].as_str().filter(|said| !said.is_empty());
        Ok(match (document, said) {
            (Some(document), Some(said)) => Ok(Came { document, said: said.to_owned() }),
            (None, _) => Err(r#"no "result" that is a document as a text"#.to_owned()),
            (_, None) => Err(r#"no "said" that says anything"#.to_owned()),
        })
    }
}
