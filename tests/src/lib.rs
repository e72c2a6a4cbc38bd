//! One suite of cases for every transport: what the other side may do, and what has to come out.
//!
//! A transport is a [`Transport`]; [`cases`] lists the cases; [`run`](case::Case::run) plays one of them. The other side
//! is a [`Server`] whose behaviour is known to the byte, always on loopback. [`flows`] lists whole logins at the
//! emulator. Clients in other languages play the same two lists over [`lines`].
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

pub mod bodies;
pub mod case;
pub mod certificate;
pub mod flow;
pub mod leak;
pub mod lines;
pub mod memory;
pub mod player;
pub mod server;
pub mod transport;

pub use case::{Case, cases};
pub use flow::{FlowCase, flows};
pub use player::{Over, Player};
pub use server::{Behaviour, Server};
pub use transport::{Memory, Reqwest, Setup, Transport, Ureq};

use wechat_oauth::{App, AppSecret, Code, Endpoints, Scope};

/// The secret of the app that the cases use. Its characters change when they are percent-encoded.
pub const SECRET: &str = "canary+secret/8f2c=41d97e";
/// The appid of the app that the cases use.
pub const APPID: &str = "wx0123456789abcdef";
/// The code of the cases.
pub const CODE: &str = "canary-code-051xQ7Z0w3GGGa";
/// The access token in every answer that grants.
pub const ACCESS_TOKEN: &str = "canary+access/76_Lw9aKx2Pq";
/// The refresh token in every answer that grants.
pub const REFRESH_TOKEN: &str = "canary+refresh/76_Zt4bNy8Rm";

/// An official account at a server of the suite.
#[must_use]
pub fn app(endpoints: Endpoints) -> App {
    App::official_account(APPID.parse().unwrap(), AppSecret::new(SECRET).unwrap()).at(endpoints)
}

/// The code that the cases exchange.
#[must_use]
pub fn code() -> Code {
    Code::received_without_state(CODE).unwrap().asked_for(Scope::Base)
}

/// The body of an exchange that succeeded.
#[must_use]
pub fn grant_body() -> String {
    format!(
        r#"{{"access_token":"{ACCESS_TOKEN}","expires_in":7200,"refresh_token":"{REFRESH_TOKEN}","openid":"o1","scope":"snsapi_base"}}"#
    )
}
