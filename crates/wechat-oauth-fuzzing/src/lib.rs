//! What must hold for any input at all. Each function takes bytes, makes something of them, and panics when a promise of
//! the core, or of the C ABI, is broken.
//!
//! The targets under `fuzz/` hand them the fuzzer's inputs; the tests of this package replay the inputs kept under
//! `fuzz/corpus`, with every truncation and many changes of one byte, on any toolchain.
#![allow(clippy::expect_used, clippy::panic)] // a panic is how a broken promise is told

mod answer;
mod c_abi;
mod callback;
mod given;
mod lint;
mod redirect_uri;
mod scopes;

pub use answer::{CODE_CANARY, TOKEN_CANARY, answer};
pub use c_abi::c_abi;
pub use callback::callback;
pub use lint::{STATE_CANARY, lint};
pub use redirect_uri::redirect_uri;
pub use scopes::scopes;
