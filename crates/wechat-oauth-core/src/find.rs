//! Finding bytes in texts that are short, and read at every login.

/// The place of the first of two bytes, or the length.
#[inline(never)] // so that the loop has the registers for itself
pub(crate) fn either(text: &[u8], one: u8, other: u8) -> usize {
    /// A byte eight times, to compare it with eight at once.
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // The highest bit of each byte that is zero, and perhaps of some behind the first of them.
    let zeros = |word: u64| word.wrapping_sub(each(1)) & !word & each(0x80);
    let (words, rest) = text.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ each(one)) | zeros(word ^ each(other));
        if found != 0 {
            return 8 * place + found.trailing_zeros() as usize / 8;
        }
    }
    let place = rest.iter().position(|byte| *byte == one || *byte == other);
    8 * words.len() + place.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_of_two_bytes_is_found(text in prop::collection::vec(any::<u8>(), 0..64), one: u8, other: u8) {
            let place = text.iter().position(|byte| [one, other].contains(byte)).unwrap_or(text.len());
            prop_assert_eq!(either(&text, one, other), place);
        }

        #[test]
        fn a_byte_beside_the_one_looked_for_is_not_found(text in "[\u{0}\u{1}\u{21}-\u{23}\u{5b}-\u{5d}\u{7f}é]{0,40}") {
            let place = text.find(['"', '\\']).unwrap_or(text.len());
            prop_assert_eq!(either(text.as_bytes(), b'"', b'\\'), place);
        }
    }
}
