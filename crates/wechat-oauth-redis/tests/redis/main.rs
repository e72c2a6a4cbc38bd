//! The store over a real `redis-server`, each test with one of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the helpers of tests are tests")]

mod dump;
mod outage;
mod refusals;
mod store;
mod tls;
mod traffic;

use std::time::Duration;

use wechat_oauth_redis::{MAX_TIMEOUT, RedisOptions, RedisStore};
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Key, Kind, Record, StoreError};

/// A lifetime that no test outlives.
const MINUTE: Duration = Duration::from_secs(60);

/// Far beyond every deadline of a store: what is still not over then hangs.
const HANGS: Duration = Duration::from_secs(120);

async fn connect(server: &RedisServer) -> RedisStore {
    connect_to(&server.url()).await.unwrap()
}

async fn connect_to(url: &str) -> Result<RedisStore, StoreError> {
    patient().connect(url).await
}

/// With a deadline that no answer of a live server misses, however busy this machine is.
fn patient() -> RedisOptions {
    RedisOptions::new().timeout(MAX_TIMEOUT)
}

fn key(id: &str) -> Key {
    Key::new(Kind::Callback, &["wx0123456789abcdef", "browser"], &[id])
}

fn record(text: &str) -> Record {
    Record::new(text.as_bytes().to_vec())
}

/// What is said of a store that cannot be used.
#[track_caller]
fn what<T: std::fmt::Debug>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Err(StoreError::Unavailable { what }) => what,
        other => panic!("not unavailable: {other:?}"),
    }
}

/// A connection of the test's own, to look behind the store.
async fn inspect(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}
