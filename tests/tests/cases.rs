//! Every case over every transport, and nothing secret in anything that is said meanwhile.

use std::collections::BTreeSet;

use conformance::server::{Behaviour, Server};
use conformance::{Memory, Reqwest, Transport, Ureq, cases, grant_body, leak};
use log::LevelFilter;

/// How many cases there are, so that none goes away unnoticed.
const CASES: usize = 74;

/// Plays every case, and says which ones were played.
fn play<T: Transport>(sink: &Server) -> BTreeSet<&'static str> {
    let (mut played, mut wrong) = (BTreeSet::new(), Vec::new());
    for case in cases(&sink.base_url()) {
        match case.run::<T>() {
            Ok(outcome) => {
                let said = outcome.error.as_ref().map(leak::everything).unwrap_or_default();
                assert_eq!(leak::find(&said), [], "{} over {}: {said}", case.name, T::NAME);
            }
            Err(what) => wrong.push(what),
        }
        played.insert(case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(sink.connections(), 0, "{} followed a redirect", T::NAME);
    played
}

/// All in one test: the logs of a process are captured once.
#[test]
fn every_transport_plays_every_case_and_says_nothing_secret() {
    leak::capture_logs(LevelFilter::Debug);
    let sink = Server::start(Behaviour::Close(conformance::case::http(200, "", grant_body().as_bytes())));

    let listed: Vec<_> = cases(&sink.base_url()).iter().map(|case| case.name).collect();
    let names: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(listed.len(), names.len(), "two cases have one name");
    assert_eq!(listed.len(), CASES, "a case came or went");

    assert_eq!(play::<Memory>(&sink), names);
    assert_eq!(play::<Ureq>(&sink), names);
    assert_eq!(play::<Reqwest>(&sink), names);

    let logged = leak::captured();
    for library in ["ureq", "reqwest", "hyper_util"] {
        assert!(logged.iter().any(|line| line.target.starts_with(library)), "nothing from {library}");
    }
    assert_eq!(leak::find_in_log(&logged), BTreeSet::new());
}
