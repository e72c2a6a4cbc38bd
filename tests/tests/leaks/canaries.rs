//! The search itself: the canaries are what is sent, and a planted one is found.

use std::collections::BTreeSet;
use std::fmt;

use conformance::code;
use conformance::leak::{self, CANARIES, FORMS};
use wechat_oauth::{Error, Expected, Operation, Response, read_report};

use crate::{NOW, NOWHERE, app_at, capture_logs, described, query_of, refusal_body, wide_code};

/// An error that is only the sum of its cause.
#[derive(Debug)]
struct Outer(Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it failed")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn a_planted_secret_is_found_in_every_form_through_every_channel() {
    capture_logs();
    for (name, canary) in CANARIES {
        for form in FORMS {
            let planted = leak::written(form, canary);
            let is_found = |text: &str| leak::find(text).contains(&(name, form));
            // Nobody's request is known here, so nothing of the message is cut.
            let body = refusal_body(40029, &planted);
            let response = Response::new(200, body.as_bytes(), NOW);
            let error = read_report(Operation::Exchange, &response, &Expected::default()).unwrap_err();
            for (channel, text) in leak::channels(&error) {
                assert_eq!(is_found(&text), channel != "its causes", "{name}, {form}, {channel}: {text}");
            }
            let outer = leak::as_an_error(&Outer(error));
            assert!(!is_found(&outer[0].1) && is_found(&outer[1].1), "{name}, {form}: {outer:?}");

            for (channel, text) in leak::shown(&format_args!("App({planted})")) {
                assert!(is_found(&text), "{name}, {form}, {channel}: {text}");
            }
            let target = format!("planted by log: {name}, {form}");
            log::debug!(target: &target, "GET {planted}");
            let lines = leak::captured();
            let lines: Vec<_> = lines.into_iter().filter(|line| line.target == target).collect();
            assert_eq!(leak::find_in_log(&lines), BTreeSet::from([(&*target, log::Level::Debug)]));
            tracing::debug!(target: "planted by tracing", url = %planted);
            let lines = leak::captured();
            let last = lines.into_iter().rfind(|line| line.target == "planted by tracing").unwrap();
            assert!(is_found(&last.message), "{name}, {form}: {last:?}");
            assert!(is_found(&leak::panic_message(|| panic!("GET {planted}"))), "{name}, {form}");
        }
    }
}

#[test]
fn the_canaries_are_what_is_sent() {
    let urls: Vec<_> = Operation::ALL
        .into_iter()
        .map(|operation| described(&app_at(operation.is_component(), NOWHERE), operation).0)
        .collect();
    for (name, canary) in CANARIES {
        let sent = urls.iter().any(|url| query_of(url).iter().any(|(_, value)| value == canary));
        assert_eq!(sent, name != "state", "{name}");
        assert!(!leak::find(&urls.join(" ")).is_empty());
    }
    assert_eq!(code().expose(), wide_code().expose());
}
