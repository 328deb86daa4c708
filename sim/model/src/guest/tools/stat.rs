//! Tools that tell about files: stat, readlink.

use super::each::each;
use super::mode::{kind_bits, shown};
use super::options::{Known, Options};
use super::printf::{Dialect, Escapes, unescape};
use super::quote::quoted;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::accounts::Accounts;
use crate::guest::fs::inode::Kind;
use crate::guest::fs::io::Stat;
use std::collections::VecDeque;

/// Bytes of a block, as stat counts them.
const BLOCK_BYTES: u64 = 512;

pub(super) fn stat(words: Words) -> Made {
    const KNOWN: Known = Known::letters("c:Lp:").names(&[("format", b'c'), ("dereference", b'L'), ("printf", b'p')]);
    let options = words.options(KNOWN)?;
    if !options.has(b'c') && !options.has(b'p') && options.operands.is_empty() {
        return Err(words.missing_operand(1));
    }
    each(words, options, tell)
}

fn tell(call: &mut Call<'_, '_>, options: &Options, path: &[u8]) -> Result<(), Trouble> {
    let follows = options.has(b'L');
    let stat = call
        .sys
        .calls(|sys| if follows { sys.stat(path) } else { sys.lstat(path) });
    let stat = stat.or_say(|why| text!["cannot statx ", quoted(path), ": ", why])?;
    if !options.has(b'c') && !options.has(b'p') {
        return Err(Trouble::Say(b"only -c, --format and --printf are known here".to_vec()));
    }
    let target = call.sys.calls(|sys| sys.readlink(path)).ok();
    let accounts = &call.sys.guest.accounts;
    let told = match (options.value(b'p'), options.value(b'c')) {
        (Some(format), _) => filled(
            &unescape(format, Escapes::Format(Dialect::Gnu)).0,
            path,
            &stat,
            target,
            accounts,
        ),
        (None, format) => text![filled(format.unwrap_or_default(), path, &stat, target, accounts), "\n"],
    };
    call.out.print(&told);
    Ok(())
}

fn filled(format: &[u8], path: &[u8], stat: &Stat, target: Option<Vec<u8>>, accounts: &Accounts) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = format;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.split_first()) {
            (b'%', Some((letter, after))) => {
                filled.extend(member(*letter, path, stat, target.as_deref(), accounts));
                rest = after;
            }
            _ => filled.push(*first),
        }
    }
    filled
}

fn member(letter: u8, path: &[u8], stat: &Stat, target: Option<&[u8]>, accounts: &Accounts) -> Vec<u8> {
    let decimal = |number: u64| number.to_string().into_bytes();
    match letter {
        b'a' => format!("{:o}", stat.mode).into_bytes(),
        b'A' => shown(stat.kind, stat.mode),
        b'b' => decimal(blocks(stat)),
        b'B' => decimal(BLOCK_BYTES),
        b'd' => decimal(u64::from(stat.filesystem.0) << 8 | u64::from(stat.filesystem.1)),
        b'f' => format!("{:x}", kind_bits(stat.kind) | u32::from(stat.mode)).into_bytes(),
        b'F' => kind_name(stat).into(),
        b'g' => decimal(u64::from(stat.gid)),
        b'G' => group_name(accounts, stat.gid),
        b'h' => decimal(u64::from(stat.links)),
        b'i' => decimal(u64::from(stat.inode.0)),
        b'n' => path.to_vec(),
        b'N' => match target {
            Some(target) => text![quoted(path), " -> ", quoted(target)],
            None => quoted(path),
        },
        b'o' => decimal(stat.io_bytes as u64),
        b's' => decimal(stat.size),
        b'u' => decimal(u64::from(stat.uid)),
        b'U' => user_name(accounts, stat.uid),
        b'X' | b'Y' | b'Z' => stat.modified.div_euclid(1_000_000_000).to_string().into_bytes(),
        b'%' => b"%".to_vec(),
        _ => b"?".to_vec(),
    }
}

/// Blocks of a file, as if it had no holes.
pub(super) fn blocks(stat: &Stat) -> u64 {
    let takes_room = matches!(stat.kind, Kind::File | Kind::Folder);
    if takes_room {
        stat.size.div_ceil(4096) * (4096 / BLOCK_BYTES)
    } else {
        0
    }
}

fn kind_name(stat: &Stat) -> &'static str {
    match stat.kind {
        Kind::File if stat.size == 0 => "regular empty file",
        Kind::File => "regular file",
        Kind::Folder => "directory",
        Kind::Link => "symbolic link",
        Kind::Device => "character special file",
        Kind::Fifo => "fifo",
        Kind::Socket => "socket",
    }
}

/// The name of a user, or the number of one without.
pub(super) fn user_name(accounts: &Accounts, uid: u32) -> Vec<u8> {
    let user = accounts.users.iter().find(|it| it.uid == uid);
    user.map_or_else(|| "UNKNOWN".into(), |it| it.name.clone().into_bytes())
}

/// The name of a group, or the number of one without.
pub(super) fn group_name(accounts: &Accounts, gid: u32) -> Vec<u8> {
    let group = accounts.groups.iter().find(|it| it.gid == gid);
    group.map_or_else(|| "UNKNOWN".into(), |it| it.name.clone().into_bytes())
}

pub(super) fn readlink(words: Words) -> Made {
    const KNOWN: Known = Known::letters("nqf").names(&[("no-newline", b'n'), ("canonicalize", b'f')]);
    let options = words.options(KNOWN)?;
    each(words, options, |call, options, path| {
        // What is no link is no trouble to speak of, but it is one.
        let target = match options.has(b'f') {
            true => canonical(call, path).ok_or(Trouble::Fail)?,
            false => call.sys.calls(|sys| sys.readlink(path)).map_err(|_| Trouble::Fail)?,
        };
        let end = if options.has(b'n') { "" } else { "\n" };
        call.out.print(&text![target, end]);
        Ok(())
    })
}

/// Links that are followed in one path.
const LINKS_MAX: usize = 40;

/// A path without links, `.` and `..`; all but its last name must be there.
fn canonical(call: &mut Call<'_, '_>, path: &[u8]) -> Option<Vec<u8>> {
    let names = |path: &[u8]| {
        path.split(|it| *it == b'/')
            .map(<[u8]>::to_vec)
            .collect::<VecDeque<_>>()
    };
    let mut found = if path.starts_with(b"/") {
        Vec::new()
    } else {
        call.sys.working_folder()
    };
    let mut rest = names(path);
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        match name.as_slice() {
            b"" | b"." => continue,
            b".." => {
                let parent = found.iter().rposition(|it| *it == b'/').unwrap_or(0);
                found.truncate(parent);
                continue;
            }
            _ => {}
        }
        let next = text![found, "/", name];
        if let Ok(target) = call.sys.calls(|sys| sys.readlink(&next)) {
            links += 1;
            if links > LINKS_MAX {
                return None;
            }
            if target.starts_with(b"/") {
                found.clear();
            }
            let mut target = names(&target);
            target.append(&mut rest);
            rest = target;
            continue;
        }
        let is_there = call.sys.calls(|sys| sys.lstat(&next)).is_ok();
        if !is_there && rest.iter().any(|it| !it.is_empty()) {
            return None;
        }
        found = next;
    }
    Some(if found.is_empty() { b"/".to_vec() } else { found })
}
