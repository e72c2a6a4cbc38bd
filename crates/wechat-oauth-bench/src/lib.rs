//! The same work done by this project and by what people take in its place: [`ours`], [`oauth2`](mod@oauth2),
//! [`plain`] (`url` and `serde_json` by hand), and the HTTP clients under the transports.
//!
//! `cargo bench -p wechat-oauth-bench` counts instructions (with valgrind) and allocations of each, and prints them
//! side by side. Counts do not depend on how fast or how busy the machine is.
#![allow(clippy::expect_used)] // a benchmark whose work fails must stop

pub mod callgrind;
pub mod measure;
pub mod oauth2;
pub mod ours;
pub mod plain;
pub mod results;
pub mod sample;
pub mod server;
pub mod table;
mod transports;

use measure::measure;
use sample::Sample;

/// One side of a comparison: does its work so many times.
pub type Side = fn(&Sample, usize);

/// The same work done by two sides.
#[derive(Clone, Copy)]
pub struct Comparison {
    /// The number of the benchmark.
    pub id: &'static str,
    /// The work.
    pub work: &'static str,
    /// Who else does it, and how.
    pub beside: &'static str,
    /// The highest ratio of instructions that is aimed at.
    pub goal: f64,
    /// How often it is measured: once where every time gives the same count, more often over a network.
    pub measured: usize,
    /// This project's side.
    pub ours: Side,
    /// The other side.
    pub theirs: Side,
}

/// Every comparison, in the order of the table.
pub const COMPARISONS: &[Comparison] = &[
    Comparison {
        id: "B1",
        work: "authorize URL",
        beside: "oauth2",
        goal: 0.04,
        measured: 1,
        ours: |sample, times| {
            let login = ours::login(sample);
            let state = ours::state(sample);
            repeat(times, || (), |()| login.authorize_url(&state));
        },
        theirs: |sample, times| {
            let client = oauth2::client(sample);
            repeat(times, || (), |()| oauth2::authorize_url(&client, sample));
        },
    },
    Comparison {
        id: "B1",
        work: "authorize URL",
        beside: "url",
        goal: 0.05,
        measured: 1,
        ours: |sample, times| {
            let login = ours::login(sample);
            let state = ours::state(sample);
            repeat(times, || (), |()| login.authorize_url(&state));
        },
        theirs: |sample, times| {
            let page = plain::authorize_page(sample);
            repeat(times, || (), |()| plain::authorize_url(&page, sample));
        },
    },
    Comparison {
        id: "B1",
        work: "authorize URL and pending login",
        beside: "oauth2, URL and CSRF token",
        goal: 0.1,
        measured: 1,
        ours: |sample, times| {
            let login = ours::login(sample);
            repeat(times, || ours::state(sample), |state| login.begin(state));
        },
        theirs: |sample, times| {
            let client = oauth2::client(sample);
            repeat(times, || (), |()| oauth2::authorize_url(&client, sample));
        },
    },
    Comparison {
        id: "B2",
        work: "callback to code",
        beside: "url",
        goal: 0.1,
        measured: 1,
        ours: |sample, times| {
            let login = ours::login(sample);
            let pending = || login.begin(ours::state(sample)).1;
            repeat(times, pending, |pending| pending.accept(&sample.callback).expect("our state"));
        },
        theirs: |sample, times| repeat(times, || (), |()| plain::callback(sample).expect("our state")),
    },
    Comparison {
        id: "B6",
        work: "exchange: request, answer to grant",
        beside: "oauth2",
        goal: 1.0,
        measured: 1,
        ours: |sample, times| {
            let app = ours::app(sample);
            repeat(times, || ours::code(sample), |code| ours::exchange(&app, code, sample));
        },
        theirs: |sample, times| {
            let client = oauth2::client(sample);
            repeat(times, || (), |()| oauth2::exchange(&client, &sample.code, sample));
        },
    },
    Comparison {
        id: "B3",
        work: "read exchange",
        beside: "serde_json, owned struct",
        goal: 1.0,
        measured: 1,
        ours: |sample, times| {
            let app = ours::app(sample);
            let call = || app.exchange(ours::code(sample)).expect("the app has its secret");
            repeat(times, call, |call| call.read(&ours::response(&sample.tokens)).expect("a grant"));
        },
        theirs: |sample, times| repeat(times, || (), |()| plain::read_tokens(&sample.tokens)),
    },
    Comparison {
        id: "B3",
        work: "read exchange",
        beside: "serde_json, borrowed struct",
        goal: 1.0,
        measured: 1,
        ours: |sample, times| {
            let app = ours::app(sample);
            let call = || app.exchange(ours::code(sample)).expect("the app has its secret");
            repeat(times, call, |call| call.read(&ours::response(&sample.tokens)).expect("a grant"));
        },
        theirs: |sample, times| repeat(times, || (), |()| plain::read_borrowed_tokens(&sample.tokens)),
    },
    Comparison {
        id: "B4",
        work: "read profile",
        beside: "serde_json, owned struct",
        goal: 1.0,
        measured: 1,
        ours: |sample, times| {
            let app = ours::app(sample);
            let grant = ours::exchange(&app, ours::code(sample), sample);
            repeat(times, || ours::profile_call(&app, &grant), |call| ours::read_profile(call, sample));
        },
        theirs: |sample, times| repeat(times, || (), |()| plain::read_profile(&sample.profile)),
    },
    Comparison {
        id: "B4",
        work: "read profile",
        beside: "serde_json, borrowed struct",
        goal: 1.0,
        measured: 1,
        ours: |sample, times| {
            let app = ours::app(sample);
            let grant = ours::exchange(&app, ours::code(sample), sample);
            repeat(times, || ours::profile_call(&app, &grant), |call| ours::read_profile(call, sample));
        },
        theirs: |sample, times| repeat(times, || (), |()| plain::read_borrowed_profile(&sample.profile)),
    },
    Comparison {
        id: "B6",
        work: "whole flow: URL, callback, exchange, profile",
        beside: "oauth2, url, serde_json",
        goal: 0.15,
        measured: 1,
        ours: |sample, times| {
            let app = ours::app(sample);
            let login = ours::login(sample);
            repeat(times, || ours::state(sample), |state| ours::flow(&app, &login, state, sample));
        },
        theirs: |sample, times| {
            let client = oauth2::client(sample);
            repeat(times, || (), |()| oauth2::flow(&client, sample));
        },
    },
    Comparison {
        id: "B7",
        work: "exchange over loopback",
        beside: "bare ureq",
        goal: 1.02,
        measured: 5,
        ours: transports::ureq_ours,
        theirs: transports::ureq_bare,
    },
    Comparison {
        id: "B7",
        work: "exchange over loopback",
        beside: "bare reqwest",
        goal: 1.02,
        measured: 5,
        ours: transports::reqwest_ours,
        theirs: transports::reqwest_bare,
    },
];

/// Measures the work so many times, each on an input that is made outside of the measurement.
fn repeat<I, O>(times: usize, mut input: impl FnMut() -> I, work: impl Fn(I) -> O) {
    for _ in 0..times {
        measure(input(), &work);
    }
}

#[cfg(test)]
mod tests {
    use ::oauth2::TokenResponse as _;

    use super::*;

    fn sample() -> Sample {
        let mut sample = Sample::new("");
        sample.server = server::start(&sample.tokens).expect("a free port");
        sample
    }

    #[test]
    fn every_side_does_its_work() {
        let sample = sample();
        for comparison in COMPARISONS {
            assert!(measure::allocations_of(|| (comparison.ours)(&sample, 2)) >= 2, "{}", comparison.work);
            let theirs = measure::allocations_of(|| (comparison.theirs)(&sample, 2));
            assert!(theirs >= 2 || comparison.beside.contains("borrowed"), "{}", comparison.work);
        }
    }

    #[test]
    fn the_sides_read_the_same_from_the_callback_and_the_answers() {
        let sample = sample();
        let grant = ours::exchange(&ours::app(&sample), ours::code(&sample), &sample);
        let tokens = plain::read_tokens(&sample.tokens);
        assert_eq!(tokens.access_token, grant.access_token().expose());
        assert_eq!(tokens.openid, grant.openid().as_str());
        assert_eq!(plain::callback(&sample).as_deref(), Some(sample.code.as_str()));
        let theirs = oauth2::exchange(&oauth2::client(&sample), &sample.code, &sample);
        assert_eq!(theirs.access_token().secret(), &tokens.access_token);
        assert_eq!(theirs.extra_fields().openid, tokens.openid);
        let profile = plain::read_profile(&sample.profile);
        let ours = ours::read_profile(ours::profile_call(&ours::app(&sample), &grant), &sample);
        assert_eq!(profile.nickname, ours.nickname().as_untrusted_str());
        assert_eq!(profile.headimgurl, ours.avatar().expect("there is one").as_str());
    }

    #[test]
    fn the_sides_write_the_same_parameters() {
        let sample = sample();
        let pairs = |url: &str| {
            let url = url::Url::parse(url).expect("a URL");
            let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            for (name, _) in &mut pairs {
                // OAuth 2.0's own name for it, which oauth2 cannot change.
                if name == "client_id" {
                    *name = "appid".to_owned();
                }
            }
            pairs.sort();
            pairs
        };
        let ours = ours::login(&sample).authorize_url(&ours::state(&sample)).into_string();
        assert_eq!(ours, plain::authorize_url(&plain::authorize_page(&sample), &sample));
        assert_eq!(pairs(&ours), pairs(&oauth2::authorize_url(&oauth2::client(&sample), &sample)));
    }
}
