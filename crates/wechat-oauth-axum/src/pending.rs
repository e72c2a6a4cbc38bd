//! The login that left with a browser, kept by that browser alone: a sealed cookie for each login, so that several tabs
//! do not overwrite each other's.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use wechat_oauth_core::{
    CLOCK_SKEW_SECS, CallbackReason, Pending, State, UnixTime, unverified_state, with_state_cut,
};
use wechat_oauth_store::{Keyring, StoreError};
use zeroize::Zeroizing;

use crate::cookies::{self, Cookies, hash_text, hex};
use crate::return_to::ReturnTo;

/// How long a login may take, from leaving to coming back: as long as WeChat's longest code lives.
pub(crate) const LOGIN_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long the browser keeps the cookie: longer, so that a login that came too late is known, and where it wanted to go.
const COOKIE_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How many logins of one browser may wait at a time: its tabs. Beyond it, the oldest is given up.
const MAX_WAITING: usize = 5;
/// How many bytes the cookies of the waiting logins may have: proxies allow 8 KiB for all of a request's.
const MAX_WAITING_BYTES: usize = 4 * 1024;

/// What is sealed for: no other cookie of ours passes for a pending login.
const PURPOSE: &str = "pending login";
const COOKIE: &str = "login";

/// The mark in front of a state whose login was begun again by itself. It is in the state and not in a cookie, since it is
/// there to end the loop of a browser that keeps no cookies; and in front, since browsers append.
const RESTARTED: char = 'r';
/// The hexadecimal digits of a state: 256 bits of entropy.
const STATE_DIGITS: usize = 64;

/// One login on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PendingLogin {
    pub(crate) pending: Pending,
    pub(crate) return_to: ReturnTo,
    issued_at: UnixTime,
    /// What only this browser knows of this login. The state is no such thing: it travels through WeChat.
    pub(crate) browser: String,
}

/// What a browser has pending for a state.
#[derive(Debug)]
pub(crate) enum Found {
    /// This browser began the login.
    Matched(PendingLogin),
    /// This browser began it, too long ago.
    Expired(PendingLogin),
    /// This browser has no login of this state: its cookie is lost, it is another browser, or the state is forged. They
    /// look alike.
    Nothing,
}

/// Begins a login: its state, marked when it was begun again.
pub(crate) fn fresh_state(restarted: bool) -> Result<State, StoreError> {
    let state = State::from_entropy(entropy()?);
    if !restarted {
        return Ok(state);
    }
    let marked = Zeroizing::new(format!("{RESTARTED}{}", state.expose()));
    // Digits and a letter are a state's alphabet.
    State::new(&marked).map_err(|_| StoreError::Entropy)
}

/// Whether the login of this state was begun again by itself; `None` when this is no state of ours at all, so that
/// whatever changes states on their way meets a page and no endless circle.
pub(crate) fn is_restarted(state: &State) -> Option<bool> {
    let (restarted, digits) = match state.expose().strip_prefix(RESTARTED) {
        Some(digits) => (true, digits),
        None => (false, state.expose()),
    };
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (digits.len() == STATE_DIGITS && digits.bytes().all(is_digit)).then_some(restarted)
}

/// The callback without what a browser appended to its state, and its state.
pub(crate) fn read_state(callback: &str) -> Result<(String, State), CallbackReason> {
    let lengths = [STATE_DIGITS, STATE_DIGITS + RESTARTED.len_utf8()];
    lengths
        .into_iter()
        .filter_map(|length| with_state_cut(callback, length))
        .filter_map(|cut| unverified_state(&cut).ok().map(|state| (cut, state)))
        .find(|(_, state)| is_restarted(state).is_some())
        .map_or_else(|| Ok((callback.to_owned(), unverified_state(callback)?)), Ok)
}

impl PendingLogin {
    pub(crate) fn new(pending: Pending, return_to: ReturnTo, now: UnixTime) -> Result<Self, StoreError> {
        let browser = hex(&entropy()?);
        Ok(Self { pending, return_to, issued_at: now, browser })
    }

    /// The headers that keep this login with the browser, and give up those that are too many.
    pub(crate) fn keep(
        &self,
        cookies: &Cookies,
        keyring: &Keyring,
        request: &HeaderMap,
    ) -> Result<Vec<HeaderValue>, StoreError> {
        let name = cookie_name(cookies, self.pending.state());
        let value = cookies::seal(keyring, PURPOSE, &name, self)?;
        let mut headers = Vec::new();
        let (mut count, mut bytes) = (1, value.len());
        for (other, sealed) in waiting(cookies, keyring, request) {
            count += 1;
            bytes += sealed;
            if count > MAX_WAITING || bytes > MAX_WAITING_BYTES {
                headers.extend(cookies.forget(&other));
            }
        }
        headers.extend(cookies.set(&name, &value, COOKIE_LIFETIME));
        Ok(headers)
    }

    /// What this browser has pending for this state.
    pub(crate) fn find(
        cookies: &Cookies,
        keyring: &Keyring,
        request: &HeaderMap,
        state: &State,
        now: UnixTime,
    ) -> Found {
        let name = cookie_name(cookies, state);
        let login = cookies::values(request, &name)
            .filter_map(|value| open(keyring, &name, value))
            .find(|login| login.pending.state().matches(state.expose()));
        match login {
            None => Found::Nothing,
            Some(login) if login.is_current(now) => Found::Matched(login),
            Some(login) => Found::Expired(login),
        }
    }

    fn is_current(&self, now: UnixTime) -> bool {
        now.secs_since(self.issued_at) <= LOGIN_LIFETIME.as_secs()
            && self.issued_at.secs_since(now) <= CLOCK_SKEW_SECS
    }
}

/// The headers that make a browser forget every login that it has pending: after signing out, the back button must not
/// sign in again.
pub(crate) fn forget_all(cookies: &Cookies, request: &HeaderMap) -> Vec<HeaderValue> {
    let start = cookies.name(COOKIE, "");
    cookies::beginning_with(request, &start).filter_map(|(name, _)| cookies.forget(name)).collect()
}

/// The other logins that wait, the youngest first, with the length of their cookies. What cannot be opened comes last.
fn waiting(cookies: &Cookies, keyring: &Keyring, request: &HeaderMap) -> Vec<(String, usize)> {
    let start = cookies.name(COOKIE, "");
    let mut waiting: Vec<_> = cookies::beginning_with(request, &start)
        .map(|(name, value)| {
            let issued_at = open(keyring, name, value).map(|login| login.issued_at);
            (issued_at, name.to_owned(), value.len())
        })
        .collect();
    waiting.sort_by(|a, b| b.cmp(a));
    waiting.into_iter().map(|(_, name, length)| (name, length)).collect()
}

fn open(keyring: &Keyring, name: &str, value: &str) -> Option<PendingLogin> {
    cookies::open(keyring, PURPOSE, name, value)
}

fn cookie_name(cookies: &Cookies, state: &State) -> String {
    cookies.name(COOKIE, &hash_text(&[state.expose()], 8))
}

fn entropy() -> Result<[u8; 32], StoreError> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|_| StoreError::Entropy)?;
    Ok(entropy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;
    use axum::http::header::COOKIE as COOKIE_HEADER;
    use proptest::prelude::*;
    use wechat_oauth_core::{Account, App, RedirectUri, Scope};

    const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

    struct Site {
        cookies: Cookies,
        keyring: Keyring,
    }

    impl Site {
        fn new() -> Self {
            let origin = Origin::parse("https://www.example.com").unwrap();
            Self { cookies: Cookies::new(&origin, ""), keyring: Keyring::generate().unwrap() }
        }

        /// Begins a login in a browser that has these cookies, and puts its cookie there.
        fn begin(&self, jar: &mut HeaderMap, return_to: &str, now: UnixTime) -> State {
            let state = fresh_state(false).unwrap();
            let app = App::new(Account::OfficialAccount { appid: "wx1".parse().unwrap() });
            let redirect_uri = RedirectUri::parse("https://www.example.com/callback").unwrap();
            let (_, pending) = app.login(Scope::Base, &redirect_uri).build().unwrap().begin(state.clone());
            let login = PendingLogin::new(pending, ReturnTo::parse(return_to).unwrap(), now).unwrap();
            for header in login.keep(&self.cookies, &self.keyring, jar).unwrap() {
                store(jar, header.to_str().unwrap());
            }
            state
        }

        fn find(&self, jar: &HeaderMap, state: &State, now: UnixTime) -> Found {
            PendingLogin::find(&self.cookies, &self.keyring, jar, state, now)
        }
    }

    /// What a browser does with a Set-Cookie.
    fn store(jar: &mut HeaderMap, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap();
        let name = pair.split_once('=').unwrap().0;
        let others = beginning_except(jar, name);
        jar.remove(COOKIE_HEADER);
        let mut pairs = others;
        if !attributes.contains("Max-Age=0") {
            pairs.push(pair.to_owned());
        }
        if !pairs.is_empty() {
            jar.insert(COOKIE_HEADER, HeaderValue::try_from(pairs.join("; ")).unwrap());
        }
    }

    fn beginning_except(jar: &HeaderMap, name: &str) -> Vec<String> {
        let cookies = cookies::beginning_with(jar, "");
        cookies.filter(|(other, _)| *other != name).map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_login_is_found_in_its_own_browser_and_in_no_other() {
        let site = Site::new();
        let (mut mine, mut theirs) = (HeaderMap::new(), HeaderMap::new());
        let state = site.begin(&mut mine, "/shop", NOW);
        let other = site.begin(&mut theirs, "/", NOW);
        let Found::Matched(login) = site.find(&mine, &state, NOW) else { panic!("it is not found") };
        assert_eq!(login.return_to.as_str(), "/shop");
        for (jar, state) in [(&mine, &other), (&theirs, &state), (&HeaderMap::new(), &state)] {
            assert!(matches!(site.find(jar, state, NOW), Found::Nothing));
        }
    }

    #[test]
    fn several_tabs_wait_at_once_and_the_oldest_is_given_up() {
        let site = Site::new();
        let mut jar = HeaderMap::new();
        let begun: Vec<_> =
            (0..=MAX_WAITING as u64).map(|n| site.begin(&mut jar, "/", NOW.plus_secs(n))).collect();
        let found = |state| matches!(site.find(&jar, state, NOW.plus_secs(9)), Found::Matched(_));
        assert!(!found(&begun[0]));
        assert!(begun[1..].iter().all(found));
    }

    #[test]
    fn the_cookies_of_waiting_logins_stay_within_what_a_proxy_lets_through() {
        let site = Site::new();
        let mut jar = HeaderMap::new();
        let long = format!("/{}", "a".repeat(500));
        let states: Vec<_> = (0..5).map(|n| site.begin(&mut jar, &long, NOW.plus_secs(n))).collect();
        assert!(jar.get(COOKIE_HEADER).unwrap().len() < MAX_WAITING_BYTES + 500);
        assert!(matches!(site.find(&jar, &states[4], NOW), Found::Matched(_)));
        assert!(matches!(site.find(&jar, &states[0], NOW), Found::Nothing));
    }

    #[test]
    fn a_login_expires_at_the_second_told_and_is_still_known() {
        let site = Site::new();
        let mut jar = HeaderMap::new();
        let state = site.begin(&mut jar, "/shop", NOW);
        let last = NOW.plus_secs(LOGIN_LIFETIME.as_secs());
        assert!(matches!(site.find(&jar, &state, last), Found::Matched(_)));
        let Found::Expired(login) = site.find(&jar, &state, last.plus_secs(1)) else { panic!("not expired") };
        assert_eq!(login.return_to.as_str(), "/shop");
    }

    #[test]
    fn a_login_from_a_clock_far_ahead_is_not_current() {
        let site = Site::new();
        let mut jar = HeaderMap::new();
        let state = site.begin(&mut jar, "/", NOW.plus_secs(CLOCK_SKEW_SECS));
        assert!(matches!(site.find(&jar, &state, NOW), Found::Matched(_)));
        let state = site.begin(&mut jar, "/", NOW.plus_secs(CLOCK_SKEW_SECS + 1));
        assert!(matches!(site.find(&jar, &state, NOW), Found::Expired(_)));
    }

    #[test]
    fn a_cookie_that_another_port_planted_beside_ours_does_not_hide_it() {
        let site = Site::new();
        let mut jar = HeaderMap::new();
        let state = site.begin(&mut jar, "/", NOW);
        let name = cookie_name(&site.cookies, &state);
        let ours = jar.get(COOKIE_HEADER).unwrap().to_str().unwrap().to_owned();
        jar.insert(COOKIE_HEADER, HeaderValue::try_from(format!("{name}=planted; {ours}")).unwrap());
        assert!(matches!(site.find(&jar, &state, NOW), Found::Matched(_)));
    }

    #[test]
    fn signing_out_forgets_what_is_pending() {
        let site = Site::new();
        let mut jar = HeaderMap::new();
        let state = site.begin(&mut jar, "/", NOW);
        for header in forget_all(&site.cookies, &jar.clone()) {
            store(&mut jar, header.to_str().unwrap());
        }
        assert!(matches!(site.find(&jar, &state, NOW), Found::Nothing));
    }

    #[test]
    fn a_login_that_was_begun_again_says_so_in_its_state() {
        assert_eq!(is_restarted(&fresh_state(false).unwrap()), Some(false));
        let again = fresh_state(true).unwrap();
        assert_eq!(is_restarted(&again), Some(true));
        let digits = &again.expose()[1..];
        for state in
            ["r", "1", &digits[1..], &format!("{digits}0"), &format!("rr{digits}"), &format!("x{digits}")]
        {
            assert_eq!(is_restarted(&State::new(state).unwrap()), None, "{state}");
        }
        assert_eq!(is_restarted(&State::new(&"A".repeat(STATE_DIGITS)).unwrap()), None);
    }

    #[test]
    fn what_a_browser_appended_to_the_state_is_cut_off() {
        for state in [fresh_state(false).unwrap(), fresh_state(true).unwrap()] {
            let state = state.expose();
            let callback = format!("/callback?code=C&state={state}");
            for appended in ["", "x", "0", "r", "http%3A%2F%2Fhome.example%2F", "http://home.example/"] {
                let (cut, read) = read_state(&format!("{callback}{appended}")).unwrap();
                assert_eq!((read.expose(), cut.ends_with(state)), (state, true), "{appended}");
            }
        }
        assert_eq!(read_state("/callback?code=C&state=S1").unwrap().1.expose(), "S1");
        assert_eq!(read_state("/callback?code=C").unwrap_err(), CallbackReason::StateMissing);
    }

    proptest! {
        #[test]
        fn of_many_browsers_each_finds_its_own_login_alone(mine in 0..8_usize, theirs in 0..8_usize) {
            let site = Site::new();
            let browsers: Vec<_> = (0..8)
                .map(|_| {
                    let mut jar = HeaderMap::new();
                    let state = site.begin(&mut jar, "/", NOW);
                    (jar, state)
                })
                .collect();
            let found = matches!(site.find(&browsers[mine].0, &browsers[theirs].1, NOW), Found::Matched(_));
            prop_assert_eq!(found, mine == theirs);
        }
    }
}
