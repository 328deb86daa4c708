//! Tools that remove things: rm, rmdir.

use super::each::each;
use super::options::{Known, Options};
use super::quote::quoted;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::inode::Kind;

/// Folders within folders that are gone into.
const DEPTH_MAX: u32 = 256;

pub(super) fn rm(words: Words) -> Made {
    const KNOWN: Known = Known::letters("rRfv").names(&[("recursive", b'r'), ("force", b'f'), ("verbose", b'v')]);
    let options = words.options(KNOWN)?;
    if options.has(b'f') && options.operands.is_empty() {
        return super::each::each_of(words.name, options, Vec::new(), remove);
    }
    each(words, options, remove)
}

fn remove(call: &mut Call<'_, '_>, options: &Options, path: &[u8]) -> Result<(), Trouble> {
    let recursive = options.has(b'r') || options.has(b'R');
    let kind = match call.sys.calls(|sys| sys.lstat(path)) {
        Ok(stat) => stat.kind,
        Err(Errno::ENOENT | Errno::ENOTDIR) if options.has(b'f') => return Ok(()),
        Err(errno) => return Err(Trouble::Say(cannot_remove(path, errno.text()))),
    };
    match kind {
        Kind::Folder if recursive => remove_tree(call, path, DEPTH_MAX)?,
        Kind::Folder => return Err(Trouble::Say(cannot_remove(path, "Is a directory"))),
        _ => unlink(call, path)?,
    }
    if options.has(b'v') {
        let what = if kind == Kind::Folder {
            "removed directory "
        } else {
            "removed "
        };
        call.out.print(&text![what, quoted(path), "\n"]);
    }
    Ok(())
}

fn cannot_remove(path: &[u8], why: &str) -> Vec<u8> {
    text!["cannot remove ", quoted(path), ": ", why]
}

fn unlink(call: &mut Call<'_, '_>, path: &[u8]) -> Result<(), Trouble> {
    call.sys
        .calls(|sys| sys.unlink(path))
        .or_say(|why| cannot_remove(path, why))
}

/// Removes a folder and what is in it. What is gone already is no trouble, so that
/// it can be begun again.
pub(super) fn remove_tree(call: &mut Call<'_, '_>, path: &[u8], depth: u32) -> Result<(), Trouble> {
    let names = call
        .sys
        .calls(|sys| sys.list(path))
        .or_say(|why| cannot_remove(path, why))?;
    for name in names {
        let inner = text![path, "/", name];
        match call.sys.calls(|sys| sys.lstat(&inner)) {
            Ok(stat) if stat.kind == Kind::Folder && depth > 0 => remove_tree(call, &inner, depth - 1)?,
            Ok(_) => unlink(call, &inner)?,
            Err(_) => {}
        }
    }
    call.sys
        .calls(|sys| sys.rmdir(path))
        .or_say(|why| cannot_remove(path, why))
}

pub(super) fn rmdir(words: Words) -> Made {
    let options = words.options(Known::letters("p").names(&[("parents", b'p')]))?;
    each(words, options, |call, options, path| {
        let removed: Result<(), SysError> = call.sys.calls(|sys| sys.rmdir(path));
        removed.or_say(|why| text!["failed to remove ", quoted(path), ": ", why])?;
        let mut rest = path;
        while let Some(at) = rest
            .iter()
            .rposition(|it| *it == b'/')
            .filter(|at| *at > 0 && options.has(b'p'))
        {
            rest = &rest[..at];
            let removed = call.sys.calls(|sys| sys.rmdir(rest));
            removed.or_say(|why| text!["failed to remove directory ", quoted(rest), ": ", why])?;
        }
        Ok(())
    })
}
