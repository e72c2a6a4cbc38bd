//! Lists of texts as bytes: each with its length before it, so that no two lists become the same bytes.

use zeroize::Zeroizing;

/// The size of a length: 64 bits, whatever machine wrote it.
const PREFIX: usize = size_of::<u64>();

/// The texts, each after its length (little-endian). Wiped, as it may hold what binds a browser.
pub(crate) fn length_prefixed(texts: &[&str]) -> Zeroizing<Vec<u8>> {
    // The exact size: a vector that grows leaves copies behind.
    let size = texts.iter().map(|text| PREFIX + text.len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}
