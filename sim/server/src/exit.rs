//! How the process ends.

use std::process::ExitCode;

/// It was told to end, or did what it was asked: SIGTERM, SIGINT, `--help`,
/// `--version`, `--dump-conf`.
pub const DONE: u8 = 0;

/// As the real agent: a mistake among its own options or in its configuration
/// file, or a channel, log file or state folder that cannot be used.
pub const FAILED: u8 = 1;

/// A mistake in one of the simulator's own options, in its environment, or in a
/// guest image.
pub const USAGE: u8 = 2;

/// The emulated agent died of what a client sent, where a signal ends the real one.
/// Whichever that is, a shell's word for SIGABRT stands for all; the record says why.
pub const AGENT_DIED: u8 = 134;

/// The status as the main function gives it back.
pub(crate) fn code(status: u8) -> ExitCode {
    ExitCode::from(status)
}
