//! What Tencent's `wxLogin.js` needs to show the QR code inside a page.
//!
//! Official page: <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use serde::{Deserialize, Serialize};

use crate::encode;
use crate::id::AppId;
use crate::redirect::RedirectUri;
use crate::scope::Scope;
use crate::state::State;

/// The script that defines `WxLogin`; see [`Endpoints::wx_login_script`](crate::Endpoints::wx_login_script).
pub const WX_LOGIN_SCRIPT: &str = "https://res.wx.qq.com/connect/zh_CN/htmledition/js/wxLogin.js";

/// The script's path, at an emulator too.
pub(crate) const WX_LOGIN_PATH: &str = "/connect/zh_CN/htmledition/js/wxLogin.js";

/// How the embedded QR code looks and behaves. What is left `None` is the script's own default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WxLoginOptions {
    /// Whether the redirect happens inside the iframe; otherwise it is the whole page's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_redirect: Option<bool>,
    /// The colour of the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<WxLoginStyle>,
    /// The URL of a style sheet of one's own, as it is: it is percent-encoded for the script. Without effect when
    /// `stylelite` is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// 1 for the newer look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stylelite: Option<u8>,
    /// 0 turns quick login on a PC off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fast_login: Option<u8>,
    /// The colours of the newer look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_scheme: Option<WxLoginColors>,
}

/// The colour of the texts around the QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WxLoginStyle {
    /// Black, for a light page; the script's default.
    Black,
    /// White, for a dark page.
    White,
}

/// The colours of the newer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WxLoginColors {
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// As the person's system has it.
    Auto,
}

/// The argument of `new WxLogin({...})`, as data: serialise it to JSON and add `id`, the id of the element to draw in.
///
/// The script inserts `redirect_uri` and `href` as they are, so they are percent-encoded here.
#[derive(Clone, Serialize)]
pub struct WxLogin {
    appid: AppId,
    scope: Scope,
    redirect_uri: String,
    state: State,
    #[serde(flatten)]
    options: WxLoginOptions,
}

impl WxLogin {
    pub(crate) fn new(
        appid: &AppId,
        redirect_uri: &RedirectUri,
        state: &State,
        mut options: WxLoginOptions,
    ) -> Self {
        if let Some(href) = &mut options.href {
            let mut encoded = String::with_capacity(encode::length(href));
            encode::push(&mut encoded, href);
            *href = encoded;
        }
        Self {
            appid: appid.clone(),
            scope: Scope::Login,
            redirect_uri: redirect_uri.encoded().to_owned(),
            state: state.clone(),
            options,
        }
    }
}

impl std::fmt::Debug for WxLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WxLogin")
            .field("appid", &self.appid)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_script_gets_an_encoded_redirect_uri_and_only_the_options_that_were_set() {
        let redirect_uri = RedirectUri::parse("https://example.com/cb?a=1").unwrap();
        let login = testing::website().login(Scope::Login, &redirect_uri).build().unwrap();
        let options = WxLoginOptions {
            self_redirect: Some(true),
            style: Some(WxLoginStyle::White),
            href: Some("https://example.com/a.css?b&c=d".to_owned()),
            fast_login: Some(0),
            ..WxLoginOptions::default()
        };
        let argument = login.wx_login(&State::new("S1").unwrap(), options).unwrap();
        assert_eq!(
            serde_json::to_string(&argument).unwrap(),
            r#"{"appid":"wxfedcba9876543210","scope":"snsapi_login","redirect_uri":"https%3A%2F%2Fexample.com%2Fcb%3Fa%3D1","state":"S1","self_redirect":true,"style":"white","href":"https%3A%2F%2Fexample.com%2Fa.css%3Fb%26c%3Dd","fast_login":0}"#
        );
    }

    #[test]
    fn only_a_login_by_qr_can_be_embedded() {
        let redirect_uri = RedirectUri::parse("https://example.com/cb").unwrap();
        let login = testing::official().login(Scope::Base, &redirect_uri).build().unwrap();
        assert!(login.wx_login(&State::new("S1").unwrap(), WxLoginOptions::default()).is_none());
    }

    #[test]
    fn debug_shows_the_options_and_not_the_state() {
        let redirect_uri = RedirectUri::parse("https://example.com/cb").unwrap();
        let login = testing::website().login(Scope::Login, &redirect_uri).build().unwrap();
        let argument = login.wx_login(&State::new("canary").unwrap(), WxLoginOptions::default()).unwrap();
        let shown = format!("{argument:?}");
        assert!(shown.contains("wxfedcba9876543210") && !shown.contains("canary"), "{shown}");
        assert!(!serde_json::to_string(&argument).unwrap().contains("href"));
    }
}
