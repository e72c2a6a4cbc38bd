//! WeChat web authorization (微信网页授权): sign people in with WeChat.
//!
//! This crate is [`wechat_oauth_core`], which decides everything and sends nothing, together with what the core must
//! not have: a [fresh state](fresh_state) from the operating system's entropy, [the time](now), and a transport.
//!
//! | feature | brings |
//! |---|---|
//! | none (the default) | no I/O: you send the requests |
#![cfg_attr(feature = "ureq", doc = "| `ureq` | the blocking [`ureq::Client`], with rustls |")]
#![cfg_attr(not(feature = "ureq"), doc = "| `ureq` | the blocking `ureq::Client`, with rustls |")]
#![cfg_attr(feature = "reqwest", doc = "| `reqwest` | the async [`reqwest::Client`], with rustls |")]
#![cfg_attr(not(feature = "reqwest"), doc = "| `reqwest` | the async `reqwest::Client`, with rustls |")]
#![cfg_attr(
    feature = "store",
    doc = "| `store` | [`store`]: where callbacks and grants are kept, in memory |"
)]
#![cfg_attr(
    not(feature = "store"),
    doc = "| `store` | `store`: where callbacks and grants are kept, in memory |"
)]
#![cfg_attr(
    feature = "conformance",
    doc = "| `conformance` | [`store::conformance`]: the kit that a store of your own is checked with, for tests; implies `store` |"
)]
#![cfg_attr(
    not(feature = "conformance"),
    doc = "| `conformance` | `store::conformance`: the kit that a store of your own is checked with, for tests; implies `store` |"
)]
#![cfg_attr(
    feature = "redis",
    doc = "| `redis` | [`redis`]: the same in Redis or Valkey, with rustls; implies `store` |"
)]
#![cfg_attr(
    not(feature = "redis"),
    doc = "| `redis` | `redis`: the same in Redis or Valkey, with rustls; implies `store` |"
)]
#![cfg_attr(
    feature = "axum",
    doc = "| `axum` | [`axum`]: a whole login for an axum site; implies `reqwest` and `store` |"
)]
#![cfg_attr(
    not(feature = "axum"),
    doc = "| `axum` | `axum`: a whole login for an axum site; implies `reqwest` and `store` |"
)]
//! | `native-tls` | the system's TLS library in place of rustls, for the transports that are on |
//!
//! Features add up, so with `native-tls` rustls is still compiled, and no transport uses it. To be without it, or
//! without any TLS, depend on `wechat-oauth-ureq` or `wechat-oauth-reqwest` yourself with `default-features = false`; a
//! client without TLS is not made for an https host.
//!
//! # Guides
//!
//! In the repository, under `docs/guide`, in English and in Chinese, one page each:
//!
//! | guide | for |
//! |---|---|
//! | `site.md` | a site in ten lines: what it needs from you, your own session and pages, QR codes, several accounts |
//! | `replicas.md` | several replicas: Redis, grants kept fresh, changing the key |
//! | `nginx.md` | a site behind nginx, and logs that hold no code |
//! | `testing.md` | tests of your own site with the emulator, in any language |
//! | `conformance.md` | any login client, in any language, against a WeChat that misbehaves |
//! | `accounts.md` | moving a table of users from openid keys to (appid, openid) |
//!
//! # Blocking
//!
#![cfg_attr(feature = "ureq", doc = "```no_run")]
#![cfg_attr(not(feature = "ureq"), doc = "```ignore")]
//! use wechat_oauth::{App, AppSecret, Pending, RedirectUri, Scope, SignedIn, fresh_state, ureq};
//!
//! # fn secret() -> String { String::new() }
//! # fn keep_with_this_browser(pending: &Pending) {}
//! # fn what_was_kept() -> Result<Pending, Box<dyn std::error::Error>> { Err("nothing is kept in an example".into()) }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Once.
//! let app = App::official_account("wx0123456789abcdef".parse()?, AppSecret::new(secret())?);
//! let redirect_uri = RedirectUri::parse("https://example.com/callback")?;
//! let login = app.login(Scope::UserInfo, &redirect_uri).build()?;
//! let client = ureq::Client::for_app(&app)?;
//!
//! // Out: one half for the browser, one half to keep with this browser.
//! let (url, pending) = login.begin(fresh_state()?);
//! keep_with_this_browser(&pending);
//! println!("redirect to {}", url.as_str());
//!
//! // Back: the query of the callback.
//! # let query = "code=C0DE&state=S1";
//! let code = what_was_kept()?.accept(query)?;
//! match client.run(app.sign_in(code)?)? {
//!     SignedIn::Person(person) => println!("{:?} came", person.identity()),
//!     SignedIn::Snapshot(_) => println!("a visitor of a snapshot page: nobody"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Async
//!
//! The same words, one of them awaited:
//!
#![cfg_attr(feature = "reqwest", doc = "```no_run")]
#![cfg_attr(not(feature = "reqwest"), doc = "```ignore")]
//! use wechat_oauth::{App, Code, Error, SignedIn, reqwest};
//!
//! async fn sign_in(client: &reqwest::Client, app: &App, code: Code) -> Result<(), Error> {
//!     match client.run(app.sign_in(code)?).await? {
//!         SignedIn::Person(person) => println!("{:?} came", person.identity()),
//!         SignedIn::Snapshot(_) => println!("a visitor of a snapshot page: nobody"),
//!     }
//!     Ok(())
//! }
//! ```
#![forbid(unsafe_code)]

use std::time::{SystemTime, UNIX_EPOCH};

use thiserror::Error;

#[cfg(feature = "axum")]
pub use wechat_oauth_axum as axum;
pub use wechat_oauth_core::*;
#[cfg(feature = "redis")]
pub use wechat_oauth_redis as redis;
#[cfg(feature = "reqwest")]
pub use wechat_oauth_reqwest as reqwest;
#[cfg(feature = "store")]
pub use wechat_oauth_store as store;
#[cfg(feature = "ureq")]
pub use wechat_oauth_ureq as ureq;

/// A state that nobody can guess, from the operating system's entropy. Each login takes a new one.
///
/// ```
/// let state = wechat_oauth::fresh_state()?;
/// assert_eq!(state.expose().len(), 64);
/// # Ok::<(), wechat_oauth::EntropyError>(())
/// ```
///
/// # Errors
/// [`EntropyError`] when the operating system has none: then no login can be started.
pub fn fresh_state() -> Result<State, EntropyError> {
    state_from(getrandom::fill)
}

fn state_from(fill: impl Fn(&mut [u8]) -> Result<(), getrandom::Error>) -> Result<State, EntropyError> {
    let mut entropy = [0; 32];
    fill(&mut entropy).map_err(EntropyError)?;
    Ok(State::from_entropy(entropy))
}

/// The operating system gave no entropy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the operating system gave no entropy, so no login can be started: {0}")]
pub struct EntropyError(getrandom::Error);

/// The time by this machine's clock: for [`Grant::at`], and for an answer that you fetched yourself.
///
/// A clock that stands before 1970 says 0.
#[must_use]
pub fn now() -> UnixTime {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since_1970.as_secs())
}

/// The Rust code of the READMEs and the guides, which is compiled and run with the documentation tests.
#[cfg(all(doctest, feature = "ureq", feature = "redis", feature = "axum"))]
mod documents {
    #[doc = include_str!("../../../README.md")]
    mod readme {}
    #[doc = include_str!("../../../README.zh-CN.md")]
    mod readme_zh {}
    #[doc = include_str!("../../../docs/guide/site.md")]
    mod site {}
    #[doc = include_str!("../../../docs/guide/site.zh-CN.md")]
    mod site_zh {}
    #[doc = include_str!("../../../docs/guide/replicas.md")]
    mod replicas {}
    #[doc = include_str!("../../../docs/guide/replicas.zh-CN.md")]
    mod replicas_zh {}
    #[doc = include_str!("../../../docs/guide/nginx.md")]
    mod nginx {}
    #[doc = include_str!("../../../docs/guide/nginx.zh-CN.md")]
    mod nginx_zh {}
    #[doc = include_str!("../../../docs/guide/testing.md")]
    mod testing {}
    #[doc = include_str!("../../../docs/guide/testing.zh-CN.md")]
    mod testing_zh {}
    #[doc = include_str!("../../../docs/guide/conformance.md")]
    mod conformance {}
    #[doc = include_str!("../../../docs/guide/conformance.zh-CN.md")]
    mod conformance_zh {}
    #[doc = include_str!("../../../docs/guide/accounts.md")]
    mod accounts {}
    #[doc = include_str!("../../../docs/guide/accounts.zh-CN.md")]
    mod accounts_zh {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_fresh_states_are_the_same() {
        let states: BTreeSet<String> =
            (0..1000).map(|_| fresh_state().unwrap().expose().to_owned()).collect();
        assert_eq!(states.len(), 1000);
    }

    #[test]
    fn without_entropy_there_is_no_state() {
        let error = state_from(|_| Err(getrandom::Error::UNSUPPORTED)).unwrap_err();
        assert!(error.to_string().starts_with("the operating system gave no entropy"), "{error}");
    }

    #[test]
    fn now_is_after_this_was_written() {
        assert!(now() > UnixTime::from_secs(1_750_000_000));
    }
}
