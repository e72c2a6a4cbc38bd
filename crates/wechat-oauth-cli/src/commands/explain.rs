//! `explain`: what a code means and what to do.

use std::fmt::Write as _;

use clap::Args;
use wechat_oauth::{Advice, Bilingual, Explanation, Operation, Place, explain};

use crate::exit::Exit;
use crate::lang::Lang;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  wechat-oauth explain 40029
  wechat-oauth explain 10003 --lang zh
  wechat-oauth explain -1";

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// An errcode of the API, or the number on an authorize page's error
    #[arg(allow_negative_numbers = true)]
    code: i64,

    /// The language [default: Chinese if LC_ALL, LC_MESSAGES or LANG say so, else English]
    #[arg(long)]
    lang: Option<Lang>,
}

pub(crate) fn run(args: &ExplainArgs) -> Exit {
    let lang = args.lang.unwrap_or_else(Lang::from_environment);
    let code = args.code;
    if let Some(explanation) = explain(code) {
        output::ended(output::print(page(explanation, lang)), Exit::Ok)
    } else {
        output::tell(match lang {
            Lang::Zh => format!("{code} 不是微信网页授权的错误码，或尚未收录。请核对数字。"),
            Lang::En => {
                format!(
                    "{code} is no code of WeChat's web authorization that is known here. Check the number."
                )
            }
        });
        Exit::Refused
    }
}

fn page(explanation: &Explanation, lang: Lang) -> String {
    let say = |text: Bilingual| lang.pick(text.zh, text.en);
    let place = match explanation.place {
        Place::Api => lang.pick("接口返回的 errcode", "in an API's answer, as errcode"),
        Place::Page => lang.pick(
            "授权页上的错误码，不会跳转到回调地址",
            "on the authorize page; it never reaches the callback",
        ),
    };
    let mut text = format!("{} {}\n", explanation.code, explanation.name);
    for (zh, en, words) in [
        ("出现位置：", "Seen: ", place),
        ("含义：", "Meaning: ", say(explanation.meaning)),
        ("处理办法：", "Remedy: ", say(explanation.remedy)),
    ] {
        let _infallible = write!(text, "\n{}{words}\n", lang.pick(zh, en));
    }
    // 0 is success: there is nothing to do about it.
    if explanation.place == Place::Api && explanation.code != 0 {
        let label = lang.pick("程序处理：", "Advice: ");
        let _infallible = write!(text, "\n{label}{}\n", advices(explanation.code));
    }
    text.truncate(text.trim_end().len());
    text
}

/// The advice; where it depends on the refused call, each with its calls.
fn advices(code: i64) -> String {
    let given = |operation| Advice::for_refusal(code, operation);
    let mut groups: Vec<(Advice, Vec<String>)> = Vec::new();
    for operation in Operation::ALL {
        match groups.iter_mut().find(|(advice, _)| *advice == given(operation)) {
            Some((_, operations)) => operations.push(operation.to_string()),
            None => groups.push((given(operation), vec![operation.to_string()])),
        }
    }
    match groups.as_slice() {
        [(advice, _)] => advice.to_string(),
        several => several
            .iter()
            .map(|(advice, operations)| format!("{advice} ({})", operations.join(", ")))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_one_word_where_the_call_does_not_matter() {
        assert_eq!(advices(40029), "restart_authorization");
        assert_eq!(
            advices(40001),
            "fix_configuration (exchange); restart_authorization (refresh); refresh (check, profile); \
             renew_component_token (component exchange, component refresh)"
        );
    }
}
