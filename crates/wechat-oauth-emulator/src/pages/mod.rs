//! The pages a person sees: pure functions from what is to be shown to HTML.
//!
//! Every page comes with the content security policy it was written for: no host but the emulator's own is ever
//! asked, and nothing runs or paints without the page's nonce.
//!
//! How the pages talk to the emulator:
//!
//! | page | sends | what it means |
//! |---|---|---|
//! | consent | `POST /_emulator/consent`, `tx`, `answer=allow` or `deny` | the person's answer |
//! | snapshot | `POST /_emulator/consent`, `tx`, `answer=snapshot` or `allow` | go on as the virtual visitor, or as oneself |
//! | QR | `GET /_emulator/qr/{tx}` | `{"status": "waiting", "scanned", "confirmed", "refused" or "expired", "redirect": URL or null}` |
//! | phone | `POST /_emulator/phone/{tx}`, `user`, `answer=scan`, `allow` or `deny` | who holds the phone, and what that person does |
//! | every page | the cookie `emulator_lang`, `zh` or `en` | read by [`Lang::choose`] |
//!
//! The language switch loads the page's address again, with `GET`: a page that answers a `POST` is best reached by a 303.

mod language;
#[cfg(test)]
mod tests;

use askama::Template;
use wechat_oauth_core::UntrustedText;

pub(crate) use language::Lang;

/// A finished page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The document, for `text/html; charset=utf-8`.
    pub(crate) html: String,
    /// The value of its `Content-Security-Policy` header.
    pub(crate) content_security_policy: String,
}

/// What every page has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The language it speaks.
    pub(crate) lang: Lang,
    /// The nonce of its style and script: base64 or hexadecimal characters, another one for each answer.
    pub(crate) nonce: &'a str,
}

/// The account that asks, as the person sees it.
#[derive(Debug, Clone)]
pub(crate) struct AccountCard<'a> {
    /// Its name.
    pub(crate) name: UntrustedText,
    /// Its appid.
    pub(crate) appid: &'a str,
    /// The third-party platform that asks on its behalf.
    pub(crate) component_appid: Option<&'a str>,
}

impl AccountCard<'_> {
    /// The colour of the logo that is drawn for it: always the same for an appid.
    fn colour(&self) -> &'static str {
        const COLOURS: [&str; 6] = ["#2f6fde", "#c2577a", "#7a5cc9", "#b8722c", "#2a8c82", "#56719c"];
        let sum =
            self.appid.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        COLOURS[sum % COLOURS.len()]
    }

    /// The letter on that logo.
    fn initial(&self) -> char {
        self.name.as_untrusted_str().chars().find(|character| character.is_alphanumeric()).unwrap_or('微')
    }
}

/// A person, as WeChat shows one.
#[derive(Debug, Clone)]
pub(crate) struct PersonCard<'a> {
    /// What the forms send back as `user`.
    pub(crate) id: &'a str,
    /// The nickname; may be empty.
    pub(crate) nickname: UntrustedText,
    /// The path of the avatar on the emulator itself; empty for none.
    pub(crate) avatar: &'a str,
}

/// The consent page of `/connect/oauth2/authorize`.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub(crate) struct ConsentView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The transaction the answer belongs to.
    pub(crate) tx: &'a str,
    /// Who asks.
    pub(crate) account: AccountCard<'a>,
    /// Who is asked.
    pub(crate) person: PersonCard<'a>,
}

/// The page of a login that may go on as a snapshot visitor.
#[derive(Debug, Clone, Template)]
#[template(path = "snapshot.html")]
pub(crate) struct SnapshotView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The transaction the answer belongs to.
    pub(crate) tx: &'a str,
    /// Who asks.
    pub(crate) account: AccountCard<'a>,
    /// The virtual visitor the app would see.
    pub(crate) visitor: PersonCard<'a>,
    /// The person behind it; `None` for someone who is never more than a snapshot visitor.
    pub(crate) person: Option<PersonCard<'a>>,
}

/// The page of `/connect/qrconnect`.
#[derive(Debug, Clone, Template)]
#[template(path = "qr.html")]
pub(crate) struct QrView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The transaction the QR code stands for.
    pub(crate) tx: &'a str,
    /// Who asks.
    pub(crate) account: AccountCard<'a>,
    /// The QR code: a whole SVG document. It is shown as an image, so nothing in it can run.
    pub(crate) qr_svg: &'a str,
    /// How the page is shown.
    pub(crate) look: QrLook,
    /// Where the callback goes: the page's own window (`self_redirect=true` in an iframe), or the top window.
    pub(crate) redirects_itself: bool,
}

/// How the QR page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QrLook {
    /// A page of its own.
    Whole,
    /// In an iframe, dark text for a light page: `style=black`, the default of `login_type=jssdk`.
    EmbeddedBlack,
    /// In an iframe, light text for a dark page: `style=white`.
    EmbeddedWhite,
}

/// The page that plays the phone.
#[derive(Debug, Clone, Template)]
#[template(path = "phone.html")]
pub(crate) struct PhoneView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The transaction the QR code stands for.
    pub(crate) tx: &'a str,
    /// Who asks.
    pub(crate) account: AccountCard<'a>,
    /// Who could hold the phone.
    pub(crate) people: Vec<PersonCard<'a>>,
    /// The id of the one who holds it.
    pub(crate) holder: &'a str,
    /// How far the login is.
    pub(crate) stage: PhoneStage,
}

/// How far a login by QR code is, on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneStage {
    /// Not scanned yet.
    Waiting,
    /// Scanned: the person is asked.
    Scanned,
    /// Confirmed: the desktop goes on.
    Confirmed,
    /// Refused.
    Refused,
    /// Too late.
    Expired,
}

/// WeChat's error page.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The code, 10003 and the like; WeChat has pages without one.
    pub(crate) code: Option<i64>,
    /// What the person reads first, in the page's language: `redirect_uri 参数错误`.
    pub(crate) title: &'a str,
    /// What it means, in the page's language; may be empty.
    pub(crate) meaning: &'a str,
    /// What the developer does about it, in the page's language; may be empty.
    pub(crate) remedy: &'a str,
    /// What was compared, for the developer; may be empty.
    pub(crate) facts: Vec<Fact<'a>>,
    /// Whether it stands where an embedded QR page would, in an iframe.
    pub(crate) embedded: bool,
}

/// One thing the developer wants to see on an error page: the host that came, the domain that is set.
#[derive(Debug, Clone)]
pub(crate) struct Fact<'a> {
    /// What it is, in the page's language.
    pub(crate) label: &'a str,
    /// What it was.
    pub(crate) value: UntrustedText,
}

/// The page after a refusal that tells the app nothing.
#[derive(Debug, Clone, Template)]
#[template(path = "refused.html")]
pub(crate) struct RefusedView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// Who had asked.
    pub(crate) account: AccountCard<'a>,
}

/// The page a browser gets that is not WeChat's.
#[derive(Debug, Clone, Template)]
#[template(path = "wechat_only.html")]
pub(crate) struct WechatOnlyView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
}

/// The page that delivers a callback twice: the first in the background, with this browser's cookies, the second by
/// going there. A browser leaves `SameSite=Lax` cookies out of the first when the app is on another site than the
/// emulator (`localhost` and `127.0.0.1` are two sites; two ports of one host are one).
#[derive(Debug, Clone, Template)]
#[template(path = "double_callback.html")]
pub(crate) struct DoubleCallbackView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The callback that is delivered in the background.
    pub(crate) first: &'a str,
    /// The callback the browser then goes to; the same one, or one with a second code.
    pub(crate) second: &'a str,
}

/// The control page, of `/_emulator/`. It is filled by its script, from the emulator's JSON API:
///
/// | request | answer, or what is sent |
/// |---|---|
/// | `GET /_emulator/users` | `[{"id", "nickname", "avatar", "snapshot", "current"}]` |
/// | `POST /_emulator/users` | `{"nickname"}`: adds one |
/// | `POST /_emulator/current-user` | `{"user": ID}`: sets the cookie |
/// | `GET /_emulator/accounts` | `[{"appid", "kind", "name", "domain", "secret", "component_appid", "component_access_token", "misbehaviours": [NAME]}]` |
/// | `GET /_emulator/clock` | `{"now": SECONDS, "offset": SECONDS}` |
/// | `POST /_emulator/clock` | `{"advance": SECONDS}` |
/// | `GET /_emulator/faults` | `{"misbehaviours": [{"name", "en", "zh", "endpoints": [NAME]}], "next": [{"name", "endpoint", "remaining"}]}` |
/// | `POST /_emulator/faults` | `{"name", "appid"}` for every request of an account, or `{"name", "endpoint", "next": N}`; without `endpoint`, wherever it can happen |
/// | `DELETE /_emulator/faults` | `{"name", "appid"}`, `{"name", "endpoint"}`, or `{}` for all |
/// | `GET /_emulator/log` | `[{"time", "method", "path", "query", "status", "errcode"}]`, oldest first, secrets hidden |
/// | `POST /_emulator/reset` | `{}` |
///
/// The times are Unix seconds; `offset` is how far the clock is ahead. `domain` may be `loopback`.
///
/// Bodies are JSON. A missing or null key is shown as absent; other keys are ignored. A refusal is any status but
/// 2xx, shown with `{"error": TEXT}` when there is one.
#[derive(Debug, Clone, Template)]
#[template(path = "control.html")]
pub(crate) struct ControlView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The emulator's own origin.
    pub(crate) base_url: &'a str,
}

/// The page of `/`.
#[derive(Debug, Clone, Template)]
#[template(path = "home.html")]
pub(crate) struct HomeView<'a> {
    /// What every page has.
    pub(crate) frame: Frame<'a>,
    /// The emulator's own origin.
    pub(crate) base_url: &'a str,
}

/// The consent page. Its script wants `#wechat_redirect`, which no server sees, and otherwise shows WeChat's error.
pub(crate) fn consent(view: &ConsentView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// The snapshot page.
pub(crate) fn snapshot(view: &SnapshotView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// The QR page, whole or for an iframe.
pub(crate) fn qr(view: &QrView<'_>) -> Page {
    let reach = if view.look == QrLook::Whole { Reach::Itself } else { Reach::Embedded };
    page(view, &view.frame, reach)
}

/// The page that plays the phone.
pub(crate) fn phone(view: &PhoneView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// The error page, whole or for an iframe, where the developer would else see nothing.
pub(crate) fn error(view: &ErrorView<'_>) -> Page {
    page(view, &view.frame, if view.embedded { Reach::Embedded } else { Reach::Itself })
}

/// The page after a refusal that tells the app nothing.
pub(crate) fn refused(view: &RefusedView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// The page a browser gets that is not WeChat's.
pub(crate) fn wechat_only(view: &WechatOnlyView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// The page that delivers a callback twice.
pub(crate) fn double_callback(view: &DoubleCallbackView<'_>) -> Page {
    page(view, &view.frame, Reach::Callback)
}

/// The control page.
pub(crate) fn control(view: &ControlView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// The page of `/`.
pub(crate) fn home(view: &HomeView<'_>) -> Page {
    page(view, &view.frame, Reach::Itself)
}

/// Whom a page may talk to, and who may frame it.
#[derive(Debug, Clone, Copy)]
enum Reach {
    /// Nobody but the emulator; no frame.
    Itself,
    /// Nobody but the emulator; any page may frame it, as `WxLogin` does.
    Embedded,
    /// The app's callback too, wherever that redirects to; any page may frame it, since an embedded QR page leads there.
    Callback,
}

fn page(template: &impl Template, frame: &Frame<'_>, reach: Reach) -> Page {
    // Writing into a String fails only if a Display in a view did, and none does.
    let html = template.render().unwrap_or_else(|error| error.to_string());
    Page { html, content_security_policy: policy(frame.nonce, reach) }
}

/// `form-action` is left out on purpose: browsers apply it to the redirect that follows a form, and the answer to the
/// consent form redirects to the app.
fn policy(nonce: &str, reach: Reach) -> String {
    let connect = match reach {
        Reach::Itself | Reach::Embedded => "'self'",
        Reach::Callback => "'self' http: https:",
    };
    let ancestors = match reach {
        Reach::Itself => "'none'",
        Reach::Embedded | Reach::Callback => "*",
    };
    format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src {connect}; base-uri 'none'; frame-ancestors {ancestors}"
    )
}
