//! Taking a record exactly once, from many threads: the memory store beside a `HashMap` in a `Mutex`, in turns.
#![allow(clippy::expect_used)] // a benchmark whose work fails must stop

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Barrier, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use wechat_oauth_bench::results::{self, Measured};
use wechat_oauth_store::{Key, Kind, MemoryStore, Record, Store as _, Swapped};

/// How many threads take, and how many records each of them; every record is asked for by two threads.
const THREADS: usize = 64;
const RECORDS: usize = 200;
/// How many pairs are measured; one more before them fills caches.
const PAIRS: usize = 11;
/// The highest ratio that is aimed at.
const GOAL: f64 = 0.3;

fn main() {
    let keys: Vec<Key> = (0..THREADS * RECORDS)
        .map(|number| Key::new(Kind::Callback, &["wx0123456789abcdef"], &[&number.to_string()]))
        .collect();
    let mut pairs: Vec<[[f64; 2]; 2]> = (0..=PAIRS).map(|_| [store(&keys), map(&keys)]).collect();
    pairs.remove(0);
    let of = |place: usize| pairs.iter().map(|pair| pair.map(|side| side[place])).collect::<Vec<[f64; 2]>>();
    let beside = "Mutex<HashMap>";
    let measured = [
        Measured::new("B13", "take once, 64 threads: 99.9th percentile", beside, "microseconds", &of(0))
            .at_most(GOAL),
        Measured::new("B13", "take once, 64 threads: takes a second", beside, "takes a second", &of(1))
            .at_least(1.0),
    ];
    for Measured { work, unit, ours, theirs, ratio: [least, median, most], .. } in &measured {
        println!("{work}: {ours:.1} and {theirs:.1} {unit}, ratio {median:.3} ({least:.3} to {most:.3})");
    }
    results::write("consume", &measured);
}

fn store(keys: &[Key]) -> [f64; 2] {
    let store = MemoryStore::with_capacity(keys.len());
    let record = Record::new(vec![7; 1024]);
    for key in keys {
        let put = ready(store.swap(key, None, &record, Duration::from_secs(600)));
        assert_eq!(put.expect("there is room"), Swapped::Done);
    }
    race(keys, |key| ready(store.take(key)).expect("it answers").is_some())
}

fn map(keys: &[Key]) -> [f64; 2] {
    let record = Record::new(vec![7; 1024]);
    let map: HashMap<Key, Record> = keys.iter().map(|key| (key.clone(), record.clone())).collect();
    let map = Mutex::new(map);
    race(keys, |key| map.lock().expect("nothing panics").remove(key).is_some())
}

/// Lets each thread take its own records and its neighbour's. The 99.9th percentile in microseconds, and the takes a
/// second.
fn race(keys: &[Key], take: impl Fn(&Key) -> bool + Sync) -> [f64; 2] {
    let barrier = Barrier::new(THREADS + 1);
    let (mut times, elapsed) = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (barrier, take) = (&barrier, &take);
                scope.spawn(move || {
                    let neighbour = (number + 1) % THREADS;
                    let shares =
                        [number, neighbour].map(|number| &keys[number * RECORDS..(number + 1) * RECORDS]);
                    barrier.wait();
                    let (mut times, mut taken) = (Vec::with_capacity(2 * RECORDS), 0);
                    for key in shares.into_iter().flatten() {
                        let began = Instant::now();
                        taken += usize::from(take(key));
                        times.push(began.elapsed().as_secs_f64() * 1e6);
                    }
                    (times, taken)
                })
            })
            .collect();
        barrier.wait();
        let began = Instant::now();
        let (mut all, mut taken) = (Vec::new(), 0);
        for thread in threads {
            let (times, its) = thread.join().expect("no thread panics");
            all.extend(times);
            taken += its;
        }
        assert_eq!(taken, keys.len(), "each record is taken once");
        (all, began.elapsed().as_secs_f64())
    });
    times.sort_by(f64::total_cmp);
    [times[times.len() * 999 / 1000], times.len() as f64 / elapsed]
}

/// What a future of the memory store yields, which never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the memory store never waits"),
    }
}
