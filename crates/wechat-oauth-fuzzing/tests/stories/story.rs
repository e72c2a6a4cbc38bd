//! What can happen, in the order in which it does.

use std::fmt;

use proptest::prelude::*;
use wechat_oauth_emulator::Misbehaviour;

use crate::model::Model;

/// The people, who have a browser each.
pub const PEOPLE: [&str; 3] = ["Ann", "Bob", "Cid"];

/// The applications of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum App {
    Official,
    Website,
    Component,
}

/// What a login asks for, the widest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Base,
    UserInfo,
    Login,
}

/// What a person says to WeChat's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allows,
    Denies,
    LooksAtTheSnapshot,
}

/// How often WeChat calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Once,
    TwiceWithOneCode,
    TwiceWithTwoCodes,
    OnceWithBothCodes,
}

/// What somebody does to a callback on its way. A login or callback is counted back from the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    None,
    StateOf { login: u8 },
    CodeOf { callback: u8 },
    NoState,
    StateCut,
    StateTwice,
}

/// The calls of WeChat's API that a misbehaviour can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Exchange,
    Profile,
    Refresh,
}

/// One thing that happens. Logins, callbacks and grants are counted back from the latest, and around.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Begins { browser: usize, app: App, profile: bool },
    Answers { login: u8, person: usize, answer: Answer, delivery: Delivery },
    Arrives { callback: u8, browser: usize, change: Change },
    Renews { grant: u8 },
    Passes { seconds: u64 },
    Waits { misbehaviour: Misbehaviour, call: Call, component: bool, times: u32 },
    Restarts,
}

/// A story. `Debug` tells it, with what should come of each thing.
#[derive(Clone)]
pub struct Story(pub Vec<Event>);

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut model = Model::new();
        writeln!(f)?;
        for event in &self.0 {
            if let Some(told) = model.told(*event) {
                let came = model.happens(*event).map_or_else(String::new, |came| format!(" → {came:?}"));
                writeln!(f, "  {told}{came}")?;
            }
        }
        Ok(())
    }
}

/// The misbehaviours of each call that the model knows. None takes time or memory.
pub fn misbehaviours(call: Call) -> Vec<Misbehaviour> {
    use Misbehaviour::*;
    let anywhere = [
        Busy,
        MinuteQuota,
        Status500,
        Status500Success,
        Empty,
        Html,
        RedirectEmpty,
        RedirectAway,
        Hang,
        Reset,
        Truncated,
        JsonTrailingComma,
        Bom,
        ErrcodeText,
        DuplicateKey,
        ErrcodeZero,
        NoOpenid,
        OpenidDirty,
    ];
    let of_grants = [
        LostAnswer,
        NoScope,
        NoRefreshToken,
        ExpiryNegative,
        ExpiryZero,
        ExpiryHuge,
        ExpiryText,
        ExpiryMissing,
    ];
    let of_call: &[Misbehaviour] = match call {
        Call::Exchange => &[BusySpent, CodeInvalid, TrailingComma, Snapshot, NoUnionid, UnionidNull],
        Call::Refresh => &[RefreshInvalid, RefreshRotates, OpenidSwapped],
        Call::Profile => &[
            TokenStaleOnce,
            TokenStaleOnce,
            ProfileError,
            OpenidSwapped,
            UnionidSwapped,
            NoUnionid,
            UnionidNull,
            ProfileEmpty,
            NicknameHostile,
            ControlBytes,
            BadUtf8,
            AvatarHostile,
            SexText,
        ],
    };
    let shared: &[Misbehaviour] = if call == Call::Profile { &[] } else { &of_grants };
    [&anywhere[..], shared, of_call].concat()
}

/// Any story of up to so many events.
pub fn any_story(longest: usize) -> impl Strategy<Value = Story> {
    prop::collection::vec(any_event(), 1..=longest).prop_map(Story)
}

fn any_event() -> impl Strategy<Value = Event> {
    let recent = || 0..5_u8;
    let app = prop::sample::select(vec![App::Official, App::Official, App::Website, App::Component]);
    let answer = prop::sample::select(vec![
        Answer::Allows,
        Answer::Allows,
        Answer::Allows,
        Answer::Denies,
        Answer::LooksAtTheSnapshot,
    ]);
    let delivery = prop::sample::select(vec![
        Delivery::Once,
        Delivery::Once,
        Delivery::Once,
        Delivery::TwiceWithOneCode,
        Delivery::TwiceWithTwoCodes,
        Delivery::OnceWithBothCodes,
    ]);
    let change = prop_oneof![
        10 => Just(Change::None),
        2 => recent().prop_map(|login| Change::StateOf { login }),
        1 => recent().prop_map(|callback| Change::CodeOf { callback }),
        1 => Just(Change::NoState),
        1 => Just(Change::StateCut),
        1 => Just(Change::StateTwice),
    ];
    let misbehaviour = prop::sample::select(vec![Call::Exchange, Call::Profile, Call::Refresh])
        .prop_flat_map(|call| (Just(call), prop::sample::select(misbehaviours(call))));
    let times = prop::sample::select(vec![0, 1, 59, 299, 300, 301, 600, 7199, 7200, 86_400, 30 * 86_400]);
    prop_oneof![
        4 => (0..PEOPLE.len(), app, any::<bool>())
            .prop_map(|(browser, app, profile)| Event::Begins { browser, app, profile }),
        5 => (recent(), 0..PEOPLE.len(), answer, delivery)
            .prop_map(|(login, person, answer, delivery)| Event::Answers { login, person, answer, delivery }),
        7 => (recent(), 0..PEOPLE.len(), change)
            .prop_map(|(callback, browser, change)| Event::Arrives { callback, browser, change }),
        3 => recent().prop_map(|grant| Event::Renews { grant }),
        2 => times.prop_map(|seconds| Event::Passes { seconds }),
        5 => (misbehaviour, any::<bool>(), 1..4_u32).prop_map(|((call, misbehaviour), component, times)| {
            Event::Waits { misbehaviour, call, component, times }
        }),
        1 => Just(Event::Restarts),
    ]
}
