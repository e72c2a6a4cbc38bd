//! The command line: which command, and how its usage errors are told.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use crate::commands::authorize_url::{self, AuthorizeUrlArgs};
use crate::commands::callback::{self, CallbackArgs};
use crate::commands::check::{self, CheckArgs};
use crate::commands::conformance::{self, ConformanceArgs};
use crate::commands::demo::{self, DemoArgs};
use crate::commands::emulator::{self, EmulatorArgs};
use crate::commands::exchange::{self, ExchangeArgs};
use crate::commands::explain::{self, ExplainArgs};
use crate::commands::lint::{self, LintArgs};
use crate::commands::profile::{self, ProfileArgs};
use crate::commands::read::{self, ReadArgs};
use crate::commands::refresh::{self, RefreshArgs};
use crate::commands::{end_json, end_text};
use crate::exit::Exit;

/// WeChat web authorization (微信网页授权) on the command line
#[derive(Debug, Parser)]
#[command(name = "wechat-oauth", version, after_help = Exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the URL that the browser is sent to
    #[command(after_help = authorize_url::EXAMPLES)]
    AuthorizeUrl(AuthorizeUrlArgs),
    /// Read the code out of a callback
    #[command(after_help = callback::EXAMPLES)]
    Callback(CallbackArgs),
    /// Read a response body from standard input
    #[command(after_help = read::EXAMPLES)]
    Read(ReadArgs),
    /// Trade a code for a grant: the real call
    #[command(after_help = exchange::EXAMPLES)]
    Exchange(ExchangeArgs),
    /// Get a new access token: the real call
    #[command(after_help = refresh::EXAMPLES)]
    Refresh(RefreshArgs),
    /// Ask whether an access token is valid: the real call
    #[command(after_help = check::EXAMPLES)]
    Check(CheckArgs),
    /// Read a person's profile: the real call
    #[command(after_help = profile::EXAMPLES)]
    Profile(ProfileArgs),
    /// Say what is wrong with an authorize URL
    #[command(after_help = lint::EXAMPLES)]
    Lint(LintArgs),
    /// Say what an errcode or the code on an authorize page means, and what to do
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
    /// Serve a WeChat on this machine: pages and API
    #[command(after_help = emulator::EXAMPLES)]
    Emulator(EmulatorArgs),
    /// Show a whole login: the emulator, and a sample site with a sign-in button
    #[command(after_help = demo::EXAMPLES)]
    Demo(DemoArgs),
    /// Try any login client, in any language, against a WeChat that misbehaves
    #[command(after_help = conformance::EXAMPLES)]
    Conformance(ConformanceArgs),
}

pub(crate) fn main() -> Exit {
    match Cli::try_parse() {
        Ok(cli) => run(&cli.command),
        Err(error) => usage(error),
    }
}

fn run(command: &Command) -> Exit {
    match command {
        Command::AuthorizeUrl(args) => end_text(authorize_url::run(args)),
        Command::Callback(args) => end_json(callback::run(args)),
        Command::Read(args) => end_json(read::run(args)),
        Command::Exchange(args) => end_json(exchange::run(args)),
        Command::Refresh(args) => end_json(refresh::run(args)),
        Command::Check(args) => end_json(check::run(args)),
        Command::Profile(args) => end_json(profile::run(args)),
        Command::Lint(args) => lint::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Emulator(args) => end_text(emulator::run(args)),
        Command::Demo(args) => end_text(demo::run(args)),
        Command::Conformance(args) => conformance::run(args),
    }
}

/// Prints help, version, or what was wrong with the arguments.
fn usage(mut error: clap::Error) -> Exit {
    // What stands in the wrong place may be a code or a secret, so it is not repeated.
    let is_known = !matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand, ContextKind::InvalidValue] {
        let Some(ContextValue::String(text)) = error.get(kind) else { continue };
        let may_be_shown = match kind {
            ContextKind::InvalidValue => text.is_empty(),
            ContextKind::InvalidArg => is_known || (text.starts_with('-') && is_word(text)),
            _ => is_word(text),
        };
        if !may_be_shown {
            error.insert(kind, ContextValue::String("[not shown]".to_owned()));
            // The tip repeats it.
            error.remove(ContextKind::Suggested);
        }
    }
    let asked_for_help = !error.use_stderr();
    // Where nobody reads it, nothing is lost.
    let _nobody_reads = error.print();
    // Where 1 says that a client is not safe, wrong usage must not.
    let wrong = if std::env::args_os().nth(1).is_some_and(|command| command == "conformance") {
        Exit::Refused
    } else {
        Exit::Failed
    };
    if asked_for_help { Exit::Ok } else { wrong }
}

/// Whether it can be a misspelt command or option: no code, secret or token is all lower case letters.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_commands_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
