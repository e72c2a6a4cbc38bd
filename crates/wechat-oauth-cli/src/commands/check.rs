//! `check`: whether an access token is valid.

use clap::Args;
use wechat_oauth::CheckReport;

use crate::app_args::AccountArgs;
use crate::calls::CallArgs;
use crate::commands::Answer;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth check --appid wx520c15f417810387 < grant.json && echo still valid

Reads on standard input what exchange printed. Prints {\"valid\":true}, or {\"valid\":false,…} and exits with 2.";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    account: AccountArgs,

    #[command(flatten)]
    call: CallArgs,
}

pub(crate) fn run(args: &CheckArgs) -> Result<Answer, Failure> {
    let app = args.call.endpoint.app(args.account.account(None)?)?;
    let grant = input::grant(app.account().appid().clone())?;
    let call = app.check(&grant)?;
    args.call.make(&app, call, |validity| {
        let exit = if validity.is_valid() { Exit::Ok } else { Exit::Refused };
        Answer::new(&CheckReport::from(validity), exit)
    })
}
