//! A site that people sign in to: `cargo run -p examples --example async_axum`, then open the address that it prints.
use axum::extract::{FromRef, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, middleware::map_response, routing::get};
use axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar, SameSite};
use std::{error::Error, fmt::Display};
use wechat_oauth::{App, Login, Pending, RedirectUri, Scope, SignedIn, fresh_state, reqwest};

/// The callback's URL carries the code: these keep it out of caches and out of the next site's log.
const LEAVE_NO_TRACE: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = wechat_oauth_emulator::Emulator::start()?;
    let app = examples::official_account(&emulator)?; // yours: App::official_account(appid, secret)
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let home = format!("http://localhost:{}", listener.local_addr()?.port());
    let site = site(app, &RedirectUri::parse(&format!("{home}/callback"))?)?;
    println!("{home}/login signs you in; Ctrl-C ends it");
    Ok(axum::serve(listener, site).await?)
}

#[derive(Clone, FromRef)]
struct Site {
    app: App,
    login: Login,
    client: reqwest::Client,
    key: Key,
}

pub(crate) fn site(app: App, redirect_uri: &RedirectUri) -> Result<Router, Box<dyn Error>> {
    let login = app.login(Scope::UserInfo, redirect_uri).connect_redirect(true).build()?;
    let client = reqwest::Client::for_app(&app)?;
    let key = Key::generate(); // yours: from the configuration, so that cookies outlive a restart
    let router =
        Router::new().route("/login", get(begin)).route("/callback", get(finish)).route("/me", get(me));
    let router = router.layer(map_response(async |response: Response| (LEAVE_NO_TRACE, response)));
    Ok(router.with_state(Site { app, login, client, key }))
}

async fn begin(State(login): State<Login>, jar: PrivateCookieJar) -> Result<impl IntoResponse, Response> {
    let (url, pending) = login.begin(fresh_state().map_err(page)?);
    let kept = serde_json::to_string(&pending).map_err(page)?; // encrypted, and in this browser alone
    Ok((jar.add(cookie("login", kept)), Redirect::to(url.as_str())))
}

async fn finish(State(site): State<Site>, jar: PrivateCookieJar, callback: Uri) -> impl IntoResponse {
    let kept = jar.get("login").and_then(|kept| serde_json::from_str::<Pending>(kept.value()).ok());
    let Some(pending) = kept else { return (jar, page("no login waits in this browser")) };
    let code = match pending.accept(&callback.to_string()) {
        Ok(code) => code,
        Err(error) => return (jar, page(error)), // perhaps a stray link: the login goes on waiting
    };
    let jar = jar.remove(cookie("login", String::new()));
    match async { site.client.run(site.app.sign_in(code)?).await }.await {
        Ok(SignedIn::Person(person)) => {
            let openid = person.identity().openid().to_string(); // a new cookie: nothing from before is kept
            (jar.add(cookie("person", openid)), Redirect::to("/me").into_response())
        }
        Ok(SignedIn::Snapshot(_)) => (jar, page("this is a preview: continue to the full service first")),
        Err(error) => (jar, page(error)), // error.advice() says what to do about it
    }
}

async fn me(jar: PrivateCookieJar) -> String {
    jar.get("person").map_or_else(|| "nobody".to_owned(), |person| person.value().to_owned())
}

fn page(text: impl Display) -> Response {
    (StatusCode::BAD_REQUEST, format!("{text}\nsign in again: /login\n")).into_response()
}

fn cookie(name: &'static str, value: String) -> Cookie<'static> {
    // Lax: it comes along when WeChat sends the browser back. Add `.secure(true)` where the site is https.
    Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax).build()
}
