//! Making files, reading them whole, and changing whose they are.

use super::Syscalls;
use super::content::Content;
use super::inode::{Folder, Inode, InodeId, Kind, Node, Stamp, Wish};
use super::open::OpenFlags;
use super::pipe::Pipe;
use super::task::Fd;
use super::walk::{End, Entry, Goal, Last, PATH_BYTES_MAX};
use crate::guest::errno::{Errno, SysError};
use crate::guest::mounts::{FilesystemId, Place};

/// To write something.
const WRITE: Wish = Wish {
    read: false,
    write: true,
    execute: false,
};

/// Permission bits there are.
const MODE_BITS: u16 = 0o7777;

impl Syscalls<'_> {
    /// Makes a folder.
    pub fn mkdir(&mut self, path: &[u8], mode: u16) -> Result<(), SysError> {
        let entry = self.free_entry(path, true)?;
        let parent = entry.folder.inode;
        let node = Node::Folder(Folder {
            entries: Default::default(),
            parent,
        });
        self.make(entry, node, mode)?;
        Ok(())
    }

    /// Makes a folder and those that lead to it, as far as they are missing.
    pub(crate) fn mkdir_all(&mut self, path: &[u8]) -> Result<(), SysError> {
        // Most often nothing is missing.
        if self.find(path, Goal::Itself).is_ok() {
            return Ok(());
        }
        let ends = path
            .iter()
            .enumerate()
            .filter(|(at, byte)| **byte == b'/' && *at > 0)
            .map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            match self.mkdir(&path[..end], 0o755) {
                Ok(()) | Err(SysError::Errno(Errno::EEXIST)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes a file of these bytes, lengthened by a hole to `size`, whatever kind of
    /// filesystem it is on.
    pub(crate) fn add_file(&mut self, path: &[u8], bytes: &[u8], size: u64) -> Result<Place, SysError> {
        let content = Content::from_bytes(bytes);
        let place = self.make(self.free_entry(path, false)?, Node::File(Content::default()), 0o644)?;
        let filesystem = self.fs.inode(place.inode).filesystem;
        if content.pages() > self.fs.spare_pages(filesystem, true) {
            return Err(Errno::ENOSPC.into());
        }
        self.fs.change(place.inode, |it| {
            *it = content;
            it.truncate(size.max(bytes.len() as u64));
        });
        Ok(place)
    }

    /// Makes a fifo.
    pub fn mkfifo(&mut self, path: &[u8], mode: u16) -> Result<(), SysError> {
        self.mknod(path, Node::Fifo(Pipe::default()), mode).map(drop)
    }

    /// Makes a symbolic link to a target that need not exist.
    pub fn symlink(&mut self, target: &[u8], path: &[u8]) -> Result<(), SysError> {
        if target.is_empty() {
            return Err(Errno::ENOENT.into());
        }
        if target.len() > PATH_BYTES_MAX {
            return Err(Errno::ENAMETOOLONG.into());
        }
        let entry = self.free_entry(path, false)?;
        self.make_with(entry, Node::Link(target.to_vec()), 0o777)?;
        Ok(())
    }

    /// Makes a device, socket or fifo.
    pub(crate) fn mknod(&mut self, path: &[u8], node: Node, mode: u16) -> Result<Place, SysError> {
        let entry = self.free_entry(path, false)?;
        self.make(entry, node, mode)
    }

    /// Changes permissions.
    pub fn chmod(&mut self, path: &[u8], mode: u16) -> Result<(), SysError> {
        let place = self.find(path, Goal::Target)?;
        self.set_mode(place, mode)
    }

    /// Changes the permissions of an open file.
    pub fn fchmod(&mut self, fd: Fd, mode: u16) -> Result<(), SysError> {
        let place = self.task.files.get(fd)?.place;
        self.set_mode(place, mode)
    }

    /// Changes owner and group, as the superuser alone may.
    pub fn chown(&mut self, path: &[u8], uid: u32, gid: u32) -> Result<(), SysError> {
        let place = self.find(path, Goal::Itself)?;
        self.set_owner(place, uid, gid)
    }

    /// Changes owner, group and permissions of what is at a place.
    pub(super) fn assign(&mut self, place: Place, uid: u32, gid: u32, mode: u16) -> Result<(), SysError> {
        self.set_owner(place, uid, gid)?;
        self.set_mode(place, mode)
    }

    fn set_owner(&mut self, place: Place, uid: u32, gid: u32) -> Result<(), SysError> {
        self.fs.writable(place.mount)?;
        if !self.task.credentials.is_superuser() {
            return Err(Errno::EPERM.into());
        }
        let inode = self.fs.inode_mut(place.inode);
        (inode.uid, inode.gid) = (uid, gid);
        Ok(())
    }

    /// Says that a file was changed at a moment, or now.
    pub fn set_modified(&mut self, path: &[u8], when: Option<Stamp>) -> Result<(), SysError> {
        let place = self.find(path, Goal::Target)?;
        self.fs.writable(place.mount)?;
        let inode = self.fs.inode(place.inode);
        let may_write = inode.is_owned_by(&self.task.credentials) || inode.allows(&self.task.credentials, WRITE);
        if !may_write {
            return Err(Errno::EACCES.into());
        }
        self.touch(place.inode);
        if let Some(when) = when {
            self.fs.inode_mut(place.inode).modified = when;
        }
        Ok(())
    }

    /// Moves the working folder.
    pub fn chdir(&mut self, path: &[u8]) -> Result<(), SysError> {
        let place = self.find(path, Goal::Target)?;
        let inode = self.fs.inode(place.inode);
        if inode.kind() != Kind::Folder {
            return Err(Errno::ENOTDIR.into());
        }
        if !inode.allows(&self.task.credentials, Wish::SEARCH) {
            return Err(Errno::EACCES.into());
        }
        self.fs.inode_mut(place.inode).holds += 1;
        let left = std::mem::replace(&mut self.task.folder, place);
        self.fs.unhold(left.inode);
        Ok(())
    }

    /// The names in a folder, in the order of their bytes.
    pub fn list(&self, path: &[u8]) -> Result<Vec<Vec<u8>>, SysError> {
        let place = self.find(path, Goal::Target)?;
        let inode = self.fs.inode(place.inode);
        let folder = inode.folder().ok_or(Errno::ENOTDIR)?;
        if !inode.allows(
            &self.task.credentials,
            Wish {
                read: true,
                ..Wish::default()
            },
        ) {
            return Err(Errno::EACCES.into());
        }
        Ok(folder.entries.keys().cloned().collect())
    }

    /// The target of a symbolic link.
    pub fn readlink(&self, path: &[u8]) -> Result<Vec<u8>, SysError> {
        let place = self.find(path, Goal::Itself)?;
        match &self.fs.inode(place.inode).node {
            Node::Link(target) => Ok(target.clone()),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    /// Everything in a file.
    pub fn read_file(&mut self, path: &[u8]) -> Result<Vec<u8>, SysError> {
        let fd = self.open(path, OpenFlags::READ, 0)?;
        let mut bytes = Vec::new();
        let read = match &self.fs.inode(self.task.files.get(fd)?.place.inode).node {
            Node::File(content) => Ok(content.read(0, usize::MAX, &mut bytes)),
            _ => Err(Errno::EINVAL),
        };
        self.close(fd)?;
        read?;
        Ok(bytes)
    }

    /// Makes a file of these bytes, or gives a file these bytes instead of its own.
    pub fn write_file_whole(&mut self, path: &[u8], bytes: &[u8], mode: u16) -> Result<(), SysError> {
        let flags = OpenFlags {
            write: true,
            create: true,
            truncate: true,
            ..OpenFlags::default()
        };
        let fd = self.open(path, flags, mode)?;
        let mut rest = bytes;
        let mut written = Ok(());
        while !rest.is_empty() {
            match self.write(fd, rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) => {
                    written = Err(error);
                    break;
                }
            }
        }
        self.close(fd)?;
        written
    }

    /// The content of a regular file that may be read.
    ///
    /// # Errors
    /// Those of open(2); EINVAL for anything else than a file.
    pub(crate) fn content_of(&mut self, path: &[u8]) -> Result<Content, SysError> {
        let fd = self.open(path, OpenFlags::READ, 0)?;
        let content = self.fs.content(self.task.files.get(fd)?.place).cloned();
        self.close(fd)?;
        content.ok_or(Errno::EINVAL.into())
    }

    /// Gives a file this content instead of its own, which takes no longer for much
    /// of it; makes the file if it is missing.
    ///
    /// # Errors
    /// Those of open(2) and write(2); ENOSPC leaves it empty.
    pub(crate) fn set_content(&mut self, path: &[u8], content: &Content, mode: u16) -> Result<(), SysError> {
        let flags = OpenFlags {
            write: true,
            create: true,
            truncate: true,
            ..OpenFlags::default()
        };
        let fd = self.open(path, flags, mode)?;
        let place = self.task.files.get(fd)?.place;
        self.close(fd)?;
        let filesystem = self.fs.inode(place.inode).filesystem;
        if content.pages() > self.fs.spare_pages(filesystem, self.task.credentials.is_superuser()) {
            return Err(Errno::ENOSPC.into());
        }
        self.fs.change(place.inode, |it| *it = content.clone());
        Ok(())
    }

    /// Makes an inode under a name that is free, its permissions cut by the umask.
    pub(super) fn make(&mut self, entry: Entry, node: Node, mode: u16) -> Result<Place, SysError> {
        self.make_with(entry, node, mode & !self.task.umask)
    }

    fn make_with(&mut self, entry: Entry, node: Node, mode: u16) -> Result<Place, SysError> {
        self.may_change_names(entry.folder)?;
        let folder = self.fs.inode(entry.folder.inode);
        let filesystem = folder.filesystem;
        if !self.fs.has_spare_inode(filesystem) {
            return Err(Errno::ENOSPC.into());
        }
        let inode = self.new_inode(filesystem, folder, node, mode);
        let inode = self.fs.add_inode(inode);
        let place = Place { inode, ..entry.folder };
        self.add_name(entry, inode);
        Ok(place)
    }

    /// A new inode of the task, or of the folder's group where that is set-group-id.
    fn new_inode(&self, filesystem: FilesystemId, folder: &Inode, node: Node, mode: u16) -> Inode {
        let who = &self.task.credentials;
        let inherits = folder.mode & 0o2000 != 0;
        Inode {
            filesystem,
            node,
            mode: mode & MODE_BITS,
            uid: who.uid,
            gid: if inherits { folder.gid } else { who.gid },
            links: 0,
            holds: 0,
            modified: self.fs.clock,
        }
    }

    fn set_mode(&mut self, place: Place, mode: u16) -> Result<(), SysError> {
        self.fs.writable(place.mount)?;
        if !self.fs.inode(place.inode).is_owned_by(&self.task.credentials) {
            return Err(Errno::EPERM.into());
        }
        self.fs.inode_mut(place.inode).mode = mode & MODE_BITS;
        Ok(())
    }

    pub(super) fn walk(&self, path: &[u8], goal: Goal) -> Result<End, Errno> {
        self.fs.walk(&self.task.credentials, self.task.folder, path, goal)
    }

    pub(super) fn find(&self, path: &[u8], goal: Goal) -> Result<Place, Errno> {
        self.fs.find(&self.task.credentials, self.task.folder, path, goal)
    }

    /// The entry of something new. Only a folder's name may end with a slash.
    pub(super) fn free_entry(&self, path: &[u8], folder: bool) -> Result<Entry, Errno> {
        let end = self.walk(path, Goal::Name)?;
        match (end.found, end.last) {
            (None, Last::Entry(entry)) if end.slash && !folder => entry.checked().and(Err(Errno::ENOENT)),
            (None, Last::Entry(entry)) => entry.checked(),
            _ => Err(Errno::EEXIST),
        }
    }
}

impl crate::guest::fs::Fs {
    /// Makes the root folder of a filesystem.
    pub(crate) fn add_root(&mut self, filesystem: FilesystemId) -> InodeId {
        let clock = self.clock;
        let root = |parent| Inode {
            filesystem,
            node: Node::Folder(Folder {
                entries: Default::default(),
                parent,
            }),
            mode: 0o755,
            uid: 0,
            gid: 0,
            links: 1,
            holds: 0,
            modified: clock,
        };
        let id = self.add_inode(root(InodeId(0)));
        if let Some(folder) = self.inode_mut(id).folder_mut() {
            folder.parent = id;
        }
        id
    }

    /// A regular file's content, for whoever looks from outside.
    pub fn content(&self, place: Place) -> Option<&Content> {
        match &self.inode(place.inode).node {
            Node::File(content) => Some(content),
            _ => None,
        }
    }
}
