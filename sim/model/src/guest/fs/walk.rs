//! From a path to an inode: folders, symbolic links, mounts and permissions.

use super::Fs;
use super::inode::{Inode, InodeId, Kind, Node, STICKY, Wish};
use crate::guest::accounts::Credentials;
use crate::guest::errno::Errno;
use crate::guest::mounts::Place;

/// Bytes of a path, without the NUL that ends it.
pub const PATH_BYTES_MAX: usize = 4095;

/// Bytes of one name in a path.
pub const NAME_BYTES_MAX: usize = 255;

/// Symbolic links followed in one path.
pub const LINKS_FOLLOWED_MAX: u32 = 40;

/// Where a path ends.
#[derive(Debug)]
pub(crate) struct End {
    /// What is there; `None` if only the folder exists.
    pub(crate) found: Option<Place>,
    /// The folder and name that lead there; `None` for `/`, `.` and `..`.
    pub(crate) entry: Option<Entry>,
    /// The path ends with a slash: only a folder will do.
    pub(crate) slash: bool,
}

/// A name in a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) folder: Place,
    pub(crate) name: Vec<u8>,
}

/// What to do with a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastLink {
    Follow,
    Keep,
}

/// A path being followed.
struct Walk<'a> {
    fs: &'a Fs,
    who: &'a Credentials,
    last_link: LastLink,
    at: Place,
    followed: u32,
}

/// One step of a walk: the rest of the path, or its end.
enum Step {
    On(Vec<u8>),
    Done(End),
}

impl Fs {
    /// Follows a path from a folder.
    pub(crate) fn walk(&self, who: &Credentials, from: Place, path: &[u8], last_link: LastLink) -> Result<End, Errno> {
        check_path(path)?;
        let at = if path[0] == b'/' { self.mounts.root() } else { from };
        Walk {
            fs: self,
            who,
            last_link,
            at,
            followed: 0,
        }
        .run(path)
    }

    /// Follows a path to something that must exist.
    pub(crate) fn find(
        &self,
        who: &Credentials,
        from: Place,
        path: &[u8],
        last_link: LastLink,
    ) -> Result<Place, Errno> {
        self.walk(who, from, path, last_link)?.found.ok_or(Errno::ENOENT)
    }

    /// The folder above a place.
    fn above(&self, place: Place) -> Place {
        let place = self.mounts.leave(place);
        let parent = self.inode(place.inode).folder().map_or(place.inode, |it| it.parent);
        self.mounts.enter(Place { inode: parent, ..place })
    }

    /// Whether a link in a folder may be followed.
    fn may_follow(&self, who: &Credentials, folder: &Inode, link: InodeId) -> bool {
        let owner = self.inode(link).uid;
        !self.protection.symlinks || owner == who.uid || owner == folder.uid || !is_shared(folder)
    }
}

/// Whether all may write to a folder and it is sticky, as `/tmp`.
pub(crate) fn is_shared(folder: &Inode) -> bool {
    folder.mode & (STICKY | 0o002) == STICKY | 0o002
}

/// What the kernel checks of a path before it looks at any folder.
pub(crate) fn check_path(path: &[u8]) -> Result<(), Errno> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    if path.len() > PATH_BYTES_MAX {
        Err(Errno::ENAMETOOLONG)
    } else {
        Ok(())
    }
}

impl Walk<'_> {
    fn run(mut self, path: &[u8]) -> Result<End, Errno> {
        let mut rest = self.names(path)?;
        loop {
            match rest {
                Step::Done(end) => return Ok(end),
                Step::On(path) => rest = self.names(&path)?,
            }
        }
    }

    /// Walks as far as the next symbolic link that is followed.
    fn names(&mut self, path: &[u8]) -> Result<Step, Errno> {
        let mut rest = skip_slashes(path);
        if rest.is_empty() {
            return Ok(Step::Done(End {
                found: Some(self.at),
                entry: None,
                slash: true,
            }));
        }
        loop {
            let len = rest.iter().position(|&it| it == b'/').unwrap_or(rest.len());
            let (name, tail) = rest.split_at(len);
            let next = skip_slashes(tail);
            let is_last = next.is_empty();
            match self.name(name, tail, is_last)? {
                None if is_last => {
                    return Ok(Step::Done(End {
                        found: Some(self.at),
                        entry: None,
                        slash: true,
                    }));
                }
                None => rest = next,
                Some(step) => return Ok(step),
            }
        }
    }

    /// One name; `None` if it led to a folder and the walk goes on from there.
    fn name(&mut self, name: &[u8], tail: &[u8], is_last: bool) -> Result<Option<Step>, Errno> {
        let folder = self.fs.inode(self.at.inode);
        let entries = &folder.folder().ok_or(Errno::ENOTDIR)?.entries;
        if !folder.allows(self.who, Wish::SEARCH) {
            return Err(Errno::EACCES);
        }
        match name {
            b"." => return Ok(None),
            b".." => {
                self.at = self.fs.above(self.at);
                return Ok(None);
            }
            _ if name.len() > NAME_BYTES_MAX => return Err(Errno::ENAMETOOLONG),
            _ => {}
        }
        let found = entries
            .get(name)
            .map(|&inode| self.fs.mounts.enter(Place { inode, ..self.at }));
        match found {
            Some(place) => self.arrive(place, name, tail, is_last),
            None if is_last => Ok(Some(self.end(None, name, tail))),
            None => Err(Errno::ENOENT),
        }
    }

    /// What is at a name: a link to follow, the end, or a folder to go on from.
    fn arrive(&mut self, place: Place, name: &[u8], tail: &[u8], is_last: bool) -> Result<Option<Step>, Errno> {
        let inode = self.fs.inode(place.inode);
        let follow = !is_last || !tail.is_empty() || self.last_link == LastLink::Follow;
        if let (Node::Link(target), true) = (&inode.node, follow) {
            return self.follow(place.inode, target, tail).map(Some);
        }
        if !is_last {
            self.at = place;
            return Ok(None);
        }
        if !tail.is_empty() && inode.kind() != Kind::Folder {
            return Err(Errno::ENOTDIR);
        }
        Ok(Some(self.end(Some(place), name, tail)))
    }

    fn follow(&mut self, link: InodeId, target: &[u8], tail: &[u8]) -> Result<Step, Errno> {
        self.followed += 1;
        if self.followed > LINKS_FOLLOWED_MAX {
            return Err(Errno::ELOOP);
        }
        if !self.fs.may_follow(self.who, self.fs.inode(self.at.inode), link) {
            return Err(Errno::EACCES);
        }
        if target.first() == Some(&b'/') {
            self.at = self.fs.mounts.root();
        }
        Ok(Step::On([target, tail].concat()))
    }

    fn end(&self, found: Option<Place>, name: &[u8], tail: &[u8]) -> Step {
        let entry = Entry {
            folder: self.at,
            name: name.to_vec(),
        };
        Step::Done(End {
            found,
            entry: Some(entry),
            slash: !tail.is_empty(),
        })
    }
}

fn skip_slashes(path: &[u8]) -> &[u8] {
    let slashes = path.iter().take_while(|&&it| it == b'/').count();
    &path[slashes..]
}
