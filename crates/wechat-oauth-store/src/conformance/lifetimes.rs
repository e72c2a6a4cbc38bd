//! When a record ends. A slow machine can make these wait, and cannot make them fail: what is too early is told by a
//! clock that was read before the record was put, and what is too late by one that was read after it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::bench::{Bench, Replica, is, record};
use super::{LONG, Outcome};
use crate::key::Key;
use crate::store::{MAX_LIFETIME, Swapped};

/// Records may end this much apart though they were put for the same time: stores may count whole seconds.
const COARSE: Duration = Duration::from_millis(1_100);

/// How often a case starts again when the machine was too slow for it.
const TRIES: u32 = 5;

/// What is soon over is asked for no more often than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

const TOO_SLOW: &str = "two operations took longer than a record lives, however long that was";

/// Where a number of seconds or milliseconds turns negative or starts again, if it is kept in too few bits.
const LONG_LIFETIMES: [Duration; 6] = [
    LONG,
    Duration::from_secs(1 << 15),
    Duration::from_secs(1 << 16),
    Duration::from_millis(1 << 31),
    Duration::from_millis(1 << 32),
    MAX_LIFETIME,
];

pub(super) async fn ends(bench: Bench) -> Outcome {
    let (store, key) = (bench.handle(0), bench.key("ends"));
    let put_at = Instant::now();
    store.put(&key, &record("for a moment"), bench.limits.lifetime).await?;
    until_gone(&bench, bench.limits.lifetime, &store, &key, put_at).await
}

pub(super) async fn shortest_lived(bench: Bench) -> Outcome {
    let store = bench.handle(0);
    let lifetimes = [Duration::ZERO, Duration::from_millis(1)];
    let keys = lifetimes.map(|lifetime| bench.key(&lifetime.as_millis().to_string()));
    let put_at = Instant::now();
    for (key, lifetime) in keys.iter().zip(lifetimes) {
        store.put(key, &record("for no time"), lifetime).await?;
    }
    sleep(COARSE).await;
    for (key, lifetime) in keys.iter().zip(lifetimes) {
        until_gone(&bench, lifetime, &store, key, put_at).await?;
    }
    Ok(())
}

pub(super) async fn long_lived(bench: Bench) -> Outcome {
    let (store, put) = (bench.handle(0), record("for long"));
    let keys = LONG_LIFETIMES.map(|lifetime| bench.key(&lifetime.as_secs().to_string()));
    for (key, lifetime) in keys.iter().zip(LONG_LIFETIMES) {
        store.put(key, &put, lifetime).await?;
    }
    sleep(bench.limits.lifetime).await;
    for (key, lifetime) in keys.iter().zip(LONG_LIFETIMES) {
        let what = format!("take of what lives for {} s", lifetime.as_secs());
        is(&what, &store.take(key).await?, &Some(put.clone()))?;
    }
    Ok(())
}

pub(super) async fn over_is_nothing(bench: Bench) -> Outcome {
    let store = bench.handle(0);
    let (old, put, new) = (record("old"), record("over"), record("new"));
    let keys = ["taken", "expected", "claimed", "put again", "watched"].map(|name| bench.key(name));
    let replaced = bench.key("replaced again");
    store.keep(&replaced, &old).await?;
    let swapped = store.swap(&replaced, Some(&old), &put, bench.limits.lifetime).await?;
    is("a swap", &swapped, &Swapped::Done)?;
    let put_at = Instant::now();
    for key in &keys {
        store.put(key, &put, bench.limits.lifetime).await?;
    }
    let [taken, expected, claimed, put_again, watched] = keys;
    // Reading may be what ends a record: only this one is read.
    until_gone(&bench, bench.limits.lifetime, &store, &watched, put_at).await?;
    sleep(COARSE).await;
    is("take of what is over", &store.take(&taken).await?, &None)?;
    let swapped = store.swap(&expected, Some(&put), &new, LONG).await?;
    is("a swap that expects what is over", &swapped, &Swapped::Found(None))?;
    let swapped = store.swap(&claimed, None, &new, LONG).await?;
    is("a swap that expects nothing where all is over", &swapped, &Swapped::Done)?;
    is("get after it", &store.get(&claimed).await?, &Some(new))?;
    let swapped = store.swap(&put_again, None, &put, LONG).await?;
    is("the same swap again, when what it put is over", &swapped, &Swapped::Done)?;
    is("get after it", &store.get(&put_again).await?, &Some(put.clone()))?;
    // What it expected is over as well. A store that cannot tell may put it again, but has to do what it says.
    let swapped = store.swap(&replaced, Some(&old), &put, LONG).await?;
    if swapped == Swapped::Done {
        return is("get after a repeated swap that was done", &store.get(&replaced).await?, &Some(put));
    }
    is("the same swap again, when what it put is over", &swapped, &Swapped::Found(None))
}

pub(super) async fn swap_prolongs(bench: Bench) -> Outcome {
    let store = bench.handle(0);
    let (old, new) = (record("for a moment"), record("for long"));
    for (lifetime, key) in tries(&bench) {
        let put_at = Instant::now();
        store.put(&key, &old, lifetime).await?;
        let swapped = store.swap(&key, Some(&old), &new, LONG).await?;
        if swapped == Swapped::Found(None) && put_at.elapsed() >= lifetime / 2 {
            continue;
        }
        is("a swap", &swapped, &Swapped::Done)?;
        sleep(lifetime + COARSE).await;
        return is("get after the first lifetime", &store.get(&key).await?, &Some(new));
    }
    Err(TOO_SLOW.to_owned())
}

pub(super) async fn swap_shortens(bench: Bench) -> Outcome {
    let (store, key) = (bench.handle(0), bench.key("shortened"));
    let (old, new) = (record("for long"), record("for a moment"));
    store.keep(&key, &old).await?;
    let put_at = Instant::now();
    let swapped = store.swap(&key, Some(&old), &new, bench.limits.lifetime).await?;
    is("a swap", &swapped, &Swapped::Done)?;
    until_gone(&bench, bench.limits.lifetime, &store, &key, put_at).await
}

pub(super) async fn mismatch_prolongs_nothing(bench: Bench) -> Outcome {
    let (store, there) = (bench.handle(0), record("for a moment"));
    for (lifetime, key) in tries(&bench) {
        let put_at = Instant::now();
        store.put(&key, &there, lifetime).await?;
        let swapped = store.swap(&key, Some(&record("else")), &record("new"), LONG).await?;
        if swapped == Swapped::Found(None) && put_at.elapsed() >= lifetime / 2 {
            continue;
        }
        is("a swap that expects something else", &swapped, &Swapped::Found(Some(there)))?;
        return until_gone(&bench, lifetime, &store, &key, put_at).await;
    }
    Err(TOO_SLOW.to_owned())
}

/// A lifetime that two operations fit into, and a key for each try: twice as long each time.
fn tries(bench: &Bench) -> impl Iterator<Item = (Duration, Key)> {
    (0..TRIES).map(|attempt| (bench.limits.lifetime * (1 << attempt), bench.key(&attempt.to_string())))
}

/// Reads until the record is gone, which must be neither early nor never. It was put after `put_at`, and before this is
/// called.
async fn until_gone(
    bench: &Bench,
    lifetime: Duration,
    store: &Replica,
    key: &Key,
    put_at: Instant,
) -> Outcome {
    let (grace, watched_since) = (bench.limits.grace, Instant::now());
    loop {
        let asked_after = watched_since.elapsed();
        if store.get(key).await?.is_none() {
            let lived = put_at.elapsed();
            if lived < lifetime / 2 {
                return Err(format!("a record that lives for {lifetime:?} was gone after {lived:?}"));
            }
            return Ok(());
        }
        if asked_after > lifetime + grace {
            return Err(format!(
                "a record that lives for {lifetime:?} was still there after {asked_after:?}"
            ));
        }
        sleep((lifetime / 20).max(SHORTEST_PAUSE)).await;
    }
}
