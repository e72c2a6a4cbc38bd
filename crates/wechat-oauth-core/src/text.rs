//! Display text from WeChat (nicknames, places, messages): kept exactly, and shown escaped.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// Text that somebody else chose. It is kept exactly as sent; `Display` and `Debug` escape what could break a line,
/// turn the reading direction or hide, so a log line stays one visible line.
///
/// | escaped | why |
/// |---|---|
/// | C0, DEL, C1 controls, U+2028, U+2029 | they break lines and drive terminals |
/// | bidirectional marks, embeddings, overrides, isolates | they reorder what is read |
/// | zero-width characters | they hide; a joiner between two emoji stays |
///
/// ```
/// # use wechat_oauth_core::UntrustedText;
/// let nickname = UntrustedText::from("a\u{202e}b\n👨\u{200d}👩".to_owned());
/// assert_eq!(nickname.to_string(), "a\\u{202e}b\\u{a}👨\u{200d}👩");
/// assert_eq!(nickname.as_untrusted_str(), "a\u{202e}b\n👨\u{200d}👩");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UntrustedText(String);

impl UntrustedText {
    /// The exact text. Whoever prints it escapes it.
    #[must_use]
    pub fn as_untrusted_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Escaped as `Display` does, and then for HTML text and quoted attributes.
    #[must_use]
    pub fn html_escaped(&self) -> String {
        let mut html = String::with_capacity(self.0.len() + 16);
        for character in self.to_string().chars() {
            match character {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                '`' => html.push_str("&#96;"),
                other => html.push(other),
            }
        }
        html
    }
}

impl From<String> for UntrustedText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for UntrustedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for UntrustedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Quotes are escaped too, so that no text can pass for the end of its own field.
        write!(f, "\"{}\"", self.to_string().replace('"', "\\\""))
    }
}

/// Shows a borrowed text as [`UntrustedText`] does.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut previous = None;
        let mut rest = self.0.chars();
        while let Some(character) = rest.next() {
            let joins = character == ZERO_WIDTH_JOINER
                && previous.is_some_and(ends_emoji)
                && rest.clone().next().is_some_and(starts_emoji);
            if is_disturbing(character) && !joins {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                f.write_char(character)?;
            }
            previous = Some(character);
        }
        Ok(())
    }
}

const ZERO_WIDTH_JOINER: char = '\u{200d}';

fn is_disturbing(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The blocks that hold the emoji that begin or continue a joined sequence.
const fn starts_emoji(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}'
        | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// An emoji may end in a variation selector before the joiner.
const fn ends_emoji(character: char) -> bool {
    starts_emoji(character) || character == '\u{fe0f}'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        UntrustedText::from(text.to_owned()).to_string()
    }

    #[test]
    fn controls_and_bidi_are_shown_as_escapes() {
        assert_eq!(shown("a\nb\0c\u{7f}d\u{9b}"), "a\\u{a}b\\u{0}c\\u{7f}d\\u{9b}");
        for bidi in
            "\u{200e}\u{200f}\u{61c}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}"
                .chars()
        {
            assert_eq!(shown(&bidi.to_string()), bidi.escape_unicode().to_string());
        }
        assert_eq!(shown("\u{2028}\u{2029}"), "\\u{2028}\\u{2029}");
    }

    #[test]
    fn a_joiner_inside_an_emoji_stays_and_elsewhere_is_escaped() {
        let family = "👨\u{200d}👩\u{200d}👧";
        assert_eq!(shown(family), family);
        let rainbow_flag = "🏳\u{fe0f}\u{200d}🌈";
        assert_eq!(shown(rainbow_flag), rainbow_flag);
        assert_eq!(shown("a\u{200d}b"), "a\\u{200d}b");
        assert_eq!(shown("👨\u{200d}\u{200d}👩"), "👨\\u{200d}\\u{200d}👩");
        assert_eq!(shown("\u{200d}👩"), "\\u{200d}👩");
    }

    #[test]
    fn ordinary_text_is_shown_as_it_is() {
        for text in ["飞翔的企鹅", "Jack(XiaJF)", "嗯哼？", "é ü ß", "\u{e13c}", "🍭", "a\"b'c\\d"]
        {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn html_cannot_be_broken_out_of() {
        let text = UntrustedText::from("<script>\"&'`\u{0}".to_owned());
        assert_eq!(text.html_escaped(), "&lt;script&gt;&quot;&amp;&#39;&#96;\\u{0}");
    }

    #[test]
    fn debug_cannot_be_made_to_end_its_own_field() {
        let text = UntrustedText::from("a\", admin: \"yes\n".to_owned());
        assert_eq!(format!("{text:?}"), r#""a\", admin: \"yes\u{a}""#);
        assert!(!text.is_empty() && UntrustedText::default().is_empty());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_one_visible_line(text in "\\PC*|.*|[\\x00-\\x20\\u{200b}-\\u{200f}\\u{2028}-\\u{202e}👩]*") {
            let shown = shown(&text);
            prop_assert!(!shown.chars().any(|c| c.is_control() || (is_disturbing(c) && c != ZERO_WIDTH_JOINER)));
        }
    }
}
