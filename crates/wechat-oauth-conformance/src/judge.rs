//! How a case ends before its script does, and what is looked at after every case.

use std::collections::BTreeSet;

use wechat_oauth_emulator::{Seen, World};

use crate::client::Broken;
use crate::leak::Search;
use crate::report::Reason;

/// Why a script goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The client is not safe.
    Unsafe(Reason),
    /// The client has nothing of the kind; its own words.
    Cannot(String),
    /// The client has no login for this kind of account; its own words.
    NoSuchLogin(String),
}

impl Stop {
    pub(crate) fn unsafe_(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::Unsafe(Reason::new(en, zh))
    }
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Unsafe(broken.into())
    }
}

/// Where a redirect of the emulator's leads.
const ELSEWHERE: &str = "/_emulator/away";

/// The requests that reached WeChat's API or the other host, in order.
pub(crate) fn requests(world: &World) -> Vec<Seen> {
    let came = |seen: &&Seen| seen.request.path.starts_with("/sns/") || seen.request.path == ELSEWHERE;
    world.seen().iter().filter(came).cloned().collect()
}

/// What no client may do in any case: tell a secret, or speak with another host.
pub(crate) fn always(
    secrets: &[(String, String)],
    said: &[(Place, String)],
    requests: &[Seen],
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let names: Vec<(&str, &str)> =
        secrets.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let search = Search::new(&names);
    let mut told = BTreeSet::new();
    for (place, text) in said {
        for (name, form) in search.find(text) {
            if told.insert((*place, name.to_owned())) {
                let (en, zh) = place.words();
                reasons.push(Reason::new(
                    format!(
                        "the {name} is in {en}{}",
                        if form == "plain" { String::new() } else { format!(" ({form})") }
                    ),
                    format!("{zh}中出现了 {}{}", secret_zh(name), form_zh(form)),
                ));
            }
        }
    }
    let elsewhere: Vec<_> = requests.iter().filter(|seen| seen.request.path == ELSEWHERE).collect();
    if !elsewhere.is_empty() {
        reasons.push(Reason::new("follows a redirect to another host", "跟随重定向，请求了另一主机"));
    }
    for seen in elsewhere {
        let sent = format!("{} {}", seen.request.query, seen.request.header("referer").unwrap_or_default());
        for (name, _) in search.find(&sent) {
            if told.insert((Place::Elsewhere, name.to_owned())) {
                reasons.push(Reason::new(
                    format!("the {name} is sent to another host"),
                    format!("{} 被发给了另一主机", secret_zh(name)),
                ));
            }
        }
    }
    reasons
}

/// Where something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// What it answers.
    Answer,
    /// What its users print of an error.
    Error,
    /// What is seen when its objects are printed.
    Shown,
    /// Its log.
    Log,
    /// A request to another host.
    Elsewhere,
}

impl Place {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Answer => ("its answers", "应答"),
            Self::Error => ("its error", "报错信息"),
            Self::Shown => ("its objects when they are printed", "打印出来的对象"),
            Self::Log => ("its log", "日志"),
            Self::Elsewhere => ("a request to another host", "发往另一主机的请求"),
        }
    }
}

fn secret_zh(name: &str) -> &str {
    match name {
        "app secret" => "AppSecret",
        "access token" => "access_token",
        "refresh token" => "refresh_token",
        other => other,
    }
}

fn form_zh(form: &str) -> &'static str {
    match form {
        "percent-encoded" => "（URL 编码）",
        "hex" => "（十六进制）",
        "base64" => "（base64）",
        "byte list" => "（字节数组）",
        "reversed" => "（倒序）",
        _ => "",
    }
}
