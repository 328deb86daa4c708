//! What the guest can run.
//!
//! A program is a state machine. Each turn does a little and says what then: go
//! on, wait for something, or end. It touches the machine only through its
//! system calls, so that everything it does happens at its time: a file appears
//! when the program gets to it, a pipe that is full makes it wait, a signal ends
//! it on its way.
//!
//! - [`load`]: from a file to the program in it;
//! - [`section`]: what an image says of programs;
//! - [`scripted`]: programs whose doings an image lists.
//!
//! The shell and the common tools are programs too: `guest::shell`, `guest::tools`.

pub(crate) mod load;
pub(crate) mod scripted;
pub(crate) mod section;

use std::fmt::Debug;
use std::time::Duration;

use super::errno::{Errno, SysError};
use super::fs::inode::InodeId;
use super::process::sys::Sys;
use crate::time::Time;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this status, 0 to 255.
    Exited(u8),
    /// By this signal.
    Signalled(u8),
}

/// How long a child takes that does not end.
pub const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What became of a program that was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote, both streams together.
    pub output: Vec<u8>,
    /// How long it ran; [`NEVER`] if it does not end.
    pub duration: Duration,
    /// How long until nobody could write to its output any more: what it left
    /// running may hold it.
    pub output_open: Duration,
}

/// A program that runs.
pub(crate) trait Program: Debug + Send + Sync {
    /// Does a little. Programs must bound what they do in a turn.
    fn turn(&mut self, sys: &mut Sys<'_>) -> Turn;

    /// A copy, for a copy of the machine.
    fn duplicate(&self) -> Box<dyn Program>;

    /// Bytes it keeps, as far as they depend on what it was given. It must not take
    /// long to tell.
    fn memory_bytes(&self) -> usize {
        0
    }
}

impl Clone for Box<dyn Program> {
    fn clone(&self) -> Box<dyn Program> {
        self.duplicate()
    }
}

/// What comes after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The next turn.
    Again,
    /// The next turn, when this has come.
    Wait(Wait),
    /// The end, with a status.
    Exit(u8),
}

/// What a program waits for. It may be woken early, and then looks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A point in time.
    Until(Time),
    /// Somebody reads from, writes to, opens or closes this pipe.
    Pipe(InodeId),
    /// One of its children ends.
    Child,
    /// A filesystem thaws.
    Thaw,
    /// A signal.
    Signal,
}

/// Why a program's system call gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It failed.
    Errno(Errno),
    /// It must be made again when this has come. It did nothing yet.
    Wait(Wait),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Fault {
        Fault::Errno(errno)
    }
}

impl From<SysError> for Fault {
    fn from(error: SysError) -> Fault {
        match error {
            SysError::Errno(errno) => Fault::Errno(errno),
            SysError::Hangs(_) => Fault::Wait(Wait::Thaw),
        }
    }
}
