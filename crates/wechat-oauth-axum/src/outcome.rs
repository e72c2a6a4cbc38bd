//! What a login comes to: [`SignedIn`] or [`Declined`].

use std::fmt;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use wechat_oauth_core::{Grant, Identity, Profile, UnionId, UnixTime};

use crate::pages::Page;
use crate::respond;
use crate::return_to::ReturnTo;
use crate::session::WechatUser;
use crate::site::Site;

/// Somebody signed in. The application answers with a session of its own, or with [`welcome`](Self::welcome).
///
/// **Rotate the session id**: give this browser a new one, so that whoever planted or knew the old one is left with
/// nothing, and so that somebody who switches to another WeChat account does not go on as the one before.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "answer with a session of your own and redirect(), or with welcome()"]
pub struct SignedIn {
    /// Who it is: the key of an account. An openid alone is not, because every application has its own.
    pub identity: Identity,
    /// The person across the applications of one open platform account, if WeChat told it. Use it to link an account that
    /// you know, by a step of your own; it may appear later, and it is no key.
    pub unionid: Option<UnionId>,
    /// Nickname, avatar and the rest; none after a silent login, and none when WeChat would not give it just now.
    pub profile: Option<Profile>,
    /// The tokens. Keep them if you mean to read the profile again: [`WechatLogin::keep_grants`](crate::WechatLogin::keep_grants).
    pub grant: Grant,
    /// Where the visitor wanted to be.
    pub return_to: ReturnTo,
    /// This callback was answered before, with the same person: the browser reloaded, went back, or WeChat delivered it
    /// twice. Answer as before; the first answer's cookie may never have arrived.
    pub repeated: bool,
    /// The request, for extractors of yours: `Session::from_request_parts(&mut signed_in.request, &())`. Its URI is the
    /// path alone, since the query holds the code.
    pub request: Parts,
    pub(crate) signed_in_at: UnixTime,
    pub(crate) site: Arc<Site>,
}

impl SignedIn {
    /// The answer that needs nothing of the application: a [`WechatUser`] session in a sealed cookie, and a redirect to
    /// where the visitor wanted to be. After a silent sign-in the session has no name, unless this browser's had one.
    #[must_use]
    pub fn welcome(&self) -> Response {
        let user = WechatUser::new(
            self.identity.clone(),
            self.unionid.clone(),
            self.profile.as_ref(),
            self.signed_in_at,
        );
        // A silent sign-in tells no name: the one that this browser knows stays.
        let user = match WechatUser::of(&self.site, &self.request.headers) {
            Some(before) if self.profile.is_none() => user.named_as(&before),
            _ => user,
        };
        match user.keep(&self.site) {
            Ok(cookie) => respond::with_cookies(self.redirect(), [cookie]),
            Err(error) => self.site.unavailable(error, &self.return_to),
        }
    }

    /// A 303 to where the visitor wanted to be: add your session's cookie to it.
    #[must_use]
    pub fn redirect(&self) -> Response {
        respond::see_other(self.return_to.as_str())
    }
}

/// A login that signed nobody in, and the page that says so.
///
/// It is shown at an address of its own (`/login?declined=denied`), so that no code stays in the address bar. Anybody can
/// open that address: it is a page to look at, and nothing to count logins by.
#[derive(Debug)]
#[non_exhaustive]
pub struct Declined {
    /// Why.
    pub reason: DeclinedReason,
    /// Where the visitor wanted to be.
    pub return_to: ReturnTo,
    /// The path that begins again, on a button: for a page of your own. None where it would not help.
    pub again: Option<String>,
    pub(crate) page: Box<Page>,
}

impl Declined {
    /// The page of this crate, in Chinese or English as the visitor's browser prefers.
    #[must_use]
    pub fn into_page(self) -> Response {
        self.page.into_response()
    }
}

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeclinedReason {
    /// The person refused.
    Denied,
    /// A visitor of a snapshot page (快照页): a virtual person, who is nobody's account. The page offers to continue as a
    /// real one.
    Snapshot,
    /// The browser had no such login pending, twice in a row: it keeps no cookies, or the link was another browser's.
    CookiesLost,
    /// The login took too long, twice in a row.
    Expired,
    /// The code could not be exchanged, twice in a row: its answer was lost, or it was spent.
    Lost,
    /// WeChat will not have this person: a blocked or limited account.
    TurnedAway,
    /// WeChat is busy.
    Busy,
    /// The store of this site, or the application itself, does not answer.
    Unavailable,
    /// This site is set up wrongly: the log says how.
    Misconfigured,
    /// The address holds no login at all.
    BadRequest,
}

impl DeclinedReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Denied,
        Self::Snapshot,
        Self::CookiesLost,
        Self::Expired,
        Self::Lost,
        Self::TurnedAway,
        Self::Busy,
        Self::Unavailable,
        Self::Misconfigured,
        Self::BadRequest,
    ];

    /// The reason of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Whether beginning again may end otherwise, so that a page offers it.
    #[must_use]
    pub const fn may_try_again(self) -> bool {
        !matches!(self, Self::TurnedAway | Self::Misconfigured)
    }

    /// A short name for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Snapshot => "snapshot",
            Self::CookiesLost => "cookies_lost",
            Self::Expired => "expired",
            Self::Lost => "lost",
            Self::TurnedAway => "turned_away",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Misconfigured => "misconfigured",
            Self::BadRequest => "bad_request",
        }
    }
}

impl fmt::Display for DeclinedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
