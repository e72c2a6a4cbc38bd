//! `exchange`: the code for a grant.

use std::path::PathBuf;

use clap::Args;
use wechat_oauth::{Code, GrantReport, Scope};

use crate::app_args::AccountArgs;
use crate::calls::CallArgs;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::{credentials, input};

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth exchange --appid wx520c15f417810387 --secret-file secret.txt < code.txt
  wechat-oauth callback --state 4fd1c2 \"$CALLBACK\" \\
      | wechat-oauth exchange --appid wx520c15f417810387 --scope snsapi_userinfo \\
      | wechat-oauth profile --appid wx520c15f417810387
  wechat-oauth exchange --appid wx520c15f417810387 --code 081xyz --dry-run

The app secret comes from WECHAT_APP_SECRET or --secret-file; a component's token from \
WECHAT_COMPONENT_ACCESS_TOKEN. The grant is printed with its tokens in the open. A code is spent by the call: \
do not repeat one whose answer was lost.";

#[derive(Debug, Args)]
pub(crate) struct ExchangeArgs {
    #[command(flatten)]
    account: AccountArgs,

    /// The code [default: from standard input, bare or as callback prints it]
    #[arg(long, allow_hyphen_values = true)]
    code: Option<String>,

    /// The scope that was asked for, in case the answer leaves it out
    #[arg(long)]
    scope: Option<String>,

    /// A file that holds the app secret
    #[arg(long, value_name = "FILE", conflicts_with = "component_appid")]
    secret_file: Option<PathBuf>,

    #[command(flatten)]
    call: CallArgs,
}

pub(crate) fn run(args: &ExchangeArgs) -> Result<Answer, Failure> {
    let scope: Option<Scope> = args.scope.as_deref().map(str::parse).transpose()?;
    let account = args.account.account(scope)?;
    let is_component = account.component_appid().is_some();
    let mut app = args.call.endpoint.app(account)?;
    if is_component {
        if let Some(token) = credentials::component_token()? {
            app = app.with_component_token(token);
        }
    } else if let Some(secret) = credentials::app_secret(args.secret_file.as_deref())? {
        app = app.with_secret(secret);
    }
    let mut code = match &args.code {
        Some(code) => Code::received_without_state(code)?,
        None => input::code()?,
    };
    if let Some(scope) = scope {
        code = code.asked_for(scope);
    }
    let call = app.exchange(code)?;
    args.call.make(&app, call, |exchanged| Answer::ok(&GrantReport::expose(exchanged)))
}
