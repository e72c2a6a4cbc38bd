//! What befalls a login, drawn out of the seed, and what therefore has to become of it.
//!
//! Both ends draw from here: WeChat, to misbehave, and the judge, to say what must come of it. The judge's half shares no
//! code with what it judges: it is the documentation of the sign-in and of the site, written once more as a few lines.

use serde::{Deserialize, Serialize};
use wechat_oauth_rig::Random;

/// How often the sign-in asks again in all, when WeChat is busy or a harmless answer is lost.
const REPEATS: u32 = 2;

/// From this attempt on callbacks come back as they should: three in a row that do not are enough for one login.
const LAST_ODD_ATTEMPT: u32 = 3;

/// What WeChat is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Question {
    Exchange,
    Profile,
    Refresh,
}

/// What is wrong with an answer of WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// -1; nothing is spent.
    Busy,
    /// -1, and yet the code is spent.
    BusySpent,
    /// 40163 to the first exchange: somebody was quicker.
    CodeUsed,
    /// 40001 to a token that is new.
    Stale,
    /// The connection is reset before anything is done.
    Reset,
    /// It is done, and then the connection is reset.
    LostAnswer,
    /// The connection is closed in the middle of the body.
    Truncated,
    /// Nothing is answered for longer than anybody waits.
    Stall,
    /// The answer comes whole, after a while and in two pieces.
    Slow,
    /// HTTP 500 without JSON.
    Status500,
    /// The body comes twice, one after the other.
    DuplicateBody,
    /// A success says that errcode is 0.
    ErrcodeZero,
    /// The grant is a snapshot visitor's.
    Snapshot,
    /// The answer is about somebody else.
    OpenidSwapped,
    /// The refresh token is refused for good.
    RefreshInvalid,
}

impl Fault {
    const OF_EXCHANGES: [Self; 12] = [
        Self::Busy,
        Self::BusySpent,
        Self::CodeUsed,
        Self::Reset,
        Self::LostAnswer,
        Self::Truncated,
        Self::Stall,
        Self::Slow,
        Self::Status500,
        Self::DuplicateBody,
        Self::ErrcodeZero,
        Self::Snapshot,
    ];
    const OF_PROFILES: [Self; 10] = [
        Self::Busy,
        Self::Stale,
        Self::Reset,
        Self::Truncated,
        Self::Stall,
        Self::Slow,
        Self::Status500,
        Self::DuplicateBody,
        Self::ErrcodeZero,
        Self::OpenidSwapped,
    ];
    const OF_REFRESHES: [Self; 10] = [
        Self::Busy,
        Self::Reset,
        Self::LostAnswer,
        Self::Truncated,
        Self::Slow,
        Self::Status500,
        Self::DuplicateBody,
        Self::ErrcodeZero,
        Self::OpenidSwapped,
        Self::RefreshInvalid,
    ];

    const fn of(question: Question) -> &'static [Self] {
        match question {
            Question::Exchange => &Self::OF_EXCHANGES,
            Question::Profile => &Self::OF_PROFILES,
            Question::Refresh => &Self::OF_REFRESHES,
        }
    }

    /// Its name, for the table.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "-1",
            Self::BusySpent => "-1, and yet the code is spent",
            Self::CodeUsed => "40163",
            Self::Stale => "40001 to a new token",
            Self::Reset => "reset",
            Self::LostAnswer => "done, then reset",
            Self::Truncated => "truncated",
            Self::Stall => "stall",
            Self::Slow => "slow",
            Self::Status500 => "HTTP 500",
            Self::DuplicateBody => "the body twice",
            Self::ErrcodeZero => "errcode 0",
            Self::Snapshot => "a snapshot visitor's grant",
            Self::OpenidSwapped => "somebody else's openid",
            Self::RefreshInvalid => "40030",
        }
    }
}

/// How the browser comes back from WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Return {
    /// With a code and the state, once.
    Once,
    /// Twice at the same time, with one code.
    TwiceOneCode,
    /// Twice at the same time, with two codes.
    TwiceTwoCodes,
    /// With two codes in one callback.
    TwoCodesInOne,
    /// With another state, which nobody ever gave out.
    StateSwapped,
    /// Without a state.
    NoState,
    /// The person said no.
    Denied,
    /// The person is a visitor of a snapshot page.
    SnapshotVisitor,
    /// With the callback of somebody else, who signed in with another browser: an attacker's link.
    AnothersCallback,
    /// At another application's login.
    AnotherApp,
    /// The browser goes away before it is answered, and comes again.
    GoneAndBack,
    /// The browser is answered, and reloads.
    Reloaded,
}

impl Return {
    const ODD: [Self; 11] = [
        Self::TwiceOneCode,
        Self::TwiceTwoCodes,
        Self::TwoCodesInOne,
        Self::StateSwapped,
        Self::NoState,
        Self::Denied,
        Self::SnapshotVisitor,
        Self::AnothersCallback,
        Self::AnotherApp,
        Self::GoneAndBack,
        Self::Reloaded,
    ];

    /// Its name, for the table.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::TwiceOneCode => "twice, with one code",
            Self::TwiceTwoCodes => "twice, with two codes",
            Self::TwoCodesInOne => "two codes in one callback",
            Self::StateSwapped => "another state",
            Self::NoState => "no state",
            Self::Denied => "the person said no",
            Self::SnapshotVisitor => "a snapshot visitor",
            Self::AnothersCallback => "another browser's callback",
            Self::AnotherApp => "at another application's login",
            Self::GoneAndBack => "the browser went away and came again",
            Self::Reloaded => "the browser reloaded",
        }
    }
}

/// What befalls all logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) seed: u64,
    /// How many of a hundred answers of WeChat's, and of a hundred callbacks, are faulty.
    pub(crate) faults: u64,
    /// Whether the answer to the first exchange of each login is lost, the code spent, and nothing else is wrong.
    pub(crate) loses_first: bool,
}

/// One attempt of one login: it has one state, unless the site begins it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    pub(crate) login: u64,
    pub(crate) attempt: u32,
}

/// What has to become of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The browser is signed in, with the person's profile or without.
    Person { profile: bool },
    /// The browser is sent to WeChat once more.
    Again,
    /// A page says why nobody is signed in.
    Page(&'static str),
}

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Real,
    Snapshot,
}

/// What an exchange of the code comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The person, with their profile or without.
    Person {
        profile: bool,
    },
    Snapshot,
    /// A new code is needed.
    Restart,
    Busy,
}

impl Script {
    /// What is wrong with WeChat's answer, when it is asked this for the `nth` time in this attempt, counted from 0.
    pub(crate) fn fault(self, of: Attempt, question: Question, nth: u32) -> Option<Fault> {
        if self.loses_first {
            let is_first = (of.attempt, question, nth) == (0, Question::Exchange, 0);
            return is_first.then_some(Fault::LostAnswer);
        }
        let stream = [self.seed, of.login, of.attempt.into(), question as u64 + 1, nth.into()];
        let mut random = Random::of_numbers(&stream);
        if random.percent(self.faults) { random.one_of(Fault::of(question)) } else { None }
    }

    /// How the browser comes back.
    pub(crate) fn way_back(self, of: Attempt) -> Return {
        let mut random = Random::of_numbers(&[self.seed, of.login, of.attempt.into()]);
        if !self.loses_first && of.attempt < LAST_ODD_ATTEMPT && random.percent(self.faults) {
            random.one_of(&Return::ODD).unwrap_or(Return::Once)
        } else {
            Return::Once
        }
    }

    /// What has to become of it. An attempt after the first was begun by the site itself, which it does once.
    pub(crate) fn expected(self, of: Attempt) -> Expected {
        let once = |page| if of.attempt == 0 { Expected::Again } else { Expected::Page(page) };
        let visitor = match self.way_back(of) {
            Return::Denied => return Expected::Page("denied"),
            Return::NoState | Return::StateSwapped => return Expected::Page("bad_request"),
            Return::TwoCodesInOne => return once("bad_request"),
            Return::AnotherApp => return once("cookies_lost"),
            // That state was never begun again.
            Return::AnothersCallback => return Expected::Again,
            Return::SnapshotVisitor => Visitor::Snapshot,
            _ => Visitor::Real,
        };
        match self.fate(of, visitor) {
            Fate::Person { profile } => Expected::Person { profile },
            Fate::Snapshot => Expected::Page("snapshot"),
            Fate::Busy => Expected::Page("busy"),
            Fate::Restart => once("lost"),
        }
    }

    /// What the sign-in comes to, if its code is sent.
    fn fate(self, of: Attempt, visitor: Visitor) -> Fate {
        let mut asked = [0; 3];
        let mut answer = |question: Question| {
            let nth = &mut asked[question as usize];
            *nth += 1;
            self.fault(of, question, *nth - 1)
        };
        let mut repeats = 0;
        let mut repeat = || {
            repeats += 1;
            repeats <= REPEATS
        };

        let mut spent = false;
        loop {
            match answer(Question::Exchange) {
                Some(Fault::Busy) if repeat() => {}
                Some(Fault::BusySpent) if repeat() => spent = true,
                Some(Fault::Busy | Fault::BusySpent) => return Fate::Busy,
                // The code was spent by the answer before.
                None | Some(Fault::Slow | Fault::ErrcodeZero | Fault::Snapshot) if spent => {
                    return Fate::Restart;
                }
                None | Some(Fault::Slow | Fault::ErrcodeZero) if visitor == Visitor::Real => break,
                None | Some(Fault::Slow | Fault::ErrcodeZero) => return Fate::Snapshot,
                Some(Fault::Snapshot) => return Fate::Snapshot,
                Some(_) => return Fate::Restart,
            }
        }
        let mut refreshed = false;
        let mut question = Question::Profile;
        loop {
            let lost = Fate::Person { profile: false };
            match (question, answer(question)) {
                (Question::Profile, None | Some(Fault::Slow | Fault::ErrcodeZero)) => {
                    return Fate::Person { profile: true };
                }
                (Question::Profile, Some(Fault::Stale)) if !refreshed => {
                    refreshed = true;
                    question = Question::Refresh;
                }
                (_, None | Some(Fault::Slow | Fault::ErrcodeZero)) => question = Question::Profile,
                (_, Some(Fault::OpenidSwapped | Fault::RefreshInvalid)) => return Fate::Restart,
                (
                    _,
                    Some(Fault::Busy | Fault::Reset | Fault::LostAnswer | Fault::Truncated | Fault::Stall),
                ) if repeat() => {}
                // The person is known; the profile is not.
                (_, Some(_)) => return lost,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SCRIPT: Script = Script { seed: 1, faults: 30, loses_first: false };

    #[test]
    fn without_faults_everybody_comes_back_once_and_is_known() {
        let script = Script { faults: 0, ..SCRIPT };
        for login in 0..1_000 {
            let of = Attempt { login, attempt: 0 };
            assert_eq!(script.way_back(of), Return::Once);
            assert_eq!(script.expected(of), Expected::Person { profile: true });
        }
    }

    #[test]
    fn with_faults_every_fault_every_way_back_and_every_fate_is_drawn() {
        let mut faults = BTreeSet::new();
        let mut ways = BTreeSet::new();
        let mut fates = [0; 5];
        for login in 0..20_000 {
            let of = Attempt { login, attempt: 0 };
            ways.insert(SCRIPT.way_back(of));
            for question in [Question::Exchange, Question::Profile, Question::Refresh] {
                faults.extend(SCRIPT.fault(of, question, 0));
            }
            fates[match SCRIPT.fate(of, Visitor::Real) {
                Fate::Person { profile: true } => 0,
                Fate::Person { profile: false } => 1,
                Fate::Snapshot => 2,
                Fate::Restart => 3,
                Fate::Busy => 4,
            }] += 1;
        }
        assert_eq!(ways.len(), Return::ODD.len() + 1);
        assert_eq!(faults.len(), 15);
        assert!(fates.iter().all(|times| *times > 0), "{fates:?}");
        // Most are known at once: 70 % of the exchanges go well, and nearly no fault of a profile matters.
        assert!(fates[0] + fates[1] > 12_000, "{fates:?}");
    }

    #[test]
    fn what_befalls_a_login_is_drawn_from_the_seed_and_its_number() {
        let fates = |script: Script, attempt| {
            let of = |login| Attempt { login, attempt };
            (0..200).map(|login| script.expected(of(login))).collect::<Vec<_>>()
        };
        assert_eq!(fates(SCRIPT, 0), fates(SCRIPT, 0));
        assert_ne!(fates(SCRIPT, 0), fates(SCRIPT, 1));
        assert_ne!(fates(SCRIPT, 0), fates(Script { seed: 2, ..SCRIPT }, 0));
    }

    #[test]
    fn a_first_answer_that_is_lost_is_made_good_by_one_restart() {
        let script = Script { loses_first: true, ..SCRIPT };
        for login in 0..100 {
            assert_eq!(script.expected(Attempt { login, attempt: 0 }), Expected::Again);
            assert_eq!(script.expected(Attempt { login, attempt: 1 }), Expected::Person { profile: true });
        }
    }

    #[test]
    fn a_site_begins_an_attempt_again_by_itself_once() {
        for login in 0..1_000 {
            for attempt in 1..3 {
                let of = Attempt { login, attempt };
                let again = SCRIPT.expected(of) == Expected::Again;
                assert_eq!(again, SCRIPT.way_back(of) == Return::AnothersCallback);
            }
        }
    }
}
