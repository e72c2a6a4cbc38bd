//! A store and a keyring together: what goes in is sealed for its place, and opens nowhere else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::key::{Key, Kind};
use crate::keyring::Keyring;
use crate::store::{MAX_LIFETIME, Record, Reply, Store, StoreError, Swapped};
use crate::watch::{Watch, Watchers};

/// The pause before something is written again; each further one is twice as long, up to a second: a store that only
/// lost a connection is there again, and one in trouble is not stormed.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long one operation of a store may take. A store has a shorter deadline of its own; this is for one that has none,
/// so that nobody waits for it for ever.
const OPERATION_DEADLINE: Duration = Duration::from_secs(60);

/// A store whose records are sealed: what the rest of this project uses. A clone is the same vault.
#[derive(Debug, Clone)]
pub struct Vault {
    store: Arc<dyn Store>,
    keyring: Keyring,
    watchers: Watchers,
}

impl Vault {
    /// Keeps in this store what it seals with this keyring.
    #[must_use]
    pub fn new(store: impl Store + 'static, keyring: Keyring) -> Self {
        Self { store: Arc::new(store), keyring, watchers: Watchers::default() }
    }

    /// What is in the slot, which stays there.
    ///
    /// # Errors
    /// What the store says. A record that cannot be opened is no error before its [`plain`](Entry::plain) is asked for.
    pub async fn read(&self, slot: &Slot) -> Result<Option<Entry>, StoreError> {
        let found = within(self.store.get(&slot.key)).await?;
        Ok(found.map(|record| self.entry(slot, record)))
    }

    /// Watches the slot: for whoever waits until somebody else has changed what is there. It needs tokio.
    #[must_use]
    pub fn watch(&self, slot: &Slot) -> Watch {
        Watch::new(self, slot)
    }

    pub(crate) const fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// Removes what is in the slot and gives it: to one caller, however many ask.
    ///
    /// # Errors
    /// What the store says.
    pub async fn take(&self, slot: &Slot) -> Result<Option<Entry>, StoreError> {
        let found = within(self.store.take(&slot.key)).await?;
        Ok(found.map(|record| self.entry(slot, record)))
    }

    /// Seals `plain` and puts it into the slot for `lifetime` (at most [`MAX_LIFETIME`]), if what is there is still
    /// `expected` (`None`: nothing). Otherwise changes nothing, and gives what is there.
    ///
    /// # Errors
    /// What the store says; after [`StoreError::Unavailable`] the swap may have happened. [`StoreError::Full`] when
    /// the sealed record would be longer than [`Record::MAX_LEN`].
    pub async fn swap(
        &self,
        slot: &Slot,
        expected: Option<&Entry>,
        plain: &[u8],
        lifetime: Duration,
    ) -> Result<Swap, StoreError> {
        self.swap_with_tries(slot, expected, plain, lifetime, 1).await
    }

    /// As [`swap`](Self::swap), and tries again while the store is unavailable, after a pause: so many times in all.
    /// Each try puts the same sealed record, so what an earlier one did, though its answer was lost, is done.
    ///
    /// A claim takes two tries: if only the answer to the first is lost, the claim would stand there and be nobody's.
    ///
    /// # Errors
    /// As [`swap`](Self::swap), of the last try.
    pub async fn swap_with_tries(
        &self,
        slot: &Slot,
        expected: Option<&Entry>,
        plain: &[u8],
        lifetime: Duration,
        tries: u32,
    ) -> Result<Swap, StoreError> {
        let new = Record::new(self.keyring.seal(&slot.purpose(), &slot.bound_to(), plain)?);
        if new.as_bytes().len() > Record::MAX_LEN {
            return Err(StoreError::Full);
        }
        let expected = expected.map(|entry| &entry.record);
        let lifetime = lifetime.min(MAX_LIFETIME);
        let (mut tried, mut pause) = (1, FIRST_PAUSE);
        let swapped = loop {
            match within(self.store.swap(&slot.key, expected, &new, lifetime)).await {
                Err(StoreError::Unavailable { .. }) if tried < tries => sleep(pause).await,
                outcome => break outcome?,
            }
            tried += 1;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        match swapped {
            Swapped::Done => {
                Ok(Swap::Done(Entry { record: new, plain: Some(Zeroizing::new(plain.to_vec())) }))
            }
            Swapped::Found(found) => Ok(Swap::Found(found.map(|record| self.entry(slot, record)))),
        }
    }

    fn entry(&self, slot: &Slot, record: Record) -> Entry {
        let plain = self.keyring.open(&slot.purpose(), &slot.bound_to(), record.as_bytes());
        Entry { record, plain }
    }
}

/// What a store answers in time. What comes too late may still happen.
async fn within<T>(operation: Reply<'_, T>) -> Result<T, StoreError> {
    let late = StoreError::Unavailable { what: "the store took too long" };
    timeout(OPERATION_DEADLINE, operation).await.unwrap_or(Err(late))
}

/// A place in a [`Vault`]: the store sees a [`Key`] of hashes, and the record is sealed for the parts themselves.
/// `Debug` shows the hashes alone.
#[derive(Clone)]
pub struct Slot {
    key: Key,
    /// How many parts the owner has, then the owner's, then the id's: two slots never have the same list.
    parts: Vec<Zeroizing<String>>,
}

impl Slot {
    /// The slot of a kind that belongs to this owner (an app, a browser) under this id (an openid, a state).
    #[must_use]
    pub fn new(kind: Kind, owner: &[&str], id: &[&str]) -> Self {
        let count = owner.len().to_string();
        let parts = std::iter::once(count.as_str()).chain(owner.iter().copied()).chain(id.iter().copied());
        Self {
            key: Key::new(kind, owner, id),
            parts: parts.map(|part| Zeroizing::new(part.to_owned())).collect(),
        }
    }

    /// Where the store keeps it.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// What it is sealed for: never what a cookie is sealed for, though the keys are the same.
    fn purpose(&self) -> String {
        format!("store {}", self.key.kind())
    }

    fn bound_to(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.as_str()).collect()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.key).finish()
    }
}

/// What is in a [`Slot`], as it was at one time. `Debug` shows nothing of it; it is wiped when dropped.
#[derive(Clone)]
pub struct Entry {
    /// What the store has, to be compared with.
    record: Record,
    /// None: no key of the ring opens it.
    plain: Option<Zeroizing<Vec<u8>>>,
}

impl Entry {
    /// What was put there.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when no key of the ring opens it for this slot. It can still be swapped away.
    pub fn plain(&self) -> Result<&[u8], StoreError> {
        self.plain.as_deref().map(Vec::as_slice).ok_or(StoreError::Unreadable)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opened = if self.plain.is_some() { "redacted" } else { "unreadable" };
        write!(f, "Entry({opened})")
    }
}

/// What a swap in a [`Vault`] did.
#[derive(Debug)]
#[must_use = "a swap that found something else changed nothing"]
pub enum Swap {
    /// What was given is there now.
    Done(Entry),
    /// Something else was there, or nothing: and still is.
    Found(Option<Entry>),
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::memory::MemoryStore;

    const MINUTE: Duration = Duration::from_secs(60);

    fn slot(openid: &str) -> Slot {
        Slot::new(Kind::Grant, &["wx0123456789abcdef"], &[openid])
    }

    fn keyring(digit: &str) -> Keyring {
        Keyring::from_hex(&digit.repeat(64)).unwrap()
    }

    fn vaults() -> (MemoryStore, Vault) {
        let store = MemoryStore::new();
        (store.clone(), Vault::new(store, keyring("a")))
    }

    async fn put(vault: &Vault, slot: &Slot, plain: &str) -> Entry {
        match vault.swap(slot, None, plain.as_bytes(), MINUTE).await.unwrap() {
            Swap::Done(entry) => entry,
            Swap::Found(found) => panic!("{found:?} was there"),
        }
    }

    fn plain(entry: Option<Entry>) -> Option<String> {
        entry.map(|entry| String::from_utf8(entry.plain().unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_was_put_is_read_replaced_and_taken() {
        let (_, vault) = vaults();
        let slot = slot("o1");
        assert_eq!(plain(vault.read(&slot).await.unwrap()), None);
        let first = put(&vault, &slot, "first").await;
        assert_eq!(first.plain().unwrap(), b"first");
        assert_eq!(plain(vault.read(&slot).await.unwrap()).as_deref(), Some("first"));

        let read = vault.read(&slot).await.unwrap();
        let swapped = vault.swap(&slot, read.as_ref(), b"second", MINUTE).await.unwrap();
        assert!(matches!(swapped, Swap::Done(entry) if entry.plain().unwrap() == b"second"));
        assert_eq!(plain(vault.take(&slot).await.unwrap()).as_deref(), Some("second"));
        assert_eq!(plain(vault.take(&slot).await.unwrap()), None);
    }

    #[tokio::test]
    async fn a_swap_that_comes_too_late_is_told_what_is_there() {
        let (_, vault) = vaults();
        let slot = slot("o1");
        let first = put(&vault, &slot, "first").await;
        let Swap::Done(_) = vault.swap(&slot, Some(&first), b"second", MINUTE).await.unwrap() else {
            panic!("nobody else was there");
        };
        for expected in [None, Some(&first)] {
            match vault.swap(&slot, expected, b"third", MINUTE).await.unwrap() {
                Swap::Found(found) => assert_eq!(plain(found).as_deref(), Some("second")),
                Swap::Done(_) => panic!("a newer record was overwritten"),
            }
        }
    }

    #[tokio::test]
    async fn the_same_text_put_twice_is_put_by_one() {
        let (_, vault) = vaults();
        let slot = slot("o1");
        put(&vault, &slot, "claimed").await;
        // Each is sealed with a nonce of its own: two who claim with the same text do not take each other for themselves.
        let again = vault.swap(&slot, None, b"claimed", MINUTE).await.unwrap();
        assert!(matches!(again, Swap::Found(Some(_))));
    }

    #[tokio::test]
    async fn a_record_moved_to_another_slot_does_not_open() {
        let (store, vault) = vaults();
        let slots = [
            slot("o1"),
            slot("o2"),
            Slot::new(Kind::Callback, &["wx0123456789abcdef"], &["o1"]),
            Slot::new(Kind::Grant, &["wxfedcba9876543210"], &["o1"]),
            Slot::new(Kind::Grant, &[], &["wx0123456789abcdef", "o1"]),
            Slot::new(Kind::Grant, &["wx0123456789abcdef", "o1"], &[]),
        ];
        for (index, from) in slots.iter().enumerate() {
            put(&vault, from, "whose is it").await;
            let moved = store.take(&from.key).await.unwrap().unwrap();
            for (other, to) in slots.iter().enumerate() {
                let swapped = store.swap(&to.key, None, &moved, MINUTE).await.unwrap();
                assert_eq!(swapped, Swapped::Done);
                let entry = vault.take(to).await.unwrap().unwrap();
                let expected =
                    if index == other { Ok(&b"whose is it"[..]) } else { Err(StoreError::Unreadable) };
                assert_eq!(entry.plain(), expected, "from {index} to {other}");
            }
        }
    }

    #[tokio::test]
    async fn what_a_lost_key_sealed_is_no_obstacle_to_what_comes_next() {
        let (store, old) = vaults();
        let slot = slot("o1");
        put(&old, &slot, "old").await;
        let new = Vault::new(store.clone(), keyring("b"));
        let unreadable = new.read(&slot).await.unwrap().unwrap();
        assert_eq!(unreadable.plain(), Err(StoreError::Unreadable));
        let swapped = new.swap(&slot, Some(&unreadable), b"new", MINUTE).await.unwrap();
        assert!(matches!(swapped, Swap::Done(_)));
        assert_eq!(plain(new.take(&slot).await.unwrap()).as_deref(), Some("new"));

        put(&old, &slot, "old").await;
        let rotated = Vault::new(store, keyring("b").and_opens(&"a".repeat(64)).unwrap());
        assert_eq!(plain(rotated.take(&slot).await.unwrap()).as_deref(), Some("old"));
    }

    #[tokio::test]
    async fn the_store_sees_no_text_and_a_cookie_of_the_same_keyring_is_no_record() {
        let (store, vault) = vaults();
        let slot = slot("o-canary-openid");
        put(&vault, &slot, "canary-token").await;
        let record = store.get(&slot.key).await.unwrap().unwrap();
        let seen = format!("{} {:?}", slot.key, record.as_bytes().escape_ascii().to_string());
        assert!(!seen.contains("canary") && !seen.contains("wx0123456789abcdef"), "{seen}");
        for kind in ["grant", "callback", "session", "pending"] {
            let opened = keyring("a").open(kind, &slot.bound_to(), record.as_bytes());
            assert!(opened.is_none(), "{kind}");
        }
    }

    #[tokio::test]
    async fn the_longest_record_fits_and_a_longer_one_is_refused() {
        let (_, vault) = vaults();
        let slot = slot("o1");
        let overhead = keyring("a").seal("", &[], b"").unwrap().len();
        let longest = vec![0; Record::MAX_LEN - overhead];
        assert!(matches!(vault.swap(&slot, None, &longest, MINUTE).await, Ok(Swap::Done(_))));
        vault.take(&slot).await.unwrap();
        let longer = vec![0; longest.len() + 1];
        assert!(matches!(vault.swap(&slot, None, &longer, MINUTE).await, Err(StoreError::Full)));
        assert!(vault.read(&slot).await.unwrap().is_none());
    }

    const UNAVAILABLE: StoreError = StoreError::Unavailable { what: "planted" };

    /// Says no: to every get and take, and to so many swaps, though it does them.
    #[derive(Debug, Clone)]
    struct Failing {
        store: MemoryStore,
        error: StoreError,
        failing_swaps: usize,
        /// For how long each swap was to keep something.
        lifetimes: Arc<Mutex<Vec<Duration>>>,
    }

    impl Failing {
        fn always(error: StoreError) -> Self {
            Self { store: MemoryStore::new(), error, failing_swaps: usize::MAX, lifetimes: Arc::default() }
        }
    }

    impl Store for Failing {
        fn get<'a>(&'a self, _: &'a Key) -> Reply<'a, Option<Record>> {
            Box::pin(async { Err(self.error) })
        }

        fn take<'a>(&'a self, _: &'a Key) -> Reply<'a, Option<Record>> {
            Box::pin(async { Err(self.error) })
        }

        fn swap<'a>(
            &'a self,
            key: &'a Key,
            expected: Option<&'a Record>,
            new: &'a Record,
            lifetime: Duration,
        ) -> Reply<'a, Swapped> {
            let mut lifetimes = self.lifetimes.lock().unwrap();
            lifetimes.push(lifetime);
            let fails = lifetimes.len() <= self.failing_swaps;
            Box::pin(async move {
                let swapped = self.store.swap(key, expected, new, lifetime).await;
                if fails { Err(self.error) } else { swapped }
            })
        }
    }

    #[tokio::test]
    async fn a_store_that_says_no_is_heard() {
        for error in [UNAVAILABLE, StoreError::Full] {
            let vault = Vault::new(Failing::always(error), keyring("a"));
            assert_eq!(vault.read(&slot("o1")).await.unwrap_err(), error);
            assert_eq!(vault.take(&slot("o1")).await.unwrap_err(), error);
            assert_eq!(vault.swap(&slot("o1"), None, b"", MINUTE).await.unwrap_err(), error);
        }
    }

    #[tokio::test]
    async fn no_store_is_asked_for_longer_than_the_longest_lifetime() {
        let store = Failing::always(UNAVAILABLE);
        let vault = Vault::new(store.clone(), keyring("a"));
        for lifetime in [MINUTE, Duration::MAX] {
            assert!(vault.swap(&slot("o1"), None, b"", lifetime).await.is_err());
        }
        assert_eq!(*store.lifetimes.lock().unwrap(), [MINUTE, MAX_LIFETIME]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_store_that_is_unavailable_is_tried_again_and_so_often_as_was_said() {
        for (error, tries, asked) in
            [(UNAVAILABLE, 0, 1), (UNAVAILABLE, 1, 1), (UNAVAILABLE, 8, 8), (StoreError::Full, 8, 1)]
        {
            let store = Failing::always(error);
            let vault = Vault::new(store.clone(), keyring("a"));
            let swapped = vault.swap_with_tries(&slot("o1"), None, b"", MINUTE, tries).await;
            assert_eq!(swapped.unwrap_err(), error);
            assert_eq!(store.lifetimes.lock().unwrap().len(), asked, "{error}, {tries} tries");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_swap_whose_answers_were_lost_is_done_for_whoever_asked_and_for_nobody_else() {
        let store = Failing { failing_swaps: 3, ..Failing::always(UNAVAILABLE) };
        let vault = Vault::new(store, keyring("a"));
        let slot = slot("o1");
        let swapped = vault.swap_with_tries(&slot, None, b"claimed", MINUTE, 4).await.unwrap();
        let Swap::Done(mine) = swapped else { panic!("{swapped:?}") };
        let other = vault.swap_with_tries(&slot, None, b"claimed", MINUTE, 4).await.unwrap();
        assert!(matches!(other, Swap::Found(Some(_))), "{other:?}");
        // What was given is what is there, and can be replaced.
        let swapped = vault.swap(&slot, Some(&mine), b"answered", MINUTE).await.unwrap();
        assert!(matches!(swapped, Swap::Done(_)), "{swapped:?}");
    }

    #[tokio::test]
    async fn debug_shows_neither_text_nor_names() {
        let (store, vault) = vaults();
        let slot = slot("o-canary-openid");
        let entry = put(&vault, &slot, "canary-token").await;
        let read = vault.read(&slot).await.unwrap();
        let found = vault.swap(&slot, None, b"canary-other", MINUTE).await.unwrap();
        let record = store.get(&slot.key).await.unwrap();
        let shown = format!("{store:?} {vault:?} {slot:?} {entry:?} {read:?} {found:?} {record:?}");
        assert!(!shown.contains("canary") && !shown.contains("wx0123456789abcdef"), "{shown}");
        // Nor as the list of numbers that a derived Debug makes of bytes: "can".
        assert!(!shown.contains("99, 97, 110"), "{shown}");
        assert!(shown.contains("Entry(redacted)"), "{shown}");
        let other = Vault::new(store, keyring("b")).read(&slot).await.unwrap().unwrap();
        assert_eq!(format!("{other:?}"), "Entry(unreadable)");
    }
}
