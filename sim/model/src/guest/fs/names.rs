//! Names in folders: giving, taking and changing them.

use super::Syscalls;
use super::inode::{InodeId, Kind, STICKY, Wish};
use super::walk::{Entry, Goal, Last};
use crate::guest::errno::{Errno, SysError};
use crate::guest::mounts::Place;

impl Syscalls<'_> {
    /// Gives a file one more name.
    pub fn link(&mut self, from: &[u8], to: &[u8]) -> Result<(), SysError> {
        let place = self.find(from, Goal::Itself)?;
        let entry = self.free_entry(to, false)?;
        self.fs.writable(entry.folder.mount)?;
        if place.mount != entry.folder.mount {
            return Err(Errno::EXDEV.into());
        }
        self.may_change_names(entry.folder)?;
        if self.fs.inode(place.inode).kind() == Kind::Folder {
            return Err(Errno::EPERM.into());
        }
        self.add_name(entry, place.inode);
        Ok(())
    }

    /// Removes a name that is not a folder's.
    pub fn unlink(&mut self, path: &[u8]) -> Result<(), SysError> {
        let end = self.walk(path, Goal::Name)?;
        let Last::Entry(entry) = end.last else {
            return Err(Errno::EISDIR.into());
        };
        self.fs.writable(entry.folder.mount)?;
        let entry = entry.checked()?;
        let place = end.found.ok_or(Errno::ENOENT)?;
        let kind = self.fs.inode(place.inode).kind();
        if end.slash && kind != Kind::Folder {
            return Err(Errno::ENOTDIR.into());
        }
        if !end.slash {
            self.may_remove(&entry, place.inode)?;
        }
        if kind == Kind::Folder {
            return Err(Errno::EISDIR.into());
        }
        self.remove_name(&entry);
        Ok(())
    }

    /// Removes an empty folder.
    pub fn rmdir(&mut self, path: &[u8]) -> Result<(), SysError> {
        let end = self.walk(path, Goal::Name)?;
        let entry = match end.last {
            Last::Entry(entry) => entry,
            Last::Root => return Err(Errno::EBUSY.into()),
            Last::Here => return Err(Errno::EINVAL.into()),
            Last::Above => return Err(Errno::ENOTEMPTY.into()),
        };
        self.fs.writable(entry.folder.mount)?;
        let entry = entry.checked()?;
        let place = end.found.ok_or(Errno::ENOENT)?;
        self.may_remove(&entry, place.inode)?;
        let inode = self.fs.inode(place.inode);
        let folder = inode.folder().ok_or(Errno::ENOTDIR)?;
        if self.is_root_or_mount_point(place) {
            return Err(Errno::EBUSY.into());
        }
        if !folder.entries.is_empty() {
            return Err(Errno::ENOTEMPTY.into());
        }
        self.remove_name(&entry);
        Ok(())
    }

    /// Gives a file another name, instead of what has that name now.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), SysError> {
        let (from, to) = (self.walk(from, Goal::Name)?, self.walk(to, Goal::Name)?);
        let (Last::Entry(old), Last::Entry(new)) = (from.last, to.last) else {
            return Err(Errno::EBUSY.into());
        };
        if old.folder.mount != new.folder.mount {
            return Err(Errno::EXDEV.into());
        }
        self.fs.writable(old.folder.mount)?;
        let old = old.checked()?;
        let moved = from.found.ok_or(Errno::ENOENT)?;
        let new = new.checked()?;
        let moved_kind = self.fs.inode(moved.inode).kind();
        if moved_kind != Kind::Folder && (from.slash || to.slash) {
            return Err(Errno::ENOTDIR.into());
        }
        if self.is_within(new.folder.inode, moved.inode) {
            return Err(Errno::EINVAL.into());
        }
        match to.found {
            Some(target) if self.is_within(old.folder.inode, target.inode) => return Err(Errno::ENOTEMPTY.into()),
            Some(target) if target.inode == moved.inode => return Ok(()),
            _ => {}
        }
        self.may_rename(&old, moved, &new, to.found)?;
        if to.found.is_some() {
            self.remove_name(&new);
        }
        self.move_name(&old, new, moved.inode);
        Ok(())
    }

    pub(super) fn add_name(&mut self, entry: Entry, inode: InodeId) {
        self.fs.inode_mut(inode).links += 1;
        self.touch(entry.folder.inode);
        if let Some(folder) = self.fs.inode_mut(entry.folder.inode).folder_mut() {
            folder.entries.insert(entry.name, inode);
        }
    }

    fn remove_name(&mut self, entry: &Entry) {
        if let Some(inode) = self.take_name(entry) {
            self.fs.inode_mut(inode).links -= 1;
            self.fs.release(inode);
        }
    }

    fn take_name(&mut self, entry: &Entry) -> Option<InodeId> {
        self.touch(entry.folder.inode);
        self.fs
            .inode_mut(entry.folder.inode)
            .folder_mut()?
            .entries
            .remove(&entry.name)
    }

    fn move_name(&mut self, old: &Entry, new: Entry, inode: InodeId) {
        self.take_name(old);
        self.fs.inode_mut(inode).links -= 1;
        if let Some(folder) = self.fs.inode_mut(inode).folder_mut() {
            folder.parent = new.folder.inode;
        }
        self.add_name(new, inode);
    }

    pub(super) fn touch(&mut self, folder: InodeId) {
        let now = self.fs.clock;
        self.fs.inode_mut(folder).modified = now;
    }

    /// Whether names may be added to a folder or removed from it.
    pub(super) fn may_change_names(&self, folder: Place) -> Result<(), SysError> {
        self.fs.writable(folder.mount)?;
        let inode = self.fs.inode(folder.inode);
        if inode.links == 0 {
            return Err(Errno::ENOENT.into());
        }
        if self.fs.mounts.shown_by(folder.mount).sealed {
            return Err(Errno::EPERM.into());
        }
        if !inode.allows(&self.task.credentials, Wish::CHANGE) {
            return Err(Errno::EACCES.into());
        }
        Ok(())
    }

    /// Whether a name may be removed: in a sticky folder only by an owner.
    fn may_remove(&self, entry: &Entry, inode: InodeId) -> Result<(), SysError> {
        self.may_change_names(entry.folder)?;
        let folder = self.fs.inode(entry.folder.inode);
        let who = &self.task.credentials;
        if folder.mode & STICKY != 0 && !folder.is_owned_by(who) && !self.fs.inode(inode).is_owned_by(who) {
            return Err(Errno::EPERM.into());
        }
        Ok(())
    }

    /// Whether a file may get another name, in the place of `target` if that exists.
    fn may_rename(&self, old: &Entry, moved: Place, new: &Entry, target: Option<Place>) -> Result<(), SysError> {
        let kind = self.fs.inode(moved.inode).kind();
        self.may_remove(old, moved.inode)?;
        match target {
            None => self.may_change_names(new.folder)?,
            Some(target) => self.may_replace(kind, new, target)?,
        }
        // A folder that moves gets another `..`.
        let who = &self.task.credentials;
        let changes = kind == Kind::Folder && old.folder.inode != new.folder.inode;
        if changes
            && !self.fs.inode(moved.inode).allows(
                who,
                Wish {
                    write: true,
                    ..Wish::default()
                },
            )
        {
            return Err(Errno::EACCES.into());
        }
        if self.is_root_or_mount_point(moved) || target.is_some_and(|it| self.is_root_or_mount_point(it)) {
            return Err(Errno::EBUSY.into());
        }
        match target.and_then(|it| self.fs.inode(it.inode).folder()) {
            Some(folder) if !folder.entries.is_empty() => Err(Errno::ENOTEMPTY.into()),
            _ => Ok(()),
        }
    }

    /// Whether a file may take the place of another: only a folder that of a folder.
    fn may_replace(&self, moved: Kind, entry: &Entry, target: Place) -> Result<(), SysError> {
        self.may_remove(entry, target.inode)?;
        match (moved, self.fs.inode(target.inode).kind()) {
            (Kind::Folder, Kind::Folder) => Ok(()),
            (Kind::Folder, _) => Err(Errno::ENOTDIR.into()),
            (_, Kind::Folder) => Err(Errno::EISDIR.into()),
            _ => Ok(()),
        }
    }

    fn is_root_or_mount_point(&self, place: Place) -> bool {
        self.fs.mounts.root_of(place.mount) == place || self.fs.mounts.is_mount_point(place.inode)
    }

    /// Whether a folder is `above` or lies within it.
    fn is_within(&self, mut folder: InodeId, above: InodeId) -> bool {
        loop {
            if folder == above {
                return true;
            }
            match self.fs.inode(folder).folder() {
                Some(it) if it.parent != folder => folder = it.parent,
                _ => return false,
            }
        }
    }
}
