//! One exchange for a callback, however often and wherever it arrives.
//!
//! The first delivery claims the callback's slot in the store with a compare-and-swap and exchanges the code; the others
//! wait for its answer. WeChat delivers callbacks twice, with one code or with two, people reload and go back, and a slow
//! answer makes a browser ask again: each of them gets the same answer, and the code is sent once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};
use tracing::Instrument as _;
use wechat_oauth_core::{
    Advice, App, CLOCK_SKEW_SECS, Code, Error, Grant, Profile, ProfileLang, SignedIn, State, StoredGrant,
    UnixTime,
};
use wechat_oauth_reqwest::Client;
use wechat_oauth_store::{Entry, Kind, Slot, StoreError, Swap, Vault};
use zeroize::Zeroizing;

use crate::pending::LOGIN_LIFETIME;

/// How long an answer is remembered: it holds tokens, and only a login that is current asks for it again.
const LIFETIME: Duration = Duration::from_secs(LOGIN_LIFETIME.as_secs() + 2 * CLOCK_SKEW_SECS);
/// How long others wait for the one that exchanges. After it, the exchange counts as lost for them, and they begin again;
/// the one that waits for WeChat itself still gets its answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the store may take for one operation while a browser waits, whatever deadline it has of its own.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a claim is written before the store counts as down.
const CLAIM_TRIES: u32 = 2;
/// How often the answer is offered again to a store that is down: for as long as others wait for it.
const ANSWER_TRIES: u32 = 30;

/// What came of an exchange.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Person(Box<Known>),
    Snapshot,
    Failed(Failure),
}

/// A person whom WeChat told us.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) grant: Grant,
    pub(crate) profile: Option<Profile>,
    /// When: a repeated delivery makes nobody's session longer.
    pub(crate) at: UnixTime,
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

/// What stands in the slot of a callback.
#[derive(Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)] // the larger variant is the usual one
enum Stored {
    /// Somebody exchanges the code.
    Working,
    Person {
        grant: StoredGrant,
        profile: Option<Profile>,
        at: UnixTime,
    },
    Snapshot,
    Failed(Failure),
}

/// The slot of a login's callback: bound to the application, to the browser that began it, and to its state.
pub(crate) fn slot(app: &App, browser: &str, state: &State) -> Slot {
    Slot::new(Kind::Callback, &[app.account().appid().as_str(), browser], &[state.expose()])
}

/// The answer to this callback: what `exchange` comes to, or what an earlier delivery was answered. In that case nothing
/// of `exchange` happens: its code is never sent.
pub(crate) async fn answer(
    vault: &Vault,
    slot: Slot,
    exchange: impl Future<Output = Answer> + Send + 'static,
) -> Result<Answered, StoreError> {
    // A task of its own, from the claim on: a browser that goes away stops nothing, and the next delivery finds the answer.
    let task = tokio::spawn(claim_and_work(vault.clone(), slot.clone(), exchange).in_current_span());
    // Nobody knows whether the code was sent when the task ends without a word.
    match task.await.unwrap_or(Ok(Turn::Mine(Answer::Failed(Failure::Restart))))? {
        Turn::Mine(answer) => Ok(Answered { answer, repeated: false }),
        Turn::Others(found) => {
            let answer = wait(vault, &slot, found).await?;
            Ok(Answered { answer, repeated: true })
        }
    }
}

/// Whose turn it was to exchange.
enum Turn {
    Mine(Answer),
    /// Somebody else's, with what stands there.
    Others(Option<Entry>),
}

async fn claim_and_work(
    vault: Vault,
    slot: Slot,
    exchange: impl Future<Output = Answer> + Send,
) -> Result<Turn, StoreError> {
    let working = write(&Stored::Working)?;
    match within(vault.swap_with_tries(&slot, None, &working, LIFETIME, CLAIM_TRIES)).await? {
        Swap::Done(claim) => Ok(Turn::Mine(work(vault, slot, claim, exchange).await)),
        Swap::Found(found) => Ok(Turn::Others(found)),
    }
}

/// What an earlier delivery was answered, without claiming anything; `None` when there was none.
pub(crate) async fn earlier(vault: &Vault, slot: &Slot) -> Result<Option<Answered>, StoreError> {
    let answer = match within(vault.read(slot)).await? {
        Some(entry) => read(&entry)?,
        None => None,
    };
    Ok(answer.map(|answer| Answered { answer, repeated: true }))
}

/// Exchanges the code, and reads the profile if the scope covers it.
pub(crate) async fn exchange(
    app: App,
    client: Client,
    code: Code,
    lang: ProfileLang,
    now: UnixTime,
) -> Answer {
    let person = |grant, profile| Answer::Person(Box::new(Known { grant, profile, at: now }));
    let signed_in = match app.sign_in(code) {
        Ok(flow) => client.run(flow.profile_lang(lang)).await,
        Err(error) => Err(Error::from(error)),
    };
    match signed_in {
        Ok(SignedIn::Person(known)) => {
            let (grant, profile) = known.into_parts();
            person(grant, profile)
        }
        Ok(SignedIn::Snapshot(_)) => Answer::Snapshot,
        Err(error) => {
            tracing::warn!(%error, advice = error.advice().as_str(), "WeChat gave no sign-in");
            let failure = Failure::of(error.advice());
            // The person is known, even where the profile is not.
            match error.into_grant() {
                Some(grant) => person(grant, None),
                None => Answer::Failed(failure),
            }
        }
    }
}

async fn work(
    vault: Vault,
    slot: Slot,
    claim: Entry,
    exchange: impl Future<Output = Answer> + Send,
) -> Answer {
    let answer = exchange.await;
    let Ok(stored) = write(&Stored::of(&answer)) else { return answer };
    // A claim that was given up in the meantime stays so.
    if let Err(error) = within(vault.swap(&slot, Some(&claim), &stored, LIFETIME)).await {
        tracing::warn!(%error, "the answer to a callback could not be stored yet");
        // Whoever asked need not wait for it.
        let again = async move {
            let swap = vault.swap_with_tries(&slot, Some(&claim), &stored, LIFETIME, ANSWER_TRIES);
            if !matches!(timeout(PATIENCE, swap).await, Ok(Ok(_))) {
                tracing::error!(
                    "the answer to a callback is not stored: another delivery of it begins again"
                );
            }
        };
        tokio::spawn(again.in_current_span());
    }
    answer
}

/// Waits for the one that exchanges. One that never answers is given up, so that the next delivery need not wait.
async fn wait(vault: &Vault, slot: &Slot, found: Option<Entry>) -> Result<Answer, StoreError> {
    let gives_up_at = Instant::now() + PATIENCE;
    let mut found = found;
    // All deliveries of this callback that wait in this process look together.
    let mut watch = None;
    loop {
        // It is gone when the store forgot it: then the code must count as sent.
        let Some(entry) = found else { return Ok(Answer::Failed(Failure::Restart)) };
        if let Some(answer) = read(&entry)? {
            return Ok(answer);
        }
        if Instant::now() >= gives_up_at {
            let lost = write(&Stored::Failed(Failure::Restart))?;
            match within(vault.swap(slot, Some(&entry), &lost, LIFETIME)).await? {
                Swap::Done(_) => return Ok(Answer::Failed(Failure::Restart)),
                Swap::Found(other) => found = other,
            }
            continue;
        }
        found = within(watch.get_or_insert_with(|| vault.watch(slot)).next()).await?;
    }
}

/// A store that takes too long counts as one that does not answer.
async fn within<T>(operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = StoreError::Unavailable { what: "the store took too long" };
    timeout(STORE_TIMEOUT, operation).await.unwrap_or(Err(late))
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
                let Known { grant, profile, at } = person.as_ref();
                Self::Person { grant: grant.expose_for_storage(), profile: profile.clone(), at: *at }
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
        Stored::Person { grant, profile, at } => {
            let grant = Grant::from_storage(grant).map_err(|_| StoreError::Unreadable)?;
            Some(Answer::Person(Box::new(Known { grant, profile, at })))
        }
        Stored::Snapshot => Some(Answer::Snapshot),
        Stored::Failed(failure) => Some(Answer::Failed(failure)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};
    use tokio::sync::oneshot;
    use tokio::task::JoinSet;
    use tokio::time::sleep;
    use wechat_oauth_store::{Key, Keyring, MemoryStore, Record, Reply, Store, Swapped};

    /// A store whose operations fail when they are told to, before or after they are done.
    #[derive(Debug, Default)]
    struct Shaky {
        store: MemoryStore,
        /// What the next swaps do, the first one last: fail before (false) or after (true).
        next: Mutex<Vec<Option<bool>>>,
        reads: AtomicU32,
    }

    impl Store for Handle {
        fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
            self.0.reads.fetch_add(1, Ordering::Relaxed);
            self.0.store.get(key)
        }
        fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
            self.0.store.take(key)
        }
        fn swap<'a>(
            &'a self,
            key: &'a Key,
            expected: Option<&'a Record>,
            new: &'a Record,
            lifetime: Duration,
        ) -> Reply<'a, Swapped> {
            let fails = self.0.next.lock().unwrap().pop().flatten();
            Box::pin(async move {
                if fails == Some(false) {
                    return Err(DOWN);
                }
                let swapped = self.0.store.swap(key, expected, new, lifetime).await?;
                if fails == Some(true) { Err(DOWN) } else { Ok(swapped) }
            })
        }
    }

    #[derive(Debug, Clone, Default)]
    struct Handle(Arc<Shaky>);

    /// No wait of any kind is shorter.
    const AT_ONCE: Duration = Duration::from_millis(10);

    const DOWN: StoreError = StoreError::Unavailable { what: "it is down" };

    struct Callback {
        vault: Vault,
        store: Handle,
        exchanges: Arc<AtomicU32>,
    }

    impl Callback {
        fn new() -> Self {
            let store = Handle::default();
            let vault = Vault::new(store.clone(), Keyring::generate().unwrap());
            Self { vault, store, exchanges: Arc::default() }
        }

        fn slot() -> Slot {
            Slot::new(Kind::Callback, &["wx1", "browser"], &["state"])
        }

        /// Delivers the callback; an exchange of its own would come to this.
        async fn delivered(&self, would_be: Failure) -> Result<(Failure, bool), StoreError> {
            let exchanges = Arc::clone(&self.exchanges);
            let exchange = async move {
                exchanges.fetch_add(1, Ordering::Relaxed);
                Answer::Failed(would_be)
            };
            Self::outcome(answer(&self.vault, Self::slot(), exchange).await)
        }

        /// Delivers the callback; its exchange lasts until it is told what it comes to.
        fn delivered_slowly(
            &self,
        ) -> (oneshot::Sender<Failure>, impl Future<Output = Result<(Failure, bool), StoreError>> + use<>)
        {
            let (tell, told) = oneshot::channel();
            let vault = self.vault.clone();
            let exchange = async move { Answer::Failed(told.await.unwrap_or(Failure::Misconfigured)) };
            (tell, async move { Self::outcome(answer(&vault, Self::slot(), exchange).await) })
        }

        fn outcome(answered: Result<Answered, StoreError>) -> Result<(Failure, bool), StoreError> {
            answered.map(|answered| match answered.answer {
                Answer::Failed(failure) => (failure, answered.repeated),
                other => panic!("{other:?}"),
            })
        }

        fn next_swaps(&self, what: &[Option<bool>]) {
            *self.store.0.next.lock().unwrap() = what.iter().rev().copied().collect();
        }
    }

    #[test]
    fn a_slot_is_of_one_application_one_browser_and_one_login() {
        let app = |appid: &str| {
            App::official_account(appid.parse().unwrap(), wechat_oauth_core::AppSecret::new("s").unwrap())
        };
        let key = |appid, browser, state| {
            slot(&app(appid), browser, &State::new(state).unwrap()).key().as_str().to_owned()
        };
        let one = key("wx1", "browser", "S1");
        assert_eq!(one, key("wx1", "browser", "S1"));
        for other in [key("wx2", "browser", "S1"), key("wx1", "other", "S1"), key("wx1", "browser", "S2")] {
            assert_ne!(one, other);
        }
    }

    #[tokio::test]
    async fn the_first_delivery_exchanges_and_the_others_are_told() {
        let callback = Callback::new();
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Busy, false));
        assert_eq!(callback.delivered(Failure::TurnedAway).await.unwrap(), (Failure::Busy, true));
        assert_eq!(callback.exchanges.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn others_wait_while_it_lasts() {
        let callback = Callback::new();
        let (tell, first) = callback.delivered_slowly();
        let first = tokio::spawn(first);
        sleep(PATIENCE / 3).await;
        let second = callback.delivered(Failure::Busy);
        let tells = async {
            sleep(PATIENCE / 2).await;
            tell.send(Failure::TurnedAway).unwrap();
        };
        let (second, ()) = tokio::join!(second, tells);
        assert_eq!(second.unwrap(), (Failure::TurnedAway, true));
        assert_eq!(first.await.unwrap().unwrap(), (Failure::TurnedAway, false));
        assert_eq!(callback.exchanges.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_deliveries_that_wait_look_at_the_store_together() {
        let callback = Arc::new(Callback::new());
        let (tell, first) = callback.delivered_slowly();
        let first = tokio::spawn(first);
        sleep(AT_ONCE).await;
        let mut others = JoinSet::new();
        for _ in 0..1000 {
            let callback = Arc::clone(&callback);
            others.spawn(async move { callback.delivered(Failure::Busy).await });
        }
        sleep(PATIENCE / 3).await;
        tell.send(Failure::TurnedAway).unwrap();
        let answers = others.join_all().await;
        assert!(answers.into_iter().all(|answer| answer == Ok((Failure::TurnedAway, true))));
        assert_eq!(first.await.unwrap().unwrap(), (Failure::TurnedAway, false));
        let reads = callback.store.0.reads.load(Ordering::Relaxed);
        assert!(reads < 60, "{reads} reads in ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn an_exchange_that_never_ends_is_given_up_once_and_its_late_answer_changes_nothing() {
        let callback = Callback::new();
        let (tell, first) = callback.delivered_slowly();
        let first = tokio::spawn(first);
        sleep(Duration::from_millis(1)).await;
        let began = Instant::now();
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Restart, true));
        assert!(began.elapsed() >= PATIENCE);
        let began = Instant::now();
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Restart, true));
        assert!(began.elapsed() < AT_ONCE, "the next one need not wait");
        tell.send(Failure::TurnedAway).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), (Failure::TurnedAway, false));
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Restart, true));
        assert_eq!(callback.exchanges.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_claim_that_was_written_although_the_store_gave_no_answer_is_known_again() {
        let callback = Callback::new();
        callback.next_swaps(&[Some(true)]);
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Busy, false));
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Busy, true));
        assert_eq!(callback.exchanges.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_claim_that_cannot_be_written_sends_no_code() {
        let callback = Callback::new();
        callback.next_swaps(&[Some(false), Some(false)]);
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap_err(), DOWN);
        assert_eq!(callback.exchanges.load(Ordering::Relaxed), 0);
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Busy, false));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_cannot_be_stored_is_given_at_once_and_stored_later() {
        let callback = Callback::new();
        // The claim, the answer twice, the claim of the second delivery, and the answer twice more.
        let fails = Some(false);
        callback.next_swaps(&[None, fails, fails, None, fails, Some(true)]);
        let began = Instant::now();
        assert_eq!(callback.delivered(Failure::Busy).await.unwrap(), (Failure::Busy, false));
        assert!(began.elapsed() < AT_ONCE);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(callback.delivered(Failure::TurnedAway).await.unwrap(), (Failure::Busy, true));
        assert_eq!(callback.exchanges.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_that_goes_away_during_the_claim_leaves_nobody_waiting() {
        let callback = Callback::new();
        // The claim is written, its answer is lost, and the browser goes before the store is asked again.
        callback.next_swaps(&[Some(true)]);
        let gone = timeout(Duration::from_millis(10), callback.delivered(Failure::Busy)).await;
        assert!(gone.is_err());
        let began = Instant::now();
        assert_eq!(callback.delivered(Failure::TurnedAway).await.unwrap(), (Failure::Busy, true));
        assert!(began.elapsed() < PATIENCE / 2);
    }

    #[tokio::test]
    async fn a_panic_in_the_exchange_is_a_lost_exchange() {
        let callback = Callback::new();
        let exchange = async { panic!("on purpose") };
        let answered = answer(&callback.vault, Callback::slot(), exchange).await;
        assert_eq!(Callback::outcome(answered).unwrap(), (Failure::Restart, false));
    }
}
