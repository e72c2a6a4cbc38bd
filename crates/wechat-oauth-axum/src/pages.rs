//! The default pages: pure functions from what is to be shown to an answer.
//!
//! They ask no other host for anything, and run no script, except for the embedded QR code, whose script is Tencent's.
//! Each comes with a content security policy that allows just that.

mod lang;
mod problem;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcode::QrCode;
use qrcode::render::svg;
use sha2::{Digest, Sha256};
use url::Url;
use wechat_oauth_core::WxLogin;

use crate::outcome::DeclinedReason;

pub(crate) use lang::Lang;
use problem::Words;

/// A finished page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    status: StatusCode,
    html: String,
    policy: String,
}

/// What went wrong, what the person can do, and, with `again`, the button that leads there.
pub(crate) fn declined(lang: Lang, reason: DeclinedReason, again: Option<&str>) -> Page {
    let (words, is_calm) = (reason.words(lang), reason.is_calm());
    let page = ProblemPage { lang, style: STYLE, words, is_calm, again };
    Page { status: reason.status(), html: render(&page), policy: policy("") }
}

/// The site's own `/login` to be opened inside WeChat: as a QR code, and as text to copy. It signs in whoever opens it,
/// on the phone that opens it.
pub(crate) fn phone(lang: Lang, login_url: &str, here_is_a_phone: bool) -> Page {
    let qr_svg = qr_svg(login_url);
    let page = PhonePage { lang, style: STYLE, login_url, here_is_a_phone, qr_svg: qr_svg.as_deref() };
    Page { status: StatusCode::OK, html: render(&page), policy: policy("img-src data:; ") }
}

/// Tencent's `wxLogin.js` draws the QR code in a frame; `other_door` is a link for whoever it does not draw it for.
///
/// The callback is always the whole window's, whatever `self_redirect` says: in a frame that WeChat moves there, a
/// browser would not send the login's cookie.
pub(crate) fn embedded(
    lang: Lang,
    script_url: &str,
    frame_origin: &str,
    argument: &WxLogin,
    other_door: &str,
) -> Page {
    // A struct of texts, numbers and flags always has a JSON form.
    let mut argument = serde_json::to_value(argument).unwrap_or_default();
    if let Some(options) = argument.as_object_mut() {
        options.remove("self_redirect");
    }
    let says = |name: &str| argument.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let ground = match (says("style"), says("color_scheme")) {
        ("white", _) | (_, "dark") => "dark",
        (_, "auto") => "auto",
        _ => "light",
    };
    let argument = argument.to_string();
    let page = EmbeddedPage {
        lang,
        style: STYLE,
        script: SCRIPT,
        script_url,
        argument: &argument,
        ground,
        other_door,
    };
    let more =
        format!("script-src {} {}; frame-src {}; ", source(script_url), *SCRIPT_HASH, source(frame_origin));
    Page { status: StatusCode::OK, html: render(&page), policy: policy(&more) }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        // It is built from hashes and from URLs that were parsed, so that it always is a header.
        let policy =
            HeaderValue::from_str(&self.policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let headers: [(HeaderName, HeaderValue); 6] = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CONTENT_SECURITY_POLICY, policy),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (VARY, HeaderValue::from_static("Accept-Language, Cookie")),
        ];
        (self.status, headers, self.html).into_response()
    }
}

const STYLE: &str = include_str!("../templates/style.css");
const SCRIPT: &str = include_str!("../templates/embedded.js");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| hash(STYLE));
static SCRIPT_HASH: LazyLock<String> = LazyLock::new(|| hash(SCRIPT));

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    lang: Lang,
    style: &'a str,
    words: Words,
    is_calm: bool,
    again: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "phone.html")]
struct PhonePage<'a> {
    lang: Lang,
    style: &'a str,
    login_url: &'a str,
    here_is_a_phone: bool,
    /// A whole document. It is shown as an image, so nothing in it can run.
    qr_svg: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "embedded.html")]
struct EmbeddedPage<'a> {
    lang: Lang,
    style: &'a str,
    script: &'a str,
    script_url: &'a str,
    /// JSON, for an attribute.
    argument: &'a str,
    /// What the frame stands on, since its texts are black or white whatever the person's system is: `light`, `dark` or
    /// `auto`.
    ground: &'a str,
    other_door: &'a str,
}

fn render(page: &impl Template) -> String {
    // Writing into a String fails only if a Display in a page did, and none does.
    page.render().unwrap_or_default()
}

/// `more` is what a page needs beyond its style, each directive with its semicolon.
fn policy(more: &str) -> String {
    format!(
        "default-src 'none'; style-src {}; {more}form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_HASH
    )
}

/// A source for a policy: just this URL, without its query; `'none'` for what is no http URL.
fn source(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            // The two that end a source in a policy; it compares paths decoded. A slash alone is every path.
            let path = url.path().replace(';', "%3B").replace(',', "%2C");
            format!("{}{}", url.origin().ascii_serialization(), path.trim_end_matches('/'))
        }
        _ => "'none'".to_owned(),
    }
}

/// How a policy names a style or a script that stands in the page.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// `None` for an address that is too long for a QR code, of 2331 bytes.
fn qr_svg(text: &str) -> Option<String> {
    Some(QrCode::new(text).ok()?.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}
