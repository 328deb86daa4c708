//! Reading, writing, moving and cutting open files.

use super::Syscalls;
use super::content::{Content, PAGE_BYTES};
use super::inode::{Device, Inode, InodeId, Kind, Node, Stamp};
use super::task::{Description, Fd};
use super::walk::Goal;
use crate::guest::errno::{Errno, SysError, Wait};
use crate::guest::mounts::MadeUp;

/// Where the names of a folder end, if lseek() can go there.
const FOLDER_END: u64 = i64::MAX as u64;

/// From where lseek() counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// The file's beginning.
    Set,
    /// The current position.
    Current,
    /// The file's end.
    End,
}

/// What stat() tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Names that lead to it.
    pub links: u32,
    /// Length in bytes.
    pub size: u64,
    /// Best size of a read, in bytes.
    pub io_bytes: usize,
    /// When its content changed last.
    pub modified: Stamp,
    /// Its identity.
    pub inode: InodeId,
    /// Major and minor number of its filesystem.
    pub filesystem: (u32, u32),
}

impl Syscalls<'_> {
    /// Appends at most `max` bytes to `into` and says how many.
    pub fn read(&mut self, fd: Fd, max: usize, into: &mut Vec<u8>) -> Result<usize, Errno> {
        let description = *self.task.files.get(fd)?;
        if !description.read {
            return Err(Errno::EBADF);
        }
        let node = &mut self.fs.inode_mut(description.place.inode).node;
        if let Node::Fifo(pipe) = node {
            return pipe.read(max, into);
        }
        check_range(description.offset, max)?;
        match node {
            Node::Folder(_) => Err(Errno::EISDIR),
            Node::Device(Device::Null) => Ok(0),
            Node::Device(Device::Random) => {
                self.fs.random(max, into);
                Ok(max)
            }
            Node::Device(_) => {
                into.reserve(max + PAGE_BYTES);
                into.resize(into.len() + max, 0);
                Ok(max)
            }
            Node::File(content) => {
                let count = content.read(description.offset, max, into);
                self.task.files.get_mut(fd)?.offset += count as u64;
                Ok(count)
            }
            Node::Fifo(_) | Node::Link(_) | Node::Socket => Err(Errno::EINVAL),
        }
    }

    /// Writes as many of the bytes as there is room for, and says how many.
    ///
    /// # Errors
    /// Those of write(2). It hangs for the filesystem to be thawed.
    pub fn write(&mut self, fd: Fd, bytes: &[u8]) -> Result<usize, SysError> {
        let description = *self.task.files.get(fd)?;
        if !description.write {
            return Err(Errno::EBADF.into());
        }
        let node = &mut self.fs.inode_mut(description.place.inode).node;
        if let Node::Fifo(pipe) = node {
            return Ok(pipe.write(bytes)?);
        }
        check_range(description.offset, bytes.len())?;
        match node {
            Node::Device(Device::Full) => Err(Errno::ENOSPC.into()),
            Node::Device(_) => Ok(bytes.len()),
            Node::File(_) => self.write_file(fd, &description, bytes),
            Node::Folder(_) | Node::Fifo(_) | Node::Link(_) | Node::Socket => Err(Errno::EINVAL.into()),
        }
    }

    fn write_file(&mut self, fd: Fd, description: &Description, bytes: &[u8]) -> Result<usize, SysError> {
        let inode = description.place.inode;
        let Node::File(content) = &self.fs.inode(inode).node else {
            return Err(Errno::EINVAL.into());
        };
        let offset = if description.append {
            content.len()
        } else {
            description.offset
        };
        if self
            .fs
            .mounts
            .filesystem(self.fs.inode(inode).filesystem)
            .made_up
            .is_some()
        {
            return Err(Errno::EIO.into());
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        let count = self.room_for(inode, content, offset, bytes.len())?;
        self.fs.change(inode, |content| content.write(offset, &bytes[..count]));
        self.advance(fd, offset + count as u64)?;
        Ok(count)
    }

    /// How many of `wanted` bytes can be written at an offset.
    fn room_for(&self, inode: InodeId, content: &Content, offset: u64, wanted: usize) -> Result<usize, SysError> {
        let id = self.fs.inode(inode).filesystem;
        let filesystem = self.fs.mounts.filesystem(id);
        let below_max = filesystem.file_bytes_max.saturating_sub(offset);
        let max = usize::try_from(below_max).map_or(wanted, |below| below.min(wanted));
        if max == 0 {
            return Err(Errno::EFBIG.into());
        }
        if filesystem.frozen {
            return Err(SysError::Hangs(Wait::Thaw));
        }
        let spare = self.fs.spare_pages(id, self.task.credentials.is_superuser());
        match content.writable(offset, max, spare) {
            0 => Err(Errno::ENOSPC.into()),
            count => Ok(count),
        }
    }

    /// Moves the position and says where it is then.
    pub fn lseek(&mut self, fd: Fd, offset: i64, whence: Whence) -> Result<u64, Errno> {
        let description = self.task.files.get(fd)?;
        let inode = self.fs.inode(description.place.inode);
        let max = match &inode.node {
            Node::Fifo(_) | Node::Socket => return Err(Errno::ESPIPE),
            // These have no position to move.
            Node::Device(_) => return Ok(0),
            Node::Folder(_) if whence == Whence::End && !self.is_hashed(inode) => return Err(Errno::EINVAL),
            Node::Folder(_) => FOLDER_END,
            _ => self.fs.mounts.filesystem(inode.filesystem).file_bytes_max,
        };
        let base = match whence {
            Whence::Set => 0,
            Whence::Current => description.offset,
            Whence::End if inode.kind() == Kind::Folder => FOLDER_END,
            Whence::End => self.size_of(inode),
        };
        let target = i128::from(base) + i128::from(offset);
        let target = u64::try_from(target)
            .ok()
            .filter(|it| *it <= max)
            .ok_or(Errno::EINVAL)?;
        self.advance(fd, target)?;
        Ok(target)
    }

    /// Whether a folder's positions are hashes, which end at [`FOLDER_END`].
    fn is_hashed(&self, folder: &Inode) -> bool {
        self.fs.mounts.filesystem(folder.filesystem).kind == "ext4"
    }

    /// Cuts a file open for writing, or lengthens it with a hole.
    pub fn ftruncate(&mut self, fd: Fd, len: u64) -> Result<(), SysError> {
        let Description { place, write, .. } = *self.task.files.get(fd)?;
        let inode = self.fs.inode(place.inode);
        if !write || inode.kind() != Kind::File {
            return Err(Errno::EINVAL.into());
        }
        if len > self.fs.mounts.filesystem(inode.filesystem).file_bytes_max {
            return Err(Errno::EFBIG.into());
        }
        self.fs.writable(place.mount)?;
        self.fs.change(place.inode, |content| content.truncate(len));
        Ok(())
    }

    /// What an open file is.
    pub fn fstat(&self, fd: Fd) -> Result<Stat, Errno> {
        self.task.files.get(fd).map(|it| self.stat_of(it.place.inode))
    }

    /// What a path leads to.
    pub fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        let place = self
            .fs
            .find(&self.task.credentials, self.task.folder, path, Goal::Target)?;
        Ok(self.stat_of(place.inode))
    }

    /// What a path leads to; a symbolic link at its end is told, not followed.
    pub fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        let place = self
            .fs
            .find(&self.task.credentials, self.task.folder, path, Goal::Itself)?;
        Ok(self.stat_of(place.inode))
    }

    /// The position of a file that cannot be written because it is frozen.
    pub(crate) fn frozen_offset(&self, fd: Fd) -> Option<u64> {
        let description = self.task.files.get(fd).ok()?;
        self.fs.is_frozen(description.place).then_some(description.offset)
    }

    /// Puts a position back.
    pub(crate) fn restore_offset(&mut self, fd: Fd, offset: u64) {
        if let Ok(description) = self.task.files.get_mut(fd) {
            description.offset = offset;
        }
    }

    fn stat_of(&self, id: InodeId) -> Stat {
        let inode = self.fs.inode(id);
        let filesystem = self.fs.mounts.filesystem(inode.filesystem);
        Stat {
            kind: inode.kind(),
            mode: inode.mode,
            uid: inode.uid,
            gid: inode.gid,
            links: inode.links,
            size: self.size_of(inode),
            io_bytes: filesystem.io_bytes(),
            modified: inode.modified,
            inode: id,
            filesystem: filesystem.number,
        }
    }

    /// The length stat() tells: made-up files tell none, or a page.
    fn size_of(&self, inode: &Inode) -> u64 {
        match (&inode.node, self.fs.mounts.filesystem(inode.filesystem).made_up) {
            (Node::File(_), Some(MadeUp::Proc)) => 0,
            (Node::File(_), Some(MadeUp::Sysfs)) => PAGE_BYTES as u64,
            (Node::File(content), _) => content.len(),
            (Node::Link(target), _) => target.len() as u64,
            (Node::Folder(_), _) => PAGE_BYTES as u64,
            _ => 0,
        }
    }

    fn advance(&mut self, fd: Fd, offset: u64) -> Result<(), Errno> {
        self.task.files.get_mut(fd)?.offset = offset;
        Ok(())
    }
}

/// A read or write may not reach past the largest offset there is.
fn check_range(offset: u64, len: usize) -> Result<(), Errno> {
    match offset.checked_add(len as u64) {
        Some(end) if end <= i64::MAX as u64 => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}
