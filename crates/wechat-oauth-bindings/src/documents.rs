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

use std::{fmt, io, mem};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use wechat_oauth_core::{
    Advice, AppId, BrowserKind, CheckReport, Code, ConfigError, Error, ErrorReport, Exchanged, Expected,
    Grant, GrantReport, LintOptions, LintReport, OpenId, Operation, Pending, Person, Place, Profile,
    ProfileReport, Response, SignedIn, Step, StoredGrant, UnionId, UnixTime, Validity, WxLogin,
};
use zeroize::{Zeroize as _, Zeroizing};

use crate::failure::{Failure, Misuse};
use crate::options::Begun;
use crate::task::Outcome;

/// Room for a usual document, in bytes: one that outgrows it is copied.
const USUAL: usize = 2 * 1024;

/// A JSON text, which may hold secrets: it is wiped on drop, and shown by one method.
#[derive(Clone, PartialEq, Eq)]
pub struct Document(String);

impl Document {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn of(value: &impl Serialize) -> Self {
        let mut json = Growing(Zeroizing::new(Vec::with_capacity(USUAL)));
        // Nothing here has a key that is no text, or a writer that fails.
        let _infallible = serde_json::to_writer(&mut json, value);
        Self(String::from_utf8(mem::take(&mut json.0)).unwrap_or_default())
    }
}

/// Bytes that leave no outgrown copy of a secret behind when they need more room.
struct Growing(Zeroizing<Vec<u8>>);

impl io::Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (self.0.len() + bytes.len())));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // What was written, and not the room behind it, which is most of it and never held anything.
        mem::take(&mut self.0).into_bytes()[..].zeroize();
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

/// Of an answer whose request was made elsewhere: what `wechat-oauth read` prints. `openid` is the person that it has to
/// be about, and `scope` what was asked for, where these are known.
///
/// # Errors
/// What is wrong with the answer, or first with what it is read by; the command line prints its [`error`].
pub fn read(
    operation: &str,
    status: u16,
    body: &[u8],
    openid: Option<&str>,
    scope: Option<&str>,
) -> Result<Document, Failure> {
    let operation: Operation = operation.parse().map_err(ConfigError::from)?;
    let expected = Expected {
        openid: openid.map(OpenId::new).transpose().map_err(ConfigError::from)?,
        scope: scope.map(str::parse).transpose().map_err(ConfigError::from)?,
    };
    // No document tells a time, so any will do.
    let response = Response::new(status, body, UnixTime::from_secs(0));
    Ok(Document::of(&wechat_oauth_core::read_report(operation, &response, &expected)?))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use wechat_oauth_core::ProfileLang;

    const PROFILE: &str = r#"{"openid":"o1","nickname":"Lily","sex":2,"unionid":"u1"}"#;

    fn sign_in(answers: &[&str]) -> Result<Outcome, Failure> {
        let mut task = crate::Task::sign_in(&testing::app(), testing::code(), ProfileLang::English)?;
        for answer in answers {
            task.answer(&testing::response(answer))?;
        }
        task.finish()
    }

    fn consented() -> String {
        testing::GRANT.replace("snsapi_base", "snsapi_userinfo")
    }

    #[test]
    fn a_begun_login_gives_the_url_and_what_to_keep() {
        let app = testing::app();
        let mut options = crate::LoginOptions::new("snsapi_base", "https://example.com/cb");
        options.state = Some("S1".to_owned());
        let document = begun(&options.begin(&app, || None).unwrap());
        assert_eq!(
            document.expose(),
            r#"{"url":"https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2Fexample.com%2Fcb&response_type=code&scope=snsapi_base&state=S1#wechat_redirect","state":"S1","pending":{"state":"S1","appid":"wx1","component_appid":null,"scope":"snsapi_base"}}"#
        );
    }

    #[test]
    fn each_step_says_what_to_do() {
        let task = crate::Task::exchange(&testing::app(), testing::code()).unwrap();
        let shown = step(&task.step().unwrap());
        assert_eq!(
            shown.expose(),
            r#"{"step":"send","operation":"exchange","method":"GET","url":"https://api.weixin.qq.com/sns/oauth2/access_token?appid=wx1&secret=s3cr3t&code=C0DE&grant_type=authorization_code","redacted_url":"https://api.weixin.qq.com/sns/oauth2/access_token?appid=wx1&secret=[redacted]&code=[redacted]&grant_type=authorization_code"}"#
        );
        assert_eq!(
            step(&Step::Wait(wechat_oauth_core::FIRST_WAIT)).expose(),
            r#"{"step":"wait","milliseconds":1000}"#
        );
        assert_eq!(step(&Step::Done).expose(), r#"{"step":"done"}"#);
    }

    #[test]
    fn somebody_who_signed_in_has_a_key_a_profile_and_a_grant() {
        let document = outcome(&sign_in(&[&consented(), PROFILE]).unwrap());
        assert_eq!(
            document.expose(),
            r#"{"signed_in":"person","appid":"wx1","openid":"o1","unionid":"u1","profile":{"openid":"o1","unionid":"u1","nickname":"Lily","sex":2,"language":"","province":"","city":"","country":"","avatar":null,"privileges":[],"extra":{}},"grant":{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scopes":["snsapi_userinfo"],"scopes_assumed":false,"unionid":null,"snapshot":false},"stored_grant":{"appid":"wx1","openid":"o1","unionid":null,"access_token":"AT","refresh_token":"RT","scopes":["snsapi_userinfo"],"scopes_assumed":false,"asked":"snsapi_base","issued_at":1790000000,"expires_in":7200,"refresh_token_issued_at":1790000000}}"#
        );
    }

    #[test]
    fn a_snapshot_visitor_is_nobody() {
        let body = r#"{"openid":"v1","scope":"snsapi_base","is_snapshotuser":1}"#;
        assert_eq!(outcome(&sign_in(&[body]).unwrap()).expose(), r#"{"signed_in":"snapshot"}"#);
        let exchanged = testing::exchanged(&testing::app(), 200, body).unwrap();
        assert!(
            outcome(&Outcome::Exchanged(exchanged))
                .expose()
                .ends_with(r#""snapshot":true},"stored_grant":null}"#)
        );
    }

    #[test]
    fn a_stored_grant_and_a_pending_login_are_read_back() {
        let grant = testing::grant();
        let stored = stored_grant(&grant);
        let again = crate::options::stored_grant(stored.expose()).unwrap();
        assert_eq!(stored_grant(&again).expose(), stored.expose());
        assert_eq!(
            freshness(&grant, testing::NOW).expose(),
            r#"{"freshness":"fresh","expires_at":1790007200,"refresh_token_ends_at":1792592000}"#
        );
        assert_eq!(replaces(&grant, &grant, testing::NOW).expose(), r#"{"replaces":true}"#);
        let waiting = testing::pending();
        let again = crate::options::pending(pending(&waiting).expose()).unwrap();
        assert!(again.state().matches(waiting.state().expose()));
        for broken in ["", "{}", "null", &stored.expose()[1..], &stored.expose().replace("7200", "0")] {
            let failure = crate::options::stored_grant(broken).unwrap_err();
            assert!(!format!("{failure} {failure:?}").contains("AT"), "{failure:?}");
        }
    }

    #[test]
    fn a_failure_says_what_the_command_line_says_and_what_to_do() {
        let refused = testing::exchanged(
            &testing::app(),
            200,
            r#"{"errcode":40029,"errmsg":"invalid code, rid: 1-2"}"#,
        );
        let refused = refused.unwrap_err();
        let alone = r#"{"error":{"kind":"refused","errcode":40029,"name":"invalid_code","message":"invalid code","request_id":"1-2","advice":"restart_authorization"}}"#;
        assert_eq!(error(&refused).expose(), alone);
        let body = br#"{"errcode":40029,"errmsg":"invalid code, rid: 1-2"}"#;
        assert_eq!(error(&read("exchange", 200, body, None, None).unwrap_err()).expose(), alone);
        assert_eq!(
            failure(&refused).expose(),
            format!(r#"{},"advice":"restart_authorization"}}"#, alone.strip_suffix('}').unwrap())
        );
        assert_eq!(
            failure(&Misuse::CodeUsed.into()).expose(),
            r#"{"error":{"kind":"misuse","reason":"code_used","message":"the code was used: each code is good for one exchange, so restart the authorization"},"advice":"fix_configuration"}"#
        );
    }

    #[test]
    fn what_a_failure_gives_back_is_in_its_document() {
        let stray = Failure::from(testing::pending().accept("code=C1&state=S2").unwrap_err());
        assert_eq!(
            failure(&stray).expose(),
            r#"{"error":{"kind":"callback","reason":"state_mismatch"},"advice":"restart_authorization","pending":{"state":"S1","appid":"wx1","component_appid":null,"scope":"snsapi_base"}}"#
        );
        let refused = Failure::from(testing::pending().accept("state=S1").unwrap_err());
        assert_eq!(
            failure(&refused).expose(),
            r#"{"error":{"kind":"callback","reason":"denied"},"advice":"turn_away"}"#
        );
        let unread = sign_in(&[&consented(), "<html>"]).unwrap_err();
        let shown = failure(&unread);
        assert!(
            shown.expose().contains(r#""advice":"retry_later","grant":{"access_token":"AT""#),
            "{}",
            shown.expose()
        );
        assert!(shown.expose().contains(r#"},"stored_grant":{"appid":"wx1""#));
    }

    #[test]
    fn a_code_is_explained_in_both_languages() {
        let document = explain(40029).unwrap();
        assert!(
            document
                .expose()
                .starts_with(r#"{"code":40029,"name":"invalid_code","place":"api","meaning":{"en":""#)
        );
        assert!(document.expose().ends_with(
            r#""advice":{"exchange":"restart_authorization","refresh":"restart_authorization","check":"restart_authorization","profile":"restart_authorization","component_exchange":"restart_authorization","component_refresh":"restart_authorization"}}"#
        ), "{}", document.expose());
        assert!(explain(10003).unwrap().expose().ends_with(r#""advice":null}"#));
        assert!(explain(1).is_none());
    }

    #[test]
    fn what_an_answer_is_read_by_is_checked_first_and_in_order() {
        let reason = |operation, openid, scope| {
            read(operation, 200, b"", Some(openid), Some(scope)).unwrap_err().reason()
        };
        assert_eq!(reason("swap", "o 1", "snsapi_all"), "operation");
        assert_eq!(reason("exchange", "o 1", "snsapi_all"), "invalid_value");
        assert_eq!(reason("exchange", "o1", "snsapi_all"), "scope");
        assert_eq!(reason("exchange", "o1", "snsapi_base"), "empty");
        let other = read("exchange", 200, testing::GRANT.as_bytes(), Some("o2"), None).unwrap_err();
        assert_eq!(other.reason(), "openid_mismatch");
    }

    #[test]
    fn other_documents_are_the_command_lines() {
        assert_eq!(browser_kind("MicroMessenger").expose(), r#"{"browser":"wechat"}"#);
        assert_eq!(code(&testing::code()).expose(), r#"{"code":"C0DE"}"#);
        assert!(
            lint("https://example.com", None)
                .expose()
                .starts_with(r#"{"findings":[{"code":"not_authorize_page""#)
        );
        let grant = testing::grant();
        let read = read("exchange", 200, testing::GRANT.as_bytes(), None, None).unwrap();
        assert_eq!(super::grant(&grant), read);
        assert_eq!(format!("{read:?}"), format!("Document({} bytes)", read.expose().len()));
    }
}
