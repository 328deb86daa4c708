//! Why a command returns no value.

use crate::message::CommandError;

/// Why a command returns no value.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is answered with an error.
    Refused(CommandError),
    /// The real agent now waits in the kernel and serves nobody. Nothing has
    /// happened yet: the same request is tried again when the guest has changed.
    Hangs,
    /// The real agent dies here: why.
    Dies(&'static str),
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Stop {
        Stop::Refused(error)
    }
}
