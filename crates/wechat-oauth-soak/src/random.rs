//! Numbers out of a seed: the same run again, as far as the machine allows.

/// A stream of numbers (`SplitMix64`). Nothing secret depends on it.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of these numbers: each row has its own, whatever order things happen in.
    pub(crate) fn of(numbers: &[u64]) -> Self {
        let mut random = Self(0x5eed);
        for number in numbers {
            random.0 = random.next() ^ number;
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Yes, in so many of a hundred cases.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // A remainder of a usize fits into one.
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of these.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_stream_and_others_give_others() {
        let stream = |numbers: &[u64]| {
            let mut random = Random::of(numbers);
            [(); 8].map(|()| random.next())
        };
        assert_eq!(stream(&[1, 2]), stream(&[1, 2]));
        assert_ne!(stream(&[1, 2]), stream(&[2, 1]));
        assert_ne!(stream(&[1]), stream(&[1, 0]));
    }

    #[test]
    fn chances_and_choices_are_about_right() {
        let mut random = Random::of(&[1]);
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
