//! `read`: a response body into its document.

use clap::{Args, ValueEnum};
use wechat_oauth::{Expected, MAX_BODY, OpenId, Operation, Report, Response, UnixTime, read_report};

use crate::commands::Answer;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;

pub(crate) const EXAMPLES: &str = "\
Examples:
  curl -s \"$URL\" | wechat-oauth read exchange --scope snsapi_userinfo
  wechat-oauth read profile --openid oLVPpjqs9BhvzwPj5A-vTYAX3GLc < userinfo.json
  echo '{\"errcode\":40029,\"errmsg\":\"invalid code\"}' | wechat-oauth read exchange

The tokens of an exchange or refresh are printed in the open.";

#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Which call the body answers
    operation: Answered,

    /// The call was a third-party platform's (the advice about its token differs)
    #[arg(long)]
    component: bool,

    /// The HTTP status that came with the body
    #[arg(long, default_value_t = 200)]
    status: u16,

    /// The person that the answer has to be about
    #[arg(long)]
    openid: Option<String>,

    /// The scope that was asked for, in case the answer leaves it out
    #[arg(long)]
    scope: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Answered {
    /// The code for a grant
    Exchange,
    /// A new access token
    Refresh,
    /// Whether an access token is valid
    Check,
    /// Nickname, avatar and the rest
    Profile,
}

pub(crate) fn run(args: &ReadArgs) -> Result<Answer, Failure> {
    let operation = match (args.operation, args.component) {
        (Answered::Exchange, false) => Operation::Exchange,
        (Answered::Exchange, true) => Operation::ComponentExchange,
        (Answered::Refresh, false) => Operation::Refresh,
        (Answered::Refresh, true) => Operation::ComponentRefresh,
        (Answered::Check, _) => Operation::Check,
        (Answered::Profile, _) => Operation::Profile,
    };
    let expected = Expected {
        openid: args.openid.as_deref().map(OpenId::new).transpose()?,
        scope: args.scope.as_deref().map(str::parse).transpose()?,
    };
    let body = input::stdin(MAX_BODY)?;
    // No document tells a time, so any will do.
    let response = Response::new(args.status, &body, UnixTime::from_secs(0));
    let report = read_report(operation, &response, &expected)?;
    let exit = match &report {
        Report::Check(check) if !check.is_valid() => Exit::Refused,
        _ => Exit::Ok,
    };
    Answer::new(&report, exit)
}
