//! Tools that copy and move: cp, mv.

use super::each::each_of;
use super::options::{Known, Options, Usage};
use super::quote::quoted;
use super::remove::remove_tree;
use super::words::last_name;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::inode::Kind;
use crate::guest::fs::io::Stat;

/// Folders within folders that are gone into.
const DEPTH_MAX: u32 = 64;

/// Where the operands go, and how.
#[derive(Clone, Debug)]
struct Copying {
    to: Vec<u8>,
    /// The first of the operands.
    first: Vec<u8>,
    recursive: bool,
    /// Times stay as they are, and modes as they were.
    preserves: bool,
    /// What is there already is left alone.
    keeps: bool,
    tells: bool,
    /// There are several operands, so that they can only go into a folder.
    several: bool,
}

pub(super) fn cp(words: Words) -> Made {
    const KNOWN: Known = Known::letters("rRapfndvxTHLP").names(&[
        ("recursive", b'r'),
        ("archive", b'a'),
        ("force", b'f'),
        ("no-clobber", b'n'),
        ("verbose", b'v'),
        ("one-file-system", b'x'),
    ]);
    let options = words.options(KNOWN)?;
    let recursive = [b'r', b'R', b'a'].iter().any(|it| options.has(*it));
    let (from, copying) = operands(&words, options, recursive)?;
    each_of(words.name, copying, from, |call, copying, from| {
        let to = destination(call, copying, from)?;
        if copying.keeps && call.sys.calls(|sys| sys.lstat(&to)).is_ok() {
            return Ok(());
        }
        copy(call, from, &to, copying, DEPTH_MAX)
    })
}

pub(super) fn mv(words: Words) -> Made {
    const KNOWN: Known = Known::letters("fnvT").names(&[("force", b'f'), ("no-clobber", b'n'), ("verbose", b'v')]);
    let options = words.options(KNOWN)?;
    let (from, copying) = operands(&words, options, true)?;
    each_of(words.name, copying, from, |call, copying, from| {
        call.sys
            .calls(|sys| sys.lstat(from))
            .or_say(|why| cannot_stat(from, why))?;
        let to = destination(call, copying, from)?;
        if copying.keeps && call.sys.calls(|sys| sys.lstat(&to)).is_ok() {
            return Ok(());
        }
        if let (Ok(there), Ok(stat)) = (
            call.sys.calls(|sys| sys.lstat(&to)),
            call.sys.calls(|sys| sys.lstat(from)),
        ) && there.inode == stat.inode
        {
            return Err(are_same(from, &to));
        }
        rename(call, from, &to, copying)?;
        if copying.tells {
            call.out
                .print(&text!["renamed ", quoted(from), " -> ", quoted(&to), "\n"]);
        }
        Ok(())
    })
}

fn operands(words: &Words, options: Options, recursive: bool) -> Result<(Vec<Vec<u8>>, Copying), Usage> {
    let [archives, preserves, keeps, tells] = [b'a', b'p', b'n', b'v'].map(|it| options.has(it));
    let mut from = options.operands;
    match from.len() {
        0 => return Err(Usage::new(&words.name, b"missing file operand", 1)),
        1 => {
            let what = text!["missing destination file operand after ", quoted(&from[0])];
            return Err(Usage::new(&words.name, &what, 1));
        }
        _ => {}
    }
    let to = from.pop().unwrap_or_default();
    let several = from.len() > 1;
    let copying = Copying {
        to,
        first: from[0].clone(),
        recursive,
        preserves: preserves || archives,
        keeps,
        tells,
        several,
    };
    Ok((from, copying))
}

/// Where an operand goes: into the destination if that is a folder.
fn destination(call: &mut Call<'_, '_>, copying: &Copying, from: &[u8]) -> Result<Vec<u8>, Trouble> {
    let to = &copying.to;
    let is_folder = call
        .sys
        .calls(|sys| sys.stat(to))
        .is_ok_and(|it| it.kind == Kind::Folder);
    match is_folder {
        true => Ok(text![to.strip_suffix(b"/").unwrap_or(to), "/", last_name(from)]),
        // That is said of the first alone.
        false if copying.several && copying.first != from => Err(Trouble::Fail),
        false if copying.several => Err(Trouble::Say(text![
            "target ",
            quoted(to),
            ": No such file or directory"
        ])),
        false => Ok(to.clone()),
    }
}

fn cannot_stat(path: &[u8], why: &str) -> Vec<u8> {
    text!["cannot stat ", quoted(path), ": ", why]
}

/// What is said of a file that is its own copy.
fn are_same(from: &[u8], to: &[u8]) -> Trouble {
    Trouble::Say(text![quoted(from), " and ", quoted(to), " are the same file"])
}

fn copy(call: &mut Call<'_, '_>, from: &[u8], to: &[u8], how: &Copying, depth: u32) -> Result<(), Trouble> {
    let recursive = how.recursive;
    let seen = call
        .sys
        .calls(|sys| if recursive { sys.lstat(from) } else { sys.stat(from) });
    let stat = seen.or_say(|why| cannot_stat(from, why))?;
    match stat.kind {
        Kind::Folder if !recursive => Err(Trouble::Say(text![
            "-r not specified; omitting directory ",
            quoted(from)
        ])),
        Kind::Folder => copy_folder(call, from, to, stat, how, depth),
        Kind::Link => {
            let target = call
                .sys
                .calls(|sys| sys.readlink(from))
                .or_say(|why| cannot_stat(from, why))?;
            let made = call.sys.calls(|sys| sys.symlink(&target, to));
            made.or_say(|why| text!["cannot create symbolic link ", quoted(to), ": ", why])
        }
        _ => copy_file(call, from, to, stat, how),
    }
}

fn copy_file(call: &mut Call<'_, '_>, from: &[u8], to: &[u8], stat: Stat, how: &Copying) -> Result<(), Trouble> {
    let there = call.sys.calls(|sys| sys.stat(to)).ok();
    if there.is_some_and(|it| it.inode == stat.inode) {
        return Err(are_same(from, to));
    }
    if there.is_none() && to.ends_with(b"/") {
        let what = text!["cannot create regular file ", quoted(to), ": Not a directory"];
        return Err(Trouble::Say(what));
    }
    let read = call.sys.calls(|sys| sys.content_of(from));
    let content = read.or_say(|why| text!["cannot open ", quoted(from), " for reading: ", why])?;
    let written = call.sys.calls(|sys| sys.set_content(to, &content, stat.mode));
    written.or_say(|why| match there {
        Some(_) => text!["error writing ", quoted(to), ": ", why],
        None => text!["cannot create regular file ", quoted(to), ": ", why],
    })?;
    if how.preserves {
        let set = call.sys.calls(|sys| sys.set_modified(to, Some(stat.modified)));
        set.or_say(|why| text!["preserving times for ", quoted(to), ": ", why])?;
    }
    tell(call, from, to, how);
    Ok(())
}

fn tell(call: &mut Call<'_, '_>, from: &[u8], to: &[u8], how: &Copying) {
    if how.tells {
        call.out.print(&text![quoted(from), " -> ", quoted(to), "\n"]);
    }
}

fn copy_folder(
    call: &mut Call<'_, '_>,
    from: &[u8],
    to: &[u8],
    stat: Stat,
    how: &Copying,
    depth: u32,
) -> Result<(), Trouble> {
    if depth == 0 || to.starts_with(&text![from, "/"]) {
        let what = text!["cannot copy a directory, ", quoted(from), ", into itself, ", quoted(to)];
        return Err(Trouble::Say(what));
    }
    match call.sys.calls(|sys| sys.mkdir(to, stat.mode)) {
        Ok(()) => tell(call, from, to, how),
        Err(SysError::Errno(Errno::EEXIST)) => {}
        failed => failed.or_say(|why| text!["cannot create directory ", quoted(to), ": ", why])?,
    }
    let names = call
        .sys
        .calls(|sys| sys.list(from))
        .or_say(|why| text!["cannot access ", quoted(from), ": ", why])?;
    for name in names {
        copy(call, &text![from, "/", name], &text![to, "/", name], how, depth - 1)?;
    }
    if how.preserves {
        let set = call.sys.calls(|sys| sys.set_modified(to, Some(stat.modified)));
        set.or_say(|why| text!["preserving times for ", quoted(to), ": ", why])?;
    }
    Ok(())
}

/// Moves a file; to another filesystem by copying it.
fn rename(call: &mut Call<'_, '_>, from: &[u8], to: &[u8], how: &Copying) -> Result<(), Trouble> {
    match call.sys.calls(|sys| sys.rename(from, to)) {
        Err(SysError::Errno(Errno::EXDEV)) => {
            copy(call, from, to, how, DEPTH_MAX)?;
            let kind = call.sys.calls(|sys| sys.lstat(from)).map(|it| it.kind);
            match kind {
                Ok(Kind::Folder) => remove_tree(call, from, DEPTH_MAX),
                _ => call
                    .sys
                    .calls(|sys| sys.unlink(from))
                    .or_say(|why| text!["cannot remove ", quoted(from), ": ", why]),
            }
        }
        renamed => renamed.or_say(|why| text!["cannot move ", quoted(from), " to ", quoted(to), ": ", why]),
    }
}
