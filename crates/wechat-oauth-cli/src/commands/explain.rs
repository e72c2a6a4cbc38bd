//! `explain`: what a code means and what to do.

use std::env;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use wechat_oauth::{Advice, Bilingual, Explanation, Operation, Place, explain};

use crate::exit::Exit;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// Chinese
    Zh,
    /// English
    En,
}

pub(crate) fn run(args: &ExplainArgs) -> Exit {
    let lang = args.lang.unwrap_or_else(|| locale(|name| env::var(name).ok()));
    if let Some(explanation) = explain(args.code) {
        output::ended(output::print(page(explanation, lang)), Exit::Ok)
    } else {
        let code = args.code;
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

/// The first variable that is set decides, as it does for other programs.
fn locale(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    match ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set) {
        Some(locale) if locale.starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

fn page(explanation: &Explanation, lang: Lang) -> String {
    let say = |text: Bilingual| match lang {
        Lang::Zh => text.zh,
        Lang::En => text.en,
    };
    let place = match explanation.place {
        Place::Api => Bilingual { zh: "接口返回的 errcode", en: "in an API's answer, as errcode" },
        Place::Page => Bilingual {
            zh: "授权页上的错误码，不会跳转到回调地址",
            en: "on the authorize page; it never reaches the callback",
        },
    };
    let (seen, meaning, remedy, advice) = match lang {
        Lang::Zh => ("出现位置", "含义", "处理办法", "程序处理"),
        Lang::En => ("Seen", "Meaning", "Remedy", "Advice"),
    };
    let colon = if lang == Lang::Zh { "：" } else { ": " };
    let mut text = format!("{} {}\n", explanation.code, explanation.name);
    for (label, words) in
        [(seen, say(place)), (meaning, say(explanation.meaning)), (remedy, say(explanation.remedy))]
    {
        let _infallible = write!(text, "\n{label}{colon}{words}\n");
    }
    // 0 is success: there is nothing to do about it.
    if explanation.place == Place::Api && explanation.code != 0 {
        let _infallible = write!(text, "\n{advice}{colon}{}\n", advices(explanation.code));
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
    fn the_first_locale_variable_that_is_set_decides() {
        let lang = |set: &[(&str, &str)]| {
            locale(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(lang(&[]), Lang::En);
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(lang(&[("LANG", "de_DE"), ("LC_MESSAGES", "zh_TW"), ("LC_ALL", "")]), Lang::Zh);
    }

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
