//! `[[folder]]`, `[[file]]`, `[[link]]`, `[[device]]`, `[[fifo]]` and `[[socket]]`
//! of an image: what is on the filesystems when the machine starts.
//!
//! Folders that lead to a path come by themselves, as the superuser's, 0o755.

use serde::Deserialize;
use toml::Spanned;

use super::Syscalls;
use super::inode::{Device, Node};
use super::pipe::Pipe;
use super::walk::Goal;
use crate::guest::accounts::Accounts;
use crate::guest::errno::{Errno, SysError};
use crate::guest::image::{Octal, Problem, Size};
use crate::guest::mounts::{MadeUp, Place};

/// Declares a section with a path and rights.
macro_rules! section {
    ($(#[$about:meta])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// An absolute path.
            path: Spanned<String>,
            /// Permissions, in octal; 0o755 for folders, 0o666 for devices, else 0o644.
            mode: Option<Spanned<Octal>>,
            /// User name; root if left out.
            owner: Option<Spanned<String>>,
            /// Group name; the owner's main group if left out.
            group: Option<Spanned<String>>,
            $($(#[$meta])* $field: $type,)*
        }

        impl $name {
            fn rights(&self) -> Rights<'_> {
                Rights {
                    path: &self.path,
                    mode: self.mode.as_ref(),
                    owner: self.owner.as_ref(),
                    group: self.group.as_ref(),
                }
            }
        }
    };
}

section! {
    /// `[[folder]]`. One that is there already gets these rights.
    FolderSection {}
}

section! {
    /// `[[file]]`: a regular file.
    FileSection {
        /// Its text; none if left out.
        #[serde(default)]
        content: String,
        /// Its length; what is longer than the text is a hole.
        size: Option<Size>,
    }
}

section! {
    /// `[[device]]`.
    DeviceSection {
        /// `null`, `zero`, `full`, `random` or `absent`.
        kind: Device,
    }
}

section! {
    /// `[[fifo]]`.
    FifoSection {
        /// Somebody has it open for reading, and never reads.
        #[serde(default)]
        reader: bool,
        /// Somebody has it open for writing.
        #[serde(default)]
        writer: bool,
        /// What waits in it; without a reader or a writer nothing can wait.
        content: Option<Spanned<String>>,
    }
}

section! {
    /// `[[socket]]`: a unix socket, which nobody can open as a file.
    SocketSection {}
}

/// `[[link]]`: a symbolic link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSection {
    /// An absolute path.
    path: Spanned<String>,
    /// What it leads to; that need not exist.
    target: String,
}

/// Where something is, whose it is, and who may use it.
#[derive(Clone, Copy)]
struct Rights<'a> {
    path: &'a Spanned<String>,
    mode: Option<&'a Spanned<Octal>>,
    owner: Option<&'a Spanned<String>>,
    group: Option<&'a Spanned<String>>,
}

/// Puts what an image lists onto its filesystems.
pub(crate) struct Placing<'a> {
    /// The system calls of a superuser.
    pub(crate) sys: Syscalls<'a>,
    /// Who can own things.
    pub(crate) accounts: &'a Accounts,
    /// The image's text.
    pub(crate) text: &'a str,
    /// The folder that the last thing was put into: the next is often put there too.
    last_folder: Vec<u8>,
}

impl<'a> Placing<'a> {
    pub(crate) fn new(sys: Syscalls<'a>, accounts: &'a Accounts, text: &'a str) -> Placing<'a> {
        Placing {
            sys,
            accounts,
            text,
            last_folder: Vec::new(),
        }
    }
}

impl Placing<'_> {
    pub(crate) fn folder(&mut self, it: &FolderSection) -> Result<(), Problem> {
        self.place(it.rights(), 0o755, |sys, path| {
            sys.mkdir_all(path)?;
            Ok(sys.find(path, Goal::Itself)?)
        })
    }

    pub(crate) fn file(&mut self, it: &FileSection) -> Result<(), Problem> {
        let size = it.size.map_or(0, |it| it.0);
        self.place(it.rights(), 0o644, |sys, path| {
            sys.add_file(path, it.content.as_bytes(), size)
        })
    }

    pub(crate) fn device(&mut self, it: &DeviceSection) -> Result<(), Problem> {
        self.place(it.rights(), 0o666, |sys, path| {
            sys.mknod(path, Node::Device(it.kind), 0)
        })
    }

    pub(crate) fn fifo(&mut self, it: &FifoSection) -> Result<(), Problem> {
        let content = it.content.as_ref().map_or("", |it| it.get_ref());
        let pipe = Pipe::holding(it.reader, it.writer, content.as_bytes()).ok_or_else(|| {
            let span = it.content.as_ref().map_or(it.path.span(), Spanned::span);
            Problem::new(
                span,
                "the fifo cannot hold this",
                "give it a reader or a writer, and at most 64 KiB",
            )
        })?;
        self.place(it.rights(), 0o644, |sys, path| sys.mknod(path, Node::Fifo(pipe), 0))
    }

    pub(crate) fn socket(&mut self, it: &SocketSection) -> Result<(), Problem> {
        self.place(it.rights(), 0o755, |sys, path| sys.mknod(path, Node::Socket, 0))
    }

    pub(crate) fn link(&mut self, it: &LinkSection) -> Result<(), Problem> {
        let path = it.path.get_ref().as_bytes();
        self.parents(&it.path)?;
        let made = self.sys.symlink(it.target.as_bytes(), path);
        made.map_err(|error| cannot_place(&it.path, error))
    }

    /// A program's file.
    pub(crate) fn program(&mut self, path: &Spanned<String>, content: &[u8]) -> Result<(), Problem> {
        let rights = Rights {
            path,
            mode: None,
            owner: None,
            group: None,
        };
        self.place(rights, 0o755, |sys, path| sys.add_file(path, content, 0))
    }

    /// `/etc/passwd` and `/etc/group`, unless the image lists them.
    pub(crate) fn user_database(&mut self) -> Result<(), Problem> {
        self.usual_file("/etc/passwd", &self.accounts.passwd())?;
        self.usual_file("/etc/group", &self.accounts.group_file())
    }

    /// The mount table where the kernel shows it, if `/proc` is mounted.
    pub(crate) fn mount_table(&mut self) -> Result<(), Problem> {
        let mounts = &self.sys.fs.mounts;
        let proc = mounts.find(b"/proc").map(|it| mounts.shown_by(it).made_up);
        if proc != Some(Some(MadeUp::Proc)) {
            return Ok(());
        }
        self.usual_file("/proc/self/mounts", &mounts.text())?;
        match self.sys.symlink(b"self/mounts", b"/proc/mounts") {
            Ok(()) | Err(SysError::Errno(Errno::EEXIST)) => Ok(()),
            Err(error) => Err(cannot_place(&Spanned::new(0..0, "/proc/mounts".to_owned()), error)),
        }
    }

    /// A file that is there unless the image lists another.
    fn usual_file(&mut self, path: &str, content: &str) -> Result<(), Problem> {
        let bytes = path.as_bytes();
        let made = self.parents_of(bytes);
        match made.and_then(|()| self.sys.add_file(bytes, content.as_bytes(), 0)) {
            Ok(_) | Err(SysError::Errno(Errno::EEXIST)) => Ok(()),
            Err(error) => Err(cannot_place(&Spanned::new(0..0, path.to_owned()), error)),
        }
    }

    fn place(
        &mut self,
        rights: Rights<'_>,
        usual_mode: u16,
        make: impl FnOnce(&mut Syscalls<'_>, &[u8]) -> Result<Place, SysError>,
    ) -> Result<(), Problem> {
        let mode = rights.mode.map_or(Ok(usual_mode), |it| Octal::check(it, self.text))?;
        let (uid, gid) = self.owner(rights)?;
        let path = rights.path.get_ref().as_bytes();
        self.parents(rights.path)?;
        let made = make(&mut self.sys, path).and_then(|place| self.sys.assign(place, uid, gid, mode));
        made.map_err(|error| cannot_place(rights.path, error))
    }

    fn owner(&self, rights: Rights<'_>) -> Result<(u32, u32), Problem> {
        let owner = rights.owner.map(|it| self.accounts.user_at(it)).transpose()?;
        let group = rights.group.map(|it| self.accounts.group_at(it)).transpose()?;
        let uid = owner.map_or(0, |it| it.uid);
        Ok((uid, group.map_or(owner.map_or(0, |it| it.main_group()), |it| it.gid)))
    }

    fn parents(&mut self, path: &Spanned<String>) -> Result<(), Problem> {
        let bytes = path.get_ref().as_bytes();
        if bytes.first() != Some(&b'/') {
            return Err(Problem::new(
                path.span(),
                "this path is not absolute",
                "begin it with a slash",
            ));
        }
        self.parents_of(bytes).map_err(|error| cannot_place(path, error))
    }

    fn parents_of(&mut self, path: &[u8]) -> Result<(), SysError> {
        let end = path.iter().rposition(|&it| it == b'/').unwrap_or(0);
        let folder = &path[..end.max(1)];
        if folder != self.last_folder {
            self.sys.mkdir_all(folder)?;
            self.last_folder = folder.to_vec();
        }
        Ok(())
    }
}

fn cannot_place(path: &Spanned<String>, error: SysError) -> Problem {
    let cure = match error {
        SysError::Errno(Errno::ENOSPC) => "make its filesystem larger",
        SysError::Errno(Errno::EEXIST) => "list it once",
        _ => "let its parents be folders, or links to folders",
    };
    let what = match error {
        SysError::Errno(errno) => format!("{} cannot be made: {errno}", path.get_ref()),
        SysError::Hangs(_) => format!("{} cannot be made", path.get_ref()),
    };
    Problem::new(path.span(), what, cure)
}
