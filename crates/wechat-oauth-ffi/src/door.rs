//! Every function of the header, safe: slices and numbers in, documents out.
//!
//! A document comes out in either case: of what was asked for, or of why there is none. Nothing is decided here: texts
//! become the core's types, handles become what they stand for, and results become documents.

use std::fmt;
use std::str;

use serde::Deserialize;
use wechat_oauth_bindings::{AppOptions, Document, Failure, LoginOptions, Misuse, Task, documents, options};
use wechat_oauth_core::{Code, ConfigError, ProfileLang, Response, TransportError};

use crate::exports::WXO_MAX_INPUT;
use crate::handles::HANDLES;

/// A document's text. It may hold secrets, so `Debug` shows its length only.
pub enum Text {
    /// One that the bindings make.
    Document(Document),
    /// One that says nothing: `{}`, `null`.
    Plain(&'static str),
}

impl Text {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Document(document) => document.expose(),
            Self::Plain(text) => text,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.expose().len())
    }
}

impl From<Document> for Text {
    fn from(document: Document) -> Self {
        Self::Document(document)
    }
}

impl From<Misuse> for Text {
    fn from(misuse: Misuse) -> Self {
        Failure::from(misuse).into()
    }
}

impl From<Failure> for Text {
    fn from(failure: Failure) -> Self {
        Self::Document(documents::failure(&failure))
    }
}

impl From<ConfigError> for Text {
    fn from(error: ConfigError) -> Self {
        Failure::from(error).into()
    }
}

/// The document of what was asked for, or of why there is none.
pub type Answer = Result<Text, Text>;

/// A new handle, and the document that comes with it.
#[derive(Debug)]
pub struct Opened {
    /// The handle.
    pub handle: u64,
    /// The document.
    pub document: Text,
}

/// What the panics of the tests say, and no document may.
#[cfg(feature = "panic-for-tests")]
pub(crate) const PANIC_CANARY: &str = "canary in a panic";

/// Checks the pointer and the length of an input before anything is read. NULL with length 0 is empty.
pub(crate) fn check_input(what: &'static str, is_null: bool, len: usize) -> Result<(), Misuse> {
    if len > WXO_MAX_INPUT {
        return Err(Misuse::TooLarge { what, max: WXO_MAX_INPUT });
    }
    if is_null && len > 0 {
        return Err(Misuse::NullPointer(what));
    }
    Ok(())
}

/// `wxo_app_new`.
///
/// # Errors
/// The document of the failure, as everywhere in here.
pub fn app_new(options: &[u8]) -> Result<Opened, Text> {
    let options = AppOptions::from_json(text("the app's options", options)?)?;
    let handle = HANDLES.open_app(options.app()?)?;
    Ok(Opened { handle, document: Text::Plain("{}") })
}

/// `wxo_begin`.
///
/// # Errors
/// As [`app_new`].
pub fn begin(app: u64, login: &[u8]) -> Answer {
    let app = HANDLES.app(app)?;
    let login = LoginOptions::from_json(text("the login's options", login)?)?;
    Ok(documents::begun(&login.begin(&app, entropy)?).into())
}

/// `wxo_accept`.
///
/// # Errors
/// As [`app_new`]; with `pending` while the login still waits.
pub fn accept(pending: &[u8], callback: &[u8]) -> Result<Opened, Text> {
    let pending = options::pending(text("the pending login", pending)?)?;
    let callback = text("the callback", callback)?;
    open_code(pending.accept(callback).map_err(Failure::from)?)
}

/// `wxo_code_received_without_state`.
///
/// # Errors
/// As [`app_new`].
pub fn code_received_without_state(code: &[u8], scope: Option<&[u8]>) -> Result<Opened, Text> {
    let code = text("the code", code)?;
    let scope = scope.map(|scope| text("the scope", scope)).transpose()?;
    open_code(options::received_without_state(code, scope)?)
}

/// `wxo_sign_in`. Empty options are none.
///
/// # Errors
/// As [`app_new`].
pub fn sign_in(app: u64, code: u64, options: &[u8]) -> Result<Opened, Text> {
    let app = HANDLES.app(app)?;
    let lang = profile_lang(options)?;
    spend(code, |code| Task::sign_in(&app, code, lang))
}

/// `wxo_exchange`.
///
/// # Errors
/// As [`app_new`].
pub fn exchange(app: u64, code: u64) -> Result<Opened, Text> {
    let app = HANDLES.app(app)?;
    spend(code, |code| Task::exchange(&app, code))
}

/// `wxo_renew`.
///
/// # Errors
/// As [`app_new`].
pub fn renew(app: u64, stored: &[u8]) -> Result<Opened, Text> {
    let app = HANDLES.app(app)?;
    open_flow(Task::renewal(&app, &stored_grant("the stored grant", stored)?)?)
}

/// `wxo_refresh`.
///
/// # Errors
/// As [`app_new`].
pub fn refresh(app: u64, stored: &[u8]) -> Result<Opened, Text> {
    let app = HANDLES.app(app)?;
    open_flow(Task::refresh(&app, &stored_grant("the stored grant", stored)?)?)
}

/// `wxo_check`.
///
/// # Errors
/// As [`app_new`].
pub fn check(app: u64, stored: &[u8]) -> Result<Opened, Text> {
    let app = HANDLES.app(app)?;
    open_flow(Task::check(&app, &stored_grant("the stored grant", stored)?)?)
}

/// `wxo_profile`. Empty options are none.
///
/// # Errors
/// As [`app_new`].
pub fn profile(app: u64, stored: &[u8], options: &[u8]) -> Result<Opened, Text> {
    let app = HANDLES.app(app)?;
    let grant = stored_grant("the stored grant", stored)?;
    open_flow(Task::profile(&app, &grant, profile_lang(options)?)?)
}

/// `wxo_flow_step`.
///
/// # Errors
/// As [`app_new`].
pub fn flow_step(flow: u64) -> Answer {
    with(flow, |_| Ok(()))
}

/// `wxo_flow_answer`.
///
/// # Errors
/// As [`app_new`].
pub fn flow_answer(flow: u64, status: i32, body: &[u8], sent_at: u64) -> Answer {
    let response = Response::new(http_status(status.into())?, body, options::time("sent_at", sent_at)?);
    with(flow, |task| task.answer(&response))
}

/// `wxo_flow_lost`.
///
/// # Errors
/// As [`app_new`].
pub fn flow_lost(flow: u64, reason: &[u8], phase: &[u8]) -> Answer {
    let error = TransportError::new(named(text("the reason", reason)?)?, named(text("the phase", phase)?)?);
    with(flow, |task| task.lost(error))
}

/// `wxo_flow_waited`.
///
/// # Errors
/// As [`app_new`].
pub fn flow_waited(flow: u64) -> Answer {
    with(flow, Task::waited)
}

/// `wxo_flow_finish`.
///
/// # Errors
/// As [`app_new`]; with `grant` and `stored_grant` when only the profile could not be read.
pub fn flow_finish(flow: u64) -> Answer {
    let task = HANDLES.flow(flow)?;
    let mut task = task.lock().map_err(|_| Misuse::Panicked)?;
    Ok(documents::outcome(&task.finish()?).into())
}

/// `wxo_grant_at`.
///
/// # Errors
/// As [`app_new`].
pub fn grant_at(stored: &[u8], now: u64) -> Answer {
    let grant = stored_grant("the stored grant", stored)?;
    Ok(documents::freshness(&grant, options::time("now", now)?).into())
}

/// `wxo_grant_replaces`.
///
/// # Errors
/// As [`app_new`].
pub fn grant_replaces(grant: &[u8], stored: &[u8], now: u64) -> Answer {
    let grant = stored_grant("the grant", grant)?;
    let stored = stored_grant("the stored grant", stored)?;
    Ok(documents::replaces(&grant, &stored, options::time("now", now)?).into())
}

/// `wxo_read`.
///
/// # Errors
/// The document of the failure, as `wechat-oauth read` prints it.
pub fn read(request: &[u8], body: &[u8]) -> Answer {
    read_by_names(request, body).map(Text::from).map_err(|failure| documents::error(&failure).into())
}

/// `wxo_lint`.
///
/// # Errors
/// As [`app_new`]. What is wrong with the URL is a document like any other.
pub fn lint(request: &[u8]) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        url: String,
        domain: Option<String>,
    }
    let request: Request = json("the lint's request", r#"{"url"} and, where known, "domain""#, request)?;
    Ok(documents::lint(&request.url, request.domain.as_deref()).into())
}

/// `wxo_explain`: null for a code that has nothing to do with web authorization.
///
/// # Errors
/// None so far.
pub fn explain(code: i64) -> Answer {
    Ok(documents::explain(code).map_or(Text::Plain("null"), Text::Document))
}

/// `wxo_browser_kind`.
///
/// # Errors
/// As [`app_new`].
pub fn browser_kind(user_agent: &[u8]) -> Answer {
    Ok(documents::browser_kind(text("the User-Agent", user_agent)?).into())
}

/// `wxo_handle_free`.
///
/// # Errors
/// As [`app_new`].
pub fn handle_free(handle: u64) -> Result<(), Text> {
    Ok(HANDLES.free(handle)?)
}

/// How many handles are open in this process: for tests, to see that nothing was left.
#[must_use]
pub fn open_handles() -> usize {
    HANDLES.count()
}

/// `wxo_panic_for_tests`: with the table of handles locked (0), or with a flow locked.
///
/// # Errors
/// As [`app_new`], for a handle that is no flow's.
///
/// # Panics
/// Always.
#[cfg(feature = "panic-for-tests")]
#[allow(clippy::panic, reason = "it is what the tests ask for")]
pub fn panic_for_tests(flow: u64) -> Answer {
    if flow == 0 {
        HANDLES.panic_while_locked();
    }
    with(flow, |_| panic!("{PANIC_CANARY}"))
}

/// Tells a flow what happened, and asks for its next step. A flow that a panic interrupted is not gone on with.
fn with(flow: u64, event: impl FnOnce(&mut Task) -> Result<(), Misuse>) -> Answer {
    let task = HANDLES.flow(flow)?;
    let mut task = task.lock().map_err(|_| Misuse::Panicked)?;
    event(&mut task)?;
    Ok(documents::step(&task.step()?).into())
}

fn open_code(code: Code) -> Result<Opened, Text> {
    let document = documents::code(&code).into();
    Ok(Opened { handle: HANDLES.open_code(code)?, document })
}

fn open_flow(task: Task) -> Result<Opened, Text> {
    let document = documents::step(&task.step()?).into();
    Ok(Opened { handle: HANDLES.open_flow(task)?, document })
}

fn spend(code: u64, start: impl FnOnce(Code) -> Result<Task, ConfigError>) -> Result<Opened, Text> {
    let handle = HANDLES.spend(code, |code| Ok(start(code)?))?;
    Ok(Opened { handle, document: flow_step(handle)? })
}

fn read_by_names(request: &[u8], body: &[u8]) -> Result<Document, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        operation: String,
        status: i64,
        openid: Option<String>,
        scope: Option<String>,
    }
    let expected = r#"{"operation","status"} and, where known, "openid","scope""#;
    let Request { operation, status, openid, scope } = json("the request", expected, request)?;
    documents::read(&operation, http_status(status)?, body, openid.as_deref(), scope.as_deref())
}

fn profile_lang(options: &[u8]) -> Result<ProfileLang, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        lang: Option<String>,
    }
    if options.is_empty() {
        return Ok(ProfileLang::default());
    }
    let options: Options = json("the options", r#"{"lang"}, or nothing at all"#, options)?;
    Ok(options.lang.as_deref().map(named).transpose()?.unwrap_or_default())
}

fn stored_grant(what: &'static str, stored: &[u8]) -> Result<wechat_oauth_core::Grant, Failure> {
    options::stored_grant(text(what, stored)?)
}

fn http_status(status: i64) -> Result<u16, Misuse> {
    status.try_into().map_err(|_| Misuse::OutOfRange { what: "the status", range: "0 to 65535" })
}

fn named<T: str::FromStr>(text: &str) -> Result<T, ConfigError>
where
    ConfigError: From<T::Err>,
{
    Ok(text.parse::<T>()?)
}

/// Reads a small request. Its length was checked with the input's, and no error quotes it.
fn json<T: for<'de> Deserialize<'de>>(
    what: &'static str,
    expected: &'static str,
    bytes: &[u8],
) -> Result<T, Misuse> {
    serde_json::from_str(text(what, bytes)?).map_err(|error| Misuse::not_readable(what, expected, &error))
}

fn text<'a>(what: &'static str, bytes: &'a [u8]) -> Result<&'a str, Misuse> {
    str::from_utf8(bytes).map_err(|_| Misuse::NotUtf8(what))
}

fn entropy() -> Option<[u8; 32]> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).ok().map(|()| entropy)
}

#[cfg(test)]
mod tests;
