//! One exchange for a callback, however often and wherever it arrives.
//!
//! The first delivery claims the callback's slot in the store with a compare-and-swap and exchanges the code; the others
//! wait for its answer. WeChat delivers callbacks twice, with one code or with two, people reload and go back, and a slow
//! answer makes a browser ask again: each of them gets the same answer, and the code is sent once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use wechat_oauth_core::{
    Advice, App, Code, Error, Grant, Profile, ProfileLang, SignedIn, State, StoredGrant,
};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Entry, Kind, Slot, StoreError, Swap, Vault};
use zeroize::Zeroizing;

/// How long an answer is remembered: longer than the browser keeps the login's cookie, which is what finds it.
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);
/// How long others wait for the one that exchanges: longer than its requests with all their repeats may take. After it,
/// the exchange counts as lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often they look.
const POLL: Duration = Duration::from_millis(50);
/// How often the answer is offered again to a store that is down: for as long as others wait for it.
const STORE_RETRIES: u32 = 30;
/// How long it waits before each.
const STORE_WAIT: Duration = Duration::from_secs(1);

/// What came of an exchange.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Person(Box<(Grant, Option<Profile>)>),
    Snapshot,
    Failed(Failure),
}

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    /// The answer was lost, or the code is spent or stale: a new code is needed.
    Restart,
    /// WeChat asks to come back later.
    Busy,
    /// WeChat will not have this person.
    TurnedAway,
    /// The site is set up wrongly.
    Misconfigured,
}

/// An answer, and whether it was given before.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) repeated: bool,
}

/// What an exchange needs.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) app: App,
    pub(crate) client: Client,
    pub(crate) lang: ProfileLang,
}

/// What stands in the slot of a callback.
#[derive(Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)] // the larger variant is the usual one
enum Stored {
    /// Somebody exchanges the code.
    Working,
    Person {
        grant: StoredGrant,
        profile: Option<Profile>,
    },
    Snapshot,
    Failed(Failure),
}

/// The slot of a login's callback: bound to the application, to the browser that began it, and to its state.
pub(crate) fn slot(app: &App, browser: &str, state: &State) -> Slot {
    Slot::new(Kind::Callback, &[app.account().appid().as_str(), browser], &[state.expose()])
}

/// The answer to this callback: by exchanging the code, or as it was given to an earlier delivery.
pub(crate) async fn answer(
    vault: &Vault,
    slot: Slot,
    code: Code,
    exchange: Exchange,
) -> Result<Answered, StoreError> {
    match vault.swap(&slot, None, &write(&Stored::Working)?, LIFETIME).await? {
        Swap::Done(claim) => {
            // A task of its own: a browser that goes away does not stop it, and the next delivery finds its answer.
            let task = tokio::spawn(work(vault.clone(), slot, claim, code, exchange));
            let answer = task.await.unwrap_or(Answer::Failed(Failure::Restart));
            Ok(Answered { answer, repeated: false })
        }
        Swap::Found(found) => {
            let answer = wait(vault, &slot, found).await?;
            Ok(Answered { answer, repeated: true })
        }
    }
}

async fn work(vault: Vault, slot: Slot, claim: Entry, code: Code, exchange: Exchange) -> Answer {
    let answer = run(code, exchange).await;
    if let Err(error) = put(&vault, &slot, &claim, &answer).await {
        tracing::warn!(%error, "the answer to a callback could not be stored yet");
        // Whoever asked need not wait for it.
        let answer = answer.clone();
        tokio::spawn(async move {
            for _ in 0..STORE_RETRIES {
                sleep(STORE_WAIT).await;
                if put(&vault, &slot, &claim, &answer).await.is_ok() {
                    return;
                }
            }
            tracing::error!("the answer to a callback is not stored: another delivery of it begins again");
        });
    }
    answer
}

/// Puts the answer in the place of the claim; a claim that was given up in the meantime stays so.
async fn put(vault: &Vault, slot: &Slot, claim: &Entry, answer: &Answer) -> Result<(), StoreError> {
    vault.swap(slot, Some(claim), &write(&Stored::of(answer))?, LIFETIME).await.map(|_| ())
}

async fn run(code: Code, exchange: Exchange) -> Answer {
    let Exchange { app, client, lang } = exchange;
    let signed_in = match app.sign_in(code) {
        Ok(flow) => client.run(flow.profile_lang(lang)).await,
        Err(error) => Err(Error::from(error)),
    };
    match signed_in {
        Ok(SignedIn::Person(person)) => Answer::Person(Box::new(person.into_parts())),
        Ok(SignedIn::Snapshot(_)) => Answer::Snapshot,
        Err(error) => {
            tracing::warn!(%error, advice = error.advice().as_str(), "WeChat gave no sign-in");
            let failure = Failure::of(error.advice());
            // The person is known, even where the profile is not.
            match error.into_grant() {
                Some(grant) => Answer::Person(Box::new((grant, None))),
                None => Answer::Failed(failure),
            }
        }
    }
}

/// Waits for the one that exchanges. One that never answers is given up, so that the next delivery need not wait.
async fn wait(vault: &Vault, slot: &Slot, found: Option<Entry>) -> Result<Answer, StoreError> {
    let gives_up_at = Instant::now() + PATIENCE;
    let mut found = found;
    loop {
        // It is gone when the store forgot it: then the code must count as sent.
        let Some(entry) = found else { return Ok(Answer::Failed(Failure::Restart)) };
        if let Some(answer) = read(&entry)? {
            return Ok(answer);
        }
        if Instant::now() >= gives_up_at {
            let lost = write(&Stored::Failed(Failure::Restart))?;
            match vault.swap(slot, Some(&entry), &lost, LIFETIME).await? {
                Swap::Done(_) => return Ok(Answer::Failed(Failure::Restart)),
                Swap::Found(other) => found = other,
            }
            continue;
        }
        sleep(POLL).await;
        found = vault.read(slot).await?;
    }
}

impl Failure {
    const fn of(advice: Advice) -> Self {
        match advice {
            Advice::RestartAuthorization | Advice::Refresh => Self::Restart,
            Advice::RetryLater => Self::Busy,
            Advice::TurnAway => Self::TurnedAway,
            _ => Self::Misconfigured,
        }
    }
}

impl Stored {
    fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Person(person) => {
                let (grant, profile) = person.as_ref();
                Self::Person { grant: grant.expose_for_storage(), profile: profile.clone() }
            }
            Answer::Snapshot => Self::Snapshot,
            Answer::Failed(failure) => Self::Failed(*failure),
        }
    }
}

fn write(stored: &Stored) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    serde_json::to_vec(stored).map(Zeroizing::new).map_err(|_| StoreError::Unreadable)
}

/// The answer, if there is one yet.
fn read(entry: &Entry) -> Result<Option<Answer>, StoreError> {
    let stored = serde_json::from_slice(entry.plain()?).map_err(|_| StoreError::Unreadable)?;
    Ok(match stored {
        Stored::Working => None,
        Stored::Person { grant, profile } => {
            let grant = Grant::from_storage(grant).map_err(|_| StoreError::Unreadable)?;
            Some(Answer::Person(Box::new((grant, profile))))
        }
        Stored::Snapshot => Some(Answer::Snapshot),
        Stored::Failed(failure) => Some(Answer::Failed(failure)),
    })
}
