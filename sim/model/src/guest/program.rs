//! Programs the guest runs on the agent's behalf.

use std::time::Duration;

use super::Guest;
use super::errno::Errno;
use super::fs::task::Task;

/// The permission bits of which one makes a file a program.
const ANY_EXECUTE: u16 = 0o111;

impl Guest {
    /// access(2) for executing: whether a path leads to a program.
    ///
    /// # Errors
    /// ENOENT and the like if it leads nowhere, EACCES if it is no program.
    pub fn access_program(&mut self, task: &mut Task, path: &[u8]) -> Result<(), Errno> {
        match self.fs.calls(task).stat(path) {
            Ok(stat) if stat.mode & ANY_EXECUTE == 0 => Err(Errno::EACCES),
            Ok(_) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}

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
