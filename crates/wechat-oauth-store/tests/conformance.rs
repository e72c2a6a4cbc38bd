//! The kit passes a good store, and finds each fault of a bad one: that fault, and no other.
#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use wechat_oauth_store::conformance::{self, Case, Limits, Report};
use wechat_oauth_store::{Key, Kind, MemoryStore, Record, Reply, Store, StoreError, Swapped};

/// A store that is right but for one fault.
#[derive(Debug, Clone)]
struct Planted {
    fault: Fault,
    /// Whether it is the fault of every kind, or of the grants alone, as if they had a table of their own.
    everywhere: bool,
    records: Arc<Mutex<HashMap<String, (Record, Instant)>>>,
    /// Held for the whole of an operation that is atomic.
    whole: Arc<Mutex<()>>,
    /// A lock for each key, for the faults that need one that is held while waiting.
    locks: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
    /// What this handle has read, and when.
    copies: Arc<Mutex<HashMap<String, Copied>>>,
}

type Copied = (Instant, Option<Record>);

/// How long a copy is good for the store that reads copies.
const COPIES_LAST: Duration = Duration::from_secs(1);

/// How long a store waits for a lock before it says that it cannot.
const LOCK_PATIENCE: Duration = Duration::from_secs(6);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    GetThenDelete,
    GetThenSet,
    NoExpiry,
    NotBoundToOwner,
    NotBoundToKind,
    NotBoundToId,
    IdsInAnyCase,
    AnyRecordInAnyCase,
    TextOnly,
    ReadingProlongs,
    MismatchProlongs,
    SwapKeepsTheLifetime,
    ExpiresOnlyForReaders,
    MillisecondsIn32Bits,
    SecondsForMilliseconds,
    AtMostOneSecond,
    RepeatedSwapIsRefused,
    SwapPutsWithoutComparing,
    TakeLeavesIt,
    FindsTheNewRecord,
    ComparesTheFirstBytes,
    WholeSecondsAndNoneIsForever,
    RepeatedSwapIgnoresTheEnd,
    SwapDeletesThenInserts,
    LockOutlivesItsCaller,
    ReadsACopy,
    Down,
    Panics,
}

impl Planted {
    fn with(fault: Fault) -> Self {
        Self {
            fault,
            everywhere: true,
            records: Arc::default(),
            whole: Arc::default(),
            locks: Arc::default(),
            copies: Arc::default(),
        }
    }

    /// Another process's handle on the same store.
    fn other(&self) -> Self {
        Self { copies: Arc::default(), ..self.clone() }
    }

    fn with_faulty_grants(fault: Fault) -> Self {
        Self { everywhere: false, ..Self::with(fault) }
    }

    fn fault(&self, key: &Key) -> Fault {
        if self.everywhere || key.kind() == Kind::Grant { self.fault } else { Fault::None }
    }

    fn has(&self, key: &Key, fault: Fault) -> bool {
        self.fault(key) == fault
    }

    fn name(&self, key: &Key) -> String {
        let (kind, owner, id) = (key.kind().as_str(), key.owner(), key.id());
        match self.fault(key) {
            Fault::NotBoundToOwner => format!("{kind} {id}"),
            Fault::NotBoundToKind => format!("{owner} {id}"),
            Fault::NotBoundToId => format!("{kind} {owner}"),
            Fault::IdsInAnyCase => format!("{kind} {owner} {}", id.to_lowercase()),
            _ => key.to_string(),
        }
    }

    fn read(&self, key: &Key) -> Option<Record> {
        let records = self.records.lock().unwrap();
        let (record, ends_at) = records.get(&self.name(key))?;
        let there = Instant::now() < *ends_at || self.has(key, Fault::NoExpiry);
        there.then(|| record.clone())
    }

    /// What an operation that does not look at the end finds.
    fn find(&self, key: &Key) -> Option<Record> {
        if self.has(key, Fault::ExpiresOnlyForReaders) {
            return self.records.lock().unwrap().get(&self.name(key)).map(|(record, _)| record.clone());
        }
        self.read(key)
    }

    fn write(&self, key: &Key, record: &Record, lifetime: Duration) {
        let lifetime = match self.fault(key) {
            Fault::MillisecondsIn32Bits => Duration::from_millis(u64::from(lifetime.as_millis() as u32)),
            Fault::SecondsForMilliseconds => Duration::from_millis(lifetime.as_secs()),
            Fault::WholeSecondsAndNoneIsForever if lifetime.as_secs() == 0 => Duration::from_secs(1 << 20),
            Fault::WholeSecondsAndNoneIsForever => Duration::from_secs(lifetime.as_secs()),
            Fault::AtMostOneSecond => lifetime.min(Duration::from_secs(1)),
            _ => lifetime,
        };
        let bytes = match self.fault(key) {
            Fault::TextOnly => String::from_utf8_lossy(record.as_bytes()).into_owned().into_bytes(),
            _ => record.as_bytes().to_vec(),
        };
        let mut records = self.records.lock().unwrap();
        let new_end = Instant::now() + lifetime;
        let end = match records.get(&self.name(key)) {
            Some((_, end)) if self.has(key, Fault::SwapKeepsTheLifetime) && Instant::now() < *end => *end,
            _ => new_end,
        };
        records.insert(self.name(key), (Record::new(bytes), end));
    }

    fn prolong(&self, key: &Key, lifetime: Duration) {
        if let Some((_, ends_at)) = self.records.lock().unwrap().get_mut(&self.name(key)) {
            *ends_at = Instant::now() + lifetime;
        }
    }

    fn remove(&self, key: &Key) -> Option<Record> {
        let found = self.find(key);
        self.records.lock().unwrap().remove(&self.name(key));
        found
    }

    fn copy(&self, key: &Key) -> Option<Record> {
        let mut copies = self.copies.lock().unwrap();
        if let Some((read_at, copy)) = copies.get(key.as_str())
            && read_at.elapsed() < COPIES_LAST
        {
            return copy.clone();
        }
        let found = self.read(key);
        copies.insert(key.to_string(), (Instant::now(), found.clone()));
        found
    }

    /// The lock of a key.
    async fn turn(&self, key: &Key) -> Result<OwnedSemaphorePermit, StoreError> {
        let lock = Arc::clone(
            self.locks.lock().unwrap().entry(key.to_string()).or_insert_with(|| Arc::new(Semaphore::new(1))),
        );
        match tokio::time::timeout(LOCK_PATIENCE, lock.acquire_owned()).await {
            Ok(permit) => Ok(permit.unwrap()),
            Err(_) => Err(StoreError::Unavailable { what: "locked" }),
        }
    }

    /// What readers wait for while a swap is between its two halves.
    async fn whole_records(&self, key: &Key) -> Result<Option<OwnedSemaphorePermit>, StoreError> {
        if self.has(key, Fault::SwapDeletesThenInserts) { self.turn(key).await.map(Some) } else { Ok(None) }
    }

    /// A swap that waits in the middle.
    async fn swap_under_a_lock(
        &self,
        key: &Key,
        expected: Option<&Record>,
        new: &Record,
        lifetime: Duration,
    ) -> Result<Swapped, StoreError> {
        let permit = self.turn(key).await?;
        if self.has(key, Fault::LockOutlivesItsCaller) {
            let lock = Arc::clone(permit.semaphore());
            permit.forget();
            tokio::task::yield_now().await;
            let swapped = {
                let _whole = self.whole.lock().unwrap();
                self.finish(key, self.find(key).as_ref(), expected, new, lifetime)
            };
            lock.add_permits(1);
            return Ok(swapped);
        }
        let found = self.find(key);
        if found.as_ref() == expected && found.is_some() {
            self.remove(key);
            tokio::task::yield_now().await;
            self.write(key, new, lifetime);
            return Ok(Swapped::Done);
        }
        let _whole = self.whole.lock().unwrap();
        Ok(self.finish(key, found.as_ref(), expected, new, lifetime))
    }

    fn same(&self, key: &Key, one: &Record, other: &Record) -> bool {
        if self.has(key, Fault::AnyRecordInAnyCase) {
            return one.as_bytes().eq_ignore_ascii_case(other.as_bytes());
        }
        if self.has(key, Fault::ComparesTheFirstBytes) {
            return one.as_bytes().iter().take(64).eq(other.as_bytes().iter().take(64));
        }
        one == other
    }

    /// What a swap does, once it knows what is there.
    fn finish(
        &self,
        key: &Key,
        found: Option<&Record>,
        expected: Option<&Record>,
        new: &Record,
        lifetime: Duration,
    ) -> Swapped {
        let same = |one: Option<&Record>, other: Option<&Record>| match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => self.same(key, one, other),
            _ => false,
        };
        if same(found, Some(new)) && !self.has(key, Fault::RepeatedSwapIsRefused) {
            return Swapped::Done;
        }
        if self.has(key, Fault::RepeatedSwapIgnoresTheEnd)
            && self.records.lock().unwrap().get(&self.name(key)).is_some_and(|(record, _)| record == new)
        {
            return Swapped::Done;
        }
        if same(found, expected) || self.has(key, Fault::SwapPutsWithoutComparing) {
            self.write(key, new, lifetime);
            return Swapped::Done;
        }
        if self.has(key, Fault::MismatchProlongs) {
            self.prolong(key, lifetime);
        }
        Swapped::Found(if self.has(key, Fault::FindsTheNewRecord) { Some(new) } else { found }.cloned())
    }
}

impl Store for Planted {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            assert!(!self.has(key, Fault::Panics), "planted");
            if self.has(key, Fault::Down) {
                return Err(StoreError::Unavailable { what: "planted" });
            }
            if self.has(key, Fault::ReadsACopy) {
                return Ok(self.copy(key));
            }
            let _whole_records = self.whole_records(key).await?;
            let found = self.read(key);
            if self.has(key, Fault::ReadingProlongs) && found.is_some() {
                self.prolong(key, Duration::from_secs(60));
            }
            Ok(found)
        })
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            if self.has(key, Fault::Down) {
                return Err(StoreError::Unavailable { what: "planted" });
            }
            if self.has(key, Fault::TakeLeavesIt) {
                return Ok(self.read(key));
            }
            if self.has(key, Fault::GetThenDelete) {
                let found = self.read(key);
                tokio::task::yield_now().await;
                self.records.lock().unwrap().remove(&self.name(key));
                return Ok(found);
            }
            self.copies.lock().unwrap().remove(key.as_str());
            let _whole_records = self.whole_records(key).await?;
            let _whole = self.whole.lock().unwrap();
            Ok(self.remove(key))
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
            if self.has(key, Fault::Down) {
                return Err(StoreError::Unavailable { what: "planted" });
            }
            if self.has(key, Fault::GetThenSet) {
                let found = self.find(key);
                tokio::task::yield_now().await;
                return Ok(self.finish(key, found.as_ref(), expected, new, lifetime));
            }
            if self.has(key, Fault::SwapDeletesThenInserts) || self.has(key, Fault::LockOutlivesItsCaller) {
                return self.swap_under_a_lock(key, expected, new, lifetime).await;
            }
            self.copies.lock().unwrap().remove(key.as_str());
            let _whole = self.whole.lock().unwrap();
            let found = self.find(key);
            Ok(self.finish(key, found.as_ref(), expected, new, lifetime))
        })
    }
}

/// Short, since the stores are in memory.
fn limits() -> Limits {
    Limits::default().rounds(40).lifetime(Duration::from_secs(1)).grace(Duration::from_secs(2))
}

async fn failures(fault: Fault) -> Vec<&'static str> {
    failures_of([Planted::with(fault)]).await
}

async fn failures_of<S: Store + 'static>(handles: impl IntoIterator<Item = S>) -> Vec<&'static str> {
    let report = conformance::check(handles, limits()).await;
    println!("{report}\n");
    report.failed().map(Case::name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_store_passes() {
    conformance::check([MemoryStore::new()], Limits::default()).await.assert_passed();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_handles_on_one_store_pass() {
    let store = MemoryStore::new();
    conformance::check([store.clone(), store.clone(), store], limits()).await.assert_passed();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_behind_a_pointer_passes() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    conformance::check([store], limits()).await.assert_passed();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_planted_stores_are_right_without_their_fault() {
    assert_eq!(failures(Fault::None).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_on_different_stores_are_no_store() {
    let report = conformance::check([MemoryStore::new(), MemoryStore::new()], limits()).await;
    let failed: Vec<_> = report.failed().map(Case::name).collect();
    assert!(failed.contains(&"kept") && failed.contains(&"claim-race"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn get_then_delete_is_found_out_by_the_races_of_take() {
    assert_eq!(failures(Fault::GetThenDelete).await, ["take-race", "take-and-claim-race"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn get_then_set_is_found_out_by_the_races_of_swap() {
    assert_eq!(failures(Fault::GetThenSet).await, ["claim-race", "update-race", "take-and-claim-race"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_expiry_is_found_out_by_what_has_to_end() {
    assert_eq!(
        failures(Fault::NoExpiry).await,
        ["ends", "shortest-lived", "over-is-nothing", "swap-shortens", "mismatch-prolongs-nothing"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_owner_is_found_out() {
    assert_eq!(failures(Fault::NotBoundToOwner).await, ["bound-to-owner"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_kind_is_found_out() {
    assert_eq!(failures(Fault::NotBoundToKind).await, ["bound-to-kind"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_id_is_found_out() {
    assert_eq!(failures(Fault::NotBoundToId).await, ["bound-to-id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_the_grants_alone_is_found_out() {
    let grants = |fault| failures_of([Planted::with_faulty_grants(fault)]);
    let (racing, owner, no_end, short) = tokio::join!(
        grants(Fault::GetThenSet),
        grants(Fault::NotBoundToOwner),
        grants(Fault::NoExpiry),
        grants(Fault::AtMostOneSecond),
    );
    assert_eq!(racing, ["claim-race", "update-race", "take-and-claim-race"]);
    assert_eq!(owner, ["bound-to-owner"]);
    assert_eq!(
        no_end,
        ["ends", "shortest-lived", "over-is-nothing", "swap-shortens", "mismatch-prolongs-nothing"]
    );
    assert!(short.contains(&"long-lived") && short.contains(&"swap-prolongs"), "{short:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_message_names_the_kind_that_is_wrong() {
    let report = conformance::check([Planted::with_faulty_grants(Fault::NotBoundToOwner)], limits()).await;
    let problem = report.failed().next().unwrap().problem();
    assert_eq!(problem, Some("grant: get at the other key gave \"first\", and had to give nothing"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_records_without_their_letter_case_are_found_out() {
    assert_eq!(failures(Fault::IdsInAnyCase).await, ["bound-to-id"]);
    assert_eq!(failures(Fault::AnyRecordInAnyCase).await, ["compared"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_for_text_is_found_out() {
    assert_eq!(failures(Fault::TextOnly).await, ["binary"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lifetime_that_others_change_is_found_out() {
    let (reading, mismatch, kept) = tokio::join!(
        failures(Fault::ReadingProlongs),
        failures(Fault::MismatchProlongs),
        failures(Fault::SwapKeepsTheLifetime),
    );
    // Only what is read until it is gone can show it.
    assert_eq!(reading, ["ends", "over-is-nothing", "swap-shortens", "mismatch-prolongs-nothing"]);
    assert_eq!(mismatch, ["mismatch-prolongs-nothing"]);
    assert_eq!(kept, ["swap-prolongs", "swap-shortens"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_only_readers_see_is_found_out() {
    assert_eq!(failures(Fault::ExpiresOnlyForReaders).await, ["over-is-nothing"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistaken_unit_is_found_out() {
    assert_eq!(failures(Fault::MillisecondsIn32Bits).await, ["long-lived"]);
    assert_eq!(
        failures(Fault::SecondsForMilliseconds).await,
        ["ends", "over-is-nothing", "swap-shortens", "mismatch-prolongs-nothing"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lifetime_that_is_rounded_to_none_is_found_out() {
    assert_eq!(failures(Fault::WholeSecondsAndNoneIsForever).await, ["shortest-lived"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_swap_that_ignores_the_end_is_found_out() {
    assert_eq!(failures(Fault::RepeatedSwapIgnoresTheEnd).await, ["over-is-nothing"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_of_the_first_bytes_is_found_out() {
    assert_eq!(failures(Fault::ComparesTheFirstBytes).await, ["compared"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_that_loses_the_record_when_it_is_dropped_is_found_out() {
    assert_eq!(failures(Fault::SwapDeletesThenInserts).await, ["dropped"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_outlives_its_caller_is_found_out() {
    assert_eq!(failures(Fault::LockOutlivesItsCaller).await, ["dropped"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_that_reads_a_copy_is_found_out() {
    let store = Planted::with(Fault::ReadsACopy);
    assert_eq!(failures_of([store.other(), store]).await, ["fresh"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_that_mean_something_else_are_found_out() {
    assert_eq!(failures(Fault::RepeatedSwapIsRefused).await, ["repeated"]);
    let failed = failures(Fault::FindsTheNewRecord).await;
    assert!(failed.contains(&"mismatch") && failed.contains(&"claim-race"), "{failed:?}");
    let failed = failures(Fault::SwapPutsWithoutComparing).await;
    assert!(failed.contains(&"mismatch") && failed.contains(&"update-race"), "{failed:?}");
    let failed = failures(Fault::TakeLeavesIt).await;
    assert!(failed.contains(&"taken") && failed.contains(&"take-race"), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_down_fails_every_case() {
    let report = conformance::check([Planted::with(Fault::Down)], limits()).await;
    assert_eq!(report.failed().count(), report.cases().len() - 1, "all but \"ready\"");
    for case in report.failed() {
        assert!(case.problem().unwrap().ends_with("failed: the store is unavailable: planted"), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_the_store_fails_the_case() {
    let report = conformance::check([Planted::with(Fault::Panics)], limits()).await;
    let empty = report.cases().iter().find(|case| case.name() == "empty").unwrap();
    assert_eq!(empty.problem(), Some("the store panicked"));
}

#[tokio::test]
async fn a_single_thread_is_refused() {
    let report = conformance::check([MemoryStore::new()], limits()).await;
    assert_eq!(only_problem(&report), "ready");
    assert!(report.to_string().contains("multi_thread"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_to_check_is_refused() {
    let report = conformance::check(Vec::<MemoryStore>::new(), limits()).await;
    assert_eq!(only_problem(&report), "ready");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(
    expected = "FAILED  bound-to-owner: get at the other key gave \"first\", and had to give nothing"
)]
async fn the_message_says_what_came_and_what_had_to_come() {
    conformance::check([Planted::with(Fault::NotBoundToOwner)], limits()).await.assert_passed();
}

fn only_problem(report: &Report) -> &'static str {
    let mut failed = report.failed();
    let first = failed.next().unwrap().name();
    assert!(failed.next().is_none());
    first
}
