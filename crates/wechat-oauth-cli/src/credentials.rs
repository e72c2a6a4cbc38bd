//! Secrets: from the environment or a file, never from an argument, where every process on the machine could read it.

use std::env;
use std::fs::File;
use std::path::Path;

use wechat_oauth::{AppSecret, ComponentAccessToken};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::input;

/// Holds the app secret of an official account or website app.
const APP_SECRET: &str = "WECHAT_APP_SECRET";
/// Holds a third-party platform's current token.
const COMPONENT_TOKEN: &str = "WECHAT_COMPONENT_ACCESS_TOKEN";

/// The app secret from the file, else from the environment, if either is there.
pub(crate) fn app_secret(file: Option<&Path>) -> Result<Option<AppSecret>, Failure> {
    let secret = match file {
        Some(path) => Some(secret_in(path)?),
        None => variable(APP_SECRET)?,
    };
    Ok(secret.map(|secret| AppSecret::new(secret.as_str())).transpose()?)
}

/// The component's token from the environment, if it is there.
pub(crate) fn component_token() -> Result<Option<ComponentAccessToken>, Failure> {
    let token = variable(COMPONENT_TOKEN)?;
    Ok(token.map(|token| ComponentAccessToken::new(token.as_str())).transpose()?)
}

fn secret_in(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |what: &str| Failure::configuration("secret_file", format!("the secret file {what}"));
    let bytes = File::open(path)
        .and_then(|file| input::read(file, AppSecret::MAX_LEN + input::SPACE_AROUND))
        .map_err(|error| failed(&format!("cannot be read: {error}")))?;
    input::text(&bytes).ok_or_else(|| failed("is not text"))
}

fn variable(name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(Zeroizing::new(value))),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::configuration("invalid_value", format!("{name} is not text")))
        }
    }
}
