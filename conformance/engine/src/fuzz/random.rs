//! Where choices come from: SplitMix64, a stream of numbers for each case.

/// A stream of numbers that a seed and the number of a case determine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of a case. Streams of neighbouring cases have nothing in common.
    pub fn new(seed: u64, case: u64) -> Random {
        let mut random = Random {
            state: seed ^ case.wrapping_mul(0xD1B5_4A32_D192_ED03),
        };
        random.number();
        random
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let wide = u128::from(self.number()) * limit as u128;
        (wide >> 64) as usize
    }

    /// True one time in `count`.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of them.
    ///
    /// # Panics
    /// There is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// The next bytes, eight of each number.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count.next_multiple_of(8));
        while bytes.len() < count {
            bytes.extend_from_slice(&self.number().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: u64 = 0xEC0634B9E4112A4C;

    #[test]
    fn a_case_has_the_same_stream_everywhere() {
        let mut random = Random::new(1, 7);
        assert_eq!([random.number(), random.number()], [FIRST, 0x9F4C2E082C8D4690]);
        assert_ne!(Random::new(1, 8).number(), FIRST);
        assert_ne!(Random::new(2, 7).number(), FIRST);
    }

    #[test]
    fn bytes_are_those_of_the_numbers() {
        let (mut random, mut same) = (Random::new(1, 7), Random::new(1, 7));
        let expected = [same.number().to_le_bytes(), same.number().to_le_bytes()].concat();
        assert_eq!(random.bytes(11), expected[..11]);
        assert_eq!(random, same);
        assert!(random.bytes(0).is_empty());
    }

    #[test]
    fn numbers_stay_below_their_limit_and_reach_it() {
        let mut random = Random::new(0, 0);
        let mut seen = [0; 3];
        (0..300).for_each(|_| seen[random.below(3)] += 1);
        assert!(seen.iter().all(|it| *it > 50), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }
}
