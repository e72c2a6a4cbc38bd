//! Whose problem it is: [`Error`] has one variant for each party that can be at fault, and each says what to do.
//!
//! No error holds a secret, a token, a code, or a URL that carries one.

use std::fmt;

use thiserror::Error;

use crate::account::AccountKind;
use crate::advice::{Advice, Operation};
use crate::callback::CallbackError;
use crate::endpoints::EndpointError;
use crate::explain::{Place, explain};
use crate::grant::Grant;
use crate::name::{UnknownName, read_by_name};
use crate::redirect::RedirectUriError;
use crate::scope::Scope;
use crate::text::UntrustedText;
use crate::value::InvalidValue;

/// Why a login did not go on.
///
/// | variant | whose problem | what to do |
/// |---|---|---|
/// | [`Config`](Self::Config) | the caller's | fix the configuration |
/// | [`Callback`](Self::Callback) | the browser's, or its user's | show a page; restart when the person asks for it |
/// | [`Refused`](Self::Refused) | WeChat said no | [`advice`](Self::advice) |
/// | [`Malformed`](Self::Malformed) | the answer cannot be read | [`advice`](Self::advice) |
/// | [`Transport`](Self::Transport) | no answer came | [`advice`](Self::advice) |
/// | [`ProfileUnread`](Self::ProfileUnread) | one of the above, after the exchange | the person is known, and the grant inside is good: ask for the profile later |
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The program asked for something that cannot work. Nothing was sent.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The callback did not finish the login. Nothing was sent.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// WeChat answered with an error code.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// WeChat, or something in its place, sent what cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The answer never came.
    #[error(transparent)]
    Transport(#[from] LostAnswer),
    /// The exchange said who it is, then the profile could not be read for a reason that says nothing against the
    /// person or the grant: WeChat was busy or out of reach, or the answer made no sense.
    #[error("the exchange succeeded, then the profile could not be read: {cause}")]
    ProfileUnread {
        /// What the exchange yielded (renewed, if the sign-in had to renew it).
        grant: Box<Grant>,
        /// Why the profile could not be read.
        cause: Box<Self>,
    },
}

impl Error {
    /// What a program should do next; about an unread profile, what to do about its cause.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match self {
            Self::Config(error) => error.advice(),
            Self::Callback(error) => error.reason().advice(),
            Self::Refused(refusal) => refusal.advice(),
            Self::Malformed(malformed) if malformed.reason.is_about_somebody_else() => {
                Advice::RestartAuthorization
            }
            Self::Malformed(malformed) => Advice::for_lost_answer(malformed.operation),
            Self::Transport(lost) => Advice::for_lost_answer(lost.operation),
            Self::ProfileUnread { cause, .. } => cause.advice(),
        }
    }

    /// The layer in JSON: `configuration`, `callback`, `refused`, `malformed` or `transport`; of an unread profile, its
    /// cause's.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Config(_) => "configuration",
            Self::Callback(_) => "callback",
            Self::Refused(_) => "refused",
            Self::Malformed(_) => "malformed",
            Self::Transport(_) => "transport",
            Self::ProfileUnread { cause, .. } => cause.kind(),
        }
    }

    /// The grant that is still good although the profile could not be read.
    #[must_use]
    pub fn into_grant(self) -> Option<Grant> {
        match self {
            Self::ProfileUnread { grant, .. } => Some(*grant),
            _ => None,
        }
    }
}

/// The program asked for something that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value was refused by its constructor.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// A name is none of a closed set's.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// Options of a binding that do not go together.
    #[error("{what}")]
    Options {
        /// Which ones, and what to do.
        what: &'static str,
    },
    /// The redirect URI was refused.
    #[error(transparent)]
    RedirectUri(#[from] RedirectUriError),
    /// The endpoint was refused.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The scope belongs to another kind of account; WeChat would show a page with 10005.
    #[error("{kind} cannot ask for {scope} (page error 10005): {}", kind.scope_hint())]
    ScopeNotForAccount {
        /// The scope that was asked for.
        scope: Scope,
        /// The kind of account that asked.
        kind: AccountKind,
    },
    /// The option belongs to the other authorize page.
    #[error("{option} does not exist on the {page}: leave it out")]
    OptionNotOnPage {
        /// The option's name on the wire.
        option: &'static str,
        /// The page of this scope.
        page: &'static str,
    },
    /// An exchange needs the app secret.
    #[error("the exchange needs the app secret: give it to the App")]
    SecretMissing,
    /// A component's call needs its current token.
    #[error("a component's exchange and refresh need its current component_access_token: give it to the App")]
    ComponentTokenMissing,
    /// The code or grant belongs to another application, or the code came through another third-party platform.
    #[error(
        "the code or grant belongs to another appid or component than this app's: use the app that began its login"
    )]
    AppMismatch,
    /// The grant's scope does not cover the profile; WeChat would refuse with 48001.
    #[error(
        "the grant's scope does not cover the profile (errcode 48001): authorize with snsapi_userinfo, or snsapi_login on the QR page"
    )]
    ProfileNotGranted,
    /// A grant out of storage, or out of a document, that no answer can have given.
    #[error(
        "the stored grant's expires_in is not between 1 second and 30 days: store grants as they were exposed"
    )]
    StoredLifetime,
    /// A snapshot visitor's tokens are nobody's.
    #[error("these are a snapshot visitor's tokens, which are nobody's: restart the authorization")]
    SnapshotGrant,
    /// An https endpoint needs a client that was built with TLS.
    #[error(
        "this client was built without TLS and the endpoint is https: turn on the rustls or native-tls feature"
    )]
    TlsMissing,
    /// A client sends to one API host only, and the call is for another.
    #[error("the call is for another API host than this client's: make a client for this app")]
    OtherHost,
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be built: {what}")]
    Client {
        /// What was wrong with it.
        what: &'static str,
    },
    /// The flow was asked for its result before it was done.
    #[error("the flow is not done: follow Flow::step until it says Done")]
    FlowNotDone,
}

impl ConfigError {
    /// What to do: nearly always to change the program or its configuration.
    #[must_use]
    pub const fn advice(&self) -> Advice {
        match self {
            Self::ProfileNotGranted => Advice::AskUserinfoConsent,
            Self::SnapshotGrant => Advice::RestartAuthorization,
            Self::ComponentTokenMissing => Advice::RenewComponentToken,
            _ => Advice::FixConfiguration,
        }
    }

    /// A short name for programs: `app_mismatch`; of an unknown name, what was looked for: `scope`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Value(_) => "invalid_value",
            Self::UnknownName(name) => name.what(),
            Self::Options { .. } => "options",
            Self::RedirectUri(_) => "redirect_uri",
            Self::Endpoint(_) => "endpoint",
            Self::ScopeNotForAccount { .. } => "scope_not_for_account",
            Self::OptionNotOnPage { .. } => "option_not_on_page",
            Self::SecretMissing => "secret_missing",
            Self::ComponentTokenMissing => "component_token_missing",
            Self::AppMismatch => "app_mismatch",
            Self::ProfileNotGranted => "profile_not_granted",
            Self::StoredLifetime => "stored_lifetime",
            Self::SnapshotGrant => "snapshot_grant",
            Self::TlsMissing => "tls_missing",
            Self::OtherHost => "other_host",
            Self::Client { .. } => "client",
            Self::FlowNotDone => "flow_not_done",
        }
    }
}

/// WeChat refused a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) operation: Operation,
    pub(crate) errcode: i64,
    pub(crate) message: UntrustedText,
    pub(crate) request_id: Option<Box<str>>,
}

impl Refusal {
    /// WeChat's error code, never 0.
    #[must_use]
    pub const fn errcode(&self) -> i64 {
        self.errcode
    }

    /// The code's name, if it is a known one: `invalid_code`.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        explain(self.errcode).filter(|known| known.place == Place::Api).map(|known| known.name)
    }

    /// WeChat's message without the request id. It changes over the years: show it, and decide by the code.
    #[must_use]
    pub const fn message(&self) -> &UntrustedText {
        &self.message
    }

    /// WeChat's id of the request (`rid`, `req_id`, `hint`), which its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// What to do next.
    #[must_use]
    pub const fn advice(&self) -> Advice {
        Advice::for_refusal(self.errcode, self.operation)
    }

    /// The call that was refused.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A message longer than any real one (under 100 characters) would only flood a log.
        const SHOWN: usize = 256;
        write!(f, "WeChat refused the {} with errcode {}", self.operation, self.errcode)?;
        if let Some(name) = self.name() {
            write!(f, " ({name})")?;
        }
        let message: String = self.message.to_string().chars().take(SHOWN).collect();
        write!(f, ": {message}")?;
        if let Some(request_id) = &self.request_id {
            write!(f, " [request id {request_id}]")?;
        }
        write!(f, "; advice: {}", self.advice())
    }
}

/// The message may be long, and is somebody else's text.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({self})")
    }
}

impl std::error::Error for Refusal {}

/// An answer that cannot be read. It says where and why, and holds none of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    pub(crate) operation: Operation,
    pub(crate) status: u16,
    pub(crate) length: usize,
    pub(crate) position: Option<(usize, usize)>,
    pub(crate) reason: MalformedReason,
}

impl Malformed {
    /// The HTTP status it came with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// How many bytes of body there were, as far as they were read.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The line, from 1, if the fault has a place.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.position.map(|(line, _)| line)
    }

    /// The column in bytes, from 1 (0 for the end of a line just begun), if the fault has a place.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.position.map(|(_, column)| column)
    }

    /// What was wrong.
    #[must_use]
    pub const fn reason(&self) -> MalformedReason {
        self.reason
    }

    /// The call whose answer it was.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, status, length, position, reason } = self;
        write!(
            f,
            "the answer to the {operation} cannot be read: {reason} (HTTP status {status}, {length} bytes"
        )?;
        if let Some((line, column)) = position {
            write!(f, ", line {line}, column {column}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for Malformed {}

/// Why an answer cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MalformedReason {
    /// There was no body.
    #[error("the body is empty")]
    Empty,
    /// More than [`MAX_BODY`](crate::MAX_BODY) bytes.
    #[error("the body is over the limit of 64 KiB")]
    TooLarge,
    /// The body ends in the middle.
    #[error("the body ends too early")]
    Truncated,
    /// Not JSON: HTML from a gateway, for instance.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, but not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// A key that the answer is read by came twice.
    #[error("the key {0} is repeated")]
    RepeatedKey(&'static str),
    /// A field without which the answer means nothing.
    #[error("the field {0} is missing")]
    MissingField(&'static str),
    /// A field of another type.
    #[error("the field {0} has the wrong type")]
    WrongType(&'static str),
    /// A number out of its range.
    #[error("the field {0} is out of range")]
    OutOfRange(&'static str),
    /// An id or token that is empty, too long or outside its alphabet.
    #[error("the field {0} breaks its alphabet or length")]
    InvalidValue(&'static str),
    /// The answer speaks of another person than the one asked about.
    #[error("the answer is about another openid")]
    OpenIdMismatch,
    /// The answer speaks of another person than the one asked about.
    #[error("the answer is about another unionid")]
    UnionIdMismatch,
    /// After the exchange named somebody, the answer says that it is a snapshot visitor: nobody.
    #[error("the answer is about a snapshot visitor, after the exchange named somebody")]
    Snapshot,
    /// The answer to a profile is a token answer: two answers were mixed up.
    #[error("the answer is a token answer and no profile")]
    NotAProfile,
    /// An HTTP status other than 200 and no error code in the body: a redirect, a gateway.
    #[error("the HTTP status is not 200")]
    HttpStatus,
}

impl MalformedReason {
    /// A short name for programs: `openid_mismatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::Truncated => "truncated",
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::RepeatedKey(_) => "repeated_key",
            Self::MissingField(_) => "missing_field",
            Self::WrongType(_) => "wrong_type",
            Self::OutOfRange(_) => "out_of_range",
            Self::InvalidValue(_) => "invalid_value",
            Self::OpenIdMismatch => "openid_mismatch",
            Self::UnionIdMismatch => "unionid_mismatch",
            Self::Snapshot => "snapshot",
            Self::NotAProfile => "not_a_profile",
            Self::HttpStatus => "http_status",
        }
    }

    /// Whether the answer puts in doubt who signed in, rather than only what is known about them.
    pub(crate) const fn is_about_somebody_else(self) -> bool {
        matches!(self, Self::OpenIdMismatch | Self::UnionIdMismatch | Self::Snapshot | Self::NotAProfile)
    }

    /// The field at fault, if it is one.
    #[must_use]
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::RepeatedKey(field)
            | Self::MissingField(field)
            | Self::WrongType(field)
            | Self::OutOfRange(field)
            | Self::InvalidValue(field) => Some(field),
            Self::OpenIdMismatch => Some("openid"),
            Self::UnionIdMismatch => Some("unionid"),
            Self::Snapshot => Some("is_snapshotuser"),
            _ => None,
        }
    }
}

/// What a transport says when no answer came: what happened, and how far the request had got.
///
/// It is made by a transport out of its own errors, of which nothing else is kept: they print the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{kind} ({phase})")]
pub struct TransportError {
    /// What happened.
    pub kind: TransportErrorKind,
    /// How far the request had got.
    pub phase: Phase,
}

impl TransportError {
    /// Says what happened, and when.
    #[must_use]
    pub const fn new(kind: TransportErrorKind, phase: Phase) -> Self {
        Self { kind, phase }
    }
}

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host name was not found.
    #[error("the host name was not found")]
    Resolve,
    /// No connection: nobody listens, or the network is down.
    #[error("the connection could not be made")]
    Connect,
    /// The certificate was refused, or TLS failed otherwise.
    #[error("TLS failed")]
    Tls,
    /// The deadline passed.
    #[error("the deadline passed")]
    Timeout,
    /// The connection broke.
    #[error("the connection was closed or reset")]
    Closed,
    /// What came was not HTTP.
    #[error("the answer was not HTTP")]
    Protocol,
    /// The proxy failed.
    #[error("the proxy failed")]
    Proxy,
    /// Anything else.
    #[error("the request failed")]
    Other,
}

read_by_name!(TransportErrorKind, 8, "reason");

impl TransportErrorKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Resolve,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Closed,
        Self::Protocol,
        Self::Proxy,
        Self::Other,
    ];

    /// A short name for programs: `timeout`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Protocol => "protocol",
            Self::Proxy => "proxy",
            Self::Other => "other",
        }
    }
}

/// How far a request had got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Phase {
    /// Before the connection stood: nothing was sent.
    #[error("before anything was sent")]
    Connect,
    /// The request may have been sent, and no head of an answer came.
    #[error("after the request may have been sent")]
    Request,
    /// In the middle of the answer's body.
    #[error("while the answer was read")]
    Body,
}

read_by_name!(Phase, 3, "phase");

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Connect, Self::Request, Self::Body];

    /// A short name for programs: `connect`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Request => "request",
            Self::Body => "body",
        }
    }
}

/// The answer to a call never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no answer to the {operation}: {error}")]
pub struct LostAnswer {
    pub(crate) operation: Operation,
    pub(crate) error: TransportError,
}

impl LostAnswer {
    /// The call whose answer is missing.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// What happened, and how far the request had got.
    #[must_use]
    pub const fn transport(&self) -> TransportError {
        self.error
    }
}

#[cfg(test)]
mod tests;
