//! fseek() and ftell(): a seek stays within the buffer where it can, and else
//! reads the block the new position lies in.

use super::{Failed, Stream, Window};
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::Syscalls;
use crate::guest::fs::inode::Kind;
use crate::guest::fs::io::Whence;

impl Stream {
    /// fseek(): moves the position.
    pub fn seek(&mut self, sys: &mut Syscalls<'_>, offset: i64, whence: Whence) -> Result<(), Failed> {
        let exact = self.get.base == self.get.end && self.put.base == self.put.at;
        if self.putting || self.put.done() > 0 {
            self.turn_to_reading(sys)?;
        }
        if self.buffer.is_empty() {
            self.allocate(sys);
            self.get = Window::empty(0);
            self.put = Window::empty(0);
        }
        match self.target(sys, offset, whence)? {
            Target::Kernel(offset, whence) => self.seek_by_kernel(sys, offset, whence),
            Target::At(target) if self.seek_in_buffer(sys, target) => Ok(()),
            Target::At(target) if !self.reads => self.seek_by_kernel(sys, target, Whence::Set),
            Target::At(target) => self.seek_to_block(sys, target, exact),
        }
    }

    /// ftell(), after a seek that succeeded.
    pub fn tell(&mut self, sys: &mut Syscalls<'_>) -> Result<u64, Failed> {
        let position = match self.offset {
            Some(offset) => offset,
            None => self.sys_seek_by(sys, 0).ok_or(Failed)?,
        };
        let ahead = self.get.left() as u64;
        position.checked_sub(ahead).ok_or_else(|| self.invalid())
    }

    /// Where a seek leads, if that can be said without asking the kernel.
    fn target(&mut self, sys: &Syscalls<'_>, offset: i64, whence: Whence) -> Result<Target, Failed> {
        match whence {
            Whence::Set => Ok(Target::At(offset)),
            Whence::Current => {
                let offset = offset.wrapping_sub(self.get.left() as i64);
                let Some(known) = self.offset else {
                    return Ok(Target::Kernel(offset, whence));
                };
                let target = offset.wrapping_add(known as i64);
                if target < 0 {
                    Err(self.invalid())
                } else {
                    Ok(Target::At(target))
                }
            }
            Whence::End => match sys.fstat(self.fd) {
                Ok(stat) if stat.kind == Kind::File => Ok(Target::At(offset.wrapping_add(stat.size as i64))),
                _ => Ok(Target::Kernel(offset, whence)),
            },
        }
    }

    /// Moves within what is buffered; says whether that was possible.
    fn seek_in_buffer(&mut self, sys: &mut Syscalls<'_>, target: i64) -> bool {
        let Some(offset) = self.offset else { return false };
        let start = offset as i64 - self.get.end as i64;
        if target < start || target >= offset as i64 {
            return false;
        }
        self.get = Window {
            base: 0,
            at: (target - start) as usize,
            end: self.get.end,
        };
        self.put = Window::empty(0);
        self.at_end = false;
        // The kernel's position may have been moved by others.
        let _ = sys.lseek(self.fd, offset as i64, Whence::Set);
        true
    }

    /// Reads the block the target lies in, or as much of it as leads there.
    fn seek_to_block(&mut self, sys: &mut Syscalls<'_>, target: i64, exact: bool) -> Result<(), Failed> {
        let block = self.buffer.len();
        let start = target & !(block as i64 - 1);
        let into_block = (target - start) as usize;
        let Some(start) = self.sys_seek(sys, start, Whence::Set) else {
            return Err(Failed);
        };
        let mut count = Some(0);
        if into_block > 0 {
            count = self.read_ahead(sys, if exact { into_block } else { block });
        }
        match count {
            Some(count) if count >= into_block => {
                self.get = Window {
                    base: 0,
                    at: into_block,
                    end: count,
                };
                self.put = Window::empty(0);
                self.offset = Some(start + count as u64);
                self.at_end = false;
                // Such a position is what fseek() takes for a failure, where a
                // device lets it come so far.
                if target == -1 { Err(Failed) } else { Ok(()) }
            }
            _ => {
                let missing = into_block - count.unwrap_or(0);
                self.seek_by_kernel(sys, missing as i64, Whence::Current)
            }
        }
    }

    /// Leaves the seek to the kernel and forgets the buffer.
    fn seek_by_kernel(&mut self, sys: &mut Syscalls<'_>, offset: i64, whence: Whence) -> Result<(), Failed> {
        let position = self.sys_seek(sys, offset, whence).ok_or(Failed)?;
        self.at_end = false;
        self.offset = Some(position);
        self.get = Window::empty(0);
        self.put = Window::empty(0);
        Ok(())
    }

    pub(super) fn sys_seek_by(&mut self, sys: &mut Syscalls<'_>, offset: i64) -> Option<u64> {
        self.sys_seek(sys, offset, Whence::Current)
    }

    fn sys_seek(&mut self, sys: &mut Syscalls<'_>, offset: i64, whence: Whence) -> Option<u64> {
        self.tried(sys.lseek(self.fd, offset, whence).map_err(SysError::from))
    }

    fn invalid(&mut self) -> Failed {
        self.trouble = Some(Errno::EINVAL.into());
        Failed
    }
}

/// Where a seek leads.
enum Target {
    /// To a position in the file.
    At(i64),
    /// Only the kernel can tell.
    Kernel(i64, Whence),
}
