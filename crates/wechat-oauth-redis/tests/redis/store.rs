//! What every store has to do, by the kit, and what is Redis's own in it.

use std::time::Duration;

use redis::AsyncCommands as _;
use wechat_oauth_redis::RedisStore;
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::conformance::{self, Case, Limits};
use wechat_oauth_store::{Key, MAX_LIFETIME, Record, Reply, Store, StoreError, Swapped};

use crate::{MINUTE, connect, connect_to, inspect, key, patient, record};

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
    conformance::check(stores, Limits::default().rounds(200)).await.assert_passed();
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
    let asked: Vec<_> = (0..64)
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
