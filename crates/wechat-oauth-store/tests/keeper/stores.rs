//! Stores that stand between a keeper and the common store: one in which something happens meanwhile, one that fails.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wechat_oauth_store::{Key, MemoryStore, Record, Reply, Store, StoreError, Swapped};

/// Something happens before its n-th swap, or the answer to it is lost. A keeper's renewal has two: the claim, and the
/// outcome.
pub(crate) struct Interposed {
    inner: MemoryStore,
    reads: Arc<AtomicUsize>,
    swaps: Arc<AtomicUsize>,
    loses: Option<usize>,
    before: Mutex<BTreeMap<usize, Happening>>,
}

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) const CLAIM: usize = 1;
pub(crate) const OUTCOME: usize = 2;

impl Interposed {
    pub(crate) fn new(inner: &MemoryStore) -> Self {
        Self {
            inner: inner.clone(),
            reads: Arc::default(),
            swaps: Arc::default(),
            loses: None,
            before: Mutex::default(),
        }
    }

    /// How many reads there were.
    pub(crate) fn reads(&self) -> Arc<AtomicUsize> {
        self.reads.clone()
    }

    /// How many swaps there were.
    pub(crate) fn swaps(&self) -> Arc<AtomicUsize> {
        self.swaps.clone()
    }

    /// The answer to this swap is lost.
    pub(crate) fn loses_the_answer_to(mut self, swap: usize) -> Self {
        self.loses = Some(swap);
        self
    }

    pub(crate) fn before(self, swap: usize, happens: impl Future<Output = ()> + Send + 'static) -> Self {
        self.before.lock().unwrap().insert(swap, Box::pin(happens));
        self
    }
}

impl fmt::Debug for Interposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interposed")
    }
}

impl Store for Interposed {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get(key)
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.inner.take(key)
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        let number = self.swaps.fetch_add(1, Ordering::SeqCst) + 1;
        let happening = self.before.lock().unwrap().remove(&number);
        Box::pin(async move {
            if let Some(happening) = happening {
                happening.await;
            }
            let swapped = self.inner.swap(key, expected, new, lifetime).await;
            if self.loses == Some(number) { Err(UNAVAILABLE) } else { swapped }
        })
    }
}

const UNAVAILABLE: StoreError = StoreError::Unavailable { what: "for a test" };

/// Fails every n-th operation: before it is done, or after, when only the answer is lost.
#[derive(Debug, Clone)]
pub(crate) struct Flaky {
    inner: MemoryStore,
    every: usize,
    answer_only: bool,
    operations: Arc<AtomicUsize>,
}

impl Flaky {
    pub(crate) fn new(inner: &MemoryStore, every: usize, answer_only: bool) -> Self {
        Self { inner: inner.clone(), every, answer_only, operations: Arc::default() }
    }

    fn through<'a, T: Send + 'a>(&'a self, reply: Reply<'a, T>) -> Reply<'a, T> {
        let fails = (self.operations.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(self.every);
        Box::pin(async move {
            match (fails, self.answer_only) {
                (false, _) => reply.await,
                (true, false) => Err(UNAVAILABLE),
                (true, true) => reply.await.and(Err(UNAVAILABLE)),
            }
        })
    }
}

impl Store for Flaky {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.through(self.inner.get(key))
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.through(self.inner.take(key))
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        self.through(self.inner.swap(key, expected, new, lifetime))
    }
}
