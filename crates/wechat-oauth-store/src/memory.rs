//! A store in this process's memory: nothing to install, bounded, and gone when the process ends.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::key::{Key, Kind};
use crate::store::{MAX_LIFETIME, Record, Reply, Store, Swapped};

/// How many records whose lifetime is over are removed by one operation: more than one puts there, so that they all go,
/// and few, so that no operation is slow.
const SWEPT_AT_ONCE: usize = 4;

/// A store in this process's memory. A clone is the same store.
///
/// Each [`Kind`] has its own room. When that is full, what is over goes first, then the record that was written longest
/// ago; never the one being written. A callback that was evicted and comes again is refused by WeChat, whose codes are
/// good for one exchange, and the login starts again; the person of an evicted grant has to sign in again.
#[derive(Clone)]
pub struct MemoryStore {
    callbacks: Arc<Mutex<Shelf>>,
    grants: Arc<Mutex<Shelf>>,
}

impl MemoryStore {
    /// How many callbacks it holds unless told otherwise. At one or two KiB each, some 40 MiB at most; kept for
    /// twenty minutes, it is 13 logins a second without a pause.
    pub const CALLBACKS: usize = 16_384;

    /// How many grants it holds unless told otherwise. At one or two KiB each, some 150 MiB at most; whoever has more
    /// people in a month needs a store that outlives the process.
    pub const GRANTS: usize = 65_536;

    /// A store for [`CALLBACKS`](Self::CALLBACKS) callbacks and [`GRANTS`](Self::GRANTS) grants.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacities(Self::CALLBACKS, Self::GRANTS)
    }

    /// A store for so many records of each kind; for one, if 0 is said.
    #[must_use]
    pub fn with_capacity(records: usize) -> Self {
        Self::with_capacities(records, records)
    }

    fn with_capacities(callbacks: usize, grants: usize) -> Self {
        let shelf = |capacity| Arc::new(Mutex::new(Shelf::new(capacity)));
        Self { callbacks: shelf(callbacks), grants: shelf(grants) }
    }

    fn shelf(&self, kind: Kind) -> MutexGuard<'_, Shelf> {
        let shelf = match kind {
            Kind::Callback => &self.callbacks,
            Kind::Grant => &self.grants,
        };
        // Nothing under the lock can panic half way.
        shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |kind| self.shelf(kind).records.len();
        f.debug_struct("MemoryStore")
            .field("callbacks", &count(Kind::Callback))
            .field("grants", &count(Kind::Grant))
            .finish()
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move { Ok(self.shelf(key.kind()).get(key, Instant::now()).cloned()) })
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            let mut shelf = self.shelf(key.kind());
            let now = Instant::now();
            shelf.sweep(now);
            Ok(shelf.remove(key).filter(|held| held.is_there(now)).map(|held| held.record))
        })
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(async move {
            let mut shelf = self.shelf(key.kind());
            let now = Instant::now();
            shelf.sweep(now);
            let found = shelf.get(key, now);
            if found == Some(new) {
                return Ok(Swapped::Done);
            }
            if found != expected {
                return Ok(Swapped::Found(found.cloned()));
            }
            shelf.put(key.clone(), new.clone(), now + lifetime.min(MAX_LIFETIME));
            Ok(Swapped::Done)
        })
    }
}

/// The records of one kind, by key, by age and by end. Every step costs the logarithm of their number.
struct Shelf {
    capacity: usize,
    /// Counts the writes: the age of each record.
    writes: u64,
    ages: HashMap<Key, u64>,
    records: BTreeMap<u64, Held>,
    ends: BTreeSet<(Instant, u64)>,
}

struct Held {
    key: Key,
    record: Record,
    ends_at: Instant,
}

impl Held {
    fn is_there(&self, now: Instant) -> bool {
        now < self.ends_at
    }
}

impl Shelf {
    fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            writes: 0,
            ages: HashMap::new(),
            records: BTreeMap::new(),
            ends: BTreeSet::new(),
        }
    }

    fn get(&self, key: &Key, now: Instant) -> Option<&Record> {
        let held = self.records.get(self.ages.get(key)?)?;
        held.is_there(now).then_some(&held.record)
    }

    /// Makes room and puts the record there, in place of the one at the same key.
    fn put(&mut self, key: Key, record: Record, ends_at: Instant) {
        self.remove(&key);
        while self.records.len() >= self.capacity {
            let Some((&age, _)) = self.records.first_key_value() else { break };
            self.remove_aged(age);
        }
        self.writes += 1;
        self.ages.insert(key.clone(), self.writes);
        self.ends.insert((ends_at, self.writes));
        self.records.insert(self.writes, Held { key, record, ends_at });
    }

    fn remove(&mut self, key: &Key) -> Option<Held> {
        let age = *self.ages.get(key)?;
        self.remove_aged(age)
    }

    fn remove_aged(&mut self, age: u64) -> Option<Held> {
        let held = self.records.remove(&age)?;
        self.ages.remove(&held.key);
        self.ends.remove(&(held.ends_at, age));
        Some(held)
    }

    /// Removes a few of those whose lifetime is over.
    fn sweep(&mut self, now: Instant) {
        for _ in 0..SWEPT_AT_ONCE {
            match self.ends.first() {
                Some(&(ends_at, age)) if ends_at <= now => self.remove_aged(age),
                _ => return,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn key(kind: Kind, id: usize) -> Key {
        Key::new(kind, &["owner"], &[&id.to_string()])
    }

    fn record(number: u32) -> Record {
        Record::new(number.to_be_bytes().to_vec())
    }

    async fn put(store: &MemoryStore, kind: Kind, id: usize, lifetime: Duration) {
        let swapped = store.swap(&key(kind, id), None, &record(1), lifetime).await.unwrap();
        assert_eq!(swapped, Swapped::Done);
    }

    async fn there(store: &MemoryStore, kind: Kind, ids: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut there = Vec::new();
        for id in ids {
            if store.get(&key(kind, id)).await.unwrap().is_some() {
                there.push(id);
            }
        }
        there
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_is_there_until_its_lifetime_is_over_and_not_after() {
        let store = MemoryStore::new();
        put(&store, Kind::Grant, 0, MINUTE).await;
        advance(MINUTE - Duration::from_millis(1)).await;
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0]);
        advance(Duration::from_millis(1)).await;
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0; 0]);
        assert_eq!(store.take(&key(Kind::Grant, 0)).await.unwrap(), None);
        put(&store, Kind::Grant, 0, MINUTE).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_lifetime_without_end_is_a_long_one() {
        let store = MemoryStore::new();
        put(&store, Kind::Grant, 0, Duration::MAX).await;
        advance(MAX_LIFETIME - Duration::from_millis(1)).await;
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0]);
        advance(Duration::from_millis(1)).await;
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_store_drops_the_oldest_and_never_the_newest() {
        let store = MemoryStore::with_capacity(3);
        for id in 0..5 {
            put(&store, Kind::Callback, id, MINUTE).await;
            assert_eq!(there(&store, Kind::Callback, [id]).await, [id]);
        }
        assert_eq!(there(&store, Kind::Callback, 0..5).await, [2, 3, 4]);
        // What is written again is young again, and takes nobody's place.
        let swapped = store.swap(&key(Kind::Callback, 2), Some(&record(1)), &record(2), MINUTE).await;
        assert_eq!(swapped, Ok(Swapped::Done));
        assert_eq!(there(&store, Kind::Callback, 0..5).await, [2, 3, 4]);
        put(&store, Kind::Callback, 5, MINUTE).await;
        assert_eq!(there(&store, Kind::Callback, 0..6).await, [2, 4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_makes_room_before_anything_else_does() {
        let store = MemoryStore::with_capacity(20);
        for id in 0..10 {
            put(&store, Kind::Grant, id, MINUTE).await;
        }
        for id in 10..20 {
            put(&store, Kind::Grant, id, MINUTE / 2).await;
        }
        advance(MINUTE / 2).await;
        for id in 20..30 {
            put(&store, Kind::Grant, id, MINUTE).await;
        }
        let expected: Vec<_> = (0..10).chain(20..30).collect();
        assert_eq!(there(&store, Kind::Grant, 0..30).await, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_callbacks_costs_no_grant_and_no_more_than_its_room() {
        let store = MemoryStore::with_capacity(100);
        put(&store, Kind::Grant, 0, MINUTE).await;
        for id in 0..100_000 {
            put(&store, Kind::Callback, id, MINUTE).await;
        }
        assert_eq!(format!("{store:?}"), "MemoryStore { callbacks: 100, grants: 1 }");
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0]);
        let shelf = store.shelf(Kind::Callback);
        assert!(shelf.ages.capacity() < 1_000, "{}", shelf.ages.capacity());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten_a_little_at_a_time() {
        let store = MemoryStore::new();
        for id in 0..100 {
            put(&store, Kind::Callback, id, MINUTE).await;
        }
        advance(MINUTE).await;
        for id in 100..200 {
            let before = store.shelf(Kind::Callback).records.len();
            put(&store, Kind::Callback, id, MINUTE).await;
            assert!(before < store.shelf(Kind::Callback).records.len() + SWEPT_AT_ONCE);
        }
        assert_eq!(store.shelf(Kind::Callback).records.len(), 100);
    }

    #[tokio::test]
    async fn a_store_for_nothing_holds_one() {
        let store = MemoryStore::with_capacity(0);
        put(&store, Kind::Grant, 0, MINUTE).await;
        put(&store, Kind::Grant, 1, MINUTE).await;
        assert_eq!(there(&store, Kind::Grant, 0..2).await, [1]);
    }

    #[tokio::test]
    async fn a_clone_is_the_same_store() {
        let store = MemoryStore::default();
        put(&store.clone(), Kind::Grant, 0, MINUTE).await;
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0]);
    }

    #[tokio::test]
    async fn a_panic_elsewhere_under_the_lock_stops_nobody() {
        let store = MemoryStore::new();
        put(&store, Kind::Grant, 0, MINUTE).await;
        let other = store.clone();
        let panicked = std::thread::spawn(move || {
            let _shelf = other.shelf(Kind::Grant);
            panic!("planted");
        });
        assert!(panicked.join().is_err());
        assert!(store.grants.is_poisoned());
        assert_eq!(there(&store, Kind::Grant, [0]).await, [0]);
    }

    #[derive(Debug, Clone)]
    enum Operation {
        Get(usize),
        Take(usize),
        Swap { id: usize, expected: Expected, new: u32, seconds: u64 },
        Wait(u64),
    }

    #[derive(Debug, Clone)]
    enum Expected {
        WhatIsThere,
        Nothing,
        Record(u32),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        let id = || 0..6_usize;
        let expected = prop_oneof![
            3 => Just(Expected::WhatIsThere),
            2 => Just(Expected::Nothing),
            1 => (0..4_u32).prop_map(Expected::Record),
        ];
        prop_oneof![
            2 => id().prop_map(Operation::Get),
            1 => id().prop_map(Operation::Take),
            6 => (id(), expected, 0..4_u32, 0..20_u64)
                .prop_map(|(id, expected, new, seconds)| Operation::Swap { id, expected, new, seconds }),
            2 => (0..10_u64).prop_map(Operation::Wait),
        ]
    }

    /// A list of what is there, the longest unwritten first: what the store's documentation says, and nothing more.
    #[derive(Default)]
    struct Model {
        now: u64,
        records: Vec<(usize, u32, u64)>,
    }

    impl Model {
        fn get(&self, id: usize) -> Option<u32> {
            self.records.iter().find(|record| record.0 == id).map(|record| record.1)
        }

        fn take(&mut self, id: usize) -> Option<u32> {
            let found = self.get(id);
            self.records.retain(|record| record.0 != id);
            found
        }

        fn swap(
            &mut self,
            capacity: usize,
            id: usize,
            expected: Option<u32>,
            new: u32,
            seconds: u64,
        ) -> bool {
            let found = self.get(id);
            if found == Some(new) {
                return true;
            }
            if found != expected {
                return false;
            }
            self.take(id);
            if self.records.len() == capacity {
                self.records.remove(0);
            }
            self.records.push((id, new, self.now + seconds));
            self.end();
            true
        }

        fn wait(&mut self, seconds: u64) {
            self.now += seconds;
            self.end();
        }

        fn end(&mut self) {
            self.records.retain(|record| self.now < record.2);
        }
    }

    proptest! {
        #[test]
        fn any_sequence_of_operations_does_what_the_model_does(
            capacity in 1..7_usize,
            operations in prop::collection::vec(operation(), 0..80),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let (store, mut model) = (MemoryStore::with_capacity(capacity), Model::default());
                for operation in operations {
                    match operation {
                        Operation::Get(id) => {
                            let found = store.get(&key(Kind::Grant, id)).await.unwrap();
                            prop_assert_eq!(found, model.get(id).map(record));
                        }
                        Operation::Take(id) => {
                            let taken = store.take(&key(Kind::Grant, id)).await.unwrap();
                            prop_assert_eq!(taken, model.take(id).map(record));
                        }
                        Operation::Swap { id, expected, new, seconds } => {
                            let expected = match expected {
                                Expected::WhatIsThere => model.get(id),
                                Expected::Nothing => None,
                                Expected::Record(number) => Some(number),
                            };
                            let found = model.get(id).map(record);
                            let swapped = store
                                .swap(
                                    &key(Kind::Grant, id),
                                    expected.map(record).as_ref(),
                                    &record(new),
                                    Duration::from_secs(seconds),
                                )
                                .await
                                .unwrap();
                            let done = model.swap(capacity, id, expected, new, seconds);
                            prop_assert_eq!(swapped, if done { Swapped::Done } else { Swapped::Found(found) });
                        }
                        Operation::Wait(seconds) => {
                            advance(Duration::from_secs(seconds)).await;
                            model.wait(seconds);
                        }
                    }
                    let shelf = store.shelf(Kind::Grant);
                    prop_assert!(shelf.records.len() <= capacity);
                    prop_assert_eq!(shelf.ages.len(), shelf.records.len());
                    prop_assert_eq!(shelf.ends.len(), shelf.records.len());
                }
                Ok(())
            })?;
        }
    }
}
