//! What came of it all.

use serde::Serialize;

use crate::case::{Area, Bilingual};

/// Why a client is not safe, or what it cannot do, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Reason {
    pub(crate) fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// Several as one, each once.
    pub(crate) fn joined(reasons: &[Self]) -> Self {
        let mut once: Vec<&Self> = Vec::new();
        for reason in reasons {
            if !once.contains(&reason) {
                once.push(reason);
            }
        }
        let all = |pick: fn(&Self) -> &str, between: &str| {
            once.iter().map(|reason| pick(reason)).collect::<Vec<_>>().join(between)
        };
        Self { en: all(|reason| &reason.en, "; "), zh: all(|reason| &reason.zh, "；") }
    }
}

/// What a case says of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does what a safe client does.
    Safe,
    /// It does not.
    Unsafe,
    /// It has nothing that the case could happen to.
    Cannot,
}

/// What a case says of a client, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// The case's name.
    pub name: &'static str,
    /// What it is about.
    pub area: Area,
    /// What happens to a client that is not safe.
    pub threat: Bilingual,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, unless it is safe.
    pub reason: Option<Reason>,
    /// What was said, the kit's lines after `>`, the client's after `<`, its log after `!`. Not in the JSON, for it is
    /// another at each run.
    #[serde(skip)]
    pub transcript: Vec<String>,
}

/// An area's name in JSON and for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AreaName {
    /// As the cases have it.
    pub name: Area,
    /// What people read.
    #[serde(flatten)]
    pub title: Bilingual,
}

/// How many cases there are of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All of them.
    pub cases: usize,
    /// Safe.
    pub safe: usize,
    /// Not safe.
    #[serde(rename = "unsafe")]
    pub unsafe_: usize,
    /// Not to be tried.
    pub cannot: usize,
}

/// What the kit says of a client. As JSON it is the same at each run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What the client calls itself; empty when it never said.
    pub client: String,
    /// Its version.
    pub version: String,
    /// The areas, in the order in which people read them.
    pub areas: Vec<AreaName>,
    /// The cases, in their order.
    pub cases: Vec<CaseReport>,
    /// How many of each verdict.
    pub totals: Totals,
}

impl Report {
    pub(crate) fn new(client: String, version: String, cases: Vec<CaseReport>) -> Self {
        let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count();
        let totals = Totals {
            cases: cases.len(),
            safe: count(Verdict::Safe),
            unsafe_: count(Verdict::Unsafe),
            cannot: count(Verdict::Cannot),
        };
        let areas = Area::ALL.iter().map(|area| AreaName { name: *area, title: area.title() }).collect();
        Self { client, version, areas, cases, totals }
    }
}
