//! open() and close().

use super::Syscalls;
use super::inode::{Device, Inode, Kind, Node, Wish};
use super::task::{Description, Fd};
use super::walk::{End, Entry, Goal, Last, check_path, is_shared};
use crate::guest::errno::{Errno, SysError, Wait};
use crate::guest::mounts::Place;

/// How a file is to be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenFlags {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Every write goes to the end: O_APPEND.
    pub append: bool,
    /// Make it if it is missing: O_CREAT.
    pub create: bool,
    /// Fail if it is there: O_EXCL, of use with `create`.
    pub exclusive: bool,
    /// Empty it: O_TRUNC.
    pub truncate: bool,
    /// Do not wait for a fifo's other end: O_NONBLOCK.
    pub nonblock: bool,
}

impl OpenFlags {
    /// For reading.
    pub const READ: OpenFlags = OpenFlags {
        read: true,
        write: false,
        append: false,
        create: false,
        exclusive: false,
        truncate: false,
        nonblock: true,
    };

    fn wish(self) -> Wish {
        Wish {
            read: self.read,
            write: self.write || self.truncate,
            execute: false,
        }
    }
}

/// A file that open() found or made.
#[derive(Clone, Copy)]
struct Opened {
    place: Place,
    is_new: bool,
}

impl Syscalls<'_> {
    /// Opens a file; one that is made gets the permissions `mode` without the umask.
    ///
    /// # Errors
    /// Those of open(2). It hangs for a filesystem to be thawed, and without
    /// [`OpenFlags::nonblock`] for the other end of a fifo.
    pub fn open(&mut self, path: &[u8], flags: OpenFlags, mode: u16) -> Result<Fd, SysError> {
        check_path(path)?;
        let fd = self.task.files.lowest_free()?;
        let goal = match (flags.create, flags.exclusive) {
            (false, _) => Goal::Target,
            (true, false) => Goal::Make,
            (true, true) => Goal::MakeNew,
        };
        let end = self.fs.walk(&self.task.credentials, self.task.folder, path, goal)?;
        let opened = self.find_or_make(end, flags, mode)?;
        self.check_open(opened, flags)?;
        self.attach(opened.place, flags)?;
        self.describe(fd, opened.place, flags);
        Ok(fd)
    }

    /// Makes a pipe that no name leads to: the end to read from, and the end to
    /// write to.
    ///
    /// # Errors
    /// Those of pipe(2).
    pub fn pipe(&mut self) -> Result<(Fd, Fd), Errno> {
        if self.task.files.spare() < 2 {
            return Err(Errno::EMFILE);
        }
        let place = self.fs.add_pipe(&self.task.credentials)?;
        let end = |read, write| OpenFlags {
            read,
            write,
            ..OpenFlags::default()
        };
        let reader = self.hold(place, end(true, false))?;
        let writer = self.hold(place, end(false, true))?;
        Ok((reader, writer))
    }

    /// Gives an end of a pipe its descriptor.
    fn hold(&mut self, place: Place, flags: OpenFlags) -> Result<Fd, Errno> {
        let fd = self.task.files.lowest_free()?;
        if let Node::Fifo(pipe) = &mut self.fs.inode_mut(place.inode).node {
            pipe.join(flags.read, flags.write);
        }
        self.describe(fd, place, flags);
        Ok(fd)
    }

    fn describe(&mut self, fd: Fd, place: Place, flags: OpenFlags) {
        let description = Description {
            place,
            read: flags.read,
            write: flags.write,
            append: flags.append,
            offset: 0,
        };
        self.task.files.insert(fd, description);
        self.fs.inode_mut(place.inode).holds += 1;
    }

    /// Closes a descriptor.
    pub fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        let description = self.task.files.remove(fd)?;
        let inode = description.place.inode;
        if let Node::Fifo(pipe) = &mut self.fs.inode_mut(inode).node {
            pipe.leave(description.read, description.write);
        }
        self.fs.unhold(inode);
        Ok(())
    }

    fn find_or_make(&mut self, end: End, flags: OpenFlags, mode: u16) -> Result<Opened, SysError> {
        match (end.found, end.last) {
            (Some(place), last) => {
                if flags.create {
                    self.check_existing(place, &last, flags)?;
                }
                Ok(Opened { place, is_new: false })
            }
            (None, Last::Entry(entry)) if flags.create => {
                if self.fs.mounts.shown_by(entry.folder.mount).sealed {
                    return Err(Errno::EACCES.into());
                }
                let place = self.make(entry, Node::File(Default::default()), mode)?;
                Ok(Opened { place, is_new: true })
            }
            (None, _) => Err(Errno::ENOENT.into()),
        }
    }

    /// What O_CREAT means where something is there already.
    fn check_existing(&self, place: Place, last: &Last, flags: OpenFlags) -> Result<(), SysError> {
        if let Last::Entry(entry) = last {
            // The wish to create takes write access to the folder's filesystem first,
            // and only a thaw gives that; a read-only one is forgiven.
            if self.fs.is_frozen(entry.folder) {
                return Err(SysError::Hangs(Wait::Thaw));
            }
        }
        if flags.exclusive {
            return Err(Errno::EEXIST.into());
        }
        let inode = self.fs.inode(place.inode);
        if inode.kind() == Kind::Folder {
            return Err(Errno::EISDIR.into());
        }
        match last {
            Last::Entry(entry) if self.is_protected(entry, inode) => Err(Errno::EACCES.into()),
            _ => Ok(()),
        }
    }

    /// Whether a sticky folder protects another's file from being "created".
    fn is_protected(&self, entry: &Entry, inode: &Inode) -> bool {
        let folder = self.fs.inode(entry.folder.inode);
        let guarded = match inode.kind() {
            Kind::File => self.fs.protection.regular,
            Kind::Fifo => self.fs.protection.fifos,
            _ => false,
        };
        guarded && is_shared(folder) && inode.uid != folder.uid && inode.uid != self.task.credentials.uid
    }

    /// Permissions, and what opening means for each kind.
    fn check_open(&mut self, opened: Opened, flags: OpenFlags) -> Result<(), SysError> {
        let Opened { place, is_new } = opened;
        let inode = self.fs.inode(place.inode);
        let kind = inode.kind();
        match kind {
            Kind::Link => return Err(Errno::ELOOP.into()),
            Kind::Folder if flags.wish().write => return Err(Errno::EISDIR.into()),
            _ => {}
        }
        if is_new {
            return Ok(());
        }
        if kind == Kind::File && flags.wish().write && self.fs.mounts.shown_by(place.mount).read_only {
            return Err(Errno::EROFS.into());
        }
        if !inode.allows(&self.task.credentials, flags.wish()) {
            return Err(Errno::EACCES.into());
        }
        self.check_faults(place)?;
        if kind == Kind::File && flags.truncate && !self.fs.mounts.shown_by(place.mount).sealed {
            self.fs.writable(place.mount)?;
            self.fs.change(place.inode, |content| content.truncate(0));
        }
        Ok(())
    }

    /// An error the image wants to see when a mount point is opened.
    fn check_faults(&self, place: Place) -> Result<(), Errno> {
        let fault = self.fs.mounts.mount(place.mount).open_fault;
        match fault {
            Some(errno) if self.fs.mounts.root_of(place.mount) == place => Err(errno),
            _ => Ok(()),
        }
    }

    /// Devices, fifos and sockets answer for themselves.
    fn attach(&mut self, place: Place, flags: OpenFlags) -> Result<(), SysError> {
        match &mut self.fs.inode_mut(place.inode).node {
            Node::Socket | Node::Device(Device::Absent) => Err(Errno::ENXIO.into()),
            Node::Fifo(pipe) => {
                let alone = match (flags.read, flags.write) {
                    (true, false) => !flags.nonblock && !pipe.has_writer(),
                    (false, true) => !pipe.has_reader(),
                    _ => false,
                };
                if alone && flags.nonblock {
                    return Err(Errno::ENXIO.into());
                }
                if alone {
                    return Err(SysError::Hangs(Wait::OtherEnd));
                }
                pipe.join(flags.read, flags.write);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
