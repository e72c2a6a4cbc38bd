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
    others: Vec<Arc<SealingKey>>,
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

    /// Also opens what this other key has sealed: see [how to change the key](crate#changing-the-key).
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with the text, without quoting it.
    pub fn and_opens(mut self, other_hex: &str) -> Result<Self, KeyError> {
        self.others.push(Arc::new(SealingKey::from_hex(other_hex)?));
        Ok(self)
    }

    /// Seals a text for one purpose and the names it belongs to (`bound_to`). Only [`open`](Self::open) with
    /// the same purpose and names gives it back. What is sealed twice looks different each time; its length shows.
    ///
    /// # Errors
    /// [`StoreError::Entropy`] when the operating system gives no random bytes; [`StoreError::Full`] when the text is
    /// longer than the cipher takes (256 GiB).
    pub fn seal(&self, purpose: &str, bound_to: &[&str], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
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
                &associated(purpose, bound_to),
                (&mut sealed[HEADER_LEN..]).into(),
            )
            .map_err(|_| StoreError::Full)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// The text, if one of the keys sealed it for this purpose and these names, and nothing was altered since.
    #[must_use]
    pub fn open(&self, purpose: &str, bound_to: &[&str], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&version, rest) = sealed.split_first()?;
        if version != VERSION {
            return None;
        }
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_LEN>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let (nonce, tag) = (XNonce::from(*nonce), Tag::from(*tag));
        let associated = associated(purpose, bound_to);
        self.keys().filter(|key| key.id == *key_id).find_map(|key| {
            let mut plain = Zeroizing::new(ciphertext.to_vec());
            let buffer = plain.as_mut_slice().into();
            key.cipher().decrypt_inout_detached(&nonce, &associated, buffer, &tag).ok()?;
            Some(plain)
        })
    }

    fn of(key: SealingKey) -> Self {
        Self { seals: Arc::new(key), others: Vec::new() }
    }

    /// Every key that opens.
    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.seals).chain(&self.others).map(Arc::as_ref)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} redacted)", self.keys().count())
    }
}

/// What is authenticated beside the text: the format, the purpose, and each name, none of which can run into another.
fn associated(purpose: &str, bound_to: &[&str]) -> Zeroizing<Vec<u8>> {
    let mut texts = vec!["wechat-oauth sealed 1", purpose];
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes 0 to 31.
    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn ring(digit: &str) -> Keyring {
        Keyring::from_hex(&digit.repeat(64)).unwrap()
    }

    fn opened(ring: &Keyring, purpose: &str, bound_to: &[&str], sealed: &[u8]) -> Option<Vec<u8>> {
        ring.open(purpose, bound_to, sealed).map(|plain| plain.to_vec())
    }

    #[test]
    fn what_was_sealed_opens() {
        let ring = Keyring::generate().unwrap();
        let all_bytes: Vec<u8> = (0..=u8::MAX).cycle().take(64 * 1024).collect();
        for plain in [&b""[..], b"a", b"\0\0", &all_bytes] {
            let sealed = ring.seal("session", &["wx0123456789abcdef"], plain).unwrap();
            assert_eq!(sealed.len(), HEADER_LEN + plain.len() + TAG_LEN);
            assert_eq!(sealed.len(), sealed.capacity(), "the buffer grew, and left a copy behind");
            assert_eq!(opened(&ring, "session", &["wx0123456789abcdef"], &sealed).as_deref(), Some(plain));
        }
    }

    #[test]
    fn what_another_implementation_sealed_opens() {
        let sealed = "01630dcd296465666768696a6b6c6d6e6f707172737475767778797a7b98ce59555a93a5a2a557ef5ec81b9f\
                      e2ae6e99b6d1709ee3ef5066f0cc580d";
        let sealed: Vec<u8> = sealed
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let bound_to = ["1", "wx0123456789abcdef", "an-openid"];
        let plain = opened(&Keyring::from_hex(KEY).unwrap(), "store grant", &bound_to, &sealed);
        assert_eq!(plain.as_deref(), Some("你好, \"grant\"".as_bytes()));
    }

    #[test]
    fn two_seals_of_one_text_differ_in_all_but_the_header() {
        let ring = ring("a");
        let [one, other] = [(); 2].map(|()| ring.seal("session", &[], b"the same text").unwrap());
        assert_eq!(one[..1 + KEY_ID_LEN], other[..1 + KEY_ID_LEN]);
        assert_ne!(one[1 + KEY_ID_LEN..HEADER_LEN], other[1 + KEY_ID_LEN..HEADER_LEN]);
        assert_ne!(one[HEADER_LEN..], other[HEADER_LEN..]);
    }

    #[test]
    fn what_was_altered_anywhere_does_not_open() {
        let ring = ring("a").and_opens(&"b".repeat(64)).unwrap();
        let sealed = ring.seal("session", &["somebody"], b"who it is").unwrap();
        for index in 0..sealed.len() {
            for bit in 0..8 {
                let mut altered = sealed.clone();
                altered[index] ^= 1 << bit;
                assert_eq!(
                    opened(&ring, "session", &["somebody"], &altered),
                    None,
                    "byte {index}, bit {bit}"
                );
            }
        }
        for length in 0..sealed.len() {
            assert_eq!(opened(&ring, "session", &["somebody"], &sealed[..length]), None, "cut to {length}");
            assert_eq!(opened(&ring, "session", &["somebody"], &sealed[length + 1..]), None, "from {length}");
        }
        let longer = [sealed.as_slice(), b"\0"].concat();
        assert_eq!(opened(&ring, "session", &["somebody"], &longer), None);
    }

    #[test]
    fn what_is_sealed_for_one_purpose_and_name_opens_for_no_other() {
        let purposes: [(&str, &[&str]); 14] = [
            ("session", &[]),
            ("session", &[""]),
            ("session", &["", ""]),
            ("session", &["wx1", "o1"]),
            ("session", &["o1", "wx1"]),
            ("session", &["wx1o1"]),
            ("session", &["wx", "1o1"]),
            ("session", &["wx1", "o1", ""]),
            ("session", &["wx1"]),
            ("sessionwx1", &["o1"]),
            ("pending", &["wx1", "o1"]),
            ("store grant", &["wx1", "o1"]),
            ("store callback", &["wx1", "o1"]),
            ("", &["session", "wx1", "o1"]),
        ];
        let ring = Keyring::generate().unwrap();
        for (sealed_for, (purpose, bound_to)) in purposes.iter().enumerate() {
            let sealed = ring.seal(purpose, bound_to, b"text").unwrap();
            for (opened_for, (purpose, bound_to)) in purposes.iter().enumerate() {
                let opens = ring.open(purpose, bound_to, &sealed).is_some();
                assert_eq!(opens, sealed_for == opened_for, "{sealed_for} {opened_for}");
            }
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_ones_still_open() {
        let (first, second) = (ring("1"), ring("2").and_opens(&"1".repeat(64)).unwrap());
        let third = ring("3").and_opens(&"2".repeat(64)).unwrap().and_opens(&"1".repeat(64)).unwrap();
        let by_first = first.seal("session", &[], b"first").unwrap();
        let by_second = second.seal("session", &[], b"second").unwrap();
        let by_third = third.seal("session", &[], b"third").unwrap();
        let opens = |ring: &Keyring| {
            [&by_first, &by_second, &by_third].map(|sealed| ring.open("session", &[], sealed).is_some())
        };
        assert_eq!(opens(&first), [true, false, false]);
        assert_eq!(opens(&second), [true, true, false]);
        assert_eq!(opens(&third), [true, true, true]);
        assert_eq!(opens(&ring("3")), [false, false, true], "the old keys are gone");
        assert_eq!(opens(&Keyring::generate().unwrap()), [false; 3]);
    }

    #[test]
    fn keys_of_the_same_id_are_all_tried() {
        let alike = |digit: &str| {
            let mut key = SealingKey::from_hex(&digit.repeat(64)).unwrap();
            key.id = [7; KEY_ID_LEN];
            key
        };
        let old = Keyring::of(alike("1"));
        let mut new = Keyring::of(alike("2"));
        new.others.push(Arc::new(alike("1")));
        let sealed = old.seal("session", &[], b"text").unwrap();
        assert_eq!(opened(&new, "session", &[], &sealed).as_deref(), Some(&b"text"[..]));
        assert_eq!(opened(&Keyring::of(alike("2")), "session", &[], &sealed), None);
    }

    #[test]
    fn a_clone_has_the_same_keys() {
        let ring = Keyring::generate().unwrap();
        let sealed = ring.clone().seal("session", &[], b"text").unwrap();
        assert!(ring.open("session", &[], &sealed).is_some());
    }

    #[test]
    fn a_key_is_read_in_either_case_and_with_the_line_end_that_comes_with_it() {
        let sealed = Keyring::from_hex(KEY).unwrap().seal("session", &[], b"text").unwrap();
        for text in [KEY.to_uppercase(), format!("{KEY}\n"), format!(" {KEY}\r\n")] {
            assert!(Keyring::from_hex(&text).unwrap().open("session", &[], &sealed).is_some(), "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_with_what_to_do() {
        let too_long = "a".repeat(65);
        let cases = [
            ("", KeyError::Empty),
            (" \n", KeyError::Empty),
            (&KEY[1..], KeyError::Length { found: 63 }),
            (&too_long, KeyError::Length { found: 65 }),
            (&KEY.replace('f', "g"), KeyError::Digit),
            (&KEY.replacen("0001", "0x01", 1), KeyError::Digit),
            (&KEY.replacen("00", "00 ", 1), KeyError::Digit),
            (&KEY.replacen("00", "é", 1), KeyError::Digit),
            ("change me, please", KeyError::Digit),
        ];
        for (text, expected) in cases {
            assert_eq!(Keyring::from_hex(text).unwrap_err(), expected, "{text:?}");
            assert_eq!(ring("a").and_opens(text).unwrap_err(), expected, "{text:?}");
            let message = format!("{expected} {expected:?}");
            assert!(message.contains("`openssl rand -hex 32`"), "{message}");
            assert!(text.trim().is_empty() || !message.contains(text), "{message}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = Keyring::from_hex(KEY).unwrap().and_opens(&"b".repeat(64)).unwrap();
        assert_eq!(format!("{ring:?}"), "Keyring(2 redacted)");
    }
}
