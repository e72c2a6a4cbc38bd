//! [`BrowserKind`]: which way in to offer a browser.

/// What a browser says it is: enough to choose which way in to show it.
///
/// | kind | what to offer |
/// |---|---|
/// | [`WeChat`](Self::WeChat) | the official page: it opens only inside WeChat |
/// | [`Desktop`](Self::Desktop) | the QR page of a website app |
/// | [`Phone`](Self::Phone) | neither works here: say how to open the page in WeChat |
///
/// **For presentation only.** The user agent is text that anybody can send, so nothing that has to be safe may depend
/// on it.
///
/// ```
/// # use wechat_oauth_core::BrowserKind;
/// let user_agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.50";
/// assert_eq!(BrowserKind::of_user_agent(user_agent), BrowserKind::WeChat);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BrowserKind {
    /// WeChat's own browser, on a phone or on a desktop.
    WeChat,
    /// Another browser on a phone or tablet.
    Phone,
    /// Anything else: a desktop's browser, and whatever does not say what it is.
    Desktop,
}

/// What WeChat's browser calls itself.
const WECHAT: &str = "micromessenger";

/// What WeCom's browser (企业微信) adds to that: WeChat's page does not open in it.
const WECOM: &str = "wxwork";

/// What the browsers of phones and tablets say. An iPad that asks for desktop pages says none of it.
const PHONES: [&str; 8] =
    ["android", "iphone", "ipad", "ipod", "mobile", "harmonyos", "openharmony", "windows phone"];

impl BrowserKind {
    /// A short name for programs: `wechat`, `phone`, `desktop`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WeChat => "wechat",
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }

    /// Reads a `User-Agent` header; an empty text is a desktop's.
    #[must_use]
    pub fn of_user_agent(user_agent: &str) -> Self {
        let user_agent = user_agent.to_ascii_lowercase();
        if user_agent.contains(WECHAT) && !user_agent.contains(WECOM) {
            Self::WeChat
        } else if PHONES.iter().any(|phone| user_agent.contains(phone)) {
            Self::Phone
        } else {
            Self::Desktop
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_for_programs() {
        let names = [BrowserKind::WeChat, BrowserKind::Phone, BrowserKind::Desktop].map(BrowserKind::as_str);
        assert_eq!(names, ["wechat", "phone", "desktop"]);
    }

    #[test]
    fn the_user_agents_of_real_browsers_are_told_apart() {
        use BrowserKind::*;
        for (kind, user_agent) in [
            (
                WeChat,
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x18003233) NetType/WIFI Language/zh_CN",
            ),
            (
                WeChat,
                "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A.240405.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/122.0.6261.120 Mobile Safari/537.36 XWEB/1220089 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/4G Language/zh_CN ABI/arm64",
            ),
            (
                WeChat,
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile MicroMessenger/8.0.11.34 NetType/WIFI Language/zh_CN",
            ),
            (
                WeChat,
                "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/9185",
            ),
            (
                WeChat,
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/6.8.0(0x16080000) MacWechat/3.8.8(0x13080810) XWEB/1216",
            ),
            (WeChat, "micromessenger"),
            (
                Phone,
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.22 MicroMessenger/7.0.1 Language/zh",
            ),
            (
                Desktop,
                "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1 WindowsWechat(0x63010200)",
            ),
            (
                Phone,
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            ),
            (
                Phone,
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            ),
            (
                Phone,
                "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            ),
            (
                Phone,
                "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Safari/604.1",
            ),
            (
                Phone,
                "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1",
            ),
            (
                Phone,
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1",
            ),
            (
                Phone,
                "Mozilla/5.0 (Linux; HarmonyOS; NOH-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/14.0.2.311",
            ),
            (Phone, "Mozilla/5.0 (Mobile; rv:109.0) Gecko/115.0 Firefox/115.0"),
            (
                Desktop,
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            ),
            (
                Desktop,
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
            ),
            (Desktop, "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
            (
                Desktop,
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            ),
            (Desktop, "curl/8.8.0"),
            (Desktop, ""),
            (Desktop, "\u{202e}企鹅\0"),
        ] {
            assert_eq!(BrowserKind::of_user_agent(user_agent), kind, "{user_agent}");
        }
    }
}
