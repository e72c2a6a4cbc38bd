//! Where `wechat-oauth` keeps what outlives a request: callbacks that were answered, and grants.
//!
//! | | |
//! |---|---|
//! | [`Store`] | the trait: sealed records under hashed keys, and three atomic operations |
//! | [`MemoryStore`] | one process, nothing to install: bounded and expiring |
//! | [`Keyring`] | seals what is kept; its keys rotate |
//! | [`Vault`] | a store and a keyring: what the rest of this project uses |
//! | [`Keeper`] | grants kept fresh, by any number of programs that share a store |
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

pub use crate::keeper::{KeepError, Keeper, ProfileRead, Standing};
pub use crate::key::{Key, Kind};
pub use crate::keyring::{KeyError, Keyring};
pub use crate::memory::MemoryStore;
pub use crate::store::{MAX_LIFETIME, Record, Reply, Store, StoreError, Swapped};
pub use crate::vault::{Entry, Slot, Swap, Vault};
