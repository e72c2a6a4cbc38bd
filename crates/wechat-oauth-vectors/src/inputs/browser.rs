//! Which way in fits a browser.

use serde_json::json;

use super::{Asked, ask};

pub(super) fn asked() -> Vec<Asked> {
    [
        ("WeChat on a phone", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x18003230) NetType/WIFI Language/zh_CN"),
        ("WeChat on a desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/107.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20 WindowsWechat"),
        ("WeChat in capital letters", "MICROMESSENGER/8"),
        ("WeCom, where WeChat's page does not open", "Mozilla/5.0 (iPhone) Mobile/15E148 wxwork/4.1.16 MicroMessenger/7.0.1"),
        ("WeCom on a desktop", "Mozilla/5.0 (Macintosh) wxwork/4.1.20 MicroMessenger/7.0.1"),
        ("another browser on an Android phone", "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36"),
        ("a browser on HarmonyOS", "Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4.1"),
        ("a tablet that asks for desktop pages", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15"),
        ("a browser on a desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
        ("a browser that says nothing", ""),
        ("a browser that says nonsense", "\u{202e}企鹅\u{0}"),
    ]
    .into_iter()
    .map(|(name, user_agent)| ask(name, "browser_kind", json!({"user_agent": user_agent})))
    .collect()
}
