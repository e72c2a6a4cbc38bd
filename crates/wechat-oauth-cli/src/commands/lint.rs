//! `lint`: what is wrong with an authorize URL.

use std::fmt::Write as _;

use clap::Args;
use wechat_oauth::{Finding, LintOptions, LintReport, lint};

use crate::exit::Exit;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth lint --text --domain www.example.com \"$URL\"
  wechat-oauth lint \"$URL\" | jq '.findings[] | select(.severity == \"error\")'

Give the domain exactly as it stands in the console (网页授权域名, 授权回调域), to learn why a page says 10003.";

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The authorize URL: quote it for the shell
    url: String,

    /// The domain set in WeChat's console
    #[arg(long)]
    domain: Option<String>,

    /// Print text for people instead of JSON
    #[arg(long)]
    text: bool,
}

pub(crate) fn run(args: &LintArgs) -> Exit {
    let mut options = LintOptions::default();
    if let Some(domain) = &args.domain {
        options = options.domain(domain);
    }
    let findings = lint(&args.url, &options);
    let exit = if findings.is_empty() { Exit::Ok } else { Exit::Refused };
    let printed = if args.text {
        output::print(for_people(&findings))
    } else {
        output::print_json(&LintReport { findings })
    };
    output::ended(printed, exit)
}

fn for_people(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "no findings".to_owned();
    }
    let mut text = String::new();
    for finding in findings {
        let _infallible = write!(text, "{} {}", finding.severity, finding.code);
        if let Some(page) = finding.page {
            let _infallible = write!(text, " (page {page})");
        }
        let _infallible = write!(text, ": {}\n  fix: {}\n", finding.message, finding.fix);
    }
    text.truncate(text.trim_end().len());
    text
}
