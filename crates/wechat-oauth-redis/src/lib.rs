//! The store of `wechat-oauth` in Redis or Valkey: what every replica of a site has to see.
//!
//! ```no_run
//! use wechat_oauth_redis::RedisStore;
//! use wechat_oauth_store::{Keyring, Vault};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect(&std::env::var("REDIS_URL")?).await?;
//! // The same key in every replica: 64 hexadecimal digits, as `openssl rand -hex 32` prints.
//! let keyring = Keyring::from_hex(&std::env::var("WECHAT_LOGIN_KEY")?)?;
//! let vault = Vault::new(store, keyring);
//! # Ok(())
//! # }
//! ```
//! [`RedisOptions`] has a namespace, the deadline and private certificate authorities.
//!
//! # What it does
//!
//! | operation | command | sent |
//! |---|---|---|
//! | [`get`](Store::get) | `GET` | once |
//! | [`take`](Store::take) | `GETDEL` | once |
//! | [`swap`](Store::swap) | `EVALSHA` of a script: `GET`, compare, `SET ... PX`; `EVAL` when the server lacks it | once |
//!
//! All commands share one connection. When it is lost, the next command makes another; a connection that has rested
//! for a second is tried before it is used. Every operation is over within a [deadline](DEFAULT_TIMEOUT): a server
//! that is down, hangs, loads its data, has become a replica or has no memory left is a
//! [`StoreError::Unavailable`] that says so. A tenth of a second after an attempt to connect has failed, the next
//! command makes another. No error and no `Debug` holds the URL, a key or a record.
//!
//! No command is sent twice by itself, since an answer that was lost says nothing of what was done:
//! * a **swap** can be repeated by the caller, as a [`Vault`] does: when the record is there already it is done;
//! * a **take** whose answer is lost may have removed the record, which then is gone for everybody. For what must not
//!   be lost, read it and swap it for a mark instead.
//!
//! # What is in Redis
//!
//! Strings alone, each with an end, under `wechat-oauth:KIND:OWNER:ID` (after `NAMESPACE:`, if there is one): the kind
//! is `callback` or `grant`, owner and id are hashes of 43 characters. Through a [`Vault`]
//! the values are sealed, so that a dump, an append-only file or a backup shows no token and no openid. A few hundred
//! bytes to a few kilobytes each: a callback for minutes, a grant for a month.
//!
//! # What Redis needs
//!
//! * **Redis 6.2 or later, or any Valkey**: an older one is refused when connecting.
//! * **Room.** `maxmemory-policy noeviction`: a full server then refuses new records, and says so. The other policies
//!   remove records at will, and a grant that is gone asks its person to sign in again.
//! * **Persistence, for grants.** `appendonly yes` (with `appendfsync everysec`, at most a second is lost). Callbacks
//!   live too shortly to need it.
//! * **The primary.** The URL has to lead to the server that takes writes; a name that follows a failover is followed
//!   with it. A cluster is not spoken to, except through a proxy.
//! * **A user of its own**, if others share the server. These rights are enough:
//!   ```text
//!   ACL SETUSER wechat-login on >PASSWORD ~wechat-oauth:* +get +getdel +set +eval +evalsha
//!   ```
//!   with `~NAMESPACE:wechat-oauth:*` under a namespace, and `+select` for another database than 0.
//! * **TLS** outside of one machine or a private network: the feature `rustls` and a `rediss://` URL. Certificates are
//!   always verified. If the process has named no provider of cryptography for rustls, aws-lc-rs is named when
//!   connecting.
//!
//! # When Redis loses data
//!
//! A crash without persistence, or a failover to a replica that was behind, can take back what was answered: a record
//! that was put is gone, or one that was taken is there again. Nobody becomes somebody else by it:
//! * a **callback** that is gone or back leads to a second exchange of its code, which WeChat refuses (40163), and the
//!   login begins again; it is bound to its browser by a cookie, which Redis does not hold;
//! * a **grant** that is gone asks its person to sign in again; an older one that is back is refused by WeChat when it
//!   was replaced, and its person signs in again.
//!
//! # Runtime
//!
//! It needs tokio with I/O and time enabled. The connection lives in the runtime that it was made in; when that one
//! ends, the next operation connects again in its own.
//!
//! [`Vault`]: wechat_oauth_store::Vault
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
        match self.link.send(&command, self.link.deadline()).await? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(Record::new(bytes))),
            _ => Err(Failure::NOT_REDIS.into()),
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
        match answer? {
            Value::Int(1) => Ok(Swapped::Done),
            Value::Nil => Ok(Swapped::Found(None)),
            Value::BulkString(bytes) => Ok(Swapped::Found(Some(Record::new(bytes)))),
            _ => Err(Failure::NOT_REDIS.into()),
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
