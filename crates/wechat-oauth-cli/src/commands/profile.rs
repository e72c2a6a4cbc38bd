//! `profile`: nickname, avatar and the rest.

use clap::{Args, ValueEnum};
use wechat_oauth::{ProfileLang, ProfileReport};

use crate::app_args::AccountArgs;
use crate::calls::CallArgs;
use crate::commands::Answer;
use crate::failure::Failure;
use crate::input;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth exchange --appid wx520c15f417810387 < code.txt \\
      | wechat-oauth profile --appid wx520c15f417810387
  wechat-oauth profile --appid wx520c15f417810387 --lang en < grant.json | jq -r .nickname

Reads on standard input what exchange printed. The texts are the person's own, exactly: whoever shows them escapes \
them.";

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    account: AccountArgs,

    /// The language of place names
    #[arg(long, default_value = "zh_CN")]
    lang: Lang,

    #[command(flatten)]
    call: CallArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    /// Simplified Chinese
    #[value(name = "zh_CN")]
    SimplifiedChinese,
    /// Traditional Chinese
    #[value(name = "zh_TW")]
    TraditionalChinese,
    /// English
    #[value(name = "en")]
    English,
}

pub(crate) fn run(args: &ProfileArgs) -> Result<Answer, Failure> {
    let app = args.call.endpoint.app(args.account.account(None)?)?;
    let lang = match args.lang {
        Lang::SimplifiedChinese => ProfileLang::SimplifiedChinese,
        Lang::TraditionalChinese => ProfileLang::TraditionalChinese,
        Lang::English => ProfileLang::English,
    };
    let grant = input::grant(app.account().appid().clone())?;
    let call = app.profile(&grant, lang)?;
    args.call.make(&app, call, |profile| Answer::ok(&ProfileReport::from(profile)))
}
