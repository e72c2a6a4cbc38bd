//! Plays cases, several at a time, and puts together what came of them.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use thiserror::Error;
use wechat_oauth_emulator::AccountKind;

use crate::case::{Account, Case};
use crate::cases;
use crate::client::Client;
use crate::judge::Stop;
use crate::report::{CaseReport, Reason, Report, Verdict};
use crate::stage::{self, Played, one_line};

/// Which cases are played, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The names of the cases; all of them when there is none.
    pub only: Vec<String>,
    /// How many are played at a time.
    pub jobs: NonZeroUsize,
    /// The deadline that the client is told to use for a request.
    pub timeout: Duration,
}

impl Options {
    /// The deadline when none is given: long enough for a busy machine, short enough for dozens of cases.
    pub const TIMEOUT: Duration = Duration::from_secs(3);
}

impl Default for Options {
    /// All cases, as many at a time as the machine has cores, with a deadline of 3 seconds.
    fn default() -> Self {
        let jobs = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { only: Vec::new(), jobs, timeout: Self::TIMEOUT }
    }
}

/// Why nothing was played.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// No case has this name, which the message does not repeat: what stands in the wrong place may be a secret.
    #[error("there is no such case: `wechat-oauth conformance --list` names them all")]
    Name(String),
    /// The client cannot be started.
    #[error("the client cannot be started: {0}")]
    Start(#[from] io::Error),
}

/// Plays the cases with this client.
///
/// # Errors
/// When a name is no case's, or the client cannot be started.
pub fn run(client: &dyn Client, options: &Options) -> Result<Report, RunError> {
    let all = cases::all();
    if let Some(name) = options.only.iter().find(|name| !all.iter().any(|case| case.name == **name)) {
        return Err(RunError::Name(name.clone()));
    }
    let wanted = |case: &Case| options.only.is_empty() || options.only.iter().any(|name| name == case.name);
    let cases: Vec<Case> = all.into_iter().filter(wanted).collect();

    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.jobs.get().min(cases.len()) {
            scope.spawn(|| {
                while let Some((place, case)) = {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(place).map(|case| (place, case))
                } {
                    let played = play(client, *case, options.timeout);
                    let failed = played.is_err();
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((place, played));
                    if failed {
                        return;
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    let mut name = None;
    let mut reports = Vec::new();
    for (_, result) in results {
        let (report, called) = result?;
        name = name.or(called);
        reports.push(report);
    }
    let (client, version) = name.unwrap_or_default();
    Ok(Report::new(client, version, reports))
}

/// A client's name and version.
type Name = Option<(String, String)>;

/// Plays one case: with the official account, and with the website where the client has no other login.
fn play(client: &dyn Client, case: Case, timeout: Duration) -> io::Result<(CaseReport, Name)> {
    let first = match case.account {
        Account::Any => AccountKind::OfficialAccount,
        Account::Only(kind) => kind,
    };
    let mut played = stage::play(case, first, client.start()?, timeout);
    if case.account == Account::Any && matches!(played.result, Err(Stop::NoSuchLogin(_))) {
        played = stage::play(case, AccountKind::Website, client.start()?, timeout);
    }
    let Played { result, name, transcript } = played;
    let (verdict, reason) = match result {
        Ok(()) => (Verdict::Safe, None),
        Err(Stop::Unsafe(reason)) => (Verdict::Unsafe, Some(reason)),
        Err(Stop::Cannot(why) | Stop::NoSuchLogin(why)) => {
            let why = one_line(&why);
            (Verdict::Cannot, Some(Reason::new(why.clone(), why)))
        }
    };
    let report =
        CaseReport { name: case.name, area: case.area, threat: case.threat, verdict, reason, transcript };
    Ok((report, name))
}
