//! What nothing may say.

use std::fmt::Debug;

use wechat_oauth_core::{Grant, Identity, ProfileLang};
use wechat_oauth_emulator::Misbehaviour;
use wechat_oauth_store::{KeepError, Keeper, Store};

use crate::site::{EXPIRED, KEY, Site, slot};
use crate::stores::Flaky;

/// The tokens of a grant, as they are stored.
fn tokens(grant: &Grant) -> [String; 2] {
    let stored = serde_json::to_value(grant.expose_for_storage()).unwrap();
    ["access_token", "refresh_token"].map(|name| stored[name].as_str().unwrap().to_owned())
}

fn says(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

fn errors_say(error: &KeepError) -> String {
    let mut text = format!("{error} {}", says(error));
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    text
}

/// Everything that a keeper gives, as it shows itself.
async fn all_that_is_said(keeper: &Keeper, identity: &Identity, grant: &Grant) -> Vec<String> {
    let mut said = vec![says(keeper)];
    let profile = keeper.profile(identity, ProfileLang::English).await;
    said.push(profile.map_or_else(|error| errors_say(&error), |read| says(&read)));
    for standing in [keeper.fresh(identity).await, keeper.renew(grant).await] {
        said.push(standing.map_or_else(|error| errors_say(&error), |standing| says(&standing)));
    }
    said.extend(keeper.keep(grant).await.err().map(|error| errors_say(&error)));
    said
}

#[tokio::test]
async fn no_debug_and_no_error_holds_a_token_a_secret_or_a_key() {
    for misbehaviours in [
        &[][..],
        &[Misbehaviour::MinuteQuota],
        &[Misbehaviour::Html],
        &[Misbehaviour::Reset],
        &[Misbehaviour::OpenidSwapped],
        &[Misbehaviour::ProfileError],
        &[Misbehaviour::RefreshInvalid],
        &[Misbehaviour::NoRefreshToken],
        &[Misbehaviour::DuplicateKey],
    ] {
        let site = Site::new();
        let old = site.kept(EXPIRED).await;
        site.misbehave(misbehaviours);
        let mut said = all_that_is_said(&site.keeper(), old.identity(), &old).await;
        site.misbehave(&[]);
        let flaky = site.keeper_over(Flaky::new(&site.store, 1, false));
        said.extend(all_that_is_said(&flaky, old.identity(), &old).await);
        let slot = slot(old.identity());
        let entry = site.vault().read(&slot).await.unwrap().unwrap();
        said.extend([says(&slot), says(&entry), says(&site.vault()), says(&site.store)]);

        let record: serde_json::Value = serde_json::from_slice(entry.plain().unwrap()).unwrap();
        let mut secrets = tokens(&old).to_vec();
        secrets.push(record["grant"]["access_token"].as_str().unwrap().to_owned());
        let announced = site.emulator.announcement();
        secrets.extend(announced.accounts.iter().filter_map(|account| account.secret.clone()));
        secrets.push(KEY.to_owned());
        for text in said {
            for secret in &secrets {
                assert!(!text.contains(secret), "{misbehaviours:?}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_store_sees_is_neither_a_token_nor_a_name() {
    let site = Site::new();
    let grant = site.kept(0).await;
    let key = slot(grant.identity()).key().clone();
    let record = site.store.get(&key).await.unwrap().unwrap();
    let seen = [key.as_str().as_bytes(), record.as_bytes()].concat();
    let identity = grant.identity();
    let mut hidden = tokens(&grant).to_vec();
    hidden.extend([identity.openid().to_string(), identity.appid().to_string(), "snsapi".to_owned()]);
    for text in hidden {
        assert!(!seen.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}
