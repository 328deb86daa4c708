//! A run cut into parts, so that several machines can share it.

use serde::{Deserialize, Serialize};

/// Which parts of a run a report holds. Part 1 of 3 has the first script, the fourth,
/// the seventh and so on, part 2 the second, the fifth…
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Shards {
    /// Into how many parts the run was cut.
    pub of: u32,
    /// The numbers of the parts that are here, counted from 1, in order.
    pub ran: Vec<u32>,
}

impl Shards {
    /// Whether every part is here.
    pub fn is_whole(&self) -> bool {
        self.missing().is_empty()
    }

    /// The numbers of the parts that are not here.
    pub fn missing(&self) -> Vec<u32> {
        (1..=self.of).filter(|it| !self.ran.contains(it)).collect()
    }

    /// Which parts are here, in words: `parts 1-3, 5 of 5`.
    pub fn words(&self) -> String {
        if self.is_whole() {
            return format!("all {} parts", self.of);
        }
        let spans = spans(&self.ran);
        let noun = if self.ran.len() == 1 { "part" } else { "parts" };
        let between = if self.ran.len() == 2 { " and " } else { ", " };
        format!("{noun} {} of {}", spans.join(between), self.of)
    }

    /// Where in the whole the script stands that is number `at`, counted from 0, of
    /// these parts together.
    pub(super) fn place(&self, at: usize) -> usize {
        match self.ran.get(at % self.ran.len().max(1)) {
            Some(part) => at / self.ran.len() * self.of as usize + (*part as usize).saturating_sub(1),
            None => at,
        }
    }
}

/// Numbers in order, three and more that follow each other as the first and the last.
fn spans(numbers: &[u32]) -> Vec<String> {
    let follow = |one: &u32, next: &u32| one.checked_add(1) == Some(*next);
    let runs = numbers.chunk_by(follow);
    let words = runs.flat_map(|it| match it {
        [first, _, .., last] => vec![format!("{first}-{last}")],
        few => few.iter().map(ToString::to_string).collect(),
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[2], "part 2 of 5")]
    #[case(&[1, 3], "parts 1 and 3 of 5")]
    #[case(&[1, 2], "parts 1 and 2 of 5")]
    #[case(&[1, 2, 4], "parts 1, 2, 4 of 5")]
    #[case(&[1, 2, 3, 5], "parts 1-3, 5 of 5")]
    #[case(&[2, 3, 4, 5], "parts 2-5 of 5")]
    #[case(&[1, 2, 3, 4, 5], "all 5 parts")]
    fn parts_are_named(#[case] ran: &[u32], #[case] words: &str) {
        let shards = Shards {
            of: 5,
            ran: ran.to_vec(),
        };
        assert_eq!(shards.words(), words);
    }
}
