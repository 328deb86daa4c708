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

    /// Where in the whole the script stands that is number `at`, counted from 0, of
    /// these parts together.
    pub(super) fn place(&self, at: usize) -> usize {
        match self.ran.get(at % self.ran.len().max(1)) {
            Some(part) => at / self.ran.len() * self.of as usize + (*part as usize).saturating_sub(1),
            None => at,
        }
    }
}
