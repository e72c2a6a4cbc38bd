//! Tokens: what a grant has to hold, and how it is kept fresh.

use wechat_oauth_emulator::Endpoint::{Exchange, Refresh};
use wechat_oauth_emulator::Misbehaviour;

use super::check;
use crate::case::Area::Tokens;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, HONG, MING, Renewal, Stage, parameter};

/// How long an access token lives, and a second more.
const OVER: u64 = 7201;
/// How long a refresh token lives, and a second more.
const FOR_GOOD: u64 = 30 * 24 * 3600 + 1;

pub(super) const CASES: &[Case] = &[
    case(
        Tokens,
        "expiry-negative",
        "a token that ended before it began is kept, and its end is computed from -1",
        "expires_in 为 -1 的凭证也被接受",
        |stage| invalid(stage, Misbehaviour::ExpiryNegative),
    ),
    case(
        Tokens,
        "expiry-zero",
        "a token that lives no second is kept, and is renewed without end",
        "expires_in 为 0 的凭证也被接受，会不停刷新",
        |stage| invalid(stage, Misbehaviour::ExpiryZero),
    ),
    case(
        Tokens,
        "expiry-beyond-time",
        "a token that lives for 10^30 seconds is kept for ever, or overflows the clock",
        "expires_in 为 10^30 的凭证也被接受，永不过期或时间溢出",
        |stage| invalid(stage, Misbehaviour::ExpiryHuge),
    ),
    case(
        Tokens,
        "access-token-missing",
        "a grant without an access token is taken for one",
        "没有 access_token 的应答被当作授权结果",
        |stage| invalid(stage, Misbehaviour::NoAccessToken),
    ),
    case(
        Tokens,
        "access-token-a-number",
        "a number in the access token's place is taken for one",
        "access_token 位置上是数字，被当作凭证",
        |stage| invalid(stage, Misbehaviour::AccessTokenNumber),
    ),
    case(
        Tokens,
        "renewal",
        "a token that is over is not renewed although it could be",
        "access_token 过期后本可刷新，却没有刷新成功",
        |stage| {
            sign_in(stage)?;
            stage.pass(OVER);
            own(stage)
        },
    ),
    case(
        Tokens,
        "renewal-with-new-refresh-token",
        "WeChat gives a new refresh token, and the old one is used again",
        "刷新时微信换发了新的 refresh_token，却继续使用旧的",
        |stage| {
            sign_in(stage)?;
            stage.misbehave(Misbehaviour::RefreshRotates, Refresh, 1);
            stage.pass(OVER);
            own(stage)?;
            stage.pass(OVER);
            own(stage)
        },
    ),
    case(
        Tokens,
        "renewal-of-another-person",
        "a renewal answers with another person's openid, and the grants are mixed up",
        "刷新返回了他人的 openid，凭证张冠李戴",
        |stage| {
            sign_in(stage)?;
            stage.misbehave(Misbehaviour::OpenidSwapped, Refresh, 1);
            stage.pass(OVER);
            match stage.renew("a")? {
                Renewal::Renewed(renewed) if renewed.openid.as_deref() == Some(&*stage.openid(HONG)) => Err(
                    Stop::unsafe_("takes another person's grant for the person's", "把他人的凭证当作本人的"),
                ),
                Renewal::Renewed(_) => Err(Stop::unsafe_(
                    "keeps a renewed grant that names another person",
                    "刷新结果属于他人，仍然保存",
                )),
                Renewal::Refused => Ok(()),
            }
        },
    ),
    case(
        Tokens,
        "renewal-refused",
        "WeChat refuses the refresh token, and the grant is taken for fresh",
        "refresh_token 被微信拒绝，凭证仍被当作有效",
        |stage| {
            sign_in(stage)?;
            stage.misbehave(Misbehaviour::RefreshInvalid, Refresh, ALWAYS);
            stage.pass(OVER);
            not_renewed(stage)
        },
    ),
    case(
        Tokens,
        "renewal-after-thirty-days",
        "a grant whose refresh token is over is taken for fresh",
        "refresh_token 已过期（30 天），凭证仍被当作有效",
        |stage| {
            sign_in(stage)?;
            stage.pass(FOR_GOOD);
            not_renewed(stage)
        },
    ),
    case(
        Tokens,
        "renewal-while-busy",
        "WeChat is busy during a renewal, and the grant is lost",
        "刷新时微信繁忙，凭证就此丢失",
        |stage| {
            sign_in(stage)?;
            stage.misbehave(Misbehaviour::Busy, Refresh, ALWAYS);
            stage.pass(OVER);
            not_renewed(stage)?;
            stage.behave();
            own(stage)
        },
    ),
    case(
        Tokens,
        "renewal-of-html",
        "a page in place of a renewal is taken for one, or breaks the site",
        "刷新返回 HTML 页面，被当作成功或导致程序出错",
        |stage| {
            sign_in(stage)?;
            stage.misbehave(Misbehaviour::Html, Refresh, ALWAYS);
            stage.pass(OVER);
            not_renewed(stage)?;
            stage.behave();
            own(stage)
        },
    ),
    case(
        Tokens,
        "secret-where-none-is-wanted",
        "the app secret is sent where WeChat does not ask for it: in a renewal, or for a profile",
        "在不需要 secret 的接口（刷新、拉取用户信息）也发送了 AppSecret",
        |stage| {
            sign_in(stage)?;
            stage.pass(OVER);
            let renewed = stage.renew("a");
            let needless = stage.requests().iter().any(|seen| {
                seen.request.path != Exchange.path()
                    && ["secret", "client_secret"]
                        .into_iter()
                        .any(|name| parameter(&seen.request, name).is_some())
            });
            if needless {
                return Err(Stop::unsafe_(
                    "sends the secret where none is wanted",
                    "向不需要 secret 的接口发送了 secret",
                ));
            }
            renewed.map(|_| ())
        },
    ),
];

/// A grant that cannot be one is none.
fn invalid(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, Exchange, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody(&outcome, "takes for a grant what cannot be one", "接受了无效的授权结果")?;
    check::still_works(stage)
}

fn sign_in(stage: &mut Stage) -> Result<(), Stop> {
    let outcome = stage.login("a", MING)?;
    check::signed_in(stage, outcome, MING)
}

/// The grant is the person's own and fresh.
fn own(stage: &mut Stage) -> Result<(), Stop> {
    match stage.renew("a")? {
        Renewal::Renewed(renewed) if renewed.openid.as_deref() == Some(&*stage.openid(MING)) => Ok(()),
        Renewal::Renewed(_) => {
            Err(Stop::unsafe_("does not know whose grant it renewed", "刷新后不知道凭证属于谁"))
        }
        Renewal::Refused => {
            Err(Stop::unsafe_("does not renew a grant that can be", "可以刷新的凭证没有刷新成功"))
        }
    }
}

fn not_renewed(stage: &mut Stage) -> Result<(), Stop> {
    match stage.renew("a")? {
        Renewal::Refused => Ok(()),
        Renewal::Renewed(_) => {
            Err(Stop::unsafe_("takes a grant for fresh that is not", "把失效的凭证当作有效"))
        }
    }
}
