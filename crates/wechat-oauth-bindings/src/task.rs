//! [`Task`]: whatever is driven by sending, waiting and reporting. A single call is driven like a flow, so that a
//! binding, and whoever drives it, knows one way only.

use std::fmt;

use wechat_oauth_core::{
    Answer, App, Call, Code, ConfigError, Error, Exchanged, Flow, Grant, Profile, ProfileLang, Renewal,
    Response, SignIn, SignedIn, Step, TransportError, Validity,
};

use crate::failure::{Failure, Misuse};

/// A sign-in, a renewal, or a single call.
///
/// It says what to do ([`step`](Self::step)), is told how that went, and gives out its result once.
pub struct Task(Option<Box<dyn Work>>);

/// What a task came to.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // one at a time, and soon taken apart
pub enum Outcome {
    /// Of a sign-in.
    SignedIn(SignedIn),
    /// Of an exchange.
    Exchanged(Exchanged),
    /// Of a refresh or a renewal.
    Grant(Grant),
    /// Of a check.
    Validity(Validity),
    /// Of a profile.
    Profile(Profile),
}

impl Task {
    /// See [`App::sign_in`].
    ///
    /// # Errors
    /// As there.
    pub fn sign_in(app: &App, code: Code, lang: ProfileLang) -> Result<Self, ConfigError> {
        app.sign_in(code).map(|flow: SignIn| Self::new(Whole(flow.profile_lang(lang))))
    }

    /// See [`App::renew`].
    ///
    /// # Errors
    /// As there.
    pub fn renewal(app: &App, grant: &Grant) -> Result<Self, ConfigError> {
        app.renew(grant).map(|flow: Renewal| Self::new(Whole(flow)))
    }

    /// See [`App::exchange`].
    ///
    /// # Errors
    /// As there.
    pub fn exchange(app: &App, code: Code) -> Result<Self, ConfigError> {
        app.exchange(code).map(Self::single)
    }

    /// See [`App::refresh`].
    ///
    /// # Errors
    /// As there.
    pub fn refresh(app: &App, grant: &Grant) -> Result<Self, ConfigError> {
        app.refresh(grant).map(Self::single)
    }

    /// See [`App::check`].
    ///
    /// # Errors
    /// As there.
    pub fn check(app: &App, grant: &Grant) -> Result<Self, ConfigError> {
        app.check(grant).map(Self::single)
    }

    /// See [`App::profile`].
    ///
    /// # Errors
    /// As there.
    pub fn profile(app: &App, grant: &Grant, lang: ProfileLang) -> Result<Self, ConfigError> {
        app.profile(grant, lang).map(Self::single)
    }

    fn new(work: impl Work + 'static) -> Self {
        Self(Some(Box::new(work)))
    }

    fn single<T: Answer + Into<Outcome> + Send + 'static>(call: Call<T>) -> Self
    where
        Call<T>: Send,
    {
        Self::new(Single::Open(Some(call)))
    }

    /// What to do now. Asking again changes nothing.
    ///
    /// # Errors
    /// [`Misuse::Finished`].
    pub fn step(&self) -> Result<Step<'_>, Misuse> {
        self.0.as_deref().map(Work::step).ok_or(Misuse::Finished)
    }

    /// The answer to the request came.
    ///
    /// # Errors
    /// [`Misuse::NotSending`] when none was waited for, which changes nothing; [`Misuse::Finished`].
    pub fn answer(&mut self, response: &Response<'_>) -> Result<(), Misuse> {
        self.sending()?.answer(response);
        Ok(())
    }

    /// The answer to the request will not come.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn lost(&mut self, error: TransportError) -> Result<(), Misuse> {
        self.sending()?.lost(error);
        Ok(())
    }

    /// The wait is over.
    ///
    /// # Errors
    /// [`Misuse::NotWaiting`] when there was none, which changes nothing; [`Misuse::Finished`].
    pub fn waited(&mut self) -> Result<(), Misuse> {
        let work = self.0.as_deref_mut().ok_or(Misuse::Finished)?;
        if !matches!(work.step(), Step::Wait(_)) {
            return Err(Misuse::NotWaiting);
        }
        work.waited();
        Ok(())
    }

    /// The result, once.
    ///
    /// # Errors
    /// What stopped the task; [`Misuse::NotDone`] before it is done, which changes nothing; [`Misuse::Finished`].
    pub fn finish(&mut self) -> Result<Outcome, Failure> {
        if !matches!(self.step()?, Step::Done) {
            return Err(Misuse::NotDone.into());
        }
        let work = self.0.take().ok_or(Misuse::Finished)?;
        Ok(work.finish()?)
    }

    fn sending(&mut self) -> Result<&mut dyn Work, Misuse> {
        let work = self.0.as_deref_mut().ok_or(Misuse::Finished)?;
        if matches!(work.step(), Step::Send(_)) { Ok(work) } else { Err(Misuse::NotSending) }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.step()).finish()
    }
}

/// A flow whose kind of result is forgotten.
trait Work: Send {
    fn step(&self) -> Step<'_>;
    fn answer(&mut self, response: &Response<'_>);
    fn lost(&mut self, error: TransportError);
    fn waited(&mut self);
    fn finish(self: Box<Self>) -> Result<Outcome, Error>;
}

struct Whole<F>(F);

impl<F: Flow + Send> Work for Whole<F>
where
    F::Output: Into<Outcome>,
{
    fn step(&self) -> Step<'_> {
        self.0.step()
    }

    fn answer(&mut self, response: &Response<'_>) {
        self.0.answer(response);
    }

    fn lost(&mut self, error: TransportError) {
        self.0.lost(error);
    }

    fn waited(&mut self) {
        self.0.waited();
    }

    fn finish(self: Box<Self>) -> Result<Outcome, Error> {
        self.0.finish().map(Into::into)
    }
}

/// A single call: one request, and no repeat. The `Option` is empty only while an answer is being read.
enum Single<T: Answer> {
    Open(Option<Call<T>>),
    Closed(Result<T, Error>),
}

impl<T: Answer> Single<T> {
    fn close(&mut self, read: impl FnOnce(Call<T>) -> Result<T, Error>) {
        if let Self::Open(call) = self
            && let Some(call) = call.take()
        {
            *self = Self::Closed(read(call));
        }
    }
}

impl<T: Answer + Into<Outcome> + Send> Work for Single<T>
where
    Call<T>: Send,
{
    fn step(&self) -> Step<'_> {
        match self {
            Self::Open(Some(call)) => Step::Send(call.request()),
            Self::Open(None) | Self::Closed(_) => Step::Done,
        }
    }

    fn answer(&mut self, response: &Response<'_>) {
        self.close(|call| call.read(response));
    }

    fn lost(&mut self, error: TransportError) {
        self.close(|call| Err(call.lost(error)));
    }

    fn waited(&mut self) {}

    fn finish(self: Box<Self>) -> Result<Outcome, Error> {
        match *self {
            Self::Closed(result) => result.map(Into::into),
            Self::Open(_) => Err(ConfigError::FlowNotDone.into()),
        }
    }
}

macro_rules! outcomes {
    ($($type:ident)*) => {
        $(impl From<$type> for Outcome {
            fn from(outcome: $type) -> Self {
                Self::$type(outcome)
            }
        })*
    };
}

outcomes!(SignedIn Exchanged Grant Validity Profile);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use std::time::Duration;
    use wechat_oauth_core::{Phase, TransportErrorKind};

    fn reason<T>(result: Result<T, impl Into<Failure>>) -> &'static str {
        match result {
            Ok(_) => "ok",
            Err(failure) => failure.into().reason(),
        }
    }

    #[test]
    fn a_single_call_is_sent_once_and_gives_its_result_once() {
        let mut task = Task::exchange(&testing::app(), testing::code()).unwrap();
        assert!(matches!(task.step(), Ok(Step::Send(_))));
        assert_eq!(reason(task.waited()), "not_waiting");
        assert_eq!(reason(task.finish()), "not_done");
        task.answer(&testing::response(testing::GRANT)).unwrap();
        assert!(matches!(task.step(), Ok(Step::Done)));
        assert_eq!(reason(task.answer(&testing::response("{}"))), "not_sending");
        assert_eq!(reason(task.lost(lost())), "not_sending");
        assert!(matches!(task.finish(), Ok(Outcome::Exchanged(Exchanged::Grant(_)))));
        assert_eq!(reason(task.finish()), "finished");
        assert_eq!(reason(task.step()), "finished");
        assert_eq!(reason(task.answer(&testing::response("{}"))), "finished");
        assert_eq!(reason(task.waited()), "finished");
    }

    #[test]
    fn a_flow_waits_where_the_core_says_so() {
        let mut task = Task::sign_in(&testing::app(), testing::code(), ProfileLang::English).unwrap();
        task.answer(&testing::response(r#"{"errcode":-1,"errmsg":"system error"}"#)).unwrap();
        assert!(matches!(task.step(), Ok(Step::Wait(wait)) if wait == Duration::from_secs(1)));
        assert_eq!(reason(task.answer(&testing::response("{}"))), "not_sending");
        task.waited().unwrap();
        task.answer(&testing::response(testing::GRANT)).unwrap();
        assert!(matches!(task.finish(), Ok(Outcome::SignedIn(SignedIn::Person(_)))));
    }

    #[test]
    fn a_lost_answer_ends_a_single_call() {
        let grant = testing::grant();
        for task in [Task::check(&testing::app(), &grant), Task::refresh(&testing::app(), &grant)] {
            let mut task = task.unwrap();
            task.lost(lost()).unwrap();
            assert_eq!(reason(task.finish()), "timeout");
        }
    }

    #[test]
    fn a_task_shows_no_secret() {
        let task = Task::exchange(&testing::app(), testing::code()).unwrap();
        let shown = format!("{task:?}");
        assert!(!shown.contains(testing::SECRET) && !shown.contains(testing::CODE), "{shown}");
    }

    const fn lost() -> TransportError {
        TransportError::new(TransportErrorKind::Timeout, Phase::Request)
    }
}
