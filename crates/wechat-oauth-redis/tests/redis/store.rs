//! What every store has to do, and what is Redis's own in it.

use std::sync::Arc;
use std::time::Duration;

use redis::AsyncCommands as _;
use wechat_oauth_redis::RedisStore;
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::conformance::{self, Case, Limits};
use wechat_oauth_store::{Key, Kind, MAX_LIFETIME, Record, Reply, Store, StoreError, Swapped};

use crate::{MINUTE, connect, connect_to, inspect, key, patient, record};

/// How many ask at the same time.
const RACERS: usize = 64;

/// How often they do.
const ROUNDS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_conformance_kit_passes() {
    let server = RedisServer::start().unwrap();
    conformance::check([connect(&server).await], Limits::default()).await.assert_passed();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_conformance_kit_passes_over_several_connections_and_a_namespace() {
    let server = RedisServer::with_aof().unwrap();
    let (url, shop) = (server.url(), patient().namespace("shop"));
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(shop.clone().connect(&url).await.unwrap());
    }
    conformance::check(stores, Limits::default()).await.assert_passed();
}

/// What a store is that reads and then deletes.
#[derive(Debug)]
struct GetThenDelete(RedisStore);

impl Store for GetThenDelete {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        self.0.get(key)
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(async move {
            let found = self.0.get(key).await?;
            self.0.take(key).await?;
            Ok(found)
        })
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        self.0.swap(key, expected, new, lifetime)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_conformance_kit_fails_a_store_that_reads_and_then_deletes() {
    let server = RedisServer::start().unwrap();
    let stores = [GetThenDelete(connect(&server).await), GetThenDelete(connect(&server).await)];
    let report = conformance::check(stores, Limits::default()).await;
    let failed: Vec<_> = report.failed().map(Case::name).collect();
    assert!(failed.contains(&"take-race"), "{report}");
    assert!(failed.iter().all(|name| name.starts_with("take-")), "{report}");
}

#[tokio::test]
async fn a_record_is_found_until_it_is_taken() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let (key, one) = (key("one"), record("1"));
    assert_eq!(store.get(&key).await, Ok(None));
    assert_eq!(store.take(&key).await, Ok(None));
    assert_eq!(store.swap(&key, None, &one, MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.get(&key).await, Ok(Some(one.clone())));
    assert_eq!(store.take(&key).await, Ok(Some(one)));
    assert_eq!(store.take(&key).await, Ok(None));
    assert_eq!(store.get(&key).await, Ok(None));
}

#[tokio::test]
async fn a_swap_changes_only_what_is_expected() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let (key, one, two, three) = (key("one"), record("1"), record("2"), record("3"));
    assert_eq!(store.swap(&key, Some(&one), &two, MINUTE).await, Ok(Swapped::Found(None)));
    assert_eq!(store.swap(&key, None, &one, MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.swap(&key, None, &two, MINUTE).await, Ok(Swapped::Found(Some(one.clone()))));
    assert_eq!(store.swap(&key, Some(&two), &three, MINUTE).await, Ok(Swapped::Found(Some(one.clone()))));
    assert_eq!(store.swap(&key, Some(&one), &two, MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.get(&key).await, Ok(Some(two)));
}

#[tokio::test]
async fn a_repeated_swap_is_done_and_gives_no_longer_life() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let (key, one, two) = (key("one"), record("1"), record("2"));
    for lifetime in [MINUTE, 10 * MINUTE] {
        assert_eq!(store.swap(&key, None, &one, lifetime).await, Ok(Swapped::Done));
    }
    let left: i64 = inspect(&server.url()).await.pttl(key.as_str()).await.unwrap();
    assert!(left <= 60_000, "{left}");
    for _ in 0..2 {
        assert_eq!(store.swap(&key, Some(&one), &two, MINUTE).await, Ok(Swapped::Done));
    }
}

#[tokio::test]
async fn any_bytes_come_back_as_they_are() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies: [&[u8]; 7] =
        [b"", b"\0", b"1", b"\r\nDEL *\r\n", b"nil", &every_byte, &[0xff; Record::MAX_LEN]];
    let mut before = None;
    for body in bodies {
        let new = Record::new(body.to_vec());
        let swapped = store.swap(&key("one"), before.as_ref(), &new, MINUTE).await;
        assert_eq!(swapped, Ok(Swapped::Done), "{body:?}");
        assert_eq!(store.get(&key("one")).await, Ok(Some(new.clone())));
        before = Some(new);
    }
    assert_eq!(store.take(&key("one")).await, Ok(before));
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_changes_nothing() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let long = Record::new(vec![0; Record::MAX_LEN + 1]);
    assert_eq!(store.swap(&key("one"), None, &long, MINUTE).await, Err(StoreError::Full));
    assert_eq!(store.get(&key("one")).await, Ok(None));
}

#[tokio::test]
async fn every_record_has_an_end() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let longest = i64::try_from(MAX_LIFETIME.as_millis()).unwrap();
    let mut inspector = inspect(&server.url()).await;
    for (lifetime, most) in [(Duration::from_millis(90_500), 90_500), (Duration::MAX, longest)] {
        let key = key(&format!("{lifetime:?}"));
        assert_eq!(store.swap(&key, None, &record("1"), lifetime).await, Ok(Swapped::Done));
        let left: i64 = inspector.pttl(key.as_str()).await.unwrap();
        assert!((1..=most).contains(&left), "{left} of {lifetime:?}");
    }
    // Redis refuses a lifetime of nothing; the shortest that it knows is over when this looks again.
    for lifetime in [Duration::ZERO, Duration::from_nanos(1)] {
        let key = key("short");
        let swapped = store.swap(&key, None, &record("1"), lifetime).await;
        assert_eq!(swapped, Ok(Swapped::Done), "{lifetime:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(store.get(&key).await, Ok(None));
        assert_eq!(store.take(&key).await, Ok(None));
        assert_eq!(
            store.swap(&key, Some(&record("1")), &record("2"), MINUTE).await,
            Ok(Swapped::Found(None))
        );
    }
}

#[tokio::test]
async fn the_server_may_forget_the_script() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let mut inspector = inspect(&server.url()).await;
    let mut before = None;
    for round in 0..4 {
        let new = record(&round.to_string());
        assert_eq!(store.swap(&key("one"), before.as_ref(), &new, MINUTE).await, Ok(Swapped::Done));
        before = Some(new);
        if round % 2 == 0 {
            let () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut inspector).await.unwrap();
        }
    }
}

#[tokio::test]
async fn namespaces_share_nothing() {
    let server = RedisServer::start().unwrap();
    let plain = connect(&server).await;
    let shop = patient().namespace("shop").connect(&server.url()).await.unwrap();
    let blog = patient().namespace("blog-1.v_2").connect(&server.url()).await.unwrap();
    let key = key("one");
    for (text, store) in [("1", &plain), ("2", &shop), ("3", &blog)] {
        assert_eq!(store.swap(&key, None, &record(text), MINUTE).await, Ok(Swapped::Done));
    }
    assert_eq!(shop.take(&key).await, Ok(Some(record("2"))));
    assert_eq!(plain.get(&key).await, Ok(Some(record("1"))));
    assert_eq!(blog.get(&key).await, Ok(Some(record("3"))));
    let mut names: Vec<String> = inspect(&server.url()).await.keys("*").await.unwrap();
    names.sort();
    assert_eq!(names, [format!("blog-1.v_2:{key}"), key.to_string()]);
}

#[tokio::test]
async fn databases_of_one_server_share_nothing() {
    let server = RedisServer::start().unwrap();
    let zero = connect(&server).await;
    let seven = connect_to(&format!("{}/7", server.url())).await.unwrap();
    assert_eq!(seven.swap(&key("one"), None, &record("7"), MINUTE).await, Ok(Swapped::Done));
    assert_eq!(zero.get(&key("one")).await, Ok(None));
    assert_eq!(seven.get(&key("one")).await, Ok(Some(record("7"))));
}

#[tokio::test]
async fn a_server_is_reached_by_its_unix_socket_and_by_valkeys_scheme() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let server = RedisServer::start_with(&["--unixsocket", socket.to_str().unwrap()]).unwrap();
    for url in [
        format!("unix://{}", socket.display()),
        format!("unix://{}?db=0", socket.display()),
        server.url().replace("redis://", "valkey://"),
        format!("{}/0?protocol=resp3", server.url()),
    ] {
        let store = connect_to(&url).await.unwrap();
        assert_eq!(store.swap(&key("one"), None, &record("1"), MINUTE).await, Ok(Swapped::Done), "{url}");
    }
}

#[tokio::test]
async fn a_store_and_its_clones_have_one_connection() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let asked: Vec<_> = (0..RACERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.get(&key("one")).await })
        })
        .collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap(), Ok(None));
    }
    let mut inspector = inspect(&server.url()).await;
    let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut inspector).await.unwrap();
    assert_eq!(clients.lines().count(), 2, "{clients}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_take_at_once_one_has_it() {
    let server = RedisServer::start().unwrap();
    let stores = [connect(&server).await, connect(&server).await];
    for round in 0..ROUNDS {
        let key = key(&round.to_string());
        assert_eq!(stores[0].swap(&key, None, &record("1"), MINUTE).await, Ok(Swapped::Done));
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let (store, key) = (stores[racer % 2].clone(), key.clone());
                tokio::spawn(async move { store.take(&key).await.unwrap() })
            })
            .collect();
        let mut winners = 0;
        for racer in racers {
            winners += usize::from(racer.await.unwrap().is_some());
        }
        assert_eq!(winners, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_claim_at_once_one_does_and_all_see_whose_it_is() {
    let server = RedisServer::start().unwrap();
    let stores = [connect(&server).await, connect(&server).await];
    for round in 0..ROUNDS {
        let key = key(&round.to_string());
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let (store, key) = (stores[racer % 2].clone(), key.clone());
                let mine = record(&racer.to_string());
                tokio::spawn(async move {
                    let swapped = store.swap(&key, None, &mine, MINUTE).await.unwrap();
                    (mine, swapped)
                })
            })
            .collect();
        let (mut winners, mut seen) = (Vec::new(), Vec::new());
        for racer in racers {
            match racer.await.unwrap() {
                (mine, Swapped::Done) => winners.push(mine),
                (_, Swapped::Found(found)) => seen.push(found),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        assert!(seen.iter().all(|found| found.as_ref() == winners.first()), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_by_swaps_is_lost() {
    let server = RedisServer::start().unwrap();
    let stores = [connect(&server).await, connect(&server).await];
    let (counters, times) = (8, 50);
    let tasks: Vec<_> = (0..counters)
        .map(|counter| {
            let store = Arc::new(stores[counter % 2].clone());
            tokio::spawn(async move {
                let mut seen: Option<Record> = None;
                for time in 0..times {
                    loop {
                        let count = seen.as_ref().map_or(0, count_of) + 1;
                        let new = record(&format!("{count} {counter} {time}"));
                        match store.swap(&key("counter"), seen.as_ref(), &new, MINUTE).await.unwrap() {
                            Swapped::Done => {
                                seen = Some(new);
                                break;
                            }
                            Swapped::Found(found) => seen = found,
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let last = stores[0].get(&key("counter")).await.unwrap().unwrap();
    assert_eq!(count_of(&last), counters * times);
}

fn count_of(record: &Record) -> usize {
    std::str::from_utf8(record.as_bytes()).unwrap().split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn kinds_are_kept_apart() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let keys = [Kind::Callback, Kind::Grant].map(|kind| Key::new(kind, &["a"], &["b"]));
    assert_eq!(store.swap(&keys[0], None, &record("1"), MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.get(&keys[1]).await, Ok(None));
}
