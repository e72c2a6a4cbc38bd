//! A session for sites that have none of their own: [`WechatUser`], in a sealed cookie.

use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, OriginalUri};
use axum::http::header::{ACCEPT, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use serde::{Deserialize, Serialize};
use wechat_oauth_core::{Avatar, CLOCK_SKEW_SECS, Identity, Profile, UnionId, UnixTime, UntrustedText};
use wechat_oauth_store::StoreError;

use crate::site::{Mounted, Site};
use crate::{cookies, pending, respond};

/// What is sealed for: no pending login passes for a session.
const PURPOSE: &str = "wechat user";
const COOKIE: &str = "user";
/// The longest nickname that the session keeps, in characters: WeChat's own limit is 32.
const MAX_NICKNAME: usize = 64;
/// The longest avatar's URL that the session keeps, in bytes: a browser drops a cookie beyond 4096 bytes.
const MAX_AVATAR: usize = 512;

/// Who is signed in, by this crate's own session: a sealed cookie that the browser cannot read, change or make.
///
/// As an extractor it lets nobody else in: a visitor of a page goes to `/login` and comes back to it, any other request
/// is answered 401. `Option<WechatUser>` lets everybody in.
///
/// ```
/// use wechat_oauth_axum::WechatUser;
///
/// async fn members(user: WechatUser) -> String {
///     format!("hello, {}", user.nickname())
/// }
///
/// async fn home(user: Option<WechatUser>) -> &'static str {
///     if user.is_some() { "welcome back" } else { "welcome" }
/// }
/// ```
///
/// The cookie alone is the session: it ends with its lifetime, and signing out makes this browser forget it. A site that
/// must end sessions from its own side keeps its own, with
/// [`on_signed_in`](crate::WechatLogin::on_signed_in).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WechatUser {
    identity: Identity,
    unionid: Option<UnionId>,
    nickname: UntrustedText,
    avatar: Option<Avatar>,
    signed_in_at: UnixTime,
}

impl WechatUser {
    pub(crate) fn new(
        identity: Identity,
        unionid: Option<UnionId>,
        profile: Option<&Profile>,
        signed_in_at: UnixTime,
    ) -> Self {
        let nickname = profile.map(|profile| profile.nickname().as_untrusted_str()).unwrap_or_default();
        let avatar = profile.and_then(Profile::avatar).filter(|avatar| avatar.as_str().len() <= MAX_AVATAR);
        Self {
            identity,
            unionid,
            nickname: UntrustedText::from(nickname.chars().take(MAX_NICKNAME).collect::<String>()),
            avatar: avatar.cloned(),
            signed_in_at,
        }
    }

    /// The same, with the name and the picture of an earlier session of the same person.
    pub(crate) fn named_as(mut self, before: &Self) -> Self {
        if self.identity == before.identity {
            self.nickname = before.nickname.clone();
            self.avatar = before.avatar.clone();
        }
        self
    }

    /// Who it is: the key of an account.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The person across the applications of one open platform account, if WeChat told it.
    #[must_use]
    pub const fn unionid(&self) -> Option<&UnionId> {
        self.unionid.as_ref()
    }

    /// The nickname at the sign-in; empty after a silent one. The person chose it: escape it for HTML
    /// (templates do, or [`UntrustedText::html_escaped`]).
    #[must_use]
    pub const fn nickname(&self) -> &UntrustedText {
        &self.nickname
    }

    /// The avatar at the sign-in.
    #[must_use]
    pub const fn avatar(&self) -> Option<&Avatar> {
        self.avatar.as_ref()
    }

    /// When this person signed in.
    #[must_use]
    pub const fn signed_in_at(&self) -> UnixTime {
        self.signed_in_at
    }

    /// The header that keeps this session with the browser.
    pub(crate) fn keep(&self, site: &Site) -> Result<HeaderValue, StoreError> {
        let name = site.cookies.name(COOKIE, "");
        let value = cookies::seal(&site.keyring, PURPOSE, &name, self)?;
        site.cookies.set(&name, &value, site.session_lifetime).ok_or(StoreError::Unreadable)
    }

    /// Who is signed in, by the cookies of a request.
    pub(crate) fn of(site: &Site, headers: &HeaderMap) -> Option<Self> {
        let name = site.cookies.name(COOKIE, "");
        cookies::values(headers, &name)
            .filter_map(|value| cookies::open::<Self>(&site.keyring, PURPOSE, &name, value))
            .find(|user| user.is_current(site) && site.door_of(user.identity.appid()).is_some())
    }

    fn is_current(&self, site: &Site) -> bool {
        let now = site.now();
        now.secs_since(self.signed_in_at) < site.session_lifetime.as_secs()
            && self.signed_in_at.secs_since(now) <= CLOCK_SKEW_SECS
    }
}

impl fmt::Debug for WechatUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatUser").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for WechatUser {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotSignedIn> {
        let Some(site) = innermost(parts) else { return Err(NotSignedIn(Refusal::NotMounted)) };
        if let Some(user) = Self::of(site, &parts.headers) {
            return Ok(user);
        }
        if !is_page_visit(parts) {
            return Err(NotSignedIn(Refusal::Unauthorized));
        }
        // Under a nested router the URI is only a part of the path.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let here = uri.path_and_query().map(PathAndQuery::as_str);
        Err(NotSignedIn(Refusal::SignIn(site.login_path(&site.return_to(here)))))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for WechatUser {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, NotSignedIn> {
        match innermost(parts) {
            Some(site) => Ok(Self::of(site, &parts.headers)),
            None => Err(NotSignedIn(Refusal::NotMounted)),
        }
    }
}

/// Nobody is signed in: a visitor of a page is sent to sign in, any other request is answered 401.
#[derive(Debug)]
pub struct NotSignedIn(Refusal);

#[derive(Debug)]
enum Refusal {
    SignIn(String),
    Unauthorized,
    /// [`mount`](crate::WechatLogin::mount) was not used.
    NotMounted,
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        match self.0 {
            Refusal::SignIn(path) => respond::guarded(respond::see_other(&path)),
            Refusal::Unauthorized => respond::guarded(StatusCode::UNAUTHORIZED.into_response()),
            Refusal::NotMounted => {
                tracing::error!("WechatUser was asked for on a router that WechatLogin::mount did not make");
                respond::guarded(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
        }
    }
}

/// Signs this browser out: the part of an answer that makes it forget its [`WechatUser`], and every login it has pending
/// with any login that is mounted around this route, so that the back button does not sign in again. For a site with sessions of its own, which ends its own beside it;
/// `POST /logout` does it by itself.
///
/// ```
/// use axum::response::Redirect;
/// use wechat_oauth_axum::SignOut;
///
/// async fn sign_out(sign_out: SignOut) -> (SignOut, Redirect) {
///     (sign_out, Redirect::to("/"))
/// }
/// ```
///
/// A request that another site's page sends is refused with 403, so that nobody is signed out by a link.
#[derive(Debug)]
pub struct SignOut(Vec<HeaderValue>);

impl<S: Send + Sync> FromRequestParts<S> for SignOut {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let site = innermost(parts).ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        if parts.method != Method::POST {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        if !is_from_here(site, &parts.headers) {
            return Err(StatusCode::FORBIDDEN);
        }
        let mounted = parts.extensions.get::<Mounted>().into_iter().flat_map(|mounted| &mounted.0);
        let pending = mounted.flat_map(|site| pending::forget_all(&site.cookies, &parts.headers));
        let user = site.cookies.forget(&site.cookies.name(COOKIE, ""));
        Ok(Self(pending.chain(user).collect()))
    }
}

impl IntoResponseParts for SignOut {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for cookie in self.0 {
            response.headers_mut().append(axum::http::header::SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// `POST /logout`
pub(crate) async fn logout(sign_out: SignOut) -> Response {
    respond::with_cookies(respond::see_other("/"), sign_out.0)
}

/// The login whose users the route asks for.
fn innermost(parts: &Parts) -> Option<&Arc<Site>> {
    parts.extensions.get::<Mounted>()?.0.last()
}

/// Whether a person looks at a page: a redirect to a login helps nobody else.
fn is_page_visit(parts: &Parts) -> bool {
    let accepts = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("text/html"));
    parts.method == Method::GET && parts.headers.get_all(ACCEPT).iter().any(accepts)
}

/// Whether a page of this very site sent the request. The browser's own word is `Sec-Fetch-Site`; the origin of a page
/// without a referrer is `null`, so it counts only for browsers that say nothing else. A program that says neither has no
/// cookies to lose.
fn is_from_here(site: &Site, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(from) => from == "same-origin",
        None => headers.get(ORIGIN).is_none_or(|origin| origin == site.origin.as_str()),
    }
}
