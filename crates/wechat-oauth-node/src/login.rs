//! A login from its URL to its code.

use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::{Misuse, documents, options};
use wechat_oauth_core::{ConfigError, State};

use crate::failure::{answered_text, secret, text};
use crate::kept::{self, Kept};

fn entropy() -> Option<[u8; 32]> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).ok().map(|()| entropy)
}

/// A new state.
#[napi]
pub fn draw_state(env: &Env) -> Option<JsString<'_>> {
    let state = kept::with(|_| Ok(State::from_entropy(entropy().ok_or(Misuse::NoEntropy)?)))?;
    text(env, state.expose())
}

/// The authorize URL of a login that begins with the state.
#[napi]
pub fn authorize_url(env: &Env, login: i64, state: String) -> Option<JsString<'_>> {
    let url = kept::with(|table| Ok(table.login(login)?.authorize_url(&checked(&state)?)))?;
    text(env, url.as_str())
}

/// The argument for `wxLogin.js`, as JSON, of a login that begins with the state.
#[napi]
pub fn wx_login(env: &Env, login: i64, state: String, given: String) -> Option<JsString<'_>> {
    answered_text(env, || {
        let expected = "an object with options of wxLogin.js: self_redirect, style, href, stylelite, fast_login, color_scheme";
        let given = options::read(&given, "the options of wxLogin.js", expected)?;
        kept::work(|table| {
            let begun = options::begin(table.login(login)?, Some(&state), Some(given), entropy)?;
            let argument = begun.wx_login.ok_or(Misuse::Panicked)?;
            Ok(documents::wx_login(&argument))
        })
    })
}

/// The JSON of the pending login that began with the state.
#[napi]
pub fn pending(env: &Env, login: i64, state: String) -> Option<JsString<'_>> {
    answered_text(env, || {
        kept::work(|table| {
            let (_url, pending) = table.login(login)?.begin(checked(&state)?);
            Ok(documents::pending(&pending))
        })
    })
}

/// Reads the JSON of a pending login, and gives the same JSON.
#[napi]
pub fn stored_pending(env: &Env, json: String) -> Option<JsString<'_>> {
    let json = secret(json);
    answered_text(env, || Ok(documents::pending(&options::pending(&json)?)))
}

/// Reads the callback of the login that began with the state, and keeps its code.
#[napi]
pub fn accept(login: i64, state: String, number: i64, callback: String) -> Option<bool> {
    let callback = secret(callback);
    kept::with(|table| {
        let (_url, pending) = table.login(login)?.begin(checked(&state)?);
        table.keep(number, Kept::Code(Box::new(pending.accept(&callback)?)));
        Ok(true)
    })
}

/// Reads the callback of a pending login, and keeps its code.
#[napi]
pub fn accept_stored(json: String, number: i64, callback: String) -> Option<bool> {
    let (json, callback) = (secret(json), secret(callback));
    kept::with(|table| {
        let code = options::pending(&json)?.accept(&callback)?;
        table.keep(number, Kept::Code(Box::new(code)));
        Ok(true)
    })
}

/// Keeps a code that came another way than by a callback.
#[napi]
pub fn code(number: i64, code: String, scope: Option<String>) -> Option<bool> {
    let code = secret(code);
    kept::with(|table| {
        let code = options::received_without_state(&code, scope.as_deref())?;
        table.keep(number, Kept::Code(Box::new(code)));
        Ok(true)
    })
}

/// The code as text.
#[napi]
pub fn code_text(env: &Env, code: i64) -> Option<JsString<'_>> {
    let code = kept::with(|table| Ok(secret(table.code(code)?.expose().to_owned())))?;
    text(env, &code)
}

fn checked(state: &str) -> Result<State, ConfigError> {
    Ok(State::new(state)?)
}
