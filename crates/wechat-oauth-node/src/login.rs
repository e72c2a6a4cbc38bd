//! A login from its URL to its code.

use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::{documents, options};
use wechat_oauth_core::{Code, ConfigError, Scope};

use crate::failure::{answered_text, secret, text};
use crate::kept::{self, Kept};

fn entropy() -> Option<[u8; 32]> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).ok().map(|()| entropy)
}

/// Begins the login: keeps what is pending, and gives the authorize URL.
#[napi]
pub fn begin(env: &Env, login: i64, number: i64, state: Option<String>) -> Option<JsString<'_>> {
    let begun = kept::with(|table| {
        let begun = options::begin(table.login(login)?, state.as_deref(), None, entropy)?;
        table.keep(number, Kept::Pending(begun.pending));
        Ok(begun.url)
    })?;
    text(env, begun.as_str())
}

/// As [`begin`], with what the QR code inside a page needs: gives the JSON of both.
#[napi]
pub fn begin_with_wx_login(
    env: &Env,
    login: i64,
    number: i64,
    state: Option<String>,
    wx_login: String,
) -> Option<JsString<'_>> {
    answered_text(env, || {
        let expected = "an object with options of wxLogin.js: self_redirect, style, href, stylelite, fast_login, color_scheme";
        let wx_login = options::read(&wx_login, "the options of wxLogin.js", expected)?;
        kept::work(|table| {
            let begun = options::begin(table.login(login)?, state.as_deref(), Some(wx_login), entropy)?;
            let document = documents::begun(&begun);
            table.keep(number, Kept::Pending(begun.pending));
            Ok(document)
        })
    })
}

/// Keeps a pending login out of its JSON.
#[napi]
pub fn pending(number: i64, json: String) -> Option<bool> {
    let json = secret(json);
    kept::with(|table| {
        table.keep(number, Kept::Pending(options::pending(&json)?));
        Ok(true)
    })
}

/// Its JSON.
#[napi]
pub fn pending_json(env: &Env, pending: i64) -> Option<JsString<'_>> {
    answered_text(env, || kept::work(|table| Ok(documents::pending(table.pending(pending)?))))
}

/// Its appid.
#[napi]
pub fn pending_appid(pending: i64) -> Option<String> {
    kept::with(|table| Ok(table.pending(pending)?.appid().to_string()))
}

/// Its scope.
#[napi]
pub fn pending_scope(pending: i64) -> Option<&'static str> {
    kept::with(|table| Ok(table.pending(pending)?.scope().as_str()))
}

/// Its state.
#[napi]
pub fn pending_state(env: &Env, pending: i64) -> Option<JsString<'_>> {
    let state = kept::with(|table| Ok(secret(table.pending(pending)?.state().expose().to_owned())))?;
    text(env, &state)
}

/// Reads the callback, and keeps its code.
#[napi]
pub fn accept(pending: i64, number: i64, callback: String) -> Option<bool> {
    let callback = secret(callback);
    kept::with(|table| {
        let code = table.pending(pending)?.clone().accept(&callback)?;
        table.keep(number, Kept::Code(code));
        Ok(true)
    })
}

/// Keeps a code that came another way than by a callback.
#[napi]
pub fn code(number: i64, code: String, scope: Option<String>) -> Option<bool> {
    let code = secret(code);
    kept::with(|table| {
        let code = Code::received_without_state(&code)?;
        let code = match scope {
            Some(scope) => code.asked_for(scope.parse::<Scope>().map_err(ConfigError::from)?),
            None => code,
        };
        table.keep(number, Kept::Code(code));
        Ok(true)
    })
}

/// The code as text.
#[napi]
pub fn code_text(env: &Env, code: i64) -> Option<JsString<'_>> {
    let code = kept::with(|table| Ok(secret(table.code(code)?.expose().to_owned())))?;
    text(env, &code)
}
