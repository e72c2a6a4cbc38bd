//! A site that people sign in to: `cargo run -p examples --example async_axum`, then open the address that it prints.
use std::error::Error;

use axum::{Router, routing::get};
use wechat_oauth::App;
use wechat_oauth::axum::{WechatLogin, WechatUser};
use wechat_oauth::{reqwest::Client, store::Keyring};

/// The whole of it: `/login`, `/callback`, `POST /logout`, and `WechatUser` for every page that wants to know who comes.
pub(crate) fn site(app: App, origin: &str, keyring: Keyring) -> Result<Router, Box<dyn Error>> {
    let client = Client::for_app(&app)?;
    let site = Router::new().route("/", get(home)).route("/me", get(me));
    Ok(WechatLogin::new(app, client).origin(origin).keyring(keyring).mount(site)?)
}

/// Whoever is not signed in yet goes to WeChat and comes back here.
async fn home(user: WechatUser) -> String {
    format!("hello, {}", user.nickname())
}

/// Everybody may come in.
async fn me(user: Option<WechatUser>) -> String {
    user.map_or_else(|| "nobody".to_owned(), |user| user.identity().openid().to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let wechat = wechat_oauth_emulator::Emulator::start()?; // yours: WeChat itself
    let app = examples::official_account(&wechat)?; // yours: App::official_account(appid, secret)
    let keyring = Keyring::generate()?; // yours: Keyring::from_hex(&std::env::var("WECHAT_LOGIN_KEY")?)?
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port()); // yours: "https://www.example.com"
    let site = site(app, &origin, keyring)?;
    // Inside WeChat, people just open a page. Here the emulator plays WeChat, and `door` says so to a desktop's browser.
    println!("{origin}/login?door=official signs you in; Ctrl-C ends it");
    Ok(axum::serve(listener, site).await?)
}
