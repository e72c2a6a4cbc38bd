//! Everything as JSON, in the form that the command line prints.
//!
//! | document | of |
//! |---|---|
//! | `{"url","state","pending"}`, and `"wx_login"` where asked for | a login that was begun |
//! | `{"code"}` | a code |
//! | `{"step":"send","operation","method","url","redacted_url"}`, `{"step":"wait","milliseconds"}`, `{"step":"done"}` | a step |
//! | `{"signed_in":"person","appid","openid","unionid","profile","grant","stored_grant"}`, `{"signed_in":"snapshot"}` | a sign-in |
//! | `{"grant","stored_grant"}` (which is null for a snapshot visitor) | an exchange, a refresh, a renewal |
//! | `{"valid"}`, and `"error"` where it is false | a check |
//! | `{"profile"}` | a profile |
//! | `{"error","advice"}`, and what the error gives back: `"pending"`, or `"grant"` and `"stored_grant"` | a failure |
//!
//! `grant`, `profile` and `error` are what `wechat-oauth read` prints, byte for byte.

use std::fmt;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use wechat_oauth_core::{
    Advice, AppId, BrowserKind, CheckReport, Code, Error, ErrorDocument, ErrorReport, Exchanged, Expected,
    Grant, GrantReport, LintOptions, LintReport, OpenId, Operation, Pending, Person, Place, Profile,
    ProfileReport, Response, SignedIn, Step, StoredGrant, UnionId, UnixTime, Validity, WxLogin,
};
use zeroize::Zeroizing;

use crate::failure::{Failure, Misuse};
use crate::options::Begun;
use crate::task::Outcome;

/// Room for a usual document, in bytes, so that writing one leaves no outgrown copy of a secret behind.
const USUAL: usize = 2 * 1024;

/// A JSON text, which may hold secrets: it is wiped on drop, and shown by one method.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(Zeroizing<String>);

impl Document {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn of(value: &impl Serialize) -> Self {
        let mut json = Vec::with_capacity(USUAL);
        // Nothing here has a key that is no text, or a writer that fails.
        let _infallible = serde_json::to_writer(&mut json, value);
        Self(Zeroizing::new(String::from_utf8(json).unwrap_or_default()))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.0.len())
    }
}

/// Of a login that was begun.
#[must_use]
pub fn begun(begun: &Begun) -> Document {
    #[derive(Serialize)]
    struct Login<'a> {
        url: &'a str,
        state: &'a str,
        pending: &'a Pending,
        #[serde(skip_serializing_if = "Option::is_none")]
        wx_login: Option<&'a WxLogin>,
    }
    Document::of(&Login {
        url: begun.url.as_str(),
        state: begun.pending.state().expose(),
        pending: &begun.pending,
        wx_login: begun.wx_login.as_ref(),
    })
}

/// Of a pending login: what to keep with the browser.
#[must_use]
pub fn pending(pending: &Pending) -> Document {
    Document::of(pending)
}

/// Of the argument of `new WxLogin({...})`.
#[must_use]
pub fn wx_login(argument: &WxLogin) -> Document {
    Document::of(argument)
}

/// Of a code, in the open.
#[must_use]
pub fn code(code: &Code) -> Document {
    #[derive(Serialize)]
    struct OfCode<'a> {
        code: &'a str,
    }
    Document::of(&OfCode { code: code.expose() })
}

/// Of a step.
#[must_use]
pub fn step(step: &Step<'_>) -> Document {
    #[derive(Serialize)]
    #[serde(tag = "step", rename_all = "snake_case")]
    enum OfStep<'a> {
        Send { operation: &'a str, method: &'a str, url: &'a str, redacted_url: String },
        Wait { milliseconds: u128 },
        Done,
    }
    Document::of(&match step {
        Step::Send(request) => OfStep::Send {
            operation: request.operation().as_str(),
            method: request.method(),
            url: request.url().expose(),
            redacted_url: request.redacted_url(),
        },
        Step::Wait(duration) => OfStep::Wait { milliseconds: duration.as_millis() },
        Step::Done => OfStep::Done,
    })
}

/// Of what a task came to.
#[must_use]
pub fn outcome(outcome: &Outcome) -> Document {
    match outcome {
        Outcome::SignedIn(SignedIn::Person(person)) => self::person(person),
        Outcome::SignedIn(SignedIn::Snapshot(_)) => Document::of(&OfSnapshot { signed_in: "snapshot" }),
        Outcome::Exchanged(exchanged) => Document::of(&OfGrant {
            grant: GrantReport::expose(exchanged),
            stored_grant: match exchanged {
                Exchanged::Grant(grant) => Some(grant.expose_for_storage()),
                Exchanged::Snapshot(_) => None,
            },
        }),
        Outcome::Grant(grant) => Document::of(&OfGrant::new(grant)),
        Outcome::Validity(validity) => self::validity(validity),
        Outcome::Profile(profile) => {
            #[derive(Serialize)]
            struct OfProfile {
                profile: ProfileReport,
            }
            Document::of(&OfProfile { profile: ProfileReport::from(profile) })
        }
    }
}

#[derive(Serialize)]
struct OfGrant {
    grant: GrantReport,
    stored_grant: Option<StoredGrant>,
}

impl OfGrant {
    fn new(grant: &Grant) -> Self {
        Self { grant: GrantReport::expose_grant(grant), stored_grant: Some(grant.expose_for_storage()) }
    }
}

#[derive(Serialize)]
struct OfSnapshot {
    signed_in: &'static str,
}

/// Of somebody who signed in.
#[must_use]
pub fn person(person: &Person) -> Document {
    #[derive(Serialize)]
    struct OfPerson<'a> {
        signed_in: &'static str,
        appid: &'a AppId,
        openid: &'a OpenId,
        unionid: Option<&'a UnionId>,
        profile: Option<ProfileReport>,
        #[serde(flatten)]
        grant: OfGrant,
    }
    Document::of(&OfPerson {
        signed_in: "person",
        appid: person.identity().appid(),
        openid: person.identity().openid(),
        unionid: person.unionid(),
        profile: person.profile().map(ProfileReport::from),
        grant: OfGrant::new(person.grant()),
    })
}

/// Of a grant, tokens in the open: what `wechat-oauth read` prints.
#[must_use]
pub fn grant(grant: &Grant) -> Document {
    Document::of(&GrantReport::expose_grant(grant))
}

/// Of a grant on its way to storage, tokens in the open.
#[must_use]
pub fn stored_grant(grant: &Grant) -> Document {
    Document::of(&grant.expose_for_storage())
}

/// Of a profile: what `wechat-oauth read` prints.
#[must_use]
pub fn profile(profile: &Profile) -> Document {
    Document::of(&ProfileReport::from(profile))
}

/// Of a check: what `wechat-oauth read` prints.
#[must_use]
pub fn validity(validity: &Validity) -> Document {
    Document::of(&CheckReport::from(validity))
}

/// Of how long a grant is good: `{"freshness","expires_at","refresh_token_ends_at"}`.
#[must_use]
pub fn freshness(grant: &Grant, now: UnixTime) -> Document {
    #[derive(Serialize)]
    struct OfFreshness {
        freshness: &'static str,
        expires_at: u64,
        refresh_token_ends_at: u64,
    }
    Document::of(&OfFreshness {
        freshness: grant.at(now).as_str(),
        expires_at: grant.expires_at().as_secs(),
        refresh_token_ends_at: grant.refresh_token_ends_at().as_secs(),
    })
}

/// `{"replaces":true}`: whether a grant is to be stored in place of another one.
#[must_use]
pub fn replaces(grant: &Grant, stored: &Grant, now: UnixTime) -> Document {
    #[derive(Serialize)]
    struct OfReplaces {
        replaces: bool,
    }
    Document::of(&OfReplaces { replaces: grant.replaces(stored, now) })
}

/// `{"browser":"wechat"}`: which way in fits a browser.
#[must_use]
pub fn browser_kind(user_agent: &str) -> Document {
    #[derive(Serialize)]
    struct OfBrowser {
        browser: &'static str,
    }
    Document::of(&OfBrowser { browser: BrowserKind::of_user_agent(user_agent).as_str() })
}

/// Of an answer whose request was made elsewhere: what `wechat-oauth read` prints.
///
/// # Errors
/// The document of what is wrong with the answer, as `wechat-oauth read` prints it.
pub fn read(
    operation: Operation,
    response: &Response<'_>,
    expected: &Expected,
) -> Result<Document, Document> {
    match wechat_oauth_core::read_report(operation, response, expected) {
        Ok(report) => Ok(Document::of(&report)),
        Err(error) => Err(Document::of(&ErrorDocument::from(&error))),
    }
}

/// Of what is wrong with an authorize URL: what `wechat-oauth lint` prints.
#[must_use]
pub fn lint(url: &str, domain: Option<&str>) -> Document {
    let mut options = LintOptions::default();
    if let Some(domain) = domain {
        options = options.domain(domain);
    }
    Document::of(&LintReport { findings: wechat_oauth_core::lint(url, &options) })
}

/// Of what a code means: `{"code","name","place","meaning","remedy","advice"}`, the texts in both languages, the advice
/// for each operation (null for a code that no operation answers with, or that needs none).
#[must_use]
pub fn explain(code: i64) -> Option<Document> {
    #[derive(Serialize)]
    struct OfText {
        en: &'static str,
        zh: &'static str,
    }
    #[derive(Serialize)]
    struct OfCode {
        code: i64,
        name: &'static str,
        place: &'static str,
        meaning: OfText,
        remedy: OfText,
        advice: Option<Advices>,
    }
    let found = wechat_oauth_core::explain(code)?;
    let text = |text: wechat_oauth_core::Bilingual| OfText { en: text.en, zh: text.zh };
    Some(Document::of(&OfCode {
        code: found.code,
        name: found.name,
        place: match found.place {
            Place::Api => "api",
            Place::Page => "page",
        },
        meaning: text(found.meaning),
        remedy: text(found.remedy),
        advice: (found.place == Place::Api && code != 0).then_some(Advices(code)),
    }))
}

/// The advice about a refusal, for each operation.
struct Advices(i64);

impl Serialize for Advices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Operation::ALL.len()))?;
        for operation in Operation::ALL {
            map.serialize_entry(operation.as_str(), Advice::for_refusal(self.0, operation).as_str())?;
        }
        map.end()
    }
}

/// Of a failure, with what it gives back.
#[must_use]
pub fn failure(failure: &Failure) -> Document {
    #[derive(Serialize)]
    struct OfFailure<'a> {
        error: OfError,
        advice: Advice,
        #[serde(skip_serializing_if = "Option::is_none")]
        pending: Option<&'a Pending>,
        #[serde(skip_serializing_if = "Option::is_none")]
        grant: Option<GrantReport>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stored_grant: Option<StoredGrant>,
    }
    let (mut pending, mut kept) = (None, None);
    if let Failure::Error(error) = failure {
        match &**error {
            Error::Callback(error) => pending = error.pending(),
            Error::ProfileUnread { grant, .. } => kept = Some(grant),
            _ => {}
        }
    }
    Document::of(&OfFailure {
        error: OfError::from(failure),
        advice: failure.advice(),
        pending,
        grant: kept.map(|grant| GrantReport::expose_grant(grant)),
        stored_grant: kept.map(|grant| grant.expose_for_storage()),
    })
}

/// `{"error":{…}}` alone: what the command line prints.
#[must_use]
pub fn error(failure: &Failure) -> Document {
    #[derive(Serialize)]
    struct Alone {
        error: OfError,
    }
    Document::of(&Alone { error: OfError::from(failure) })
}

#[derive(Serialize)]
#[serde(untagged)]
enum OfError {
    Core(ErrorReport),
    Misuse { kind: &'static str, reason: &'static str, message: String },
}

impl From<&Failure> for OfError {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Error(error) => Self::Core(ErrorReport::from(&**error)),
            Failure::Misuse(misuse) => Self::from(*misuse),
        }
    }
}

impl From<Misuse> for OfError {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse { kind: "misuse", reason: misuse.reason(), message: misuse.to_string() }
    }
}
