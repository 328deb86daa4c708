//! From a file to the program in it.
//!
//! What a file runs is told by its first bytes, as on a real machine. A binary
//! carries the name of the program it stands for, so that it may be copied and
//! renamed like any other file.

use super::{Program, scripted};
use crate::guest::Guest;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::inode::{Kind, Node, Wish};
use crate::guest::process::sys::Sys;
use crate::guest::tools;

/// What binaries begin with: the magic of an ELF file for 64 bits.
const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0";

/// The end of the program's name in a binary.
const NAME_END: u8 = b'\n';

/// Bytes of a file that say what it runs.
const HEAD_BYTES: usize = 256;

/// What a file runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The program of this name.
    Binary(Vec<u8>),
    /// Another program, with this file as its argument.
    Script {
        /// Its path.
        interpreter: Vec<u8>,
        /// An argument that comes before the file.
        argument: Option<Vec<u8>>,
    },
}

/// The content of a binary that stands for a program.
pub(crate) fn binary(name: &str) -> Vec<u8> {
    [MAGIC, name.as_bytes(), &[NAME_END]].concat()
}

/// What the file at a path runs.
///
/// # Errors
/// Those of execve(2).
pub(crate) fn look(sys: &mut Sys<'_>, path: &[u8]) -> Result<Found, Errno> {
    let head = sys.calls(|sys| sys.program_head(path, HEAD_BYTES))?;
    read_head(&head).ok_or(Errno::ENOEXEC)
}

fn read_head(head: &[u8]) -> Option<Found> {
    if let Some(rest) = head.strip_prefix(MAGIC) {
        let end = rest.iter().position(|byte| *byte == NAME_END)?;
        return Some(Found::Binary(rest[..end].to_vec()));
    }
    let line = head.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or(line).trim_ascii();
    let end = line
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(line.len());
    let (interpreter, rest) = line.split_at(end);
    let argument = Some(rest.trim_ascii()).filter(|it| !it.is_empty());
    (!interpreter.is_empty()).then(|| Found::Script {
        interpreter: interpreter.to_vec(),
        argument: argument.map(<[u8]>::to_vec),
    })
}

/// The program of a name, ready to run.
pub(crate) fn make(
    guest: &Guest,
    name: &[u8],
    words: Vec<Vec<u8>>,
    environment: &[Vec<u8>],
) -> Option<Box<dyn Program>> {
    match scripted::find(&guest.programs, name) {
        Some(program) => Some(program.run(&words)),
        None => tools::make(name, words, environment),
    }
}

impl crate::guest::fs::Syscalls<'_> {
    /// Whether a file may be run.
    ///
    /// # Errors
    /// Those of access(2) with X_OK.
    pub(crate) fn check_program(&self, path: &[u8]) -> Result<(), Errno> {
        let stat = self.stat(path)?;
        let inode = self.fs.inode(stat.inode);
        let wish = Wish {
            execute: true,
            ..Wish::default()
        };
        if inode.allows(&self.task.credentials, wish) {
            Ok(())
        } else {
            Err(Errno::EACCES)
        }
    }

    /// The first bytes of a file that may be run.
    fn program_head(&self, path: &[u8], max: usize) -> Result<Vec<u8>, Errno> {
        let stat = self.stat(path)?;
        if stat.kind != Kind::File {
            return Err(Errno::EACCES);
        }
        self.check_program(path)?;
        let mut head = Vec::new();
        if let Node::File(content) = &self.fs.inode(stat.inode).node {
            content.read(0, max, &mut head);
        }
        Ok(head)
    }
}

impl Guest {
    /// Whether the agent, whose task this is, may run a file.
    ///
    /// # Errors
    /// Those of access(2) with X_OK.
    pub fn check_program(&mut self, agent: &mut crate::guest::fs::task::Task, path: &[u8]) -> Result<(), Errno> {
        self.fs.calls(agent).check_program(path)
    }
}

impl From<SysError> for Errno {
    /// The error of a call that cannot hang.
    fn from(error: SysError) -> Errno {
        match error {
            SysError::Errno(errno) => errno,
            SysError::Hangs(_) => Errno::EAGAIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_what_a_file_runs() {
        let script = |interpreter: &str, argument: Option<&str>| Found::Script {
            interpreter: interpreter.into(),
            argument: argument.map(Into::into),
        };
        for (head, found) in [
            (&binary("cat")[..], Some(Found::Binary(b"cat".to_vec()))),
            (b"#!/bin/sh\necho", Some(script("/bin/sh", None))),
            (b"#! /bin/sh -e -x \n", Some(script("/bin/sh", Some("-e -x")))),
            (b"#!/bin/sh", Some(script("/bin/sh", None))),
            (b"#!\n", None),
            (b"echo hi\n", None),
            (b"", None),
            (MAGIC, None),
        ] {
            assert_eq!(read_head(head), found, "{head:?}");
        }
    }
}
