//! What stands in texts: names that real people have, and what nobody should print as it is.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::Encodings;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, MING, MINGS_NICKNAME, Outcome, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Encodings,
        "nickname-exact",
        "a nickname with quotes, slashes, emoji and Chinese comes out changed, since the answer names no charset",
        "应答没有声明字符集，含引号、斜杠、表情和中文的昵称变成乱码",
        |stage| {
            let outcome = stage.login("a", MING)?;
            match &outcome {
                Outcome::SignedIn(found)
                    if found.nickname.as_deref().is_some_and(|name| name != MINGS_NICKNAME) =>
                {
                    Err(Stop::unsafe_("changes a nickname", "昵称变成了乱码"))
                }
                _ => check::signed_in(stage, outcome, MING),
            }
        },
    ),
    case(
        Encodings,
        "nickname-with-control-bytes",
        "raw control bytes in a nickname, which WeChat sends, lock the person out",
        "昵称含未转义的控制字节（微信确实会返回），用户无法登录",
        |stage| welcome(stage, Misbehaviour::ControlBytes, Profile),
    ),
    case(
        Encodings,
        "nickname-of-broken-utf-8",
        "bytes in a nickname that are not UTF-8, which WeChat sends, lock the person out",
        "昵称含非法 UTF-8 字节（微信确实会返回），用户无法登录",
        |stage| welcome(stage, Misbehaviour::BadUtf8, Profile),
    ),
    case(
        Encodings,
        "nickname-with-half-an-emoji",
        "half of a surrogate pair in a nickname locks the person out",
        "昵称含半个代理对（被截断的表情），用户无法登录",
        |stage| welcome(stage, Misbehaviour::NicknameHalfSurrogate, Profile),
    ),
    case(
        Encodings,
        "scope-ends-in-a-comma",
        "the comma at the end of a scope, WeChat's own habit, locks people out",
        "scope 以逗号结尾（微信的习惯），用户无法登录",
        |stage| welcome(stage, Misbehaviour::TrailingComma, Exchange),
    ),
    case(
        Encodings,
        "scope-missing",
        "a grant without a scope, as in WeChat's own documentation, locks people out",
        "授权结果没有 scope（与微信文档示例一致），用户无法登录",
        |stage| welcome(stage, Misbehaviour::NoScope, Exchange),
    ),
    case(
        Encodings,
        "nickname-forges-the-log",
        "a nickname that breaks the line and turns the reading direction forges entries of the log",
        "昵称含换行和双向控制符，可以伪造日志",
        |stage| {
            stage.misbehave(Misbehaviour::NicknameHostile, Profile, ALWAYS);
            let outcome = stage.login("a", MING)?;
            check::nobody_else(stage, outcome, MING)?;
            let shown = stage.show()?;
            harmless(&shown, "prints a nickname as it is, which forges its log", "昵称原样打印，可以伪造日志")
        },
    ),
    case(
        Encodings,
        "errmsg-forges-the-log",
        "an errmsg that breaks the line and colours the terminal forges entries of the log",
        "errmsg 含换行和终端控制符，可以伪造日志",
        |stage| {
            stage.misbehave(Misbehaviour::ErrmsgHostile, Exchange, ALWAYS);
            match stage.login("a", MING)? {
                Outcome::Refused(text) => {
                    harmless(
                        &text,
                        "prints an errmsg as it is, which forges its log",
                        "errmsg 原样打印，可以伪造日志",
                    )?;
                    check::still_works(stage)
                }
                other => check::nobody(
                    &other,
                    "signs somebody in although there is no grant",
                    "没有得到授权结果，仍然登录成功",
                ),
            }
        },
    ),
];

fn welcome(stage: &mut Stage, misbehaviour: Misbehaviour, endpoint: Endpoint) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, endpoint, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::signed_in(stage, outcome, MING)
}

/// Nothing in a text that a person or a program reads begins a line that was not said, or hides what was.
fn harmless(text: &str, en: &str, zh: &str) -> Result<(), Stop> {
    let forged = text.lines().any(|line| line.trim_start().starts_with("INFO signed in as admin"));
    let hidden = text.contains(['\u{1b}', '\u{202e}', '\0']);
    if forged || hidden { Err(Stop::unsafe_(en, zh)) } else { Ok(()) }
}
