//! Our own clients in Rust, as the conformance kit drives them: `client memory|ureq|reqwest|axum`.
//!
//! `memory` is the core over a few lines of plain HTTP, `ureq` and `reqwest` are the clients of the facade, and `axum` is a
//! whole site with its cookies, called in this process. Each is used as its documentation shows, and nothing is checked
//! or mended here on behalf of it.
#![forbid(unsafe_code)]

mod axum_site;
mod lines;
mod memory;
mod site;

use std::io;
use std::process::ExitCode;

use axum_site::AxumSite;
use lines::serve;
use memory::Memory;
use site::{Reqwest, Site};
use wechat_oauth::ureq;

fn main() -> ExitCode {
    log_to_standard_error();
    let ended = match std::env::args().nth(1).as_deref() {
        Some("memory") => serve::<Site<Memory>>(),
        Some("ureq") => serve::<Site<ureq::Client>>(),
        Some("reqwest") => serve::<Site<Reqwest>>(),
        Some("axum") => serve::<AxumSite>(),
        _ => Err(io::Error::other("which client? client memory|ureq|reqwest|axum")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What every library of the process says, as a site that looks for a fault logs it. One level further, HTTP libraries
/// write down what they send, and the address of a request is the secret: no site may log that.
fn log_to_standard_error() {
    struct StandardError;
    impl log::Log for StandardError {
        fn enabled(&self, record: &log::Metadata<'_>) -> bool {
            record.level() <= log::Level::Debug
        }
        fn log(&self, record: &log::Record<'_>) {
            if self.enabled(record.metadata()) {
                eprintln!("{} {}: {}", record.level(), record.target(), record.args());
            }
        }
        fn flush(&self) {}
    }
    // It fails when there is a logger already, and there is none.
    let _ = log::set_logger(&StandardError);
    log::set_max_level(log::LevelFilter::Debug);
}
