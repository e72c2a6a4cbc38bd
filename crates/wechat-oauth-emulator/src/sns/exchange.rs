//! The exchange: a code for a grant. `/sns/oauth2/access_token` and `/sns/oauth2/component/access_token`.
//!
//! <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken>

use wechat_oauth_core::{AppId, Scope, UnixTime};

use super::ApiError;
use crate::code::Visitor;
use crate::json::{Json, Object};
use crate::message::Params;
use crate::misbehaviour::Misbehaviour;
use crate::token::{ACCESS_LIFETIME, Grant, REFRESH_LIFETIME};
use crate::world::World;

/// The appid and what proves it were looked at; now the grant type and the code.
pub(super) fn exchange(
    world: &mut World,
    appid: &AppId,
    params: &Params,
    misbehaviour: Option<Misbehaviour>,
    now: UnixTime,
) -> Result<Object, ApiError> {
    if params.get("grant_type") != Some("authorization_code") {
        return Err(ApiError::INVALID_GRANT_TYPE);
    }
    let text = params.filled("code").ok_or(ApiError::CODE_MISSING)?;
    let code = world.codes.find(text, appid, now)?;
    code.used = true;
    let (mut visitor, mut scope) = (code.visitor.clone(), code.scope);
    let flag = misbehaviour.and_then(Misbehaviour::snapshot_flag);
    visitor.snapshot |= flag.is_some();
    if misbehaviour == Some(Misbehaviour::ScopeNarrowed) {
        scope = Scope::Base;
    }
    let grant = grant(world, appid, visitor, scope, now);
    let mut answer = Object::new()
        .with("access_token", &*grant.access_token)
        .with("expires_in", Json::Number(ACCESS_LIFETIME as i64))
        .with("refresh_token", &*grant.refresh_token)
        .with("openid", &*grant.openid)
        .with("scope", scope.as_str());
    if let Some(unionid) = grant.unionid.as_deref().filter(|_| scope.reads_profile()) {
        answer = answer.with("unionid", unionid);
    }
    if grant.visitor.snapshot {
        answer = answer.with("is_snapshotuser", flag.unwrap_or(Json::Number(1)));
    }
    world.grants.insert(grant);
    Ok(answer)
}

fn grant(world: &mut World, appid: &AppId, visitor: Visitor, scope: Scope, now: UnixTime) -> Grant {
    let (openid, unionid) = if visitor.snapshot {
        let bound = world.account(appid.as_str()).is_some_and(|account| account.platform.is_some());
        (world.mint.virtual_person(now), bound.then(|| world.mint.virtual_person(now)))
    } else {
        world.ids(&visitor.user, appid)
    };
    Grant {
        appid: appid.clone(),
        visitor,
        openid,
        unionid,
        scope,
        access_token: world.mint.token("access", now),
        access_dies: now.plus_secs(ACCESS_LIFETIME),
        refresh_token: world.mint.token("refresh", now),
        refresh_dies: now.plus_secs(REFRESH_LIFETIME),
        profile_asked: false,
    }
}
