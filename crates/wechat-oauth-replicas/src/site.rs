//! One replica: a site as somebody would write it, with two routes more for the tests.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use serde::Deserialize;
use tokio::net::TcpListener;
use wechat_oauth_axum::{Declined, SignedIn, WechatLogin, WechatUser};
use wechat_oauth_core::{App, AppSecret, Endpoints, Identity};
use wechat_oauth_redis::RedisStore;
use wechat_oauth_reqwest::Client;
use wechat_oauth_rig::{DECLINED, SIGNED_IN, marked};
use wechat_oauth_store::{KeepError, Keeper, Keyring, MemoryStore, Standing, Store, Vault};

use crate::Outcome;

/// What a replica is told, by its environment. Secrets do not belong on a command line.
pub(crate) const ORIGIN: &str = "SITE_ORIGIN";
pub(crate) const WECHAT: &str = "SITE_WECHAT";
/// The URL of Redis, or [`NO_STORE`].
pub(crate) const STORE: &str = "SITE_STORE";
pub(crate) const APPID: &str = "SITE_APPID";
pub(crate) const SECRET: &str = "SITE_SECRET";
pub(crate) const KEY: &str = "SITE_KEY";

/// A store in the replica's own memory, which it shares with no other.
pub(crate) const NO_STORE: &str = "none";

/// Who is signed in, when nobody is.
pub(crate) const NOBODY: &str = "nobody";

/// Serves until stdin ends, which it does however the driver goes. The first line on stdout is the port.
pub(crate) fn run() -> Outcome {
    std::thread::spawn(|| {
        let mut nothing = Vec::new();
        let _ended = io::stdin().read_to_end(&mut nothing);
        std::process::exit(0);
    });
    // Two threads, so that two deliveries of one callback meet inside a replica too.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Outcome {
    let told = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let app = App::official_account(told(APPID)?.parse()?, AppSecret::new(told(SECRET)?)?)
        .at(Endpoints::emulator(&told(WECHAT)?)?);
    let client = Client::for_app(&app)?;
    let keyring = Keyring::from_hex(&told(KEY)?)?;
    let store: Arc<dyn Store> = match told(STORE)?.as_str() {
        NO_STORE => Arc::new(MemoryStore::new()),
        url => Arc::new(RedisStore::connect(url).await?),
    };
    let keeper = Keeper::new(app.clone(), client.clone(), Vault::new(store.clone(), keyring.clone()));

    let pages = Router::new()
        .route("/", get(me))
        .route("/me", get(me))
        .route("/fresh", get(fresh))
        .with_state(keeper.clone());
    let site = WechatLogin::new(app, client)
        .origin(told(ORIGIN)?)
        .keyring(keyring)
        .always_profile()
        .store(store)
        .keep_grants(keeper)
        .on_signed_in(|signed_in: SignedIn| async move {
            marked(signed_in.welcome(), SIGNED_IN, signed_in.identity.openid().as_str())
        })
        .on_declined(|declined: Declined| async move {
            let reason = declined.reason.as_str();
            marked(declined.into_page(), DECLINED, reason)
        })
        .mount(pages)?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", listener.local_addr()?.port())?;
    stdout.flush()?;
    // Refused: only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, site).await?;
    Ok(())
}

/// `GET /me`: the openid of who is signed in.
async fn me(user: Option<WechatUser>) -> String {
    user.map_or_else(|| NOBODY.to_owned(), |user| user.identity().openid().to_string())
}

#[derive(Deserialize)]
struct Whose {
    openid: String,
}

/// `GET /fresh?openid=…`: what there is of somebody's grant; of a usable one, its access token. (They are the emulator's,
/// and worth nothing.)
async fn fresh(State(keeper): State<Keeper>, Query(whose): Query<Whose>) -> Response {
    let Ok(openid) = whose.openid.parse() else { return StatusCode::BAD_REQUEST.into_response() };
    match keeper.fresh(&Identity::new(keeper.appid().clone(), openid)).await {
        Ok(Standing::Usable(grant)) => format!("usable {}", grant.access_token().expose()).into_response(),
        Ok(Standing::Over) => "over".into_response(),
        Ok(Standing::Unknown) => "unknown".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, kind_of(&error)).into_response(),
    }
}

const fn kind_of(error: &KeepError) -> &'static str {
    match error {
        KeepError::Store(_) => "store",
        KeepError::WeChat(_) => "wechat",
        KeepError::RenewalFailed => "renewal failed",
        KeepError::StillRenewing => "still renewing",
        _ => "other",
    }
}
