//! Answers and errors as JSON documents: one form for the command line and for every language binding.
//!
//! JSON carries the exact text of names and messages; whoever shows it escapes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroize as _;

use crate::advice::{Advice, Operation};
use crate::body::Body;
use crate::call::{Response, read_answer, sealed};
use crate::callback::{self, CallbackError};
use crate::check::Validity;
use crate::error::{ConfigError, Error, Refusal};
use crate::grant::{Exchanged, Grant, Snapshot};
use crate::id::{AppId, Identity, OpenId, UnionId};
use crate::profile::{Profile, ProfileRule};
use crate::scope::{Scope, Scopes};
use crate::secret::{AccessToken, REDACTED, RefreshToken};
use crate::state::State;
use crate::time::UnixTime;
use crate::tokens::{Tokens, check_expires_in};

/// What a caller knows when it reads an answer whose request it did not make here.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The person that the answer has to be about.
    pub openid: Option<OpenId>,
    /// The scope that was asked for, in case the answer leaves it out.
    pub scope: Option<Scope>,
}

/// Reads an answer to `operation` into its document.
///
/// It does not know the request. So a refusal that quotes one keeps the quote, which [`Call::read`](crate::Call::read)
/// would cut.
///
/// # Errors
/// As [`Call::read`](crate::Call::read); another openid than the expected one is
/// [`OpenIdMismatch`](crate::MalformedReason::OpenIdMismatch).
pub fn read_report(
    operation: Operation,
    response: &Response<'_>,
    expected: &Expected,
) -> Result<Report, Error> {
    match operation {
        Operation::Exchange
        | Operation::ComponentExchange
        | Operation::Refresh
        | Operation::ComponentRefresh => {
            let rule = TokensRule { expected: expected.clone(), refresh: !operation.spends_code() };
            read_answer::<Tokens>(operation, &rule, response, str::to_owned)
                .map(|tokens| Report::Grant(GrantReport::from_tokens(&tokens)))
        }
        Operation::Check => read_answer::<Validity>(operation, &(), response, str::to_owned)
            .map(|validity| Report::Check(CheckReport::from(&validity))),
        Operation::Profile => {
            let rule = ProfileRule { openid: expected.openid.clone(), unionid: None, emulator: None };
            read_answer::<Profile>(operation, &rule, response, str::to_owned)
                .map(|profile| Report::Profile(Box::new(ProfileReport::from(&profile))))
        }
    }
}

/// What a caller knows when it reads a callback whose login it did not begin here.
#[derive(Debug, Clone)]
pub struct ExpectedCallback {
    /// The state that the login was begun with.
    pub state: State,
    /// For a component's login: the account that it is for, which the callback has to name.
    pub authorizer: Option<AppId>,
}

/// Reads a callback into its document, by the rules of [`Pending::accept`](crate::Pending::accept).
///
/// It is for tools. A site keeps the [`Pending`](crate::Pending) with the browser, which this cannot see to.
///
/// # Errors
/// [`CallbackError`], as [`Pending::accept`](crate::Pending::accept).
pub fn read_callback_report(
    callback: &str,
    expected: &ExpectedCallback,
) -> Result<CodeReport, CallbackError> {
    callback::read(callback, &expected.state, expected.authorizer.as_ref())
        .map(|code| CodeReport { code: code.expose().to_owned() })
}

/// `{"code":…}`: what a callback brought, **with the code in the open** once it is serialised.
#[derive(Serialize)]
pub struct CodeReport {
    code: String,
}

impl Drop for CodeReport {
    fn drop(&mut self) {
        self.code.zeroize();
    }
}

impl fmt::Debug for CodeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeReport({REDACTED})")
    }
}

/// An answer's document.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Of an exchange or refresh.
    Grant(GrantReport),
    /// Of a check.
    Check(CheckReport),
    /// Of a profile.
    Profile(Box<ProfileReport>),
}

crate::secret::deserialized_without_quoting! {
    "a grant's document",
    /// `{"access_token","expires_in","refresh_token","openid","scopes","scopes_assumed","unionid","snapshot"}`: what
    /// an exchange or refresh yielded, **with its tokens in the open** once it is serialised.
    ///
    /// What cannot be read back is an error that quotes nothing of it.
    #[derive(Clone, Serialize)]
    pub struct GrantReport {
        access_token: Option<String>,
        expires_in: Option<u32>,
        refresh_token: Option<String>,
        openid: OpenId,
        scopes: Scopes,
        scopes_assumed: bool,
        unionid: Option<UnionId>,
        snapshot: bool,
    }
}

impl GrantReport {
    /// The document of an exchange.
    #[must_use]
    pub fn expose(exchanged: &Exchanged) -> Self {
        match exchanged {
            Exchanged::Grant(grant) => Self::expose_grant(grant),
            Exchanged::Snapshot(Snapshot(tokens)) => Self::from_tokens(tokens),
        }
    }

    /// The document of a grant.
    #[must_use]
    pub fn expose_grant(grant: &Grant) -> Self {
        Self {
            access_token: Some(grant.access_token.expose().to_owned()),
            expires_in: Some(grant.expires_in),
            refresh_token: Some(grant.refresh_token.expose().to_owned()),
            openid: grant.openid().clone(),
            scopes: grant.scopes.clone(),
            scopes_assumed: grant.scopes_assumed,
            unionid: grant.unionid.clone(),
            snapshot: false,
        }
    }

    fn from_tokens(tokens: &Tokens) -> Self {
        Self {
            access_token: tokens.access_token.as_ref().map(|token| token.expose().to_owned()),
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            openid: tokens.openid.clone(),
            scopes: tokens.scopes.clone(),
            scopes_assumed: tokens.scopes_assumed,
            unionid: tokens.unionid.clone(),
            snapshot: tokens.snapshot,
        }
    }

    /// The grant again. The document says neither whose application it is nor when it was issued, so the caller does;
    /// the thirty days of the refresh token are counted from then, too.
    ///
    /// # Errors
    /// [`ConfigError`] when it is a snapshot visitor's, or has no tokens.
    pub fn into_grant(mut self, appid: AppId, issued_at: UnixTime) -> Result<Grant, ConfigError> {
        if self.snapshot {
            return Err(ConfigError::SnapshotGrant);
        }
        let expires_in = self.expires_in.unwrap_or_default();
        check_expires_in(expires_in)?;
        Ok(Grant {
            identity: Identity::new(appid, self.openid.clone()),
            unionid: self.unionid.clone(),
            access_token: AccessToken::new(self.access_token.take().unwrap_or_default())?,
            refresh_token: RefreshToken::new(self.refresh_token.take().unwrap_or_default())?,
            scopes: self.scopes.clone(),
            scopes_assumed: self.scopes_assumed,
            asked: None,
            issued_at,
            expires_in,
            refresh_token_issued_at: issued_at,
        })
    }
}

impl Drop for GrantReport {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
    }
}

impl fmt::Debug for GrantReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantReport({REDACTED})")
    }
}

/// `{"valid":true}`, or `{"valid":false,"error":{…}}`.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorReport>,
}

impl From<&Validity> for CheckReport {
    fn from(validity: &Validity) -> Self {
        match validity {
            Validity::Valid => Self { valid: true, error: None },
            Validity::NotValid(refusal) => Self { valid: false, error: Some(ErrorReport::from(refusal)) },
        }
    }
}

impl CheckReport {
    /// Whether the token is valid.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.valid
    }
}

/// `{"openid","unionid","nickname","sex","language","province","city","country","avatar","privileges","extra"}`: a
/// profile.
#[derive(Clone, Serialize)]
pub struct ProfileReport {
    openid: OpenId,
    unionid: Option<UnionId>,
    nickname: String,
    sex: u8,
    language: String,
    province: String,
    city: String,
    country: String,
    avatar: Option<String>,
    privileges: Vec<String>,
    extra: BTreeMap<String, Box<RawValue>>,
}

/// The texts are somebody else's, and raw.
impl fmt::Debug for ProfileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProfileReport({})", self.openid)
    }
}

impl From<&Profile> for ProfileReport {
    fn from(profile: &Profile) -> Self {
        let text = |text: &crate::UntrustedText| text.as_untrusted_str().to_owned();
        let raw = |(key, value): (&str, &str)| {
            RawValue::from_string(value.to_owned()).ok().map(|value| (key.to_owned(), value))
        };
        Self {
            openid: profile.openid().clone(),
            unionid: profile.unionid().cloned(),
            nickname: text(profile.nickname()),
            sex: profile.sex().as_number(),
            language: text(profile.language()),
            province: text(profile.province()),
            city: text(profile.city()),
            country: text(profile.country()),
            avatar: profile.avatar().map(ToString::to_string),
            privileges: profile.privileges().iter().map(text).collect(),
            extra: profile.extra().filter_map(raw).collect(),
        }
    }
}

/// What `"error"` holds in a document; it begins with `"kind"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ErrorReport {
    /// See [`ConfigError`].
    Configuration {
        /// [`ConfigError::reason`].
        reason: &'static str,
        /// For people.
        message: String,
    },
    /// See [`CallbackError`](crate::CallbackError).
    Callback {
        /// [`CallbackReason::as_str`](crate::CallbackReason::as_str).
        reason: &'static str,
    },
    /// See [`Refusal`].
    Refused {
        /// WeChat's code.
        errcode: i64,
        /// Its name, if it is a known one.
        name: Option<&'static str>,
        /// WeChat's message, exactly.
        message: String,
        /// WeChat's id of the request.
        request_id: Option<String>,
        /// What to do.
        advice: Advice,
    },
    /// See [`Malformed`](crate::Malformed).
    Malformed {
        /// The HTTP status.
        status: u16,
        /// The line, if the fault has a place.
        line: Option<usize>,
        /// The column, if the fault has a place.
        column: Option<usize>,
        /// [`MalformedReason::as_str`](crate::MalformedReason::as_str).
        reason: &'static str,
        /// The field at fault, if it is one.
        field: Option<&'static str>,
    },
    /// See [`LostAnswer`](crate::LostAnswer).
    Transport {
        /// [`TransportErrorKind::as_str`](crate::TransportErrorKind::as_str).
        reason: &'static str,
        /// [`Phase::as_str`](crate::Phase::as_str).
        phase: &'static str,
    },
}

impl From<&Refusal> for ErrorReport {
    fn from(refusal: &Refusal) -> Self {
        Self::Refused {
            errcode: refusal.errcode(),
            name: refusal.name(),
            message: refusal.message().as_untrusted_str().to_owned(),
            request_id: refusal.request_id().map(str::to_owned),
            advice: refusal.advice(),
        }
    }
}

impl From<&ConfigError> for ErrorReport {
    fn from(error: &ConfigError) -> Self {
        Self::Configuration { reason: error.reason(), message: error.to_string() }
    }
}

impl From<&CallbackError> for ErrorReport {
    fn from(error: &CallbackError) -> Self {
        Self::Callback { reason: error.reason().as_str() }
    }
}

impl From<&Error> for ErrorReport {
    fn from(error: &Error) -> Self {
        match error {
            Error::Config(error) => Self::from(error),
            Error::Callback(error) => Self::from(error),
            Error::Refused(refusal) => Self::from(refusal),
            Error::Malformed(malformed) => Self::Malformed {
                status: malformed.status(),
                line: malformed.line(),
                column: malformed.column(),
                reason: malformed.reason().as_str(),
                field: malformed.reason().field(),
            },
            Error::Transport(lost) => Self::Transport {
                reason: lost.transport().kind.as_str(),
                phase: lost.transport().phase.as_str(),
            },
            Error::ProfileUnread { cause, .. } => Self::from(&**cause),
        }
    }
}

/// `{"error":{…}}`: an error's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorDocument {
    /// What went wrong.
    pub error: ErrorReport,
}

impl From<&Error> for ErrorDocument {
    fn from(error: &Error) -> Self {
        Self { error: ErrorReport::from(error) }
    }
}

pub(crate) struct TokensRule {
    expected: Expected,
    refresh: bool,
}

impl sealed::Answer for Tokens {
    type Rule = TokensRule;
    const KEYS: &'static [&'static str] = Self::KEYS;

    fn read(rule: &TokensRule, body: &Body<'_>) -> Result<Self, Error> {
        let tokens = Self::read(body, rule.expected.scope, rule.expected.openid.as_ref())?;
        if rule.refresh {
            tokens.refuse_snapshot(body)?;
        }
        if !tokens.snapshot {
            tokens.clone().all(body)?;
        }
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn json(operation: Operation, status: u16, body: &str, expected: &Expected) -> String {
        match read_report(operation, &Response::new(status, body.as_bytes(), testing::NOW), expected) {
            Ok(report) => serde_json::to_string(&report).unwrap(),
            Err(error) => serde_json::to_string(&ErrorDocument::from(&error)).unwrap(),
        }
    }

    fn read(operation: Operation, body: &str) -> String {
        json(operation, 200, body, &Expected::default())
    }

    #[test]
    fn a_grant_is_eight_fields() {
        let body =
            r#"{"access_token":"A","expires_in":"300","refresh_token":"R","openid":"o","unionid":"u"}"#;
        assert_eq!(
            read(Operation::Exchange, body),
            r#"{"access_token":"A","expires_in":300,"refresh_token":"R","openid":"o","scopes":[],"scopes_assumed":true,"unionid":"u","snapshot":false}"#
        );
        let expected = Expected { scope: Some(Scope::Base), ..Expected::default() };
        let scoped = json(Operation::Refresh, 200, body, &expected);
        assert!(scoped.contains(r#""scopes":["snsapi_base"],"scopes_assumed":true"#), "{scoped}");
    }

    #[test]
    fn a_snapshots_missing_tokens_are_null() {
        assert_eq!(
            read(Operation::Exchange, r#"{"openid":"v","access_token":"","scope":"x,","is_snapshotuser":1}"#),
            r#"{"access_token":null,"expires_in":null,"refresh_token":null,"openid":"v","scopes":["x"],"scopes_assumed":false,"unionid":null,"snapshot":true}"#
        );
    }

    #[test]
    fn a_profile_keeps_what_it_does_not_know() {
        assert_eq!(
            read(
                Operation::Profile,
                r#"{"openid":"o","nickname":"\u0007\/","sex":"1","remark":"","z":{"a": [1]}}"#
            ),
            r#"{"openid":"o","unionid":null,"nickname":"\u0007/","sex":1,"language":"","province":"","city":"","country":"","avatar":null,"privileges":[],"extra":{"remark":"","z":{"a": [1]}}}"#
        );
    }

    #[test]
    fn a_check_says_valid_or_why_not() {
        assert_eq!(read(Operation::Check, r#"{"errcode":0,"errmsg":"ok"}"#), r#"{"valid":true}"#);
        assert_eq!(
            read(Operation::Check, r#"{"errcode":40003,"errmsg":"invalid openid, rid: 1-2"}"#),
            r#"{"valid":false,"error":{"kind":"refused","errcode":40003,"name":"invalid_openid","message":"invalid openid","request_id":"1-2","advice":"restart_authorization"}}"#
        );
    }

    #[test]
    fn a_callback_is_read_like_a_pending_logins() {
        let read = |authorizer: Option<&str>, callback: &str| {
            let authorizer = authorizer.map(|appid| appid.parse().unwrap());
            let expected = ExpectedCallback { state: State::new("S1").unwrap(), authorizer };
            match read_callback_report(callback, &expected) {
                Ok(report) => {
                    assert_eq!(format!("{report:?}"), "CodeReport([redacted])");
                    serde_json::to_string(&report).unwrap()
                }
                Err(error) => serde_json::to_string(&ErrorReport::from(&error)).unwrap(),
            }
        };
        assert_eq!(read(None, "/cb?code=C1&state=S1"), r#"{"code":"C1"}"#);
        assert_eq!(read(None, "/cb?code=C1&state=S2"), r#"{"kind":"callback","reason":"state_mismatch"}"#);
        assert_eq!(read(None, "/cb?code=C.&state=S1"), r#"{"kind":"callback","reason":"code_alphabet"}"#);
        assert_eq!(read(Some("wxa"), "code=C1&state=S1&appid=wxa"), r#"{"code":"C1"}"#);
        let other = read(Some("wxa"), "code=C1&state=S1&appid=wxb");
        assert_eq!(other, r#"{"kind":"callback","reason":"appid_mismatch"}"#);
        let none = read(Some("wxa"), "code=C1&state=S1");
        assert_eq!(none, r#"{"kind":"callback","reason":"appid_missing"}"#);
    }

    #[test]
    fn a_refresh_of_a_snapshot_and_a_grant_without_tokens_cannot_be_read() {
        let snapshot = r#"{"openid":"v","is_snapshotuser":1}"#;
        assert!(
            read(Operation::Refresh, snapshot).contains(r#""reason":"snapshot","field":"is_snapshotuser""#)
        );
        let missing = read(Operation::Exchange, r#"{"openid":"o","access_token":"A","expires_in":1}"#);
        assert!(missing.contains(r#""reason":"missing_field","field":"refresh_token""#), "{missing}");
    }

    #[test]
    fn no_error_about_a_document_quotes_it() {
        let document = serde_json::to_string(&GrantReport::expose_grant(&testing::grant())).unwrap();
        for broken in [serde_json::to_string(&document).unwrap(), document.replace("7200", "\"canary\"")] {
            let error = serde_json::from_str::<GrantReport>(&broken).unwrap_err().to_string();
            assert!(!error.contains("canary") && !error.contains(testing::ACCESS_TOKEN), "{error}");
        }
    }

    #[test]
    fn a_documents_lifetime_is_bounded() {
        for expires_in in ["null", "0", "4294967295"] {
            let document = serde_json::to_string(&GrantReport::expose_grant(&testing::grant())).unwrap();
            let report: GrantReport = serde_json::from_str(&document.replace("7200", expires_in)).unwrap();
            let grant = report.into_grant("wx1".parse().unwrap(), testing::NOW);
            assert!(matches!(grant, Err(ConfigError::StoredLifetime)), "{expires_in}");
        }
    }

    #[test]
    fn errors_are_documents_too() {
        assert_eq!(
            read(Operation::Exchange, r#"{"errcode":40029,"errmsg":"invalid code"}"#),
            r#"{"error":{"kind":"refused","errcode":40029,"name":"invalid_code","message":"invalid code","request_id":null,"advice":"restart_authorization"}}"#
        );
        assert_eq!(
            read(Operation::Exchange, "<html>"),
            r#"{"error":{"kind":"malformed","status":200,"line":1,"column":1,"reason":"not_json","field":null}}"#
        );
        assert_eq!(
            json(Operation::Profile, 502, "", &Expected::default()),
            r#"{"error":{"kind":"malformed","status":502,"line":null,"column":null,"reason":"http_status","field":null}}"#
        );
    }

    #[test]
    fn another_openid_than_the_expected_one_is_a_mismatch() {
        let expected = Expected { openid: Some("o1".parse().unwrap()), scope: None };
        let body = r#"{"openid":"o2","access_token":"A","expires_in":1,"refresh_token":"R"}"#;
        for operation in [Operation::Exchange, Operation::Refresh, Operation::Profile] {
            let document = json(operation, 200, body, &expected);
            assert!(document.contains(r#""reason":"openid_mismatch""#), "{document}");
        }
    }

    #[test]
    fn a_document_becomes_the_grant_again() {
        let document = serde_json::to_string(&GrantReport::expose_grant(&testing::grant())).unwrap();
        let report: GrantReport = serde_json::from_str(&document).unwrap();
        assert_eq!(format!("{report:?}"), "GrantReport([redacted])");
        let grant = report.into_grant(testing::grant().identity().appid().clone(), testing::NOW).unwrap();
        assert_eq!(format!("{grant:?}"), format!("{:?}", testing::grant()));
        let snapshot = read(Operation::Exchange, r#"{"openid":"v","is_snapshotuser":1}"#);
        let snapshot: GrantReport = serde_json::from_str(&snapshot).unwrap();
        assert!(matches!(
            snapshot.into_grant("wx1".parse().unwrap(), testing::NOW),
            Err(ConfigError::SnapshotGrant)
        ));
    }

    #[test]
    fn debug_of_a_profiles_document_shows_none_of_its_texts() {
        let body = br#"{"openid":"o1","nickname":"canary"}"#;
        let response = Response::new(200, body, testing::NOW);
        let report = read_report(Operation::Profile, &response, &Expected::default()).unwrap();
        assert_eq!(format!("{report:?}"), "Profile(ProfileReport(o1))");
    }

    #[test]
    fn a_checks_document_is_valid_only_when_the_token_is() {
        let valid = |body: &str| {
            let response = Response::new(200, body.as_bytes(), testing::NOW);
            match read_report(Operation::Check, &response, &Expected::default()).unwrap() {
                Report::Check(report) => report.is_valid(),
                other => panic!("{other:?}"),
            }
        };
        assert!(valid(r#"{"errcode":0}"#) && !valid(r#"{"errcode":40001}"#));
    }

    #[test]
    fn each_kind_of_error_has_its_document() {
        use crate::error::{LostAnswer, Phase, TransportError, TransportErrorKind};
        let lost = |operation| LostAnswer {
            operation,
            error: TransportError::new(TransportErrorKind::Closed, Phase::Body),
        };
        let unread = Error::ProfileUnread {
            grant: Box::new(testing::grant()),
            cause: Box::new(lost(Operation::Profile).into()),
        };
        let pending =
            crate::Pending::new(State::new("S1").unwrap(), testing::official().account(), Scope::UserInfo);
        let transport = r#"{"error":{"kind":"transport","reason":"closed","phase":"body"}}"#;
        let documents = [
            (
                Error::from(ConfigError::SecretMissing),
                r#"{"error":{"kind":"configuration","reason":"secret_missing","message":""#,
            ),
            (pending.accept("state=S2").unwrap_err().into(), r#"{"error":{"kind":"callback","reason":""#),
            (lost(Operation::Exchange).into(), transport),
            (unread, transport),
        ];
        for (error, expected) in documents {
            let document = serde_json::to_string(&ErrorDocument::from(&error)).unwrap();
            assert!(document.starts_with(expected), "{document}");
        }
    }

    #[test]
    fn an_exchange_of_either_kind_has_a_document() {
        let read = |body: &[u8]| {
            let call = testing::official().exchange(testing::code(Scope::Base)).unwrap();
            let exchanged = call.read(&Response::new(200, body, testing::NOW)).unwrap();
            serde_json::to_string(&GrantReport::expose(&exchanged)).unwrap()
        };
        let tokens = r#""access_token":"A","expires_in":7200,"refresh_token":"R","openid":"o""#;
        assert!(read(format!("{{{tokens}}}").as_bytes()).ends_with(r#""snapshot":false}"#));
        assert!(
            read(format!("{{{tokens},\"is_snapshotuser\":1}}").as_bytes()).ends_with(r#""snapshot":true}"#)
        );
    }
}
