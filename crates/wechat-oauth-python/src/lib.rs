//! The native half of the Python package `wechat_oauth`: the core's types, as Python's.
//!
//! | module | what it gives |
//! |---|---|
//! | `app`, `login`, `pending` | from an application to a code |
//! | `call`, `flow`, `outcome`, `grant`, `profile` | from a code to somebody |
//! | `failure` | what the exceptions hold, which Python defines |
//! | `tools` | what needs no application |
//! | `client` | what the clients, which are written in Python, leave to Rust |
//! | `entry`, `arguments` | the door: panics caught, Python's values taken |
//!
//! Nothing is decided in here. Every object is frozen; what is used up lies behind a mutex, so that any thread may use it.
#![forbid(unsafe_code)]

mod app;
mod arguments;
mod call;
mod client;
mod entry;
mod failure;
mod flow;
mod grant;
mod json;
mod login;
mod names;
mod outcome;
#[cfg(feature = "panic-for-tests")]
mod panic_for_tests;
mod pending;
mod profile;
mod task;
mod tools;

/// The native half of `wechat_oauth`. Import that.
#[pyo3::pymodule(name = "_native", gil_used = false)]
mod native {
    #[pymodule_export]
    use crate::app::App;
    #[pymodule_export]
    use crate::call::Call;
    #[pymodule_export]
    use crate::client::{api_of, refuse};
    #[pymodule_export]
    use crate::failure::Fault;
    #[pymodule_export]
    use crate::flow::{Done, Flow, Send, Wait};
    #[pymodule_export]
    use crate::grant::Grant;
    #[pymodule_export]
    use crate::login::Login;
    #[pymodule_export]
    use crate::outcome::{Person, Snapshot, Validity};
    #[cfg(feature = "panic-for-tests")]
    #[pymodule_export]
    use crate::panic_for_tests::panic_next;
    #[pymodule_export]
    use crate::pending::{Code, Pending, unverified_state};
    #[pymodule_export]
    use crate::profile::Profile;
    #[pymodule_export]
    use crate::tools::{browser_kind, explain, lint, read};

    #[pymodule_export]
    const MAX_BODY: usize = wechat_oauth_core::MAX_BODY;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
