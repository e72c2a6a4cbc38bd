//! What nothing may say.

use std::fmt::Debug;
use std::time::Duration;

use tokio::task::JoinSet;
use wechat_oauth_conformance::leak::{SHORTEST, Search};
use wechat_oauth_core::{Grant, Identity, ProfileLang};
use wechat_oauth_emulator::{Endpoint, Misbehaviour};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{KeepError, Keeper, Store};

use crate::site::{EXPIRED, KEY, Site, slot};
use crate::stores::Flaky;

/// A deadline for a WeChat that hangs; any other answers sooner, and no harm is done if one does not.
const SHORT: Duration = Duration::from_secs(1);

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

/// What is said while WeChat misbehaves like this all the time, and then while the store fails; and the secrets.
async fn play(misbehaviours: &[Misbehaviour]) -> (Vec<String>, Vec<String>) {
    let site = Site::new();
    let old = site.kept(EXPIRED).await;
    site.misbehave(misbehaviours);
    let client = Client::for_app(&site.app).unwrap().timeout(SHORT);
    let keeper = Keeper::new(site.app.clone(), client, site.vault());
    let mut said = all_that_is_said(&keeper, old.identity(), &old).await;
    site.misbehave(&[]);
    let flaky = site.keeper_over(Flaky::new(&site.store, 1, false));
    said.extend(all_that_is_said(&flaky, old.identity(), &old).await);
    let slot = slot(old.identity());
    let mut secrets = tokens(&old).to_vec();
    said.extend([says(&slot), says(&site.vault()), says(&site.store)]);
    // A grant that was refused for good is gone.
    if let Some(entry) = site.vault().read(&slot).await.unwrap() {
        said.push(says(&entry));
        let record: serde_json::Value = serde_json::from_slice(entry.plain().unwrap()).unwrap();
        secrets.extend(record["grant"]["access_token"].as_str().map(str::to_owned));
    }
    let announced = site.emulator.announcement();
    secrets.extend(announced.accounts.iter().filter_map(|account| account.secret.clone()));
    secrets.push(KEY.to_owned());
    (said, secrets)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_debug_and_no_error_holds_a_token_a_secret_or_a_key() {
    let is_asked = |misbehaviour: &&Misbehaviour| {
        let asked = [Endpoint::Refresh, Endpoint::Profile];
        asked.iter().any(|endpoint| misbehaviour.endpoints().contains(endpoint))
    };
    let mut playing = JoinSet::new();
    playing.spawn(play(&[]));
    for misbehaviour in Misbehaviour::ALL.iter().filter(is_asked) {
        playing.spawn(play(std::slice::from_ref(misbehaviour)));
    }
    assert!(playing.len() > 20, "only {} ways to misbehave", playing.len());
    let mut errors = 0;
    for (said, secrets) in playing.join_all().await {
        assert!(secrets.len() > 3, "{}", secrets.len());
        errors += said.iter().filter(|text| text.contains("Error") || text.contains("Err(")).count();
        let named: Vec<_> = secrets.iter().map(|secret| ("secret", secret.as_str())).collect();
        assert!(
            named.iter().all(|(_, secret)| secret.len() >= SHORTEST),
            "what is shorter is not looked for"
        );
        let search = Search::new(&named);
        for text in said {
            assert_eq!(search.find(&text), [], "{text}");
        }
    }
    assert!(errors > 20, "only {errors} errors");
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
