//! Where `wechat-oauth` keeps what outlives a request: callbacks that were answered, and grants.
//!
//! | | |
//! |---|---|
//! | [`Store`] | the trait: records under keys, and three atomic operations |
//! | [`MemoryStore`] | one process, nothing to install: bounded and expiring |
//! | [`Keyring`] | seals what is kept; its keys rotate |
//! | [`Vault`] | a store and a keyring: what the rest of this project uses |
//! | [`Keeper`] | grants kept fresh, by any number of programs that share a store |
//! | `conformance` | the kit that a store of your own is checked with (feature `conformance`) |
//!
//! ```
//! use std::time::Duration;
//! use wechat_oauth_store::{Keyring, Kind, MemoryStore, Slot, StoreError, Swap, Vault};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StoreError> {
//! let vault = Vault::new(MemoryStore::new(), Keyring::generate()?);
//! let slot = Slot::new(Kind::Callback, &["wx0123456789abcdef", "a browser"], &["a state"]);
//!
//! // Of all who claim the slot one is told that it is done.
//! let minutes = Duration::from_secs(600);
//! let Swap::Done(claim) = vault.swap(&slot, None, b"working", minutes).await? else { unreachable!() };
//! let Swap::Done(_) = vault.swap(&slot, Some(&claim), b"answered", minutes).await? else { unreachable!() };
//! let there = vault.read(&slot).await?;
//! assert_eq!(there.as_ref().map(|entry| entry.plain()), Some(Ok(&b"answered"[..])));
//! # Ok(())
//! # }
//! ```
//!
//! # What a store is trusted with
//!
//! To keep bytes and to be atomic, and nothing else. Every record is sealed with XChaCha20-Poly1305 for its place
//! (kind, owner, id), and every key is made of hashes: whoever reads the store, or a backup of it, finds no token, no
//! openid and no name, and cannot move a record to where it would open. Who can write to it can remove records, and put
//! an older record back in its own place. WeChat's codes, which are good for one exchange, are the second guard then.
//!
//! What cannot be read or written is an error ([`StoreError`]), never a guess: a login that cannot be claimed is not
//! exchanged.
//!
//! # Changing the key
//!
//! One key of 64 hexadecimal digits, the same for all replicas, from `openssl rand -hex 32`. To change it, start every
//! replica with both, the new one still second; then with the new one first; and without the old one when all it has
//! sealed is over, after 37 days (the thirty of a grant, and the week for which its record outlives it):
//!
//! ```
//! # use wechat_oauth_store::{KeyError, Keyring};
//! # fn keyring(new: &str, old: &str) -> Result<(), KeyError> {
//! let everybody_opens_both = Keyring::from_hex(old)?.and_opens(new)?;
//! let everybody_seals_with_the_new_one = Keyring::from_hex(new)?.and_opens(old)?;
//! let the_old_one_is_gone = Keyring::from_hex(new)?;
//! # Ok(())
//! # }
//! # keyring(&"1".repeat(64), &"2".repeat(64)).unwrap();
//! ```
//!
//! # A store of your own
//!
//! Implement [`Store`]: three operations, each atomic over all processes that share the store. What goes wrong most
//! often, and what the kit finds:
//!
//! * **Reading, then writing.** `GET` and then `DEL` gives one record to two callers; `SELECT` and then `UPDATE` loses
//!   one of two updates. The comparison belongs into the statement, script or transaction that writes.
//! * **A part of the key forgotten.** Kind, owner and id all stand in the `WHERE`. The owner is the browser or the app
//!   that a record belongs to.
//! * **No end.** A record whose lifetime is over is not there for any operation, whenever it is really deleted. Use one
//!   clock, the database's.
//! * **Text columns.** Records are any bytes, up to [`Record::MAX_LEN`] (`MySQL` needs a `MEDIUMBLOB`: its `BLOB` is one
//!   byte too short); keys are compared by letter case (`COLLATE utf8mb4_bin`).
//! * **Foreign errors let through.** They tend to hold addresses, passwords and values: say what happened in
//!   [`StoreError::Unavailable`], and set a deadline for every operation.
//!
//! For a SQL database, say `PostgreSQL`:
//!
//! ```sql
//! CREATE TABLE wechat_oauth (
//!     kind text NOT NULL, owner text NOT NULL, id text NOT NULL,
//!     record bytea NOT NULL, ends_at timestamptz NOT NULL,
//!     PRIMARY KEY (kind, owner, id)
//! );
//! -- get
//! SELECT record FROM wechat_oauth WHERE kind = $1 AND owner = $2 AND id = $3 AND ends_at > now();
//! -- take: the row counts only if `there`
//! DELETE FROM wechat_oauth WHERE kind = $1 AND owner = $2 AND id = $3 RETURNING record, ends_at > now() AS there;
//! -- swap that expects nothing: done if a row was written; otherwise `get` says what was found
//! INSERT INTO wechat_oauth VALUES ($1, $2, $3, $4, now() + $5)
//!     ON CONFLICT (kind, owner, id) DO UPDATE SET record = excluded.record, ends_at = excluded.ends_at
//!     WHERE wechat_oauth.ends_at <= now() OR wechat_oauth.record = excluded.record;
//! -- swap that expects $6: done if a row was written; otherwise `get` says what was found
//! UPDATE wechat_oauth SET record = $4, ends_at = now() + $5
//!     WHERE kind = $1 AND owner = $2 AND id = $3 AND ends_at > now() AND record IN ($6, $4);
//! ```
//!
//! (When `get` then finds what the swap expected, somebody was there in between: try the swap again.)
//!
//! And a whole one, with the test that it should come with:
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::{Mutex, MutexGuard};
//! use std::time::{Duration, Instant};
//!
//! use wechat_oauth_store::conformance::{self, Limits};
//! use wechat_oauth_store::{Key, Record, Reply, Store, StoreError, Swapped};
//!
//! #[derive(Debug, Default)]
//! struct Table {
//!     rows: Mutex<HashMap<Key, (Record, Instant)>>,
//! }
//!
//! impl Table {
//!     /// The rows, for one operation at a time, without the row that is over.
//!     fn rows(&self, key: &Key) -> Result<MutexGuard<'_, HashMap<Key, (Record, Instant)>>, StoreError> {
//!         let mut rows = self.rows.lock().map_err(|_| StoreError::Unavailable { what: "a writer panicked" })?;
//!         if rows.get(key).is_some_and(|(_, ends_at)| *ends_at <= Instant::now()) {
//!             rows.remove(key);
//!         }
//!         Ok(rows)
//!     }
//! }
//!
//! impl Store for Table {
//!     fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
//!         Box::pin(async move { Ok(self.rows(key)?.get(key).map(|(record, _)| record.clone())) })
//!     }
//!
//!     fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
//!         Box::pin(async move { Ok(self.rows(key)?.remove(key).map(|(record, _)| record)) })
//!     }
//!
//!     fn swap<'a>(
//!         &'a self,
//!         key: &'a Key,
//!         expected: Option<&'a Record>,
//!         new: &'a Record,
//!         lifetime: Duration,
//!     ) -> Reply<'a, Swapped> {
//!         Box::pin(async move {
//!             let mut rows = self.rows(key)?;
//!             let found = rows.get(key).map(|(record, _)| record);
//!             if found == Some(new) {
//!                 return Ok(Swapped::Done); // asked again
//!             }
//!             if found != expected {
//!                 return Ok(Swapped::Found(found.cloned()));
//!             }
//!             rows.insert(key.clone(), (new.clone(), Instant::now() + lifetime));
//!             Ok(Swapped::Done)
//!         })
//!     }
//! }
//!
//! // In your crate: #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
//! #[tokio::main(flavor = "multi_thread", worker_threads = 2)]
//! async fn main() {
//!     conformance::check([Table::default()], Limits::default()).await.assert_passed();
//! }
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "conformance")]
pub mod conformance;
mod encode;
mod keeper;
mod key;
mod keyring;
mod memory;
mod store;
mod vault;
mod watch;

pub use crate::keeper::{KeepError, Keeper, ProfileRead, Standing};
pub use crate::key::{Key, Kind};
pub use crate::keyring::{KeyError, Keyring};
pub use crate::memory::MemoryStore;
pub use crate::store::{MAX_LIFETIME, Record, Reply, Store, StoreError, Swapped};
pub use crate::vault::{Entry, Slot, Swap, Vault};
pub use crate::watch::Watch;
