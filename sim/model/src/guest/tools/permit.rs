//! Tools that change whose a file is and who may use it: chmod, chown.

use super::each::each_of;
use super::mode::changed;
use super::options::{Known, Usage, number};
use super::quote::quoted;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::fs::inode::Kind;

/// Folders within folders that are gone into.
const DEPTH_MAX: u32 = 256;

/// A change of a file.
type Change<O> = fn(&mut Call<'_, '_>, &O, &[u8]) -> Result<(), Trouble>;

/// Permissions as they are written.
#[derive(Clone, Debug)]
struct Mode(Vec<u8>);

pub(super) fn chmod(mut words: Words) -> Made {
    // A mode that takes away looks like an option.
    let is_mode = |it: &Vec<u8>| it.len() > 1 && it[0] == b'-' && it[1..].iter().all(|it| b"rwxXst,".contains(it));
    let early = words
        .arguments
        .iter()
        .position(is_mode)
        .map(|at| words.arguments.remove(at));
    let options = words.options(Known::letters("Rf").names(&[("recursive", b'R')]))?;
    let recursive = options.has(b'R');
    let mut operands = early.into_iter().chain(options.operands);
    let Some(mode) = operands.next() else {
        return Err(words.missing_operand(1));
    };
    let paths: Vec<_> = operands.collect();
    if paths.is_empty() {
        return Err(Usage::new(
            &words.name,
            &text!["missing operand after ", quoted(&mode)],
            1,
        ));
    }
    if changed(&mode, 0, false, 0).is_none() {
        return Err(Usage::new(&words.name, &text!["invalid mode: ", quoted(&mode)], 1));
    }
    each_of(
        words.name,
        (Mode(mode), recursive),
        paths,
        |call, (mode, recursive), path| walk(call, mode, path, set_mode, if *recursive { DEPTH_MAX } else { 0 }),
    )
}

/// Changes a file and, to this depth, what is in it.
fn walk<O>(call: &mut Call<'_, '_>, options: &O, path: &[u8], change: Change<O>, depth: u32) -> Result<(), Trouble> {
    change(call, options, path)?;
    let stat = call.sys.calls(|sys| sys.lstat(path));
    if depth == 0 || !stat.is_ok_and(|it| it.kind == Kind::Folder) {
        return Ok(());
    }
    let names = call.sys.calls(|sys| sys.list(path));
    let names = names.or_say(|why| text!["cannot read directory ", quoted(path), ": ", why])?;
    names
        .iter()
        .try_for_each(|name| walk(call, options, &text![path, "/", name], change, depth - 1))
}

fn set_mode(call: &mut Call<'_, '_>, Mode(mode): &Mode, path: &[u8]) -> Result<(), Trouble> {
    let stat = call
        .sys
        .calls(|sys| sys.stat(path))
        .or_say(|why| text!["cannot access ", quoted(path), ": ", why])?;
    let umask = call.sys.umask();
    let mode = changed(mode, stat.mode, stat.kind == Kind::Folder, umask).unwrap_or(stat.mode);
    let set = call.sys.calls(|sys| sys.chmod(path, mode));
    set.or_say(|why| text!["changing permissions of ", quoted(path), ": ", why])
}

/// Whose files become: user and group, each only if it changes.
type Owner = (Option<u32>, Option<u32>);

pub(super) fn chown(words: Words) -> Made {
    let options = words.options(Known::letters("Rhf").names(&[("recursive", b'R')]))?;
    let recursive = options.has(b'R');
    let Some((owner, paths)) = options.operands.split_first() else {
        return Err(words.missing_operand(1));
    };
    if paths.is_empty() {
        return Err(Usage::new(
            &words.name,
            &text!["missing operand after ", quoted(owner)],
            1,
        ));
    }
    each_of(
        words.name,
        (owner.clone(), recursive),
        paths.to_vec(),
        |call, (owner, recursive), path| {
            let owner = read_owner(call, owner).map_err(Trouble::Say)?;
            walk(call, &owner, path, set_owner, if *recursive { DEPTH_MAX } else { 0 })
        },
    )
}

fn read_owner(call: &mut Call<'_, '_>, text: &[u8]) -> Result<Owner, Vec<u8>> {
    let end = text
        .iter()
        .position(|it| matches!(it, b':' | b'.'))
        .unwrap_or(text.len());
    let (user, group) = (&text[..end], text.get(end + 1..).unwrap_or_default());
    let id = |text: &[u8]| number(text).and_then(|it| u32::try_from(it).ok());
    let accounts = &call.sys.guest.accounts;
    let name = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    let uid = match user {
        b"" => None,
        _ => Some(accounts.user(&name(user)).map(|it| it.uid).or_else(|| id(user)))
            .map(|it| it.ok_or_else(|| text!["invalid user: ", quoted(text)]))
            .transpose()?,
    };
    let gid = match group {
        b"" => None,
        _ => Some(accounts.group(&name(group)).map(|it| it.gid).or_else(|| id(group)))
            .map(|it| it.ok_or_else(|| text!["invalid group: ", quoted(text)]))
            .transpose()?,
    };
    Ok((uid, gid))
}

fn set_owner(call: &mut Call<'_, '_>, (uid, gid): &Owner, path: &[u8]) -> Result<(), Trouble> {
    let stat = call
        .sys
        .calls(|sys| sys.lstat(path))
        .or_say(|why| text!["cannot access ", quoted(path), ": ", why])?;
    let set = call
        .sys
        .calls(|sys| sys.chown(path, uid.unwrap_or(stat.uid), gid.unwrap_or(stat.gid)));
    set.or_say(|why| text!["changing ownership of ", quoted(path), ": ", why])
}
