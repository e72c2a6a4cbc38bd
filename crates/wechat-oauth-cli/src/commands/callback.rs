//! `callback`: the code out of what the browser brought back.

use clap::Args;
use wechat_oauth::{AppId, ExpectedCallback, State, read_callback_report};

use crate::commands::Answer;
use crate::failure::Failure;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth callback --state 4fd1c2 'https://www.example.com/callback?code=081xyz&state=4fd1c2'
  wechat-oauth callback --state 4fd1c2 --component-appid wxc0ffee0123456789 \\
      --appid wx520c15f417810387 'code=081xyz&state=4fd1c2&appid=wx520c15f417810387'

Prints {\"code\":…}, or {\"error\":{\"kind\":\"callback\",\"reason\":…}} and exits with 2.";

#[derive(Debug, Args)]
pub(crate) struct CallbackArgs {
    /// The state that the login was begun with
    #[arg(long, value_name = "EXPECTED")]
    state: String,

    /// The third-party platform's appid: its callbacks name the account in appid
    #[arg(long, value_name = "APPID", requires = "appid")]
    component_appid: Option<String>,

    /// The account that the component's login is for
    #[arg(long, value_name = "APPID", requires = "component_appid")]
    appid: Option<String>,

    /// The callback's URL, path with query, or query
    #[arg(value_name = "URL-OR-QUERY")]
    callback: String,
}

pub(crate) fn run(args: &CallbackArgs) -> Result<Answer, Failure> {
    args.component_appid.as_deref().map(AppId::new).transpose()?;
    let expected = ExpectedCallback {
        state: State::new(&args.state)?,
        authorizer: args.appid.as_deref().map(AppId::new).transpose()?,
    };
    Answer::ok(&read_callback_report(&args.callback, &expected)?)
}
