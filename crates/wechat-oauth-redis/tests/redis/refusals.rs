//! What the store refuses to begin with, and that no error or `Debug` gives away what it holds.

use redis::AsyncCommands as _;
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Store, StoreError, Swapped};

use crate::{MINUTE, connect, connect_to, inspect, key, patient, record, what};

const CANARY: &str = "canary-5f1c";

/// The URL of a server with a user and a password.
fn url_for(server: &RedisServer, user: &str, password: &str) -> String {
    server.url().replace("redis://", &format!("redis://{user}:{password}@"))
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_being_shown() {
    for url in [
        "",
        "canary-5f1c",
        "http://canary-5f1c@127.0.0.1/",
        "redis://",
        "redis://:canary-5f1c@127.0.0.1:99999",
        "redis://:canary-5f1c@127.0.0.1/not-a-number",
        "redis://:canary-5f1c@0.0.0.0",
        "rediss://:canary-5f1c@127.0.0.1/#insecure",
        "redis://127.0.0.1/#canary-5f1c",
        "redis://:canary-5f1c@127.0.0.1:1",
    ] {
        let error = connect_to(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{url}");
        assert!(!format!("{error} {error:?}").contains(CANARY), "{url}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_verifies_is_refused() {
    let what = what(connect_to("rediss://127.0.0.1:1/#insecure").await);
    assert!(what.contains("always verified"), "{what}");
}

#[tokio::test]
async fn a_namespace_has_its_alphabet_and_its_length() {
    let server = RedisServer::start().unwrap();
    let long = "n".repeat(65);
    for namespace in ["", "a:b", "a b", "{a}", "*", "a\r\nb", "商店", long.as_str()] {
        let connected = patient().namespace(namespace).connect(&server.url()).await;
        assert!(what(connected).contains("namespace"), "{namespace:?}");
    }
    let longest = "n".repeat(64);
    assert!(patient().namespace(&longest).connect(&server.url()).await.is_ok());
}

#[tokio::test]
async fn neither_errors_nor_debug_show_the_url_a_key_or_a_record() {
    let mut server = RedisServer::start_with(&["--requirepass", CANARY]).unwrap();
    let options = patient().root_certificates(CANARY.as_bytes());
    let store = options.clone().connect(&url_for(&server, "", CANARY)).await.unwrap();
    let shown = format!("{store:?} {store:#?} {options:?}");
    assert!(!shown.contains(CANARY) && !shown.contains("127.0.0.1"), "{shown}");
    server.kill().unwrap();
    for _ in 0..2 {
        let error = store.swap(&key(CANARY), None, &record(CANARY), MINUTE).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(CANARY) && !shown.contains("127.0.0.1"), "{shown}");
        assert!(!shown.contains(key(CANARY).id()), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_named_and_not_shown() {
    let server = RedisServer::start_with(&["--requirepass", "right"]).unwrap();
    let refused = what(connect_to(&url_for(&server, "", CANARY)).await);
    assert_eq!(refused, "Redis refused the user or the password in its URL");
    let refused = what(connect_to(&url_for(&server, "nobody", "right")).await);
    assert_eq!(refused, "Redis refused the user or the password in its URL");
    let refused = what(connect_to(&server.url()).await);
    assert_eq!(refused, "Redis wants a password: put it into its URL");
    assert!(connect_to(&url_for(&server, "", "right")).await.is_ok());
    assert!(connect_to(&url_for(&server, "default", "right")).await.is_ok());
}

#[tokio::test]
async fn a_password_may_have_any_characters() {
    let password = "p@ss:/?#[]%25 Ω";
    let server = RedisServer::start_with(&["--requirepass", password]).unwrap();
    let encoded = "p%40ss%3A%2F%3F%23%5B%5D%2525%20%CE%A9";
    assert!(connect_to(&url_for(&server, "", encoded)).await.is_ok());
}

/// The rights that the crate's page lists.
const RIGHTS: [&str; 6] = ["~shop:wechat-oauth:*", "+get", "+getdel", "+set", "+eval", "+evalsha"];

#[tokio::test]
async fn the_rights_that_are_listed_are_enough() {
    let server = RedisServer::start().unwrap();
    let mut inspector = inspect(&server.url()).await;
    let mut user = redis::cmd("ACL");
    user.arg("SETUSER").arg("login").arg("on").arg(">secret").arg(&RIGHTS);
    let () = user.query_async(&mut inspector).await.unwrap();
    let shop = patient().namespace("shop");
    let store = shop.connect(&url_for(&server, "login", "secret")).await.unwrap();
    let (one, two) = (record("1"), record("2"));
    assert_eq!(store.swap(&key("one"), None, &one, MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.swap(&key("one"), Some(&one), &two, MINUTE).await, Ok(Swapped::Done));
    assert_eq!(store.get(&key("one")).await, Ok(Some(two.clone())));
    assert_eq!(store.take(&key("one")).await, Ok(Some(two)));
}

#[tokio::test]
async fn a_user_who_lacks_any_of_the_rights_is_told() {
    let server = RedisServer::start().unwrap();
    let mut inspector = inspect(&server.url()).await;
    for (number, missing) in RIGHTS.iter().enumerate() {
        let name = format!("user{number}");
        let mut user = redis::cmd("ACL");
        user.arg("SETUSER").arg(&name).arg("on").arg(">secret");
        user.arg(RIGHTS.iter().filter(|right| *right != missing).collect::<Vec<_>>());
        let () = user.query_async(&mut inspector).await.unwrap();
        let shop = patient().namespace("shop");
        let refused = match shop.connect(&url_for(&server, &name, "secret")).await {
            Err(error) => Err(error),
            Ok(store) => {
                let () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut inspector).await.unwrap();
                let all = async {
                    let _ = store.swap(&key("one"), None, &record("1"), MINUTE).await?;
                    store.get(&key("one")).await?;
                    store.take(&key("one")).await
                };
                all.await.map(drop)
            }
        };
        assert!(what(refused).contains("denies this user"), "without {missing}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_selected_is_told() {
    let server = RedisServer::start().unwrap();
    let refused = what(connect_to(&format!("{}/99", server.url())).await);
    assert_eq!(refused, "Redis lacks the database that its URL names");
    let mut inspector = inspect(&server.url()).await;
    for (name, more, is_enough) in [("without", "+get", false), ("with", "+select", true)] {
        let mut user = redis::cmd("ACL");
        user.arg("SETUSER").arg(name).arg("on").arg(">secret").arg("~*").arg(&RIGHTS[1..]).arg(more);
        let () = user.query_async(&mut inspector).await.unwrap();
        let connected = connect_to(&format!("{}/3", url_for(&server, name, "secret"))).await;
        if is_enough {
            assert!(connected.is_ok(), "{connected:?}");
        } else {
            assert!(what(connected).contains("denies this user"));
        }
    }
}

#[tokio::test]
async fn a_read_only_replica_is_no_store() {
    let replica = RedisServer::start_with(&["--replicaof", "127.0.0.1", "1"]).unwrap();
    let refused = what(connect_to(&replica.url()).await);
    assert_eq!(refused, "Redis is a read-only replica: its URL has to lead to the primary");
    // A primary that is made a replica under the store, and back.
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let mut inspector = inspect(&server.url()).await;
    let () = redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).query_async(&mut inspector).await.unwrap();
    for _ in 0..3 {
        what(store.swap(&key("one"), None, &record("1"), MINUTE).await);
    }
    let () = redis::cmd("REPLICAOF").arg("NO").arg("ONE").query_async(&mut inspector).await.unwrap();
    while store.swap(&key("one"), None, &record("1"), MINUTE).await != Ok(Swapped::Done) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_older_redis_is_told_when_connecting() {
    let server = RedisServer::start_with(&["--rename-command", "GETDEL", ""]).unwrap();
    let refused = what(connect_to(&server.url()).await);
    assert_eq!(refused, "Redis lacks a command: the store needs Redis 6.2 or later, or Valkey");
}

#[tokio::test]
async fn a_full_server_refuses_and_is_used_again_when_there_is_room() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let mut inspector = inspect(&server.url()).await;
    assert_eq!(store.swap(&key("kept"), None, &record("1"), MINUTE).await, Ok(Swapped::Done));
    let mut limit = async |bytes: u64| {
        let () = redis::cmd("CONFIG")
            .arg("SET")
            .arg("maxmemory")
            .arg(bytes)
            .query_async(&mut inspector)
            .await
            .unwrap();
    };
    limit(1).await;
    let refused = what(store.swap(&key("new"), None, &record("1"), MINUTE).await);
    assert_eq!(refused, "Redis is out of memory: raise maxmemory");
    assert_eq!(store.get(&key("kept")).await, Ok(Some(record("1"))));
    limit(0).await;
    assert_eq!(store.swap(&key("new"), None, &record("1"), MINUTE).await, Ok(Swapped::Done));
}

#[tokio::test]
async fn somebody_elses_value_at_a_key_is_told() {
    let server = RedisServer::start().unwrap();
    let store = connect(&server).await;
    let () = inspect(&server.url()).await.rpush(key("one").as_str(), "a list").await.unwrap();
    for refused in [
        store.get(&key("one")).await.map(drop),
        store.take(&key("one")).await.map(drop),
        store.swap(&key("one"), None, &record("1"), MINUTE).await.map(drop),
    ] {
        assert_eq!(what(refused), "something else uses the store's keys in this Redis");
    }
}
