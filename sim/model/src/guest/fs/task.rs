//! A program as the kernel sees it: as whom it runs, its working folder, umask
//! and open files.

use std::collections::{BTreeMap, BTreeSet};

use crate::guest::accounts::Credentials;
use crate::guest::errno::Errno;
use crate::guest::mounts::Place;

/// A program that makes system calls.
#[derive(Clone, Debug)]
pub struct Task {
    /// As whom it runs.
    pub credentials: Credentials,
    /// Where relative paths begin.
    pub(crate) folder: Place,
    /// Permission bits its new files do not get.
    pub umask: u16,
    /// Its open files.
    pub files: Descriptors,
}

/// A file descriptor: the number of an open file within its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fd(pub u32);

/// An open file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Description {
    pub(crate) place: Place,
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
    pub(crate) offset: u64,
}

/// The open files of a task, under the lowest numbers that are free.
#[derive(Clone, Debug)]
pub struct Descriptors {
    open: BTreeMap<Fd, Description>,
    closed: BTreeSet<Fd>,
    /// The lowest number never used.
    next: Fd,
    limit: u32,
}

impl Descriptors {
    /// No open files: numbers from `first` on, all below `limit`.
    pub fn new(first: u32, limit: u32) -> Descriptors {
        Descriptors {
            open: BTreeMap::new(),
            closed: BTreeSet::new(),
            next: Fd(first),
            limit,
        }
    }

    /// How many more files can be opened.
    pub fn spare(&self) -> usize {
        self.closed.len() + self.limit.saturating_sub(self.next.0) as usize
    }

    /// The descriptors in use.
    pub fn numbers(&self) -> Vec<Fd> {
        self.open.keys().copied().collect()
    }

    pub(crate) fn lowest_free(&self) -> Result<Fd, Errno> {
        let fd = self.closed.first().copied().unwrap_or(self.next);
        if fd.0 < self.limit { Ok(fd) } else { Err(Errno::EMFILE) }
    }

    pub(crate) fn insert(&mut self, fd: Fd, description: Description) {
        if !self.closed.remove(&fd) {
            self.next = Fd(fd.0 + 1);
        }
        self.open.insert(fd, description);
    }

    pub(crate) fn remove(&mut self, fd: Fd) -> Result<Description, Errno> {
        let description = self.open.remove(&fd).ok_or(Errno::EBADF)?;
        self.closed.insert(fd);
        Ok(description)
    }

    /// A number that something else had, not one of these files, is free now.
    pub(crate) fn vacate(&mut self, fd: Fd) {
        self.closed.insert(fd);
    }

    /// Something else has taken a free number.
    pub(crate) fn occupy(&mut self, fd: Fd) {
        self.closed.remove(&fd);
    }

    /// Whether a number is free that was in use before.
    pub(crate) fn is_free(&self, fd: Fd) -> bool {
        self.closed.contains(&fd)
    }

    pub(crate) fn get(&self, fd: Fd) -> Result<&Description, Errno> {
        self.open.get(&fd).ok_or(Errno::EBADF)
    }

    pub(crate) fn get_mut(&mut self, fd: Fd) -> Result<&mut Description, Errno> {
        self.open.get_mut(&fd).ok_or(Errno::EBADF)
    }
}
