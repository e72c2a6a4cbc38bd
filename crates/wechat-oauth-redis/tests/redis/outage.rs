//! A server that is gone, hangs, or comes back: a typed error soon, and the store works again by itself.

use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use wechat_oauth_redis::{RedisOptions, RedisStore};
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Record, Reply, Store, Swapped};

use crate::{HANGS, MINUTE, connect, connect_to, inspect, key, record, what};

/// Short, for tests that wait until it is over.
const SOON: Duration = Duration::from_millis(400);

/// A store that gives up soon.
async fn hasty(server: &RedisServer) -> RedisStore {
    let connected = async {
        loop {
            // A busy machine may miss the deadline with a live server.
            if let Ok(store) = RedisOptions::new().timeout(SOON).connect(&server.url()).await {
                return store;
            }
        }
    };
    timeout(HANGS, connected).await.expect("connecting hangs")
}

/// Why a server is no store, to somebody who gives up soon.
async fn refused_soon(url: &str) -> &'static str {
    let connected = RedisOptions::new().timeout(SOON).connect(url);
    what(timeout(HANGS, connected).await.expect("connecting hangs"))
}

/// Why a server is no store, to somebody who waits for its answer.
async fn refused(url: &str) -> &'static str {
    what(timeout(HANGS, connect_to(url)).await.expect("connecting hangs"))
}

/// Each operation fails with a typed error, and in the end.
async fn all_unavailable(store: &RedisStore) {
    let asked = async {
        what(store.get(&key("kept")).await);
        what(store.take(&key("gone")).await);
        what(store.swap(&key("new"), None, &record("new"), MINUTE).await);
    };
    timeout(HANGS, asked).await.expect("an operation hangs");
}

/// Repeats an operation until the store answers.
async fn answered<'a, T>(ask: impl Fn() -> Reply<'a, T>) -> T {
    let asked = async {
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    timeout(HANGS, asked).await.expect("the store does not come back")
}

/// What is kept, once the store answers again.
async fn once_it_is_back(store: &RedisStore) -> Option<Record> {
    let kept = key("kept");
    answered(|| store.get(&kept)).await
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_when_connecting() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let what = refused(&server.url()).await;
    assert_eq!(what, "nothing listens at the address in Redis's URL");
}

#[tokio::test]
async fn a_killed_server_is_an_error_and_a_restarted_one_is_used_again() {
    let mut server = RedisServer::with_aof().unwrap();
    let store = connect(&server).await;
    assert_eq!(store.swap(&key("kept"), None, &record("1"), MINUTE).await, Ok(Swapped::Done));
    for _ in 0..3 {
        server.kill().unwrap();
        all_unavailable(&store).await;
        all_unavailable(&store).await;
        server.restart().unwrap();
        assert_eq!(once_it_is_back(&store).await, Some(record("1")));
        assert_eq!(store.get(&key("new")).await, Ok(None));
        // The script is new to it.
        assert_eq!(
            store.swap(&key("kept"), None, &record("2"), MINUTE).await,
            Ok(Swapped::Found(Some(record("1"))))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_and_pauses_undo_nothing_that_was_answered() {
    const TASKS: usize = 8;
    let mut server = RedisServer::with_aof().unwrap();
    let stores = [hasty(&server).await, hasty(&server).await];
    let (over, progress) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = stores[task % 2].clone();
            let (over, progress) = (Arc::clone(&over), Arc::clone(&progress));
            tokio::spawn(async move {
                let (mut done, mut taken, mut round) = (0, Vec::new(), 0);
                let counter = key("counter");
                while !over.load(Ordering::SeqCst) {
                    round += 1;
                    // One counter for all: a swap that is done counts, however often it had to be repeated.
                    let count = answered(|| store.get(&counter)).await;
                    let next = record(&format!("{} {task} {round}", number_in(count.as_ref()) + 1));
                    let swap = || store.swap(&counter, count.as_ref(), &next, MINUTE);
                    if answered(swap).await == Swapped::Done {
                        done += 1;
                    }
                    // One ticket a round for all: whoever has it, nobody else does, before a kill or after it.
                    let ticket = key(&format!("ticket {round}"));
                    let put = record(&format!("{task} {round}"));
                    let _ = store.swap(&ticket, None, &put, MINUTE).await;
                    if let Ok(Some(ticket)) = store.take(&ticket).await {
                        taken.push(ticket);
                        progress.fetch_add(1, Ordering::SeqCst);
                    }
                }
                (done, taken)
            })
        })
        .collect();
    for fault in 0..12 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if fault % 3 == 2 {
            server.pause().unwrap();
            tokio::time::sleep(SOON).await;
            server.resume().unwrap();
        } else {
            server.kill().unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.restart().unwrap();
        }
    }
    // However slow this machine is, something was done.
    let busy = async {
        while progress.load(Ordering::SeqCst) < TASKS {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(HANGS, busy).await.expect("nothing gets done");
    over.store(true, Ordering::SeqCst);
    let (mut done, mut tickets) = (0, Vec::new());
    for task in tasks {
        let (its_done, its_tickets) = task.await.unwrap();
        done += its_done;
        tickets.extend(its_tickets);
    }
    let counter = key("counter");
    let last = answered(|| stores[0].get(&counter)).await;
    // A swap that was done, and whose answer was lost, may be another's to replace before it is repeated.
    assert!(number_in(last.as_ref()) >= done, "{last:?} after {done} swaps");
    assert!(done > 0 && !tickets.is_empty());
    let count = tickets.len();
    let different: std::collections::HashSet<_> = tickets.into_iter().collect();
    assert_eq!(different.len(), count, "a ticket was taken twice");
}

fn number_in(record: Option<&Record>) -> usize {
    let text = record.map_or("0", |record| std::str::from_utf8(record.as_bytes()).unwrap());
    text.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_paused_server_is_an_error_and_a_resumed_one_is_used_again() {
    let mut server = RedisServer::start().unwrap();
    let store = hasty(&server).await;
    let (kept, one) = (key("kept"), record("1"));
    assert_eq!(answered(|| store.swap(&kept, None, &one, MINUTE)).await, Swapped::Done);
    for _ in 0..2 {
        server.pause().unwrap();
        all_unavailable(&store).await;
        server.resume().unwrap();
        assert_eq!(once_it_is_back(&store).await, Some(record("1")));
    }
}

#[tokio::test]
async fn a_paused_server_holds_nobody_up_for_longer_than_the_deadline() {
    let mut server = RedisServer::start().unwrap();
    let store = hasty(&server).await;
    server.pause().unwrap();
    // With each waiting for the one before it, this would take far longer than a test may.
    let all: Vec<_> = (0..1000)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.get(&key("kept")).await })
        })
        .collect();
    for one in all {
        what(timeout(HANGS, one).await.expect("an operation hangs").unwrap());
    }
    assert_eq!(refused_soon(&server.url()).await, "Redis did not answer in time");
}

#[tokio::test]
async fn a_connection_that_ended_at_rest_costs_nobody_an_error() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let mut inspector = inspect(&server.url()).await;
    for _ in 0..3 {
        let () = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"])
            .query_async(&mut inspector)
            .await
            .unwrap();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(5)).await;
        tokio::time::resume();
        assert_eq!(store.get(&key("one")).await, Ok(None));
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_nobody_with_it() {
    let mut server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    server.kill().unwrap();
    what(store.get(&key("kept")).await);
    server.restart().unwrap();
    // Each leaves at another point: before it has the lock, while it connects, while it waits for the answer.
    for polls in 0..200 {
        let (key, one) = (key("kept"), record("1"));
        let mut asked = store.swap(&key, None, &one, MINUTE);
        for _ in 0..polls {
            if is_over(asked.as_mut()).await {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    // Whether one of them stayed for long enough to put it is open; that the store answers is not.
    let _ = once_it_is_back(&store).await;
    assert_eq!(store.swap(&key("other"), None, &record("1"), MINUTE).await, Ok(Swapped::Done));
}

/// Polls a future once, and says whether it is over.
async fn is_over<F: Future + ?Sized>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}

#[tokio::test]
async fn a_store_outlives_the_runtime_it_was_made_in() {
    let server = RedisServer::start().unwrap();
    let url = server.url();
    let other = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(connect_to(&url)).unwrap()
    });
    let store = other.join().unwrap();
    assert_eq!(once_it_is_back(&store).await, None);
    assert_eq!(store.swap(&key("kept"), None, &record("1"), MINUTE).await, Ok(Swapped::Done));
}

/// Listens and lets `serve` answer each connection. Ends with the test's process.
fn fake(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let (connections, serve) = (Arc::new(AtomicUsize::new(0)), Arc::new(serve));
    let counter = Arc::clone(&connections);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    (url, connections)
}

/// Answers everything with these bytes.
fn parrot(answer: &'static [u8]) -> impl Fn(TcpStream) + Send + Sync {
    move |mut stream| {
        let mut request = [0; 4096];
        while stream.read(&mut request).is_ok_and(|len| len > 0) {
            if stream.write_all(answer).is_err() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_redis_is_no_store() {
    let (silent, _) = fake(|stream| {
        std::thread::sleep(HANGS);
        drop(stream);
    });
    assert_eq!(refused_soon(&silent).await, "Redis did not answer in time");
    let (closing, _) = fake(drop);
    assert!(refused(&closing).await.starts_with("the connection to Redis failed"));
    for garbage in
        [&b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..], b"\0\0\0\0\r\n", b"?what\r\n"]
    {
        let (url, _) = fake(parrot(garbage));
        let what = refused(&url).await;
        assert_eq!(what, "what answers at the URL does not answer as Redis does");
    }
}

#[tokio::test]
async fn answers_of_another_kind_are_no_records() {
    // A server that answers the probe as it should, and everything with a number, or a list.
    for answer in [&b":7\r\n"[..], b"*1\r\n$1\r\na\r\n", b"+OK\r\n"] {
        let (url, _) = fake(parrot(answer));
        let store = connect_to(&url).await.unwrap();
        all_unavailable(&store).await;
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_named_by_its_trouble() {
    for (answer, words) in [
        (&b"-LOADING Redis is loading the dataset in memory\r\n"[..], "still loading"),
        (b"-MISCONF Errors writing to the AOF file\r\n", "cannot write to its disk"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "lost its primary"),
        (b"-NOREPLICAS Not enough good replicas to write.\r\n", "fewer replicas"),
        (b"-BUSY Redis is busy running a script.\r\n", "somebody's script"),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", "one node of a cluster"),
        (b"-CLUSTERDOWN The cluster is down\r\n", "one node of a cluster"),
        (b"-ERR max number of clients reached\r\n", "refused a command"),
        // As Redis 6 says what went wrong within a script.
        (
            b"-ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -OOM no memory\r\n",
            "out of memory",
        ),
        (b"-ERR Error running script (call to f_1): @user_script:9: -READONLY no\r\n", "read-only replica"),
        (b"-SOMETHING new\r\n", "refused a command"),
    ] {
        let (url, _) = fake(parrot(answer));
        let what = refused(&url).await;
        assert!(what.contains(words), "{what}");
    }
}

#[tokio::test]
async fn a_failover_behind_the_same_address_is_followed() {
    for demoted in [&b"-READONLY You can't write against a read only replica.\r\n"[..], b"-NOAUTH no\r\n"] {
        let served = AtomicUsize::new(0);
        // Whoever has the address first is demoted after its first answer; who has it next is whole.
        let (url, connections) = fake(move |mut stream| {
            let demotes = served.fetch_add(1, Ordering::SeqCst) == 0;
            let (mut request, mut answer) = ([0; 4096], &b"$-1\r\n"[..]);
            while stream.read(&mut request).is_ok_and(|len| len > 0) && stream.write_all(answer).is_ok() {
                if demotes {
                    answer = demoted;
                }
            }
        });
        let store = connect_to(&url).await.unwrap();
        what(store.take(&key("one")).await);
        assert_eq!(store.take(&key("one")).await, Ok(None));
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_not_stormed() {
    let (url, connections) = fake({
        // Good for one connection, and for none after it.
        let first = AtomicUsize::new(0);
        move |stream| {
            if first.fetch_add(1, Ordering::SeqCst) == 0 {
                let mut stream = stream;
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(b"$-1\r\n");
            }
        }
    });
    let store = connect_to(&url).await.unwrap();
    let started = Instant::now();
    for _ in 0..50 {
        let all: Vec<_> = (0..20)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.get(&key("kept")).await })
            })
            .collect();
        for one in all {
            what(one.await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // One when connecting, one at once, and then at most one in each tenth of a second: however slow this machine is.
    let most = 3 + started.elapsed().as_millis() / 100;
    let attempts = connections.load(Ordering::SeqCst) as u128;
    assert!(attempts <= most, "{attempts} attempts for 1000 operations, at most {most}");
}
