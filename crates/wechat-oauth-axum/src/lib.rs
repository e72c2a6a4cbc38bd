//! Sign people in with WeChat (微信网页授权) on an [axum] site.
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

pub use login::{DEFAULT_SESSION_LIFETIME, SetupError, WechatLogin};
pub use origin::OriginError;
pub use outcome::{Declined, DeclinedReason, SignedIn};
pub use return_to::{ReturnTo, ReturnToError};
pub use session::{NotSignedIn, SignOut, WechatUser};
