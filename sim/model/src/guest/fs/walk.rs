//! From a path to an inode: folders, symbolic links, mounts and permissions.

use super::Fs;
use super::inode::{Inode, InodeId, Kind, Node, STICKY, Wish};
use crate::guest::accounts::Credentials;
use crate::guest::errno::Errno;
use crate::guest::mounts::Place;
use memchr::memchr;

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
    /// What the path's last word is.
    pub(crate) last: Last,
    /// A slash follows the last name: only a folder will do.
    pub(crate) slash: bool,
}

/// The last word of a path.
#[derive(Debug)]
pub(crate) enum Last {
    /// A name in a folder.
    Entry(Entry),
    /// None: the path is slashes only.
    Root,
    /// `.`
    Here,
    /// `..`
    Above,
}

/// A name in a folder.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) folder: Place,
    pub(crate) name: Vec<u8>,
}

impl Entry {
    /// The entry, if there can be one of this name.
    pub(crate) fn checked(self) -> Result<Entry, Errno> {
        if self.name.len() > NAME_BYTES_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        Ok(self)
    }
}

/// What a path is followed for, which decides what becomes of a symbolic link or a
/// slash at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// What it leads to, through every link.
    Target,
    /// What is there, a link included, unless a slash asks for more.
    Itself,
    /// The name, to add or remove it.
    Name,
    /// A file that is made if it is missing.
    Make,
    /// A file that must be missing.
    MakeNew,
}

/// A path being followed.
struct Walk<'a> {
    fs: &'a Fs,
    who: &'a Credentials,
    goal: Goal,
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
    pub(crate) fn walk(&self, who: &Credentials, from: Place, path: &[u8], goal: Goal) -> Result<End, Errno> {
        check_path(path)?;
        let at = if path[0] == b'/' { self.mounts.root() } else { from };
        Walk {
            fs: self,
            who,
            goal,
            at,
            followed: 0,
        }
        .run(path)
    }

    /// Follows a path to something that must exist.
    pub(crate) fn find(&self, who: &Credentials, from: Place, path: &[u8], goal: Goal) -> Result<Place, Errno> {
        self.walk(who, from, path, goal)?.found.ok_or(Errno::ENOENT)
    }

    /// The folder above a place.
    fn above(&self, place: Place) -> Place {
        let place = self.mounts.leave(place);
        let parent = self.inode(place.inode).folder().map_or(place.inode, |it| it.parent);
        self.mounts.enter(Place { inode: parent, ..place })
    }

    /// The path of a folder; `/` for one that has been removed.
    pub(crate) fn path_of(&self, folder: Place) -> Vec<u8> {
        let mut names = Vec::new();
        let mut at = self.mounts.leave(folder);
        while let Some(above) = Some(self.above(at)).filter(|it| *it != at) {
            let inode = at.inode;
            let entries = self.inode(above.inode).folder().map(|it| &it.entries);
            let Some((name, _)) = entries.and_then(|it| it.iter().find(|(_, id)| **id == inode)) else {
                break;
            };
            names.push(name.as_slice());
            at = self.mounts.leave(above);
        }
        names.reverse();
        [b"/", names.join(&b'/').as_slice()].concat()
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
            return Ok(self.rest_here(Last::Root));
        }
        loop {
            let len = memchr(b'/', rest).unwrap_or(rest.len());
            let (name, tail) = rest.split_at(len);
            rest = skip_slashes(tail);
            if let Some(step) = self.name(name, tail, rest.is_empty())? {
                return Ok(step);
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
            b"." => return Ok(is_last.then(|| self.rest_here(Last::Here))),
            b".." => {
                self.at = self.fs.above(self.at);
                return Ok(is_last.then(|| self.rest_here(Last::Above)));
            }
            _ if is_last && !tail.is_empty() && matches!(self.goal, Goal::Make | Goal::MakeNew) => {
                return Err(Errno::EISDIR);
            }
            // Whoever wants the name asks for it later, with `Entry::checked`.
            _ if is_last && self.goal == Goal::Name => {}
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
        if let (Node::Link(target), true) = (&inode.node, self.follows(tail, is_last)) {
            return self.follow(place.inode, target, tail).map(Some);
        }
        if !is_last {
            self.at = place;
            return Ok(None);
        }
        if !tail.is_empty() && inode.kind() != Kind::Folder && self.goal != Goal::Name {
            return Err(Errno::ENOTDIR);
        }
        Ok(Some(self.end(Some(place), name, tail)))
    }

    fn follows(&self, tail: &[u8], is_last: bool) -> bool {
        match self.goal {
            _ if !is_last => true,
            Goal::Target | Goal::Make => true,
            Goal::Itself => !tail.is_empty(),
            Goal::Name | Goal::MakeNew => false,
        }
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
            last: Last::Entry(entry),
            slash: !tail.is_empty(),
        })
    }

    fn rest_here(&self, last: Last) -> Step {
        Step::Done(End {
            found: Some(self.at),
            last,
            slash: false,
        })
    }
}

fn skip_slashes(path: &[u8]) -> &[u8] {
    let slashes = path.iter().take_while(|&&it| it == b'/').count();
    &path[slashes..]
}
