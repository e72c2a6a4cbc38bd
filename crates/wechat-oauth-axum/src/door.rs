//! Out: which page of WeChat's a visitor is sent to, and the login that is kept with the browser meanwhile.

use std::sync::Arc;

use axum::extract::{Query, State as Shared};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tracing::Instrument as _;
use wechat_oauth_core::{BrowserKind, Scope};

use crate::outcome::{Declined, DeclinedReason};
use crate::pages::{self, Lang};
use crate::pending::{PendingLogin, fresh_state};
use crate::respond;
use crate::return_to::ReturnTo;
use crate::site::{Door, QrDoor, Site};

/// The query of `/login`. All are wishes: what is wrong counts as not said.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct LoginQuery {
    return_to: Option<String>,
    door: Option<String>,
    declined: Option<String>,
}

/// Where a visitor goes to sign in.
enum Way<'a> {
    /// The official page, inside WeChat.
    Official,
    /// The QR page of the website app.
    Website(&'a QrDoor),
    /// A page with this login as a QR code, for the phone.
    Phone,
}

/// `GET /login?return_to=…`, or, after a login that signed nobody in, `GET /login?declined=…&return_to=…`
pub(crate) async fn login(
    Shared(site): Shared<Arc<Site>>,
    query: Result<Query<LoginQuery>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Query(query) = query.unwrap_or_default();
    let return_to = site.return_to(query.return_to.as_deref());
    let answer = async {
        match query.declined.as_deref().and_then(DeclinedReason::named) {
            Some(reason) => site.show_declined(&headers, reason, return_to).await,
            None => site.leave(&headers, query.door.as_deref(), &return_to, false),
        }
    };
    answer.instrument(tracing::info_span!("wechat_login", path = %site.paths.login)).await
}

impl Site {
    /// Sends a visitor to sign in. `restarted`: by itself, because what came back could not be used.
    pub(crate) fn leave(
        &self,
        headers: &HeaderMap,
        asked: Option<&str>,
        return_to: &ReturnTo,
        restarted: bool,
    ) -> Response {
        match self.way(headers, asked) {
            Way::Official => self.begin(headers, &self.official, self.first_scope(), return_to, restarted),
            Way::Website(QrDoor::Redirect(door)) => {
                self.begin(headers, door, Scope::Login, return_to, restarted)
            }
            // A page of this site is not shown at the address of a callback.
            Way::Website(QrDoor::Embedded(door, _)) if restarted => {
                self.begin(headers, door, Scope::Login, return_to, restarted)
            }
            Way::Phone if restarted => respond::see_other(&self.login_path(return_to)),
            Way::Website(QrDoor::Embedded(door, options)) => {
                self.begin_embedded(headers, door, options, return_to)
            }
            Way::Phone => {
                let url = self.origin.join(&self.login_path(return_to));
                let here_is_a_phone = browser(headers) == BrowserKind::Phone;
                pages::phone(Lang::of_headers(headers), &url, here_is_a_phone).into_response()
            }
        }
    }

    /// The page that says why nobody is signed in.
    async fn show_declined(
        &self,
        headers: &HeaderMap,
        reason: DeclinedReason,
        return_to: ReturnTo,
    ) -> Response {
        let again = reason.may_try_again().then(|| self.login_path(&return_to));
        let page = pages::declined(Lang::of_headers(headers), reason, again.as_deref());
        let declined = Declined { reason, return_to, again, page: Box::new(page) };
        match &self.on_declined {
            Some(on_declined) => on_declined(declined).await,
            None => declined.into_page(),
        }
    }

    /// The browser's own word chooses the page, and nothing else: whoever lies about it gets another page.
    fn way(&self, headers: &HeaderMap, asked: Option<&str>) -> Way<'_> {
        match (asked, browser(headers), &self.website) {
            (Some("official"), _, _) => Way::Official,
            (Some("phone"), _, _) => Way::Phone,
            (Some("website"), _, Some(website)) => Way::Website(website),
            (_, BrowserKind::WeChat, _) => Way::Official,
            (_, BrowserKind::Desktop, Some(website)) => Way::Website(website),
            (_, BrowserKind::Desktop | BrowserKind::Phone, _) => Way::Phone,
        }
    }

    /// Begins a login: one half leaves with the browser, the other stays in its cookie.
    pub(crate) fn begin(
        &self,
        headers: &HeaderMap,
        door: &Door,
        scope: Scope,
        return_to: &ReturnTo,
        restarted: bool,
    ) -> Response {
        let Ok(login) = door.login(scope, &self.redirect_uri, Lang::of_headers(headers)) else {
            return self.decline(DeclinedReason::Misconfigured, return_to);
        };
        let kept = fresh_state(restarted).and_then(|state| {
            let (url, pending) = login.begin(state);
            let login = PendingLogin::new(pending, return_to.clone(), self.now())?;
            Ok((url, login.keep(&self.cookies, &self.keyring, headers)?))
        });
        match kept {
            Ok((url, cookies)) => {
                tracing::info!(appid = %door.app.account().appid(), %scope, restarted, "a login left for WeChat");
                respond::with_cookies(respond::see_other(url.as_str()), cookies)
            }
            Err(error) => self.unavailable(error, return_to),
        }
    }

    fn begin_embedded(
        &self,
        headers: &HeaderMap,
        door: &Door,
        options: &wechat_oauth_core::WxLoginOptions,
        return_to: &ReturnTo,
    ) -> Response {
        let lang = Lang::of_headers(headers);
        let Ok(login) = door.login(Scope::Login, &self.redirect_uri, lang) else {
            return self.decline(DeclinedReason::Misconfigured, return_to);
        };
        let kept = fresh_state(false).and_then(|state| {
            let argument = login.wx_login(&state, options.clone());
            let (url, pending) = login.begin(state);
            let login = PendingLogin::new(pending, return_to.clone(), self.now())?;
            Ok((url, argument, login.keep(&self.cookies, &self.keyring, headers)?))
        });
        let (url, argument, cookies) = match kept {
            Ok((url, Some(argument), cookies)) => (url, argument, cookies),
            Ok((_, None, _)) => return self.decline(DeclinedReason::Misconfigured, return_to),
            Err(error) => return self.unavailable(error, return_to),
        };
        tracing::info!(appid = %door.app.account().appid(), "a QR code was embedded");
        let endpoints = door.app.endpoints();
        let page =
            pages::embedded(lang, &endpoints.wx_login_script(), endpoints.pages(), &argument, url.as_str());
        respond::with_cookies(page.into_response(), cookies)
    }
}

fn browser(headers: &HeaderMap) -> BrowserKind {
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    BrowserKind::of_user_agent(user_agent.unwrap_or_default())
}
