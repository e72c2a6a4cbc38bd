//! What the HTTP clients themselves write at level Trace. It cannot be kept from them, since the URL is what they are
//! given; so it is listed here, and the documentation tells people to keep these targets at Debug.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::BTreeSet;

use conformance::case::http;
use conformance::server::{Behaviour, Server};
use conformance::{Reqwest, Transport, Ureq, app, cases, code, grant_body, leak};
use log::{Level, LevelFilter};
use wechat_oauth::Endpoints;

/// Who writes secrets once level Trace is enabled, and how loud. One more or one less is to be known.
const KNOWN_TRACE_LEAKS: [(&str, Level); 2] = [
    // Its lines at Debug name the URL only while Trace is enabled for it too.
    ("ureq::run", Level::Debug),
    // Everything that is sent and received, as a hex dump.
    ("ureq_proto::util", Level::Trace),
];

fn play<T: Transport>() {
    for case in cases("http://127.0.0.1:9") {
        // The cases that reach a server and come back at once; the others write nothing else.
        if ["success", "refused", "500 with a grant", "closed port", "reset in place of an answer"]
            .contains(&case.name)
        {
            case.run::<T>().unwrap();
        }
    }
}

/// A builder that asks for a log of everything.
fn play_verbosely() {
    let server = Server::start(Behaviour::Close(http(200, "", grant_body().as_bytes())));
    let app = app(Endpoints::emulator(&server.base_url()).unwrap());
    let builder = reqwest::Client::builder().connection_verbose(true);
    let client = wechat_oauth::reqwest::Client::from_builder(&app, builder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.send(app.exchange(code()).unwrap())).unwrap();
}

#[test]
fn only_known_targets_write_secrets_when_trace_is_enabled() {
    leak::capture_logs(LevelFilter::Trace);
    play::<Ureq>();
    play::<Reqwest>();
    play_verbosely();
    assert_eq!(leak::find_in_log(&leak::captured()), BTreeSet::from(KNOWN_TRACE_LEAKS));
}
