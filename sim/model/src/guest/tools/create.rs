//! Tools that make things: mkdir, mkfifo, mknod, ln, truncate.

use super::each::each_of;
use super::mode::changed;
use super::options::{Known, Options, Usage, number, size};
use super::quote::quoted;
use super::words::last_name;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::inode::{Device, Kind, Node};
use crate::guest::fs::open::OpenFlags;
use crate::guest::fs::pipe::Pipe;
use crate::guest::program::Fault;

const MODE: Known = Known::letters("m:pv").names(&[("mode", b'm'), ("parents", b'p'), ("verbose", b'v')]);

/// The mode an option gives.
fn mode(options: &Options, usual: u16) -> Result<Option<u16>, Usage> {
    let Some(mode) = options.value(b'm') else {
        return Ok(None);
    };
    let wrong = || Usage::plain(text!["invalid mode ", quoted(mode)], 1);
    changed(mode, usual, false, 0o022).map(Some).ok_or_else(wrong)
}

/// What making something needs to know.
#[derive(Clone, Copy, Debug)]
struct Making {
    mode: Option<u16>,
    parents: bool,
    tells: bool,
}

/// Where the folders on the way to a path end in it, and where it ends itself.
fn ends(path: &[u8]) -> impl Iterator<Item = usize> {
    let slashes = path.iter().enumerate().skip(1).filter(|(_, it)| **it == b'/');
    slashes.map(|(at, _)| at).chain([path.len()])
}

/// Which folders on the way to a path, or of it alone, are not there.
fn missing(call: &mut Call<'_, '_>, path: &[u8], with_parents: bool) -> Vec<Vec<u8>> {
    let ends = ends(path).filter(|it| with_parents || *it == path.len());
    let folders = ends.map(|end| path[..end].to_vec());
    folders
        .filter(|it| call.sys.calls(|sys| sys.stat(it)).is_err())
        .collect()
}

pub(super) fn mkdir(words: Words) -> Made {
    let options = words.options(MODE)?;
    if options.operands.is_empty() {
        return Err(words.missing_operand(1));
    }
    let making = Making {
        mode: mode(&options, 0o777)?,
        parents: options.has(b'p'),
        tells: options.has(b'v'),
    };
    each_of(words.name, making, options.operands, |call, making, path| {
        let new = if making.tells {
            missing(call, path, making.parents)
        } else {
            Vec::new()
        };
        let made = if making.parents {
            make_with_parents(call, path)
        } else {
            make_folder(call, path)
        };
        made.or_say(|why| text!["cannot create directory ", quoted(path), ": ", why])?;
        for folder in new {
            call.out
                .print(&text!["mkdir: created directory ", quoted(&folder), "\n"]);
        }
        set_mode(call, path, making.mode)
    })
}

fn make_folder(call: &mut Call<'_, '_>, path: &[u8]) -> Result<(), SysError> {
    call.sys.calls(|sys| sys.mkdir(path, 0o777))
}

fn make_with_parents(call: &mut Call<'_, '_>, path: &[u8]) -> Result<(), SysError> {
    for end in ends(path) {
        match make_folder(call, &path[..end]) {
            Err(SysError::Errno(Errno::EEXIST)) if is_folder(call, &path[..end]) => {}
            made => made?,
        }
    }
    Ok(())
}

fn is_folder(call: &mut Call<'_, '_>, path: &[u8]) -> bool {
    call.sys
        .calls(|sys| sys.stat(path))
        .is_ok_and(|it| it.kind == Kind::Folder)
}

fn set_mode(call: &mut Call<'_, '_>, path: &[u8], mode: Option<u16>) -> Result<(), Trouble> {
    let Some(mode) = mode else { return Ok(()) };
    let set = call.sys.calls(|sys| sys.chmod(path, mode));
    set.or_say(|why| text!["cannot set permissions of ", quoted(path), ": ", why])
}

pub(super) fn mkfifo(words: Words) -> Made {
    let options = words.options(MODE)?;
    if options.operands.is_empty() {
        return Err(words.missing_operand(1));
    }
    let making = Making {
        mode: mode(&options, 0o666)?,
        parents: false,
        tells: false,
    };
    each_of(words.name, making, options.operands, |call, making, path| {
        let made = call.sys.calls(|sys| sys.mkfifo(path, 0o666));
        made.or_say(|why| text!["cannot create fifo ", quoted(path), ": ", why])?;
        set_mode(call, path, making.mode)
    })
}

pub(super) fn mknod(words: Words) -> Made {
    let options = words.options(MODE)?;
    let mode = mode(&options, 0o666)?;
    let (path, node) = match options.operands.as_slice() {
        [path, kind] if kind == b"p" => (path, Node::Fifo(Pipe::default())),
        [path, kind, major, minor] if kind == b"c" || kind == b"b" || kind == b"u" => {
            (path, Node::Device(device(kind, major, minor)))
        }
        [] => return Err(words.missing_operand(1)),
        [.., last] => {
            return Err(Usage::new(
                &words.name,
                &text!["missing operand after ", quoted(last)],
                1,
            ));
        }
    };
    each_of(
        words.name,
        (node, mode),
        vec![path.clone()],
        |call, (node, mode), path| {
            let made = call.sys.calls(|sys| sys.mknod(path, node.clone(), 0o666).map(drop));
            made.or_say(|why| text![path, ": ", why])?;
            set_mode(call, path, *mode)
        },
    )
}

/// The device of a number; most have no driver here.
fn device(kind: &[u8], major: &[u8], minor: &[u8]) -> Device {
    match (kind, number(major), number(minor)) {
        (b"b", ..) => Device::Absent,
        (_, Some(1), Some(3)) => Device::Null,
        (_, Some(1), Some(5)) => Device::Zero,
        (_, Some(1), Some(7)) => Device::Full,
        (_, Some(1), Some(8 | 9)) => Device::Random,
        _ => Device::Absent,
    }
}

/// A link to be made.
#[derive(Clone, Debug)]
struct Linking {
    symbolic: bool,
    replaces: bool,
    target: Vec<u8>,
}

pub(super) fn ln(words: Words) -> Made {
    const KNOWN: Known = Known::letters("sfn").names(&[("symbolic", b's'), ("force", b'f')]);
    let options = words.options(KNOWN)?;
    let (target, path) = match options.operands.as_slice() {
        [target] => (target.clone(), last_name(target).to_vec()),
        [target, path] => (target.clone(), path.clone()),
        [] => return Err(Usage::new(&words.name, b"missing file operand", 1)),
        [_, other, ..] => return Err(Usage::new(&words.name, &text!["extra operand ", quoted(other)], 1)),
    };
    let linking = Linking {
        symbolic: options.has(b's'),
        replaces: options.has(b'f'),
        target,
    };
    each_of(words.name, linking, vec![path], link)
}

fn link(call: &mut Call<'_, '_>, it: &Linking, path: &[u8]) -> Result<(), Trouble> {
    let path = match is_folder(call, path) {
        true => text![path, "/", last_name(&it.target)],
        false => path.to_vec(),
    };
    if it.replaces {
        match call.sys.calls(|sys| sys.unlink(&path)) {
            Ok(()) | Err(SysError::Errno(Errno::ENOENT)) => {}
            failed => failed.or_say(|why| text!["cannot remove ", quoted(&path), ": ", why])?,
        }
    }
    if it.symbolic {
        let made = call.sys.calls(|sys| sys.symlink(&it.target, &path));
        return made.or_say(|why| text!["failed to create symbolic link ", quoted(&path), ": ", why]);
    }
    let target = &it.target;
    call.sys
        .calls(|sys| sys.stat(target))
        .or_say(|why| text!["failed to access ", quoted(target), ": ", why])?;
    let made = call.sys.calls(|sys| sys.link(target, &path));
    made.or_say(|why| text!["failed to create hard link ", quoted(&path), ": ", why])
}

pub(super) fn make_file(call: &mut Call<'_, '_>, path: &[u8]) -> Result<(), SysError> {
    let flags = OpenFlags {
        write: true,
        create: true,
        nonblock: true,
        ..OpenFlags::default()
    };
    call.sys.calls(|sys| {
        let fd = sys.open(path, flags, 0o666)?;
        Ok(sys.close(fd)?)
    })
}

pub(super) fn truncate(words: Words) -> Made {
    const KNOWN: Known = Known::letters("s:c").names(&[("size", b's'), ("no-create", b'c')]);
    let options = words.options(KNOWN)?;
    let Some(length) = options.value(b's') else {
        let what = b"you must specify either '--size' or '--reference'";
        return Err(Usage::new(&words.name, what, 1));
    };
    let wrong = || Usage::plain(text!["Invalid number: ", quoted(length)], 1);
    let length = size(length).ok_or_else(wrong)?;
    if options.operands.is_empty() {
        return Err(Usage::new(&words.name, b"missing file operand", 1));
    }
    let sizing = (length, !options.has(b'c'));
    each_of(words.name, sizing, options.operands, set_length)
}

fn set_length(call: &mut Call<'_, '_>, &(length, creates): &(u64, bool), path: &[u8]) -> Result<(), Trouble> {
    let flags = OpenFlags {
        write: true,
        create: creates,
        nonblock: true,
        ..OpenFlags::default()
    };
    let descriptor = match call.sys.open(path, flags, 0o666) {
        Err(Fault::Errno(Errno::ENOENT)) if !creates => return Ok(()),
        opened => opened.or_say(|why| text!["cannot open ", quoted(path), " for writing: ", why])?,
    };
    let set = call.sys.truncate(descriptor, length);
    call.sys.close(descriptor);
    let bytes = length.to_string();
    set.or_say(|why| text!["failed to truncate ", quoted(path), " at ", bytes, " bytes: ", why])
}
