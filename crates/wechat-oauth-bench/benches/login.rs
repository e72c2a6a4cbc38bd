//! What the core spends on one login, for the languages that call it: prints the values it worked on and the processor
//! time, as one line of JSON. The bindings and their rivals work on the same values; `cargo xtask bench languages`.
#![allow(clippy::expect_used)] // a benchmark whose work fails must stop

use std::hint::black_box;

use serde_json::json;
use wechat_oauth_bench::measure::processor_time;
use wechat_oauth_bench::ours;
use wechat_oauth_bench::sample::Sample;
use wechat_oauth_core::{App, Code, Login, Scope};

/// How many logins a batch has: together they take many times the smallest step of the clock.
const LOGINS: u32 = 100_000;
/// How many batches; one more before them fills caches.
const BATCHES: usize = 9;

fn main() {
    let sample = Sample::new("");
    let (app, login) = (ours::app(&sample), ours::login(&sample));
    let mut batches: Vec<f64> = (0..=BATCHES)
        .map(|_| {
            let before = processor_time();
            (0..LOGINS).for_each(|_| once(&app, &login, &sample));
            (processor_time() - before) * 1e6 / f64::from(LOGINS)
        })
        .collect();
    batches.remove(0);
    batches.sort_by(f64::total_cmp);
    let text = |body: &[u8]| String::from_utf8(body.to_vec()).expect("the sample is text");
    let line = json!({
        "sample": {
            "appid": sample.appid,
            "secret": sample.secret,
            "redirect_uri": sample.redirect_uri,
            "state": sample.state,
            "code": sample.code,
            "tokens": text(&sample.tokens),
            "profile": text(&sample.profile),
        },
        "core_microseconds": batches,
    });
    println!("{line}");
}

/// The authorize URL, the exchange and the profile, with the two URLs to ask and the two answers that came.
fn once(app: &App, login: &Login, sample: &Sample) {
    let (url, pending) = login.begin(ours::state(sample));
    black_box((url.as_str(), pending));
    let code = Code::received_without_state(&sample.code).expect("a code").asked_for(Scope::UserInfo);
    let grant = ours::exchange(app, code, sample);
    let call = ours::profile_call(app, &grant);
    black_box(call.request().url().expose());
    black_box(ours::read_profile(call, sample).nickname());
}
