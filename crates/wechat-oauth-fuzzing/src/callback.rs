//! A callback is accepted exactly when a form parser finds our state and one code in it.

use url::form_urlencoded;
use wechat_oauth_core::{App, CallbackReason, Code, MAX_QUERY, Pending, Scope, State};

use crate::given::{self, APPID};

/// The state that waits when the input brings none that could have been sent.
const STATE: &str = "S1";

/// Takes `KIND STATE \n CALLBACK`: a byte that says which kind of login waits, its state, and the callback.
///
/// # Panics
/// When the callback is accepted and a plain reading of it says no, or the other way round; when a callback without
/// our state ends the login; when the code does not arrive in the exchange as it came.
pub fn callback(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let (state, callback) = text.split_once('\n').unwrap_or((STATE, &text));
    let state = State::new(state).or_else(|_| State::new(STATE)).expect("one of them is a state");
    let (app, scope) = match kind % 3 {
        0 => (given::official("secret"), Scope::Base),
        1 => (given::website("secret"), Scope::Login),
        _ => (given::component("token"), Scope::UserInfo),
    };
    let login = app.login(scope, &given::REDIRECT_URI).build().expect("a login");
    let expected = Reading::of(callback, state.expose(), app.account().component_appid().is_some());
    let (_, pending) = login.begin(state);
    judge(&app, pending, callback, &expected);
}

fn judge(app: &App, pending: Pending, callback: &str, expected: &Reading) {
    match pending.accept(callback) {
        Ok(code) => {
            assert_eq!(&Reading::Accepted(code.expose().to_owned()), expected);
            arrives(app, code);
        }
        Err(error) => {
            let reading = match error.reason() {
                CallbackReason::Denied => Reading::Denied,
                _ => Reading::Refused,
            };
            let reading = if error.into_pending().is_some() { Reading::NotOurs } else { reading };
            assert_eq!(&reading, expected);
        }
    }
}

/// The exchange carries the code, and the code adds nothing else to it.
fn arrives(app: &App, code: Code) {
    let sent = code.expose().to_owned();
    let call = app.exchange(code).expect("the app's own code");
    let url = url::Url::parse(call.request().url().expose()).expect("a URL");
    let codes: Vec<_> = url.query_pairs().filter(|(name, _)| name == "code").collect();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].1, sent);
    assert_eq!(url.query_pairs().count(), if app.account().component_appid().is_some() { 5 } else { 4 });
    assert_eq!(url.fragment(), None);
}

/// What a callback says, read without care for speed.
#[derive(Debug, PartialEq)]
enum Reading {
    Accepted(String),
    Denied,
    Refused,
    NotOurs,
}

impl Reading {
    fn of(callback: &str, state: &str, component: bool) -> Self {
        let query = query(callback);
        let values = |name: &str| -> Vec<String> {
            form_urlencoded::parse(query.as_bytes())
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .collect()
        };
        if query.len() > MAX_QUERY || values("state") != [state] {
            return Self::NotOurs;
        }
        match values("code").as_slice() {
            [] => Self::Denied,
            [code] if code == "authdeny" => Self::Denied,
            [code] if is_code(code) && (!component || values("appid") == [APPID]) => {
                Self::Accepted(code.clone())
            }
            _ => Self::Refused,
        }
    }
}

/// A URL or path has its query behind the first `?`; otherwise the whole is a query. A fragment is no part of it.
fn query(callback: &str) -> &str {
    let (callback, _) = callback.split_once('#').unwrap_or((callback, ""));
    let before_value = callback.split('=').next().unwrap_or_default();
    let is_url = callback.starts_with('/')
        || callback.starts_with("http://")
        || callback.starts_with("https://")
        || before_value.contains('?');
    if is_url { callback.split_once('?').map_or("", |(_, query)| query) } else { callback }
}

fn is_code(text: &str) -> bool {
    (1..=Code::MAX_LEN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
