//! One site's login, set up: what every request to it needs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use wechat_oauth_core::{
    AccountKind, App, AppId, ComponentAccessToken, ConfigError, Identity, Login, LoginBuilder, QrLang,
    RedirectUri, Scope, UnixTime, WxLoginOptions,
};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Keeper, Keyring, Vault};

use crate::cookies::Cookies;
use crate::origin::Origin;
use crate::outcome::{Declined, DeclinedReason, SignedIn};
use crate::pages::Lang;
use crate::return_to::ReturnTo;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Answering<T> = Pin<Box<dyn Future<Output = T> + Send>>;
pub(crate) type OnSignedIn = Arc<dyn Fn(SignedIn) -> Answering<Response> + Send + Sync>;
pub(crate) type OnDeclined = Arc<dyn Fn(Declined) -> Answering<Response> + Send + Sync>;
pub(crate) type Knows = Arc<dyn Fn(Identity) -> Answering<Result<bool, BoxError>> + Send + Sync>;
pub(crate) type TokenSource =
    Arc<dyn Fn() -> Answering<Result<ComponentAccessToken, BoxError>> + Send + Sync>;
pub(crate) type Clock = Arc<dyn Fn() -> UnixTime + Send + Sync>;

/// One application and its way to WeChat.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) app: App,
    pub(crate) client: Client,
}

/// How the QR code of a website app is shown.
#[derive(Debug, Clone)]
pub(crate) enum QrDoor {
    /// On WeChat's page.
    Redirect(Door),
    /// Inside a page of this site.
    Embedded(Door, WxLoginOptions),
}

/// When the profile is asked for.
#[derive(Clone)]
pub(crate) enum Plan {
    /// At every sign-in, with consent.
    AlwaysProfile,
    /// The openid silently; the profile, with consent, of those that the application does not know.
    SilentFirst(Knows),
}

pub(crate) struct Site {
    pub(crate) official: Door,
    pub(crate) website: Option<QrDoor>,
    pub(crate) plan: Plan,
    pub(crate) origin: Origin,
    pub(crate) paths: Paths,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) cookies: Cookies,
    pub(crate) keyring: Keyring,
    pub(crate) vault: Vault,
    pub(crate) keepers: Vec<Keeper>,
    pub(crate) session_lifetime: Duration,
    pub(crate) on_signed_in: Option<OnSignedIn>,
    pub(crate) on_declined: Option<OnDeclined>,
    pub(crate) component_token: Option<TokenSource>,
    pub(crate) clock: Clock,
}

/// The logins that are mounted around a route, from the outermost to the innermost, as a request's extension.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mounted(pub(crate) Vec<Arc<Site>>);

/// Where the login's own routes are.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) login: String,
    pub(crate) callback: String,
    pub(crate) logout: String,
}

impl Site {
    pub(crate) fn now(&self) -> UnixTime {
        (self.clock)()
    }

    /// The application of this id, if it is one of this site's.
    pub(crate) fn door_of(&self, appid: &AppId) -> Option<&Door> {
        let website = self.website.as_ref().map(QrDoor::door);
        [Some(&self.official), website].into_iter().flatten().find(|door| door.app.account().appid() == appid)
    }

    /// The first scope that the official page is asked for.
    pub(crate) const fn first_scope(&self) -> Scope {
        match self.plan {
            Plan::AlwaysProfile => Scope::UserInfo,
            Plan::SilentFirst(_) => Scope::Base,
        }
    }

    /// Where a visitor may be sent back to: not to the login itself, or it would never end.
    pub(crate) fn return_to(&self, asked: Option<&str>) -> ReturnTo {
        let own = [&self.paths.login, &self.paths.callback, &self.paths.logout];
        asked
            .and_then(|asked| ReturnTo::parse(asked).ok())
            .filter(|asked| !own.iter().any(|path| asked.is_under(path)))
            .unwrap_or_default()
    }

    /// The path that begins a login.
    pub(crate) fn login_path(&self, return_to: &ReturnTo) -> String {
        self.login_path_with(None, return_to)
    }

    /// The path of the page that says why nobody is signed in.
    pub(crate) fn declined_path(&self, reason: DeclinedReason, return_to: &ReturnTo) -> String {
        self.login_path_with(Some(("declined", reason.as_str())), return_to)
    }

    fn login_path_with(&self, first: Option<(&str, &str)>, return_to: &ReturnTo) -> String {
        let there = Some(("return_to", return_to.as_str())).filter(|_| *return_to != ReturnTo::default());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(first.into_iter().chain(there)).finish();
        if query.is_empty() { self.paths.login.clone() } else { format!("{}?{query}", self.paths.login) }
    }
}

impl QrDoor {
    pub(crate) const fn door(&self) -> &Door {
        match self {
            Self::Redirect(door) | Self::Embedded(door, _) => door,
        }
    }
}

impl Door {
    /// The login that leaves for this scope.
    pub(crate) fn login(
        &self,
        scope: Scope,
        redirect_uri: &RedirectUri,
        lang: Lang,
    ) -> Result<Login, ConfigError> {
        let login: LoginBuilder = self.app.login(scope, redirect_uri);
        let login = if self.app.account().kind() == AccountKind::WebsiteApp {
            login.lang(match lang {
                Lang::Zh => QrLang::Chinese,
                Lang::En => QrLang::English,
            })
        } else {
            // Many of WeChat's browsers would otherwise deliver the callback twice.
            login.connect_redirect(true)
        };
        login.build()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("origin", &self.origin)
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}
