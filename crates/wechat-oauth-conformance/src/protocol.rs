//! The lines: what the kit says and what a client answers, one JSON object each.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The first line: who is to sign people in, and where.
#[derive(Serialize)]
pub(crate) struct Hello<'a> {
    pub(crate) case: &'a str,
    pub(crate) wechat: &'a str,
    pub(crate) account: &'a str,
    pub(crate) appid: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) timeout_ms: u64,
}

/// Every other line.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Ask<'a> {
    Start { browser: &'a str },
    Callback { browser: &'a str, url: &'a str },
    Renew { browser: &'a str },
    Show,
}

/// A line with the client's clock, once that has moved.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    #[serde(flatten)]
    pub(crate) ask: Ask<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) later: Option<u64>,
}

/// What a client answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) client: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) cannot: Option<String>,
    pub(crate) go: Option<String>,
    pub(crate) signed_in: Option<SignedIn>,
    pub(crate) visitor: Option<bool>,
    pub(crate) refused: Option<String>,
    pub(crate) renewed: Option<Renewed>,
    pub(crate) shown: Option<String>,
}

impl Answer {
    /// A client's line.
    pub(crate) fn read(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(&mended(line))
    }

    /// Whether it says one thing, and not several from which to choose.
    pub(crate) fn is_one(&self) -> bool {
        let Self { client, version, cannot, go, signed_in, visitor, refused, renewed, shown } = self;
        let said = [
            client.is_some() || version.is_some(),
            cannot.is_some(),
            go.is_some(),
            signed_in.is_some(),
            visitor.is_some(),
            refused.is_some(),
            renewed.is_some(),
            shown.is_some(),
        ];
        said.into_iter().filter(|is_there| *is_there).count() <= 1
    }
}

/// Who the site takes a person for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedIn {
    /// The client's own account key, where that is not the openid.
    #[serde(default, deserialize_with = "as_text")]
    pub(crate) account: Option<String>,
    #[serde(default, deserialize_with = "as_text")]
    pub(crate) openid: Option<String>,
    #[serde(default, deserialize_with = "as_text")]
    pub(crate) unionid: Option<String>,
    #[serde(default, deserialize_with = "as_text")]
    pub(crate) nickname: Option<String>,
}

/// A client that takes a number, or a list, for an id says it as it has it.
fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    })
}

/// Whose grant was renewed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renewed {
    pub(crate) openid: Option<String>,
}

/// The line without halves of surrogate pairs, which some languages' texts can hold and write, and serde cannot read.
fn mended(line: &str) -> Cow<'_, str> {
    let half = |text: &str, high: bool| {
        let digits = text.strip_prefix("\\u").and_then(|rest| rest.get(..4));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        unit.is_some_and(|unit| unit & 0xFC00 == if high { 0xD800 } else { 0xDC00 })
    };
    if !line.contains("\\u") {
        return Cow::Borrowed(line);
    }
    let mut whole = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let pair = half(rest, true) && rest.get(6..).is_some_and(|second| half(second, false));
        let escape = if pair {
            rest.get(..12)
        } else if half(rest, true) || half(rest, false) {
            whole.push_str("\\ufffd");
            rest = &rest[6..];
            continue;
        } else {
            // Also `\\\\`, so that what follows is not taken for an escape.
            rest.get(..2)
        };
        let escape = escape.unwrap_or(rest);
        whole.push_str(escape);
        rest = &rest[escape.len()..];
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_no_text_are_read_as_they_stand() {
        let answer = Answer::read(r#"{"signed_in":{"openid":12,"unionid":null,"nickname":"x"}}"#).unwrap();
        let signed_in = answer.signed_in.unwrap();
        assert_eq!(signed_in.openid.as_deref(), Some("12"));
        assert_eq!((signed_in.unionid, signed_in.nickname.as_deref()), (None, Some("x")));
    }

    #[test]
    fn halves_of_surrogate_pairs_are_mended_and_nothing_else() {
        for (line, whole) in [
            (r#"{"a":"plain"}"#, r#"{"a":"plain"}"#),
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"x\ude00\ud83d\ude00\ud83d"}"#, r#"{"a":"x\ufffd\ud83d\ude00\ufffd"}"#),
            (r#"{"a":"\\ud83d \n \u4e2d"}"#, r#"{"a":"\\ud83d \n \u4e2d"}"#),
            (r"\ud8", r"\ud8"),
            (r"\", r"\"),
        ] {
            assert_eq!(mended(line), whole, "{line}");
        }
    }
}
