//! [`Watch`]: waiting for a record to change, together with all who wait for it in this process.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::key::Key;
use crate::store::StoreError;
use crate::vault::{Entry, Slot, Vault};

/// How long after the first waiter came the first look is.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause between two looks. Each is a quarter longer than the one before: whoever waits for a change that
/// took a while waits for a quarter of that while more, at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Looks at a slot of a [`Vault`] again and again: one look for all in this process who watch the slot through clones of
/// the vault, however many they are.
///
/// The looks are up to half a second apart. They end when nobody watches any more.
pub struct Watch {
    vault: Vault,
    slot: Slot,
    looks: watch::Receiver<Option<Look>>,
    begun: Arc<AtomicU64>,
}

/// What one look found.
#[derive(Clone)]
struct Look {
    number: u64,
    found: Result<Option<Entry>, StoreError>,
}

/// The slots that are watched.
#[derive(Clone, Default)]
pub(crate) struct Watchers(Arc<Mutex<HashMap<Key, Weak<Watcher>>>>);

/// Whoever looks at one slot for the others. It lives as long as its task.
struct Watcher {
    looks: watch::Sender<Option<Look>>,
    /// How many looks have begun.
    begun: Arc<AtomicU64>,
}

impl Watch {
    pub(crate) fn new(vault: &Vault, slot: &Slot) -> Self {
        let mut watchers = vault.watchers().lock();
        let watcher = watchers.get(slot.key()).and_then(Weak::upgrade).unwrap_or_else(|| {
            let watcher = Arc::new(Watcher { looks: watch::channel(None).0, begun: Arc::default() });
            watchers.insert(slot.key().clone(), Arc::downgrade(&watcher));
            tokio::spawn(look(vault.clone(), slot.clone(), Arc::clone(&watcher)));
            watcher
        });
        Self {
            vault: vault.clone(),
            slot: slot.clone(),
            looks: watcher.looks.subscribe(),
            begun: Arc::clone(&watcher.begun),
        }
    }

    /// What the next look finds: one that begins after this is called, so that nothing older is taken for news.
    ///
    /// # Errors
    /// What the store says; the next look may find it well again.
    pub async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        let mut after = self.begun.load(Ordering::SeqCst);
        loop {
            if self.looks.changed().await.is_err() {
                // The runtime that looked is gone; this one is not.
                *self = Self::new(&self.vault, &self.slot);
                after = self.begun.load(Ordering::SeqCst);
                continue;
            }
            if let Some(look) = self.looks.borrow_and_update().as_ref().filter(|look| look.number > after) {
                return look.found.clone();
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Weak<Watcher>>> {
        // Nothing under the lock can panic half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} slots", self.lock().len())
    }
}

/// Looks, until nobody watches.
async fn look(vault: Vault, slot: Slot, watcher: Arc<Watcher>) {
    let mut pause = FIRST_PAUSE;
    loop {
        if timeout(pause, watcher.looks.closed()).await.is_ok() {
            // Whoever comes now waits for the lock, and finds nobody who looks.
            let mut watchers = vault.watchers().lock();
            if watcher.looks.receiver_count() == 0 {
                watchers.remove(slot.key());
                return;
            }
        }
        pause = (pause * 5 / 4).min(LONGEST_PAUSE);
        let number = watcher.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let found = vault.read(&slot).await;
        watcher.looks.send_replace(Some(Look { number, found }));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::task::JoinSet;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::key::Kind;
    use crate::keyring::Keyring;
    use crate::memory::MemoryStore;
    use crate::store::{Record, Reply, Store, Swapped};

    const MINUTE: Duration = Duration::from_secs(60);

    /// Counts its reads.
    #[derive(Debug, Clone, Default)]
    struct Counting {
        store: MemoryStore,
        reads: Arc<AtomicUsize>,
    }

    impl Store for Counting {
        fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            self.store.get(key)
        }
        fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
            self.store.take(key)
        }
        fn swap<'a>(
            &'a self,
            key: &'a Key,
            expected: Option<&'a Record>,
            new: &'a Record,
            lifetime: Duration,
        ) -> Reply<'a, Swapped> {
            self.store.swap(key, expected, new, lifetime)
        }
    }

    fn vault() -> (Arc<AtomicUsize>, Vault, Slot) {
        let store = Counting::default();
        let reads = Arc::clone(&store.reads);
        let slot = Slot::new(Kind::Grant, &["wx0123456789abcdef"], &["o1"]);
        (reads, Vault::new(store, Keyring::generate().unwrap()), slot)
    }

    async fn put(vault: &Vault, slot: &Slot, plain: &[u8]) {
        let there = vault.read(slot).await.unwrap();
        let swapped = vault.swap(slot, there.as_ref(), plain, MINUTE).await.unwrap();
        assert!(matches!(swapped, crate::vault::Swap::Done(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_who_watch_one_slot_cost_the_reads_of_one() {
        let (reads, vault, slot) = vault();
        let mut waiting = JoinSet::new();
        for _ in 0..1000 {
            let (clone, slot) = (vault.clone(), slot.clone());
            waiting.spawn(async move {
                let mut watch = clone.watch(&slot);
                while watch.next().await.unwrap().is_none() {}
                Instant::now()
            });
        }
        sleep(MINUTE / 6).await;
        put(&vault, &slot, b"here").await;
        let put_at = Instant::now();
        let noticed = waiting.join_all().await;
        assert!(noticed.iter().all(|at| *at <= put_at + LONGEST_PAUSE));
        let reads = reads.load(Ordering::SeqCst);
        assert!((10..60).contains(&reads), "{reads} reads in ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_looks_when_nobody_watches_any_more() {
        let (reads, vault, slot) = vault();
        let (mut first, second) = (vault.watch(&slot), vault.watch(&slot));
        assert!(first.next().await.unwrap().is_none());
        drop((first, second));
        sleep(LONGEST_PAUSE).await;
        let before = reads.load(Ordering::SeqCst);
        sleep(MINUTE).await;
        assert_eq!(reads.load(Ordering::SeqCst), before);
        assert_eq!(format!("{:?}", vault.watchers()), "0 slots");
        // Whoever comes later is served all the same.
        assert!(vault.watch(&slot).next().await.unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_found_before_somebody_asked_is_no_news_to_them() {
        let (_, vault, slot) = vault();
        let mut first = vault.watch(&slot);
        assert!(first.next().await.unwrap().is_none());
        put(&vault, &slot, b"here").await;
        assert!(first.next().await.unwrap().is_some());
        assert!(vault.watch(&slot).next().await.unwrap().is_some());
    }

    #[test]
    fn a_watch_outlives_the_runtime_that_looked() {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (_, vault, slot) = vault();
        let (one, other) = (runtime(), runtime());
        let mut watch = one.block_on(async {
            let mut watch = vault.watch(&slot);
            assert!(watch.next().await.unwrap().is_none());
            watch
        });
        drop(one);
        other.block_on(async {
            put(&vault, &slot, b"here").await;
            assert!(watch.next().await.unwrap().is_some());
        });
    }
}
