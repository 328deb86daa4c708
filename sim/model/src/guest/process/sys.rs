//! The system calls of a process.
//!
//! Calls on paths go to the filesystems as they are ([`Sys::calls`]). Calls on
//! descriptors are made here, since what is open is shared between processes.
//!
//! - `descriptors`, `opening`: files;
//! - `children`: processes.

mod children;
mod descriptors;
mod opening;

pub(crate) use children::Reaped;
pub(crate) use opening::Opening;

use super::{BYTES_PER_TURN, Pid, Process};
use crate::guest::Guest;
use crate::guest::fs::Syscalls;
use crate::time::Time;

/// The system calls of a process.
#[derive(Debug)]
pub(crate) struct Sys<'a> {
    pub(crate) guest: &'a mut Guest,
    pid: Pid,
}

impl<'a> Sys<'a> {
    pub(super) fn new(guest: &'a mut Guest, pid: Pid) -> Sys<'a> {
        Sys { guest, pid }
    }

    fn process(&self) -> &Process {
        self.guest.processes.get(self.pid)
    }

    fn process_mut(&mut self) -> &mut Process {
        self.guest.processes.get_mut(self.pid)
    }

    /// Makes system calls on the filesystems, by paths.
    pub(crate) fn calls<R>(&mut self, calls: impl FnOnce(&mut Syscalls<'_>) -> R) -> R {
        let Guest { fs, processes, .. } = &mut *self.guest;
        let process = processes
            .table
            .get_mut(&self.pid)
            .expect("a process makes its own calls");
        std::mem::swap(&mut process.task.files, &mut processes.files.descriptions);
        let result = calls(&mut fs.calls(&mut process.task));
        std::mem::swap(&mut process.task.files, &mut processes.files.descriptions);
        result
    }

    /// Counts work that goes through so many bytes.
    pub(crate) fn charge(&mut self, bytes: usize) {
        let turns = u32::try_from(bytes / BYTES_PER_TURN).unwrap_or(u32::MAX);
        self.guest.processes.charge(self.pid, turns);
    }

    /// Its own number.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// The number of its parent; 1 if that is the agent or has ended.
    pub(crate) fn parent(&self) -> Pid {
        self.process().parent.unwrap_or(Pid(1))
    }

    /// As whom it runs.
    pub(crate) fn uid(&self) -> u32 {
        self.process().task.credentials.uid
    }

    /// Its main group and its further groups.
    pub(crate) fn gids(&self) -> Vec<u32> {
        let who = &self.process().task.credentials;
        let further = who.groups.iter().copied().filter(|it| *it != who.gid);
        std::iter::once(who.gid).chain(further).collect()
    }

    pub(crate) fn umask(&self) -> u16 {
        self.process().task.umask
    }

    pub(crate) fn set_umask(&mut self, umask: u16) {
        self.process_mut().task.umask = umask & 0o777;
    }

    /// The time since the machine started.
    pub(crate) fn now(&self) -> Time {
        self.guest.processes.clock
    }

    /// The environment it was started with.
    pub(crate) fn environment(&self) -> &[Vec<u8>] {
        &self.process().environment
    }

    /// Whether it finds tools whatever the machine's files are.
    pub(crate) fn finds_all_tools(&self) -> bool {
        self.process().finds_all_tools
    }

    /// The path of its working folder.
    pub(crate) fn working_folder(&self) -> Vec<u8> {
        self.guest.fs.path_of(self.process().task.folder)
    }
}
