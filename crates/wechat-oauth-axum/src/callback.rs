//! Back: whatever the browser brings, it goes on to an address without the code.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State as Shared};
use axum::http::Uri;
use axum::http::header::{COOKIE, Entry};
use axum::http::request::Parts;
use axum::response::Response;
use tracing::{Instrument as _, Span, field};
use wechat_oauth_core::{CallbackReason, Code, Profile, ProfileLang, Scope, State};
use wechat_oauth_store::StoreError;

use crate::answered::{self, Answer, Answered, Failure, Known};
use crate::outcome::{DeclinedReason, SignedIn};
use crate::pages::Lang;
use crate::pending::{self, Found, PendingLogin, is_restarted};
use crate::respond;
use crate::return_to::ReturnTo;
use crate::session::WechatUser;
use crate::site::{Door, Plan, Site};

/// `GET /callback?code=…&state=…`
pub(crate) async fn callback(Shared(site): Shared<Arc<Site>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    // With its path: a query alone could be mistaken for another shape of callback.
    let callback = parts.uri.path_and_query().map_or("/", |asked| asked.as_str()).to_owned();
    // From here on nobody sees the code: not the application, and not its log. Nor a cookie, in a `Debug`.
    parts.uri = Uri::try_from(site.paths.callback.as_str()).unwrap_or_default();
    parts.extensions.insert(OriginalUri(parts.uri.clone()));
    if let Entry::Occupied(mut cookies) = parts.headers.entry(COOKIE) {
        cookies.iter_mut().for_each(|cookie| cookie.set_sensitive(true));
    }
    let span = tracing::info_span!(
        "wechat_callback",
        path = %site.paths.callback,
        appid = field::Empty,
        outcome = field::Empty,
    );
    site.called_back(&callback, parts).instrument(span).await
}

/// Says in the span, and as an event of it, what the callback is.
fn came_back(outcome: &'static str) {
    Span::current().record("outcome", outcome);
    tracing::info!(outcome, "a callback came back");
}

impl Site {
    async fn called_back(self: &Arc<Self>, callback: &str, request: Parts) -> Response {
        let (callback, state) = match pending::read_state(callback) {
            Ok(read) => read,
            Err(reason) => {
                came_back("no_login");
                tracing::info!(reason = reason.as_str(), "the callback cannot be read");
                return self.decline(DeclinedReason::BadRequest, &ReturnTo::default());
            }
        };
        match PendingLogin::find(&self.cookies, &self.keyring, &request.headers, &state, self.now()) {
            Found::Matched(login) => self.matched(&callback, &state, login, request).await,
            Found::Expired(login) => {
                came_back("expired");
                self.again(&request, &state, Some(&login), DeclinedReason::Expired)
            }
            Found::Nothing => {
                came_back("nothing_pending");
                // Whoever is signed in is not signed in anew by somebody else's link, not even as themselves.
                if WechatUser::of(self, &request.headers).is_some() {
                    return respond::see_other(ReturnTo::default().as_str());
                }
                self.again(&request, &state, None, DeclinedReason::CookiesLost)
            }
        }
    }

    async fn matched(
        self: &Arc<Self>,
        callback: &str,
        state: &State,
        login: PendingLogin,
        request: Parts,
    ) -> Response {
        let Some(door) = self.door_of(login.pending.appid()) else {
            return self.decline(DeclinedReason::Misconfigured, &login.return_to);
        };
        Span::current().record("appid", field::display(door.app.account().appid()));
        let code = match login.pending.clone().accept(callback) {
            Ok(code) => code,
            Err(error) => {
                came_back("matched");
                tracing::info!(reason = error.reason().as_str(), "the callback holds no code");
                return match error.reason() {
                    CallbackReason::Denied => self.decline(DeclinedReason::Denied, &login.return_to),
                    _ => self.again(&request, state, Some(&login), DeclinedReason::BadRequest),
                };
            }
        };
        let answered = match self.answer(door, state, &login, code, Lang::of_headers(&request.headers)).await
        {
            Ok(answered) => answered,
            Err(error) => return self.unavailable(error, &login.return_to),
        };
        came_back(if answered.repeated { "replayed" } else { "matched" });
        match answered.answer {
            Answer::Person(person) => self.person(door, &login, *person, answered.repeated, request).await,
            Answer::Snapshot => self.decline(DeclinedReason::Snapshot, &login.return_to),
            Answer::Failed(Failure::Restart) => {
                self.again(&request, state, Some(&login), DeclinedReason::Lost)
            }
            Answer::Failed(Failure::TurnedAway) => self.decline(DeclinedReason::TurnedAway, &login.return_to),
            Answer::Failed(Failure::Busy) => self.decline(DeclinedReason::Busy, &login.return_to),
            Answer::Failed(Failure::Misconfigured) => {
                self.decline(DeclinedReason::Misconfigured, &login.return_to)
            }
        }
    }

    async fn answer(
        &self,
        door: &Door,
        state: &State,
        login: &PendingLogin,
        code: Code,
        lang: Lang,
    ) -> Result<Answered, StoreError> {
        let mut app = door.app.clone();
        let slot = answered::slot(&app, &login.browser, state);
        if let Some(source) = &self.component_token {
            // What is known needs no token.
            if let Some(answered) = answered::earlier(&self.vault, &slot).await? {
                return Ok(answered);
            }
            let token = source().await.map_err(|error| {
                tracing::error!(%error, "the application gave no component_access_token");
                StoreError::Unavailable { what: "the source of the component_access_token" }
            })?;
            app = app.with_component_token(token);
        }
        let lang = match lang {
            Lang::Zh => ProfileLang::SimplifiedChinese,
            Lang::En => ProfileLang::English,
        };
        let exchange = answered::exchange(app, door.client.clone(), code, lang, self.now());
        answered::answer(&self.vault, slot, exchange).await
    }

    async fn person(
        self: &Arc<Self>,
        door: &Door,
        login: &PendingLogin,
        person: Known,
        repeated: bool,
        request: Parts,
    ) -> Response {
        let Known { grant, profile, at } = person;
        let return_to = login.return_to.clone();
        let identity = grant.identity().clone();
        if login.pending.scope() == Scope::Base
            && let Plan::SilentFirst(knows) = &self.plan
        {
            match knows(identity.clone()).await {
                Ok(true) => {}
                Ok(false) => {
                    return self.begin(&request.headers, door, Scope::UserInfo, &return_to, false);
                }
                Err(error) => {
                    tracing::error!(%error, "the application could not say whether it knows the person");
                    return self.decline(DeclinedReason::Unavailable, &return_to);
                }
            }
        }
        if let Some(keeper) = self.keepers.iter().find(|keeper| keeper.appid() == identity.appid())
            && let Err(error) = keeper.keep(&grant).await
        {
            tracing::error!(%error, "the grant could not be kept");
            return self.decline(DeclinedReason::Unavailable, &return_to);
        }
        let unionid = grant.unionid().or_else(|| profile.as_ref().and_then(Profile::unionid)).cloned();
        let signed_in = SignedIn {
            identity,
            unionid,
            profile,
            grant,
            return_to,
            repeated,
            request,
            signed_in_at: at,
            site: Arc::clone(self),
        };
        match &self.on_signed_in {
            Some(on_signed_in) => on_signed_in(signed_in).await,
            None => signed_in.welcome(),
        }
    }

    /// Begins the login again, by itself and once: the mark is in the state. The second time, a page says why.
    fn again(
        &self,
        request: &Parts,
        state: &State,
        login: Option<&PendingLogin>,
        reason: DeclinedReason,
    ) -> Response {
        let return_to = login.map(|login| login.return_to.clone()).unwrap_or_default();
        match is_restarted(state) {
            Some(false) => {}
            Some(true) => return self.decline(reason, &return_to),
            None => return self.decline(DeclinedReason::BadRequest, &return_to),
        }
        let door =
            login.and_then(|login| Some((self.door_of(login.pending.appid())?, login.pending.scope())));
        match door {
            Some((door, scope)) => self.begin(&request.headers, door, scope, &return_to, true),
            None => self.leave(&request.headers, None, &return_to, true),
        }
    }

    /// The end of a login that signs nobody in: a page says so, at an address without the code.
    pub(crate) fn decline(&self, reason: DeclinedReason, return_to: &ReturnTo) -> Response {
        tracing::info!(%reason, "nobody is signed in");
        respond::see_other(&self.declined_path(reason, return_to))
    }

    /// The end of a login whose store does not answer: nothing is skipped for it.
    pub(crate) fn unavailable(&self, error: StoreError, return_to: &ReturnTo) -> Response {
        tracing::error!(%error, "something that the login needs does not answer");
        self.decline(DeclinedReason::Unavailable, return_to)
    }
}
