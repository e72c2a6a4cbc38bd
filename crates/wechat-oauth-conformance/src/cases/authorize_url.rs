//! The authorize URL, which WeChat's own browser takes by a pattern.

use url::Url;
use wechat_oauth_emulator::AccountKind;

use super::state::states;
use crate::case::Area::AuthorizeUrl;
use crate::case::{Case, case};
use crate::judge::Stop;
use crate::stage::{Stage, Start};

/// The parameters that the page needs, in the order that is documented. The state follows them.
const NEEDED: [&str; 4] = ["appid", "redirect_uri", "response_type", "scope"];

pub(super) const CASES: &[Case] = &[
    case(
        AuthorizeUrl,
        "authorize-page",
        "people are sent to the page of another kind of account, which shows an error",
        "跳转到了另一类账号的授权页，页面报错",
        |stage| {
            let start = stage.start("a")?;
            let page = start.url.split(['?', '#']).next().unwrap_or_default();
            let right = match stage.kind() {
                AccountKind::Website => "/connect/qrconnect",
                _ => "/connect/oauth2/authorize",
            };
            found(page.ends_with(right), "sends people to the wrong page", "授权页地址不正确")
        },
    ),
    case(
        AuthorizeUrl,
        "authorize-parameters",
        "a parameter that the page needs is missing, or comes twice",
        "授权页必需的参数缺失或重复",
        |stage| {
            let start = stage.start("a")?;
            let times = |name: &str| start.parameters.iter().filter(|(found, _)| found == name).count();
            // The page can do without a state; what comes of that is told by the cases about it.
            let all = NEEDED.into_iter().all(|name| times(name) == 1) && times("state") <= 1;
            let is_code = start.parameter("response_type") == Some("code");
            found(all && is_code, "leaves out a parameter of the authorize page", "授权链接缺少必需的参数")
        },
    ),
    case(
        AuthorizeUrl,
        "authorize-order",
        "the parameters come in another order than WeChat documents, and its page may refuse them",
        "参数顺序与微信文档不一致，授权页可能报错",
        |stage| {
            let start = stage.start("a")?;
            let came: Vec<_> = start.parameters.iter().map(|(name, _)| name.as_str()).collect();
            let then = came.get(NEEDED.len());
            found(
                came.starts_with(&NEEDED) && (start.state().is_empty() || then == Some(&"state")),
                "does not keep WeChat's order of parameters",
                "参数顺序与微信文档不一致",
            )
        },
    )
    .official(),
    case(
        AuthorizeUrl,
        "authorize-fragment",
        "without #wechat_redirect at its end, which WeChat's documentation demands, the link may not open inside WeChat",
        "链接末尾没有文档要求的 #wechat_redirect，微信内可能无法打开",
        |stage| {
            let start = stage.start("a")?;
            let right = start.url.ends_with("#wechat_redirect");
            found(right, "does not end with #wechat_redirect", "授权链接末尾没有 #wechat_redirect")
        },
    )
    .official(),
    case(
        AuthorizeUrl,
        "authorize-redirect-uri",
        "a redirect URI with a query of its own loses half of it, or is encoded twice",
        "redirect_uri 自带参数时丢失一部分，或被编码两次",
        |stage| {
            let uri = "http://127.0.0.1:4712/callback?from=wechat&next=%2Fa%3Fb%3Dc%26d";
            stage.redirect_uri(uri);
            let start = stage.start("a")?;
            let sent = start.parameter("redirect_uri").unwrap_or_default();
            if is_of_its_own(sent, uri) {
                return Err(Stop::Cannot("its callback address is its own".to_owned()));
            }
            found(
                sent == uri,
                "does not send the redirect URI that it was given",
                "授权链接里的 redirect_uri 与设置的不一致",
            )
        },
    ),
    case(
        AuthorizeUrl,
        "authorize-scope",
        "people are asked for more, or for less, than the site asked for",
        "向用户请求的授权范围与网站要求的不一致",
        |stage| {
            let start = stage.start("a")?;
            let right = start.parameter("scope") == Some(stage.scope().as_str());
            found(right, "asks for another scope", "scope 与要求的不一致")
        },
    ),
    case(
        AuthorizeUrl,
        "authorize-scope-base",
        "a silent login asks people for their profile",
        "静默授权却要求用户同意获取用户信息",
        |stage| {
            let start = stage.start("a")?;
            let right = start.parameter("scope") == Some(stage.scope().as_str());
            found(right, "asks for another scope", "scope 与要求的不一致")
        },
    )
    .base(),
    case(
        AuthorizeUrl,
        "state-of-other-characters",
        "WeChat's documentation allows letters and digits in a state; others come back changed or not at all",
        "state 含字母数字以外的字符，微信可能原样不返或报错",
        |stage| {
            // Of many, since not every state has each of the characters that it could have.
            let states = states(stage)?;
            if states.iter().all(String::is_empty) {
                return Err(Stop::Cannot("it sends no state".to_owned()));
            }
            found(
                states.iter().flat_map(|state| state.bytes()).all(|byte| byte.is_ascii_alphanumeric()),
                "sends a state with other characters than letters and digits",
                "state 含字母数字以外的字符",
            )
        },
    ),
    case(
        AuthorizeUrl,
        "state-too-long",
        "a state of more than 128 bytes ends on an error page",
        "state 超过 128 字节，授权页直接报错",
        |stage| {
            let start = stage.start("a")?;
            found(start.state().len() <= 128, "sends a state of more than 128 bytes", "state 超过 128 字节")
        },
    )
    .official(),
    case(
        AuthorizeUrl,
        "authorize-page-takes-it",
        "a page that keeps to WeChat's documentation does not take the link as it is",
        "严格按微信文档校验的授权页无法接受该链接",
        |stage| {
            let start = stage.start("a")?;
            taken(stage, &start)
        },
    )
    .official(),
    case(
        AuthorizeUrl,
        "authorize-page-takes-it-website",
        "a QR code page that keeps to WeChat's documentation does not take the link as it is",
        "严格按微信文档校验的扫码登录页无法接受该链接",
        |stage| {
            let start = stage.start("a")?;
            taken(stage, &start)
        },
    )
    .website(),
];

/// Whether a redirect URI is that of a framework that has its own place on the same site, and not what is left of the one
/// that was given.
fn is_of_its_own(sent: &str, given: &str) -> bool {
    let (Ok(sent), Ok(given)) = (Url::parse(sent), Url::parse(given)) else { return false };
    sent.origin() == given.origin() && (sent.path() != given.path() || sent.query().is_none())
}

fn found(right: bool, en: &str, zh: &str) -> Result<(), Stop> {
    if right { Ok(()) } else { Err(Stop::unsafe_(en, zh)) }
}

fn taken(stage: &mut Stage, start: &Start) -> Result<(), Stop> {
    let refused = stage.is_refused_by_the_page(start);
    found(
        !refused,
        "makes a link that is not as WeChat documents it, which its page may refuse",
        "授权链接不符合微信文档，授权页可能报错",
    )
}
