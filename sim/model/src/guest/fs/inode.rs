//! What a name in a folder stands for, and who may do what with it.

use std::collections::BTreeMap;

use super::content::Content;
use super::pipe::Pipe;
use crate::guest::accounts::Credentials;
use crate::guest::mounts::FilesystemId;

/// The bit that makes a folder's names removable by their owners alone.
pub const STICKY: u16 = 0o1000;

/// Nanoseconds since 1970.
pub type Stamp = i64;

/// A file, folder or other thing of a filesystem, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InodeId(pub(crate) u32);

/// An inode: owner, permissions and what it is.
#[derive(Clone, Debug)]
pub struct Inode {
    /// The filesystem it lies on.
    pub filesystem: FilesystemId,
    /// What it is.
    pub node: Node,
    /// Permission bits, with set-id bits and [`STICKY`].
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Names that lead to it.
    pub links: u32,
    /// Descriptions and working folders that hold it.
    pub holds: u32,
    /// When its content changed last.
    pub modified: Stamp,
}

/// What an inode is.
#[derive(Clone, Debug)]
pub enum Node {
    /// A folder.
    Folder(Folder),
    /// A regular file.
    File(Content),
    /// A symbolic link, with its target.
    Link(Vec<u8>),
    /// A device.
    Device(Device),
    /// A fifo.
    Fifo(Pipe),
    /// A unix socket nobody can open.
    Socket,
}

/// A folder: its names, in the order of their bytes.
#[derive(Clone, Debug)]
pub struct Folder {
    /// What each name leads to.
    pub entries: BTreeMap<Vec<u8>, InodeId>,
    /// The folder `..` leads to; the root of a filesystem is its own.
    pub parent: InodeId,
}

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// `/dev/null`: takes everything, gives nothing.
    Null,
    /// `/dev/zero`: takes everything, gives zeros.
    Zero,
    /// `/dev/full`: has no room, gives zeros.
    Full,
    /// `/dev/random` and `/dev/urandom`: takes everything, gives bytes that look random
    /// and are the same in each run.
    Random,
    /// A device whose driver is not there: opening it is ENXIO.
    Absent,
}

/// The kinds of inode as stat() tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A device.
    Device,
    /// A fifo.
    Fifo,
    /// A unix socket.
    Socket,
}

/// What one wants to do with an inode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Read it, or list a folder.
    pub read: bool,
    /// Write it, or change a folder's names.
    pub write: bool,
    /// Run it, or look a name up in a folder.
    pub execute: bool,
}

impl Wish {
    /// Look a name up.
    pub const SEARCH: Wish = Wish {
        read: false,
        write: false,
        execute: true,
    };
    /// Add or remove a name.
    pub const CHANGE: Wish = Wish {
        read: false,
        write: true,
        execute: true,
    };

    /// As one class of the permission bits.
    fn bits(self) -> u16 {
        u16::from(self.read) << 2 | u16::from(self.write) << 1 | u16::from(self.execute)
    }
}

impl Inode {
    /// What kind it is.
    pub fn kind(&self) -> Kind {
        match self.node {
            Node::Folder(_) => Kind::Folder,
            Node::File(_) => Kind::File,
            Node::Link(_) => Kind::Link,
            Node::Device(_) => Kind::Device,
            Node::Fifo(_) => Kind::Fifo,
            Node::Socket => Kind::Socket,
        }
    }

    /// Whether its permissions let somebody do it. The superuser may read and
    /// write anything, and run what anybody may run.
    pub fn allows(&self, who: &Credentials, wish: Wish) -> bool {
        if who.is_superuser() {
            return !wish.execute || self.kind() == Kind::Folder || self.mode & 0o111 != 0;
        }
        let class = if who.uid == self.uid {
            self.mode >> 6
        } else if who.is_in(self.gid) {
            self.mode >> 3
        } else {
            self.mode
        };
        class & wish.bits() == wish.bits()
    }

    /// Whether somebody may change its permissions and owner.
    pub fn is_owned_by(&self, who: &Credentials) -> bool {
        who.is_superuser() || who.uid == self.uid
    }

    /// The names of a folder.
    pub fn folder(&self) -> Option<&Folder> {
        match &self.node {
            Node::Folder(folder) => Some(folder),
            _ => None,
        }
    }

    /// The names of a folder, to change them.
    pub fn folder_mut(&mut self) -> Option<&mut Folder> {
        match &mut self.node {
            Node::Folder(folder) => Some(folder),
            _ => None,
        }
    }
}

impl Kind {
    /// Whether its bytes lie on the filesystem, so that writing them needs it
    /// writable and thawed.
    pub fn is_stored(self) -> bool {
        matches!(self, Kind::Folder | Kind::File | Kind::Link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_follow_owner_group_and_others() {
        let inode = Inode {
            filesystem: FilesystemId(0),
            node: Node::File(Content::default()),
            mode: 0o640,
            uid: 10,
            gid: 20,
            links: 1,
            holds: 0,
            modified: 0,
        };
        let read = Wish {
            read: true,
            ..Wish::default()
        };
        let write = Wish {
            write: true,
            ..Wish::default()
        };
        for (uid, gid, wish, allowed) in [
            (10, 99, read, true),
            (10, 99, write, true),
            (11, 20, read, true),
            (11, 20, write, false),
            (11, 99, read, false),
            (0, 0, write, true),
            (0, 0, Wish::SEARCH, false),
            // The owner's bits hold for the owner, even where the group's give more.
            (10, 20, Wish::SEARCH, false),
        ] {
            let who = Credentials {
                uid,
                gid,
                groups: Vec::new(),
            };
            assert_eq!(inode.allows(&who, wish), allowed, "uid {uid} gid {gid} {wish:?}");
        }
    }
}
