//! A profile, part by part: most programs read two or three of them.

use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::{Misuse, documents};
use wechat_oauth_core::{Avatar, AvatarSize, Profile, UnionId, UntrustedText};

use crate::failure::answered_text;
use crate::kept;

fn of<T>(profile: i64, part: impl FnOnce(&Profile) -> T) -> Option<T> {
    kept::with(|table| Ok(part(table.profile(profile)?)))
}

fn untrusted(text: &UntrustedText) -> String {
    text.as_untrusted_str().to_owned()
}

/// Who it is.
#[napi]
pub fn profile_openid(profile: i64) -> Option<String> {
    of(profile, |profile| profile.openid().to_string())
}

/// Who it is across applications; empty where WeChat did not tell.
#[napi]
pub fn profile_unionid(profile: i64) -> Option<String> {
    of(profile, |profile| profile.unionid().map(UnionId::to_string).unwrap_or_default())
}

/// The name.
#[napi]
pub fn profile_nickname(profile: i64) -> Option<String> {
    of(profile, |profile| untrusted(profile.nickname()))
}

/// The name as it can be shown on one line, whatever is in it.
#[napi]
pub fn profile_shown_nickname(profile: i64) -> Option<String> {
    of(profile, |profile| profile.nickname().to_string())
}

/// The avatar's URL; empty where there is none.
#[napi]
pub fn profile_avatar(profile: i64) -> Option<String> {
    of(profile, |profile| profile.avatar().map(Avatar::to_string).unwrap_or_default())
}

/// The avatar's URL in a size; empty where there is none.
#[napi]
pub fn profile_avatar_with_size(profile: i64, px: u32) -> Option<String> {
    kept::with(|table| {
        let out_of_range = Misuse::OutOfRange { what: "px", range: "46, 64, 96, 132 or 640" };
        let size = AvatarSize::of_px(px).ok_or(out_of_range)?;
        let avatar = table.profile(profile)?.avatar();
        Ok(avatar
            .and_then(|avatar| avatar.with_size(size))
            .map(|avatar| avatar.to_string())
            .unwrap_or_default())
    })
}

/// Its JSON, as the command line prints it.
#[napi]
pub fn profile_json(env: &Env, profile: i64) -> Option<JsString<'_>> {
    answered_text(env, || kept::work(|table| Ok(documents::profile(table.profile(profile)?))))
}
