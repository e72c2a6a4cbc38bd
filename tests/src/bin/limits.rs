//! One exchange over one transport, in a process of its own so that what it keeps can be measured, and nothing else:
//! `limits TRANSPORT BASE_URL MILLISECONDS`. It prints what came of it as one line of JSON: the error's `kind`, `reason`
//! and `phase`, the status where there was one, and how many bytes were kept at once (`peak`). `limits core` reads every
//! hostile body instead, without I/O, and prints the most that one of them made the core keep.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it is a part of a test, which reads what it prints"
)]

use std::time::Duration;

use conformance::bodies::{self, hostile_bodies};
use conformance::{Reqwest, Setup, Transport, Ureq, app, code};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use wechat_oauth::{Endpoints, Error, ErrorDocument};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let document = match arguments[..] {
        ["core"] => core(),
        [transport, base_url, milliseconds] => {
            let timeout = Duration::from_millis(milliseconds.parse().unwrap());
            match transport {
                Ureq::NAME => exchange::<Ureq>(base_url, timeout),
                Reqwest::NAME => exchange::<Reqwest>(base_url, timeout),
                other => json!({"usage": format!("there is no transport {other}")}),
            }
        }
        _ => json!({"usage": "limits TRANSPORT BASE_URL MILLISECONDS, limits core"}),
    };
    println!("{document}");
}

fn exchange<T: Transport>(base_url: &str, timeout: Duration) -> Value {
    let app = app(Endpoints::emulator(base_url).unwrap());
    let client = T::connect(&app, Setup { timeout, ..Setup::patient() }).unwrap();
    let call = app.exchange(code()).unwrap();
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let result = client.send(call);
    let peak = HEAP.peak_usage().saturating_sub(before);
    let error = result.err().map(|error: Error| json!(ErrorDocument::from(&error))["error"].take());
    json!({"error": error, "peak": peak})
}

/// The most that reading any of the bodies takes, as an exchange, a refresh, a check and a profile.
fn core() -> Value {
    let mut most = (0, "");
    for (name, body) in hostile_bodies() {
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        bodies::read_as_every_answer(&body);
        let peak = HEAP.peak_usage().saturating_sub(before);
        if peak >= most.0 {
            most = (peak, name);
        }
    }
    json!({"peak": most.0, "body": most.1, "bodies": hostile_bodies().len()})
}
