//! A store and a keyring together: what goes in is sealed for its place, and opens nowhere else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::key::{Key, Kind};
use crate::keyring::Keyring;
use crate::store::{MAX_LIFETIME, Record, Store, StoreError, Swapped};

/// A store whose records are sealed: what the rest of this project uses. A clone is the same vault.
#[derive(Debug, Clone)]
pub struct Vault {
    store: Arc<dyn Store>,
    keyring: Keyring,
}

impl Vault {
    /// Keeps in this store what it seals with this keyring.
    #[must_use]
    pub fn new(store: impl Store + 'static, keyring: Keyring) -> Self {
        Self { store: Arc::new(store), keyring }
    }

    /// What is in the slot, which stays there.
    ///
    /// # Errors
    /// What the store says. A record that cannot be opened is no error before its [`plain`](Entry::plain) is asked for.
    pub async fn read(&self, slot: &Slot) -> Result<Option<Entry>, StoreError> {
        let found = self.store.get(&slot.key).await?;
        Ok(found.map(|record| self.entry(slot, record)))
    }

    /// Removes what is in the slot and gives it: to one caller, however many ask.
    ///
    /// # Errors
    /// What the store says.
    pub async fn take(&self, slot: &Slot) -> Result<Option<Entry>, StoreError> {
        let found = self.store.take(&slot.key).await?;
        Ok(found.map(|record| self.entry(slot, record)))
    }

    /// Seals `plain` and puts it into the slot for `lifetime` (at most [`MAX_LIFETIME`]), if what is there is still
    /// `expected` (`None`: nothing). Otherwise changes nothing, and gives what is there.
    ///
    /// # Errors
    /// What the store says; after [`StoreError::Unavailable`] the swap may have happened. [`StoreError::Full`] when
    /// the sealed record would be longer than [`Record::MAX_LEN`].
    pub async fn swap(
        &self,
        slot: &Slot,
        expected: Option<&Entry>,
        plain: &[u8],
        lifetime: Duration,
    ) -> Result<Swap, StoreError> {
        let new = Record::new(self.keyring.seal(&slot.purpose(), &slot.bound_to(), plain)?);
        if new.as_bytes().len() > Record::MAX_LEN {
            return Err(StoreError::Full);
        }
        let expected = expected.map(|entry| &entry.record);
        match self.store.swap(&slot.key, expected, &new, lifetime.min(MAX_LIFETIME)).await? {
            Swapped::Done => {
                Ok(Swap::Done(Entry { record: new, plain: Some(Zeroizing::new(plain.to_vec())) }))
            }
            Swapped::Found(found) => Ok(Swap::Found(found.map(|record| self.entry(slot, record)))),
        }
    }

    fn entry(&self, slot: &Slot, record: Record) -> Entry {
        let plain = self.keyring.open(&slot.purpose(), &slot.bound_to(), record.as_bytes());
        Entry { record, plain }
    }
}

/// A place in a [`Vault`]: the store sees a [`Key`] of hashes, and the record is sealed for the parts themselves.
/// `Debug` shows the hashes alone.
#[derive(Clone)]
pub struct Slot {
    key: Key,
    /// How many parts the owner has, then the owner's, then the id's: two slots never have the same list.
    parts: Vec<Zeroizing<String>>,
}

impl Slot {
    /// The slot of a kind that belongs to this owner (an app, a browser) under this id (an openid, a state).
    #[must_use]
    pub fn new(kind: Kind, owner: &[&str], id: &[&str]) -> Self {
        let count = owner.len().to_string();
        let parts = std::iter::once(count.as_str()).chain(owner.iter().copied()).chain(id.iter().copied());
        Self {
            key: Key::new(kind, owner, id),
            parts: parts.map(|part| Zeroizing::new(part.to_owned())).collect(),
        }
    }

    /// Where the store keeps it.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// What it is sealed for: never what a cookie is sealed for, though the keys are the same.
    fn purpose(&self) -> String {
        format!("store {}", self.key.kind())
    }

    fn bound_to(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.as_str()).collect()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.key).finish()
    }
}

/// What is in a [`Slot`], as it was at one time. `Debug` shows nothing of it; it is wiped when dropped.
pub struct Entry {
    /// What the store has, to be compared with.
    record: Record,
    /// None: no key of the ring opens it.
    plain: Option<Zeroizing<Vec<u8>>>,
}

impl Entry {
    /// What was put there.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when no key of the ring opens it for this slot. It can still be swapped away.
    pub fn plain(&self) -> Result<&[u8], StoreError> {
        self.plain.as_deref().map(Vec::as_slice).ok_or(StoreError::Unreadable)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opened = if self.plain.is_some() { "redacted" } else { "unreadable" };
        write!(f, "Entry({opened})")
    }
}

/// What a swap in a [`Vault`] did.
#[derive(Debug)]
#[must_use = "a swap that found something else changed nothing"]
pub enum Swap {
    /// What was given is there now.
    Done(Entry),
    /// Something else was there, or nothing: and still is.
    Found(Option<Entry>),
}
