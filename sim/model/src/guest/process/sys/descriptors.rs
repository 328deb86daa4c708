//! Calls on descriptors. They wait where the agent's, which never waits, give up.

use super::Sys;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::inode::{InodeId, Kind};
use crate::guest::fs::io::{Stat, Whence};
use crate::guest::fs::task::Fd;
use crate::guest::process::files::{FileId, OpenFile};
use crate::guest::process::job::KEPT_BYTES_MAX;
use crate::guest::process::signal::{Action, SIGPIPE};
use crate::guest::program::{Fault, Wait};

/// Descriptors of a process.
const DESCRIPTORS_MAX: u32 = 1024;

impl Sys<'_> {
    pub(super) fn file(&mut self, descriptor: u32) -> Result<(FileId, OpenFile), Errno> {
        let id = *self.process().files.get(&descriptor).ok_or(Errno::EBADF)?;
        let file = self.guest.processes.files.get_mut(id).cloned();
        file.map(|it| (id, it)).ok_or(Errno::EBADF)
    }

    pub(super) fn lowest_free(&self) -> Result<u32, Errno> {
        let files = &self.process().files;
        (0..DESCRIPTORS_MAX)
            .find(|it| !files.contains_key(it))
            .ok_or(Errno::EMFILE)
    }

    /// A new open file under this descriptor, instead of what was there.
    pub(in crate::guest::process) fn install(&mut self, descriptor: u32, file: OpenFile) {
        let id = self.guest.processes.files.add(file);
        self.put(descriptor, id);
    }

    pub(super) fn put(&mut self, descriptor: u32, id: FileId) {
        self.close(descriptor);
        self.process_mut().files.insert(descriptor, id);
    }

    /// dup2(): what `from` stands for, `to` stands for too.
    pub(crate) fn duplicate_to(&mut self, from: u32, to: u32) -> Option<u32> {
        let id = *self.process().files.get(&from)?;
        if from != to {
            self.guest.processes.files.share(id);
            self.put(to, id);
        }
        Some(to)
    }

    /// dup(), to a number of at least `least` that stays private.
    pub(crate) fn duplicate_for_keeping(&mut self, from: u32, least: u32) -> Result<u32, Errno> {
        let files = &self.process().files;
        let free = (least..DESCRIPTORS_MAX)
            .find(|it| !files.contains_key(it))
            .ok_or(Errno::EMFILE)?;
        let kept = self.duplicate_to(from, free).ok_or(Errno::EBADF)?;
        self.process_mut().private.insert(kept);
        Ok(kept)
    }

    /// Nothing to read, under this descriptor.
    pub(crate) fn open_nothing(&mut self) -> Result<u32, Errno> {
        let descriptor = self.lowest_free()?;
        self.install(descriptor, OpenFile::Null);
        Ok(descriptor)
    }

    /// A text to read, under this descriptor.
    ///
    /// # Errors
    /// ENOMEM if too much is kept already.
    pub(crate) fn give_text(&mut self, descriptor: u32, text: &[u8]) -> Result<(), Errno> {
        let kept = &mut self.guest.processes.kept_bytes;
        *kept = kept
            .checked_add(text.len())
            .filter(|it| *it <= KEPT_BYTES_MAX)
            .ok_or(Errno::ENOMEM)?;
        self.install(descriptor, OpenFile::Input(text.into(), 0));
        Ok(())
    }

    /// Whether something is open under this descriptor.
    pub(crate) fn is_open(&self, descriptor: u32) -> bool {
        self.process().files.contains_key(&descriptor)
    }

    /// Closes a descriptor; whether it was open.
    pub(crate) fn close(&mut self, descriptor: u32) -> bool {
        let process = self.process_mut();
        process.private.remove(&descriptor);
        let Some(id) = process.files.remove(&descriptor) else {
            return false;
        };
        match self.guest.processes.files.release(id) {
            Some(OpenFile::Description(fd)) => self.close_description(fd),
            Some(OpenFile::Output(job, channel)) => self.guest.processes.close_output(job, channel),
            Some(OpenFile::Input(bytes, _)) => self.guest.processes.kept_bytes -= bytes.len(),
            Some(OpenFile::Null) | None => {}
        }
        true
    }

    pub(super) fn close_description(&mut self, fd: Fd) {
        let pipe = self.pipe_of(fd);
        // It is open, so that closing it cannot fail.
        let _ = self.calls(|sys| sys.close(fd));
        if let Some(pipe) = pipe {
            self.guest.processes.stir(pipe);
        }
    }

    /// The pipe that a description leads to.
    pub(super) fn pipe_of(&mut self, fd: Fd) -> Option<InodeId> {
        let stat = self.calls(|sys| sys.fstat(fd)).ok()?;
        (stat.kind == Kind::Fifo).then_some(stat.inode)
    }

    /// Waits for a pipe that did not do it now.
    pub(super) fn wait_for_pipe(&mut self, fd: Fd) -> Fault {
        self.pipe_of(fd)
            .map_or(Fault::Errno(Errno::EAGAIN), |it| Fault::Wait(Wait::Pipe(it)))
    }

    pub(super) fn stir(&mut self, fd: Fd) {
        if let Some(pipe) = self.pipe_of(fd) {
            self.guest.processes.stir(pipe);
        }
    }

    /// Appends at most `max` bytes to `into`; 0 at the end.
    pub(crate) fn read(&mut self, descriptor: u32, max: usize, into: &mut Vec<u8>) -> Result<usize, Fault> {
        let count = self.read_some(descriptor, max, into)?;
        self.charge(count);
        Ok(count)
    }

    pub(super) fn read_some(&mut self, descriptor: u32, max: usize, into: &mut Vec<u8>) -> Result<usize, Fault> {
        let (id, file) = self.file(descriptor)?;
        match file {
            OpenFile::Null => Ok(0),
            OpenFile::Output(..) => Err(Errno::EBADF.into()),
            OpenFile::Input(bytes, at) => {
                let rest = &bytes[at..];
                let read = &rest[..rest.len().min(max)];
                into.extend_from_slice(read);
                if let Some(OpenFile::Input(_, at)) = self.guest.processes.files.get_mut(id) {
                    *at += read.len();
                }
                Ok(read.len())
            }
            OpenFile::Description(fd) => match self.calls(|sys| sys.read(fd, max, into)) {
                Err(Errno::EAGAIN) => Err(self.wait_for_pipe(fd)),
                Err(errno) => Err(errno.into()),
                Ok(count) => {
                    self.stir(fd);
                    Ok(count)
                }
            },
        }
    }

    /// Writes some of the bytes, and says how many. A pipe that nobody reads ends
    /// the process, unless it does not care.
    pub(crate) fn write(&mut self, descriptor: u32, bytes: &[u8]) -> Result<usize, Fault> {
        let (_, file) = self.file(descriptor)?;
        let written = match file {
            OpenFile::Null => Ok(bytes.len()),
            OpenFile::Input(..) => Err(Errno::EBADF.into()),
            OpenFile::Output(job, channel) => self
                .guest
                .processes
                .write_output(job, channel, bytes)
                .map_err(SysError::Errno),
            OpenFile::Description(fd) => {
                let written = self.calls(|sys| sys.write(fd, bytes));
                if written == Err(Errno::EAGAIN.into()) {
                    return Err(self.wait_for_pipe(fd));
                }
                self.stir(fd);
                written
            }
        };
        match written {
            Err(SysError::Errno(Errno::EPIPE)) => Err(self.broken_pipe()),
            Err(error) => Err(error.into()),
            Ok(count) => {
                self.charge(count);
                Ok(count)
            }
        }
    }

    pub(super) fn broken_pipe(&mut self) -> Fault {
        if self.process().actions.get(&SIGPIPE) == Some(&Action::Ignore) {
            return Fault::Errno(Errno::EPIPE);
        }
        self.guest.processes.post(self.pid, SIGPIPE);
        Fault::Wait(Wait::Signal)
    }

    /// Moves the position of a file.
    pub(crate) fn seek(&mut self, descriptor: u32, offset: i64, whence: Whence) -> Result<u64, Errno> {
        match self.file(descriptor)? {
            (_, OpenFile::Description(fd)) => self.calls(|sys| sys.lseek(fd, offset, whence)),
            (_, OpenFile::Null) => Ok(0),
            _ => Err(Errno::ESPIPE),
        }
    }

    /// Cuts a file, or lengthens it with a hole.
    pub(crate) fn truncate(&mut self, descriptor: u32, len: u64) -> Result<(), Fault> {
        match self.file(descriptor)? {
            (_, OpenFile::Description(fd)) => Ok(self.calls(|sys| sys.ftruncate(fd, len))?),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    /// What an open file is; none for what is on no filesystem.
    pub(crate) fn stat_of(&mut self, descriptor: u32) -> Option<Stat> {
        match self.file(descriptor).ok()? {
            (_, OpenFile::Description(fd)) => self.calls(|sys| sys.fstat(fd)).ok(),
            _ => None,
        }
    }

    /// Makes a pipe: the descriptor to read from, and the one to write to. Both are
    /// private.
    pub(crate) fn pipe(&mut self) -> Result<(u32, u32), Errno> {
        self.guest.processes.files.check_room()?;
        let (read, write) = self.calls(|sys| sys.pipe())?;
        let reader = self.lowest_free()?;
        self.install(reader, OpenFile::Description(read));
        let writer = self.lowest_free()?;
        self.install(writer, OpenFile::Description(write));
        self.process_mut().private.extend([reader, writer]);
        Ok((reader, writer))
    }
}
