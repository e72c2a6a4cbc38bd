//! The refresh: a refresh token for an access token that lives another two hours. `/sns/oauth2/refresh_token`, which asks
//! for no secret, and `/sns/oauth2/component/refresh_token`.
//!
//! <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken>

use wechat_oauth_core::{AppId, Scope, UnixTime};

use super::ApiError;
use crate::json::{Json, Object};
use crate::message::Params;
use crate::misbehaviour::Misbehaviour;
use crate::token::{ACCESS_LIFETIME, REFRESH_LIFETIME};
use crate::world::World;

/// A token that still lives is prolonged; a dead one is replaced. The refresh token stays, and so does its end.
pub(super) fn refresh(
    world: &mut World,
    appid: &AppId,
    params: &Params,
    misbehaviour: Option<Misbehaviour>,
    now: UnixTime,
) -> Result<Object, ApiError> {
    if params.get("grant_type") != Some("refresh_token") {
        return Err(ApiError::INVALID_GRANT_TYPE);
    }
    let token = params.filled("refresh_token").ok_or(ApiError::REFRESH_TOKEN_MISSING)?;
    let mut grant = world.grants.by_refresh_token(token, appid, now)?.clone();

    if now >= grant.access_dies {
        grant.access_token = world.mint.token("access", now);
    }
    grant.access_dies = now.plus_secs(ACCESS_LIFETIME);
    if misbehaviour == Some(Misbehaviour::RefreshRotates) {
        grant.refresh_token = world.mint.token("refresh", now);
        grant.refresh_dies = now.plus_secs(REFRESH_LIFETIME);
    }
    // The answer names everything the person ever granted this account, and the token then opens it.
    grant.scope = world.consents.widest(appid, &grant.visitor.user).unwrap_or(grant.scope).max(grant.scope);

    let answer = Object::new()
        .with("openid", &*grant.openid)
        .with("access_token", &*grant.access_token)
        .with("expires_in", Json::Number(ACCESS_LIFETIME as i64))
        .with("refresh_token", &*grant.refresh_token)
        .with("scope", listed(grant.scope));
    world.grants.renew(token, |kept| *kept = grant);
    Ok(answer)
}

/// WeChat's list of scopes, with the comma that it leaves at the end.
const fn listed(scope: Scope) -> &'static str {
    match scope {
        Scope::Base => "snsapi_base,",
        Scope::UserInfo => "snsapi_base,snsapi_userinfo,",
        Scope::Login => "snsapi_login,",
    }
}
