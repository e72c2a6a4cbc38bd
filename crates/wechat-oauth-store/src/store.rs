//! The trait that every store implements, and the words it uses.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::key::Key;

/// The longest lifetime of a record: a longer one counts as this. A grant lives for 30 days; a year fits every clock.
pub const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What an operation of a [`Store`] gives: a future, boxed so that a store can be chosen when the program runs.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps records under keys, each for its lifetime.
///
/// Every operation is atomic: no other one, of this process or of another, happens in the middle of it. So there is no
/// `put` and no `delete`: reading first and writing then is what two requests at the same time get wrong.
///
/// All of a [`Key`] counts: kind, owner and id. A record whose lifetime is over is not there, for any operation.
/// A store that cannot do what it is asked says so, and never guesses.
///
/// A caller may drop any of these futures at any await: what was asked is then done or not done, never half, and nothing
/// stays locked.
pub trait Store: fmt::Debug + Send + Sync {
    /// The record at this key, unless there is none or its lifetime is over. It stays there, and lives no longer for it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store cannot answer.
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>>;

    /// Removes the record and gives it: to one caller, however many ask.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store cannot answer; the record may be gone.
    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>>;

    /// Compare-and-swap: puts `new` there for `lifetime` if what is there equals `expected` byte for byte (`None`: if
    /// nothing is there); otherwise changes nothing, not the lifetime either, and says what is there.
    ///
    /// When what is there already equals `new`, it is [`Swapped::Done`]: so a request can be repeated when its answer
    /// was lost. (Sealed records are all different: nobody else can have put the same one there.) Whether its lifetime
    /// starts again then is the store's choice.
    ///
    /// A lifetime is kept to the millisecond if the store can and to the second otherwise, and is at most
    /// [`MAX_LIFETIME`]. One of zero ends at once, and is not for ever.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store cannot answer; the swap may have happened, and repeating it finds out.
    /// [`StoreError::Full`] when there is no room for it.
    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn get<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        (**self).get(key)
    }

    fn take<'a>(&'a self, key: &'a Key) -> Reply<'a, Option<Record>> {
        (**self).take(key)
    }

    fn swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a Record>,
        new: &'a Record,
        lifetime: Duration,
    ) -> Reply<'a, Swapped> {
        (**self).swap(key, expected, new, lifetime)
    }
}

/// What a swap did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a swap that found something else changed nothing"]
pub enum Swapped {
    /// The new record is there.
    Done,
    /// Something else was there, or nothing: and still is.
    Found(Option<Record>),
}

/// What a store keeps: bytes, to be given back as they are. `Debug` shows only how many.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Record(Vec<u8>);

impl Record {
    /// The longest record that a store has to take, in bytes: as long as the longest answer that is read from WeChat.
    pub const MAX_LEN: usize = 64 * 1024;

    /// A record of these bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} bytes)", self.0.len())
    }
}

/// Why a store did not do what it was asked. It holds no data and no other library's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, or cannot do it now.
    #[error("the store is unavailable: {what}")]
    Unavailable {
        /// What went wrong, for the operator.
        what: &'static str,
    },
    /// There is no room for the record, or it is longer than [`Record::MAX_LEN`].
    #[error("the store has no room for this record")]
    Full,
    /// What is there was sealed with a key that the keyring does not have, for another place, or was altered.
    #[error(
        "the record cannot be opened: the keyring lacks the key that sealed it (keep the old key with `and_opens` \
         when you change keys), or the store gave bytes that were not put there"
    )]
    Unreadable,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Entropy,
}
