//! What the wire said, beside each login: written down around the logins' routes, for the home page.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use wechat_oauth::ProfileReport;
use wechat_oauth_axum::SignedIn;

use super::session::{SessionId, fresh_id};
use super::site::Site;
use super::wire::{Step, new_calls};

/// What came of a callback that signed somebody in: left in its answer.
#[derive(Clone)]
pub(crate) struct Learned {
    /// The browser's session from now on.
    session: SessionId,
    step: Step,
}

/// Left in the page that ends a login without anybody signed in.
#[derive(Clone)]
pub(crate) struct Ended;

impl Learned {
    pub(crate) fn of(signed_in: &SignedIn, session: SessionId) -> Self {
        let profile = signed_in.profile.as_ref().map(ProfileReport::from);
        let step = Step::learned(&signed_in.grant, profile.as_ref(), signed_in.repeated);
        Self { session, step }
    }
}

/// Around `/login` and `/callback` of each login.
pub(crate) async fn record(
    State(site): State<Arc<Site>>,
    jar: CookieJar,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let is_callback = path.ends_with("/callback");
    if request.method() != Method::GET || !(is_callback || path.ends_with("/login")) {
        return next.run(request).await;
    }
    let asked = (path.to_owned(), request.uri().query().map(str::to_owned));

    let logged = if is_callback { site.log().await } else { Vec::new() };
    let mut response = next.run(request).await;
    let learned = response.extensions_mut().remove::<Learned>();

    // Whom nobody remembers is remembered from now on; who signed in has a new session already.
    let mut session = site.session_id(&jar).to_owned();
    if let Some(learned) = &learned {
        session.clone_from(&learned.session);
    } else if site.sessions().get(&session, Instant::now()).is_none()
        && let Some(fresh) = fresh_id()
    {
        site.sessions().open(fresh.clone(), Instant::now());
        session.clone_from(&fresh);
        response = (CookieJar::new().add(site.session_cookie(fresh)), response).into_response();
    }

    let (path, query) = (asked.0, asked.1.as_deref());
    let ended = response.extensions_mut().remove::<Ended>().is_some();
    let steps = if is_callback {
        let calls = new_calls(&logged, site.log().await);
        let asked = (!calls.is_empty()).then(|| Step::asked(&calls));
        let learned = learned.map(|learned| learned.step);
        [Some(Step::came_back(&path, query)), asked, learned, Some(Step::answered(&response))]
            .into_iter()
            .flatten()
            .collect()
    } else if ended {
        vec![Step::ended(&path, query, &response)]
    } else {
        vec![Step::sent_out(&path, query, &response)]
    };
    if let Some(session) = site.sessions().get(&session, Instant::now()) {
        if !is_callback && !ended {
            session.steps.clear();
        }
        session.add(steps);
    }
    response
}
