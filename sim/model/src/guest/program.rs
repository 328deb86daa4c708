//! Programs the guest runs on the agent's behalf.

use std::time::Duration;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this status, 0 to 255.
    Exited(u8),
    /// By this signal.
    Signalled(u8),
}

/// What became of a program that was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote, both streams together.
    pub output: Vec<u8>,
    /// How long it ran.
    pub duration: Duration,
}
