//! Numbers out of a seed: the same run again, as far as the machine allows.

/// A stream of numbers (`SplitMix64`). Nothing secret depends on it.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of this subject: each has its own, whatever order things happen in.
    #[must_use]
    pub fn of(seed: u64, subject: &str) -> Self {
        // FNV-1a.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(subject.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, hash))
    }

    /// The stream of these numbers: each row has its own.
    #[must_use]
    pub fn of_numbers(numbers: &[u64]) -> Self {
        let mut random = Self(0x5eed);
        for number in numbers {
            random.0 = random.next() ^ number;
        }
        random
    }

    /// Another stream, one of many beside this one.
    #[must_use]
    pub fn branch(mut self, number: u64) -> Self {
        Self(self.next() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// A number below `end`; 0 when there is none.
    #[allow(clippy::cast_possible_truncation)] // a remainder of a usize fits into one
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Yes, in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.between(1, 100) <= chance
    }

    /// One of these; `None` of none.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_subject_give_the_same_numbers_and_others_give_others() {
        let numbers = |mut random: Random| [(); 8].map(|()| random.next());
        let of = |seed, subject| numbers(Random::of(seed, subject));
        assert_eq!(of(1, "a"), of(1, "a"));
        assert_ne!(of(1, "a"), of(2, "a"));
        assert_ne!(of(1, "a"), of(1, "b"));
        let of = |row: &[u64]| numbers(Random::of_numbers(row));
        assert_eq!(of(&[1, 2]), of(&[1, 2]));
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[1]), of(&[1, 0]));
    }

    #[test]
    fn chances_and_choices_are_about_right() {
        let mut random = Random::of(1, "chances");
        let hits = (0..10_000).filter(|_| random.percent(30)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[random.one_of(&[0, 1, 2]).unwrap()] = true;
        }
        assert_eq!(seen, [true; 3]);
        assert_eq!(random.one_of::<u8>(&[]), None);
    }
}
