//! Redirects: whoever follows one takes the secret along, and believes what is there.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile, Refresh};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::Redirects;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, MING, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Redirects,
        "exchange-redirected-301",
        "a permanent redirect leads to another host, and its answer is believed from then on",
        "301 永久跳转到另一主机，此后一直采信那里的应答",
        |stage| away(stage, Misbehaviour::RedirectPermanent, Exchange),
    ),
    case(
        Redirects,
        "exchange-redirected-302",
        "a redirect leads to another host, whose openid is believed",
        "302 跳转到另一主机，采信了那里返回的 openid",
        |stage| away(stage, Misbehaviour::RedirectAway, Exchange),
    ),
    case(
        Redirects,
        "exchange-redirected-307",
        "a redirect that keeps method and body takes a form with the secret to another host",
        "307 跳转保留请求方法和正文，把含 secret 的表单带到另一主机",
        |stage| away(stage, Misbehaviour::RedirectTemporary, Exchange),
    ),
    case(
        Redirects,
        "exchange-redirected-308",
        "a permanent redirect that keeps method and body takes a form with the secret to another host",
        "308 永久跳转保留请求方法和正文，把含 secret 的表单带到另一主机",
        |stage| away(stage, Misbehaviour::RedirectKept, Exchange),
    ),
    case(
        Redirects,
        "exchange-redirected-to-itself",
        "a redirect to the same URL sends secret and code again and again",
        "跳转到同一 URL，反复发送 secret 和 code",
        |stage| {
            stage.misbehave(Misbehaviour::RedirectLoop, Exchange, ALWAYS);
            let url = stage.agreed("a", MING)?;
            let outcome = stage.callback("a", &url)?;
            check::nobody(
                &outcome,
                "signs somebody in although there is no grant",
                "没有得到授权结果，仍然登录成功",
            )?;
            if stage.codes_sent().len() > 1 {
                return Err(Stop::unsafe_("follows a redirect with the code", "带着 code 跟随重定向"));
            }
            check::still_works(stage)
        },
    ),
    case(
        Redirects,
        "profile-redirected",
        "a redirect in place of the profile takes the access token to another host",
        "拉取用户信息被跳转，access_token 被带到另一主机",
        |stage| away(stage, Misbehaviour::RedirectAway, Profile),
    ),
    case(
        Redirects,
        "renewal-redirected",
        "a redirect in place of a renewal takes the refresh token to another host",
        "刷新凭证被跳转，refresh_token 被带到另一主机",
        |stage| {
            let outcome = stage.login("a", MING)?;
            check::signed_in(stage, outcome, MING)?;
            stage.misbehave(Misbehaviour::RedirectAway, Refresh, ALWAYS);
            stage.pass(7201);
            stage.renew("a").map(|_| ())
        },
    ),
];

/// What the other host says counts for nothing. That nobody asks it is looked at after every case.
fn away(stage: &mut Stage, misbehaviour: Misbehaviour, endpoint: Endpoint) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, endpoint, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody_else(stage, outcome, MING)?;
    check::still_works(stage)
}
