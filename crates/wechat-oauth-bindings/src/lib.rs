//! What the bindings for other languages share, so that no binding writes it again, and none differs from another:
//!
//! | module | what it gives |
//! |---|---|
//! | [`options`] | an application and a login out of flat options |
//! | [`task`] | [`Task`]: a sign-in, a renewal or a single call, driven in one way |
//! | [`failure`] | [`Failure`]: what a function of a binding can fail with, the wrong use of it included |
//! | [`documents`] | everything as JSON, in the form that the command line prints |
//!
//! Nothing about WeChat is decided in here, but only translated: the core decides.
#![forbid(unsafe_code)]

pub mod documents;
pub mod failure;
pub mod options;
pub mod task;
#[cfg(test)]
mod testing;

pub use documents::Document;
pub use failure::{Failure, Misuse};
pub use options::{AppOptions, Begun, LoginOptions};
pub use task::{Outcome, Task};
