//! The two languages of the pages.

/// A language the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lang {
    /// Simplified Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Lang {
    /// The language of an answer: what the address asks for (`lang=cn` or `en`), else what the person chose (the
    /// cookie `emulator_lang`), else what the browser prefers of the two (`Accept-Language`), else Chinese.
    pub(crate) fn choose(query: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Self {
        query
            .and_then(Self::named)
            .or_else(|| cookie.and_then(Self::named))
            .or_else(|| accept_language.and_then(preferred))
            .unwrap_or_default()
    }

    /// The value of HTML's `lang`.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The text of this language.
    pub(crate) const fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// WeChat says `cn` on the QR page and `zh_CN` elsewhere; browsers say `zh-CN`.
    fn named(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") || primary.eq_ignore_ascii_case("cn") {
            Some(Self::Chinese)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }
}

/// The first of the two with the greatest weight; a weight that cannot be read counts as none.
fn preferred(accept_language: &str) -> Option<Lang> {
    let mut best: Option<(Lang, f32)> = None;
    for item in accept_language.split(',') {
        let (tag, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
        if let Some(lang) = Lang::named(tag)
            && weight > best.map_or(0.0, |(_, best)| best)
        {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        assert_eq!(Lang::choose(Some("en"), Some("zh"), Some("zh-CN")), Lang::English);
        assert_eq!(Lang::choose(Some("cn"), Some("en"), Some("en")), Lang::Chinese);
        assert_eq!(Lang::choose(None, Some("en"), Some("zh-CN")), Lang::English);
        assert_eq!(Lang::choose(Some("fr"), None, Some("en-GB")), Lang::English);
    }

    #[test]
    fn chinese_is_spoken_when_nobody_asks_for_either() {
        assert_eq!(Lang::choose(None, None, None), Lang::Chinese);
        assert_eq!(Lang::choose(Some(""), Some("x"), Some("fr-FR,de;q=0.5")), Lang::Chinese);
    }

    #[test]
    fn the_browsers_greater_weight_decides() {
        assert_eq!(Lang::choose(None, None, Some("fr, zh-CN;q=0.3, en;q=0.7")), Lang::English);
        assert_eq!(Lang::choose(None, None, Some("zh-TW,zh;q=0.9,en;q=0.8")), Lang::Chinese);
        assert_eq!(Lang::choose(None, None, Some("en;q=0, zh;q=0.1")), Lang::Chinese);
        assert_eq!(Lang::choose(None, None, Some("en;q=x")), Lang::Chinese);
    }
}
