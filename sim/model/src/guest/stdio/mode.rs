//! How a stream is opened: the two ways of the agent, and their mode words.

use super::Stream;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::Syscalls;
use crate::guest::fs::io::Whence;
use crate::guest::fs::open::OpenFlags;
use crate::guest::fs::task::Fd;

/// Permissions of the files the agent makes.
const NEW_FILE_MODE: u16 = 0o666;

/// Mode characters fopen() looks at, the first included.
const FOPEN_MODE_CHARS_MAX: usize = 7;

/// The way a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// With fopen(): any mode it takes, new files cut by the umask, waiting for the
    /// other end of a fifo.
    Fopen,
    /// With open() and fdopen(): a fixed list of modes, new files for all to read
    /// and write, without waiting. What a dangling link leads to is not made.
    Listed,
}

/// Why a file could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The mode is not in the list.
    Mode,
    /// A system call failed, or does not return.
    Sys(SysError),
}

impl<T: Into<SysError>> From<T> for OpenError {
    fn from(error: T) -> OpenError {
        OpenError::Sys(error.into())
    }
}

impl Stream {
    /// Opens a file.
    ///
    /// # Errors
    /// [`OpenError::Mode`] only for [`Opening::Listed`]; fopen() says EINVAL.
    pub fn open(sys: &mut Syscalls<'_>, path: &[u8], mode: &[u8], way: Opening) -> Result<Stream, OpenError> {
        match way {
            Opening::Fopen => Ok(fopen(sys, path, mode)?),
            Opening::Listed => open_listed(sys, path, mode),
        }
    }
}

fn fopen(sys: &mut Syscalls<'_>, path: &[u8], mode: &[u8]) -> Result<Stream, SysError> {
    let flags = fopen_flags(mode).ok_or(Errno::EINVAL)?;
    let fd = sys.open(path, flags, NEW_FILE_MODE)?;
    if flags.append && !flags.read {
        // Fails only for what has no position.
        let _ = sys.lseek(fd, 0, Whence::End);
    }
    Ok(stream(fd, flags))
}

fn open_listed(sys: &mut Syscalls<'_>, path: &[u8], mode: &[u8]) -> Result<Stream, OpenError> {
    let flags = listed_flags(mode).ok_or(OpenError::Mode)?;
    let fd = if flags.create {
        open_or_make(sys, path, flags)?
    } else {
        sys.open(path, flags, 0)?
    };
    Ok(stream(fd, flags))
}

/// Makes the file if there is none, and gives it its permissions only then.
fn open_or_make(sys: &mut Syscalls<'_>, path: &[u8], flags: OpenFlags) -> Result<Fd, SysError> {
    match sys.open(
        path,
        OpenFlags {
            exclusive: true,
            ..flags
        },
        0,
    ) {
        Err(SysError::Errno(Errno::EEXIST)) => sys.open(path, OpenFlags { create: false, ..flags }, 0),
        Ok(fd) => {
            sys.fchmod(fd, NEW_FILE_MODE)?;
            Ok(fd)
        }
        Err(error) => Err(error),
    }
}

fn stream(fd: Fd, flags: OpenFlags) -> Stream {
    Stream::new(fd, flags.read, flags.write, flags.append)
}

/// The flags of a mode word that fopen() takes: a letter it knows, then some it
/// knows and others it ignores.
fn fopen_flags(mode: &[u8]) -> Option<OpenFlags> {
    let mut flags = base_flags(*mode.first()?)?;
    for &letter in mode.iter().take(FOPEN_MODE_CHARS_MAX).skip(1) {
        match letter {
            b'+' => (flags.read, flags.write) = (true, true),
            b'x' => flags.exclusive = true,
            _ => {}
        }
    }
    Some(flags)
}

/// The flags of a mode word of the list.
fn listed_flags(mode: &[u8]) -> Option<OpenFlags> {
    let plus = match mode {
        [_] | [_, b'b'] => false,
        [_, b'+'] | [_, b'b', b'+'] | [_, b'+', b'b'] => true,
        _ => return None,
    };
    let flags = base_flags(mode[0])?;
    Some(OpenFlags {
        read: flags.read || plus,
        write: flags.write || plus,
        nonblock: true,
        ..flags
    })
}

fn base_flags(letter: u8) -> Option<OpenFlags> {
    let new = OpenFlags {
        write: true,
        create: true,
        ..OpenFlags::default()
    };
    match letter {
        b'r' => Some(OpenFlags {
            read: true,
            ..OpenFlags::default()
        }),
        b'w' => Some(OpenFlags { truncate: true, ..new }),
        b'a' => Some(OpenFlags { append: true, ..new }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_takes_its_words_alone() {
        for mode in "r rb w wb a ab r+ rb+ r+b w+ wb+ w+b a+ ab+ a+b".split(' ') {
            assert!(listed_flags(mode.as_bytes()).is_some(), "{mode}");
        }
        for mode in ["", "rt", "re", "wx", "+", "r++", "rbb", "R", "r ", "br", "x", "a+b+"] {
            assert_eq!(listed_flags(mode.as_bytes()), None, "{mode}");
        }
    }

    #[test]
    fn fopen_ignores_what_it_does_not_know() {
        for (mode, read, write, exclusive) in [
            ("re", true, false, false),
            ("r ", true, false, false),
            ("rbb", true, false, false),
            ("w+e", true, true, false),
            ("wx", false, true, true),
            ("rbbbbbb+", true, false, false),
            ("rbbbbb+", true, true, false),
        ] {
            let flags = fopen_flags(mode.as_bytes()).expect(mode);
            assert_eq!(
                (flags.read, flags.write, flags.exclusive),
                (read, write, exclusive),
                "{mode}"
            );
        }
        for mode in ["", "x", "R", "+r"] {
            assert_eq!(fopen_flags(mode.as_bytes()), None, "{mode}");
        }
    }
}
