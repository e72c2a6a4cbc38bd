//! A login client in any language against a WeChat that misbehaves.
//!
//! The client is a program that speaks a few lines of JSON over its standard input and output (a shim around whatever
//! library it is); the kit is the browser, the person and WeChat. Each [`Case`] is one thing that goes wrong, and says
//! what a safe client does then. [`run`] plays the cases and gives a [`Report`].
//!
//! ```
//! use wechat_oauth_conformance::{Options, Program, run};
//!
//! // A client that answers nothing at all is not safe.
//! let program = Program::parse("true")?;
//! let report = run(&program, &Options { only: vec!["plain-login".to_owned()], ..Options::default() })?;
//! assert_eq!(report.totals.unsafe_, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The protocol of the lines, and how to write a shim, is in the guide (`docs/guide/conformance.md`).
#![forbid(unsafe_code)]

mod case;
mod cases;
mod client;
mod judge;
pub mod leak;
mod program;
mod protocol;
mod report;
mod run;
mod stage;

pub use case::{Area, Bilingual, Case};
pub use client::{Broken, Client, Conversation};
pub use program::{Program, ProgramError, end_programs};
pub use report::{AreaName, CaseReport, Reason, Report, Totals, Verdict};
pub use run::{Options, RunError, run};

/// Every case, in the order of the report.
#[must_use]
pub fn cases() -> Vec<Case> {
    cases::all()
}
