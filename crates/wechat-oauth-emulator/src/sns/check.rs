//! The check: whether an access token is good for an openid. `/sns/auth`.

use wechat_oauth_core::UnixTime;

use super::ApiError;
use crate::json::{Json, Object};
use crate::message::Params;
use crate::token::Grant;
use crate::world::World;

pub(super) fn check(world: &mut World, params: &Params, now: UnixTime) -> Result<Object, ApiError> {
    grant_of(world, params, now)?;
    Ok(Object::new().with("errcode", Json::Number(0)).with("errmsg", "ok"))
}

/// The grant that a token and an openid name together: missing parameters first, then the token, then the openid.
pub(super) fn grant_of<'a>(
    world: &'a mut World,
    params: &Params,
    now: UnixTime,
) -> Result<&'a mut Grant, ApiError> {
    let token = params.filled("access_token").ok_or(ApiError::ACCESS_TOKEN_MISSING)?;
    let openid = params.filled("openid").ok_or(ApiError::OPENID_MISSING)?;
    let grant = world.grants.by_access_token(token, now)?;
    if grant.openid == openid { Ok(grant) } else { Err(ApiError::INVALID_OPENID) }
}
