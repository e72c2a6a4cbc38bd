//! Tasks: single calls and flows, driven in the same way.

use napi::bindgen_prelude::BufferSlice;
use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::{Failure, Misuse, Outcome, Task, documents};
use wechat_oauth_core::{
    ConfigError, Exchanged, Phase, ProfileLang, Request, Response, SignedIn, Step, TransportError,
    TransportErrorKind, UnixTime,
};
use zeroize::Zeroizing;

use crate::failure::{answered_text, text};
use crate::kept::{self, Kept, Table};

/// What took the place of a task.
#[napi]
pub enum Kind {
    /// A grant.
    Grant,
    /// A snapshot visitor.
    Snapshot,
    /// Somebody who signed in.
    Person,
    /// A profile.
    Profile,
    /// Whether an access token is valid.
    Validity,
}

/// Turns the code into an exchange, and gives its URL.
#[napi]
pub fn exchange(env: &Env, app: i64, code: i64) -> Option<JsString<'_>> {
    let url = kept::with(|table| {
        let text = table.take_code(code)?;
        let task = Task::exchange(table.app(app)?, text)?;
        begun(table, code, task)
    })?;
    text(env, &url)
}

/// Turns the code into a sign-in.
#[napi]
pub fn sign_in(app: i64, code: i64, lang: Option<String>) -> Option<bool> {
    kept::with(|table| {
        let lang = language(lang)?;
        let text = table.take_code(code)?;
        let task = Task::sign_in(table.app(app)?, text, lang)?;
        table.keep(code, Kept::Task(task));
        Ok(true)
    })
}

/// Keeps a renewal of the grant.
#[napi]
pub fn renew(app: i64, grant: i64, number: i64) -> Option<bool> {
    kept::with(|table| {
        let task = Task::renewal(table.app(app)?, table.grant(grant)?)?;
        table.keep(number, Kept::Task(task));
        Ok(true)
    })
}

/// Keeps a refresh of the grant, and gives its URL.
#[napi]
pub fn refresh(env: &Env, app: i64, grant: i64, number: i64) -> Option<JsString<'_>> {
    let url = kept::with(|table| {
        let task = Task::refresh(table.app(app)?, table.grant(grant)?)?;
        begun(table, number, task)
    })?;
    text(env, &url)
}

/// Keeps a check of the grant, and gives its URL.
#[napi]
pub fn check(env: &Env, app: i64, grant: i64, number: i64) -> Option<JsString<'_>> {
    let url = kept::with(|table| {
        let task = Task::check(table.app(app)?, table.grant(grant)?)?;
        begun(table, number, task)
    })?;
    text(env, &url)
}

/// Keeps a call for the profile of the grant's person, and gives its URL.
#[napi]
pub fn profile(env: &Env, app: i64, grant: i64, number: i64, lang: Option<String>) -> Option<JsString<'_>> {
    let url = kept::with(|table| {
        let task = Task::profile(table.app(app)?, table.grant(grant)?, language(lang)?)?;
        begun(table, number, task)
    })?;
    text(env, &url)
}

/// The step, as JSON.
#[napi]
pub fn step(env: &Env, task: i64) -> Option<JsString<'_>> {
    answered_text(env, || kept::work(|table| Ok(documents::step(&table.task(task)?.step()?))))
}

/// The URL of the request that is to be sent, without its secrets.
#[napi]
pub fn redacted_url(task: i64) -> Option<String> {
    kept::with(|table| request(table, task, Request::redacted_url))
}

/// What the request asks for.
#[napi]
pub fn operation(task: i64) -> Option<&'static str> {
    kept::with(|table| request(table, task, |request| request.operation().as_str()))
}

/// Fails where the request that is to be sent is for another host than this application's.
#[napi]
pub fn check_host(app: i64, task: i64) -> Option<bool> {
    kept::with(|table| {
        let endpoints = table.app(app)?.endpoints().clone();
        if request(table, task, |request| request.is_for(&endpoints))? {
            Ok(true)
        } else {
            Err(ConfigError::OtherHost.into())
        }
    })
}

/// The answer came.
#[napi]
pub fn answer(
    task: i64,
    status: u32,
    #[napi(ts_arg_type = "Uint8Array")] body: BufferSlice<'_>,
    sent_at: i64,
) -> Option<bool> {
    kept::with(|table| {
        table.task(task)?.answer(&response(status, &body, sent_at)?)?;
        Ok(true)
    })
}

/// The answer to a single call came, so it is done: what it came to takes its place.
#[napi]
pub fn read(
    task: i64,
    status: u32,
    #[napi(ts_arg_type = "Uint8Array")] body: BufferSlice<'_>,
    sent_at: i64,
) -> Option<Kind> {
    kept::with(|table| {
        table.task(task)?.answer(&response(status, &body, sent_at)?)?;
        settle(table, task)
    })
}

/// The answer will not come.
#[napi]
pub fn lost(task: i64, reason: String, phase: String) -> Option<bool> {
    kept::with(|table| {
        table.task(task)?.lost(transport_error(&reason, &phase)?)?;
        Ok(true)
    })
}

/// The wait is over.
#[napi]
pub fn waited(task: i64) -> Option<bool> {
    kept::with(|table| {
        table.task(task)?.waited()?;
        Ok(true)
    })
}

/// The task is done: what it came to takes its place.
#[napi]
pub fn finish(task: i64) -> Option<Kind> {
    kept::with(|table| settle(table, task))
}

fn language(lang: Option<String>) -> Result<ProfileLang, ConfigError> {
    lang.map_or_else(|| Ok(ProfileLang::default()), |lang| Ok(lang.parse()?))
}

fn begun(table: &mut Table, number: i64, task: Task) -> Result<Zeroizing<String>, Failure> {
    let url = match task.step()? {
        Step::Send(request) => request.url().expose().to_owned(),
        Step::Wait(_) | Step::Done => String::new(),
    };
    table.keep(number, Kept::Task(task));
    Ok(Zeroizing::new(url))
}

fn request<T>(table: &mut Table, task: i64, of: impl FnOnce(&Request) -> T) -> Result<T, Failure> {
    match table.task(task)?.step()? {
        Step::Send(request) => Ok(of(request)),
        Step::Wait(_) | Step::Done => Err(Misuse::NotSending.into()),
    }
}

fn response(status: u32, body: &[u8], sent_at: i64) -> Result<Response<'_>, Misuse> {
    let sent_at =
        u64::try_from(sent_at).map_err(|_| Misuse::OutOfRange { what: "sentAt", range: "0 or more" })?;
    Ok(Response::new(checked_status(status)?, body, UnixTime::from_secs(sent_at)))
}

/// A status as the core takes it.
pub(crate) fn checked_status(status: u32) -> Result<u16, Misuse> {
    let out_of_range = Misuse::OutOfRange { what: "status", range: "between 0 and 65535" };
    u16::try_from(status).map_err(|_| out_of_range)
}

fn transport_error(reason: &str, phase: &str) -> Result<TransportError, ConfigError> {
    let reason: TransportErrorKind = reason.parse()?;
    let phase: Phase = phase.parse()?;
    Ok(TransportError::new(reason, phase))
}

fn settle(table: &mut Table, task: i64) -> Result<Kind, Failure> {
    let (kind, value) = match table.task(task)?.finish()? {
        Outcome::SignedIn(SignedIn::Person(person)) => (Kind::Person, Kept::Person(Box::new(person))),
        Outcome::SignedIn(SignedIn::Snapshot(snapshot))
        | Outcome::Exchanged(Exchanged::Snapshot(snapshot)) => {
            (Kind::Snapshot, Kept::Snapshot(Box::new(snapshot)))
        }
        Outcome::Exchanged(Exchanged::Grant(grant)) | Outcome::Grant(grant) => {
            (Kind::Grant, Kept::Grant(Box::new(grant)))
        }
        Outcome::Validity(validity) => (Kind::Validity, Kept::Validity(Box::new(validity))),
        Outcome::Profile(profile) => (Kind::Profile, Kept::Profile(Box::new(profile))),
    };
    table.keep(task, value);
    Ok(kind)
}
