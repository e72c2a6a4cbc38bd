//! [`WechatLogin`]: a site's login, described.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{map_request, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use thiserror::Error;
use wechat_oauth_core::{
    App, Code, ComponentAccessToken, ConfigError, Identity, RedirectUri, RedirectUriError, Scope, UnixTime,
    WxLoginOptions,
};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Keeper, Keyring, MemoryStore, Store, Vault};

use crate::cookies::Cookies;
use crate::origin::{Origin, OriginError};
use crate::outcome::{Declined, SignedIn};
use crate::pages::Lang;
use crate::respond;
use crate::site::{
    BoxError, Clock, Door, Knows, Mounted, OnDeclined, OnSignedIn, Paths, Plan, QrDoor, Site, TokenSource,
};
use crate::{callback, door, session};

/// How long a [`WechatUser`](crate::WechatUser) session lasts unless told otherwise: a week.
pub const DEFAULT_SESSION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The shortest lifetime of a session: a shorter one would be over before the page that it was begun for.
pub const MIN_SESSION_LIFETIME: Duration = Duration::from_secs(60);

/// The longest text of a domain verification file, in bytes; Tencent's have 16 characters.
const MAX_VERIFICATION: usize = 256;

/// A site's WeChat login: describe it, then [`mount`](Self::mount) it.
///
/// [`origin`](Self::origin) and [`keyring`](Self::keyring) must be told; everything else has a default that is right for
/// a site on one machine.
#[must_use = "mount it on a router"]
pub struct WechatLogin {
    official: Door,
    website: Option<QrDoor>,
    plan: Plan,
    origin: Option<String>,
    prefix: String,
    keyring: Option<Keyring>,
    store: Option<Box<dyn FnOnce(Keyring) -> Vault + Send>>,
    keepers: Vec<Keeper>,
    session_lifetime: Duration,
    verification: Vec<(String, String)>,
    on_signed_in: Option<OnSignedIn>,
    on_declined: Option<OnDeclined>,
    component_token: Option<TokenSource>,
    clock: Clock,
}

impl WechatLogin {
    /// A login with this official account (or one that a component acts for), whose requests this client sends.
    pub fn new(app: App, client: Client) -> Self {
        Self {
            official: Door { app, client },
            website: None,
            plan: Plan::AlwaysProfile,
            origin: None,
            prefix: String::new(),
            keyring: None,
            store: None,
            keepers: Vec::new(),
            session_lifetime: DEFAULT_SESSION_LIFETIME,
            verification: Vec::new(),
            on_signed_in: None,
            on_declined: None,
            component_token: None,
            clock: Arc::new(now),
        }
    }

    /// Where browsers see this site: `https://www.example.com`, or `http://localhost:3000` while developing. Behind a
    /// reverse proxy it is the proxy's. The `Host` of a request is never believed.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// What the cookies are sealed with. The same on every replica, and kept: with another one, whoever is signed in or
    /// on the way is not.
    pub fn keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Asks for the profile at every sign-in, with WeChat's consent page (`snsapi_userinfo`). The default.
    pub fn always_profile(mut self) -> Self {
        self.plan = Plan::AlwaysProfile;
        self
    }

    /// Signs in silently (`snsapi_base`), and asks for consent and the profile only when `knows` says that the
    /// application does not know this person yet. An error signs nobody in, and is logged as it is written.
    ///
    /// A silent sign-in brings no profile: keep the one that came with the consent.
    ///
    /// ```no_run
    /// use std::collections::HashMap;
    /// use std::sync::{Arc, Mutex};
    /// # use wechat_oauth_axum::{SignedIn, WechatLogin};
    ///
    /// # fn plan(login: WechatLogin) -> WechatLogin {
    /// let names = Arc::new(Mutex::new(HashMap::new())); // a table of yours
    /// let known = Arc::clone(&names);
    /// login
    ///     .silent_first(move |identity| {
    ///         let known = known.lock().unwrap().contains_key(&identity);
    ///         async move { Ok(known) }
    ///     })
    ///     .on_signed_in(move |signed_in: SignedIn| {
    ///         if let Some(profile) = &signed_in.profile {
    ///             names.lock().unwrap().insert(signed_in.identity.clone(), profile.nickname().clone());
    ///         }
    ///         async move { signed_in.welcome() }
    ///     })
    /// # }
    /// ```
    pub fn silent_first<F, R>(mut self, knows: F) -> Self
    where
        F: Fn(Identity) -> R + Send + Sync + 'static,
        R: Future<Output = Result<bool, BoxError>> + Send + 'static,
    {
        let knows: Knows = Arc::new(move |identity| Box::pin(knows(identity)));
        self.plan = Plan::SilentFirst(knows);
        self
    }

    /// Signs in on a desktop too, with this website app's QR code on WeChat's page.
    pub fn website(mut self, app: App, client: Client) -> Self {
        self.website = Some(QrDoor::Redirect(Door { app, client }));
        self
    }

    /// Signs in on a desktop too, with this website app's QR code inside a page of this site.
    pub fn website_embedded(mut self, app: App, client: Client, options: WxLoginOptions) -> Self {
        self.website = Some(QrDoor::Embedded(Door { app, client }, options));
        self
    }

    /// Where the answers to callbacks are remembered, when not in this process: what several replicas need.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Box::new(move |keyring| Vault::new(store, keyring)));
        self
    }

    /// Keeps the grant of every sign-in, so that the profile can be read again later. One keeper for each application.
    pub fn keep_grants(mut self, keeper: Keeper) -> Self {
        self.keepers.push(keeper);
        self
    }

    /// Answers a sign-in: with a session of the application's own. Without it, the answer is
    /// [`SignedIn::welcome`](crate::SignedIn::welcome).
    ///
    /// Unless it answers `welcome()`, [`WechatUser`](crate::WechatUser) is nobody, and `POST /logout` knows nothing of that
    /// session: sign out by a route of your own, with [`SignOut`](crate::SignOut) beside it.
    pub fn on_signed_in<F, R, A>(mut self, answer: F) -> Self
    where
        F: Fn(SignedIn) -> R + Send + Sync + 'static,
        R: Future<Output = A> + Send + 'static,
        A: IntoResponse,
    {
        let answer = Arc::new(answer);
        self.on_signed_in = Some(Arc::new(move |signed_in| {
            let answer = answer(signed_in);
            Box::pin(async move { answer.await.into_response() })
        }));
        self
    }

    /// Answers a login that signs nobody in: with a page of the application's own. Without it, the answer is
    /// [`Declined::into_page`](crate::Declined::into_page).
    pub fn on_declined<F, R, A>(mut self, answer: F) -> Self
    where
        F: Fn(Declined) -> R + Send + Sync + 'static,
        R: Future<Output = A> + Send + 'static,
        A: IntoResponse,
    {
        self.on_declined = Some(Arc::new(move |declined| {
            let answer = answer(declined);
            Box::pin(async move { answer.await.into_response() })
        }));
        self
    }

    /// Serves a file that Tencent asks for, to see that the domain is yours: `verify_file("MP_verify_AbC.txt", "AbC")`.
    pub fn verify_file(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.verification.push((name.into(), text.into()));
        self
    }

    /// Puts `/login`, `/callback` and `/logout` under a path of their own, such as `/wechat`: several logins, each with its
    /// accounts and sessions, live side by side on one site. A page knows the [`WechatUser`](crate::WechatUser) of the
    /// login that was mounted first on its router.
    pub fn at(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a [`WechatUser`](crate::WechatUser) session lasts: [`DEFAULT_SESSION_LIFETIME`] unless told otherwise, at
    /// least [`MIN_SESSION_LIFETIME`].
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = lifetime;
        self
    }

    /// For a component (第三方平台): where its `component_access_token` comes from. It is asked for before each sign-in,
    /// since the token lives for two hours. An error is logged as it is written.
    pub fn component_token<F, R>(mut self, source: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<ComponentAccessToken, BoxError>> + Send + 'static,
    {
        self.component_token = Some(Arc::new(move || Box::pin(source())));
        self
    }

    /// The clock, when not this machine's: for tests.
    pub fn clock(mut self, now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// The site with its login: adds `/login`, `/callback`, `POST /logout` and the verification files, and makes
    /// [`WechatUser`](crate::WechatUser) known to every route of `site`.
    ///
    /// # Errors
    /// [`SetupError`] when something is missing or cannot work; then no visitor would get in either.
    ///
    /// # Panics
    /// When `site` has one of these routes already, as [`Router::merge`] does: see [`at`](Self::at).
    pub fn mount<S: Clone + Send + Sync + 'static>(self, site: Router<S>) -> Result<Router<S>, SetupError> {
        let verification = self.verification.clone();
        let login = Arc::new(self.build()?);
        let routes = router(&login, verification)?;
        let known = map_request(move |mut request: Request| {
            request.extensions_mut().get_or_insert_default::<Mounted>().0.push(Arc::clone(&login));
            std::future::ready(request)
        });
        Ok(site.merge(routes).layer(known))
    }

    /// The login's own routes alone, for a site with sessions of its own.
    ///
    /// # Errors
    /// As [`mount`](Self::mount).
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Result<Router<S>, SetupError> {
        self.mount(Router::new())
    }

    fn build(self) -> Result<Site, SetupError> {
        let origin = Origin::parse(&self.origin.ok_or(SetupError::OriginMissing)?)?;
        let keyring = self.keyring.ok_or(SetupError::KeyringMissing)?;
        let paths = Paths::under(&self.prefix)?;
        let redirect_uri = RedirectUri::parse(&origin.join(&paths.callback))?;
        let vault = match self.store {
            Some(vault) => vault(keyring.clone()),
            None => Vault::new(MemoryStore::new(), keyring.clone()),
        };
        let site = Site {
            cookies: Cookies::new(&origin, &self.prefix),
            official: self.official,
            website: self.website,
            plan: self.plan,
            origin,
            paths,
            redirect_uri,
            keyring,
            vault,
            keepers: self.keepers,
            session_lifetime: self.session_lifetime,
            on_signed_in: self.on_signed_in,
            on_declined: self.on_declined,
            component_token: self.component_token,
            clock: self.clock,
        };
        check(&site)?;
        Ok(site)
    }
}

/// A login that cannot work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// [`WechatLogin::origin`] was not called.
    #[error("where is this site? call origin(\"https://www.example.com\")")]
    OriginMissing,
    /// The origin is none.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// [`WechatLogin::keyring`] was not called.
    #[error(
        "what are the cookies sealed with? call keyring(Keyring::from_hex(…)?), or keyring(Keyring::generate()?) to try it out"
    )]
    KeyringMissing,
    /// The path is none.
    #[error("the path of the login is not one: write it as /wechat")]
    Prefix,
    /// The verification file is none of Tencent's.
    #[error(
        "that is no verification file: its name is such as MP_verify_AbC.txt, and its text one short line"
    )]
    VerificationFile,
    /// The session would be over at once.
    #[error("a session of less than a minute is over before its first page: give it more")]
    SessionLifetime,
    /// A [`Keeper`] of an application that nobody signs in with.
    #[error("the keeper of {appid} would keep nothing: nobody signs in with that application here")]
    Keeper {
        /// Whose it is.
        appid: Box<str>,
    },
    /// The callback cannot be a redirect URI.
    #[error(transparent)]
    RedirectUri(#[from] RedirectUriError),
    /// The application cannot do what it is here for.
    #[error("the application {appid}: {cause}")]
    App {
        /// Which one.
        appid: Box<str>,
        /// Why.
        cause: ConfigError,
    },
}

impl Paths {
    fn under(prefix: &str) -> Result<Self, SetupError> {
        let is_segment = |segment: &str| {
            !segment.is_empty()
                && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let is_path = prefix.strip_prefix('/').is_some_and(|path| path.split('/').all(is_segment));
        if !is_path && !prefix.is_empty() {
            return Err(SetupError::Prefix);
        }
        let path = |name: &str| format!("{prefix}/{name}");
        Ok(Self { login: path("login"), callback: path("callback"), logout: path("logout") })
    }
}

/// Every login that a visitor may begin is begun once now, so that what cannot work is known before anybody comes.
fn check(site: &Site) -> Result<(), SetupError> {
    if site.session_lifetime < MIN_SESSION_LIFETIME {
        return Err(SetupError::SessionLifetime);
    }
    if let Some(keeper) = site.keepers.iter().find(|keeper| site.door_of(keeper.appid()).is_none()) {
        return Err(SetupError::Keeper { appid: keeper.appid().as_str().into() });
    }
    let website = site.website.as_ref().map(|website| (website.door(), vec![Scope::Login]));
    let official = (&site.official, vec![Scope::Base, Scope::UserInfo]);
    for (door, scopes) in [Some(official), website].into_iter().flatten() {
        let failed = |cause| SetupError::App { appid: door.app.account().appid().as_str().into(), cause };
        for scope in scopes {
            door.login(scope, &site.redirect_uri, Lang::Zh).map_err(failed)?;
        }
        let code = Code::received_without_state("setup").map_err(|_| SetupError::Prefix);
        match door.app.exchange(code?) {
            Err(ConfigError::ComponentTokenMissing) if site.component_token.is_some() => {}
            Err(cause) => return Err(failed(cause)),
            Ok(_) => {}
        }
    }
    Ok(())
}

fn router<S: Clone + Send + Sync + 'static>(
    site: &Arc<Site>,
    verification: Vec<(String, String)>,
) -> Result<Router<S>, SetupError> {
    let mut router = Router::new()
        .route(&site.paths.login, get(door::login))
        .route(&site.paths.callback, get(callback::callback))
        .route(&site.paths.logout, post(session::logout));
    let mut names = BTreeSet::new();
    for (name, text) in verification {
        let is_line = text.len() <= MAX_VERIFICATION && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_verification_file(&name) || !is_line || !names.insert(name.clone()) {
            return Err(SetupError::VerificationFile);
        }
        router = router.route(&format!("/{name}"), get(async move || text.into_response()));
    }
    // Around every route, with its refusals.
    let guard = map_response(async |response: Response| respond::guarded(response));
    Ok(router.layer(guard).with_state(Arc::clone(site)))
}

fn is_verification_file(name: &str) -> bool {
    name.strip_suffix(".txt").is_some_and(|stem| {
        !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}

fn now() -> UnixTime {
    // A clock that stands before 1970 says 0.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since_1970.as_secs())
}

impl fmt::Debug for WechatLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatLogin")
            .field("official", self.official.app.account().appid())
            .field("origin", &self.origin)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
