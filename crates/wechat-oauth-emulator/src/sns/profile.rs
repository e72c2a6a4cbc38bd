//! The profile: who the person is. `/sns/userinfo`.
//!
//! The keys are those of today's bodies, places empty since 2021. `lang` chose their language and no longer changes
//! anything.

use wechat_oauth_core::UnixTime;

use super::{ApiError, check};
use crate::json::{Json, Object};
use crate::message::Params;
use crate::misbehaviour::Misbehaviour;
use crate::world::World;

pub(super) fn profile(
    world: &mut World,
    params: &Params,
    misbehaviour: Option<Misbehaviour>,
    now: UnixTime,
) -> Result<Object, ApiError> {
    let grant = check::grant_of(world, params, now)?;
    let asked_before = std::mem::replace(&mut grant.profile_asked, true);
    if misbehaviour == Some(Misbehaviour::TokenStaleOnce) && !asked_before {
        return Err(ApiError::INVALID_ACCESS_TOKEN);
    }
    if grant.visitor.snapshot || !grant.scope.reads_profile() {
        return Err(ApiError::UNAUTHORIZED);
    }
    let (id, openid, unionid) = (grant.visitor.user.clone(), grant.openid.clone(), grant.unionid.clone());
    // A world's people never go away while it runs; a reset forgets the tokens too.
    let user = world.user(&id).ok_or(ApiError::BUSY)?;
    let avatar = user.avatar_path().map_or_else(String::new, |path| format!("{}{path}", world.base_url));
    let mut answer = Object::new()
        .with("openid", &*openid)
        .with("nickname", &*user.nickname)
        .with("sex", Json::Number(user.sex.into()))
        .with("language", &*user.language)
        .with("city", &*user.city)
        .with("province", &*user.province)
        .with("country", &*user.country)
        .with("headimgurl", &*avatar)
        .with("privilege", Json::Texts(user.privilege.clone()));
    if let Some(unionid) = &unionid {
        answer = answer.with("unionid", &**unionid);
    }
    Ok(answer)
}
