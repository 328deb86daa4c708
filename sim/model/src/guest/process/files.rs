//! The open files of all processes. A file that is open twice over, after a fork
//! or a dup, is one: who reads through one descriptor moves the other too.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Pid;
use super::job::Channel;
use crate::guest::errno::Errno;
use crate::guest::fs::task::{Descriptors, Fd};

/// An open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(u32);

/// What is open.
#[derive(Clone, Debug)]
pub(crate) enum OpenFile {
    /// What `/dev/null` is, whether the machine has it or not.
    Null,
    /// Something on the filesystems.
    Description(Fd),
    /// The output of a job.
    Output(Pid, Channel),
    /// The input that a job was given, read up to here.
    Input(Arc<[u8]>, usize),
}

/// All open files, with how many descriptors stand for each.
#[derive(Clone, Debug)]
pub(crate) struct OpenFiles {
    /// The descriptions, lent to the task that makes a call.
    pub(super) descriptions: Descriptors,
    entries: BTreeMap<FileId, (OpenFile, u32)>,
    next: u32,
    limit: u32,
}

impl OpenFiles {
    pub(super) fn new(limit: u32) -> OpenFiles {
        OpenFiles {
            descriptions: Descriptors::new(0, limit),
            entries: BTreeMap::new(),
            next: 0,
            limit,
        }
    }

    /// Whether one more file can be opened.
    pub(super) fn check_room(&self) -> Result<(), Errno> {
        if self.entries.len() < self.limit as usize {
            Ok(())
        } else {
            Err(Errno::ENFILE)
        }
    }

    /// A file that one descriptor stands for.
    pub(super) fn add(&mut self, file: OpenFile) -> FileId {
        let id = FileId(self.next);
        self.next = self.next.wrapping_add(1);
        self.entries.insert(id, (file, 1));
        id
    }

    /// One more descriptor stands for it.
    pub(super) fn share(&mut self, id: FileId) {
        if let Some((_, holders)) = self.entries.get_mut(&id) {
            *holders += 1;
        }
    }

    /// One descriptor less; what it was, if that was the last.
    pub(super) fn release(&mut self, id: FileId) -> Option<OpenFile> {
        let (_, holders) = self.entries.get_mut(&id)?;
        *holders -= 1;
        if *holders > 0 {
            return None;
        }
        self.entries.remove(&id).map(|(file, _)| file)
    }

    pub(super) fn get_mut(&mut self, id: FileId) -> Option<&mut OpenFile> {
        self.entries.get_mut(&id).map(|(file, _)| file)
    }
}
