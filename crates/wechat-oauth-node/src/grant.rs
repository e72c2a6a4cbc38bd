//! Grants, snapshot visitors, whoever signed in, and whether an access token is valid.

use napi::{Env, JsString};
use napi_derive::napi;
use wechat_oauth_bindings::{Misuse, Outcome, documents, options};
use wechat_oauth_core::{
    Exchanged, Grant, GrantReport, OpenId, Person, SignedIn, UnionId, UnixTime, Validity,
};

use crate::failure::{answered_text, secret, text};
use crate::kept::{self, Kept};

fn of<T>(grant: i64, part: impl FnOnce(&Grant) -> T) -> Option<T> {
    kept::with(|table| Ok(part(table.grant(grant)?)))
}

fn of_person<T>(person: i64, part: impl FnOnce(&Person) -> T) -> Option<T> {
    kept::with(|table| Ok(part(table.person(person)?)))
}

/// Keeps a grant out of the JSON that it was stored as.
#[napi]
pub fn stored_grant(number: i64, json: String) -> Option<bool> {
    let json = secret(json);
    kept::with(|table| {
        table.keep(number, Kept::Grant(Box::new(options::stored_grant(&json)?)));
        Ok(true)
    })
}

/// Whose application's it is.
#[napi]
pub fn grant_appid(grant: i64) -> Option<String> {
    of(grant, |grant| grant.identity().appid().to_string())
}

/// Who it is.
#[napi]
pub fn grant_openid(grant: i64) -> Option<String> {
    of(grant, |grant| grant.openid().to_string())
}

/// Who it is across applications; empty where WeChat did not tell.
#[napi]
pub fn grant_unionid(grant: i64) -> Option<String> {
    of(grant, |grant| grant.unionid().map(UnionId::to_string).unwrap_or_default())
}

/// What was granted.
#[napi]
pub fn grant_scopes(grant: i64) -> Option<Vec<String>> {
    of(grant, |grant| grant.scopes().iter().map(str::to_owned).collect())
}

/// Whether WeChat left the scope out.
#[napi]
pub fn grant_scopes_assumed(grant: i64) -> Option<bool> {
    of(grant, Grant::scopes_assumed)
}

/// Whether the profile can be read.
#[napi]
pub fn grant_reads_profile(grant: i64) -> Option<bool> {
    of(grant, Grant::reads_profile)
}

/// When the access token ends.
#[napi]
pub fn grant_expires_at(grant: i64) -> Option<i64> {
    of(grant, |grant| seconds(grant.expires_at()))
}

/// When the refresh token ends.
#[napi]
pub fn grant_refresh_token_ends_at(grant: i64) -> Option<i64> {
    of(grant, |grant| seconds(grant.refresh_token_ends_at()))
}

/// What it is good for.
#[napi]
pub fn grant_at(grant: i64, now: i64) -> Option<&'static str> {
    of(grant, |grant| grant.at(time(now)).as_str())
}

/// The same as JSON, with when the tokens end.
#[napi]
pub fn grant_freshness(grant: i64, now: i64) -> Option<String> {
    of(grant, |grant| documents::freshness(grant, time(now)).expose().to_owned())
}

/// Whether it is to be stored in place of the other.
#[napi]
pub fn grant_replaces(grant: i64, stored: i64, now: i64) -> Option<bool> {
    kept::with(|table| Ok(table.grant(grant)?.replaces(table.grant(stored)?, time(now))))
}

/// Its access token.
#[napi]
pub fn grant_access_token(env: &Env, grant: i64) -> Option<JsString<'_>> {
    let token = of(grant, |grant| secret(grant.access_token().expose().to_owned()))?;
    text(env, &token)
}

/// Its JSON, as the command line prints it.
#[napi]
pub fn grant_json(env: &Env, grant: i64) -> Option<JsString<'_>> {
    answered_text(env, || kept::work(|table| Ok(documents::grant(table.grant(grant)?))))
}

/// Its JSON for storage.
#[napi]
pub fn grant_for_storage(env: &Env, grant: i64) -> Option<JsString<'_>> {
    answered_text(env, || kept::work(|table| Ok(documents::stored_grant(table.grant(grant)?))))
}

/// The JSON of a snapshot visitor, as the command line prints it.
#[napi]
pub fn snapshot_json(env: &Env, snapshot: i64) -> Option<JsString<'_>> {
    let json = kept::with(|table| {
        let visitor = Exchanged::Snapshot(table.snapshot(snapshot)?.clone());
        let json = serde_json::to_string(&GrantReport::expose(&visitor)).map_err(|_| Misuse::Panicked)?;
        Ok(secret(json))
    })?;
    text(env, &json)
}

/// Whose application's user somebody is.
#[napi]
pub fn person_appid(person: i64) -> Option<String> {
    of_person(person, |person| person.identity().appid().to_string())
}

/// Who signed in.
#[napi]
pub fn person_openid(person: i64) -> Option<String> {
    of_person(person, |person| OpenId::to_string(person.identity().openid()))
}

/// Who signed in, across applications; empty where WeChat did not tell.
#[napi]
pub fn person_unionid(person: i64) -> Option<String> {
    of_person(person, |person| person.unionid().map(UnionId::to_string).unwrap_or_default())
}

/// Keeps their grant.
#[napi]
pub fn person_grant(person: i64, number: i64) -> Option<bool> {
    kept::with(|table| {
        let grant = table.person(person)?.grant().clone();
        table.keep(number, Kept::Grant(Box::new(grant)));
        Ok(true)
    })
}

/// Keeps their profile; false where there is none.
#[napi]
pub fn person_profile(person: i64, number: i64) -> Option<bool> {
    kept::with(|table| {
        let profile = table.person(person)?.profile().cloned();
        let is_there = profile.is_some();
        if let Some(profile) = profile {
            table.keep(number, Kept::Profile(Box::new(profile)));
        }
        Ok(is_there)
    })
}

/// The JSON of a sign-in.
#[napi]
pub fn person_json(env: &Env, person: i64) -> Option<JsString<'_>> {
    answered_text(env, || {
        kept::work(|table| {
            let person = table.person(person)?.clone();
            Ok(documents::outcome(&Outcome::SignedIn(SignedIn::Person(person))))
        })
    })
}

/// Whether the access token is valid.
#[napi]
pub fn is_valid(validity: i64) -> Option<bool> {
    kept::with(|table| Ok(matches!(table.validity(validity)?, Validity::Valid)))
}

/// Fails with the refusal, unless the access token is valid.
#[napi]
pub fn refuse_unless_valid(validity: i64) -> Option<bool> {
    kept::with(|table| match table.validity(validity)? {
        Validity::Valid => Ok(true),
        Validity::NotValid(refusal) => Err(refusal.clone().into()),
    })
}

/// The JSON of it.
#[napi]
pub fn validity_json(env: &Env, validity: i64) -> Option<JsString<'_>> {
    answered_text(env, || kept::work(|table| Ok(documents::validity(table.validity(validity)?))))
}

fn time(seconds: i64) -> UnixTime {
    UnixTime::from_secs(seconds.unsigned_abs())
}

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
