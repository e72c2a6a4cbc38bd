//! One sign-in over one transport, told on the command line, in a process of its own so that its calls of the system can
//! be made to fail: `torture TRANSPORT APP START` with the two documents of a [`Task`](conformance::player::Task). It
//! prints what came of it as one line of JSON.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it is a part of a test, which reads what it prints"
)]

use conformance::player::{came, send};
use conformance::{Reqwest, Setup, Transport, Ureq};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [transport, app, start] = &arguments[..] else {
        println!("{}", json!({"usage": "torture TRANSPORT APP START"}));
        return;
    };
    let (app, start): (Value, Value) =
        (serde_json::from_str(app).unwrap(), serde_json::from_str(start).unwrap());
    let result = match transport.as_str() {
        Ureq::NAME => send::<Ureq>(&app, &start, Setup::patient()),
        Reqwest::NAME => send::<Reqwest>(&app, &start, Setup::patient()),
        other => return println!("{}", json!({"usage": format!("there is no transport {other}")})),
    };
    let came = came(result);
    println!("{}", json!({"document": came.document, "said": came.said}));
}
