//! Whatever is configured, the authorize URL carries it in WeChat's order, once each, and the lint finds nothing wrong.

use url::{Url, form_urlencoded};
use wechat_oauth_core::{
    App, FindingCode, LintOptions, Login, QrLang, RedirectUri, Scope, Severity, State, lint,
};

use crate::given::{self, APPID};
use crate::lint::STATE_CANARY;

/// Takes `APP OPTIONS STATE \n REDIRECT_URI`: a byte that picks the application and the scope, a byte whose bits are the
/// options of the page, and two texts. What is no state becomes a canary; without a redirect URI there is a good one.
///
/// # Panics
/// When a parameter is lost, added, changed or out of order, when a login is refused that goes together, when the lint
/// objects, when the callback is not understood, or when `Debug` shows the state.
pub fn authorize_url(data: &[u8]) {
    let [app, options, texts @ ..] = data else { return };
    let texts = String::from_utf8_lossy(texts);
    let (state, redirect_uri) = texts.split_once('\n').unwrap_or((&texts, ""));
    let state = State::new(state).or_else(|_| State::new(STATE_CANARY)).expect("one of them is a state");
    let redirect_uri = if redirect_uri.is_empty() {
        given::REDIRECT_URI.clone()
    } else {
        let Ok(redirect_uri) = RedirectUri::parse(redirect_uri) else { return };
        redirect_uri
    };
    let app = app.wrapping_sub(b'0');
    let kind = app % 3;
    let scope = Scope::ALL[usize::from(app / 3) % Scope::ALL.len()];
    let app = match kind {
        0 => given::official("secret"),
        1 => given::website("secret"),
        _ => given::component("token"),
    };
    let options = Options(options.wrapping_sub(b'0'));
    let goes_together = (scope == Scope::Login) == (kind == 1)
        && (scope == Scope::Login || options.lang().is_none())
        && (scope != Scope::Login || options.0 & 0b111 == 0)
        && (kind != 2 || !has_appid(&redirect_uri));
    let built = options.configure(&app, scope, &redirect_uri);
    assert_eq!(built.is_some(), goes_together, "{built:?}");
    if let Some(login) = built {
        arrives(&app, &login, &options, &redirect_uri, state);
    }
}

/// The bits of a byte: force the popup, force the snapshot page, one delivery, what the first two say, and the language.
struct Options(u8);

impl Options {
    fn has(&self, bit: u8) -> bool {
        self.0 & 1 << bit != 0
    }

    fn lang(&self) -> Option<QrLang> {
        self.has(5).then_some(if self.has(4) { QrLang::English } else { QrLang::Chinese })
    }

    fn configure(&self, app: &App, scope: Scope, redirect_uri: &RedirectUri) -> Option<Login> {
        let mut login = app.login(scope, redirect_uri);
        if self.has(0) {
            login = login.force_popup(self.has(3));
        }
        if self.has(1) {
            login = login.force_snapshot(self.has(3));
        }
        if self.has(2) {
            login = login.connect_redirect(true);
        }
        if let Some(lang) = self.lang() {
            login = login.lang(lang);
        }
        login.build().ok()
    }

    /// The parameters in the order of WeChat's documentation.
    fn expected<'a>(
        &self,
        app: &'a App,
        scope: Scope,
        redirect_uri: &'a str,
        state: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        let said = if self.has(3) { "true" } else { "false" };
        let mut all = vec![
            ("appid", APPID),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", scope.as_str()),
            ("state", state),
        ];
        all.extend(self.lang().map(|lang| ("lang", if lang == QrLang::English { "en" } else { "cn" })));
        all.extend(app.account().component_appid().map(|appid| ("component_appid", appid.as_str())));
        all.extend(self.has(0).then_some(("forcePopup", said)));
        all.extend(self.has(1).then_some(("forceSnapShot", said)));
        all.extend(self.has(2).then_some(("connect_redirect", "1")));
        all
    }
}

fn has_appid(redirect_uri: &RedirectUri) -> bool {
    let query = redirect_uri.as_str().split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "appid")
}

fn arrives(app: &App, login: &Login, options: &Options, redirect_uri: &RedirectUri, state: State) {
    let text = state.expose().to_owned();
    let (url, pending) = login.begin(state);
    if text.len() > 20 {
        assert!(!format!("{url:?} {pending:?}").contains(&text), "{url:?}");
    }
    assert!(url.as_str().bytes().all(|byte| (b'!'..=b'~').contains(&byte)));
    let parsed = Url::parse(url.as_str()).expect("a URL");
    assert_eq!(parsed.as_str(), url.as_str(), "a browser would change it");
    let page = if login.scope() == Scope::Login { "/connect/qrconnect" } else { "/connect/oauth2/authorize" };
    assert_eq!((parsed.host_str(), parsed.path()), (Some("open.weixin.qq.com"), page));
    assert_eq!(parsed.fragment(), Some("wechat_redirect"));
    let sent: Vec<_> = parsed.query_pairs().collect();
    let sent: Vec<_> = sent.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(sent, options.expected(app, login.scope(), redirect_uri.as_str(), &text));
    let allowed = [FindingCode::RedirectHttp, FindingCode::RedirectPort, FindingCode::RedirectIp];
    for finding in lint(url.as_str(), &LintOptions::default()) {
        assert_eq!(finding.severity, Severity::Warning, "{finding:?} in {}", url.as_str());
        let of_the_redirect = allowed.contains(&finding.code) && !redirect_uri.warnings().is_empty();
        assert!(of_the_redirect || finding.code == FindingCode::WellKnownState, "{finding:?}");
    }
    let callback = format!("/?code=C1&state={text}&appid={APPID}");
    assert_eq!(pending.accept(&callback).expect("our own callback").expose(), "C1");
}
