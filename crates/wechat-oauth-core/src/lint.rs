//! Reads an authorize URL as WeChat would, and says what is wrong with it.
//!
//! The rules come from the pages
//! <https://developers.weixin.qq.com/doc/service/guide/h5/auth.html> (official account),
//! <https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html> (website app),
//! <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html>
//! (component) and <https://developers.weixin.qq.com/doc/oplatform/developers/troubleshooting/auth.html> (10003, 10005).

mod domain;
mod page_url;
mod percent;
mod redirect;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::authorize::FRAGMENT;
use crate::{AppId, Scope, Scopes, State, text};
use domain::ConsoleField;
use page_url::{Page, PageUrl};
use redirect::Redirect;

/// The longest URL that is judged, in bytes. A real one stays far below 2 KiB; browsers and servers commonly stop at
/// 8 KiB, so twice that is no authorize URL any more, and the work for hostile input stays bounded.
pub const MAX_LINT_LEN: usize = 16 * 1024;

/// Judges an authorize URL, of the official page or of the QR page.
///
/// Nothing is sent. Findings come in the order of [`FindingCode::ALL`], which is about the order in which WeChat would
/// trip over them; several of one code come in the order of the URL. White space around the URL is not judged. No
/// finding quotes the state, or the URL as a whole.
///
/// A URL of another place has the one finding [`FindingCode::NotAuthorizePage`], since no rule is known for it.
///
/// ```
/// use wechat_oauth_core::{FindingCode, LintOptions, lint};
///
/// let url = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx520c15f417810387\
///     &redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&response_type=code&scope=snsapi_base&state=r4nd0m#wechat_redirect";
/// assert_eq!(lint(url, &LintOptions::default()), []);
///
/// // "Why do I get 10003?"
/// let findings = lint(url, &LintOptions::default().domain("example.com"));
/// assert_eq!(findings[0].code, FindingCode::Domain);
/// assert_eq!(findings[0].page, Some(10003));
/// assert!(findings[0].message.contains("a sub-domain of the configured"));
/// ```
#[must_use]
pub fn lint(url: &str, options: &LintOptions<'_>) -> Vec<Finding> {
    if url.len() > MAX_LINT_LEN {
        return vec![page_url::too_long()];
    }
    let url = match PageUrl::parse(url.trim_ascii()) {
        Ok(url) => url,
        Err(not_the_page) => return vec![not_the_page.finding()],
    };
    let mut findings = Vec::new();
    judge_missing(&url, &mut findings);
    judge_repeated(&url, &mut findings);
    judge_unknown(&url, &mut findings);
    judge_order(&url, &mut findings);
    judge_appids(&url, &mut findings);
    let redirect = judge_redirect(&url, &mut findings);
    if let Some(domain) = options.domain {
        findings.extend(domain::judge(domain, redirect.as_ref(), console_field(&url)));
    }
    judge_response_type(&url, &mut findings);
    judge_scope(&url, &mut findings);
    judge_state(&url, &mut findings);
    judge_fragment(&url, &mut findings);
    findings
}

/// What the lint may know beside the URL.
///
/// ```
/// let options = wechat_oauth_core::LintOptions::default().domain("www.example.com");
/// assert_eq!(options.domain, Some("www.example.com"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LintOptions<'a> {
    /// The domain set in WeChat's console (网页授权域名, 授权回调域, or a third-party platform's 公众号开发域名), as it
    /// stands in that field: a host, perhaps with a path (`wx.qq.com/mp`). Without it, the domain is not judged.
    pub domain: Option<&'a str>,
}

impl<'a> LintOptions<'a> {
    /// With the domain set in the console.
    #[must_use]
    pub const fn domain(self, domain: &'a str) -> Self {
        Self { domain: Some(domain) }
    }
}

/// One thing wrong, or doubtful, about the URL. Serialised with its keys in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// Whether the login fails or is unsafe, or is only in doubt.
    pub severity: Severity,
    /// The code on the error page that WeChat shows for it, where one is known: 10003, 10005, 10010 to 10013. See
    /// [`explain`](crate::explain()).
    pub page: Option<u32>,
    /// What is wrong, in English, on one line.
    pub message: String,
    /// What to do, in English, on one line.
    pub fix: String,
}

impl Finding {
    fn new(code: FindingCode, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), page: code.page(), message: message.into(), fix: fix.into() }
    }
}

/// The document that a program prints: `{"findings":[{"code":…,"severity":…,"page":…,"message":…,"fix":…}]}`.
///
/// ```
/// use wechat_oauth_core::{LintOptions, LintReport, lint};
///
/// let report = LintReport { findings: lint("https://example.com/", &LintOptions::default()) };
/// let json = serde_json::to_string(&report)?;
/// assert!(json.starts_with(r#"{"findings":[{"code":"not_authorize_page","severity":"error","page":null,"message":""#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LintReport {
    /// The findings, in their order.
    pub findings: Vec<Finding>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It may work, or works today, or works only here.
    Warning,
    /// The login fails, or can be forged.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

macro_rules! finding_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $severity:ident;)*) => {
        /// What the lint can find. The variants stand in the order in which findings come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum FindingCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl FindingCode {
            /// Every code, in the order in which findings come.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name for programs: `"redirect_invalid"`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// How bad it is. [`MissingFragment`](Self::MissingFragment) is milder on the QR page: there, a
            /// [`Finding::severity`] is a warning.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

finding_codes! {
    /// Not a URL of the official page or of the QR page, at WeChat or at an emulator on loopback. The only finding then.
    NotAuthorizePage = "not_authorize_page", Error;
    /// `appid`, `redirect_uri`, `response_type` or `scope` is absent or empty (pages 10010 to 10012).
    MissingParameter = "missing_parameter", Error;
    /// A parameter comes more than once; the first is judged.
    RepeatedParameter = "repeated_parameter", Error;
    /// The page has no parameter of this name.
    UnknownParameter = "unknown_parameter", Warning;
    /// The parameters are not in the order that WeChat documents. Not judged for wxLogin.js (`login_type=jssdk`).
    Order = "order", Error;
    /// An appid that is not `wx` and 16 lower-case hexadecimal digits.
    AppidShape = "appid_shape", Warning;
    /// The `redirect_uri` is not percent-encoded.
    NotEncoded = "not_encoded", Error;
    /// The `redirect_uri` is percent-encoded in part.
    PartlyEncoded = "partly_encoded", Warning;
    /// The `redirect_uri` is percent-encoded more than once. It is not judged further.
    DoubleEncoded = "double_encoded", Error;
    /// The `redirect_uri` is no absolute http(s) URL that a code can be added to.
    RedirectInvalid = "redirect_invalid", Error;
    /// The `redirect_uri` is plain http, and not on loopback.
    RedirectHttp = "redirect_http", Warning;
    /// The `redirect_uri` has a port: 10003 in production.
    RedirectPort = "redirect_port", Warning;
    /// The `redirect_uri` has an IP address for a host: 10003 in production.
    RedirectIp = "redirect_ip", Warning;
    /// The `redirect_uri` does not fit the domain in the console (10003), or that domain cannot be one.
    Domain = "domain", Error;
    /// `response_type` is not `code`.
    ResponseType = "response_type", Error;
    /// A scope that neither page knows.
    ScopeUnknown = "scope_unknown", Error;
    /// A scope of the other page (10005).
    ScopePage = "scope_page", Error;
    /// No state: the login can be forged.
    StateMissing = "state_missing", Error;
    /// An empty state (10013).
    StateEmpty = "state_empty", Error;
    /// A state of more than 128 bytes.
    StateTooLong = "state_too_long", Error;
    /// A state with something other than `A-Za-z0-9`.
    StateAlphabet = "state_alphabet", Error;
    /// The state of the documentation's sample, which everybody knows.
    WellKnownState = "well_known_state", Warning;
    /// Something follows `#wechat_redirect`: it is never sent.
    AfterFragment = "after_fragment", Error;
    /// The URL does not end in `#wechat_redirect` (a warning on the QR page).
    MissingFragment = "missing_fragment", Error;
}

impl FindingCode {
    /// The error page that every finding of this code ends on; `missing_parameter` sets its own.
    const fn page(self) -> Option<u32> {
        match self {
            Self::RedirectPort | Self::RedirectIp | Self::Domain => Some(10003),
            Self::ScopePage => Some(10005),
            Self::StateEmpty => Some(10013),
            _ => None,
        }
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state in the website app documentation's sample URL. It is copied, as a constant, into many projects.
const SAMPLE_STATE: &str = "3d6be0a4035d839573b04816624a415e";

/// The longest name or host that a message quotes, in characters: enough to recognise it, and one line stays one line.
const MAX_QUOTED: usize = 64;

/// How many names one message lists.
const MAX_LISTED: usize = 9;

fn judge_missing(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let required = [
        ("appid", Some(10012)),
        ("redirect_uri", Some(10011)),
        ("response_type", None),
        ("scope", Some(10010)),
    ];
    for (name, page) in required {
        let how = match url.first(name) {
            None => "absent",
            Some("") => "empty",
            Some(_) => continue,
        };
        if name == "response_type" && url.is_wx_login() {
            continue;
        }
        let fix = match name {
            "response_type" => "Add response_type=code.".to_owned(),
            "redirect_uri" => "Add redirect_uri, percent-encoded once.".to_owned(),
            _ => format!("Add {name} with a value."),
        };
        let message = format!("The required parameter {name} is {how}. Names are case-sensitive.");
        findings.push(Finding { page, ..Finding::new(FindingCode::MissingParameter, message, fix) });
    }
}

fn judge_repeated(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    let mut told = BTreeSet::new();
    for parameter in url.known_parameters() {
        if !seen.insert(parameter.name) && told.insert(parameter.name) {
            findings.push(Finding::new(
                FindingCode::RepeatedParameter,
                format!(
                    "{} comes more than once; which one WeChat takes is not documented. The first is judged here.",
                    parameter.name
                ),
                format!(
                    "Keep one {}. If another belongs to the redirect_uri, percent-encode the redirect_uri.",
                    parameter.name
                ),
            ));
        }
    }
}

fn judge_unknown(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for name in url.parameters.iter().map(|parameter| parameter.name) {
        if url.page.knows(name) || !told.insert(name) {
            continue;
        }
        let fix = if let Some(meant) = url.page.known_names().find(|known| known.eq_ignore_ascii_case(name)) {
            format!("Write {meant}: the case of a name matters.")
        } else if name.starts_with("amp;") {
            "Write & between parameters: this URL was escaped for HTML (&amp;) once too often.".to_owned()
        } else if name == "secret" {
            "Remove it and renew the app secret in the console: whatever is in this URL passes through browsers."
                .to_owned()
        } else if url.page.other().knows(name) {
            format!("Remove it: it belongs to the {}.", url.page.other().name())
        } else {
            "Remove it; if it belongs to the redirect_uri, percent-encode the whole redirect_uri.".to_owned()
        };
        let message = format!("The {} has no parameter {}.", url.page.name(), quoted(name));
        findings.push(Finding::new(FindingCode::UnknownParameter, message, fix));
    }
}

fn judge_order(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    if url.is_wx_login() {
        return;
    }
    let mut found = Vec::new();
    for parameter in &url.parameters {
        if url.page.order().contains(&parameter.name) && !found.contains(&parameter.name) {
            found.push(parameter.name);
        }
    }
    let expected: Vec<&str> = url.page.order().iter().copied().filter(|name| found.contains(name)).collect();
    if found != expected {
        findings.push(Finding::new(
            FindingCode::Order,
            "The parameters are not in the documented order. WeChat matches the link as a whole, and may answer \
             a wrong order with a page that cannot be used, or with \"Scope 参数错误或没有 Scope 权限\".",
            format!("Put them in this order: {}.", expected.join(", ")),
        ));
    }
}

fn judge_appids(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let appid = url.first("appid").filter(|value| !value.is_empty()).map(|value| ("appid", value));
    let component = url.component_appid().map(|value| ("component_appid", value));
    for (name, value) in [appid, component].into_iter().flatten() {
        if !AppId::new(&percent::decode(value).text).is_ok_and(|id| id.has_usual_shape()) {
            findings.push(Finding::new(
                FindingCode::AppidShape,
                format!("{name} does not look like an appid: real ones are wx and 16 lower-case hexadecimal digits."),
                format!("Copy {name} from the console again; a gh_ id, a WeCom id and an openid are other things."),
            ));
        }
    }
}

/// Judges the `redirect_uri`, and gives it back if it has a host to judge the domain by.
fn judge_redirect(url: &PageUrl<'_>, findings: &mut Vec<Finding>) -> Option<Redirect> {
    let raw = url.first("redirect_uri").filter(|value| !value.is_empty())?;
    if percent::is_plain_url(raw) {
        findings.push(Finding::new(
            FindingCode::NotEncoded,
            "redirect_uri is not percent-encoded: everything after its first & is lost, since WeChat takes that for \
             parameters of its own, and everything after its first # is never sent.",
            "Percent-encode the whole redirect_uri once (encodeURIComponent): https%3A%2F%2F…",
        ));
    } else if percent::has_raw_reserved(raw) {
        findings.push(Finding::new(
            FindingCode::PartlyEncoded,
            "redirect_uri is percent-encoded in part: some characters such as / or : or ? stand in it as they are. \
             It works as long as none of them is & or #.",
            "Percent-encode all of it once (encodeURIComponent; in Python quote(uri, safe='')).",
        ));
    }
    let decoded = percent::decode(raw);
    if percent::is_still_encoded(&decoded.text) {
        findings.push(Finding::new(
            FindingCode::DoubleEncoded,
            "redirect_uri is percent-encoded more than once: decoded, it still begins like https%3A%2F%2F, which is \
             no URL and has no host that could match the console's (10003).",
            "Encode it once: give the plain URL to whatever builds the query, which encodes it by itself.",
        ));
        return None;
    }
    if let Some(fault) = decoded.fault {
        findings.push(fault.finding());
    }
    let (faults, redirect) = redirect::read(&decoded.text, url.component_appid().is_some());
    findings.extend(faults.iter().map(redirect::Fault::finding));
    if let Some(redirect) = &redirect {
        findings.extend(redirect.warnings());
    }
    redirect
}

fn judge_response_type(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let Some(value) = url.first("response_type").filter(|value| !value.is_empty()) else { return };
    if percent::decode(value).text != "code" {
        findings.push(Finding::new(
            FindingCode::ResponseType,
            "response_type is not code, in lower case: WeChat has no other.",
            "Write response_type=code.",
        ));
    }
}

fn judge_scope(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let Some(value) = url.first("scope").filter(|value| !value.is_empty()) else { return };
    let scopes = Scopes::parse(&percent::decode(value).text);
    let fits = match url.page {
        Page::Official => "snsapi_base or snsapi_userinfo",
        Page::Qr => "snsapi_login",
    };
    let distinct: BTreeSet<&str> = scopes.iter().collect();
    if distinct.is_empty() {
        findings.push(Finding::new(
            FindingCode::ScopeUnknown,
            "scope is a list without a name.",
            format!("Write scope={fits}."),
        ));
    }
    for name in distinct.iter().filter(|name| name.parse::<Scope>().is_err()) {
        findings.push(Finding::new(
            FindingCode::ScopeUnknown,
            format!("There is no scope {} in a web authorization.", quoted(name)),
            format!("On the {}, use {fits}, in lower case and without spaces.", url.page.name()),
        ));
    }
    for scope in distinct.iter().filter_map(|name| name.parse::<Scope>().ok()) {
        let home = if scope == Scope::Login { Page::Qr } else { Page::Official };
        if home != url.page {
            findings.push(Finding::new(
                FindingCode::ScopePage,
                format!(
                    "{scope} belongs to the {} and to {}; the {} answers 10005.",
                    home.name(),
                    home.account(),
                    url.page.name()
                ),
                format!(
                    "Use {fits} here, or send the browser to {} with the appid of {}.",
                    home.path(),
                    home.account()
                ),
            ));
        }
    }
}

fn judge_state(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    let fresh = "Send a fresh random state with every login (64 hexadecimal digits do), keep it with the browser, and \
                 compare it in the callback.";
    let Some(value) = url.first("state") else {
        findings.push(Finding::new(
            FindingCode::StateMissing,
            "There is no state: nothing ties the callback to this browser, so a login without state can be forged \
             (an attacker's link signs your user in to the attacker's account).",
            fresh,
        ));
        return;
    };
    if value.is_empty() {
        findings.push(Finding::new(
            FindingCode::StateEmpty,
            "state is empty: it protects nothing, and WeChat may answer with page 10013.",
            fresh,
        ));
        return;
    }
    let state = percent::decode(value).text;
    if state.len() > State::MAX_LEN {
        findings.push(Finding::new(
            FindingCode::StateTooLong,
            format!(
                "state has {} bytes and WeChat takes {}: the page says \"state 参数过长\".",
                state.len(),
                State::MAX_LEN
            ),
            "Send a short random state, and keep what belongs to it on your side, under that state.",
        ));
    }
    if !state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        findings.push(Finding::new(
            FindingCode::StateAlphabet,
            "state has a character other than A-Z, a-z and 0-9, the documented alphabet; nothing else is promised to work.",
            "Send hexadecimal digits, or a token without -, _, . and =.",
        ));
    }
    if state == SAMPLE_STATE {
        findings.push(Finding::new(
            FindingCode::WellKnownState,
            "This is the state of the documentation's sample, a constant in many projects: whoever knows it can forge \
             the login.",
            fresh,
        ));
    }
}

fn judge_fragment(url: &PageUrl<'_>, findings: &mut Vec<Finding>) {
    if url.fragment == Some(FRAGMENT) || (url.is_wx_login() && matches!(url.fragment, None | Some(""))) {
        return;
    }
    let fragment = url.fragment.unwrap_or_default();
    let lost = match lost_parameters(fragment) {
        names if names.is_empty() => String::new(),
        names => format!(" Never sent: {names}."),
    };
    // "wechat_redirected" is another word, not something after ours.
    let follows = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    if fragment.strip_prefix(FRAGMENT).is_some_and(follows) {
        findings.push(Finding::new(
            FindingCode::AfterFragment,
            format!("Something follows #wechat_redirect. Nothing after # is sent to WeChat, so it has no effect.{lost}"),
            format!(
                "Move it in front of #wechat_redirect (order: {}), or remove it.",
                url.page.order().join(", ")
            ),
        ));
        return;
    }
    let message = if fragment.is_empty() {
        "The URL does not end in #wechat_redirect, which WeChat's browser looks for.".to_owned()
    } else if fragment.contains("#wechat_redirect") {
        format!(
            "The fragment begins at an earlier # than that of #wechat_redirect: one that stands unescaped in the \
             redirect_uri, most likely. Nothing after it is sent to WeChat.{lost}"
        )
    } else if fragment.eq_ignore_ascii_case(FRAGMENT) {
        "The fragment is not #wechat_redirect exactly: its case matters.".to_owned()
    } else {
        format!(
            "The URL has another fragment than #wechat_redirect. Nothing after # is sent to WeChat.{lost}"
        )
    };
    let severity = match url.page {
        Page::Official => Severity::Error,
        Page::Qr => Severity::Warning,
    };
    let fix = "End the URL in #wechat_redirect, with nothing after it and no other # before it.";
    findings.push(Finding { severity, ..Finding::new(FindingCode::MissingFragment, message, fix) });
}

/// The names of the parameters in a fragment, as one list for a message.
fn lost_parameters(fragment: &str) -> String {
    let names: Vec<String> = fragment
        .split(['&', '?', '#'])
        .filter_map(|piece| piece.split_once('='))
        .map(|(name, _)| name.trim())
        .filter(|name| !name.is_empty())
        .take(MAX_LISTED)
        .map(quoted)
        .collect();
    names.join(", ")
}

fn console_field(url: &PageUrl<'_>) -> ConsoleField {
    match url.page {
        Page::Official if url.component_appid().is_some() => ConsoleField::Component,
        Page::Official => ConsoleField::OfficialAccount,
        Page::Qr => ConsoleField::WebsiteApp,
    }
}

/// In quotes, escaped and shortened. What follows a `=` is left out: names and hosts have none, and behind a misplaced
/// one may stand the state.
fn quoted(text: &str) -> String {
    let name = text.split_inclusive('=').next().unwrap_or_default();
    let end = name.char_indices().nth(MAX_QUOTED).map_or(name.len(), |(end, _)| end);
    let more = if end < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", text::Escaped(&name[..end]))
}

#[cfg(test)]
mod tests;
