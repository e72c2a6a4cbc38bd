//! The core's machines and the emulator together, beside a model of what should come of everything: logins in flight at
//! the same time, callbacks in any order, repeated, and in the wrong browser, faults, and time.
//!
//! `STORIES=100000 cargo test --release -p wechat-oauth-fuzzing --test stories` reads more of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // the helpers are tests too
#![allow(unreachable_pub)] // a program of several files

mod model;
mod site;
mod story;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestCaseResult};

use model::{Came, Model, Why};
use site::Site;
use story::{Answer, App, Call, Change, Delivery, Event, Story, any_story};

/// How many stories an ordinary run reads, and how long the longest is.
const STORIES: u32 = 600;
const LONGEST: usize = 40;

fn comes_out_as_the_model_says(story: &Story) -> TestCaseResult {
    let (mut site, mut model) = (Site::new(), Model::new());
    for event in &story.0 {
        let told = model.told(*event);
        let came = site.happens(*event, &model);
        let expected = model.happens(*event);
        if came != expected {
            let told = told.unwrap_or_default();
            return Err(TestCaseError::fail(format!("{told}: came to {came:?}, not {expected:?}")));
        }
    }
    Ok(())
}

/// The same stories in every ordinary run, and others whenever their number is said.
fn config() -> ProptestConfig {
    let told = std::env::var("STORIES").ok().map(|number| number.parse().expect("STORIES is a number"));
    ProptestConfig {
        cases: told.unwrap_or(STORIES),
        rng_seed: told.map_or(RngSeed::Fixed(1), |_: u32| RngSeed::Random),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_story_comes_out_as_the_model_says(story in any_story(LONGEST)) {
        comes_out_as_the_model_says(&story)?;
    }
}

const BEGINS: Event = Event::Begins { browser: 0, app: App::Official, profile: true };
const ALLOWS: Event =
    Event::Answers { login: 0, person: 0, answer: Answer::Allows, delivery: Delivery::Once };
const ARRIVES: Event = Event::Arrives { callback: 0, browser: 0, change: Change::None };

/// What the model says of the last event of a story, which has to come out so too.
fn last(events: &[Event]) -> Option<Came> {
    let story = Story(events.to_vec());
    comes_out_as_the_model_says(&story).unwrap_or_else(|error| panic!("{story:?}{error}"));
    let mut model = Model::new();
    events.iter().map(|event| model.happens(*event)).last()?
}

#[test]
fn a_story_is_told_in_sentences() {
    let in_bobs_browser = Event::Arrives { callback: 0, browser: 1, change: Change::None };
    let told = format!("{:?}", Story(vec![ARRIVES, BEGINS, ALLOWS, in_bobs_browser]));
    assert_eq!(
        told,
        "\n  Ann begins login 1 (Official, UserInfo)\n  Ann Allows login 1\n  \
         callback 1, of login 1, arrives in Bob's browser → NotOurs\n"
    );
}

/// The model is no mirror: it says what a person would.
#[test]
fn the_model_says_what_a_person_would() {
    let asked = vec![Call::Exchange, Call::Profile];
    let ann = Came::SignedIn { who: 0, unionid: model::Unionid::Own, profile: true, asked };
    assert_eq!(last(&[BEGINS, ALLOWS, ARRIVES]), Some(ann));
    // The second delivery finds no login that waits, and a stranger's browser never does.
    assert_eq!(last(&[BEGINS, ALLOWS, ARRIVES, ARRIVES]), Some(Came::NotOurs));
    assert_eq!(
        last(&[BEGINS, ALLOWS, Event::Arrives { callback: 0, browser: 1, change: Change::None }]),
        Some(Came::NotOurs)
    );
    // WeChat has no PKCE: whose code is put behind one's own state, is who one is.
    let bobs = Event::Begins { browser: 1, app: App::Official, profile: false };
    let stolen = Event::Arrives { callback: 0, browser: 1, change: Change::StateOf { login: 0 } };
    let Some(Came::SignedIn { who, .. }) = last(&[BEGINS, ALLOWS, bobs, stolen]) else { panic!() };
    assert_eq!(who, 0);
    let late = [BEGINS, ALLOWS, Event::Passes { seconds: 300 }, ARRIVES];
    let asked = vec![Call::Exchange];
    assert_eq!(last(&late), Some(Came::Failed { why: Why::Refused(40029), keeps_grant: false, asked }));
}

#[test]
fn a_refresh_without_a_scope_leaves_what_the_login_asked_for() {
    let silent = Event::Begins { browser: 0, app: App::Official, profile: false };
    let renews = Event::Renews { grant: 0 };
    let no_scope = Event::Waits {
        misbehaviour: wechat_oauth_emulator::Misbehaviour::NoScope,
        call: Call::Refresh,
        component: false,
        times: 1,
    };
    // A silent grant is widened by the refresh that names a wider scope, and no longer than answers say so.
    let story = [silent, ALLOWS, ARRIVES, BEGINS, ALLOWS, renews];
    let came = |reads_profile| Some(Came::Renewed { who: 0, reads_profile, asked: vec![Call::Refresh] });
    assert_eq!(last(&story), came(true));
    assert_eq!(last(&[&story[..], &[no_scope, renews]].concat()), came(false));
}
