//! Sealing: what is kept outside this process can be neither read nor altered nor moved there.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::{AeadInOut as _, KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::encode::length_prefixed;
use crate::store::StoreError;

/// The format of what is sealed: version ‖ key id ‖ nonce ‖ ciphertext ‖ tag.
const VERSION: u8 = 1;
const KEY_LEN: usize = 32;
/// Enough to tell a handful of keys apart; where two have the same, both are tried.
const KEY_ID_LEN: usize = 4;
/// So long that it can be chosen at random each time: no two will be the same.
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// Keys that seal and open: XChaCha20-Poly1305, with what the text is for and whom it belongs to authenticated.
///
/// A clone shares the keys. They are wiped when the last one is dropped, and `Debug` shows none.
#[derive(Clone)]
pub struct Keyring {
    seals: Arc<SealingKey>,
    /// Shared, so that no growth of the list copies a key.
    older: Vec<Arc<SealingKey>>,
}

impl Keyring {
    /// A keyring of one key: 64 hexadecimal digits, as `openssl rand -hex 32` prints. White space around them does not
    /// count.
    ///
    /// Every replica has the same key. It opens everything that is kept: treat it as you treat the app secret.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with the text, without quoting it.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        Ok(Self::of(SealingKey::from_hex(text)?))
    }

    /// A keyring of one new key, for this process alone: what it seals is lost when the process ends.
    ///
    /// # Errors
    /// [`StoreError::Entropy`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self, StoreError> {
        Ok(Self::of(SealingKey::generate()?))
    }

    /// Also opens what this older key has sealed. To change keys: every replica gets the new key with the old one
    /// here; when all that the old one sealed is over (30 days for grants), take it away.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with the text, without quoting it.
    pub fn and_opens(mut self, old_hex: &str) -> Result<Self, KeyError> {
        self.older.push(Arc::new(SealingKey::from_hex(old_hex)?));
        Ok(self)
    }

    /// Seals a text for one purpose (`kind`) and the names it belongs to (`bound_to`). Only [`open`](Self::open) with
    /// the same purpose and names gives it back. What is sealed twice looks different each time; its length shows.
    ///
    /// # Errors
    /// [`StoreError::Entropy`] when the operating system gives no random bytes; [`StoreError::Full`] when the text is
    /// longer than the cipher takes (256 GiB).
    pub fn seal(&self, kind: &str, bound_to: &[&str], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::Entropy)?;

        // The exact size: a vector that grows would leave a copy of the text behind.
        let mut sealed = Vec::with_capacity(HEADER_LEN + plain.len() + TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.seals.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .seals
            .cipher()
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &associated(kind, bound_to),
                (&mut sealed[HEADER_LEN..]).into(),
            )
            .map_err(|_| StoreError::Full)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// The text, if one of the keys sealed it for this purpose and these names, and nothing was altered since.
    #[must_use]
    pub fn open(&self, kind: &str, bound_to: &[&str], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&version, rest) = sealed.split_first()?;
        if version != VERSION {
            return None;
        }
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_LEN>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let (nonce, tag) = (XNonce::from(*nonce), Tag::from(*tag));
        let associated = associated(kind, bound_to);
        self.keys().filter(|key| key.id == *key_id).find_map(|key| {
            let mut plain = Zeroizing::new(ciphertext.to_vec());
            let buffer = plain.as_mut_slice().into();
            key.cipher().decrypt_inout_detached(&nonce, &associated, buffer, &tag).ok()?;
            Some(plain)
        })
    }

    fn of(key: SealingKey) -> Self {
        Self { seals: Arc::new(key), older: Vec::new() }
    }

    /// Every key that opens, the newest first.
    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.seals).chain(&self.older).map(Arc::as_ref)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} redacted)", self.keys().count())
    }
}

/// What is authenticated beside the text: the format, the purpose, and each name, none of which can run into another.
fn associated(kind: &str, bound_to: &[&str]) -> Zeroizing<Vec<u8>> {
    let mut texts = vec!["wechat-oauth sealed 1", kind];
    texts.extend_from_slice(bound_to);
    length_prefixed(&texts)
}

/// One key. Its bytes stay where they were first written: in a box of their own.
struct SealingKey {
    id: [u8; KEY_ID_LEN],
    bytes: Box<Zeroizing<[u8; KEY_LEN]>>,
}

impl SealingKey {
    fn from_hex(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim_ascii().as_bytes();
        if digits.is_empty() {
            return Err(KeyError::Empty);
        }
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(KeyError::Digit);
        }
        if digits.len() != 2 * KEY_LEN {
            return Err(KeyError::Length { found: digits.len() });
        }
        let mut bytes = Box::new(Zeroizing::new([0; KEY_LEN]));
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, &digit| byte << 4 | value_of(digit));
        }
        Ok(Self::of(bytes))
    }

    fn generate() -> Result<Self, StoreError> {
        let mut bytes = Box::new(Zeroizing::new([0; KEY_LEN]));
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| StoreError::Entropy)?;
        Ok(Self::of(bytes))
    }

    fn of(bytes: Box<Zeroizing<[u8; KEY_LEN]>>) -> Self {
        let hash: [u8; 32] = Sha256::digest(bytes.as_slice()).into();
        let [a, b, c, d, ..] = hash;
        Self { id: [a, b, c, d], bytes }
    }

    /// Wiped when dropped.
    fn cipher(&self) -> XChaCha20Poly1305 {
        let bytes: &[u8; KEY_LEN] = &self.bytes;
        XChaCha20Poly1305::new(bytes.into())
    }
}

/// The value of a hexadecimal digit.
const fn value_of(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// A key was refused. It says what was wrong, and holds nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing was given.
    #[error("the key is empty: it must be 64 hexadecimal digits, as `openssl rand -hex 32` prints")]
    Empty,
    /// Not as many digits as a key has.
    #[error("the key has {found} hexadecimal digits: it must have 64, as `openssl rand -hex 32` prints")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// Something else than a digit or a letter from a to f.
    #[error(
        "the key has a character other than 0-9, a-f and A-F: it must be 64 hexadecimal digits, as \
         `openssl rand -hex 32` prints"
    )]
    Digit,
}
