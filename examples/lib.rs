//! The other side of the examples: WeChat, the person who signs in, and their browser.
//!
//! The examples run against an emulator in their own process, so they need no account, no domain, no phone and no
//! network. Your program has none of this: there, WeChat and people do it.
#![forbid(unsafe_code)]

use std::error::Error;

use wechat_oauth::{App, AppSecret, AuthorizeUrl, Endpoints};
use wechat_oauth_emulator::{AccountKind, AnnouncedAccount, Emulator};

/// The emulator's account of this kind, with its credentials: what WeChat's console would show you.
///
/// # Errors
/// When the emulator's world has none.
pub fn account(emulator: &Emulator, kind: AccountKind) -> Result<AnnouncedAccount, Box<dyn Error>> {
    let mut accounts = emulator.announcement().accounts.into_iter();
    accounts.find(|account| account.kind == kind).ok_or_else(|| format!("there is no {kind}").into())
}

/// The emulator's official account as an application. Without `.at(...)` it would be WeChat's own.
///
/// # Errors
/// When the emulator's world has none.
pub fn official_account(emulator: &Emulator) -> Result<App, Box<dyn Error>> {
    let account = account(emulator, AccountKind::OfficialAccount)?;
    let secret = account.secret.ok_or("an official account has a secret")?;
    let app = App::official_account(account.appid.parse()?, AppSecret::new(secret)?);
    Ok(app.at(Endpoints::emulator(emulator.base_url())?))
}

/// What happens between the two halves of a login: the browser opens the authorize URL, the person agrees, and WeChat
/// sends the browser back. Gives the address that it is sent to: the callback.
///
/// The emulator has to agree by itself ([`auto_consent`](wechat_oauth_emulator::EmulatorBuilder::auto_consent)).
///
/// # Errors
/// When the emulator is gone, or shows a page instead.
pub fn visit(url: &AuthorizeUrl) -> Result<String, Box<dyn Error>> {
    let answer = ureq::get(url.as_str()).config().max_redirects(0).build().call()?;
    let location = answer.headers().get("location").ok_or("WeChat showed a page and sent nobody back")?;
    Ok(location.to_str()?.to_owned())
}
