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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_that_only_joining_makes_alike_stay_different() {
        let lists: [&[&str]; 9] = [
            &[],
            &[""],
            &["", ""],
            &["ab"],
            &["a", "b"],
            &["", "ab"],
            &["ab", ""],
            &["\u{1}\0\0\0\0\0\0\0a"],
            &["a\u{1}\0\0\0\0\0\0\0b"],
        ];
        let encoded: BTreeSet<_> = lists.iter().map(|list| length_prefixed(list).to_vec()).collect();
        assert_eq!(encoded.len(), lists.len());
    }

    #[test]
    fn the_buffer_never_grew() {
        let bytes = length_prefixed(&["store grant", "wx0123456789abcdef", ""]);
        assert_eq!(bytes.len(), bytes.capacity());
    }

    fn list() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ab\u{0}\u{1}]{0,3}", 0..4)
    }

    proptest! {
        #[test]
        fn two_lists_are_the_same_bytes_only_when_they_are_the_same(one in list(), other in list()) {
            let encode = |list: &[String]| {
                length_prefixed(&list.iter().map(String::as_str).collect::<Vec<_>>()).to_vec()
            };
            prop_assert_eq!(encode(&one) == encode(&other), one == other);
        }
    }
}
