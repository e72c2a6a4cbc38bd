//! Callers that go away: a browser closes its connection, a deadline passes, and the operation's future is dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::bench::{Bench, Readable as _, Replica, is, record};
use super::{LONG, Outcome};
use crate::key::Key;
use crate::store::{Record, Swapped};

/// How often an operation is polled at most before it is dropped: more often than a transaction of some statements has
/// to wait.
const MOST_POLLS: usize = 32;

/// An operation that was done so often before it could be dropped has no more places to be dropped at.
const ENOUGH_DONE: usize = 4;

/// How long a store may refuse a record that a dropped operation was about: what it has left may be cleaned up behind
/// its back.
const FREED_WITHIN: Duration = Duration::from_secs(10);

/// How long to wait before a refused operation is tried again.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone, Copy)]
enum Operation {
    Get,
    Take,
    Claim,
    Replace,
}

const OPERATIONS: [Operation; 4] = [Operation::Get, Operation::Take, Operation::Claim, Operation::Replace];

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Take => "take",
            Self::Claim => "swap where nothing was",
            Self::Replace => "swap",
        }
    }

    /// What is there before it, and what it leaves there.
    fn states(self) -> [Option<Record>; 2] {
        let (old, new) = (record("old"), record("new"));
        match self {
            Self::Get => [Some(old.clone()), Some(old)],
            Self::Take => [Some(old), None],
            Self::Claim => [None, Some(new)],
            Self::Replace => [Some(old), Some(new)],
        }
    }

    async fn run(self, store: &Replica, key: &Key) -> Outcome {
        let (old, new) = (record("old"), record("new"));
        match self {
            Self::Get => store.get(key).await.map(drop),
            Self::Take => store.take(key).await.map(drop),
            Self::Claim => store.swap(key, None, &new, LONG).await.map(drop),
            Self::Replace => store.swap(key, Some(&old), &new, LONG).await.map(drop),
        }
    }
}

pub(super) async fn dropped(bench: Bench) -> Outcome {
    for operation in OPERATIONS {
        let mut done = 0;
        for polls in 0..MOST_POLLS {
            let was_done = dropped_after(&bench, operation, polls).await.map_err(|problem| {
                format!(
                    "after a {} that was dropped when it had been polled {polls} times: {problem}",
                    operation.name()
                )
            })?;
            done += usize::from(was_done);
            if done == ENOUGH_DONE {
                break;
            }
        }
    }
    Ok(())
}

/// Whether the operation was done within so many polls. If it was not, it was dropped.
async fn dropped_after(bench: &Bench, operation: Operation, polls: usize) -> Result<bool, String> {
    let (store, other) = (bench.handle(0), bench.handle(1));
    let key = bench.key(&format!("{} {polls}", operation.name()));
    let [before, after] = operation.states();
    if let Some(before) = &before {
        store.keep(&key, before).await?;
    }
    let was_done = poll_and_drop(polls, operation.run(&store, &key)).await?;

    let one_of_both = |found: &Option<Record>| {
        if [&before, &after].contains(&found) {
            return Ok(());
        }
        Err(format!("{} was there, and not {} or {}", found.readable(), before.readable(), after.readable()))
    };
    let mut found = once_freed(|| other.get(&key)).await?;
    one_of_both(&found)?;
    // The dropped operation may still be on its way, and is done once if at all: at most one swap comes too late.
    let next = record("next");
    let mut swapped = once_freed(|| other.swap(&key, found.as_ref(), &next, LONG)).await?;
    if let Swapped::Found(there) = swapped {
        one_of_both(&there)?;
        found = there;
        swapped = once_freed(|| other.swap(&key, found.as_ref(), &next, LONG)).await?;
    }
    is("the next swap", &swapped, &Swapped::Done)?;
    // The replica whose operation was dropped goes on as well. Not with a take: it cannot be asked for twice.
    let last = record("last");
    let swapped = once_freed(|| store.swap(&key, Some(&next), &last, LONG)).await?;
    if matches!(operation, Operation::Take) && swapped == Swapped::Found(None) {
        // The dropped take was still on its way, and took what was put after it.
        return Ok(was_done);
    }
    is("the swap after that one", &swapped, &Swapped::Done)?;
    Ok(was_done)
}

/// Polls a future so many times and drops it, unless it is done before: whether it was.
async fn poll_and_drop(polls: usize, running: impl Future<Output = Outcome>) -> Result<bool, String> {
    let (mut running, mut left) = (pin!(running), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(Ok(false));
        }
        left -= 1;
        match running.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome.map(|()| true)),
            Poll::Pending if left == 0 => Poll::Ready(Ok(false)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What an operation gives, which may fail for a while.
async fn once_freed<T, F>(operation: impl Fn() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, String>>,
{
    let began = Instant::now();
    loop {
        match operation().await {
            Err(_) if began.elapsed() < FREED_WITHIN => sleep(PAUSE).await,
            answer => return answer,
        }
    }
}
