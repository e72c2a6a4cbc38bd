//! A task of the bindings, which any thread may drive.

use std::sync::{Mutex, MutexGuard};

use pyo3::prelude::*;
use wechat_oauth_bindings::{Misuse, Task};
use wechat_oauth_core::{ConfigError, Endpoints, Response, Step, TransportError, UnixTime};

use crate::app::App;
use crate::arguments::{body, now, status, text, time};
use crate::entry::Trouble;

/// A task, and when its request was asked for.
///
/// Two threads take turns, one whole event each. Nobody calls Python while holding the lock, so no turn waits for
/// another thread's.
pub(crate) struct Driven {
    turn: Mutex<Turn>,
    endpoints: Endpoints,
}

pub(crate) struct Turn {
    pub(crate) task: Task,
    asked_at: Option<UnixTime>,
}

impl Driven {
    pub(crate) fn new(app: &App, task: Task) -> Self {
        Self { turn: Mutex::new(Turn { task, asked_at: None }), endpoints: app.app.endpoints().clone() }
    }

    pub(crate) fn turn(&self) -> Result<MutexGuard<'_, Turn>, Misuse> {
        let turn = self.turn.lock().map_err(|_| Misuse::Panicked)?;
        #[cfg(feature = "panic-for-tests")]
        crate::panic_for_tests::in_a_turn();
        Ok(turn)
    }

    /// Tells the answer to the request.
    pub(crate) fn answer(
        &self,
        status_given: &Bound<'_, PyAny>,
        body_given: &Bound<'_, PyAny>,
        sent_at: Option<&Bound<'_, PyAny>>,
    ) -> Result<MutexGuard<'_, Turn>, Trouble> {
        let status = status(status_given)?;
        let body = body(body_given)?;
        let sent_at = sent_at.map(|sent_at| time("sent_at", sent_at)).transpose()?;
        let mut turn = self.turn()?;
        let sent_at = sent_at.or(turn.asked_at).unwrap_or_else(now);
        turn.task.answer(&Response::new(status, &body, sent_at))?;
        turn.asked_at = None;
        Ok(turn)
    }

    /// Tells that the answer to the request will not come.
    pub(crate) fn lost(
        &self,
        reason: &Bound<'_, PyAny>,
        phase: &Bound<'_, PyAny>,
    ) -> Result<MutexGuard<'_, Turn>, Trouble> {
        let reason = text("reason", reason)?.parse().map_err(ConfigError::from)?;
        let phase = text("phase", phase)?.parse().map_err(ConfigError::from)?;
        let mut turn = self.turn()?;
        turn.task.lost(TransportError::new(reason, phase))?;
        turn.asked_at = None;
        Ok(turn)
    }

    /// Whether it goes to the API host of this app, which is the only one that its client sends to.
    pub(crate) fn is_for(&self, app: &App) -> bool {
        self.endpoints.api() == app.app.endpoints().api()
    }
}

impl Turn {
    /// What to do. The time at which a request is first asked for is remembered: it cannot be sent before.
    pub(crate) fn step(&mut self) -> Result<Step<'_>, Misuse> {
        let step = self.task.step()?;
        if matches!(step, Step::Send(_)) {
            self.asked_at.get_or_insert_with(now);
        }
        Ok(step)
    }
}
