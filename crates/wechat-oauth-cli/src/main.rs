//! The `wechat-oauth` command: builds, reads, lints and explains WeChat logins, makes their calls, and shows the whole
//! of one on this machine.
#![forbid(unsafe_code)]
#![allow(clippy::doc_markdown, reason = "the doc comments of arguments are printed as help, as they stand")]

mod app_args;
mod calls;
mod cli;
mod commands;
mod credentials;
mod demo;
mod exit;
mod failure;
mod input;
mod lang;
mod output;
mod stop;

fn main() -> std::process::ExitCode {
    cli::main().into()
}
