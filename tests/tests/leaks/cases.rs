//! Every case, with every operation, over every transport; and what another host gets to see of it.

use std::thread;

use conformance::case::http;
use conformance::leak::{self, FORMS};
use conformance::{Behaviour, Memory, Reqwest, Server, Transport, Ureq, cases, grant_body};
use wechat_oauth::Operation;

use crate::operations::send;
use crate::{Findings, app_of, capture_logs, logged};

/// The fewest errors that are looked at over each transport.
const ERRORS: usize = 400;

/// Plays every case with the operation; gives what was found and how many errors there were.
fn play<T: Transport + std::fmt::Debug>(operation: Operation, sink: &str) -> (Findings, usize) {
    let (mut findings, mut errors) = (Findings::default(), 0);
    for case in cases(sink) {
        let title = format!("{operation}, {}, {}", T::NAME, case.name);
        let started = case.start();
        let app = app_of(operation.is_component(), started.endpoints());
        let client = started.connect::<T>(&app).unwrap();
        let (said, error) = send(&client, &app, operation);
        findings.look(&title, &said);
        findings.look_at(&title, &client);
        errors += usize::from(error.is_some());
    }
    (findings, errors)
}

fn every_case_says_nothing_secret<T: Transport + std::fmt::Debug>() {
    capture_logs();
    let sink = Server::start(Behaviour::Close(http(200, "", grant_body().as_bytes())));
    let sink_url = sink.base_url();
    let sink_url = sink_url.as_str();
    // The slow cases wait, so the operations wait together.
    let played: Vec<_> = thread::scope(|scope| {
        let play = |operation| scope.spawn(move || play::<T>(operation, sink_url));
        let threads: Vec<_> = Operation::ALL.into_iter().map(play).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut errors = 0;
    for (findings, here) in played {
        findings.none();
        errors += here;
    }
    println!("{errors} errors over {}, each looked through in {} forms", T::NAME, FORMS.len());
    assert!(errors >= ERRORS, "only {errors} errors: what became of the others?");
    assert_eq!(leak::find_in_log(&logged()), std::collections::BTreeSet::new());
    assert_eq!((sink.connections(), sink.requests()), (0, Vec::new()), "another host was asked");
}

#[test]
fn every_case_over_memory_says_nothing_secret_with_any_operation() {
    every_case_says_nothing_secret::<Memory>();
}

#[test]
fn every_case_over_ureq_says_nothing_secret_with_any_operation() {
    every_case_says_nothing_secret::<Ureq>();
}

#[test]
fn every_case_over_reqwest_says_nothing_secret_with_any_operation() {
    every_case_says_nothing_secret::<Reqwest>();
}

/// The search sees what another host is sent: a client that is none of ours tells it the secret, in the `Referer` and
/// in whatever it was redirected to.
#[test]
fn a_client_that_follows_redirects_is_seen_to_tell_another_host() {
    let sink = Server::start(Behaviour::Answer(http(200, "", b"{}")));
    let query = format!("secret={}", leak::written("percent-encoded", conformance::SECRET));
    let ask = |location: String| {
        let redirect = http(302, &format!("Location: {location}\r\n"), b"");
        let server = Server::start(Behaviour::Close(redirect));
        let url = format!("{}/sns/oauth2/access_token?{query}", server.base_url());
        ureq::get(&url).call().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(reqwest::Client::new().get(&url).send()).unwrap();
        sink.requests()
    };
    let told = |requests: &[String]| requests.iter().filter(|head| !leak::find(head).is_empty()).count();
    let elsewhere = ask(format!("{}/", sink.base_url()));
    assert_eq!((elsewhere.len(), told(&elsewhere)), (2, 1), "reqwest sends a Referer, ureq sends none");
    let with_query = ask(format!("{}/?{query}", sink.base_url()));
    assert_eq!((with_query.len(), told(&with_query)), (4, 3));
}
