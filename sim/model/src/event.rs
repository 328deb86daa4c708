//! What whoever embeds the agent can see besides the bytes.

/// How a guest is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShutdownMode {
    /// Stop the processor, stay powered.
    Halt,
    /// Switch off.
    Powerdown,
    /// Start again.
    Reboot,
}

/// How a guest is put to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuspendMode {
    /// To disk.
    Disk,
    /// To memory.
    Ram,
    /// To both.
    Hybrid,
}

/// Something that happened to the simulated machine or its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The guest was told to stop and will.
    Shutdown(ShutdownMode),
    /// The guest went to sleep.
    Suspended(SuspendMode),
    /// Filesystems were frozen: how many.
    Frozen(i64),
    /// Filesystems were thawed: how many.
    Thawed(i64),
    /// The freeze ended by itself after its time limit: how many were thawed.
    ThawedByTimer(i64),
    /// The agent process died, as the real one does here: why.
    Died(&'static str),
}
