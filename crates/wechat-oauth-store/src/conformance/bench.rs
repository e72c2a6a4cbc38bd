//! What a case works with: the store's handles, keys that nobody else uses, and operations that end.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{ANSWERS_WITHIN, LONG, Limits, Outcome};
use crate::key::{Key, Kind};
use crate::store::{Record, Reply, Store, Swapped};

#[derive(Clone)]
pub(super) struct Bench {
    handles: Arc<[Arc<dyn Store>]>,
    pub(super) limits: Limits,
    run: Arc<str>,
    case: &'static str,
    kind: Kind,
}

impl Bench {
    pub(super) fn new(handles: Arc<[Arc<dyn Store>]>, limits: Limits) -> Result<Self, String> {
        if handles.is_empty() {
            return Err("no store was given".to_owned());
        }
        let mut run = [0; 16];
        getrandom::fill(&mut run).map_err(|error| format!("no random bytes: {error}"))?;
        Ok(Self { handles, limits, run: URL_SAFE_NO_PAD.encode(run).into(), case: "", kind: Kind::Callback })
    }

    pub(super) fn for_case(&self, case: &'static str, kind: Kind) -> Self {
        Self { case, kind, ..self.clone() }
    }

    /// A key of this case, kind and run. Neither its owner nor its id is another key's: what a store makes of the parts is
    /// the matter of a few cases, and the others are not to fail with them.
    pub(super) fn key(&self, name: &str) -> Key {
        let parts = ["conformance", &self.run, self.case, self.kind.as_str(), name];
        Key::new(self.kind, &parts, &parts)
    }

    /// The store as one of the replicas has it.
    pub(super) fn handle(&self, replica: usize) -> Replica {
        Replica(Arc::clone(&self.handles[replica % self.handles.len()]))
    }

    pub(super) fn replicas(&self) -> usize {
        self.handles.len()
    }

    /// The answers of all racers, who start together, each with a replica.
    pub(super) async fn race<T, F>(&self, run: impl Fn(usize, Replica) -> F) -> Result<Vec<T>, String>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, String>> + Send + 'static,
    {
        let start = Arc::new(Barrier::new(self.limits.racers));
        let mut racers = JoinSet::new();
        for racer in 0..self.limits.racers {
            let (start, running) = (Arc::clone(&start), run(racer, self.handle(racer)));
            racers.spawn(async move {
                start.wait().await;
                running.await
            });
        }
        let mut answers = Vec::with_capacity(self.limits.racers);
        while let Some(answer) = racers.join_next().await {
            answers.push(answer.map_err(|_| "the store panicked".to_owned())??);
        }
        Ok(answers)
    }
}

/// A store, with operations that always end and errors as text.
#[derive(Clone)]
pub(super) struct Replica(Arc<dyn Store>);

impl Replica {
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Record>, String> {
        answer("get", self.0.get(key)).await
    }

    pub(super) async fn take(&self, key: &Key) -> Result<Option<Record>, String> {
        answer("take", self.0.take(key)).await
    }

    pub(super) async fn swap(
        &self,
        key: &Key,
        expected: Option<&Record>,
        new: &Record,
        lifetime: Duration,
    ) -> Result<Swapped, String> {
        answer("swap", self.0.swap(key, expected, new, lifetime)).await
    }

    /// Puts a record where nothing is.
    pub(super) async fn put(&self, key: &Key, record: &Record, lifetime: Duration) -> Outcome {
        is("a swap where nothing was", &self.swap(key, None, record, lifetime).await?, &Swapped::Done)
    }

    /// Puts a record where nothing is, for the whole run.
    pub(super) async fn keep(&self, key: &Key, record: &Record) -> Outcome {
        self.put(key, record, LONG).await
    }
}

async fn answer<T>(operation: &str, reply: Reply<'_, T>) -> Result<T, String> {
    match tokio::time::timeout(ANSWERS_WITHIN, reply).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(format!("{operation} failed: {error}")),
        Err(_) => Err(format!("{operation} gave no answer within {} s", ANSWERS_WITHIN.as_secs())),
    }
}

pub(super) fn record(text: impl AsRef<[u8]>) -> Record {
    Record::new(text.as_ref().to_vec())
}

/// Whether what came is what had to come.
pub(super) fn is<T: PartialEq + Readable>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} gave {}, and had to give {}", found.readable(), expected.readable()))
}

/// An answer, for people.
pub(super) trait Readable {
    fn readable(&self) -> String;
}

/// How much of a record is shown: the kit's own texts are shorter.
const SHOWN: usize = 40;

impl Readable for Option<Record> {
    fn readable(&self) -> String {
        match self.as_ref().map(Record::as_bytes) {
            None => "nothing".to_owned(),
            Some(bytes) if bytes.len() <= SHOWN => format!("\"{}\"", bytes.escape_ascii()),
            Some(bytes) => format!("{} bytes \"{}...\"", bytes.len(), bytes[..SHOWN].escape_ascii()),
        }
    }
}

impl Readable for Swapped {
    fn readable(&self) -> String {
        match self {
            Self::Done => "Done".to_owned(),
            Self::Found(found) => format!("Found({})", found.readable()),
        }
    }
}
