//! The two languages of the pages.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The one of the two that the browser prefers; Chinese when it asks for neither. WeChat's asks for `zh-CN`.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
        let mut best = (Self::Zh, 0.0);
        for item in values.flat_map(|value| value.split(',')) {
            let (tag, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = weight(parameter).unwrap_or(0.0);
            if let Some(lang) = Self::named(tag)
                && weight > best.1
            {
                best = (lang, weight);
            }
        }
        best.0
    }

    /// The value of HTML's `lang`.
    pub(super) const fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// The text of this language.
    pub(super) const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    fn named(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }
}

/// `q=0.8` is a weight of 0.8.
fn weight(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let weight: f32 = value.trim().parse().ok()?;
    (name.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&weight)).then_some(weight)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(values: &[&[u8]]) -> Lang {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_bytes(value).unwrap());
        }
        Lang::of_headers(&headers)
    }

    #[test]
    fn english_is_spoken_to_whoever_prefers_it() {
        for accepted in [
            "en",
            "en-US,en;q=0.9,zh-CN;q=0.8",
            "EN-gb",
            "fr, zh;q=0.3, en ; Q = 0.7",
            "zh;q=0, en;q=0.1",
            "de,en;q=0.5",
        ] {
            assert_eq!(of(&[accepted.as_bytes()]), Lang::En, "{accepted}");
        }
        assert_eq!(of(&[b"zh;q=0.5", b"en"]), Lang::En);
    }

    #[test]
    fn chinese_is_spoken_to_everybody_else() {
        for accepted in [
            "zh-CN",
            "zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7",
            "zh-TW, en",
            "zh, en",
            "en;q=0.5, zh;q=0.6",
            "fr-FR,de;q=0.5",
            "*",
            "",
            "en;q=0",
            "en;q=x",
            "en;q=7",
            "en;q=NaN",
            "en;level=1",
            "english",
        ] {
            assert_eq!(of(&[accepted.as_bytes()]), Lang::Zh, "{accepted}");
        }
        assert_eq!(of(&[]), Lang::Zh);
        assert_eq!(of(&[b"\xff", b"zh"]), Lang::Zh);
    }
}
