//! The guest's files: inodes on filesystems, found by path through the mounts.
//!
//! - [`inode`]: what a name stands for, and its permissions;
//! - [`content`]: the bytes of a regular file;
//! - [`pipe`]: the bytes on their way through a fifo;
//! - [`walk`]: from a path to an inode;
//! - [`task`]: who makes system calls, with its open files;
//! - `section`: what an image puts on it;
//! - [`open`], [`io`], [`ioctl`], [`tree`] and `names`: the system calls.
//!
//! Everything is reached through [`Fs::calls`], as a program reaches it: by
//! system calls that check permissions and return the kernel's errors. What is
//! kept in memory is bounded by [`INODES_MAX`] and [`PAGES_MAX`], whatever
//! capacity the filesystems claim.

pub mod content;
pub mod inode;
pub mod io;
pub mod ioctl;
mod names;
pub mod open;
pub mod pipe;
pub(crate) mod section;
pub mod task;
pub mod tree;
pub mod walk;

use inode::{Inode, InodeId, Node, Stamp};
use task::{Descriptors, Task};

use super::accounts::Credentials;
use super::errno::{Errno, SysError, Wait};
use super::mounts::{FilesystemId, MountId, MountTable, Place};

/// Inodes kept in memory, all filesystems together.
pub const INODES_MAX: usize = 65_536;

/// Pages of files kept in memory, all filesystems together: 1 GiB.
pub const PAGES_MAX: u64 = 262_144;

/// The guest's filesystems and all that is on them.
#[derive(Clone, Debug)]
pub struct Fs {
    inodes: Vec<Option<Inode>>,
    vacant: Vec<InodeId>,
    /// Pages of all filesystems.
    pages: u64,
    clock: Stamp,
    /// Where the random bytes are.
    entropy: u64,
    /// Filesystems and where they are mounted.
    pub mounts: MountTable,
    /// What sticky folders forbid.
    pub protection: Protection,
}

/// What the kernel forbids in folders that are sticky and writable for all, even
/// to the superuser: the `fs.protected_*` settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Protection {
    /// Following links of others.
    pub symlinks: bool,
    /// Opening files of others with a wish to create them.
    pub regular: bool,
    /// Opening fifos of others with a wish to create them.
    pub fifos: bool,
}

/// The bits of a number, stirred as SplitMix64 does it.
fn mixed(number: u64) -> u64 {
    let once = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ (twice >> 31)
}

/// System calls of one task.
#[derive(Debug)]
pub struct Syscalls<'a> {
    /// What the calls act on.
    pub fs: &'a mut Fs,
    /// Who makes them.
    pub task: &'a mut Task,
}

impl Fs {
    /// No filesystem yet.
    pub(crate) fn new() -> Fs {
        Fs {
            inodes: Vec::new(),
            vacant: Vec::new(),
            pages: 0,
            clock: 0,
            entropy: 0,
            mounts: MountTable::default(),
            protection: Protection::default(),
        }
    }

    /// Appends so many bytes that look random. Whoever reads next gets others.
    pub(crate) fn random(&mut self, mut count: usize, into: &mut Vec<u8>) {
        while count > 0 {
            self.entropy = self.entropy.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let word = mixed(self.entropy).to_le_bytes();
            let taken = count.min(word.len());
            into.extend_from_slice(&word[..taken]);
            count -= taken;
        }
    }

    /// Sets the time that changes are stamped with.
    pub fn set_clock(&mut self, now: Stamp) {
        self.clock = now;
    }

    /// The time that changes are stamped with.
    pub fn clock(&self) -> Stamp {
        self.clock
    }

    /// The system calls of a task.
    pub fn calls<'a>(&'a mut self, task: &'a mut Task) -> Syscalls<'a> {
        Syscalls { fs: self, task }
    }

    /// A task whose working folder is the root, with no open files.
    pub fn new_task(&mut self, credentials: Credentials, umask: u16, files: Descriptors) -> Task {
        let folder = self.mounts.root();
        self.inode_mut(folder.inode).holds += 1;
        Task {
            credentials,
            folder,
            umask,
            files,
        }
    }

    /// The end of a task: what it has open is closed.
    pub fn end_task(&mut self, mut task: Task) {
        for fd in task.files.numbers() {
            // It is open, so that closing it cannot fail.
            let _ = self.calls(&mut task).close(fd);
        }
        self.unhold(task.folder.inode);
    }

    /// An inode.
    pub fn inode(&self, id: InodeId) -> &Inode {
        self.inodes[id.0 as usize]
            .as_ref()
            .expect("an inode lives as long as something leads to it")
    }

    pub(crate) fn inode_mut(&mut self, id: InodeId) -> &mut Inode {
        self.inodes[id.0 as usize]
            .as_mut()
            .expect("an inode lives as long as something leads to it")
    }

    /// Makes an inode that no name leads to yet.
    pub(crate) fn add_inode(&mut self, inode: Inode) -> InodeId {
        self.mounts.filesystem_mut(inode.filesystem).inodes += 1;
        match self.vacant.pop() {
            Some(id) => {
                self.inodes[id.0 as usize] = Some(inode);
                id
            }
            None => {
                self.inodes.push(Some(inode));
                InodeId(self.inodes.len() as u32 - 1)
            }
        }
    }

    /// Makes a pipe that no name leads to.
    pub(crate) fn add_pipe(&mut self, who: &Credentials) -> Result<Place, Errno> {
        let root = self.mounts.root();
        let filesystem = self.inode(root.inode).filesystem;
        if !self.has_spare_inode(filesystem) {
            return Err(Errno::ENFILE);
        }
        let inode = self.add_inode(Inode {
            filesystem,
            node: Node::Fifo(pipe::Pipe::default()),
            mode: 0o600,
            uid: who.uid,
            gid: who.gid,
            links: 0,
            holds: 0,
            modified: self.clock,
        });
        Ok(Place { inode, ..root })
    }

    /// Whether one more inode fits on a filesystem and in memory.
    pub(crate) fn has_spare_inode(&self, filesystem: FilesystemId) -> bool {
        self.inodes.len() - self.vacant.len() < INODES_MAX && self.mounts.filesystem(filesystem).has_spare_inode()
    }

    /// Pages a file may still take, on its filesystem and in memory.
    pub(crate) fn spare_pages(&self, filesystem: FilesystemId, superuser: bool) -> u64 {
        let spare = self.mounts.filesystem(filesystem).spare_pages(superuser);
        spare.min(PAGES_MAX - self.pages)
    }

    /// Changes a file's content and accounts for the pages that come and go.
    pub(crate) fn change(&mut self, id: InodeId, change: impl FnOnce(&mut content::Content)) {
        let now = self.clock;
        let inode = self.inode_mut(id);
        let Node::File(content) = &mut inode.node else { return };
        let before = content.pages();
        change(content);
        let after = content.pages();
        inode.modified = now;
        let filesystem = inode.filesystem;
        self.count_pages(filesystem, before, after);
    }

    fn count_pages(&mut self, filesystem: FilesystemId, before: u64, after: u64) {
        let pages = &mut self.mounts.filesystem_mut(filesystem).pages;
        *pages = *pages - before + after;
        self.pages = self.pages - before + after;
    }

    /// Lets go of an inode; it goes when nothing leads to it any more.
    pub(crate) fn release(&mut self, id: InodeId) {
        let inode = self.inode(id);
        if inode.links > 0 || inode.holds > 0 {
            return;
        }
        let filesystem = inode.filesystem;
        if let Node::File(content) = &inode.node {
            self.count_pages(filesystem, content.pages(), 0);
        }
        self.mounts.filesystem_mut(filesystem).inodes -= 1;
        self.inodes[id.0 as usize] = None;
        self.vacant.push(id);
    }

    /// Lets go of what a description or a working folder holds.
    pub(crate) fn unhold(&mut self, id: InodeId) {
        self.inode_mut(id).holds -= 1;
        self.release(id);
    }

    /// Whether anything on the filesystem of a mount may change now.
    pub(crate) fn writable(&self, mount: MountId) -> Result<(), SysError> {
        let filesystem = self.mounts.shown_by(mount);
        if filesystem.read_only {
            return Err(Errno::EROFS.into());
        }
        if filesystem.frozen {
            return Err(SysError::Hangs(Wait::Thaw));
        }
        Ok(())
    }

    /// Whether writing through a description would have to wait for a thaw.
    pub(crate) fn is_frozen(&self, place: Place) -> bool {
        self.inode(place.inode).kind().is_stored() && self.mounts.shown_by(place.mount).frozen
    }
}
