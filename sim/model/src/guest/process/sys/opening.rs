//! open(). A fifo waits for its other end, and counts as open here meanwhile.

use super::Sys;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::inode::{InodeId, Kind, Node};
use crate::guest::fs::open::OpenFlags;
use crate::guest::fs::task::Fd;
use crate::guest::process::files::OpenFile;
use crate::guest::program::{Fault, Wait};

/// A fifo that is open at this end only.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    path: Vec<u8>,
    fd: Fd,
    pipe: InodeId,
    /// How often somebody had opened the other end before.
    arrivals: u64,
}

impl Sys<'_> {
    /// Opens a file. A fifo waits for its other end.
    pub(crate) fn open(&mut self, path: &[u8], flags: OpenFlags, mode: u16) -> Result<u32, Fault> {
        let descriptor = self.lowest_free()?;
        if let Some(standard) = standard_descriptor(path) {
            return self.duplicate_to(standard, descriptor).ok_or(Errno::ENOENT.into());
        }
        self.guest.processes.files.check_room()?;
        let fd = match self.process_mut().opening.take() {
            Some(opening) if opening.path == path => self.go_on_opening(opening)?,
            Some(opening) => {
                self.close_description(opening.fd);
                self.begin_opening(path, flags, mode)?
            }
            None => self.begin_opening(path, flags, mode)?,
        };
        self.install(descriptor, OpenFile::Description(fd));
        Ok(descriptor)
    }

    pub(super) fn begin_opening(&mut self, path: &[u8], flags: OpenFlags, mode: u16) -> Result<Fd, Fault> {
        let flags = OpenFlags {
            nonblock: true,
            ..flags
        };
        let fd = match self.calls(|sys| sys.open(path, flags, mode)) {
            Ok(fd) => fd,
            Err(SysError::Errno(Errno::ENXIO)) => return Err(self.wait_for_reader(path)),
            Err(error) => return Err(error.into()),
        };
        let Some(pipe) = self.pipe_of(fd) else { return Ok(fd) };
        self.guest.processes.stir(pipe);
        if flags.write {
            return Ok(fd);
        }
        let arrivals = self.writers_so_far(pipe).unwrap_or(0);
        self.go_on_opening(Opening {
            path: path.to_vec(),
            fd,
            pipe,
            arrivals,
        })
    }

    /// Reading a fifo begins when somebody writes or has come to write since.
    pub(super) fn go_on_opening(&mut self, opening: Opening) -> Result<Fd, Fault> {
        let Node::Fifo(pipe) = &self.guest.fs.inode(opening.pipe).node else {
            return Ok(opening.fd);
        };
        if pipe.has_writer() || pipe.writers_so_far() > opening.arrivals {
            return Ok(opening.fd);
        }
        let wait = Wait::Pipe(opening.pipe);
        self.process_mut().opening = Some(opening);
        Err(Fault::Wait(wait))
    }

    pub(super) fn writers_so_far(&self, pipe: InodeId) -> Option<u64> {
        match &self.guest.fs.inode(pipe).node {
            Node::Fifo(pipe) => Some(pipe.writers_so_far()),
            _ => None,
        }
    }

    /// A fifo that nobody reads makes the writer wait; anything else is not there.
    pub(super) fn wait_for_reader(&mut self, path: &[u8]) -> Fault {
        match self.calls(|sys| sys.stat(path)) {
            Ok(stat) if stat.kind == Kind::Fifo => Fault::Wait(Wait::Pipe(stat.inode)),
            _ => Fault::Errno(Errno::ENXIO),
        }
    }

    /// Gives up waiting for the other end of a fifo.
    pub(crate) fn abandon_opening(&mut self) {
        if let Some(opening) = self.process_mut().opening.take() {
            self.close_description(opening.fd);
        }
    }
}

/// The descriptor that a path such as `/dev/stdin` stands for.
fn standard_descriptor(path: &[u8]) -> Option<u32> {
    match path {
        b"/dev/stdin" => Some(0),
        b"/dev/stdout" => Some(1),
        b"/dev/stderr" => Some(2),
        _ => {
            let number = path
                .strip_prefix(b"/dev/fd/")
                .or_else(|| path.strip_prefix(b"/proc/self/fd/"))?;
            std::str::from_utf8(number).ok()?.parse().ok()
        }
    }
}
