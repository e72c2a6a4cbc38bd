//! The apps and values that the bodies start from. None of them is anybody's.

use std::sync::LazyLock;

use wechat_oauth_core::{App, AppSecret, ComponentAccessToken, RedirectUri, UnixTime};

pub(crate) const APPID: &str = "wxfeedfeedfeedfeed";
pub(crate) const OPENID: &str = "oFuzzFuzzFuzzFuzzFuzzFuzz000";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

pub(crate) fn official(secret: &str) -> App {
    let secret = AppSecret::new(secret).expect("visible ASCII");
    App::official_account(APPID.parse().expect("an appid"), secret)
}

pub(crate) fn website(secret: &str) -> App {
    let secret = AppSecret::new(secret).expect("visible ASCII");
    App::website_app(APPID.parse().expect("an appid"), secret)
}

pub(crate) fn component(token: &str) -> App {
    App::component(APPID.parse().expect("an appid"), "wxc0c0c0c0c0c0c0c0".parse().expect("an appid"))
        .with_component_token(ComponentAccessToken::new(token).expect("visible ASCII"))
}

pub(crate) static REDIRECT_URI: LazyLock<RedirectUri> =
    LazyLock::new(|| RedirectUri::parse("https://www.example.com/callback").expect("a redirect URI"));
