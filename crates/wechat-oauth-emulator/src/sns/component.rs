//! Whether a third-party platform may act for an account.
//!
//! <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html>

use wechat_oauth_core::AppId;

use super::ApiError;
use crate::message::Params;
use crate::world::World;

/// The account a platform acts for: the appid is looked at first, then the platform, then its token, then whether the
/// account ever authorized it.
pub(super) fn authorizer(world: &World, params: &Params) -> Result<AppId, ApiError> {
    let appid = params.filled("appid").ok_or(ApiError::APPID_MISSING)?;
    let account = world.account(appid).ok_or(ApiError::INVALID_APPID)?;
    let asked = params.filled("component_appid").ok_or(ApiError::INVALID_COMPONENT)?;
    let platform = world
        .accounts()
        .iter()
        .filter_map(|account| account.platform_credentials())
        .find(|platform| platform.component_appid.as_str() == asked)
        .ok_or(ApiError::INVALID_COMPONENT)?;

    let token = params.filled("component_access_token").ok_or(ApiError::ACCESS_TOKEN_MISSING)?;
    if platform.superseded.as_ref().is_some_and(|old| old.expose() == token) {
        return Err(ApiError::ACCESS_TOKEN_EXPIRED);
    }
    if platform.component_access_token.expose() != token {
        // The commonest mix-up: a person's token where the platform's belongs.
        let is_a_persons = world.grants.of_token(token).is_some();
        return Err(if is_a_persons {
            ApiError::COMPONENT_TOKEN_WANTED
        } else {
            ApiError::INVALID_ACCESS_TOKEN
        });
    }
    match account.platform_credentials() {
        Some(own) if own.component_appid == platform.component_appid => Ok(account.appid.clone()),
        _ => Err(ApiError::NOT_AUTHORIZED_TO_COMPONENT),
    }
}
