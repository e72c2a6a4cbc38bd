//! What must hold for any input at all. Each function takes bytes, makes something of them, and panics when a promise of
//! the core, of the C ABI, of the site or of the emulator is broken.
//!
//! The targets under `fuzz/` hand them the fuzzer's inputs; the tests of this package replay the inputs kept under
//! `fuzz/corpus`, with every truncation and many changes of one byte, on any toolchain.
#![allow(clippy::expect_used, clippy::panic)] // a panic is how a broken promise is told

mod answer;
mod authorize_url;
mod c_abi;
mod callback;
mod cookie;
mod given;
mod lint;
mod redirect_uri;
mod refusal;
mod request;
mod return_to;
mod scopes;
mod sealed;
mod stored;

pub use answer::{CODE_CANARY, TOKEN_CANARY, check, exchange, profile};
pub use authorize_url::authorize_url;
pub use c_abi::c_abi;
pub use callback::callback;
pub use cookie::cookie;
pub use lint::{STATE_CANARY, lint};
pub use redirect_uri::redirect_uri;
pub use refusal::refusal;
pub use request::request;
pub use return_to::return_to;
pub use scopes::scopes;
pub use sealed::sealed;
pub use stored::stored;
