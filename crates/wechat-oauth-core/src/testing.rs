//! Values that the tests of several modules use. None of them is anybody's.

use crate::app::App;
use crate::callback::Pending;
use crate::code::Code;
use crate::grant::Grant;
use crate::id::Identity;
use crate::scope::Scope;
use crate::secret::{AccessToken, AppSecret, RefreshToken};
use crate::state::State;
use crate::time::UnixTime;

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const ACCESS_TOKEN: &str = "77_access-token-of-the-tests";
pub(crate) const REFRESH_TOKEN: &str = "77_refresh-token-of-the-tests";
pub(crate) const OPENID: &str = "oTestsTestsTestsTestsTests00";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

pub(crate) fn official() -> App {
    App::official_account("wx0123456789abcdef".parse().unwrap(), AppSecret::new(SECRET).unwrap())
}

pub(crate) fn website() -> App {
    App::website_app("wxfedcba9876543210".parse().unwrap(), AppSecret::new(SECRET).unwrap())
}

pub(crate) fn code(scope: Scope) -> Code {
    let pending = Pending::new(State::new("S1").unwrap(), official().account(), scope);
    pending.accept("code=C0DE&state=S1").unwrap()
}

pub(crate) fn grant() -> Grant {
    Grant {
        identity: Identity::new(official().account().appid().clone(), OPENID.parse().unwrap()),
        unionid: Some("uTests".parse().unwrap()),
        access_token: AccessToken::new(ACCESS_TOKEN).unwrap(),
        refresh_token: RefreshToken::new(REFRESH_TOKEN).unwrap(),
        scopes: Scope::UserInfo.into(),
        scopes_assumed: false,
        asked: Some(Scope::UserInfo),
        issued_at: NOW,
        expires_in: 7200,
        refresh_token_issued_at: NOW,
    }
}
