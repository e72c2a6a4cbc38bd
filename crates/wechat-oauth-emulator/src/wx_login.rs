//! The script that shows the QR page in an iframe of the app's page.
//!
//! <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html>

use crate::browser;
use crate::message::{Reply, Request};

/// Where Tencent's script of this name is, at a host of its own.
pub(crate) const PATH: &str = "/connect/zh_CN/htmledition/js/wxLogin.js";

/// The emulator's own, which puts the QR page of this emulator into the app's page.
pub(crate) fn script(request: &Request) -> Reply {
    if !request.method.reads() {
        return browser::method_not_allowed();
    }
    Reply::new(200, "text/javascript; charset=utf-8", include_str!("../templates/wxLogin.js"))
        .with_header("Cache-Control", "no-store")
        .with_header("X-Content-Type-Options", "nosniff")
}
