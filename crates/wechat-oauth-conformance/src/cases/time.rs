//! Answers that do not come, or not to an end.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile, Refresh};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::Time;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, MING, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Time,
        "exchange-hangs",
        "WeChat takes the request and answers nothing, and a worker waits for ever",
        "微信收下请求却不应答，工作线程一直等待",
        |stage| late(stage, Misbehaviour::Hang, Exchange),
    ),
    case(
        Time,
        "profile-hangs",
        "the profile does not come, and a worker waits for ever",
        "用户信息一直不返回，工作线程一直等待",
        |stage| late(stage, Misbehaviour::Hang, Profile),
    ),
    case(
        Time,
        "exchange-byte-by-byte",
        "the answer comes byte by byte, and a deadline for each read never passes",
        "应答逐字节到达，只限制单次读取的超时永远不会触发",
        |stage| late(stage, Misbehaviour::Slow, Exchange),
    ),
    case(
        Time,
        "exchange-without-end",
        "an answer that never ends is read for ever",
        "永不结束的应答被一直读下去",
        |stage| late(stage, Misbehaviour::Endless, Exchange),
    ),
    case(
        Time,
        "exchange-one-byte-short",
        "one byte of the announced length never comes, and a worker waits for it for ever",
        "应答比声明的长度少一字节，工作线程一直等待",
        |stage| late(stage, Misbehaviour::Unfinished, Exchange),
    ),
    case(
        Time,
        "renewal-hangs",
        "a renewal is not answered, and a worker waits for ever",
        "刷新凭证一直没有应答，工作线程一直等待",
        |stage| {
            let outcome = stage.login("a", MING)?;
            check::signed_in(stage, outcome, MING)?;
            stage.misbehave(Misbehaviour::Hang, Refresh, ALWAYS);
            stage.pass(7201);
            // Whatever comes of it, it comes within the kit's patience.
            stage.renew("a").map(|_| ())
        },
    ),
];

fn late(stage: &mut Stage, misbehaviour: Misbehaviour, endpoint: Endpoint) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, endpoint, ALWAYS);
    let url = stage.agreed("a", MING)?;
    let outcome = stage.callback("a", &url)?;
    check::nobody_else(stage, outcome, MING)?;
    if stage.codes_sent().len() > 1 {
        return Err(Stop::unsafe_("sends a code again that may be spent", "重复发送可能已被消耗的 code"));
    }
    check::still_works(stage)
}
