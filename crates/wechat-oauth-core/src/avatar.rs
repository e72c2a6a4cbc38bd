//! [`Avatar`]: the picture of a profile, on a host where WeChat keeps pictures and nowhere else.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use url::Url;

use crate::endpoints::is_loopback;
use crate::value;

/// The URL of an avatar: https on `*.qlogo.cn` or `*.qpic.cn`, or on the emulator that served the profile.
///
/// This crate never fetches it. It is stored as its text; one that comes back from elsewhere than these hosts is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Avatar(String);

/// The sizes that WeChat keeps of an avatar, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AvatarSize {
    /// 46 × 46
    Px46,
    /// 64 × 64
    Px64,
    /// 96 × 96
    Px96,
    /// 132 × 132
    Px132,
    /// 640 × 640, written 0.
    Px640,
}

/// Where WeChat keeps pictures.
const PICTURE_DOMAINS: [&str; 2] = [".qlogo.cn", ".qpic.cn"];

/// The longest URL that is believed, in bytes; real ones have under 250.
const MAX_LEN: usize = 1024;

impl Avatar {
    /// Takes the URL if it is on one of WeChat's picture hosts, as https; or, unchanged, if it is on the emulator's
    /// origin. Anything else is no avatar.
    pub(crate) fn read(url: &str, emulator: Option<&str>) -> Option<Self> {
        if url.len() > MAX_LEN || !value::all(url, is_plain) {
            return None;
        }
        if let Some(origin) = emulator
            && url.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/'))
        {
            return Some(Self(url.to_owned()));
        }
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        // The host ends at the first "/": its alphabet has no "@", ":" or "?" to mistake it by.
        let host = &rest[..rest.find('/')?];
        let is_host =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-';
        let kept = PICTURE_DOMAINS.into_iter().any(|domain| {
            host.strip_suffix(domain).is_some_and(|label| !label.is_empty() && value::all(label, is_host))
        });
        kept.then(|| Self(["https://", rest].concat()))
    }

    /// Takes a URL that was stored: as [`read`](Self::read) made it. Which emulator it was is not known any more, so any
    /// on this machine will do.
    fn stored(url: String) -> Option<Self> {
        let of_wechat = Self::read(&url, None).is_some_and(|avatar| avatar.0 == url);
        (of_wechat || is_of_an_emulator(&url)).then_some(Self(url))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same picture in another size; `None` when the URL does not end in a size.
    #[must_use]
    pub fn with_size(&self, size: AvatarSize) -> Option<Self> {
        let (picture, old) = self.0.rsplit_once('/')?;
        matches!(old, "0" | "46" | "64" | "96" | "132").then(|| Self(format!("{picture}/{}", size.as_str())))
    }
}

impl AvatarSize {
    /// The size of so many pixels a side: 46, 64, 96, 132 or 640.
    #[must_use]
    pub const fn of_px(px: u32) -> Option<Self> {
        match px {
            46 => Some(Self::Px46),
            64 => Some(Self::Px64),
            96 => Some(Self::Px96),
            132 => Some(Self::Px132),
            640 => Some(Self::Px640),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Px46 => "46",
            Self::Px64 => "64",
            Self::Px96 => "96",
            Self::Px132 => "132",
            Self::Px640 => "0",
        }
    }
}

impl<'de> Deserialize<'de> for Avatar {
    /// By hand, because serde's own errors quote what they do not understand.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer).ok();
        url.and_then(Self::stored).ok_or_else(|| de::Error::custom("a stored avatar cannot be read"))
    }
}

impl fmt::Display for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a browser would go to this machine, and to nowhere else, for it.
fn is_of_an_emulator(url: &str) -> bool {
    let written = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let has_path = written.is_some_and(|rest| rest.contains('/'));
    has_path
        && url.len() <= MAX_LEN
        && value::all(url, is_plain)
        && Url::parse(url)
            .is_ok_and(|url| is_loopback(url.host()) && url.username().is_empty() && url.password().is_none())
}

/// Visible ASCII without what ends an HTML attribute or what browsers rewrite.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(url: &str) -> Option<String> {
        Avatar::read(url, None).map(|avatar| avatar.to_string())
    }

    #[test]
    fn a_size_is_told_by_its_pixels() {
        let sizes = [46, 64, 96, 132, 640].map(|px| AvatarSize::of_px(px).unwrap().as_str());
        assert_eq!(sizes, ["46", "64", "96", "132", "0"]);
        assert!([0, 1, 45, 133, 1024].iter().all(|px| AvatarSize::of_px(*px).is_none()));
    }

    #[test]
    fn pictures_on_wechats_hosts_become_https() {
        let modern = "https://thirdwx.qlogo.cn/mmopen/vi_32/AbC/132";
        assert_eq!(read(modern).as_deref(), Some(modern));
        assert_eq!(
            read("http://wx.qlogo.cn/mmopen/AbC/0").as_deref(),
            Some("https://wx.qlogo.cn/mmopen/AbC/0")
        );
        assert_eq!(read("http://mmbiz.qpic.cn/a").as_deref(), Some("https://mmbiz.qpic.cn/a"));
        // Every character that a host may have.
        assert_eq!(read("https://wx-2.sz.qlogo.cn/a").as_deref(), Some("https://wx-2.sz.qlogo.cn/a"));
    }

    #[test]
    fn anything_else_is_no_avatar() {
        for url in [
            "",
            "https://qlogo.cn/a",
            "https://.qlogo.cn/a",
            "https://evilqlogo.cn/a",
            "https://wx.qlogo.cn.evil.example/a",
            "https://evil.example/wx.qlogo.cn/a",
            "https://evil.example#.qlogo.cn/a",
            "https://evil.example?.qlogo.cn/a",
            "https://evil.example\\.qlogo.cn/a",
            "https://wx.qlogo.cn@evil.example/a",
            "https://user@wx.qlogo.cn/a",
            "https://wx.qlogo.cn:8443/a",
            "https://wx.qlogo.cn",
            "//wx.qlogo.cn/a",
            "HTTPS://wx.qlogo.cn/a",
            "ftp://wx.qlogo.cn/a",
            "javascript:alert(1)//.qlogo.cn/",
            "data:image/png;base64,.qlogo.cn/",
            "https://wx.qlogo.cn/a\" onerror=x",
            "https://wx.qlogo.cn/<a>",
            "https://wx.qlogo.cn/a b",
            "https://wx.qlogo.cn/\u{e9}",
            "https://wx.qlogo.cn/\n",
            "https://wxｑlogo.qlogo.cn/a",
            "http://169.254.169.254/a",
            "header_image_url",
            "@P\u{fffd}..C/132",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
        assert_eq!(read(&format!("https://wx.qlogo.cn/{}", "a".repeat(MAX_LEN))), None);
    }

    #[test]
    fn the_emulators_own_pictures_stay_as_they_are() {
        let emulator = "http://127.0.0.1:8080";
        let read = |url: &str| Avatar::read(url, Some(emulator)).map(|avatar| avatar.to_string());
        let own = "http://127.0.0.1:8080/_emulator/avatar/1";
        assert_eq!(read(own).as_deref(), Some(own));
        for other in
            ["http://127.0.0.1:80801/a", "http://127.0.0.1:8080", "http://127.0.0.1:8080@evil.example/"]
        {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(Avatar::read(own, None), None);
    }

    #[test]
    fn a_stored_avatar_comes_back_from_where_one_can_be() {
        let stored = |url: &str| serde_json::from_value::<Avatar>(url.into()).ok().map(|avatar| avatar.0);
        for url in [
            "https://thirdwx.qlogo.cn/mmopen/vi_32/AbC/132",
            "https://mmbiz.qpic.cn/a",
            "http://127.0.0.1:8080/_emulator/avatar/1",
            "https://localhost:8443/a",
            "http://[::1]:8080/a",
        ] {
            assert_eq!(stored(url).as_deref(), Some(url));
        }
        for url in [
            "",
            "http://wx.qlogo.cn/mmopen/AbC/0",
            "https://evil.example/a",
            "https://wx.qlogo.cn.evil.example/a",
            "http://127.0.0.1@evil.example/a",
            "http://user@127.0.0.1/a",
            "http://127.0.0.1.evil.example/a",
            "http://127.0.0.1:8080",
            "http://127.0.0.1/\"><script>",
            "http:127.0.0.1/a",
            "ftp://127.0.0.1/a",
            "javascript://localhost/%0aalert(1)",
            "//127.0.0.1/a",
            "http://169.254.169.254/a",
        ] {
            assert_eq!(stored(url), None, "{url}");
        }
        let longest = |length: usize| stored(&format!("{:a<length$}", "http://127.0.0.1/"));
        assert!(longest(1024).is_some() && longest(1025).is_none());
    }

    #[test]
    fn a_refused_stored_avatar_is_not_in_its_error() {
        let error = serde_json::from_str::<Avatar>(r#""https://canary.example/a""#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }

    #[test]
    fn the_size_is_the_last_segment() {
        let avatar = Avatar::read("https://thirdwx.qlogo.cn/mmopen/AbC/132", None).unwrap();
        let sized = avatar.with_size(AvatarSize::Px640).unwrap();
        assert_eq!(sized.as_str(), "https://thirdwx.qlogo.cn/mmopen/AbC/0");
        assert_eq!(Avatar::read("https://wx.qlogo.cn/a", None).unwrap().with_size(AvatarSize::Px46), None);
    }

    #[test]
    fn every_size_has_its_own_picture() {
        use AvatarSize::*;
        let mut avatar = Avatar::read("https://thirdwx.qlogo.cn/mmopen/AbC/132", None).unwrap();
        for (size, segment) in [(Px46, "46"), (Px64, "64"), (Px96, "96"), (Px132, "132"), (Px640, "0")] {
            avatar = avatar.with_size(size).unwrap();
            assert_eq!(avatar.as_str(), format!("https://thirdwx.qlogo.cn/mmopen/AbC/{segment}"));
        }
    }

    #[test]
    fn the_longest_url_that_is_believed_is_believed() {
        let url = |length: usize| format!("{:a<length$}", "https://wx.qlogo.cn/");
        assert_eq!(read(&url(1024)), Some(url(1024)));
        assert_eq!(read(&url(1025)), None);
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_where_a_browser_would_go(
            url in "(https?://|//|wx|\\.qlogo\\.cn|\\.qpic\\.cn|evil|/|@|:|\\?|#|\\\\|%|é|[a-z]){0,10}",
        ) {
            if let Some(accepted) = read(&url) {
                let parsed = Url::parse(&accepted).unwrap();
                let host = parsed.host_str().unwrap();
                prop_assert_eq!(parsed.scheme(), "https");
                prop_assert!(host.ends_with(".qlogo.cn") || host.ends_with(".qpic.cn"));
                prop_assert_eq!(parsed.port(), None);
            }
        }

        #[test]
        fn what_was_stored_is_where_a_browser_would_go(
            url in "https?://(127\\.0\\.0\\.1|localhost|\\[::1\\]|wx\\.qlogo\\.cn|evil|\\.|/|@|:|\\?|#|\\\\|%|é|[a-z0-9]){0,8}",
        ) {
            if let Some(accepted) = Avatar::stored(url) {
                let parsed = Url::parse(accepted.as_str()).unwrap();
                let host = parsed.host_str().unwrap();
                let wechats = parsed.scheme() == "https" && host.ends_with(".qlogo.cn");
                let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
                let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
                prop_assert!(wechats || loopback, "{}", host);
                prop_assert_eq!(parsed.username(), "");
            }
        }
    }
}
