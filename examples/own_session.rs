//! A site with sessions of its own, which asks for the profile only of those it does not know yet:
//! `cargo run -p examples --example own_session`, then open the address that it prints.
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, extract::FromRequestParts as _};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use wechat_oauth::axum::{SignOut, SignedIn, WechatLogin};
use wechat_oauth::{App, Identity, UntrustedText, fresh_state, reqwest::Client, store::Keyring};

/// Yours: tables in a database.
#[derive(Default)]
struct Tables {
    /// The key of an account is appid and openid together.
    users: HashMap<Identity, UntrustedText>,
    sessions: HashMap<String, Identity>,
}

type Shared = Arc<Mutex<Tables>>;

fn with<T>(tables: &Shared, work: impl FnOnce(&mut Tables) -> T) -> T {
    work(&mut tables.lock().unwrap_or_else(PoisonError::into_inner))
}

pub(crate) fn site(app: App, origin: &str, keyring: Keyring) -> Result<Router, Box<dyn Error>> {
    let client = Client::for_app(&app)?;
    let tables = Shared::default();
    let (users, sessions) = (Arc::clone(&tables), Arc::clone(&tables));
    let site = Router::new().route("/", get(home)).route("/sign-out", post(sign_out));
    let site = WechatLogin::new(app, client)
        .origin(origin)
        .keyring(keyring)
        .silent_first(move |identity| {
            let known = with(&users, |tables| tables.users.contains_key(&identity));
            async move { Ok(known) }
        })
        .on_signed_in(move |signed_in| welcome(Arc::clone(&sessions), signed_in))
        .mount(site)?;
    Ok(site.with_state(tables))
}

/// May come twice for one login, `signed_in.repeated`: the answer is the same.
async fn welcome(tables: Shared, mut signed_in: SignedIn) -> Result<Response, StatusCode> {
    let jar = CookieJar::from_request_parts(&mut signed_in.request, &()).await.unwrap_or_default();
    let id = fresh_state().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?.expose().to_owned();
    with(&tables, |tables| {
        // A new session id at each sign-in: whoever knew the old one is left with nothing.
        tables.sessions.remove(jar.get("session").map_or("", Cookie::value));
        tables.sessions.insert(id.clone(), signed_in.identity.clone());
        if let Some(profile) = &signed_in.profile {
            tables.users.insert(signed_in.identity.clone(), profile.nickname().clone());
        }
    });
    // Lax: it comes along when WeChat sends the browser back. Add `.secure(true)` where the site is https.
    let cookie = Cookie::build(("session", id)).path("/").http_only(true).same_site(SameSite::Lax);
    Ok((jar.add(cookie), signed_in.redirect()).into_response())
}

async fn home(State(tables): State<Shared>, jar: CookieJar) -> String {
    with(&tables, |tables| {
        let identity = tables.sessions.get(jar.get("session")?.value())?;
        // WeChat may have kept the profile to itself: then the next sign-in asks for it once more.
        let nickname = tables.users.get(identity).map(ToString::to_string);
        Some(format!("hello, {}", nickname.unwrap_or_else(|| identity.openid().to_string())))
    })
    .unwrap_or_else(|| "nobody".to_owned())
}

/// `SignOut` refuses other sites' pages, and forgets the logins that are on their way.
async fn sign_out(State(tables): State<Shared>, jar: CookieJar, forgotten: SignOut) -> impl IntoResponse {
    with(&tables, |tables| tables.sessions.remove(jar.get("session").map_or("", Cookie::value)));
    (forgotten, jar.remove(Cookie::build("session").path("/")), Redirect::to("/"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let wechat = wechat_oauth_emulator::Emulator::start()?; // yours: WeChat itself
    let app = examples::official_account(&wechat)?; // yours: App::official_account(appid, secret)
    let keyring = Keyring::generate()?; // yours: Keyring::from_hex(&std::env::var("WECHAT_LOGIN_KEY")?)?
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port()); // yours: "https://www.example.com"
    let site = site(app, &origin, keyring)?;
    println!("{origin}/login?door=official signs you in; Ctrl-C ends it");
    Ok(axum::serve(listener, site).await?)
}
