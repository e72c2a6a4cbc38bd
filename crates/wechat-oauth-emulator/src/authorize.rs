//! What an authorize URL asks for, and whether WeChat would let it.
//!
//! <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html>,
//! <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use wechat_oauth_core::{AppId, Bilingual, Scope, State};

use crate::account::{Account, AccountKind, Mismatch, whole_address};
use crate::endpoint::Endpoint;
use crate::message::Params;
use crate::page_error::PageError;
use crate::world::World;

/// What an authorize URL asks for, once it is found right.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) appid: AppId,
    pub(crate) scope: Scope,
    /// As it came, decoded once.
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    /// `forcePopup=true`: the person is asked again.
    pub(crate) asks_again: bool,
    /// `forceSnapShot=true`: the person is shown the snapshot page where there is a page at all.
    pub(crate) as_snapshot: bool,
}

/// The order on WeChat's own page. What comes after `component_appid` is optional everywhere.
const OFFICIAL_ORDER: &[&str] = &[
    "appid",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "component_appid",
    "forcePopup",
    "forceSnapShot",
    "connect_redirect",
];
/// The order on the QR page.
const QR_ORDER: &[&str] = &["appid", "redirect_uri", "response_type", "scope", "state", "lang"];

/// Reads an authorize URL's query: what is missing first, then the order, then the account, the scope and the domain.
pub(crate) fn read(world: &World, page: Endpoint, query: &str) -> Result<Ask, PageError> {
    let params = Params::parse(query);
    let appid = params.filled("appid").ok_or_else(|| PageError::missing(10012))?;
    let redirect_uri = params.filled("redirect_uri").ok_or_else(|| PageError::missing(10011))?;
    let scope = params.filled("scope").ok_or_else(|| PageError::missing(10010))?;
    let state = params.get("state");
    if state.is_some_and(str::is_empty) {
        return Err(PageError::missing(10013));
    }
    // The script of an embedded QR code builds another URL: its own order, and no response_type.
    let by_script = page == Endpoint::Qrconnect && is_embedded(&params);
    match params.get("response_type") {
        Some("code") => {}
        None if by_script => {}
        other => return Err(PageError::response_type(other.unwrap_or_default())),
    }
    if !by_script && !world.options.any_order {
        let order = if page == Endpoint::Authorize { OFFICIAL_ORDER } else { QR_ORDER };
        check_order(&params, order)?;
    }
    // Only WeChat's own page has a limit; the QR page has been seen to carry 300 bytes.
    if let Some(state) = state
        && page == Endpoint::Authorize
        && state.len() > State::MAX_LEN
    {
        return Err(PageError::state_too_long(state.len()));
    }

    let account = world.account(appid).ok_or_else(|| PageError::unknown_appid(appid))?;
    if page == Endpoint::Authorize && account.kind == AccountKind::Website {
        return Err(PageError::open_platform_appid());
    }
    if let Some(component_appid) = params.get("component_appid") {
        let own = account.platform_credentials().map(|platform| platform.component_appid.as_str());
        if own != Some(component_appid) {
            return Err(PageError::component_not_authorized(component_appid));
        }
    }
    let scope = check_scope(account, page, scope)?;
    check_redirect(account, redirect_uri, params.get("component_appid").is_some())?;
    Ok(Ask {
        appid: account.appid.clone(),
        scope,
        redirect_uri: redirect_uri.to_owned(),
        state: state.map(str::to_owned),
        asks_again: params.get("forcePopup") == Some("true"),
        as_snapshot: params.get("forceSnapShot") == Some("true"),
    })
}

/// Whether the URL is one that `wxLogin.js` builds, for an iframe on the app's page.
pub(crate) fn is_embedded(params: &Params) -> bool {
    params.get("login_type") == Some("jssdk")
}

/// Known parameters come in order, once each; unknown ones after the first five.
fn check_order(params: &Params, order: &[&str]) -> Result<(), PageError> {
    const BASIC: usize = 5;
    let mut next = 0;
    let mut unknown_came = false;
    let in_order = params.0.iter().all(|(name, _)| match order.iter().position(|known| known == name) {
        Some(rank) => {
            let fits = rank >= next && !(unknown_came && rank < BASIC);
            next = rank + 1;
            fits
        }
        None => {
            unknown_came = true;
            true
        }
    });
    if in_order {
        return Ok(());
    }
    let found: Vec<_> = params.0.iter().map(|(name, _)| name.as_str()).collect();
    Err(PageError::order(&order.join(", "), found.join(", ")))
}

/// The scope, or the widest of several where several are taken: a component's page and the QR page, which also lets
/// scopes pass that it does not know.
fn check_scope(account: &Account, page: Endpoint, asked: &str) -> Result<Scope, PageError> {
    let refused = || {
        PageError::scope_permission(vec![
            (&Bilingual { zh: "链接中的 scope", en: "scope in the link" }, asked.to_owned()),
            (
                &Bilingual { zh: "该应用可用的 scope", en: "Scopes of this account" },
                account.kind.scopes().iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "),
            ),
        ])
    };
    let is_right_page = (page == Endpoint::Qrconnect) == (account.kind == AccountKind::Website);
    if account.kind == AccountKind::OfficialAccount || !asked.contains(',') {
        let scope: Scope = asked.parse().map_err(|_| PageError::unknown_scope(asked))?;
        return if is_right_page && account.kind.scopes().contains(&scope) {
            Ok(scope)
        } else {
            Err(refused())
        };
    }
    let granted = asked
        .split(',')
        .filter_map(|name| name.parse().ok())
        .filter(|scope| is_right_page && account.kind.scopes().contains(scope));
    granted.max().ok_or_else(refused)
}

fn check_redirect(account: &Account, redirect_uri: &str, by_component: bool) -> Result<(), PageError> {
    let uri = whole_address(redirect_uri).ok_or_else(|| PageError::redirect_invalid(redirect_uri))?;
    let host = || {
        let label = &Bilingual { zh: "redirect_uri 的域名", en: "Host of the redirect_uri" };
        let port = uri.port().map_or_else(String::new, |port| format!(":{port}"));
        (label, format!("{}{port}", uri.host_str().unwrap_or_default()))
    };
    // Without its platform, an account answers for its own domain, and a component's account here has none.
    if account.kind == AccountKind::Component && !by_component {
        let why = &Bilingual {
            zh: "链接中没有 component_appid，因此按公众号自己的网页授权域名校验，而它没有配置。",
            en: "Without component_appid the account's own domain counts, and it has none.",
        };
        return Err(PageError::domain(why, vec![host()]));
    }
    let Some(mismatch) = account.domain.mismatch(&uri, redirect_uri) else { return Ok(()) };
    let why = match mismatch {
        Mismatch::Host => &Bilingual {
            zh: "域名必须与配置的完全一致，上级、下级域名都不算。",
            en: "The host must be exactly the configured one: no parent, no child.",
        },
        Mismatch::Port => {
            &Bilingual { zh: "redirect_uri 不能带端口。", en: "A redirect_uri must not name a port." }
        }
        Mismatch::Path => &Bilingual {
            zh: "路径不在配置的路径之下。",
            en: "The path is not below the configured one.",
        },
    };
    let configured = &Bilingual { zh: "后台配置的域名", en: "Configured domain" };
    Err(PageError::domain(why, vec![host(), (configured, account.domain.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(names: &[&str]) -> bool {
        let query = names.iter().map(|name| format!("{name}=x")).collect::<Vec<_>>().join("&");
        check_order(&Params::parse(&query), OFFICIAL_ORDER).is_ok()
    }

    #[test]
    fn only_the_official_order_passes() {
        let basic = ["appid", "redirect_uri", "response_type", "scope", "state"];
        assert!(order(&basic));
        assert!(order(&basic[..4]));
        assert!(order(
            &[&basic[..], &["component_appid", "forcePopup", "forceSnapShot", "connect_redirect"]].concat()
        ));
        assert!(order(&[&basic[..], &["connect_redirect", "isappinstalled"]].concat()));
        assert!(order(&[&basic[..], &["from", "connect_redirect"]].concat()));
        for left in 0..basic.len() {
            for right in 0..left {
                let mut swapped = basic;
                swapped.swap(left, right);
                assert!(!order(&swapped), "{swapped:?}");
            }
        }
        assert!(!order(&["appid", "redirect_uri", "response_type", "scope", "component_appid", "state"]));
        assert!(!order(&[&basic[..], &["connect_redirect", "component_appid"]].concat()));
        assert!(!order(&[&basic[..], &["state"]].concat()));
        assert!(!order(&["appid", "from", "redirect_uri", "response_type", "scope", "state"]));
    }
}
