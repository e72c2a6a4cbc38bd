//! Answers that are no success.

use wechat_oauth_emulator::Endpoint::{Exchange, Profile};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};

use super::check;
use crate::case::Area::Errors;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{ALWAYS, MING, Stage};

pub(super) const CASES: &[Case] = &[
    case(
        Errors,
        "exchange-refused",
        "WeChat refuses the code, and somebody is signed in",
        "code 被微信拒绝，仍然登录成功",
        |stage| refused(stage, Misbehaviour::CodeInvalid),
    ),
    case(
        Errors,
        "exchange-refused-without-errmsg",
        "a refusal without an errmsg is taken for a success",
        "只有 errcode 没有 errmsg 的错误被当作成功",
        |stage| refused(stage, Misbehaviour::ErrcodeOnly),
    ),
    case(
        Errors,
        "exchange-refused-with-grant",
        "a refusal with a grant beside it is taken for a success",
        "同时带有 errcode 和凭证的应答被当作成功",
        |stage| refused(stage, Misbehaviour::ErrcodeWithGrant),
    ),
    case(
        Errors,
        "exchange-errcode-as-text",
        "an errcode written as text is not seen",
        "errcode 以字符串返回，没有识别出来",
        |stage| refused(stage, Misbehaviour::ErrcodeText),
    ),
    case(
        Errors,
        "exchange-errcode-zero",
        "a success that says errcode 0 is taken for a refusal, and real people stay outside",
        "成功应答带有 errcode 0，被当作失败，用户无法登录",
        |stage| welcome(stage, Misbehaviour::ErrcodeZero, Exchange),
    ),
    case(
        Errors,
        "profile-errcode-zero",
        "a profile that says errcode 0 is taken for a refusal, and real people stay outside",
        "用户信息带有 errcode 0，被当作失败，用户无法登录",
        |stage| welcome(stage, Misbehaviour::ErrcodeZero, Profile),
    ),
    case(
        Errors,
        "exchange-status-500",
        "an error page of the server is taken for an answer, or breaks the site",
        "服务器返回 500 错误页，被当作应答或导致程序出错",
        |stage| refused(stage, Misbehaviour::Status500),
    ),
    case(
        Errors,
        "exchange-status-500-with-grant",
        "a grant in an answer that is marked as failed is believed",
        "状态码为 500 的应答里的凭证也被采信",
        |stage| refused(stage, Misbehaviour::Status500Success),
    ),
    case(
        Errors,
        "exchange-empty",
        "an empty answer ends the whole process",
        "应答为空，整个进程崩溃",
        |stage| refused(stage, Misbehaviour::Empty),
    ),
    case(
        Errors,
        "exchange-html",
        "the page of a captive portal is taken for an answer, or breaks the site",
        "网络认证页的 HTML 被当作应答或导致程序出错",
        |stage| refused(stage, Misbehaviour::Html),
    ),
    case(
        Errors,
        "exchange-redirect-nowhere",
        "a redirect without a target and a body ends the whole process",
        "302 没有 Location 也没有正文，整个进程崩溃",
        |stage| refused(stage, Misbehaviour::RedirectEmpty),
    ),
    case(
        Errors,
        "exchange-null",
        "an answer that is null breaks the site",
        "应答是 null，程序出错",
        |stage| refused(stage, Misbehaviour::JsonNull),
    ),
    case(
        Errors,
        "exchange-list",
        "an answer that is a list is taken for a grant",
        "应答是数组，被当作授权结果",
        |stage| refused(stage, Misbehaviour::JsonArray),
    ),
    case(
        Errors,
        "exchange-truncated",
        "half an answer is taken for a whole one",
        "只收到一半的应答被当作完整应答",
        |stage| refused(stage, Misbehaviour::Truncated),
    ),
    case(
        Errors,
        "exchange-reset",
        "a connection that breaks breaks the site",
        "连接被重置，程序出错",
        |stage| refused(stage, Misbehaviour::Reset),
    ),
    case(
        Errors,
        "profile-refused",
        "WeChat refuses the profile, and somebody is signed in as a new account",
        "拉取用户信息失败，却以新账号登录成功",
        |stage| fails(stage, Misbehaviour::ProfileError),
    ),
    case(
        Errors,
        "profile-busy",
        "WeChat is too busy for the profile, and somebody is signed in as a new account",
        "拉取用户信息时微信繁忙（-1），却以新账号登录成功",
        |stage| fails(stage, Misbehaviour::Busy),
    ),
    case(
        Errors,
        "profile-not-granted",
        "the person granted snsapi_base alone, so there is no profile, and somebody is signed in as a new account",
        "用户只授予了 snsapi_base，拉不到用户信息（48001），却以新账号登录成功",
        |stage| {
            stage.misbehave(Misbehaviour::ScopeNarrowed, Exchange, 1);
            let outcome = stage.login("a", MING)?;
            check::nobody_else(stage, outcome, MING)?;
            check::still_works(stage)
        },
    ),
    case(
        Errors,
        "profile-refused-without-errmsg",
        "a refusal of the profile without an errmsg is taken for a profile",
        "拉取用户信息的错误没有 errmsg，被当作用户信息",
        |stage| fails(stage, Misbehaviour::ErrcodeOnly),
    ),
    case(
        Errors,
        "profile-errcode-as-text",
        "an errcode in place of the profile, written as text, is not seen",
        "拉取用户信息的 errcode 以字符串返回，没有识别出来",
        |stage| fails(stage, Misbehaviour::ErrcodeText),
    ),
    case(
        Errors,
        "profile-empty-body",
        "an empty answer in place of the profile ends the whole process",
        "用户信息的应答为空，整个进程崩溃",
        |stage| fails(stage, Misbehaviour::Empty),
    ),
    case(
        Errors,
        "profile-html",
        "an HTML page in place of the profile signs somebody in",
        "用户信息的应答是 HTML 页面，却登录成功",
        |stage| fails(stage, Misbehaviour::Html),
    ),
    case(
        Errors,
        "profile-null",
        "null in place of the profile breaks the site",
        "用户信息是 null，程序出错",
        |stage| fails(stage, Misbehaviour::JsonNull),
    ),
    case(
        Errors,
        "profile-status-500",
        "an error of the server in place of the profile signs somebody in",
        "拉取用户信息返回 500，却登录成功",
        |stage| fails(stage, Misbehaviour::Status500),
    ),
];

/// An exchange that fails signs nobody in, however often it does, and the next one works.
fn refused(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, Exchange, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody(
        &outcome,
        "signs somebody in although there is no grant",
        "没有得到授权结果，仍然登录成功",
    )?;
    check::still_works(stage)
}

/// A profile that does not come signs nobody in but the person whom the grant named.
fn fails(stage: &mut Stage, misbehaviour: Misbehaviour) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, Profile, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::nobody_else(stage, outcome, MING)?;
    check::still_works(stage)
}

/// What is odd and yet a success lets the person in.
fn welcome(stage: &mut Stage, misbehaviour: Misbehaviour, endpoint: Endpoint) -> Result<(), Stop> {
    stage.misbehave(misbehaviour, endpoint, ALWAYS);
    let outcome = stage.login("a", MING)?;
    check::signed_in(stage, outcome, MING)
}
