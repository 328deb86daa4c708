//! The files clients have open: what the agent adds to stdio.
//!
//! The command layer finds a handle by its number and asks it for the work:
//!
//! ```text
//! let stream = Stream::open(&mut sys, path, mode, Opening::Listed)?;   // guest-file-open
//! guest.handles.insert(number, Handle::new(stream, Switching::Flushed));
//!
//! let handle = guest.handles.find(number)?;       // None: the handle has not been found
//! handle.read(&mut sys, count)                    // guest-file-read
//! handle.before_write(&mut sys)?;                 // guest-file-write: before base64 and count are looked at
//! handle.write(&mut sys, bytes)
//! handle.seek(&mut sys, offset, whence)           // guest-file-seek
//! handle.flush(&mut sys)                          // guest-file-flush
//! guest.handles.close(&mut sys, number)           // guest-file-close
//! ```
//!
//! where `sys` is `guest.fs.calls(&mut guest.agent)`. An error names the step that
//! failed, because the texts differ, and the kernel's error, if one is known.
//! [`Cause::Hangs`] means that the real agent would now wait in the kernel and
//! answer nobody: nothing has happened yet, and the same call may be made again.

use std::collections::BTreeMap;

use super::errno::{Errno, SysError, Wait};
use super::fs::Syscalls;
use super::fs::io::Whence;
use super::stdio::{Failed, Stream};

/// What a release does when a client turns from reading to writing or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switching {
    /// Nothing: whatever the C library makes of it.
    Raw,
    /// It seeks before the write, and flushes before the read.
    Flushed,
}

/// An open file of a client.
#[derive(Clone, Debug)]
pub struct Handle {
    stream: Stream,
    switching: Switching,
    last: Last,
    /// A close failed: the stream is gone and the handle is not.
    is_stale: bool,
}

/// What was last done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Neither,
    Read,
    Write,
}

/// The step of a command that failed: `failed to flush file`, for instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Seeking, also before a write.
    Seek,
    /// Flushing, also before a read.
    Flush,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Closing.
    Close,
}

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The kernel's error.
    Errno(Errno),
    /// None: an earlier failure had left its mark on the stream, or the stream itself
    /// takes the outcome for a failure.
    Earlier,
    /// It does not fail but hang.
    Hangs(Wait),
}

/// That a command on a handle failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandleError {
    /// In which step.
    pub step: Step,
    /// Why.
    pub cause: Cause,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBytes {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The end of the file was hit.
    pub eof: bool,
}

impl Handle {
    /// A handle for a stream just opened.
    pub fn new(stream: Stream, switching: Switching) -> Handle {
        Handle {
            stream,
            switching,
            last: Last::Neither,
            is_stale: false,
        }
    }

    /// The descriptor beneath: the handle's number in early releases.
    pub fn descriptor(&self) -> u32 {
        self.stream.fd().0
    }

    /// Reads up to `count` bytes from the current position.
    pub fn read(&mut self, sys: &mut Syscalls<'_>, count: usize) -> Result<ReadBytes, HandleError> {
        self.attempt(sys, Step::Read, |it, sys| {
            if it.turns_from(Last::Write) {
                it.stream.flush(sys).map_err(|Failed| Step::Flush)?;
                it.last = Last::Neither;
            }
            let mut bytes = Vec::new();
            it.stream.read(sys, count, &mut bytes);
            let (failed, eof) = (it.stream.has_failed(), it.stream.is_at_end());
            it.stream.clear();
            if failed {
                return Err(Step::Read);
            }
            it.last = Last::Read;
            Ok(ReadBytes { bytes, eof })
        })
    }

    /// Prepares for a write, which happens before its bytes are looked at.
    pub fn before_write(&mut self, sys: &mut Syscalls<'_>) -> Result<(), HandleError> {
        if !self.turns_from(Last::Read) {
            return Ok(());
        }
        self.attempt(sys, Step::Seek, |it, sys| {
            it.stream.seek(sys, 0, Whence::Current).map_err(|Failed| Step::Seek)?;
            it.last = Last::Neither;
            Ok(())
        })
    }

    /// Writes bytes at the current position and says how many were taken. Call
    /// [`Handle::before_write`] first.
    pub fn write(&mut self, sys: &mut Syscalls<'_>, bytes: &[u8]) -> Result<usize, HandleError> {
        self.attempt(sys, Step::Write, |it, sys| {
            let count = it.stream.write(sys, bytes);
            let failed = it.stream.has_failed();
            it.stream.clear();
            if failed {
                return Err(Step::Write);
            }
            it.last = Last::Write;
            Ok(count)
        })
    }

    /// Moves the position and says where it is then.
    pub fn seek(&mut self, sys: &mut Syscalls<'_>, offset: i64, whence: Whence) -> Result<u64, HandleError> {
        self.attempt(sys, Step::Seek, |it, sys| {
            let moved = it.stream.seek(sys, offset, whence);
            if moved.is_ok() || it.stream.trouble() == Some(Errno::ESPIPE.into()) {
                it.last = Last::Neither;
            }
            let position = moved.and_then(|()| it.stream.tell(sys));
            it.stream.clear();
            position.map_err(|Failed| Step::Seek)
        })
    }

    /// Writes what is buffered.
    pub fn flush(&mut self, sys: &mut Syscalls<'_>) -> Result<(), HandleError> {
        self.attempt(sys, Step::Flush, |it, sys| {
            it.stream.flush(sys).map_err(|Failed| Step::Flush)?;
            it.last = Last::Neither;
            Ok(())
        })
    }

    /// Closes a handle that no client was told of.
    pub fn discard(mut self, sys: &mut Syscalls<'_>) {
        // Nothing was written to it, so that closing it cannot fail.
        let _ = self.stream.close(sys);
    }

    fn turns_from(&self, last: Last) -> bool {
        self.switching == Switching::Flushed && self.last == last
    }

    /// What comes of using a stream whose memory is freed: most often it still looks
    /// closed.
    fn stale(&self, step: Step) -> HandleError {
        let flushes_first = step == Step::Read && self.turns_from(Last::Write);
        HandleError {
            step: if flushes_first { Step::Flush } else { step },
            cause: Cause::Errno(Errno::EBADF),
        }
    }

    /// Runs an operation; one that would hang is as if it had not begun.
    fn attempt<T>(
        &mut self,
        sys: &mut Syscalls<'_>,
        step: Step,
        operation: impl FnOnce(&mut Handle, &mut Syscalls<'_>) -> Result<T, Step>,
    ) -> Result<T, HandleError> {
        if self.is_stale {
            return Err(self.stale(step));
        }
        let before = sys.frozen_offset(self.stream.fd()).map(|offset| (self.clone(), offset));
        self.stream.forget_trouble();
        let result = operation(self, sys);
        let cause = Cause::from(self.stream.trouble());
        if let (Cause::Hangs(_), Some((handle, offset))) = (cause, before) {
            sys.restore_offset(handle.stream.fd(), offset);
            *self = handle;
            return Err(HandleError { step, cause });
        }
        result.map_err(|step| HandleError { step, cause })
    }
}

impl From<Option<SysError>> for Cause {
    fn from(trouble: Option<SysError>) -> Cause {
        match trouble {
            Some(SysError::Errno(errno)) => Cause::Errno(errno),
            Some(SysError::Hangs(wait)) => Cause::Hangs(wait),
            None => Cause::Earlier,
        }
    }
}

/// Handles by number.
#[derive(Clone, Debug, Default)]
pub struct Handles {
    open: BTreeMap<i64, Handle>,
}

/// Why a handle was not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseError {
    /// There is no such handle.
    Unknown,
    /// Bytes still to be written were lost. The handle stays and is stale.
    Failed(Cause),
    /// It is stale: closing it once more ends the real agent.
    Stale,
}

impl Handles {
    /// Takes a handle in under its number.
    pub fn insert(&mut self, number: i64, handle: Handle) {
        self.open.insert(number, handle);
    }

    /// The handle of a number.
    pub fn find(&mut self, number: i64) -> Option<&mut Handle> {
        self.open.get_mut(&number)
    }

    /// Closes a handle and forgets it.
    pub fn close(&mut self, sys: &mut Syscalls<'_>, number: i64) -> Result<(), CloseError> {
        let handle = self.open.get_mut(&number).ok_or(CloseError::Unknown)?;
        if handle.is_stale {
            return Err(CloseError::Stale);
        }
        let closed = handle.attempt(sys, Step::Close, |it, sys| {
            it.stream.close(sys).map_err(|Failed| Step::Close)
        });
        match closed.map_err(|it| it.cause) {
            Ok(()) => {
                self.open.remove(&number);
                Ok(())
            }
            Err(cause) => {
                handle.is_stale = !matches!(cause, Cause::Hangs(_));
                Err(CloseError::Failed(cause))
            }
        }
    }
}
