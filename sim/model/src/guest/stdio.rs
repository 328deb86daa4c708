//! What the C library's buffered files do between the agent and the kernel.
//!
//! The agent reads and writes through stdio, and stdio shows: bytes written are
//! invisible to others until the buffer fills or is flushed, bytes read ahead stay
//! readable after the file has changed, a file is read and written in blocks, and
//! a program that switches between reading and writing without a flush or a seek
//! in between may lose bytes. [`Stream`] reproduces the streams of glibc as far as
//! the agent's calls can tell: fopen or fdopen, fread, fwrite, fseek, fflush,
//! fclose, feof, ferror and clearerr.
//!
//! One buffer serves both directions. `get` marks the bytes read ahead and `put`
//! those still to be written; they are indices into it. A stream believes to know
//! the kernel's position (`offset`) or does not (`None`), which decides whether a
//! seek may stay within the buffer.

mod mode;
mod seek;

pub use mode::{OpenError, Opening};

use super::errno::{Errno, SysError};
use super::fs::Syscalls;
use super::fs::task::Fd;

/// Largest buffer of a stream, in bytes; the usual one is a page.
pub const BUFFER_BYTES_MAX: usize = 8192;

/// A buffered file.
#[derive(Clone, Debug)]
pub struct Stream {
    fd: Fd,
    reads: bool,
    writes: bool,
    appends: bool,
    /// Empty until the first use.
    buffer: Vec<u8>,
    get: Window,
    put: Window,
    /// The buffer was last used for writing.
    putting: bool,
    at_end: bool,
    failed: bool,
    offset: Option<u64>,
    /// What the last failing system call of the current operation said: errno,
    /// which is 0 when an operation begins.
    trouble: Option<SysError>,
}

/// A part of the buffer with a position in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window {
    base: usize,
    at: usize,
    end: usize,
}

impl Window {
    fn left(self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// Bytes between the base and the position.
    fn done(self) -> usize {
        self.at.saturating_sub(self.base)
    }

    fn empty(at: usize) -> Window {
        Window { base: at, at, end: at }
    }
}

/// That an operation failed; why is in [`Stream::trouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

impl Stream {
    fn new(fd: Fd, reads: bool, writes: bool, appends: bool) -> Stream {
        Stream {
            fd,
            reads,
            writes,
            appends,
            buffer: Vec::new(),
            get: Window::default(),
            put: Window::default(),
            putting: false,
            at_end: false,
            failed: false,
            offset: None,
            trouble: None,
        }
    }

    /// fileno(): the descriptor beneath.
    pub fn fd(&self) -> Fd {
        self.fd
    }

    /// feof().
    pub fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// ferror().
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// clearerr().
    pub fn clear(&mut self) {
        self.at_end = false;
        self.failed = false;
    }

    /// Why the last operation failed; `None` if no system call did, but an earlier
    /// operation had left its mark.
    pub fn trouble(&self) -> Option<SysError> {
        self.trouble
    }

    /// errno = 0.
    pub(super) fn forget_trouble(&mut self) {
        self.trouble = None;
    }

    /// fread(): appends up to `count` bytes to `into` and says how many.
    pub fn read(&mut self, sys: &mut Syscalls<'_>, count: usize, into: &mut Vec<u8>) -> usize {
        let mut want = count;
        if want > 0 {
            self.allocate(sys);
        }
        while want > 0 {
            let have = self.get.left().min(want);
            into.extend_from_slice(&self.buffer[self.get.at..self.get.at + have]);
            self.get.at += have;
            want -= have;
            if want == 0 {
                break;
            }
            if want < self.buffer.len() {
                if self.fill(sys).is_err() {
                    break;
                }
            } else {
                match self.read_blocks(sys, want, into) {
                    0 => break,
                    read => want -= read,
                }
            }
        }
        count - want
    }

    /// Reads as many whole blocks as are wanted past the buffer. What the buffer
    /// held is forgotten, bytes to be written included.
    fn read_blocks(&mut self, sys: &mut Syscalls<'_>, want: usize, into: &mut Vec<u8>) -> usize {
        self.get = Window::empty(0);
        self.put = Window::empty(0);
        let count = self.sys_read(sys, self.whole_blocks(want), into);
        self.offset = self.offset.map(|it| it + count as u64);
        count
    }

    /// Reads the next block into the buffer, unless something is left in it.
    fn fill(&mut self, sys: &mut Syscalls<'_>) -> Result<(), Failed> {
        if self.putting {
            self.turn_to_reading(sys)?;
        }
        if self.get.left() > 0 {
            return Ok(());
        }
        if self.at_end {
            return Err(Failed);
        }
        if !self.reads {
            return self.refuse();
        }
        self.turn_to_reading(sys)?;
        self.get = Window::empty(0);
        self.put = Window::empty(0);
        let count = self.read_ahead(sys, self.buffer.len());
        self.note_end_or_failure(count);
        self.get.end = count.unwrap_or(0);
        if self.get.end == 0 {
            // Others may move the position of a stream that is at its end.
            self.offset = None;
            return Err(Failed);
        }
        self.offset = self.offset.map(|it| it + self.get.end as u64);
        Ok(())
    }

    /// fwrite(): takes the bytes and says how many.
    pub fn write(&mut self, sys: &mut Syscalls<'_>, bytes: &[u8]) -> usize {
        if bytes.is_empty() {
            return 0;
        }
        let room = self.put.left().min(bytes.len());
        let mut rest = self.put_bytes(bytes, room);
        if rest.is_empty() {
            return bytes.len();
        }
        if self.write_out(sys).is_err() {
            return bytes.len() - rest.len();
        }
        let whole = self.whole_blocks(rest.len());
        if whole > 0 {
            let count = self.write_through(sys, Some(&rest[..whole]));
            rest = &rest[count..];
            if count < whole {
                return bytes.len() - rest.len();
            }
        }
        bytes.len() - self.put_rest(sys, rest).len()
    }

    /// Buffers less than a block, byte by byte where the buffer claims no room.
    fn put_rest<'a>(&mut self, sys: &mut Syscalls<'_>, mut rest: &'a [u8]) -> &'a [u8] {
        loop {
            let room = self.put.left().min(rest.len());
            rest = self.put_bytes(rest, room);
            if rest.is_empty() {
                return rest;
            }
            if self.put.at == self.buffer.len() && self.write_out(sys).is_err() {
                return rest;
            }
            rest = self.put_bytes(rest, 1);
        }
    }

    fn put_bytes<'a>(&mut self, bytes: &'a [u8], count: usize) -> &'a [u8] {
        let (head, rest) = bytes.split_at(count);
        self.buffer[self.put.at..self.put.at + count].copy_from_slice(head);
        self.put.at += count;
        rest
    }

    /// Turns the stream to writing and writes what is pending.
    fn write_out(&mut self, sys: &mut Syscalls<'_>) -> Result<(), Failed> {
        if !self.writes {
            return self.refuse();
        }
        if !self.putting {
            self.turn_to_writing(sys);
        }
        let pending = self.put.done();
        if pending > 0 && self.write_through(sys, None) < pending {
            return Err(Failed);
        }
        Ok(())
    }

    /// Writes to the file, pending bytes (`None`) or others, and empties the buffer.
    /// Says how many bytes were written.
    fn write_through(&mut self, sys: &mut Syscalls<'_>, bytes: Option<&[u8]>) -> usize {
        if self.appends {
            self.offset = None;
        } else if self.get.end != self.put.base {
            // The kernel is ahead by what was read ahead.
            let back = self.put.base as i64 - self.get.end as i64;
            match self.sys_seek_by(sys, back) {
                Some(offset) => self.offset = Some(offset),
                None => return 0,
            }
        }
        let count = self.sys_write(sys, bytes);
        self.get = Window::empty(0);
        self.put = Window {
            base: 0,
            at: 0,
            end: self.buffer.len(),
        };
        count
    }

    fn turn_to_writing(&mut self, sys: &mut Syscalls<'_>) {
        self.allocate(sys);
        if self.get.at == self.buffer.len() {
            self.get.at = 0;
            self.get.end = 0;
        }
        self.put = Window {
            base: self.get.at,
            at: self.get.at,
            end: self.buffer.len(),
        };
        self.get.at = self.get.end;
        self.get.base = self.get.end;
        self.putting = true;
    }

    fn turn_to_reading(&mut self, sys: &mut Syscalls<'_>) -> Result<(), Failed> {
        if self.put.done() > 0 {
            self.write_out(sys)?;
        }
        self.get = Window {
            base: 0,
            at: self.put.at,
            end: self.get.end.max(self.put.at),
        };
        self.put = Window::empty(self.put.at);
        self.putting = false;
        Ok(())
    }

    /// fflush(): writes what is pending; a reader steps back to where it reads.
    pub fn flush(&mut self, sys: &mut Syscalls<'_>) -> Result<(), Failed> {
        let pending = self.put.done();
        if pending > 0 && self.write_through(sys, None) < pending {
            return Err(Failed);
        }
        let ahead = self.get.end as i64 - self.get.at as i64;
        if ahead != 0 {
            match self.sys_seek_by(sys, -ahead) {
                Some(_) => self.get.end = self.get.at,
                None if self.trouble == Some(Errno::ESPIPE.into()) => {}
                None => return Err(Failed),
            }
        }
        self.offset = None;
        Ok(())
    }

    /// fclose(): writes what is pending and closes the descriptor, also if that
    /// failed; but not if it hangs.
    pub fn close(&mut self, sys: &mut Syscalls<'_>) -> Result<(), Failed> {
        let pending = if self.writes && self.putting {
            self.put.done()
        } else {
            0
        };
        let written = pending == 0 || self.write_through(sys, None) == pending;
        if let Some(SysError::Hangs(_)) = self.trouble {
            return Err(Failed);
        }
        let closed = sys.close(self.fd);
        if let Err(errno) = closed {
            self.trouble = Some(errno.into());
        }
        if written && closed.is_ok() { Ok(()) } else { Err(Failed) }
    }

    /// Makes the buffer, if there is none yet.
    fn allocate(&mut self, sys: &Syscalls<'_>) {
        if self.buffer.is_empty() {
            let block = sys.fstat(self.fd).map_or(BUFFER_BYTES_MAX, |it| it.io_bytes);
            self.buffer = vec![0; block.min(BUFFER_BYTES_MAX)];
        }
    }

    /// What is left of a count when only whole blocks are taken.
    fn whole_blocks(&self, count: usize) -> usize {
        count - count % self.buffer.len()
    }

    /// Fails as a stream does that was not opened for this direction.
    fn refuse(&mut self) -> Result<(), Failed> {
        self.failed = true;
        self.trouble = Some(Errno::EBADF.into());
        Err(Failed)
    }

    fn note_end_or_failure(&mut self, count: Option<usize>) {
        match count {
            Some(0) => self.at_end = true,
            Some(_) => {}
            None => self.failed = true,
        }
    }

    /// read() past the buffer; 0 at the end or on failure, which are noted.
    fn sys_read(&mut self, sys: &mut Syscalls<'_>, count: usize, into: &mut Vec<u8>) -> usize {
        let count = self.tried(sys.read(self.fd, count, into).map_err(SysError::from));
        self.note_end_or_failure(count);
        count.unwrap_or(0)
    }

    /// read() into the buffer from its beginning; `None` on failure.
    fn read_ahead(&mut self, sys: &mut Syscalls<'_>, count: usize) -> Option<usize> {
        let mut block = Vec::with_capacity(count);
        let count = self.tried(sys.read(self.fd, count, &mut block).map_err(SysError::from));
        self.buffer[..block.len()].copy_from_slice(&block);
        count
    }

    /// write() until all is written or it fails.
    fn sys_write(&mut self, sys: &mut Syscalls<'_>, bytes: Option<&[u8]>) -> usize {
        let (fd, pending) = (self.fd, self.put);
        let bytes = bytes.unwrap_or(&self.buffer[pending.base..pending.at]);
        let mut written = 0;
        let mut result = Ok(0);
        while written < bytes.len() && result.is_ok() {
            result = sys.write(fd, &bytes[written..]);
            written += result.unwrap_or(0);
        }
        if let Err(error) = result {
            self.trouble = Some(error);
            self.failed = true;
        }
        self.offset = self.offset.map(|it| it + written as u64);
        written
    }

    fn tried<T>(&mut self, result: Result<T, SysError>) -> Option<T> {
        result.map_err(|error| self.trouble = Some(error)).ok()
    }
}
