//! [`SignIn`]: everything between the callback and knowing who it is.

use crate::advice::Advice;
use crate::app::App;
use crate::call::{Call, Response};
use crate::code::Code;
use crate::error::{ConfigError, Error, MalformedReason, TransportError};
use crate::flow::{Flow, Patience, Step, is_busy, sealed};
use crate::grant::{Exchanged, Grant, Snapshot};
use crate::id::{Identity, UnionId};
use crate::profile::{Profile, ProfileLang};

/// The exchange, then the profile when the scope allows it.
///
/// | what happens | what the machine does |
/// |---|---|
/// | WeChat is busy (-1) | waits and asks again, a bounded number of times |
/// | the answer to the exchange is lost | stops: the code may be spent, so the authorization has to restart |
/// | the answer to the profile or refresh is lost | waits and asks again |
/// | the new access token is stale (40001, 40014, 42001 on the profile) | refreshes once, then asks for the profile again |
/// | the profile cannot be read for another reason | stops, and gives the grant back inside [`Error::ProfileUnread`] |
/// | the profile is another person's | stops: nobody is signed in |
#[derive(Debug)]
#[must_use = "drive it with Flow::step"]
pub struct SignIn {
    app: App,
    lang: ProfileLang,
    phase: Phase,
    patience: Patience,
    refreshed: bool,
}

#[derive(Debug)]
enum Phase {
    Exchange(Call<Exchanged>),
    Profile(Grant, Call<Profile>),
    Refresh(Grant, Call<Grant>),
    Done(Result<SignedIn, Error>),
}

/// Who came.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // the larger variant is the usual one
pub enum SignedIn {
    /// Somebody.
    Person(Person),
    /// A visitor of a snapshot page: nobody. Offer to continue with the full service.
    Snapshot(Snapshot),
}

/// Somebody who signed in.
#[derive(Debug, Clone)]
pub struct Person {
    grant: Grant,
    profile: Option<Profile>,
}

impl Person {
    /// The key of their account.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        self.grant.identity()
    }

    /// The person across the applications of one open-platform account, if WeChat told it.
    #[must_use]
    pub fn unionid(&self) -> Option<&UnionId> {
        self.grant.unionid().or_else(|| self.profile.as_ref().and_then(Profile::unionid))
    }

    /// Their profile, if the scope allowed it.
    #[must_use]
    pub const fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Their grant.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Both parts.
    #[must_use]
    pub fn into_parts(self) -> (Grant, Option<Profile>) {
        (self.grant, self.profile)
    }
}

impl SignIn {
    pub(crate) fn new(app: App, code: Code) -> Result<Self, ConfigError> {
        let phase = Phase::Exchange(app.exchange(code)?);
        Ok(Self { app, lang: ProfileLang::default(), phase, patience: Patience::new(), refreshed: false })
    }

    /// The language of place names in the profile; `zh_CN` unless told otherwise.
    pub const fn profile_lang(mut self, lang: ProfileLang) -> Self {
        self.lang = lang;
        self
    }

    fn after_exchange(&self, exchanged: Exchanged) -> Phase {
        match exchanged {
            Exchanged::Snapshot(snapshot) => Phase::Done(Ok(SignedIn::Snapshot(snapshot))),
            Exchanged::Grant(grant) => self.ask_for_profile(grant),
        }
    }

    fn ask_for_profile(&self, grant: Grant) -> Phase {
        match self.app.profile(&grant, self.lang) {
            Ok(call) => Phase::Profile(grant, call),
            // The scope does not cover it: the person is all there is.
            Err(_) => Phase::Done(Ok(SignedIn::Person(Person { grant, profile: None }))),
        }
    }

    fn refresh(&mut self, grant: Grant, stale: Error) -> Phase {
        match self.app.refresh(&grant) {
            Ok(call) if !self.refreshed => {
                self.refreshed = true;
                Phase::Refresh(grant, call)
            }
            _ => profile_unread(grant, stale),
        }
    }
}

fn profile_unread(grant: Grant, cause: Error) -> Phase {
    Phase::Done(Err(Error::ProfileUnread { grant: Box::new(grant), cause: Box::new(cause) }))
}

/// An answer about somebody else puts the whole sign-in in doubt, not just the profile.
const fn is_about_somebody_else(error: &Error) -> bool {
    matches!(error, Error::Malformed(malformed)
        if matches!(malformed.reason(), MalformedReason::OpenIdMismatch | MalformedReason::UnionIdMismatch))
}

impl sealed::Sealed for SignIn {}

impl Flow for SignIn {
    type Output = SignedIn;

    fn step(&self) -> Step<'_> {
        match &self.phase {
            Phase::Exchange(call) => self.patience.step(call.request()),
            Phase::Profile(_, call) => self.patience.step(call.request()),
            Phase::Refresh(_, call) => self.patience.step(call.request()),
            Phase::Done(_) => Step::Done,
        }
    }

    fn answer(&mut self, response: &Response<'_>) {
        if self.patience.is_waiting() {
            return;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Done(Err(ConfigError::FlowNotDone.into())));
        self.phase = match phase {
            Phase::Exchange(call) => match call.read_again(response) {
                Ok(exchanged) => self.after_exchange(exchanged),
                Err(error) if is_busy(&error) && self.patience.repeat() => Phase::Exchange(call),
                Err(error) => Phase::Done(Err(error)),
            },
            Phase::Profile(grant, call) => match call.read_again(response) {
                Ok(profile) => Phase::Done(Ok(SignedIn::Person(Person { grant, profile: Some(profile) }))),
                Err(error) if is_busy(&error) && self.patience.repeat() => Phase::Profile(grant, call),
                Err(error) if is_about_somebody_else(&error) => Phase::Done(Err(error)),
                Err(error) if error.advice() == Advice::Refresh => self.refresh(grant, error),
                Err(error) => profile_unread(grant, error),
            },
            Phase::Refresh(grant, call) => match call.read_again(response) {
                Ok(renewed) => self.ask_for_profile(renewed),
                Err(error) if is_busy(&error) && self.patience.repeat() => Phase::Refresh(grant, call),
                // The grant itself is refused, or somebody else's: there is nothing to give back.
                Err(error) if error.advice() == Advice::RestartAuthorization => Phase::Done(Err(error)),
                Err(error) if is_about_somebody_else(&error) => Phase::Done(Err(error)),
                Err(error) => profile_unread(grant, error),
            },
            done @ Phase::Done(_) => done,
        };
    }

    fn lost(&mut self, error: TransportError) {
        if self.patience.is_waiting() {
            return;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Done(Err(ConfigError::FlowNotDone.into())));
        self.phase = match phase {
            Phase::Exchange(call) => Phase::Done(Err(call.lost(error))),
            Phase::Profile(grant, call) if self.patience.repeat() => Phase::Profile(grant, call),
            Phase::Profile(grant, call) => profile_unread(grant, call.lost(error)),
            Phase::Refresh(grant, call) if self.patience.repeat() => Phase::Refresh(grant, call),
            Phase::Refresh(grant, call) => profile_unread(grant, call.lost(error)),
            done @ Phase::Done(_) => done,
        };
    }

    fn waited(&mut self) {
        self.patience.waited();
    }

    fn finish(self) -> Result<SignedIn, Error> {
        match self.phase {
            Phase::Done(result) => result,
            _ => Err(ConfigError::FlowNotDone.into()),
        }
    }
}
