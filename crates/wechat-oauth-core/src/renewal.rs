//! [`Renewal`]: a grant made fresh.

use crate::app::App;
use crate::call::{Call, Response};
use crate::error::{ConfigError, Error, TransportError};
use crate::flow::{Flow, Patience, Step, is_busy, sealed};
use crate::grant::Grant;

/// Refreshes a grant; a busy or lost answer is asked for again after a wait, since a refresh spends nothing.
///
/// When the result is an error with [`Advice::RestartAuthorization`](crate::Advice::RestartAuthorization) or
/// [`Advice::TurnAway`](crate::Advice::TurnAway), the grant is over; with any other, it is as good as before.
#[derive(Debug)]
#[must_use = "drive it with Flow::step"]
pub struct Renewal {
    stage: Stage,
    patience: Patience,
}

#[derive(Debug)]
enum Stage {
    Refresh(Call<Grant>),
    Done(Result<Grant, Error>),
}

impl Renewal {
    pub(crate) fn new(app: &App, grant: &Grant) -> Result<Self, ConfigError> {
        Ok(Self { stage: Stage::Refresh(app.refresh(grant)?), patience: Patience::new() })
    }

    fn fail(&mut self, error: Error, repeatable: bool) {
        if !(repeatable && self.patience.repeat()) {
            self.stage = Stage::Done(Err(error));
        }
    }
}

impl sealed::Sealed for Renewal {}

impl Flow for Renewal {
    type Output = Grant;

    fn step(&self) -> Step<'_> {
        match &self.stage {
            Stage::Refresh(call) => self.patience.step(call.request()),
            Stage::Done(_) => Step::Done,
        }
    }

    fn answer(&mut self, response: &Response<'_>) {
        let Stage::Refresh(call) = &self.stage else { return };
        if self.patience.is_waiting() {
            return;
        }
        match call.read_again(response) {
            Ok(grant) => self.stage = Stage::Done(Ok(grant)),
            Err(error) => {
                let busy = is_busy(&error);
                self.fail(error, busy);
            }
        }
    }

    fn lost(&mut self, error: TransportError) {
        let Stage::Refresh(call) = &self.stage else { return };
        if !self.patience.is_waiting() {
            let error = call.request().lost(error);
            self.fail(error, true);
        }
    }

    fn waited(&mut self) {
        self.patience.waited();
    }

    fn finish(self) -> Result<Grant, Error> {
        match self.stage {
            Stage::Done(result) => result,
            Stage::Refresh(_) => Err(ConfigError::FlowNotDone.into()),
        }
    }
}
