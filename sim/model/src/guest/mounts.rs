//! The mount table, and which filesystems are frozen.
//!
//! A filesystem can be mounted at several places (a bind mount is one more); it
//! is frozen or not as a whole. Who froze it the kernel does not remember, so
//! anybody can thaw it.

pub mod lines;
pub(crate) mod section;

use std::collections::BTreeMap;

use super::errno::Errno;
use super::fs::content::PAGE_BYTES;
use super::fs::inode::InodeId;

/// A filesystem of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilesystemId(pub(crate) u32);

/// A line of the mount table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountId(pub(crate) u32);

/// An inode as reached through a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Through which mount.
    pub mount: MountId,
    /// Which inode.
    pub inode: InodeId,
}

/// A filesystem.
#[derive(Clone, Debug)]
pub struct Filesystem {
    /// What is mounted: a device's path, or a word such as `tmpfs`.
    pub device: String,
    /// Type, such as `ext4`.
    pub kind: String,
    /// Major and minor number.
    pub number: (u32, u32),
    /// How much it holds.
    pub capacity: Capacity,
    /// Nothing on it can be changed.
    pub read_only: bool,
    /// It is reached over a network.
    pub network: bool,
    /// Its type knows freezing.
    pub freezable: bool,
    /// Nothing can be written to it until it is thawed.
    pub frozen: bool,
    /// FIFREEZE fails with this.
    pub freeze_fault: Option<Errno>,
    /// FITHAW fails with this.
    pub thaw_fault: Option<Errno>,
    /// Bytes the next trim gives back; `None` if the device cannot discard.
    pub discardable: Option<u64>,
    /// The largest file, in bytes.
    pub file_bytes_max: u64,
    /// What the kernel makes up: it has no size, and nothing can be added to it.
    pub made_up: Option<MadeUp>,
    /// No names can be added or removed.
    pub(crate) sealed: bool,
    /// Pages its files hold.
    pub(crate) pages: u64,
    /// Inodes it holds.
    pub(crate) inodes: u64,
}

/// The filesystems that the kernel makes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeUp {
    /// `proc`: its files have no length until they are read.
    Proc,
    /// `sysfs`: its files are a page long until they are read.
    Sysfs,
}

/// How much a filesystem holds beside what the image lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Size in bytes.
    pub bytes: u64,
    /// Bytes taken by what the image does not list.
    pub used_bytes: u64,
    /// Bytes only the superuser may take.
    pub reserved_bytes: u64,
    /// Size in inodes.
    pub inodes: u64,
    /// Inodes taken by what the image does not list.
    pub used_inodes: u64,
}

/// A line of the mount table.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The filesystem seen there.
    pub filesystem: FilesystemId,
    /// Where, as an absolute path.
    pub at: Vec<u8>,
    /// Where a Windows machine says that it is.
    pub drive: Option<String>,
    /// Options as `/proc/self/mounts` lists them.
    pub options: String,
    /// Opening the mount point itself fails with this.
    pub open_fault: Option<Errno>,
    /// The folder seen there: the filesystem's root, but for a bind mount.
    pub(crate) root: InodeId,
    /// The place it covers; none for the root.
    pub(crate) covers: Option<Place>,
}

/// All filesystems and mounts, in the order they were mounted.
#[derive(Clone, Debug, Default)]
pub struct MountTable {
    filesystems: Vec<Filesystem>,
    mounts: Vec<Mount>,
    covered: BTreeMap<Place, MountId>,
}

impl Filesystem {
    /// Bytes in use.
    pub fn used_bytes(&self) -> u64 {
        if self.made_up.is_some() {
            return 0;
        }
        self.capacity.used_bytes + self.pages * PAGE_BYTES as u64
    }

    /// Bytes nobody uses, those reserved for the superuser included.
    pub fn free_bytes(&self) -> u64 {
        self.capacity.bytes.saturating_sub(self.used_bytes())
    }

    /// Inodes in use.
    pub fn used_inodes(&self) -> u64 {
        self.capacity.used_inodes + self.inodes
    }

    /// Bytes stat() names as the best size of a read: what stdio takes for its buffer.
    pub fn io_bytes(&self) -> usize {
        if self.made_up == Some(MadeUp::Proc) {
            1024
        } else {
            PAGE_BYTES
        }
    }

    /// Pages a file may still take.
    pub(crate) fn spare_pages(&self, superuser: bool) -> u64 {
        if self.made_up.is_some() {
            return u64::MAX;
        }
        let reserved = if superuser { 0 } else { self.capacity.reserved_bytes };
        self.free_bytes().saturating_sub(reserved) / PAGE_BYTES as u64
    }

    /// Whether one more inode fits.
    pub(crate) fn has_spare_inode(&self) -> bool {
        self.made_up.is_some() || self.used_inodes() < self.capacity.inodes
    }

    /// FIFREEZE.
    pub fn freeze(&mut self) -> Result<(), Errno> {
        if !self.freezable {
            return Err(Errno::EOPNOTSUPP);
        }
        if self.frozen {
            return Err(Errno::EBUSY);
        }
        self.freeze_fault.map_or(Ok(()), Err)?;
        self.frozen = true;
        Ok(())
    }

    /// FITHAW.
    pub fn thaw(&mut self) -> Result<(), Errno> {
        if !self.frozen {
            return Err(Errno::EINVAL);
        }
        self.thaw_fault.map_or(Ok(()), Err)?;
        self.frozen = false;
        Ok(())
    }

    /// FITRIM of the whole filesystem: the bytes given back.
    pub fn trim(&mut self, minimum: u64) -> Result<u64, Errno> {
        let discardable = self.discardable.as_mut().ok_or(Errno::EOPNOTSUPP)?;
        if minimum > self.capacity.bytes {
            return Err(Errno::EINVAL);
        }
        Ok(std::mem::take(discardable))
    }
}

impl MountTable {
    /// All filesystems.
    pub fn filesystems(&self) -> &[Filesystem] {
        &self.filesystems
    }

    /// The lines of the mount table, the root first.
    pub fn mounts(&self) -> impl DoubleEndedIterator<Item = (MountId, &Mount)> {
        self.mounts
            .iter()
            .enumerate()
            .map(|(index, it)| (MountId(index as u32), it))
    }

    /// A filesystem.
    pub fn filesystem(&self, id: FilesystemId) -> &Filesystem {
        &self.filesystems[id.0 as usize]
    }

    /// A filesystem, to change it: freeze it behind the agent's back, break its thaw.
    pub fn filesystem_mut(&mut self, id: FilesystemId) -> &mut Filesystem {
        &mut self.filesystems[id.0 as usize]
    }

    /// A line of the mount table.
    pub fn mount(&self, id: MountId) -> &Mount {
        &self.mounts[id.0 as usize]
    }

    /// A line of the mount table, to change it.
    pub fn mount_mut(&mut self, id: MountId) -> &mut Mount {
        &mut self.mounts[id.0 as usize]
    }

    /// The table as `/proc/self/mounts` shows it.
    pub fn text(&self) -> String {
        let line = |(_, mount): (MountId, &Mount)| {
            let filesystem = self.filesystem(mount.filesystem);
            let words = [
                &filesystem.device,
                &*String::from_utf8_lossy(&mount.at),
                &filesystem.kind,
            ];
            let [device, at, kind] = words.map(|it| it.replace(' ', "\\040"));
            format!("{device} {at} {kind} {} 0 0\n", mount.options)
        };
        self.mounts().map(line).collect()
    }

    /// The last mount made at a path, which is the one seen there.
    pub fn find(&self, at: &[u8]) -> Option<MountId> {
        self.mounts().rev().find(|(_, it)| it.at == at).map(|(id, _)| id)
    }

    /// Where absolute paths begin.
    pub(crate) fn root(&self) -> Place {
        self.enter(self.root_of(MountId(0)))
    }

    /// The folder seen at a mount.
    pub(crate) fn root_of(&self, mount: MountId) -> Place {
        Place {
            mount,
            inode: self.mount(mount).root,
        }
    }

    /// The mount point as the machine's system tells it.
    pub fn told_as<'a>(&'a self, at: &'a [u8]) -> &'a [u8] {
        let drive = self.find(at).and_then(|id| self.mount(id).drive.as_deref());
        drive.map_or(at, str::as_bytes)
    }

    /// The filesystem a mount shows.
    pub(crate) fn shown_by(&self, mount: MountId) -> &Filesystem {
        self.filesystem(self.mount(mount).filesystem)
    }

    /// What is seen at a place: what is mounted on it, if anything.
    pub(crate) fn enter(&self, mut place: Place) -> Place {
        while let Some(&mount) = self.covered.get(&place) {
            place = self.root_of(mount);
        }
        place
    }

    /// The place `..` starts from: off the mounts whose root this is.
    pub(crate) fn leave(&self, mut place: Place) -> Place {
        while self.root_of(place.mount) == place {
            match self.mount(place.mount).covers {
                Some(covered) => place = covered,
                None => break,
            }
        }
        place
    }

    /// Whether something is mounted on an inode.
    pub(crate) fn is_mount_point(&self, inode: InodeId) -> bool {
        self.covered.keys().any(|it| it.inode == inode)
    }

    /// Adds a filesystem that is not mounted yet.
    pub(crate) fn add_filesystem(&mut self, filesystem: Filesystem) -> FilesystemId {
        self.filesystems.push(filesystem);
        FilesystemId(self.filesystems.len() as u32 - 1)
    }

    /// Adds a line to the mount table.
    pub(crate) fn add_mount(&mut self, mount: Mount) -> MountId {
        let id = MountId(self.mounts.len() as u32);
        if let Some(place) = mount.covers {
            self.covered.insert(place, id);
        }
        self.mounts.push(mount);
        id
    }
}
