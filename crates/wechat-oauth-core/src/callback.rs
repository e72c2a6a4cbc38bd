//! The callback: [`Pending`], the half of a login that stays, reads what the browser brings back.
//!
//! Official pages: <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>; for components
//! <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html>

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use thiserror::Error;

use crate::account::Account;
use crate::advice::Advice;
use crate::code::Code;
use crate::encode;
use crate::find;
use crate::id::AppId;
use crate::scope::Scope;
use crate::state::State;
use crate::value;

/// The longest query that is read, in bytes: a code and a state need under 700, and servers cut URLs at 8 KiB.
pub const MAX_QUERY: usize = 8 * 1024;

/// What WeChat writes for `code` when the person refused, as seen in the wild.
const REFUSED_CODE: &str = "authdeny";

crate::secret::deserialized_without_quoting! {
    "a pending login",
    /// A login that waits for its callback.
    ///
    /// Keep it *with the browser that started it*: in its session, or in an encrypted and authenticated cookie (it
    /// implements serde). A pending login found by the callback's `state` alone proves nothing: an attacker's own
    /// callback would find the attacker's.
    ///
    /// It knows no time: let the session entry or the cookie end, after ten minutes say, since no code lives longer.
    #[derive(Debug, Clone, Serialize)]
    pub struct Pending {
        state: State,
        appid: AppId,
        component_appid: Option<AppId>,
        scope: Scope,
    }
}

impl Pending {
    pub(crate) fn new(state: State, account: &Account, scope: Scope) -> Self {
        Self {
            state,
            appid: account.appid().clone(),
            component_appid: account.component_appid().cloned(),
            scope,
        }
    }

    /// The state that the callback must bring: to tell apart the pending logins *of one browser*.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The application that began the login.
    #[must_use]
    pub const fn appid(&self) -> &AppId {
        &self.appid
    }

    /// What the login asked for.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Reads the callback: its query, or the whole URL or path with it (which starts with `/`, `http://` or
    /// `https://`, or has its first `?` before its first `=`). What follows `#` is not read.
    ///
    /// The state is looked at first, then whether the person refused, then, for a component, whether `appid` is this
    /// login's, then the code. Once the state was found to be ours, this login is over whatever else the callback says; before,
    /// the error gives it back ([`CallbackError::into_pending`]), so that a stray link kills nobody's login.
    ///
    /// # Errors
    /// [`CallbackError`], before anything is sent.
    pub fn accept(self, callback: &str) -> Result<Code, CallbackError> {
        let parameters = match check_state(query_of(callback), &self.state) {
            Ok(parameters) => parameters,
            Err(reason) => return Err(CallbackError { reason, pending: Some(Box::new(self)) }),
        };
        let authorizer = self.component_appid.is_some().then_some(&self.appid);
        read_code(&parameters, authorizer)
            .and_then(|code| Code::accepted(&code, self.appid, self.component_appid, self.scope))
            .map_err(|reason| CallbackError { reason, pending: None })
    }
}

/// A callback that did not finish its login. Nothing was sent, and none of the callback's text is in here.
#[derive(Debug)]
pub struct CallbackError {
    reason: CallbackReason,
    pending: Option<Box<Pending>>,
}

impl CallbackError {
    /// What was wrong.
    #[must_use]
    pub const fn reason(&self) -> CallbackReason {
        self.reason
    }

    /// The login, which still waits, when the callback did not bring its state.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.as_deref()
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_pending(self) -> Option<Pending> {
        self.pending.map(|pending| *pending)
    }
}

/// Of a code that came without a state, so that no login waits for it.
impl From<CallbackReason> for CallbackError {
    fn from(reason: CallbackReason) -> Self {
        Self { reason, pending: None }
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl std::error::Error for CallbackError {}

/// What can be wrong with a callback. The set is closed: a page can be made for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum CallbackReason {
    /// No `state`: the link does not come from a login that this site began.
    #[error("the callback has no state: it does not belong to a login that this site began")]
    StateMissing,
    /// `state=` with nothing behind it.
    #[error("the callback's state is empty: it does not belong to a login that this site began")]
    StateEmpty,
    /// Another state than the one sent: another login's, or a forged link.
    #[error("the callback's state is not this login's: another tab's, or a forged link")]
    StateMismatch,
    /// More than one `state`.
    #[error("the callback has more than one state")]
    StateRepeated,
    /// The person refused: WeChat leaves `code` out, or writes `authdeny` in its place.
    #[error("the person refused to sign in")]
    Denied,
    /// `code=` with nothing behind it.
    #[error("the callback's code is empty")]
    CodeEmpty,
    /// More than one `code`.
    #[error("the callback has more than one code")]
    CodeRepeated,
    /// A code longer than [`Code::MAX_LEN`].
    #[error("the callback's code is longer than any of WeChat's")]
    CodeTooLong,
    /// A code outside its alphabet.
    #[error("the callback's code has a character that WeChat's never have")]
    CodeAlphabet,
    /// A broken percent escape, or bytes that are not UTF-8, in a value that is read.
    #[error("the callback's query is badly encoded")]
    BadEncoding,
    /// A query longer than [`MAX_QUERY`].
    #[error("the callback's query is longer than 8 KiB")]
    QueryTooLong,
    /// A component's callback without `appid`.
    #[error("the callback has no appid, which a component's must have")]
    AppIdMissing,
    /// A component's callback for another account, or for more than one.
    #[error("the callback's appid is not this login's")]
    AppIdMismatch,
}

impl CallbackReason {
    /// Every reason.
    pub const ALL: [Self; 13] = [
        Self::StateMissing,
        Self::StateEmpty,
        Self::StateMismatch,
        Self::StateRepeated,
        Self::Denied,
        Self::CodeEmpty,
        Self::CodeRepeated,
        Self::CodeTooLong,
        Self::CodeAlphabet,
        Self::BadEncoding,
        Self::QueryTooLong,
        Self::AppIdMissing,
        Self::AppIdMismatch,
    ];

    /// What to do. Somebody who refused is not sent back to the question they just answered.
    #[must_use]
    pub const fn advice(self) -> Advice {
        match self {
            Self::Denied => Advice::TurnAway,
            _ => Advice::RestartAuthorization,
        }
    }

    /// A short name for programs: `state_mismatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StateMissing => "state_missing",
            Self::StateEmpty => "state_empty",
            Self::StateMismatch => "state_mismatch",
            Self::StateRepeated => "state_repeated",
            Self::Denied => "denied",
            Self::CodeEmpty => "code_empty",
            Self::CodeRepeated => "code_repeated",
            Self::CodeTooLong => "code_too_long",
            Self::CodeAlphabet => "code_alphabet",
            Self::BadEncoding => "bad_encoding",
            Self::QueryTooLong => "query_too_long",
            Self::AppIdMissing => "appid_missing",
            Self::AppIdMismatch => "appid_mismatch",
        }
    }
}

/// The state that a callback brings, compared with nothing: to find the pending login that may own it, and then to let
/// [`Pending::accept`] decide. By itself it proves nothing, since anybody can write a link with any state.
///
/// ```
/// let state = wechat_oauth_core::unverified_state("/callback?code=C0DE&state=S1")?;
/// assert_eq!(state.expose(), "S1");
/// # Ok::<(), wechat_oauth_core::CallbackReason>(())
/// ```
///
/// # Errors
/// [`CallbackReason::StateMismatch`] when the text could be nobody's state; otherwise what [`Pending::accept`] would say
/// of the state.
pub fn unverified_state(callback: &str) -> Result<State, CallbackReason> {
    let state = find_state(&read_query(query_of(callback))?)?;
    State::new(&state).map_err(|_| CallbackReason::StateMismatch)
}

/// The callback with a longer state cut to its first `length` bytes; `None` when there is nothing to cut.
///
/// Some browsers append a text of their own, such as their home page, to the last parameter, which is the state. For a
/// site whose states all have one length and enough entropy within it, what is appended is no secret and proves nothing:
/// it may be cut off, and [`Pending::accept`] decides about the rest.
///
/// ```
/// let callback = "/callback?code=C0DE&state=S1http%3A%2F%2Fhome.example%2F";
/// let cut = wechat_oauth_core::with_state_cut(callback, 2);
/// assert_eq!(cut.as_deref(), Some("/?code=C0DE&state=S1"));
/// ```
#[must_use]
pub fn with_state_cut(callback: &str, length: usize) -> Option<String> {
    let query = query_of(callback);
    let state = find_state(&read_query(query).ok()?).ok()?;
    let kept = state.get(..length).filter(|kept| kept.len() < state.len())?;
    value::check(kept, State::MAX_LEN, value::ALPHANUMERIC).ok()?;
    let mut shorter = String::with_capacity(query.len() + 2);
    shorter.push_str("/?");
    for pair in query.split('&').filter(|pair| !is_key(cut(pair, b'=').0, "state")) {
        shorter.push_str(pair);
        shorter.push('&');
    }
    shorter.push_str("state=");
    shorter.push_str(kept);
    Some(shorter)
}

/// Reads a callback for somebody who knows only its login's state and, for a component, the account.
pub(crate) fn read(callback: &str, state: &State, authorizer: Option<&AppId>) -> Result<Code, CallbackError> {
    check_state(query_of(callback), state)
        .and_then(|parameters| read_code(&parameters, authorizer))
        .and_then(|code| Code::received_without_state(&code))
        .map_err(|reason| CallbackError { reason, pending: None })
}

/// Reads the query, whose state has to be this one.
fn check_state<'a>(query: &'a str, expected: &State) -> Result<Parameters<'a>, CallbackReason> {
    let parameters = read_query(query)?;
    if expected.matches(&find_state(&parameters)?) {
        Ok(parameters)
    } else {
        Err(CallbackReason::StateMismatch)
    }
}

/// The state's text, not empty and not yet judged by its alphabet.
fn find_state<'a>(parameters: &Parameters<'a>) -> Result<Cow<'a, str>, CallbackReason> {
    let state = match parameters.state {
        Found::None => return Err(CallbackReason::StateMissing),
        Found::Many => return Err(CallbackReason::StateRepeated),
        Found::One(raw) => decode(raw)?,
    };
    if state.is_empty() { Err(CallbackReason::StateEmpty) } else { Ok(state) }
}

/// The code's text, not yet judged by its alphabet.
fn read_code<'a>(
    parameters: &Parameters<'a>,
    authorizer: Option<&AppId>,
) -> Result<Cow<'a, str>, CallbackReason> {
    let code = match parameters.code {
        Found::None => return Err(CallbackReason::Denied),
        Found::Many => return Err(CallbackReason::CodeRepeated),
        Found::One(raw) => decode(raw)?,
    };
    if code == REFUSED_CODE {
        return Err(CallbackReason::Denied);
    }
    if let Some(authorizer) = authorizer {
        match parameters.appid {
            Found::None => return Err(CallbackReason::AppIdMissing),
            Found::One(raw) if decode(raw)? == authorizer.as_str() => {}
            Found::One(_) | Found::Many => return Err(CallbackReason::AppIdMismatch),
        }
    }
    Ok(code)
}

/// The query part of what a caller has at hand.
fn query_of(callback: &str) -> &str {
    let (callback, _) = cut(callback, b'#');
    let is_url = ["/", "http://", "https://"].into_iter().any(|start| callback.starts_with(start))
        || match (callback.find('?'), callback.find('=')) {
            (Some(question), Some(equals)) => question < equals,
            (Some(_), None) => true,
            (None, _) => false,
        };
    if is_url { cut(callback, b'?').1.unwrap_or_default() } else { callback }
}

/// The parameters that are read.
#[derive(Default)]
struct Parameters<'a> {
    state: Found<'a>,
    code: Found<'a>,
    appid: Found<'a>,
}

/// How often a parameter occurs, and its raw value.
#[derive(Default)]
enum Found<'a> {
    #[default]
    None,
    One(&'a str),
    Many,
}

fn read_query(query: &str) -> Result<Parameters<'_>, CallbackReason> {
    if query.len() > MAX_QUERY {
        return Err(CallbackReason::QueryTooLong);
    }
    let mut parameters = Parameters::default();
    let mut rest = Some(query);
    while let Some(text) = rest {
        let (pair, after) = cut(text, b'&');
        let (key, value) = cut_short(pair, b'=');
        let decoded = if key.contains('%') { encode::decode(key) } else { None };
        let found = match decoded.as_deref().unwrap_or(key) {
            "state" => Some(&mut parameters.state),
            "code" => Some(&mut parameters.code),
            "appid" => Some(&mut parameters.appid),
            _ => None,
        };
        if let Some(found) = found {
            let is_first = matches!(found, Found::None);
            *found = if is_first { Found::One(value.unwrap_or_default()) } else { Found::Many };
        }
        rest = after;
    }
    Ok(parameters)
}

/// Parts a text at the first of these (ASCII) bytes. The pieces are too short for the searches of `str` to pay off.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let place = find::either(text.as_bytes(), at, at);
    (&text[..place], text.get(place + 1..))
}

/// The same, for a text that is even shorter.
fn cut_short(text: &str, at: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == at) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    }
}

/// Whether the key is this name, also when some of its letters are escaped.
fn is_key(key: &str, name: &str) -> bool {
    key == name || (key.contains('%') && encode::decode(key).is_some_and(|decoded| decoded == name))
}

fn decode(raw: &str) -> Result<Cow<'_, str>, CallbackReason> {
    if find::either(raw.as_bytes(), b'%', b'+') == raw.len() {
        Ok(Cow::Borrowed(raw))
    } else {
        encode::decode(raw).map(Cow::Owned).ok_or(CallbackReason::BadEncoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;
    use crate::redirect::RedirectUri;
    use crate::testing;
    use CallbackReason::*;
    use proptest::prelude::*;

    fn begin(app: &App, scope: Scope) -> Pending {
        let redirect_uri = RedirectUri::parse("https://example.com/cb").unwrap();
        app.login(scope, &redirect_uri).build().unwrap().begin(State::new("S1").unwrap()).1
    }

    fn pending() -> Pending {
        begin(&testing::official(), Scope::UserInfo)
    }

    fn component_pending() -> Pending {
        begin(&App::component("wxa".parse().unwrap(), "wxc".parse().unwrap()), Scope::Base)
    }

    fn outcome(pending: Pending, callback: &str) -> Result<String, CallbackReason> {
        pending.accept(callback).map(|code| code.expose().to_owned()).map_err(|error| error.reason())
    }

    #[test]
    fn a_code_is_found_in_a_query_a_path_and_a_url() {
        for callback in [
            "code=C1&state=S1",
            "?code=C1&state=S1",
            "/?code=C1&state=S1",
            "/cb?next=/a?b&code=C1&state=S1",
            "https://example.com/cb?code=C1&state=S1",
            "http://example.com:8080/cb?x=1&state=S1&code=C1#wechat_redirect",
            "redirect_uri/?code=C1&state=S1",
            "redirect_uri?code=C1&state=S1",
            "state=S1&&code=C1&",
            "code=C1&state=S1&next=a?b=c",
            "%63ode=C1&st%61te=%53%31",
            "code=C1&state=S1&name=%E9%zz",
            "code=C1&state=S1&appid=whatever&appid=twice",
        ] {
            assert_eq!(outcome(pending(), callback), Ok("C1".to_owned()), "{callback}");
        }
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        for (callback, reason) in [
            ("", StateMissing),
            ("code=C1", StateMissing),
            ("/callback", StateMissing),
            ("https://example.com/cb", StateMissing),
            ("/cb?#code=C1&state=S1", StateMissing),
            ("code=C1#&state=S1", StateMissing),
            ("/code=C1&state=S1", StateMissing),
            ("code=C1&State=S1", StateMissing),
            ("code=C1&state", StateEmpty),
            ("code=C1&state=", StateEmpty),
            ("code=C1&state=S2", StateMismatch),
            ("code=C1&state=S1%20", StateMismatch),
            ("code=C1&state=S1+", StateMismatch),
            ("code=C1&state=s1", StateMismatch),
            ("code=C1&state=S1&state=S1", StateRepeated),
            ("code=C1&state=S1&%73tate=S2", StateRepeated),
            ("code=C1&state=%5", BadEncoding),
            ("state=S1", Denied),
            ("code=authdeny&state=S1", Denied),
            ("code=&state=S1", CodeEmpty),
            ("code&state=S1", CodeEmpty),
            ("code=C1&code=C1&state=S1", CodeRepeated),
            ("code=authdeny&code=C1&state=S1", CodeRepeated),
            ("code=C1&%63ode=C2&state=S1", CodeRepeated),
            ("code=C%201&state=S1", CodeAlphabet),
            ("code=C+1&state=S1", CodeAlphabet),
            ("code=C1%26secret%3Dx&state=S1", CodeAlphabet),
            ("code=C%001&state=S1", CodeAlphabet),
            ("code=%&state=S1", BadEncoding),
            ("code=%ff&state=S1", BadEncoding),
            ("code=C1é&state=S1", CodeAlphabet),
        ] {
            assert_eq!(outcome(pending(), callback), Err(reason), "{callback}");
        }
        let long = |length: usize| format!("code={}&state=S1", "c".repeat(length));
        assert!(outcome(pending(), &long(512)).is_ok());
        assert_eq!(outcome(pending(), &long(513)), Err(CodeTooLong));
        let padded = |length: usize| format!("code=C1&state=S1&{}", "x".repeat(length - 17));
        assert!(outcome(pending(), &padded(MAX_QUERY)).is_ok());
        assert_eq!(outcome(pending(), &padded(MAX_QUERY + 1)), Err(QueryTooLong));
    }

    #[test]
    fn a_components_callback_names_its_account_once() {
        for (callback, reason) in [
            ("code=C1&state=S1", AppIdMissing),
            ("code=C1&state=S1&appid=", AppIdMismatch),
            ("code=C1&state=S1&appid=wxb", AppIdMismatch),
            ("code=C1&state=S1&appid=wxa&appid=wxa", AppIdMismatch),
            ("code=C1&state=S1&appid=%", BadEncoding),
            ("state=S1", Denied),
            ("state=S2&code=C1&appid=wxb", StateMismatch),
        ] {
            assert_eq!(outcome(component_pending(), callback), Err(reason), "{callback}");
        }
        assert_eq!(outcome(component_pending(), "code=C1&state=S1&appid=wxa"), Ok("C1".to_owned()));
    }

    #[test]
    fn a_callback_without_our_state_gives_the_login_back() {
        for callback in ["", "code=C1&state=S2", "code=C1&state=", "state=S1&state=S1", "state=%"] {
            let pending = pending().accept(callback).unwrap_err().into_pending().expect(callback);
            assert!(pending.accept("code=C1&state=S1").is_ok());
        }
    }

    #[test]
    fn a_callback_with_our_state_ends_the_login() {
        for callback in ["state=S1", "state=S1&code=", "state=S1&code=a&code=b", "state=S1&code=%"] {
            assert!(pending().accept(callback).unwrap_err().into_pending().is_none(), "{callback}");
        }
    }

    #[test]
    fn a_pending_login_survives_storage() {
        let stored = serde_json::to_string(&component_pending()).unwrap();
        let restored: Pending = serde_json::from_str(&stored).unwrap();
        assert!(outcome(restored, "code=C1&state=S1&appid=wxa").is_ok());
        let restored: Pending = serde_json::from_str(&stored).unwrap();
        assert_eq!(outcome(restored, "code=C1&state=S1"), Err(AppIdMissing));
    }

    #[test]
    fn no_error_about_a_stored_pending_login_quotes_it() {
        let json = serde_json::to_string(&pending()).unwrap().replace("S1", "canary");
        for broken in [serde_json::to_string(&json).unwrap(), json.replace("\"canary\"", "[\"canary\"]")] {
            let error = serde_json::from_str::<Pending>(&broken).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn somebody_who_refused_is_not_sent_back_to_the_question() {
        for reason in CallbackReason::ALL {
            let advice = if reason == Denied { Advice::TurnAway } else { Advice::RestartAuthorization };
            assert_eq!(reason.advice(), advice);
        }
    }

    #[test]
    fn the_account_is_judged_before_the_codes_alphabet() {
        assert_eq!(outcome(component_pending(), "code=a.b&state=S1&appid=wxb"), Err(AppIdMismatch));
        assert_eq!(outcome(component_pending(), "code=a.b&state=S1&appid=wxa"), Err(CodeAlphabet));
    }

    #[test]
    fn reasons_have_distinct_names_and_hold_no_text() {
        let names: std::collections::BTreeSet<_> = CallbackReason::ALL.map(CallbackReason::as_str).into();
        assert_eq!(names.len(), CallbackReason::ALL.len());
        let error = pending().accept("code=canary&state=canary2").unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary") && !shown.contains("S1"), "{shown}");
    }

    #[test]
    fn an_error_says_its_reason_and_the_true_limit() {
        let error = pending().accept("code=C1&state=S2").unwrap_err();
        assert_eq!(error.to_string(), StateMismatch.to_string());
        assert!(QueryTooLong.to_string().ends_with(&format!("{} KiB", MAX_QUERY / 1024)));
    }

    #[test]
    fn the_unverified_state_is_the_one_that_accept_would_compare() {
        assert_eq!(unverified_state("/cb?code=C1&st%61te=%53%31#x").unwrap().expose(), "S1");
        for (callback, reason) in [
            ("/cb?code=C1", StateMissing),
            ("/cb?state=", StateEmpty),
            ("/cb?state=S1&state=S1", StateRepeated),
            ("/cb?state=%5", BadEncoding),
            ("/cb?state=S-1", StateMismatch),
            ("/cb?state=S1%20", StateMismatch),
        ] {
            assert_eq!(unverified_state(callback).map(|_| ()), Err(reason), "{callback}");
        }
        let long = |length: usize| format!("/cb?state={}", "s".repeat(length));
        assert!(unverified_state(&long(128)).is_ok());
        assert_eq!(unverified_state(&long(129)).map(|_| ()), Err(StateMismatch));
        assert_eq!(unverified_state(&long(MAX_QUERY)).map(|_| ()), Err(QueryTooLong));
    }

    #[test]
    fn what_a_browser_appended_to_the_state_can_be_cut_off() {
        let cut = |callback: &str| with_state_cut(callback, 2);
        for (callback, expected) in [
            ("code=C1&state=S1x", "/?code=C1&state=S1"),
            ("/cb?state=S1%20http://home/&code=C1#x", "/?code=C1&state=S1"),
            ("/cb?st%61te=S1é&code=C1&code=C2", "/?code=C1&code=C2&state=S1"),
            ("https://example.com/cb?state=S1+&x=?&code=C1", "/?x=?&code=C1&state=S1"),
            ("?state=S1=&", "/?&state=S1"),
        ] {
            assert_eq!(cut(callback).as_deref(), Some(expected), "{callback}");
        }
        for callback in
            ["", "state=", "state=S1", "state=S", "state=S%20x", "state=Sé", "state=S1x&state=S1x", "state=%"]
        {
            assert_eq!(cut(callback), None, "{callback}");
        }
        assert_eq!(
            outcome(pending(), &cut("/cb?code=C1&state=S1http%3A%2F%2Fh").unwrap()),
            Ok("C1".to_owned())
        );
        assert_eq!(outcome(pending(), &cut("/cb?code=C1&state=S2x").unwrap()), Err(StateMismatch));
        assert_eq!(with_state_cut("state=S1", 0), None, "no state is no state");
    }

    proptest! {
        #[test]
        fn only_the_sent_state_is_accepted(state in "[A-Za-z0-9]{1,8}", code in "[A-Za-z0-9_-]{1,40}") {
            let result = outcome(pending(), &format!("code={code}&state={state}"));
            prop_assert_eq!(result.is_ok(), state == "S1" && code != REFUSED_CODE);
        }

        #[test]
        fn no_callback_panics_and_what_is_accepted_is_what_a_form_parser_reads(
            callback in r"(code|state|appid|c|S1|C1|=|&|\?|#|%|%6|%63ode|%53|\+|/|https://|é|.){0,14}",
        ) {
            if let Ok(code) = outcome(pending(), &callback) {
                let query = query_of(&callback);
                let values = |name: &str| -> Vec<String> {
                    url::form_urlencoded::parse(query.as_bytes())
                        .filter(|(key, _)| key == name)
                        .map(|(_, value)| value.into_owned())
                        .collect()
                };
                prop_assert_eq!(values("code"), [code]);
                prop_assert_eq!(values("state"), ["S1"]);
            }
        }
    }

    #[test]
    fn a_pending_login_says_whose_it_is_and_an_error_lends_it() {
        let pending = pending();
        let state = pending.state().expose().to_owned();
        assert_eq!(
            (pending.appid(), pending.scope()),
            (testing::official().account().appid(), Scope::UserInfo)
        );
        let error = pending.accept("state=S2&code=C0DE").unwrap_err();
        assert_eq!(error.pending().map(|login| login.state().expose()), Some(state.as_str()));
        assert!(CallbackError::from(Denied).pending().is_none());
    }
}
