//! The site that is looked at: eight logins, each of an application of its own, on one store.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use wechat_oauth_axum::{Declined, SignedIn, WechatLogin, WechatUser};
use wechat_oauth_core::{App, AppSecret, Endpoints};
use wechat_oauth_emulator::World;
use wechat_oauth_reqwest::Client;
use wechat_oauth_rig::{DECLINED, SIGNED_IN, marked};
use wechat_oauth_store::{Keeper, Keyring, MemoryStore, Store, Vault};

use crate::Outcome;

/// Where browsers see it. Nothing listens there: they are in this process.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:8000";

/// Who is signed in, when nobody is.
pub(crate) const NOBODY: &str = "nobody";

/// How many callbacks and grants are remembered: those of a minute at full speed, which is longer than any callback is
/// delivered again here. What a store holds unless told otherwise is for a hundredth of these logins a second.
const REMEMBERED: usize = 150_000;

/// The path of an application's login, and of what is beside it.
pub(crate) fn path(app: usize, what: &str) -> String {
    format!("/wx{app}/{what}")
}

/// The site, which waits so long for each of WeChat's answers.
pub(crate) fn site(world: &World, wechat: &str, patience: Duration, keyring: &Keyring) -> Outcome<Router> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::with_capacity(REMEMBERED));
    let mut site = Router::new();
    let mut client = None;
    for (number, announced) in world.announcement().accounts.into_iter().enumerate() {
        let secret = AppSecret::new(announced.secret.unwrap_or_default())?;
        let app = App::official_account(announced.appid.parse()?, secret).at(Endpoints::emulator(wechat)?);
        // Every application at the same host can use it.
        let client = match &client {
            Some(client) => Client::clone(client),
            None => client.insert(Client::for_app(&app)?.timeout(patience)).clone(),
        };
        let vault = Vault::new(Arc::clone(&store), keyring.clone());
        let keeper = Keeper::new(app.clone(), client.clone(), vault);
        let login = WechatLogin::new(app, client)
            .origin(ORIGIN)
            .at(format!("/wx{number}"))
            .keyring(keyring.clone())
            .store(Arc::clone(&store))
            .keep_grants(keeper)
            .on_signed_in(|signed_in: SignedIn| async move {
                marked(signed_in.welcome(), SIGNED_IN, signed_in.identity.openid().as_str())
            })
            .on_declined(|declined: Declined| async move {
                let reason = declined.reason.as_str();
                marked(declined.into_page(), DECLINED, reason)
            });
        site = site.merge(login.mount(Router::new().route(&path(number, "me"), get(me)))?);
    }
    Ok(site)
}

/// The openid of who is signed in, and on a line of its own the nickname.
async fn me(user: Option<WechatUser>) -> String {
    user.map_or_else(
        || NOBODY.to_owned(),
        |user| format!("{}\n{}", user.identity().openid(), user.nickname().as_untrusted_str()),
    )
}
