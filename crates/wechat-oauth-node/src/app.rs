//! An application, and what is started from it.

use napi_derive::napi;
use wechat_oauth_bindings::{AppOptions, LoginOptions};

use crate::failure::secret;
use crate::kept::{self, Kept};

/// Keeps an application made of the options, which are JSON.
#[napi]
pub fn app(number: i64, options: String) -> Option<bool> {
    let options = secret(options);
    kept::with(|table| {
        let app = AppOptions::from_json(&options)?.app()?;
        table.keep(number, Kept::App(Box::new(app)));
        Ok(true)
    })
}

/// Its appid.
#[napi]
pub fn appid(app: i64) -> Option<String> {
    kept::with(|table| Ok(table.app(app)?.account().appid().to_string()))
}

/// Its kind of account.
#[napi]
pub fn account(app: i64) -> Option<&'static str> {
    kept::with(|table| Ok(table.app(app)?.account().kind().as_str()))
}

/// Where `wxLogin.js` is.
#[napi]
pub fn wx_login_script(app: i64) -> Option<String> {
    kept::with(|table| Ok(table.app(app)?.endpoints().wx_login_script().into()))
}

/// Keeps a login made of the options, which are JSON.
#[napi]
pub fn login(app: i64, number: i64, options: String) -> Option<bool> {
    kept::with(|table| {
        let login = LoginOptions::from_json(&options)?.login(table.app(app)?)?;
        table.keep(number, Kept::Login(Box::new(login)));
        Ok(true)
    })
}
