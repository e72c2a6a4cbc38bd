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
    /// How many callbacks it holds unless told otherwise. At one or two KiB each, some 30 MiB at most; kept for ten
    /// minutes, it is 27 logins a second without a pause.
    pub const CALLBACKS: usize = 16_384;

    /// How many grants it holds unless told otherwise. At one or two KiB each, some 100 MiB at most; whoever has more
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
