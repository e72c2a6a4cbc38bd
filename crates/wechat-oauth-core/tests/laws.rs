//! Laws that hold for every state and every clock, through the public face of the crate alone.
#![allow(clippy::unwrap_used, clippy::panic)] // the helpers are tests too

use proptest::prelude::*;
use wechat_oauth_core::{
    App, AppSecret, CLOCK_SKEW_SECS, CallbackReason, Code, Freshness, Grant, Pending,
    REFRESH_TOKEN_LIFETIME_SECS, RedirectUri, Response, Scope, State, UnixTime,
};

fn app() -> App {
    App::official_account("wx0123456789abcdef".parse().unwrap(), AppSecret::new("secret").unwrap())
}

fn pending(state: &str) -> Pending {
    let redirect_uri = RedirectUri::parse("https://www.example.com/callback").unwrap();
    app().login(Scope::UserInfo, &redirect_uri).build().unwrap().begin(State::new(state).unwrap()).1
}

// States.

/// So many states: half as the core makes them, half close to each other.
fn states(count: usize) -> Vec<String> {
    let mut states: Vec<String> = Vec::with_capacity(count);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    while states.len() < count / 2 {
        let mut entropy = [0; 32];
        for byte in &mut entropy {
            // splitmix64: any spread will do, and the same in every run.
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed >> 56) as u8;
        }
        states.push(State::from_entropy(entropy).expose().to_owned());
    }
    let close = (0..).flat_map(|number: u32| {
        let text = format!("{number:08}");
        [format!("a{text}"), format!("A{text}"), format!("a{text}0"), format!("{text}a"), text]
    });
    states.extend(close.take(count - states.len()));
    states
}

/// Of all pairs of a login and a callback, those that were accepted, and how many pairs there were.
fn accepted_pairs(states: &[String]) -> (Vec<(usize, usize)>, usize) {
    let callbacks: Vec<String> =
        states.iter().map(|state| format!("/callback?code=C0DE&state={state}")).collect();
    let mut accepted = Vec::new();
    for (mine, state) in states.iter().enumerate() {
        let mut waiting = Some(pending(state));
        for (theirs, callback) in callbacks.iter().enumerate() {
            let login = waiting.take().unwrap_or_else(|| pending(state));
            match login.accept(callback) {
                Ok(_) => accepted.push((mine, theirs)),
                Err(error) => {
                    assert_eq!(error.reason(), CallbackReason::StateMismatch);
                    waiting = error.into_pending();
                    assert!(waiting.is_some(), "a stranger's callback ended a login");
                }
            }
        }
    }
    (accepted, states.len() * states.len())
}

#[test]
fn of_a_million_pairs_no_login_accepts_the_callback_of_another() {
    let states = states(1000);
    let (accepted, pairs) = accepted_pairs(&states);
    assert_eq!(pairs, 1_000_000);
    assert_eq!(accepted, (0..states.len()).map(|each| (each, each)).collect::<Vec<_>>());
}

// Time.

const HOUR: u64 = 3600;
/// The last second of the year 9999.
const END_OF_9999: u64 = 253_402_300_799;

/// A grant that was asked for at this time, for so many seconds.
fn granted(sent_at: u64, expires_in: u32) -> Grant {
    let body = format!(
        r#"{{"access_token":"A","expires_in":{expires_in},"refresh_token":"R","openid":"o1","scope":"snsapi_userinfo"}}"#
    );
    let code = Code::received_without_state("C0DE").unwrap();
    let call = app().exchange(code).unwrap();
    let exchanged = call.read(&Response::new(200, body.as_bytes(), UnixTime::from_secs(sent_at))).unwrap();
    exchanged.into_grant().unwrap()
}

fn at(grant: &Grant, now: u64) -> Freshness {
    grant.at(UnixTime::from_secs(now))
}

/// What a grant is good for, by the arithmetic of whole numbers that never run out.
fn expected(sent_at: u64, expires_in: u32, now: u64) -> Freshness {
    let (sent_at, now) = (i128::from(sent_at), i128::from(now));
    let end = i128::from(u64::MAX);
    let ends = |lifetime: u64| (sent_at + i128::from(lifetime)).min(end);
    if sent_at - now > i128::from(CLOCK_SKEW_SECS) {
        Freshness::Renew
    } else if now < ends(expires_in.into()) {
        Freshness::Fresh
    } else if now < ends(REFRESH_TOKEN_LIFETIME_SECS) {
        Freshness::Renew
    } else {
        Freshness::Over
    }
}

/// Any clock: wild, or near a time at which something ends or a number does.
fn any_clock() -> impl Strategy<Value = u64> {
    let ends = [0, 1 << 31, 1 << 32, 1_790_000_000, END_OF_9999, i64::MAX as u64, 1 << 63, u64::MAX];
    let lifetimes = [0, CLOCK_SKEW_SECS, 7200, REFRESH_TOKEN_LIFETIME_SECS];
    let near = (prop::sample::select(ends.to_vec()), prop::sample::select(lifetimes.to_vec()), -2..=2_i64);
    prop_oneof![
        // A clock that counts below 1970 ends up far in the future.
        any::<i64>().prop_map(|seconds| seconds as u64),
        near.clone().prop_map(|(end, lifetime, off)| end.wrapping_add(lifetime).wrapping_add_signed(off)),
        near.prop_map(|(end, lifetime, off)| end.wrapping_sub(lifetime).wrapping_add_signed(off)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_pair_of_clocks_makes_a_grant_good_for_too_long(
        sent_at in any_clock(),
        now in any_clock(),
        expires_in in prop_oneof![Just(1_u32), Just(7200), 1..=2_592_000_u32],
    ) {
        let grant = granted(sent_at, expires_in);
        prop_assert_eq!(at(&grant, now), expected(sent_at, expires_in, now));
        // Of two grants at any times, at most one takes the other's place for being newer.
        let other = granted(now, expires_in);
        let time = UnixTime::from_secs(now);
        if sent_at < now {
            prop_assert!(other.replaces(&grant, time));
            prop_assert!(!grant.replaces(&other, time));
        }
    }

    #[test]
    fn a_renewed_grant_never_lives_longer_than_its_refresh_token(
        sent_at in any_clock(),
        renewed_at in any_clock(),
        now in any_clock(),
    ) {
        let grant = granted(sent_at, 7200);
        let body = br#"{"access_token":"B","expires_in":7200,"refresh_token":"R","openid":"o1"}"#;
        let call = app().refresh(&grant).unwrap();
        let renewed = call.read(&Response::new(200, body, UnixTime::from_secs(renewed_at))).unwrap();
        prop_assert_eq!(renewed.refresh_token_ends_at(), grant.refresh_token_ends_at());
        prop_assert_eq!(renewed.expires_at(), UnixTime::from_secs(renewed_at).plus_secs(7200));
        if renewed.at(UnixTime::from_secs(now)) == Freshness::Over {
            prop_assert!(now >= sent_at.saturating_add(REFRESH_TOKEN_LIFETIME_SECS));
        }
    }
}

#[test]
fn clocks_may_differ_by_minutes_and_not_by_an_hour() {
    let grant = granted(1_790_000_000, 7200);
    for skew in [0, 1, 90, CLOCK_SKEW_SECS] {
        assert_eq!(at(&grant, 1_790_000_000 - skew), Freshness::Fresh, "{skew} seconds behind");
        assert_eq!(at(&grant, 1_790_000_000 + skew), Freshness::Fresh, "{skew} seconds ahead");
    }
    for jump in [CLOCK_SKEW_SECS + 1, HOUR, 24 * HOUR] {
        assert_eq!(at(&grant, 1_790_000_000 - jump), Freshness::Renew, "a jump of {jump} seconds back");
    }
}

#[test]
fn no_day_of_the_calendar_is_special() {
    // 2016-12-31T23:59:60, which Unix time does not count, 2028-02-29, the end of 32 bits with and without a sign, and of 9999.
    for end in [1_483_228_799, 1_835_395_200, (1 << 31) - 1, (1 << 32) - 1, END_OF_9999] {
        let grant = granted(end - 7199, 7200);
        assert_eq!(at(&grant, end), Freshness::Fresh, "{end}");
        assert_eq!(at(&grant, end + 1), Freshness::Renew, "{end}");
        let grant = granted(end - REFRESH_TOKEN_LIFETIME_SECS + 1, 7200);
        assert_eq!(at(&grant, end), Freshness::Renew, "{end}");
        assert_eq!(at(&grant, end + 1), Freshness::Over, "{end}");
    }
}
