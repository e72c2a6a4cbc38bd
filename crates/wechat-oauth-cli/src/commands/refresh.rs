//! `refresh`: a new access token for a grant.

use clap::Args;
use wechat_oauth::GrantReport;

use crate::app_args::AccountArgs;
use crate::calls::CallArgs;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::{credentials, input};

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth refresh --appid wx520c15f417810387 < grant.json > refreshed.json
  wechat-oauth refresh --appid wx520c15f417810387 --dry-run < grant.json

Reads on standard input what exchange printed. No secret is needed, but a component's token is \
(WECHAT_COMPONENT_ACCESS_TOKEN). The grant is printed with its tokens in the open: keep it in place of the old one.";

#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    #[command(flatten)]
    account: AccountArgs,

    #[command(flatten)]
    call: CallArgs,
}

pub(crate) fn run(args: &RefreshArgs) -> Result<Answer, Failure> {
    let account = args.account.account(None)?;
    let is_component = account.component_appid().is_some();
    let mut app = args.call.endpoint.app(account)?;
    if is_component && let Some(token) = credentials::component_token()? {
        app = app.with_component_token(token);
    }
    let grant = input::grant(app.account().appid().clone())?;
    let call = app.refresh(&grant)?;
    args.call.make(&app, call, |grant| Answer::ok(&GrantReport::expose_grant(grant)))
}
