//! The store of `wechat-oauth` in Redis or Valkey.
#![forbid(unsafe_code)]

mod failure;
mod link;
mod options;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{Client, Script, Value, cmd};
use wechat_oauth_store::{Key, MAX_LIFETIME, Record, Reply, Store, StoreError, Swapped};

use crate::failure::Failure;
use crate::link::Link;
pub use crate::options::{DEFAULT_TIMEOUT, MAX_NAMESPACE_LEN, MAX_TIMEOUT, MIN_TIMEOUT, RedisOptions};

/// What the probe asks for. No key of a record is like it.
const PROBE: &str = "wechat-oauth:probe";

/// The text of the compare-and-swap.
const SWAP: &str = include_str!("swap.lua");

/// Keeps records in one Redis or Valkey server. A clone shares the connection.
///
/// `Debug` shows nothing of the URL.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    /// What every key begins with: nothing, or a namespace and a colon.
    prefix: Arc<str>,
    /// The hash by which the server knows the script.
    swap: Arc<str>,
}

impl RedisStore {
    /// Connects to the server at this URL, and makes sure that it can be used. [`RedisOptions`] has more to choose,
    /// and says [how the URL is written](RedisOptions::connect).
    ///
    /// # Errors
    /// As [`RedisOptions::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        RedisOptions::new().connect(url).await
    }

    async fn over(client: Client, prefix: String, timeout: Duration) -> Result<Self, StoreError> {
        let mut probe = cmd("GETDEL");
        probe.arg(format!("{prefix}{PROBE}"));
        let store = Self {
            link: Arc::new(Link::new(client, timeout, probe)),
            prefix: prefix.into(),
            swap: Script::new(SWAP).get_hash().into(),
        };
        store.link.check().await?;
        Ok(store)
    }

    /// Sends a command about one key, and reads the record in the answer.
    async fn record(&self, command: &str, key: &Key) -> Result<Option<Record>, StoreError> {
        let mut command = cmd(command);
        command.arg(self.name(key));
        let answer = self.link.send(&command, self.link.deadline()).await;
        match answer.map_err(|failure| failure.error)? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(Record::new(bytes))),
            _ => Err(Failure::NOT_REDIS.error),
        }
    }

    async fn swap_record(
        &self,
        key: &Key,
        expected: Option<&Record>,
        new: &Record,
        lifetime: Duration,
    ) -> Result<Swapped, StoreError> {
        if new.as_bytes().len() > Record::MAX_LEN {
            return Err(StoreError::Full);
        }
        let lifetime = milliseconds(lifetime);
        let call = |command: &str, script: &str| {
            let mut command = cmd(command);
            command.arg(script).arg(1).arg(self.name(key)).arg(new.as_bytes()).arg(lifetime);
            if let Some(expected) = expected {
                command.arg(expected.as_bytes());
            }
            command
        };
        let deadline = self.link.deadline();
        let answer = match self.link.send(&call("EVALSHA", &self.swap), deadline).await {
            // It has run nothing: it was restarted, or its scripts were flushed. This also teaches it the script.
            Err(failure) if failure.lacks_script => self.link.send(&call("EVAL", SWAP), deadline).await,
            answer => answer,
        };
        match answer.map_err(|failure| failure.error)? {
            Value::Int(1) => Ok(Swapped::Done),
            Value::Nil => Ok(Swapped::Found(None)),
            Value::BulkString(bytes) => Ok(Swapped::Found(Some(Record::new(bytes)))),
            _ => Err(Failure::NOT_REDIS.error),
        }
    }

    fn name(&self, key: &Key) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl Store for RedisStore {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(self.record("GET", key))
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        Box::pin(self.record("GETDEL", key))
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        Box::pin(self.swap_record(key, expected, new, lifetime))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// A lifetime as Redis takes it: it refuses 0, and has no end of time that it could pass.
fn milliseconds(lifetime: Duration) -> u64 {
    u64::try_from(lifetime.min(MAX_LIFETIME).as_millis()).unwrap_or(u64::MAX).max(1)
}
