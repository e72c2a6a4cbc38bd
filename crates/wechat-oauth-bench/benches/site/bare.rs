//! The same login by hand: a state in a cookie, two requests with bare reqwest, the openid in a cookie. Nothing is
//! sealed, nothing is remembered, nothing is asked twice.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;
use wechat_oauth_emulator::AnnouncedAccount;

struct Site {
    client: reqwest::Client,
    wechat: String,
    appid: String,
    secret: String,
    redirect_uri: String,
}

#[derive(Deserialize)]
struct Callback {
    code: String,
    state: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    openid: String,
}

#[derive(Deserialize)]
struct Profile {
    nickname: String,
}

pub(crate) fn site(account: &AnnouncedAccount, wechat: &str, origin: &str) -> Router {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build();
    let redirect_uri = format!("{origin}/callback");
    let site = Site {
        client: client.expect("no TLS is needed"),
        wechat: wechat.to_owned(),
        appid: account.appid.clone(),
        secret: account.secret.clone().expect("it has one"),
        redirect_uri: url::form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect(),
    };
    Router::new().route("/login", get(login)).route("/callback", get(callback)).with_state(Arc::new(site))
}

async fn login(State(site): State<Arc<Site>>) -> impl IntoResponse {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).expect("random bytes");
    let state = format!("{:032x}", u128::from_ne_bytes(entropy));
    let Site { wechat, appid, redirect_uri, .. } = site.as_ref();
    let url = format!(
        "{wechat}/connect/oauth2/authorize?appid={appid}&redirect_uri={redirect_uri}&response_type=code\
         &scope=snsapi_userinfo&state={state}#wechat_redirect"
    );
    let cookie = format!("state={state}; HttpOnly; SameSite=Lax; Path=/; Max-Age=600");
    (StatusCode::SEE_OTHER, [(LOCATION, url), (SET_COOKIE, cookie)])
}

async fn callback(
    State(site): State<Arc<Site>>,
    Query(callback): Query<Callback>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let cookies = headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let expected = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("state="));
    if expected != Some(callback.state.as_str()) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let Site { wechat, appid, secret, .. } = site.as_ref();
    let code = &callback.code;
    let tokens: Tokens = site
        .read(format!(
            "{wechat}/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}&grant_type=authorization_code"
        ))
        .await?;
    let Tokens { access_token, openid } = tokens;
    let profile: Profile = site
        .read(format!("{wechat}/sns/userinfo?access_token={access_token}&openid={openid}&lang=zh_CN"))
        .await?;
    let nickname: String = url::form_urlencoded::byte_serialize(profile.nickname.as_bytes()).collect();
    let cookie = format!("user={openid}.{nickname}; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)]))
}

impl Site {
    async fn read<T: for<'a> Deserialize<'a>>(&self, url: String) -> Result<T, StatusCode> {
        let answer = self.client.get(url).send().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        let body = answer.bytes().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_GATEWAY)
    }
}
