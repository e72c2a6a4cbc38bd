//! The ways to sign in, each a [`WechatLogin`], and the one session that they all lead to.
//!
//! A site of your own needs one of them. Here are four side by side, to be tried.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use axum_extra::extract::CookieJar;
use wechat_oauth::{App, WxLoginOptions};
use wechat_oauth_axum::{SignOut, SignedIn, WechatLogin};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::Keyring;

use super::people::Person;
use super::record::{Ended, Learned};
use super::session::fresh_id;
use super::site::Site;
use crate::failure::Failure;

/// The site's two accounts.
pub(crate) struct Apps {
    /// The official account (服务号), inside WeChat.
    pub(crate) official: App,
    /// The website app (网站应用), by QR code.
    pub(crate) website: App,
}

/// The routes of all logins, and `POST /sign-out`.
pub(crate) fn router(site: &Arc<Site>, apps: &Apps) -> Result<Router<Arc<Site>>, Failure> {
    let client = Client::for_app(&apps.official)?;
    // For one run. A site that is to know its visitors after a restart reads it from its configuration.
    let keyring = Keyring::generate().map_err(failed)?;
    let login = || {
        let site = Arc::clone(site);
        WechatLogin::new(apps.official.clone(), client.clone())
            .origin(site.url())
            .keyring(keyring.clone())
            // A desktop's browser that is not told which way to go gets a QR code on WeChat's page.
            .website(apps.website.clone(), client.clone())
            .on_signed_in(move |signed_in| welcome(Arc::clone(&site), signed_in))
            // The page is the crate's own, marked for the record.
            .on_declined(async |declined| (Extension(Ended), declined.into_page()))
    };

    let people = Arc::clone(site);
    let logins = [
        // With consent; on a desktop with the QR code inside a page of this site.
        login().website_embedded(apps.website.clone(), client.clone(), WxLoginOptions::default()),
        login().at("/qr"),
        // The openid alone: nobody is ever asked for more.
        login().silent_first(|_| async { Ok(true) }).at("/silent"),
        // Silently, and with consent whom the site does not know yet.
        login()
            .silent_first(move |identity| {
                let known = people.people().knows(&identity);
                async move { Ok(known) }
            })
            .at("/on-demand"),
    ];

    let mut router = Router::new().route("/sign-out", post(sign_out));
    for login in logins {
        router = login.mount(router).map_err(failed)?;
    }
    Ok(router)
}

/// Somebody signed in: this browser gets a session of the site's own, under a new id.
async fn welcome(site: Arc<Site>, signed_in: SignedIn) -> Response {
    let Some(fresh) = fresh_id() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let jar = CookieJar::from_headers(&signed_in.request.headers);
    let learned = Learned::of(&signed_in, fresh.clone());
    let person = site.people().came(Person::of(&signed_in));
    site.sessions().sign_in(site.session_id(&jar), fresh.clone(), person, Instant::now());
    (jar.add(site.session_cookie(fresh)), Extension(learned), signed_in.redirect()).into_response()
}

async fn sign_out(State(site): State<Arc<Site>>, jar: CookieJar, forgotten: SignOut) -> impl IntoResponse {
    site.sessions().sign_out(site.session_id(&jar));
    (forgotten, jar.remove(site.session_cookie(String::new())), Redirect::to("/"))
}

fn failed(error: impl Display) -> Failure {
    Failure::configuration("demo", error.to_string())
}
