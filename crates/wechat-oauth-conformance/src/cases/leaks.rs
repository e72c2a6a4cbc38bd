//! Where secrets are said. Every case is searched for them; these are where they commonly are.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::Leaks;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, HONG, MING, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Leaks,
        "connection-refused",
        "WeChat cannot be reached, and the error quotes the URL with the app secret",
        "无法连接微信，报错信息里带着含 AppSecret 的 URL",
        |stage| {
            stage.refuse_connections()?;
            let url = stage.agreed("a", MING)?;
            let outcome = stage.callback("a", &url)?;
            check::nobody(&outcome, "signs somebody in without WeChat", "没有连上微信，仍然登录成功")
        },
    ),
    case(
        Leaks,
        "printed-while-signing-in",
        "the objects of a login that is under way print the app secret",
        "登录进行中，打印对象会带出 AppSecret",
        |stage| {
            stage.start("a")?;
            stage.show().map(|_| ())
        },
    ),
    case(
        Leaks,
        "printed-after-a-login",
        "the objects of a login that is done print secret and tokens",
        "登录完成后，打印对象会带出 AppSecret 和凭证",
        |stage| {
            let outcome = stage.login("a", MING)?;
            check::signed_in(stage, outcome, MING)?;
            stage.show().map(|_| ())
        },
    ),
    case(
        Leaks,
        "printed-after-an-error",
        "the objects of a login that failed print secret and code",
        "登录失败后，打印对象会带出 AppSecret 和 code",
        |stage| {
            stage.misbehave(Misbehaviour::Html, Exchange, ALWAYS);
            stage.login("a", MING)?;
            stage.show().map(|_| ())
        },
    ),
    case(
        Leaks,
        "printed-after-a-forged-callback",
        "the error of a callback that is refused quotes its code",
        "回调被拒绝时，报错信息带出其中的 code",
        |stage| {
            stage.start("a")?;
            let code = stage.code_of(HONG)?;
            let url = stage.callback_url(&[("code", &code), ("state", "3d6be0a4035d839573b04816624a415e")]);
            stage.callback("a", &url)?;
            stage.show().map(|_| ())
        },
    ),
    case(
        Leaks,
        "errmsg-quotes-the-request",
        "WeChat's errmsg quotes the request, and the error passes on the app secret in it",
        "errmsg 回显了请求，报错信息把其中的 AppSecret 带了出来",
        |stage| quoted(stage, Misbehaviour::ErrmsgQuotes, Exchange),
    ),
    case(
        Leaks,
        "gateway-quotes-the-request",
        "a gateway's error page quotes the request, and the error passes on the app secret in it",
        "网关错误页回显了请求，报错信息把其中的 AppSecret 带了出来",
        |stage| quoted(stage, Misbehaviour::PageQuotes, Exchange),
    ),
    case(
        Leaks,
        "gateway-quotes-the-token",
        "a gateway's error page quotes the request for the profile, and the error passes on the access token in it",
        "网关错误页回显了拉取用户信息的请求，报错信息把其中的 access_token 带了出来",
        |stage| quoted(stage, Misbehaviour::PageQuotes, Profile),
    ),
];

/// What is quoted is not said on. That is looked at after every case.
fn quoted(stage: &mut Stage, misbehaviour: Misbehaviour, endpoint: Endpoint) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, endpoint, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody_else(stage, outcome, MING)?;
    check::still_works(stage)
}
