//! Sign people in with WeChat (微信网页授权) on an [axum] site.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use wechat_oauth_axum::{WechatLogin, WechatUser};
//! use wechat_oauth_core::{App, AppSecret};
//! use wechat_oauth_reqwest::Client;
//! use wechat_oauth_store::Keyring;
//!
//! async fn home(user: WechatUser) -> String {
//!     format!("hello, {}", user.nickname())
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::official_account("wx0123456789abcdef".parse()?, AppSecret::new(std::env::var("WECHAT_APP_SECRET")?)?);
//! let client = Client::for_app(&app)?;
//! let site = WechatLogin::new(app, client)
//!     .origin("https://www.example.com")
//!     .keyring(Keyring::from_hex(&std::env::var("WECHAT_LOGIN_KEY")?)?) // openssl rand -hex 32
//!     .mount(Router::new().route("/", get(home)))?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, site).await?;
//! # Ok(())
//! # }
//! ```
//!
//! With the crate `wechat-oauth` and its feature `axum`, these are `wechat_oauth::axum`, `wechat_oauth::reqwest::Client`
//! and `wechat_oauth::store::Keyring`.
//!
//! That adds `/login?return_to=/path`, `/callback` and `POST /logout`. A visitor of `home` who is not signed in goes to
//! WeChat and comes back to it.
//!
//! # What is decided where
//!
//! | the site's wish | said with | unless told otherwise |
//! |---|---|---|
//! | profile always, or silently first | [`always_profile`](WechatLogin::always_profile), [`silent_first`](WechatLogin::silent_first) | always |
//! | a session of its own | [`on_signed_in`](WechatLogin::on_signed_in) | [`WechatUser`], a sealed cookie |
//! | pages of its own | [`on_declined`](WechatLogin::on_declined) | pages in Chinese and English |
//! | sign-in on desktops | [`website`](WechatLogin::website), [`website_embedded`](WechatLogin::website_embedded) | a page with `/login` as a QR code: it signs in on the phone |
//! | several replicas | [`store`](WechatLogin::store) | one process, in memory |
//! | profiles that are read again later | [`keep_grants`](WechatLogin::keep_grants) | tokens are handed over and not kept |
//! | several logins on one site | [`at`](WechatLogin::at) | `/login`, `/callback`, `/logout` |
//! | Tencent's verification file | [`verify_file`](WechatLogin::verify_file) | none |
//!
//! # What comes back, and what happens
//!
//! A pending login is a sealed cookie of the browser that began it, one for each login, so that tabs do not disturb each
//! other. That check is not a setting.
//!
//! | the callback | what happens |
//! |---|---|
//! | is this browser's, for the first time | the code is exchanged, [`SignedIn`] is handed to the application |
//! | comes again: reload, back button, WeChat's second delivery, with the same code or another | the same [`SignedIn`], marked [`repeated`](SignedIn::repeated); nothing is exchanged |
//! | comes again while the first is still on its way, here or on another replica | it waits for the first one's answer |
//! | is of a login that this browser did not begin: its cookie is lost, the link is another browser's, the state is forged | begun again once, by itself, without its code being sent; whoever is signed in by [`WechatUser`] just goes home |
//! | is of a login that began more than ten minutes ago | begun again once |
//! | the exchange's answer was lost, or its code is spent | begun again once |
//! | any of these three, the second time in a row | [`Declined`]: a page says why |
//! | says that the person refused, or is a snapshot visitor (快照页) | [`Declined`] |
//! | cannot be remembered, because the store does not answer | [`Declined`]; nothing is exchanged |
//!
//! "Once" is counted by a mark in the state, not in a cookie, since a browser without cookies is what it is for.
//!
//! Every answer is `no-store` and `no-referrer`, and a redirect to an address without the code (`/login?declined=…` where
//! nobody is signed in). A code that somebody else obtained for this very login cannot be told from the right one: WeChat
//! has no PKCE.
//!
//! # What it writes to the log
//!
//! With [tracing]: a span for each request (`wechat_login`, `wechat_callback` with the `appid` and its `outcome`:
//! `matched`, `replayed`, `expired`, `nothing_pending`, `no_login`), and in it events at `info` (a login left, a callback
//! came back, nobody is signed in and why) and at `warn` and `error` (what WeChat, the store or the application refused).
//! No field holds a code, a state, a token, a secret, an openid or a URL.
#![forbid(unsafe_code)]

mod answered;
mod callback;
mod cookies;
mod door;
mod login;
mod origin;
mod outcome;
mod pages;
mod pending;
mod respond;
mod return_to;
mod session;
mod site;

pub use login::{DEFAULT_SESSION_LIFETIME, MIN_SESSION_LIFETIME, SetupError, WechatLogin};
pub use origin::OriginError;
pub use outcome::{Declined, DeclinedReason, SignedIn};
pub use return_to::{ReturnTo, ReturnToError};
pub use session::{NotSignedIn, SignOut, WechatUser};
