//! What comes twice, and what must not be sent twice.

use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::DoubleDelivery;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, MING, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        DoubleDelivery,
        "callback-twice",
        "the same callback comes twice, as WeChat and the back button do it, and its spent code is sent again",
        "同一回调到达两次（微信重复跳转、用户后退或刷新），已用过的 code 又发了一次",
        |stage| {
            let url = stage.agreed("a", MING)?;
            let first = stage.callback("a", &url)?;
            check::signed_in(stage, first, MING)?;
            let second = stage.callback("a", &url)?;
            check::nobody_else(stage, second, MING)?;
            once(stage)
        },
    ),
    case(
        DoubleDelivery,
        "callback-twice-with-two-codes",
        "WeChat calls back twice with two codes and one state, and the state counts twice",
        "微信回调两次，state 相同而 code 不同，同一 state 被接受两次",
        |stage| {
            let start = stage.start("a")?;
            for round in 0..2 {
                let code = stage.consent(&start, MING)?;
                let url = stage.right_callback(&start, &code);
                let outcome = stage.callback("a", &url)?;
                if round == 0 {
                    check::signed_in(stage, outcome, MING)?;
                } else {
                    check::nobody_else(stage, outcome, MING)?;
                }
            }
            if stage.codes_sent().len() > 1 {
                return Err(Stop::unsafe_("exchanges two codes for one state", "同一 state 换取了两次凭证"));
            }
            Ok(())
        },
    ),
    case(
        DoubleDelivery,
        "callback-shared",
        "a callback link that was shared signs its next reader in as the first",
        "带 code 的回调链接被分享，打开的人登录成了原来的用户",
        |stage| {
            let url = stage.agreed("a", MING)?;
            let first = stage.callback("a", &url)?;
            check::signed_in(stage, first, MING)?;
            let outcome = stage.callback("b", &url)?;
            check::nobody(
                &outcome,
                "signs in whoever opens somebody's callback",
                "他人打开回调链接即被登录",
            )?;
            once(stage)
        },
    ),
    case(
        DoubleDelivery,
        "lost-answer",
        "the answer to an exchange is lost, and the spent code is sent again by itself",
        "换取凭证的应答丢失，自动重发了已被消耗的 code",
        |stage| {
            stage.misbehave(Misbehaviour::LostAnswer, Endpoint::Exchange, 1);
            let url = stage.agreed("a", MING)?;
            let outcome = stage.callback("a", &url)?;
            check::nobody_else(stage, outcome, MING)?;
            once(stage)?;
            check::still_works(stage)
        },
    ),
    case(
        DoubleDelivery,
        "busy-once",
        "WeChat is busy once, and the answer without a grant is taken for one",
        "微信返回一次系统繁忙（-1），没有凭证的应答被当作成功",
        |stage| {
            stage.misbehave(Misbehaviour::Busy, Endpoint::Exchange, 1);
            let outcome = stage.login("a", MING)?;
            check::nobody_else(stage, outcome, MING)?;
            check::still_works(stage)
        },
    ),
    case(
        DoubleDelivery,
        "busy-and-spent",
        "WeChat says that it is busy and has spent the code, and the client repeats it for ever",
        "微信返回系统繁忙（-1）但 code 已被消耗，客户端不停重试",
        |stage| {
            stage.misbehave(Misbehaviour::BusySpent, Endpoint::Exchange, 1);
            let outcome = stage.login("a", MING)?;
            check::nobody_else(stage, outcome, MING)?;
            few(stage)?;
            check::still_works(stage)
        },
    ),
    case(
        DoubleDelivery,
        "busy-for-long",
        "WeChat stays busy, and every login becomes a stream of requests",
        "微信持续繁忙，每次登录都变成大量请求",
        |stage| {
            stage.misbehave(Misbehaviour::Busy, Endpoint::Exchange, ALWAYS);
            let url = stage.agreed("a", MING)?;
            let outcome = stage.callback("a", &url)?;
            check::nobody(
                &outcome,
                "signs in although WeChat gave no grant",
                "微信没有返回凭证，仍然登录成功",
            )?;
            few(stage)?;
            check::still_works(stage)
        },
    ),
    case(
        DoubleDelivery,
        "token-stale-once",
        "WeChat refuses a fresh token once, as it does when one person signs in twice at once, and somebody is signed in without a profile of theirs",
        "access_token 首次使用返回 40001（同一人并发登录时出现过），登录成了不明账号",
        |stage| {
            stage.misbehave(Misbehaviour::TokenStaleOnce, Endpoint::Profile, 1);
            let outcome = stage.login("a", MING)?;
            check::nobody_else(stage, outcome, MING)?;
            check::still_works(stage)
        },
    ),
];

/// How often a code may be sent where WeChat said that it was not looked at: three repetitions are patience.
const A_FEW: usize = 4;

fn few(stage: &Stage) -> Result<(), Stop> {
    if stage.codes_sent().len() > A_FEW {
        return Err(Stop::unsafe_("hammers WeChat with one login's requests", "一次登录反复请求微信"));
    }
    Ok(())
}

/// No code was sent twice.
fn once(stage: &Stage) -> Result<(), Stop> {
    let mut codes = stage.codes_sent();
    let sent = codes.len();
    codes.sort();
    codes.dedup();
    if codes.len() < sent {
        return Err(Stop::unsafe_("sends a code again that may be spent", "重复发送可能已被消耗的 code"));
    }
    Ok(())
}
