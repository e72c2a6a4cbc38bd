//! The site with `wechat-oauth-axum`, as its documentation shows it.

use axum::Router;
use wechat_oauth_axum::WechatLogin;
use wechat_oauth_core::{App, AppSecret, Endpoints};
use wechat_oauth_emulator::AnnouncedAccount;
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::Keyring;

pub(crate) fn site(account: &AnnouncedAccount, wechat: &str, origin: &str) -> Router {
    let secret = AppSecret::new(account.secret.clone().expect("it has one")).expect("a secret");
    let app = App::official_account(account.appid.parse().expect("an appid"), secret)
        .at(Endpoints::emulator(wechat).expect("on loopback"));
    let client = Client::for_app(&app).expect("no TLS is needed");
    WechatLogin::new(app, client)
        .origin(origin)
        .keyring(Keyring::generate().expect("random bytes"))
        .router()
        .expect("it is set up")
}
