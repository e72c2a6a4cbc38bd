//! The lines: what the kit says and what a client answers, one JSON object each.

use serde::{Deserialize, Serialize};

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
    #[serde(default)]
    pub(crate) client: Option<String>,
    #[serde(default)]
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) cannot: Option<String>,
    #[serde(default)]
    pub(crate) go: Option<String>,
    #[serde(default)]
    pub(crate) signed_in: Option<SignedIn>,
    #[serde(default)]
    pub(crate) visitor: Option<bool>,
    #[serde(default)]
    pub(crate) refused: Option<String>,
    #[serde(default)]
    pub(crate) renewed: Option<Renewed>,
    #[serde(default)]
    pub(crate) shown: Option<String>,
}

/// Who the site takes a person for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedIn {
    /// The client's own account key, where that is not the openid.
    #[serde(default)]
    pub(crate) account: Option<String>,
    #[serde(default)]
    pub(crate) openid: Option<String>,
    #[serde(default)]
    pub(crate) unionid: Option<String>,
    #[serde(default)]
    pub(crate) nickname: Option<String>,
}

/// Whose grant was renewed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renewed {
    #[serde(default)]
    pub(crate) openid: Option<String>,
}
