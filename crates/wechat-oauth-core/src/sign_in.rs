//! [`SignIn`]: everything between the callback and knowing who it is.

use crate::advice::Advice;
use crate::app::App;
use crate::call::{Call, Response};
use crate::code::Code;
use crate::error::{ConfigError, Error, TransportError};
use crate::flow::{Flow, Patience, Step, is_busy, sealed};
use crate::grant::{Exchanged, Grant, Snapshot};
use crate::id::{Identity, UnionId};
use crate::profile::{Profile, ProfileLang};

/// The exchange, then the profile when the scope allows it.
///
/// | what happens | what the machine does |
/// |---|---|
/// | WeChat is busy (-1) | waits and asks again, [`REPEATS`](crate::REPEATS) times in all |
/// | the exchange is refused for another reason | stops |
/// | the answer to the exchange is lost or cannot be read | stops: the code may be spent, so the authorization has to restart |
/// | the answer to the profile or refresh is lost | waits and asks again, within the same number |
/// | the new access token is stale (40001, 40014, 42001 on the profile) | refreshes once, then asks for the profile again |
/// | the profile or refresh is refused for good, or for lack of consent | stops: the grant is over, or a snapshot visitor's |
/// | the profile cannot be read for another reason | stops, and gives the grant back inside [`Error::ProfileUnread`] |
/// | the profile or refresh is about another person, or a snapshot visitor | stops: nobody is signed in |
#[derive(Debug)]
#[must_use = "drive it with Flow::step"]
pub struct SignIn {
    app: App,
    lang: ProfileLang,
    stage: Stage,
    patience: Patience,
    refreshed: bool,
}

#[derive(Debug)]
enum Stage {
    Exchange(Call<Exchanged>),
    Profile(Grant, Call<Profile>),
    Refresh(Grant, Call<Grant>),
    Done(Result<SignedIn, Error>),
}

/// Who came.
#[derive(Debug, Clone)]
#[must_use = "it may be a snapshot visitor, who is nobody"]
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
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Both parts.
    pub fn into_parts(self) -> (Grant, Option<Profile>) {
        (self.grant, self.profile)
    }
}

impl SignIn {
    pub(crate) fn new(app: App, code: Code) -> Result<Self, ConfigError> {
        let stage = Stage::Exchange(app.exchange(code)?);
        Ok(Self { app, lang: ProfileLang::default(), stage, patience: Patience::new(), refreshed: false })
    }

    /// The language of place names in the profile; `zh_CN` unless told otherwise.
    pub const fn profile_lang(mut self, lang: ProfileLang) -> Self {
        self.lang = lang;
        self
    }

    fn after_exchange(&self, exchanged: Exchanged) -> Stage {
        match exchanged {
            Exchanged::Snapshot(snapshot) => Stage::Done(Ok(SignedIn::Snapshot(snapshot))),
            Exchanged::Grant(grant) => self.ask_for_profile(grant),
        }
    }

    fn ask_for_profile(&self, grant: Grant) -> Stage {
        match self.app.profile(&grant, self.lang) {
            Ok(call) => Stage::Profile(grant, call),
            // The scope does not cover it: the person is all there is.
            Err(_) => Stage::Done(Ok(SignedIn::Person(Person { grant, profile: None }))),
        }
    }

    fn refresh(&mut self, grant: Grant, stale: Error) -> Stage {
        match self.app.refresh(&grant) {
            Ok(call) if !self.refreshed => {
                self.refreshed = true;
                Stage::Refresh(grant, call)
            }
            _ => profile_unread(grant, stale),
        }
    }
}

fn profile_unread(grant: Grant, cause: Error) -> Stage {
    Stage::Done(Err(Error::ProfileUnread { grant: Box::new(grant), cause: Box::new(cause) }))
}

/// Whether the answer speaks against the person or the grant, and not just about this request: then there is nothing to
/// give back. (A snapshot visitor's token, too, is refused with 48001 when its flag was left out.)
fn ends_the_grant(error: &Error) -> bool {
    matches!(error.advice(), Advice::RestartAuthorization | Advice::TurnAway | Advice::AskUserinfoConsent)
}

impl sealed::Sealed for SignIn {}

impl Flow for SignIn {
    type Output = SignedIn;

    fn step(&self) -> Step<'_> {
        match &self.stage {
            Stage::Exchange(call) => self.patience.step(call.request()),
            Stage::Profile(_, call) => self.patience.step(call.request()),
            Stage::Refresh(_, call) => self.patience.step(call.request()),
            Stage::Done(_) => Step::Done,
        }
    }

    fn answer(&mut self, response: &Response<'_>) {
        if self.patience.is_waiting() {
            return;
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Done(Err(ConfigError::FlowNotDone.into())));
        self.stage = match stage {
            Stage::Exchange(call) => match call.read_again(response) {
                Ok(exchanged) => self.after_exchange(exchanged),
                Err(error) if is_busy(&error) && self.patience.repeat() => Stage::Exchange(call),
                Err(error) => Stage::Done(Err(error)),
            },
            Stage::Profile(grant, call) => match call.read_again(response) {
                Ok(profile) => Stage::Done(Ok(SignedIn::Person(Person { grant, profile: Some(profile) }))),
                Err(error) if is_busy(&error) && self.patience.repeat() => Stage::Profile(grant, call),
                Err(error) if ends_the_grant(&error) => Stage::Done(Err(error)),
                Err(error) if error.advice() == Advice::Refresh => self.refresh(grant, error),
                Err(error) => profile_unread(grant, error),
            },
            Stage::Refresh(grant, call) => match call.read_again(response) {
                Ok(renewed) => self.ask_for_profile(renewed),
                Err(error) if is_busy(&error) && self.patience.repeat() => Stage::Refresh(grant, call),
                Err(error) if ends_the_grant(&error) => Stage::Done(Err(error)),
                Err(error) => profile_unread(grant, error),
            },
            done @ Stage::Done(_) => done,
        };
    }

    fn lost(&mut self, error: TransportError) {
        if self.patience.is_waiting() {
            return;
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Done(Err(ConfigError::FlowNotDone.into())));
        self.stage = match stage {
            Stage::Exchange(call) => Stage::Done(Err(call.lost(error))),
            Stage::Profile(grant, call) if self.patience.repeat() => Stage::Profile(grant, call),
            Stage::Profile(grant, call) => profile_unread(grant, call.lost(error)),
            Stage::Refresh(grant, call) if self.patience.repeat() => Stage::Refresh(grant, call),
            Stage::Refresh(grant, call) => profile_unread(grant, call.lost(error)),
            done @ Stage::Done(_) => done,
        };
    }

    fn waited(&mut self) {
        self.patience.waited();
    }

    fn finish(self) -> Result<SignedIn, Error> {
        match self.stage {
            Stage::Done(result) => result,
            Stage::Exchange(_) => Err(ConfigError::FlowNotDone.into()),
            Stage::Profile(grant, _) | Stage::Refresh(grant, _) => {
                let cause = Box::new(ConfigError::FlowNotDone.into());
                Err(Error::ProfileUnread { grant: Box::new(grant), cause })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use crate::testing;

    const TOKENS: &str = r#"{"access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o1","scope":"snsapi_userinfo","unionid":"u1"}"#;

    fn sign_in(bodies: &[&str]) -> Result<SignedIn, Error> {
        let mut flow = testing::official().sign_in(testing::code(Scope::UserInfo)).unwrap();
        for body in bodies {
            flow.answer(&Response::new(200, body.as_bytes(), testing::NOW));
            flow.waited();
        }
        flow.finish()
    }

    #[test]
    fn the_profile_is_asked_for_in_the_flows_language() {
        let mut flow = testing::official().sign_in(testing::code(Scope::UserInfo)).unwrap();
        flow = flow.profile_lang(ProfileLang::TraditionalChinese);
        flow.answer(&Response::new(200, TOKENS.as_bytes(), testing::NOW));
        let Step::Send(request) = flow.step() else { panic!("{flow:?}") };
        assert!(request.url().expose().ends_with("&lang=zh_TW"));
    }

    #[test]
    fn a_profile_with_another_openid_or_unionid_signs_nobody_in() {
        for profile in [r#"{"openid":"o2"}"#, r#"{"openid":"o1","unionid":"u2"}"#] {
            let error = sign_in(&[TOKENS, profile]).unwrap_err();
            assert_eq!(error.advice(), Advice::RestartAuthorization, "{profile}");
            assert!(error.into_grant().is_none(), "{profile}");
        }
    }

    #[test]
    fn a_profile_refused_for_good_gives_no_grant_back() {
        for errcode in [40003, 42007, 48001, 50001, 50002] {
            let refusal = format!(r#"{{"errcode":{errcode}}}"#);
            assert!(sign_in(&[TOKENS, &refusal]).unwrap_err().into_grant().is_none(), "{errcode}");
        }
        for errcode in [45009, 45011, 48004] {
            let refusal = format!(r#"{{"errcode":{errcode}}}"#);
            assert!(sign_in(&[TOKENS, &refusal]).unwrap_err().into_grant().is_some(), "{errcode}");
        }
    }

    #[test]
    fn a_stale_token_that_turns_out_a_snapshots_signs_nobody_in() {
        let snapshot = TOKENS.replace('}', r#","is_snapshotuser":1}"#);
        let error = sign_in(&[TOKENS, r#"{"errcode":40001}"#, &snapshot]).unwrap_err();
        assert!(error.into_grant().is_none());
    }

    #[test]
    fn a_flow_given_up_halfway_gives_its_grant_back() {
        let busy = r#"{"errcode":-1}"#;
        assert!(sign_in(&[TOKENS, busy]).unwrap_err().into_grant().is_some());
        assert!(sign_in(&[TOKENS, r#"{"errcode":40001}"#]).unwrap_err().into_grant().is_some());
        assert!(matches!(sign_in(&[]).unwrap_err(), Error::Config(ConfigError::FlowNotDone)));
    }

    #[test]
    fn the_unionid_of_the_profile_is_the_persons() {
        let tokens = TOKENS.replace(r#","unionid":"u1""#, "");
        let signed_in = sign_in(&[&tokens, r#"{"openid":"o1","unionid":"u3"}"#]).unwrap();
        let SignedIn::Person(person) = signed_in else { panic!() };
        assert_eq!(person.unionid().unwrap().as_str(), "u3");
        assert!(person.grant().unionid().is_none());
    }

    /// A flow after the exchange: what it was told, and how often it then asked again before it gave up.
    fn repeats(answered: &[&str], again: impl Fn(&mut SignIn)) -> (u32, Result<SignedIn, Error>) {
        let mut flow = testing::official().sign_in(testing::code(Scope::UserInfo)).unwrap();
        for body in answered {
            flow.answer(&Response::new(200, body.as_bytes(), testing::NOW));
        }
        let mut times = 0_u32;
        while let Step::Send(_) = flow.step() {
            again(&mut flow);
            flow.waited();
            times += 1;
        }
        (times, flow.finish())
    }

    #[test]
    fn a_profile_or_refresh_that_stays_busy_or_lost_is_given_up_with_the_grant() {
        use crate::error::{Phase, TransportErrorKind};
        let lost = TransportError::new(TransportErrorKind::Closed, Phase::Body);
        let stages: [&[&str]; 2] = [&[TOKENS], &[TOKENS, r#"{"errcode":40001}"#]];
        for stage in stages {
            let busy = |flow: &mut SignIn| {
                flow.answer(&Response::new(200, br#"{"errcode":-1}"#, testing::NOW));
            };
            let asked = 1 + crate::REPEATS;
            for (times, ended) in [repeats(stage, busy), repeats(stage, |flow| flow.lost(lost))] {
                assert_eq!(times, asked, "{stage:?}");
                let error = ended.unwrap_err();
                assert!(matches!(error, Error::ProfileUnread { .. }), "{error}");
                assert_eq!(error.into_grant().unwrap().openid().as_str(), "o1");
            }
        }
    }

    #[test]
    fn a_person_comes_apart_into_grant_and_profile() {
        let SignedIn::Person(person) = sign_in(&[TOKENS, r#"{"openid":"o1"}"#]).unwrap() else { panic!() };
        let (grant, profile) = person.into_parts();
        assert_eq!(grant.openid().as_str(), "o1");
        assert!(profile.is_some());
    }
}
