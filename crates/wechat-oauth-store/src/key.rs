//! Where a record is: hashes, so that a store's dump names nobody.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::encode::length_prefixed;

/// What every key begins with, so that it is found among a shared store's other keys.
const PREFIX: &str = "wechat-oauth";

/// How long a hash is as text: 32 bytes in base64url without padding.
const HASH_LEN: usize = 43;

/// What a record is about. A store keeps the kinds apart, and treats them alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A callback that is being answered or was: for minutes.
    Callback,
    /// Somebody's grant: for a month.
    Grant,
}

impl Kind {
    /// As it stands in a key: `callback`, `grant`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Grant => "grant",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a record is: its [kind](Kind), whose it is, and which one. Two records are the same when all three are.
///
/// Owner and id are SHA-256 hashes as text, 43 characters of `A-Za-z0-9-_` (the case counts): always of one length,
/// nothing to escape, and nobody's name. `Display` gives the whole key:
/// ```
/// use wechat_oauth_store::{Key, Kind};
///
/// let key = Key::new(Kind::Grant, &["wx0123456789abcdef"], &["an-openid"]);
/// let text = key.to_string();
/// assert_eq!(text, format!("wechat-oauth:grant:{}:{}", key.owner(), key.id()));
/// assert_eq!((key.owner().len(), key.id().len()), (43, 43));
/// ```
/// A clone costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    kind: Kind,
    /// The whole key; its last two parts have a fixed length.
    text: Arc<str>,
}

impl Key {
    /// The key of a record by what it is about: the parts are hashed. No two lists of parts have the same key.
    #[must_use]
    pub fn new(kind: Kind, owner: &[&str], id: &[&str]) -> Self {
        Self::of_hashes(kind, &hash("owner", owner), &hash("id", id))
    }

    pub(crate) fn of_hashes(kind: Kind, owner: &str, id: &str) -> Self {
        Self { kind, text: format!("{PREFIX}:{kind}:{owner}:{id}").into() }
    }

    /// What the record is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose the record is: a browser's, or an app's. 43 characters.
    #[must_use]
    pub fn owner(&self) -> &str {
        let end = self.text.len() - HASH_LEN - 1;
        &self.text[end - HASH_LEN..end]
    }

    /// Which one of the owner's records it is. 43 characters.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[self.text.len() - HASH_LEN..]
    }

    /// The whole key, as `Display` writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The hash of a list of parts. The part of the key that it is for is hashed too: who sees both cannot tell that the
/// same text stands in both.
fn hash(part_of_key: &str, parts: &[&str]) -> String {
    let mut texts = vec![PREFIX, part_of_key];
    texts.extend_from_slice(parts);
    URL_SAFE_NO_PAD.encode(Sha256::digest(length_prefixed(&texts)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_key_stays_the_same_from_one_version_to_the_next() {
        let key = Key::new(Kind::Grant, &["wx0123456789abcdef"], &["an-openid"]);
        assert_eq!(key.owner(), "eyfbBdGw0IY9TUBF8LJ_6anpt8HwgFCVWi_otcHUVYI");
        assert_eq!(key.id(), "eP-uHnfBaqYQlnMoGLTxLdVpR0ZYuUaEoZ2j3jpnIEE");
        assert_eq!(key.as_str(), format!("wechat-oauth:grant:{}:{}", key.owner(), key.id()));
        assert_eq!(key.kind(), Kind::Grant);
    }

    #[test]
    fn whatever_the_parts_are_a_key_has_one_length_and_one_alphabet() {
        let long = "o".repeat(4096);
        let parts: [&[&str]; 6] = [&[], &[""], &["__proto__"], &["a\r\nDEL *"], &["*", "?", "%"], &[&long]];
        for part in parts {
            for hash in [Key::new(Kind::Grant, part, &[]).owner(), Key::new(Kind::Grant, &[], part).id()] {
                assert_eq!(hash.len(), HASH_LEN);
                assert!(hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            }
        }
    }

    #[test]
    fn no_two_lists_of_parts_share_a_key() {
        let lists: [&[&str]; 6] = [&[], &[""], &["ab"], &["a", "b"], &["b", "a"], &["", "ab"]];
        let keys: BTreeSet<_> = lists
            .iter()
            .flat_map(|owner| lists.iter().map(|id| Key::new(Kind::Callback, owner, id)))
            .collect();
        assert_eq!(keys.len(), lists.len() * lists.len());
    }

    #[test]
    fn an_owner_and_an_id_of_the_same_parts_look_different() {
        let key = Key::new(Kind::Callback, &["same"], &["same"]);
        assert_ne!(key.owner(), key.id());
    }

    #[test]
    fn the_kind_is_told_by_the_key_alone() {
        let [callback, grant] = [Kind::Callback, Kind::Grant].map(|kind| Key::new(kind, &["a"], &["b"]));
        assert_ne!(callback, grant);
        // So that a store that forgets the kind is found out.
        assert_eq!((callback.owner(), callback.id()), (grant.owner(), grant.id()));
    }
}
