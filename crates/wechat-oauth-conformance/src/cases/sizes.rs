//! Answers that are too much.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile};
use wechat_oauth_emulator::Misbehaviour;

use super::check;
use crate::case::Area::Sizes;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, MING, Outcome, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Sizes,
        "exchange-of-64-mib",
        "a grant after 64 MiB of spaces is read to its end, and many of them at once exhaust the memory",
        "正文前有 64 MiB 空格仍全部读完，多个这样的应答即可耗尽内存",
        |stage| too_much(stage, Misbehaviour::Huge),
    ),
    case(
        Sizes,
        "profile-of-64-mib",
        "a profile after 64 MiB of spaces is read to its end",
        "用户信息前有 64 MiB 空格仍全部读完",
        |stage| {
            // So that its deadline does not spare a client on a slow machine what its size would not.
            stage.without_hurry();
            stage.misbehave(Misbehaviour::Huge, Profile, ALWAYS);
            let outcome = stage.login("a", MING)?;
            if let Outcome::SignedIn(found) = &outcome
                && found.nickname.is_some()
            {
                return Err(Stop::unsafe_("reads an answer of 64 MiB", "读完了 64 MiB 的应答"));
            }
            check::nobody_else(stage, outcome, MING)?;
            check::still_works(stage)
        },
    ),
    case(
        Sizes,
        "gzip-bomb",
        "a packed answer that nobody asked for unpacks to a thousand times its size",
        "未经请求的 gzip 应答，解压后膨胀上千倍",
        |stage| too_much(stage, Misbehaviour::GzipBomb),
    ),
    case(
        Sizes,
        "json-60000-deep",
        "JSON nested 60,000 deep exhausts the stack and ends the process",
        "嵌套 60000 层的 JSON 耗尽栈空间，进程崩溃",
        |stage| too_much(stage, Misbehaviour::DeepJson),
    ),
    case(
        Sizes,
        "json-of-10000-members",
        "a grant with 10,000 unknown members stops the site, or loses the person",
        "授权结果带一万个未知字段，程序停顿或认错人",
        |stage| {
            stage.misbehave(Misbehaviour::WideJson, Exchange, ALWAYS);
            let outcome = stage.login("a", MING)?;
            check::nobody_else(stage, outcome, MING)?;
            check::still_works(stage)
        },
    ),
    case(
        Sizes,
        "errmsg-of-32-kib",
        "an errmsg of 32 KiB is put into every error, and floods the log",
        "32 KiB 的 errmsg 原样放进报错信息，日志被灌满",
        |stage| {
            stage.misbehave(Misbehaviour::ErrmsgLong, Exchange, ALWAYS);
            match stage.login("a", MING)? {
                Outcome::Refused(text) if text.len() > LONGEST_ERROR => Err(Stop::unsafe_(
                    "puts an errmsg of any length into its error",
                    "任意长度的 errmsg 都放进报错信息",
                )),
                other => {
                    check::nobody(
                        &other,
                        "signs somebody in although there is no grant",
                        "没有得到授权结果，仍然登录成功",
                    )?;
                    check::still_works(stage)
                }
            }
        },
    ),
];

/// The longest error that is no flood: a page of text.
const LONGEST_ERROR: usize = 8 * 1024;

fn too_much(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    stage.without_hurry();
    stage.misbehave(misbehaviour, Exchange, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody(&outcome, "reads an answer of any size", "无论多大的应答都会读完")?;
    check::still_works(stage)
}
