//! What the HTTP clients themselves write at level Trace. It cannot be kept from them, since the URL is what they are
//! given; so it is listed here, and the documentation tells people to keep these targets at Debug.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::collections::BTreeSet;

use conformance::{Reqwest, Transport, Ureq, cases, leak};
use log::{Level, LevelFilter};

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

#[test]
fn only_known_targets_write_secrets_when_trace_is_enabled() {
    leak::capture_logs(LevelFilter::Trace);
    play::<Ureq>();
    play::<Reqwest>();
    assert_eq!(leak::find_in_log(&leak::captured()), BTreeSet::from(KNOWN_TRACE_LEAKS));
}
