//! Whether and how long the machine sleeps.

use serde::Deserialize;

/// `[suspend]` of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SuspendSection {
    /// The kinds of sleep its kernel knows.
    pub modes: Vec<Sleep>,
    /// Whether programs put it to sleep; otherwise the agent writes to the kernel's file.
    pub helper: bool,
    /// The kernel refuses to sleep.
    pub fails: bool,
    /// Those of its modes that the kernel refuses, as it does a sleep on disk without
    /// swap.
    pub refused: Vec<Sleep>,
    /// After so many seconds something wakes it.
    pub wakes_after_seconds: u64,
}

/// A kind of sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sleep {
    /// The memory stays powered.
    Ram,
    /// The memory is kept on the disk.
    Disk,
    /// Both.
    Hybrid,
}

impl SuspendSection {
    /// Whether the kernel refuses this sleep, of which it knows.
    pub fn refuses(&self, sleep: Sleep) -> bool {
        self.fails || self.refused.contains(&sleep)
    }
}

impl Default for SuspendSection {
    fn default() -> SuspendSection {
        SuspendSection {
            modes: vec![Sleep::Ram, Sleep::Disk],
            helper: true,
            fails: false,
            refused: Vec::new(),
            wakes_after_seconds: 1,
        }
    }
}
