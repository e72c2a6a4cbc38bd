//! [`Flow`]: work that takes several requests, as a state machine. What to send next, how often, and when to stop is
//! decided in here; whoever drives a flow only sends, waits and reports.
//!
//! ```text
//!            ┌─────────────── answer(response) / lost(error) ───────────────┐
//!            ▼                                                              │
//!   step() ──┬── Send(request) ── send it ───────────────────────────────────┘
//!            ├── Wait(duration) ── wait, then waited() ── step() again
//!            └── Done ── finish() gives the result
//! ```

use std::time::Duration;

use crate::call::{Request, Response};
use crate::error::{Error, TransportError};

/// How often a busy answer (errcode -1), or a lost one where nothing is spent by asking again, is asked for again in
/// one flow. A person is waiting: after two more tries they would rather press the button again.
pub const REPEATS: u32 = 2;

/// How long to wait before the first repeat; the second waits twice as long.
pub const FIRST_WAIT: Duration = Duration::from_secs(1);

/// What to do next.
#[derive(Debug)]
#[must_use = "the flow waits until its step is done"]
pub enum Step<'a> {
    /// Send this request, then say [`Flow::answer`] or [`Flow::lost`].
    Send(&'a Request),
    /// Wait so long, then say [`Flow::waited`].
    Wait(Duration),
    /// Nothing: [`Flow::finish`] has the result.
    Done,
}

/// Work that takes several requests: [`SignIn`](crate::SignIn) and [`Renewal`](crate::Renewal).
///
/// An event that the machine did not ask for changes nothing.
pub trait Flow: sealed::Sealed {
    /// What comes out.
    type Output;

    /// What to do now. Asking again changes nothing.
    fn step(&self) -> Step<'_>;

    /// The answer to the request came.
    fn answer(&mut self, response: &Response<'_>);

    /// The answer to the request will not come.
    fn lost(&mut self, error: TransportError);

    /// The wait is over.
    fn waited(&mut self);

    /// The result.
    ///
    /// # Errors
    /// What stopped the flow; [`ConfigError::FlowNotDone`](crate::ConfigError::FlowNotDone) before it is
    /// [`Done`](Step::Done), inside [`Error::ProfileUnread`] when the grant is known by then.
    fn finish(self) -> Result<Self::Output, Error>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// How many repeats are left, and whether one is being waited for.
#[derive(Debug)]
pub(crate) struct Patience {
    repeats_left: u32,
    wait: Duration,
    waiting: bool,
}

impl Patience {
    pub(crate) const fn new() -> Self {
        Self { repeats_left: REPEATS, wait: FIRST_WAIT, waiting: false }
    }

    /// Starts waiting for a repeat, if one is left.
    pub(crate) fn repeat(&mut self) -> bool {
        if self.repeats_left == 0 {
            return false;
        }
        self.repeats_left -= 1;
        self.waiting = true;
        true
    }

    pub(crate) fn waited(&mut self) {
        if self.waiting {
            self.waiting = false;
            self.wait *= 2;
        }
    }

    pub(crate) const fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// The step for a request: send it, unless a wait comes first.
    pub(crate) const fn step<'a>(&self, request: &'a Request) -> Step<'a> {
        if self.waiting { Step::Wait(self.wait) } else { Step::Send(request) }
    }
}

/// Whether WeChat only said that it is busy (-1), which spends nothing. Quotas are refused with other codes, and last
/// longer than anybody waits.
pub(crate) const fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.errcode() == -1)
}

#[cfg(test)]
mod model;
