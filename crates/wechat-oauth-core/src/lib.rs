//! The protocol core of WeChat web authorization (微信网页授权): it builds the authorize URL, reads the callback,
//! describes every request, reads every answer, and decides what comes next.
//!
//! **It does no I/O.** It has no clock and no randomness either: the time comes in with each answer, entropy as bytes.
//! A `clippy.toml` in the crate bans all of it. So the same input gives the same output, in every test and in every
//! language that embeds it. If you want something that also sends the requests, use the crate `wechat-oauth` with the
//! feature `ureq` or `reqwest`.
//!
//! ```text
//! App ──login()──▶ (AuthorizeUrl, Pending) ──accept(callback)──▶ Code ──exchange()──▶ Grant ──profile()──▶ Profile
//!                                                                           └───────▶ Snapshot (nobody's identity)
//! Grant ──at(now)──▶ Fresh | Renew | Over
//! ```
//!
//! # A login without any I/O
//!
//! ```
//! use wechat_oauth_core::{App, AppSecret, RedirectUri, Response, Scope, State, UnixTime};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let entropy = [7; 32];
//! # let (status, body) = (200, br#"{"access_token":"AT","expires_in":7200,"refresh_token":"RT","openid":"o1","scope":"snsapi_base"}"#);
//! // Out: one half for the browser, one half to keep with this browser.
//! let app = App::official_account("wx0123456789abcdef".parse()?, AppSecret::new("app-secret")?);
//! let redirect_uri = RedirectUri::parse("https://example.com/callback")?;
//! let login = app.login(Scope::Base, &redirect_uri).build()?;
//! let (url, pending) = login.begin(State::from_entropy(entropy));
//! # let query = format!("code=C0DE&state={}", pending.state().expose());
//!
//! // Back: you send, the core reads.
//! let code = pending.accept(&query)?;
//! let call = app.exchange(code)?;
//! let _url = call.request().url().expose(); // GET it with any HTTP client
//! let exchanged = call.read(&Response::new(status, body, UnixTime::from_secs(1_790_000_000)))?;
//! let grant = exchanged.into_grant().ok_or("a snapshot visitor")?;
//! assert_eq!(grant.openid().as_str(), "o1");
//! # Ok(())
//! # }
//! ```
//!
//! # Where each rule is
//!
//! | rule | type |
//! |---|---|
//! | the authorize URL: parameters, order, encoding | [`App::login`], [`LoginBuilder`], [`RedirectUri`] |
//! | the callback: state first, then refusal, then the code | [`Pending::accept`] |
//! | one request and its answer | [`Call`], [`Request`], [`Response`] |
//! | several requests: order, repeats, when to stop | [`SignIn`], [`Renewal`], both a [`Flow`] |
//! | how long a grant is good, and how it is stored | [`Grant::at`], [`Grant::expose_for_storage`] |
//! | what went wrong and what to do | [`Error`], [`Advice`], [`explain`] |
//! | which way in fits a browser | [`BrowserKind`] |
//! | why a URL shows an error page | [`lint`](fn@lint) |
//! | answers, callbacks and errors as JSON | [`read_report`], [`read_callback_report`], [`ErrorDocument`] |
#![forbid(unsafe_code)]

mod account;
mod advice;
mod app;
mod authorize;
mod avatar;
mod body;
mod call;
mod callback;
mod check;
mod code;
mod encode;
mod endpoints;
mod errmsg;
mod error;
mod exchange;
mod explain;
mod find;
mod flow;
mod grant;
mod id;
mod json;
mod lint;
mod name;
mod profile;
mod redirect;
mod refresh;
mod renewal;
mod report;
mod scope;
mod secret;
mod sign_in;
mod state;
#[cfg(test)]
mod testing;
mod text;
mod time;
mod tokens;
mod user_agent;
mod value;
mod wx_login;

pub use account::{Account, AccountKind};
pub use advice::{Advice, Operation};
pub use app::App;
pub use authorize::{AuthorizeUrl, Login, LoginBuilder, QrLang};
pub use avatar::{Avatar, AvatarSize};
pub use call::{Answer, Call, MAX_BODY, Request, Response};
pub use callback::{CallbackError, CallbackReason, MAX_QUERY, Pending, unverified_state, with_state_cut};
pub use check::Validity;
pub use code::Code;
pub use endpoints::{ApiHost, EndpointError, Endpoints};
pub use error::{
    ConfigError, Error, LostAnswer, Malformed, MalformedReason, Phase, Refusal, TransportError,
    TransportErrorKind,
};
pub use explain::{Bilingual, Explanation, Place, explain, explanations};
pub use flow::{FIRST_WAIT, Flow, REPEATS, Step};
pub use grant::{
    CLOCK_SKEW_SECS, Exchanged, Freshness, Grant, REFRESH_TOKEN_LIFETIME_SECS, Snapshot, StoredGrant,
};
pub use id::{AppId, Identity, OpenId, UnionId};
pub use lint::{Finding, FindingCode, LintOptions, LintReport, MAX_LINT_LEN, Severity, lint};
pub use name::UnknownName;
pub use profile::{Profile, ProfileLang, Sex};
pub use redirect::{RedirectUri, RedirectUriError, RedirectWarning, ReservedParameter};
pub use renewal::Renewal;
pub use report::{
    CheckReport, CodeReport, ErrorDocument, ErrorReport, Expected, ExpectedCallback, GrantReport,
    ProfileReport, Report, read_callback_report, read_report,
};
pub use scope::{Scope, Scopes};
pub use secret::{AccessToken, AppSecret, ComponentAccessToken, RefreshToken, SecretUrl};
pub use sign_in::{Person, SignIn, SignedIn};
pub use state::State;
pub use text::UntrustedText;
pub use time::UnixTime;
pub use tokens::MAX_EXPIRES_IN_SECS;
pub use user_agent::BrowserKind;
pub use value::{BrokenRule, InvalidValue};
pub use wx_login::{WX_LOGIN_SCRIPT, WxLogin, WxLoginColors, WxLoginOptions, WxLoginStyle};
