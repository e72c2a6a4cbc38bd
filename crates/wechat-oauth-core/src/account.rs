//! The kinds of account that can sign people in.

use std::fmt;

use crate::id::AppId;
use crate::name::read_by_name;
use crate::scope::Scope;

/// An account by its ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Account {
    /// A certified official account (服务号 and the like): people inside WeChat, on the official page.
    OfficialAccount {
        /// Its appid.
        appid: AppId,
    },
    /// A website app of the open platform (网站应用): people at a desktop, on the QR page.
    WebsiteApp {
        /// Its appid.
        appid: AppId,
    },
    /// A third-party platform (第三方平台) acting for an official account that authorized it.
    Component {
        /// The official account's appid.
        appid: AppId,
        /// The platform's own appid.
        component_appid: AppId,
    },
}

impl Account {
    /// The appid that the openids belong to.
    #[must_use]
    pub const fn appid(&self) -> &AppId {
        match self {
            Self::OfficialAccount { appid } | Self::WebsiteApp { appid } | Self::Component { appid, .. } => {
                appid
            }
        }
    }

    /// The third-party platform's appid, if there is one.
    #[must_use]
    pub const fn component_appid(&self) -> Option<&AppId> {
        match self {
            Self::Component { component_appid, .. } => Some(component_appid),
            _ => None,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> AccountKind {
        match self {
            Self::OfficialAccount { .. } => AccountKind::OfficialAccount,
            Self::WebsiteApp { .. } => AccountKind::WebsiteApp,
            Self::Component { .. } => AccountKind::Component,
        }
    }
}

/// What kind of account an appid belongs to: it decides the page, the scopes, and how long a code lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// See [`Account::OfficialAccount`].
    OfficialAccount,
    /// See [`Account::WebsiteApp`].
    WebsiteApp,
    /// See [`Account::Component`].
    Component,
}

read_by_name!(AccountKind, 3, "account");

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::OfficialAccount, Self::WebsiteApp, Self::Component];

    /// Whether this kind can ask for the scope. WeChat answers another one with page error 10005.
    #[must_use]
    pub const fn permits(self, scope: Scope) -> bool {
        match self {
            Self::OfficialAccount | Self::Component => matches!(scope, Scope::Base | Scope::UserInfo),
            Self::WebsiteApp => matches!(scope, Scope::Login),
        }
    }

    /// How long a code lives, in seconds: 5 minutes, for a website app 10.
    ///
    /// Sources: <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html> and
    /// <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>
    #[must_use]
    pub const fn code_lifetime_secs(self) -> u64 {
        match self {
            Self::OfficialAccount | Self::Component => 300,
            Self::WebsiteApp => 600,
        }
    }

    /// The name in JSON: `official_account`, `website`, `component`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OfficialAccount => "official_account",
            Self::WebsiteApp => "website",
            Self::Component => "component",
        }
    }

    pub(crate) const fn scope_hint(self) -> &'static str {
        match self {
            Self::OfficialAccount | Self::Component => {
                "use snsapi_base or snsapi_userinfo, or the appid of a website app"
            }
            Self::WebsiteApp => "use snsapi_login, or the appid of an official account",
        }
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfficialAccount => "an official account",
            Self::WebsiteApp => "a website app",
            Self::Component => "a component",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountKind::*;

    #[test]
    fn each_kind_has_its_names_and_its_code_lifetime() {
        for (kind, name, shown, lifetime) in [
            (OfficialAccount, "official_account", "an official account", 300),
            (WebsiteApp, "website", "a website app", 600),
            (Component, "component", "a component", 300),
        ] {
            assert_eq!((kind.as_str(), kind.to_string().as_str()), (name, shown));
            assert_eq!(kind.code_lifetime_secs(), lifetime, "{kind}");
        }
    }

    #[test]
    fn each_kind_permits_what_its_page_offers_and_the_hint_names_it() {
        for kind in [OfficialAccount, WebsiteApp, Component] {
            for scope in Scope::ALL {
                let of_qr_page = scope == Scope::Login;
                assert_eq!(kind.permits(scope), of_qr_page == (kind == WebsiteApp), "{kind} {scope}");
                assert_eq!(kind.scope_hint().contains(scope.as_str()), kind.permits(scope), "{kind} {scope}");
            }
        }
    }
}
