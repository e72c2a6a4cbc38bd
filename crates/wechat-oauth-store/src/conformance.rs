//! The conformance kit: whether a [`Store`] does what the rest of this project relies on.
//!
//! Run it in a test of your store, on a runtime with several threads, against the real thing (the real database, not a
//! mock of it). It uses keys of its own, new in each run, so the store need not be empty; what it leaves there ends with
//! its lifetime, within [an hour](LONG).
//!
//! ```
//! use wechat_oauth_store::MemoryStore;
//! use wechat_oauth_store::conformance::{self, Limits};
//!
//! #[tokio::main(flavor = "multi_thread", worker_threads = 2)]
//! async fn main() {
//!     let report = conformance::check([MemoryStore::new()], Limits::default()).await;
//!     report.assert_passed();
//! }
//! ```
//!
//! A store that several processes share should be given more than once, each time as a process of its own would have it
//! (its own connection): `check([connect().await?, connect().await?], ..)`. The races then run through all of them,
//! and none may answer from what it read before.
//!
//! Atomicity shows itself only in races, and a race is won by chance: a store that passes has been tried hard, and not
//! proven. A store that fails is wrong: a machine that is slow or busy fails no case.

mod bench;
mod dropped;
mod lifetimes;
mod meaning;
mod races;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::key::Kind;
use crate::store::Store;
use bench::Bench;

/// The lifetime of what is to last for the whole run.
pub const LONG: Duration = Duration::from_secs(60 * 60);

/// How long an operation may take. A store that answers later than this hangs, for all that a person can see.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// Every case runs for each kind: a store may keep them in tables of their own, and only one of these be right.
const KINDS: [Kind; 2] = [Kind::Callback, Kind::Grant];

/// How hard the kit tries, and how long it waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    racers: usize,
    rounds: usize,
    lifetime: Duration,
    grace: Duration,
}

impl Default for Limits {
    /// 64 racers and 100 rounds; records that live for 4 seconds and may stay for 10 more.
    fn default() -> Self {
        Self { racers: 64, rounds: 100, lifetime: Duration::from_secs(4), grace: Duration::from_secs(10) }
    }
}

impl Limits {
    /// How many tasks race in a round; at least 2.
    #[must_use]
    pub fn racers(mut self, racers: usize) -> Self {
        self.racers = racers.max(2);
        self
    }

    /// How many rounds a race has; at least 1.
    #[must_use]
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds.max(1);
        self
    }

    /// How long the records live whose end is waited for; at least one second, and for a store whose clock counts
    /// whole seconds no less than four.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.max(Duration::from_secs(1));
        self
    }

    /// How much longer a record may be there than it lives: a bound for the test, generous for slow machines.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

/// Checks a store: one, or several handles on the same one. See the [module's page](self).
pub async fn check<S: Store + 'static>(handles: impl IntoIterator<Item = S>, limits: Limits) -> Report {
    let handles: Arc<[Arc<dyn Store>]> =
        handles.into_iter().map(|store| Arc::new(store) as Arc<dyn Store>).collect();
    let bench = match several_threads().and_then(|()| Bench::new(handles, limits)) {
        Ok(bench) => bench,
        Err(problem) => return Report { cases: vec![READY.with(Err(problem))] },
    };
    // All at once: most of them wait. A panic in the store is caught as its task's.
    let running: Vec<_> = CASES
        .iter()
        .map(|definition| {
            KINDS.map(|kind| tokio::spawn((definition.run)(bench.for_case(definition.name, kind))))
        })
        .collect();
    let mut cases = vec![READY.with(Ok(()))];
    for (definition, tasks) in CASES.iter().zip(running) {
        let mut outcomes = Vec::with_capacity(KINDS.len());
        for (kind, task) in KINDS.into_iter().zip(tasks) {
            outcomes.push((kind, task.await.unwrap_or_else(|_| Err("the store panicked".to_owned()))));
        }
        cases.push(definition.with(of_all_kinds(outcomes)));
    }
    Report { cases }
}

/// One outcome of a case's several: it names the kind, unless all have the same problem.
fn of_all_kinds(outcomes: Vec<(Kind, Outcome)>) -> Outcome {
    if let Some((_, first)) = outcomes.first()
        && outcomes.iter().all(|(_, outcome)| outcome == first)
    {
        return first.clone();
    }
    let problems = outcomes.into_iter().filter_map(|(kind, outcome)| Some((kind, outcome.err()?)));
    Err(problems.map(|(kind, problem)| format!("{kind}: {problem}")).collect::<Vec<_>>().join("; "))
}

/// A race needs somebody to race with.
fn several_threads() -> Outcome {
    let runtime = Handle::current();
    if runtime.runtime_flavor() == RuntimeFlavor::CurrentThread || runtime.metrics().num_workers() < 2 {
        return Err("run it on a runtime with two worker threads or more: \
             #[tokio::test(flavor = \"multi_thread\", worker_threads = 2)]"
            .to_owned());
    }
    Ok(())
}

/// What a case found: nothing, or what is wrong.
type Outcome = Result<(), String>;

type Run = fn(Bench) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

struct Definition {
    name: &'static str,
    stands_for: &'static str,
    run: Run,
}

impl Definition {
    const fn with(&self, outcome: Outcome) -> Case {
        Case { name: self.name, stands_for: self.stands_for, outcome }
    }
}

const READY: Definition = Definition {
    name: "ready",
    stands_for: "there is a store to check, and there are threads to race on",
    run: |_| Box::pin(async { Ok(()) }),
};

const CASES: &[Definition] = &[
    Definition {
        name: "empty",
        stands_for: "where nothing was put there is nothing: a forged callback finds no answer",
        run: |bench| Box::pin(meaning::empty(bench)),
    },
    Definition {
        name: "kept",
        stands_for: "what was put is there, for every replica, and reading it leaves it there",
        run: |bench| Box::pin(meaning::kept(bench)),
    },
    Definition {
        name: "taken",
        stands_for: "what was taken is gone, and its place is free",
        run: |bench| Box::pin(meaning::taken(bench)),
    },
    Definition {
        name: "replaced",
        stands_for: "a swap replaces what it expects: a renewed grant takes the old one's place",
        run: |bench| Box::pin(meaning::replaced(bench)),
    },
    Definition {
        name: "mismatch",
        stands_for: "a swap that expects something else changes nothing and says what is there: an older grant never \
                     replaces a newer one",
        run: |bench| Box::pin(meaning::mismatch(bench)),
    },
    Definition {
        name: "repeated",
        stands_for: "a swap that already happened is done: a lost answer can be asked for again",
        run: |bench| Box::pin(meaning::repeated(bench)),
    },
    Definition {
        name: "compared",
        stands_for: "records are compared byte by byte: no letter case, no white space, no zero is passed over",
        run: |bench| Box::pin(meaning::compared(bench)),
    },
    Definition {
        name: "binary",
        stands_for: "any bytes come back as they were, from none to the longest record",
        run: |bench| Box::pin(meaning::binary(bench)),
    },
    Definition {
        name: "fresh",
        stands_for: "what one replica did the others see at once, though they had read what was there before",
        run: |bench| Box::pin(meaning::fresh(bench)),
    },
    Definition {
        name: "bound-to-kind",
        stands_for: "keys that differ only in their kind are two: a callback is no grant",
        run: |bench| Box::pin(meaning::bound_to_kind(bench)),
    },
    Definition {
        name: "bound-to-owner",
        stands_for: "keys that differ only in their owner are two: one browser's login is not another's",
        run: |bench| Box::pin(meaning::bound_to_owner(bench)),
    },
    Definition {
        name: "bound-to-id",
        stands_for: "keys that differ only in their id are two: one person's grant is not another's",
        run: |bench| Box::pin(meaning::bound_to_id(bench)),
    },
    Definition {
        name: "take-race",
        stands_for: "of all who take a record at the same time one gets it",
        run: |bench| Box::pin(races::take(bench)),
    },
    Definition {
        name: "claim-race",
        stands_for: "of all who put something where nothing is one succeeds, and the others are told what: a callback \
                     that comes twice is exchanged once",
        run: |bench| Box::pin(races::claim(bench)),
    },
    Definition {
        name: "update-race",
        stands_for: "of all who replace the same record one succeeds at a time: no update is lost",
        run: |bench| Box::pin(races::update(bench)),
    },
    Definition {
        name: "take-and-claim-race",
        stands_for: "whatever is put while others take is taken once or still there",
        run: |bench| Box::pin(races::take_and_claim(bench)),
    },
    Definition {
        name: "dropped",
        stands_for: "an operation whose caller goes away in the middle was done or was not, and locks nothing",
        run: |bench| Box::pin(dropped::dropped(bench)),
    },
    Definition {
        name: "ends",
        stands_for: "a record is there well before its lifetime ends and gone some time after, though it is read",
        run: |bench| Box::pin(lifetimes::ends(bench)),
    },
    Definition {
        name: "shortest-lived",
        stands_for: "a lifetime of nothing or next to it is soon over: none is rounded to one without end",
        run: |bench| Box::pin(lifetimes::shortest_lived(bench)),
    },
    Definition {
        name: "long-lived",
        stands_for: "the longest lifetime is no short one: no unit is mistaken and no number overflows",
        run: |bench| Box::pin(lifetimes::long_lived(bench)),
    },
    Definition {
        name: "over-is-nothing",
        stands_for: "a record whose lifetime is over is not there for a take and not for a swap, a repeated one \
                     either",
        run: |bench| Box::pin(lifetimes::over_is_nothing(bench)),
    },
    Definition {
        name: "swap-prolongs",
        stands_for: "a swap gives the record its own lifetime in place of a shorter one",
        run: |bench| Box::pin(lifetimes::swap_prolongs(bench)),
    },
    Definition {
        name: "swap-shortens",
        stands_for: "a swap gives the record its own lifetime in place of a longer one",
        run: |bench| Box::pin(lifetimes::swap_shortens(bench)),
    },
    Definition {
        name: "mismatch-prolongs-nothing",
        stands_for: "a swap that changed nothing did not change the lifetime either",
        run: |bench| Box::pin(lifetimes::mismatch_prolongs_nothing(bench)),
    },
];

/// What the kit found, case by case. `Display` prints it for people.
#[derive(Debug, Clone)]
#[must_use = "say `assert_passed`, or look at what failed"]
pub struct Report {
    cases: Vec<Case>,
}

impl Report {
    /// Every case, in the order of the kit. When the first, `ready`, failed, no other one ran.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.outcome.is_err())
    }

    /// Whether no case failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// Ends the test that runs the kit, unless every case passed.
    ///
    /// # Panics
    /// When a case failed, with the whole report.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.passed(), "the store does not conform\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        write!(f, "{} of {} cases failed", self.failed().count(), self.cases.len())
    }
}

/// One case of the kit, and what came of it.
#[derive(Debug, Clone)]
pub struct Case {
    name: &'static str,
    stands_for: &'static str,
    outcome: Outcome,
}

impl Case {
    /// Its name: lower case and hyphens.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What relies on it.
    #[must_use]
    pub const fn stands_for(&self) -> &'static str {
        self.stands_for
    }

    /// What went wrong, if anything did.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.outcome.as_ref().err().map(String::as_str)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(()) => write!(f, "ok      {}", self.name),
            Err(problem) => {
                write!(f, "FAILED  {}: {problem}\n        expected: {}", self.name, self.stands_for)
            }
        }
    }
}
