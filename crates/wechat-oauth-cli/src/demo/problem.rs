//! What can go wrong in a login, told to the person: each has a page of its own at an address without any secret.

use axum::http::StatusCode;
use wechat_oauth::{CallbackReason, Error, explain};

use crate::lang::Lang;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The callback finished no login.
    Callback(CallbackReason),
    /// This browser has begun no login, or finished it before.
    NoLogin,
    /// A visitor of a snapshot page: nobody.
    Snapshot,
    /// WeChat refused with this code.
    Refused(i64),
    /// WeChat's answer could not be read.
    Malformed,
    /// WeChat did not answer.
    NoAnswer,
    /// The site's own fault.
    Configuration,
}

/// What the person reads.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) what: &'static str,
    pub(crate) remedy: &'static str,
}

const REFUSED: &str = "refused_";

impl Problem {
    /// What stopped a sign-in.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::Refused(refusal.errcode()),
            Error::Malformed(_) => Self::Malformed,
            Error::Transport(_) => Self::NoAnswer,
            _ => Self::Configuration,
        }
    }

    /// Its name in the address.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Callback(reason) => reason.as_str().to_owned(),
            Self::NoLogin => "no_login".to_owned(),
            Self::Snapshot => "snapshot".to_owned(),
            Self::Refused(code) => format!("{REFUSED}{code}"),
            Self::Malformed => "malformed".to_owned(),
            Self::NoAnswer => "no_answer".to_owned(),
            Self::Configuration => "configuration".to_owned(),
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some(code) = name.strip_prefix(REFUSED) {
            return code.parse().ok().map(Self::Refused);
        }
        let others =
            [Self::NoLogin, Self::Snapshot, Self::Malformed, Self::NoAnswer, Self::Configuration].into_iter();
        CallbackReason::ALL
            .into_iter()
            .map(Self::Callback)
            .chain(others)
            .find(|problem| problem.name() == name)
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Snapshot => StatusCode::OK,
            Self::Callback(CallbackReason::Denied) => StatusCode::FORBIDDEN,
            Self::Callback(_) | Self::NoLogin => StatusCode::BAD_REQUEST,
            Self::Refused(_) | Self::Malformed | Self::NoAnswer => StatusCode::BAD_GATEWAY,
            Self::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn words(self, lang: Lang) -> Words {
        let words =
            |(title, what): (&str, &'static str), remedy| Words { title: title.to_owned(), what, remedy };
        let again = lang.pick(
            "请在本站重新点击「微信登录」。每次登录都会使用新的 state 和 code，请不要收藏或转发带有它们的链接。",
            "Press the sign-in button of this site again. Every login has a state and a code of its own: do not keep or share a link that carries them.",
        );
        match self {
            Self::Callback(reason) => words(callback(reason, lang), again),
            Self::NoLogin => words(
                lang_pair(
                    lang,
                    (
                        "没有等待中的登录",
                        "这个浏览器没有发起登录，或者这次登录已经结束。链接可能来自别的浏览器，也可能被刷新或重复打开。",
                    ),
                    (
                        "No login is waiting",
                        "This browser has begun no login, or has ended it. The link may come from another browser, or have been opened before.",
                    ),
                ),
                again,
            ),
            Self::Snapshot => words(
                lang_pair(
                    lang,
                    (
                        "你正在浏览快照页",
                        "快照页访客的 openid、昵称和头像都是虚拟的，下次访问还会变化，因此本站没有为你登录。",
                    ),
                    (
                        "You are looking at a snapshot page",
                        "A snapshot visitor's openid, nickname and avatar are made up, and others the next time. So this site did not sign you in.",
                    ),
                ),
                lang.pick(
                    "在微信中点击「使用完整服务」，再重新登录即可。",
                    "Choose the full service in WeChat, and sign in again.",
                ),
            ),
            Self::Refused(code) => match explain(code) {
                Some(explanation) => Words {
                    title: format!(
                        "{} {code} {}",
                        lang.pick("微信返回错误", "WeChat refused:"),
                        explanation.name
                    ),
                    what: lang.pick(explanation.meaning.zh, explanation.meaning.en),
                    remedy: lang.pick(explanation.remedy.zh, explanation.remedy.en),
                },
                None => Words {
                    title: format!("{} {code}", lang.pick("微信返回错误", "WeChat refused:")),
                    what: lang.pick("这个错误码尚未收录。", "This code is not known here."),
                    remedy: again,
                },
            },
            Self::Malformed => words(
                lang_pair(
                    lang,
                    ("看不懂微信的应答", "微信（或中间的网关）返回的内容不是约定的格式。code 可能已被消耗。"),
                    (
                        "WeChat's answer cannot be read",
                        "What WeChat sent, or something in its place, is not what was agreed. The code may be spent.",
                    ),
                ),
                again,
            ),
            Self::NoAnswer => words(
                lang_pair(
                    lang,
                    (
                        "没有收到微信的应答",
                        "请求超时或连接中断。code 可能已被消耗，所以本站不会用它再试一次。",
                    ),
                    (
                        "WeChat did not answer",
                        "The request timed out or the connection broke. The code may be spent, so this site does not try it again.",
                    ),
                ),
                again,
            ),
            Self::Configuration => words(
                lang_pair(
                    lang,
                    ("本站配置有误", "本站没有准备好这次登录所需要的配置，没有向微信发出请求。"),
                    (
                        "This site is set up wrongly",
                        "Something that this login needs is missing here. Nothing was sent to WeChat.",
                    ),
                ),
                lang.pick("请查看本站的日志。", "Look at what this site printed."),
            ),
        }
    }
}

type Pair = (&'static str, &'static str);

const fn lang_pair(lang: Lang, zh: Pair, en: Pair) -> Pair {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn callback(reason: CallbackReason, lang: Lang) -> Pair {
    use CallbackReason::*;
    let (zh, en) = match reason {
        StateMissing => (
            ("回调没有 state", "没有 state 就无法确认登录是由这个浏览器发起的：这可能是别人发来的链接。"),
            (
                "The callback has no state",
                "Without one, nothing says that this browser began the login: it may be somebody else's link.",
            ),
        ),
        StateEmpty => (
            ("回调的 state 为空", "空的 state 不能证明登录是由这个浏览器发起的：这可能是别人发来的链接。"),
            (
                "The callback's state is empty",
                "An empty state does not say that this browser began the login: it may be somebody else's link.",
            ),
        ),
        StateMismatch => (
            (
                "回调的 state 对不上",
                "它不是这个浏览器发出的 state：可能是很久以前的登录、别的浏览器的登录，或是伪造的链接。你正在等待的登录不受影响。",
            ),
            (
                "The callback's state is another one",
                "It is not a state that this browser sent: an old login's, another browser's, or a forged link. A login that you wait for goes on.",
            ),
        ),
        StateRepeated => (
            ("回调带有多个 state", "正常的回调只有一个 state：这个链接被改动过。"),
            (
                "The callback has more than one state",
                "A proper callback has one: somebody has changed this link.",
            ),
        ),
        Denied => (
            ("你没有同意授权", "微信没有向本站提供你的任何信息。想登录时再点一次即可。"),
            ("You did not agree", "WeChat told this site nothing about you. Sign in whenever you like."),
        ),
        CodeEmpty => (
            ("回调的 code 为空", "没有 code 就换不到 access_token。"),
            ("The callback's code is empty", "Without a code there is nothing to exchange."),
        ),
        CodeRepeated => (
            ("回调带有多个 code", "正常的回调只有一个 code：这个链接被改动过。"),
            (
                "The callback has more than one code",
                "A proper callback has one: somebody has changed this link.",
            ),
        ),
        CodeTooLong => (
            ("回调的 code 过长", "微信的 code 没有这么长：这个链接被改动过。"),
            (
                "The callback's code is too long",
                "WeChat's are never so long: somebody has changed this link.",
            ),
        ),
        CodeAlphabet => (
            ("回调的 code 含有非法字符", "微信的 code 只有字母、数字、“_”和“-”：这个链接被改动过。"),
            (
                "The callback's code has a strange character",
                "WeChat's have letters, digits, “_” and “-”: somebody has changed this link.",
            ),
        ),
        BadEncoding => (
            ("回调的编码有误", "链接中的百分号编码不完整：可能在转发时被截断。"),
            (
                "The callback is badly encoded",
                "An escape in the link is broken: it may have been cut on its way.",
            ),
        ),
        QueryTooLong => (
            ("回调过长", "微信的回调远没有这么长：这个链接被改动过。"),
            ("The callback is too long", "WeChat's are far shorter: somebody has changed this link."),
        ),
        AppIdMissing => (
            ("回调没有 appid", "第三方平台的回调必须指明公众号的 appid。"),
            ("The callback has no appid", "A third-party platform's callback has to name the account."),
        ),
        AppIdMismatch => (
            ("回调的 appid 对不上", "它属于另一个公众号的登录。"),
            ("The callback's appid is another one", "It belongs to the login of another account."),
        ),
    };
    lang_pair(lang, zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_found_again_by_its_name_and_has_words_in_both_languages() {
        let others = [
            Problem::NoLogin,
            Problem::Snapshot,
            Problem::Refused(40029),
            Problem::Refused(-1),
            Problem::Refused(7),
            Problem::Malformed,
            Problem::NoAnswer,
            Problem::Configuration,
        ];
        for problem in CallbackReason::ALL.map(Problem::Callback).into_iter().chain(others) {
            assert_eq!(Problem::named(&problem.name()), Some(problem));
            let (zh, en) = (problem.words(Lang::Zh), problem.words(Lang::En));
            for text in [&*zh.title, zh.what, zh.remedy] {
                assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{problem:?}: {text}");
            }
            for text in [&*en.title, en.what, en.remedy] {
                assert!(!text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{problem:?}: {text}");
            }
        }
        assert_eq!(Problem::named("refused_x"), None);
        assert_eq!(Problem::named("<script>"), None);
    }
}
