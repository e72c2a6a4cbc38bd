//! Both machines beside a model of them, through every sequence of up to five events.
//!
//! The model says in a few lines what should happen; it shares no code with the machines.

use crate::code::Code;
use crate::error::{Phase, TransportErrorKind};
use crate::testing;
use crate::{Error, Flow, Renewal, Response, Scope, SignIn, SignedIn, Step, TransportError, UnixTime};

const LONGEST: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Userinfo,
    Base,
    Snapshot,
    Profile,
    AnothersProfile,
    Busy,
    Spent,
    Stale,
    Html,
    Lost,
    Waited,
    ClockMoved,
}

use Event::*;

const EVENTS: [Event; 12] =
    [Userinfo, Base, Snapshot, Profile, AnothersProfile, Busy, Spent, Stale, Html, Lost, Waited, ClockMoved];

impl Event {
    fn body(self) -> Option<String> {
        let openid = testing::OPENID;
        let tokens = |rest: &str| {
            format!(
                r#"{{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"{openid}"{rest}}}"#
            )
        };
        Some(match self {
            Userinfo => tokens(r#","scope":"snsapi_userinfo,""#),
            Base => tokens(r#","scope":"snsapi_base""#),
            Snapshot => tokens(r#","scope":"snsapi_userinfo","is_snapshotuser":1"#),
            Profile => format!(r#"{{"openid":"{openid}","nickname":"n"}}"#),
            AnothersProfile => r#"{"openid":"oSomebodyElse","nickname":"n"}"#.to_owned(),
            Busy => r#"{"errcode":-1,"errmsg":"system error"}"#.to_owned(),
            Spent => r#"{"errcode":40029,"errmsg":"invalid code"}"#.to_owned(),
            Stale => r#"{"errcode":40001,"errmsg":"invalid credential"}"#.to_owned(),
            Html => "<html>502</html>".to_owned(),
            Lost | Waited | ClockMoved => return None,
        })
    }
}

/// What a flow came to, as far as the model can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Person { profile: bool },
    Nobody,
    Renewed,
    Failed { kind: &'static str, keeps_grant: bool },
}

/// Where a machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Send(&'static str),
    Wait(u64),
    Done(End),
}

#[derive(Debug, Clone, Copy)]
struct Model {
    asking: &'static str,
    waiting: bool,
    repeats: u64,
    refreshed: bool,
    end: Option<End>,
}

impl Model {
    const fn new(asking: &'static str) -> Self {
        Self { asking, waiting: false, repeats: 0, refreshed: false, end: None }
    }

    fn stand(&self) -> Stand {
        match self.end {
            Some(end) => Stand::Done(end),
            None if self.waiting => Stand::Wait(self.repeats),
            None => Stand::Send(self.asking),
        }
    }

    fn fail(&mut self, kind: &'static str, keeps_grant: bool) {
        self.end = Some(End::Failed { kind, keeps_grant });
    }

    /// Waits for a repeat, or fails when two have been used.
    fn repeat(&mut self, kind: &'static str, keeps_grant: bool) {
        if self.repeats == 2 {
            self.fail(kind, keeps_grant);
        } else {
            self.repeats += 1;
            self.waiting = true;
        }
    }

    fn sign_in(&mut self, event: Event) {
        if self.end.is_some() || event == ClockMoved {
            return;
        }
        if self.waiting {
            self.waiting = event != Waited;
            return;
        }
        let knows_person = self.asking != "exchange";
        match (self.asking, event) {
            (_, Waited) => {}
            (_, Busy) => self.repeat("refused", knows_person),
            ("exchange", Lost) => self.fail("transport", false),
            (_, Lost) => self.repeat("transport", true),
            ("exchange" | "refresh", Userinfo) => self.asking = "profile",
            ("exchange" | "refresh", Base) => self.end = Some(End::Person { profile: false }),
            ("exchange", Snapshot) => self.end = Some(End::Nobody),
            ("profile", Stale) if !self.refreshed => {
                self.refreshed = true;
                self.asking = "refresh";
            }
            // What is refused for good takes the grant with it.
            ("refresh", Stale) | (_, Spent) => self.fail("refused", false),
            (_, Stale) => self.fail("refused", knows_person),
            ("profile", Profile) => self.end = Some(End::Person { profile: true }),
            // Answers that put in doubt who it is: somebody else's, nobody's, or another request's.
            ("profile" | "refresh", AnothersProfile | Snapshot) => self.fail("malformed", false),
            ("profile", Userinfo | Base) => self.fail("malformed", false),
            (_, _) => self.fail("malformed", knows_person),
        }
    }

    fn renewal(&mut self, event: Event) {
        if self.end.is_some() || event == ClockMoved {
            return;
        }
        if self.waiting {
            self.waiting = event != Waited;
            return;
        }
        match event {
            Waited => {}
            Busy => self.repeat("refused", false),
            Lost => self.repeat("transport", false),
            Userinfo | Base => self.end = Some(End::Renewed),
            Spent | Stale => self.fail("refused", false),
            _ => self.fail("malformed", false),
        }
    }
}

/// A machine under test: what it says now, and what it came to.
trait Machine: Flow + Sized {
    fn end(self) -> End;
}

impl Machine for SignIn {
    fn end(self) -> End {
        match self.finish() {
            Ok(SignedIn::Person(person)) => {
                assert_eq!(person.identity().openid().as_str(), testing::OPENID);
                End::Person { profile: person.profile().is_some() }
            }
            Ok(SignedIn::Snapshot(_)) => End::Nobody,
            Err(error) => failed(error),
        }
    }
}

impl Machine for Renewal {
    fn end(self) -> End {
        match self.finish() {
            Ok(_) => End::Renewed,
            Err(error) => failed(error),
        }
    }
}

fn failed(error: Error) -> End {
    let kind = error.kind();
    End::Failed { kind, keeps_grant: error.into_grant().is_some() }
}

fn stand<M: Machine>(machine: M) -> Stand {
    match machine.step() {
        Step::Send(request) => match request.operation() {
            crate::Operation::Exchange => Stand::Send("exchange"),
            crate::Operation::Refresh => Stand::Send("refresh"),
            crate::Operation::Profile => Stand::Send("profile"),
            other => panic!("no flow asks for {other}"),
        },
        Step::Wait(duration) => Stand::Wait(duration.as_secs()),
        Step::Done => Stand::Done(machine.end()),
    }
}

fn tell<M: Machine>(machine: &mut M, event: Event, now: &mut UnixTime) {
    match event {
        Lost => machine.lost(TransportError::new(TransportErrorKind::Closed, Phase::Request)),
        Waited => machine.waited(),
        ClockMoved => *now = now.plus_secs(2 * 3600),
        answer => machine.answer(&Response::new(200, answer.body().unwrap().as_bytes(), *now)),
    }
}

/// Runs every sequence, and says how many there were.
fn enumerate<M: Machine>(start: impl Fn() -> M, model: Model, step: impl Fn(&mut Model, Event)) -> u32 {
    let mut sequences = 0;
    for length in 0..=LONGEST {
        let events = u32::try_from(EVENTS.len()).unwrap();
        for number in 0..events.pow(length) {
            let (mut machine, mut model, mut now) = (start(), model, testing::NOW);
            let mut rest = number;
            let mut story = Vec::new();
            for _ in 0..length {
                let event = EVENTS[usize::try_from(rest % events).unwrap()];
                rest /= events;
                story.push(event);
                step(&mut model, event);
                tell(&mut machine, event, &mut now);
            }
            assert_eq!(stand(machine), model.stand(), "after {story:?}");
            sequences += 1;
        }
    }
    sequences
}

#[test]
fn sign_in_does_what_its_model_says_in_every_story() {
    let start = || {
        let code = Code::received_without_state("C0DE").unwrap().asked_for(Scope::UserInfo);
        testing::official().sign_in(code).unwrap()
    };
    let sequences = enumerate(start, Model::new("exchange"), Model::sign_in);
    print_count("sign-in", sequences);
    assert_eq!(sequences, 1 + 12 + 144 + 1728 + 20_736 + 248_832);
}

#[test]
fn renewal_does_what_its_model_says_in_every_story() {
    let start = || testing::official().renew(&testing::grant()).unwrap();
    let sequences = enumerate(start, Model::new("refresh"), Model::renewal);
    print_count("renewal", sequences);
    assert_eq!(sequences, 1 + 12 + 144 + 1728 + 20_736 + 248_832);
}

#[allow(clippy::disallowed_macros)] // the count is for people; it shows with --nocapture
fn print_count(machine: &str, sequences: u32) {
    println!("{machine}: {sequences} sequences of up to {LONGEST} events");
}

#[test]
fn a_flow_has_no_result_before_it_is_done() {
    let error = testing::official().renew(&testing::grant()).unwrap().finish().unwrap_err();
    assert!(matches!(error, Error::Config(crate::ConfigError::FlowNotDone)));
}

#[test]
fn a_renewed_grant_counts_from_when_its_request_was_sent() {
    let mut machine = testing::official().renew(&testing::grant()).unwrap();
    let later = testing::NOW.plus_secs(86_400);
    machine.answer(&Response::new(200, Userinfo.body().unwrap().as_bytes(), later));
    assert_eq!(machine.finish().unwrap().expires_at(), later.plus_secs(7200));
}
