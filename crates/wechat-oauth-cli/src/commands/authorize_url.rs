//! `authorize-url`: prints the URL that the browser is sent to.

use clap::{Args, ValueEnum};
use wechat_oauth::{LintOptions, QrLang, RedirectUri, Scope, State, fresh_state, lint};

use crate::app_args::{AccountArgs, EndpointArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth authorize-url --appid wx520c15f417810387 \\
      --redirect-uri https://www.example.com/callback --scope snsapi_userinfo
  wechat-oauth authorize-url --appid wx520c15f417810387 \\
      --redirect-uri https://www.example.com/callback --scope snsapi_login --lang en

Keep the state with the browser that gets the URL: the callback has to bring it back.";

#[derive(Debug, Args)]
pub(crate) struct AuthorizeUrlArgs {
    #[command(flatten)]
    account: AccountArgs,

    /// Where WeChat sends the browser back to, not encoded
    #[arg(long, value_name = "URL")]
    redirect_uri: String,

    /// snsapi_base, snsapi_userinfo (official account, component) or snsapi_login (website app)
    #[arg(long)]
    scope: String,

    /// 1 to 128 of A-Za-z0-9 [default: a fresh one from the system's entropy]
    #[arg(long)]
    state: Option<String>,

    /// The language of the QR page
    #[arg(long)]
    lang: Option<Lang>,

    /// Show the consent page even to somebody who consented lately (forcePopup)
    #[arg(long)]
    force_popup: bool,

    /// Show the snapshot page (forceSnapShot)
    #[arg(long)]
    force_snapshot: bool,

    /// Add connect_redirect=1, reported to stop WeChat from calling back twice
    #[arg(long)]
    connect_redirect: bool,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    /// Chinese
    Cn,
    /// English
    En,
}

pub(crate) fn run(args: &AuthorizeUrlArgs) -> Result<Exit, Failure> {
    let scope: Scope = args.scope.parse()?;
    let redirect_uri = RedirectUri::parse(&args.redirect_uri)?;
    let app = args.endpoint.app(args.account.account(Some(scope))?)?;
    let mut login = app.login(scope, &redirect_uri).connect_redirect(args.connect_redirect);
    if args.force_popup {
        login = login.force_popup(true);
    }
    if args.force_snapshot {
        login = login.force_snapshot(true);
    }
    if let Some(lang) = args.lang {
        login = login.lang(match lang {
            Lang::Cn => QrLang::Chinese,
            Lang::En => QrLang::English,
        });
    }
    let login = login.build()?;
    let state = match &args.state {
        Some(state) => State::new(state)?,
        None => fresh_state().map_err(|error| Failure::configuration("entropy", error.to_string()))?,
    };
    let url = login.authorize_url(&state);
    for finding in lint(url.as_str(), &LintOptions::default()) {
        output::tell(format_args!("warning: {} {}", finding.message, finding.fix));
    }
    Ok(output::ended(output::print(url.as_str()), Exit::Ok))
}
