//! What comes back out of storage is what was put there, and what cannot be read is not quoted.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wechat_oauth_core::{
    App, CLOCK_SKEW_SECS, Freshness, Grant, Identity, Pending, ProfileLang, REFRESH_TOKEN_LIFETIME_SECS,
    StoredGrant, UnixTime,
};

use crate::answer::{TOKEN_CANARY, TOKEN_FORMS, holds_none, with_canaries};
use crate::given;

/// Takes `KIND JSON`: `p` for a pending login, `g` for a grant, `i` for an identity; with the canaries as in an answer.
///
/// # Panics
/// When storing and reading again changes it, when a pending login takes a callback that is not its own, when the times of
/// a grant contradict each other, or when an error or a `Debug` shows what was stored.
pub fn stored(data: &[u8]) {
    let Some((kind, json)) = data.split_first() else { return };
    let json = with_canaries(json);
    match kind {
        b'p' => {
            if let Some(pending) = read::<Pending>(&json) {
                waits(pending);
            }
        }
        b'g' => {
            if let Some(Ok(grant)) = read::<StoredGrant>(&json).map(Grant::from_storage) {
                is_good_for_some_time(&grant);
            }
        }
        // No secret is in it, so its errors may quote.
        b'i' => {
            if let Ok(identity) = serde_json::from_slice::<Identity>(&json) {
                comes_back(&identity);
            }
        }
        _ => {}
    }
}

/// A value out of storage, which a second journey does not change.
fn read<T: DeserializeOwned + Serialize>(json: &[u8]) -> Option<T> {
    match serde_json::from_slice::<T>(json) {
        Ok(value) => {
            comes_back(&value);
            Some(value)
        }
        Err(error) => {
            holds_none(&TOKEN_FORMS, &format!("{error} {error:?}"));
            None
        }
    }
}

fn comes_back<T: DeserializeOwned + Serialize>(value: &T) {
    let written = serde_json::to_string(value).expect("JSON");
    let again: T = serde_json::from_str(&written).expect("what was written");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), written);
}

fn waits(pending: Pending) {
    let state = pending.state().expose().to_owned();
    if state.len() > 20 {
        assert!(!format!("{pending:?}").contains(&state));
    }
    let appid = pending.appid().to_string();
    let foreign = format!("/?code=C1&state={state}0&appid={appid}");
    let pending =
        pending.accept(&foreign).expect_err("another state").into_pending().expect("it still waits");
    let code = pending.accept(&format!("/?code=C1&state={state}&appid={appid}")).expect("our own callback");
    assert_eq!(code.expose(), "C1");
}

fn is_good_for_some_time(grant: &Grant) {
    let shown = format!("{grant:?} {:?}", grant.expose_for_storage());
    let public = format!("{:?} {:?} {}", grant.identity(), grant.unionid(), grant.scopes());
    if !public.contains("canary") {
        holds_none(&TOKEN_FORMS, &shown);
    }
    let json = serde_json::to_string(&grant.expose_for_storage()).expect("JSON");
    let again = Grant::from_storage(serde_json::from_str(&json).expect("what was written")).expect("a grant");
    assert_eq!(serde_json::to_string(&again.expose_for_storage()).expect("JSON"), json);

    let ends = [grant.expires_at(), grant.refresh_token_ends_at()];
    let around = ends.into_iter().flat_map(|end| [end.as_secs().saturating_sub(1), end.as_secs()]);
    let mut times: Vec<u64> =
        around.chain([0, 1, CLOCK_SKEW_SECS, REFRESH_TOKEN_LIFETIME_SECS, u64::MAX - 1, u64::MAX]).collect();
    times.sort_unstable();
    let mut over = false;
    for time in times.into_iter().map(UnixTime::from_secs) {
        let found = grant.at(time);
        // Once it is over, it stays so.
        assert!(!over || found == Freshness::Over, "at {}", time.as_secs());
        over = found == Freshness::Over;
        match found {
            Freshness::Fresh => assert!(time < grant.expires_at()),
            Freshness::Renew => {}
            Freshness::Over => assert!(time >= grant.refresh_token_ends_at() && time >= grant.expires_at()),
        }
        // A grant never gives way to itself for the worse: the same tokens stay or come.
        let _decided = grant.replaces(grant, time);
    }
    calls_carry_its_tokens(grant);
}

fn calls_carry_its_tokens(grant: &Grant) {
    let app: App = given::official(TOKEN_CANARY);
    let json = serde_json::to_value(grant.expose_for_storage()).expect("JSON");
    for (call, name) in [
        (app.refresh(grant).map(|call| call.request().url().expose().to_owned()), "refresh_token"),
        (app.check(grant).map(|call| call.request().url().expose().to_owned()), "access_token"),
        (
            app.profile(grant, ProfileLang::default()).map(|call| call.request().url().expose().to_owned()),
            "access_token",
        ),
    ] {
        // Another application's grant, or one without consent.
        let Ok(url) = call else { continue };
        assert_eq!(grant.identity().appid(), app.account().appid());
        let url = url::Url::parse(&url).expect("a URL");
        let sent: Vec<_> = url.query_pairs().filter(|(found, _)| found == name).collect();
        assert_eq!(sent.len(), 1);
        assert_eq!(Some(&*sent[0].1), json[name].as_str());
    }
}
