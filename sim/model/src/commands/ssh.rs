//! Commands about the SSH keys that may log in as a user: lines of a file in the
//! user's home.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::commands::suspend::UNFINISHED;
use crate::guest::accounts::Credentials;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::Syscalls;
use crate::guest::fs::inode::Kind;
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, SshFilesAs};
use std::collections::BTreeSet;

/// Folder in a user's home, its permissions, and those of the file in it.
const FOLDER: &[u8] = b"/.ssh";
const FOLDER_MODE: u16 = 0o700;
const FILE: &[u8] = b"/authorized_keys";
const FILE_MODE: u16 = 0o600;
const NEW_FILE_MODE: u16 = 0o666;

pub(crate) fn get_keys(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let home = Home::of(state, args)?;
    let text = home.act(state, |sys| home.read(sys))?;
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let keys = lines.filter(|key| !key.is_empty() && key[0] != b'#').map(Value::from);
    // The agent builds its list from the front, so that it comes out backwards.
    let keys: Value = keys.rev().collect();
    Ok(Dict::new().with("keys", keys).into())
}

pub(crate) fn add_keys(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let keys = keys(args)?;
    let home = Home::of(state, args)?;
    let reset = args.flag("reset");
    home.act(state, |sys| {
        let kept = if reset { None } else { home.read(sys).ok() };
        if kept.is_none() {
            home.make_folder(sys)?;
        }
        let text = kept.unwrap_or_default();
        let mut lines: Vec<&[u8]> = lines(&text);
        let mut seen: BTreeSet<&[u8]> = lines.iter().copied().collect();
        lines.extend(keys.iter().copied().filter(|key| seen.insert(key)));
        home.write(sys, &lines)
    })?;
    Ok(Dict::new().into())
}

pub(crate) fn remove_keys(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let home = Home::of(state, args)?;
    let keys: BTreeSet<&[u8]> = keys(args)?.into_iter().collect();
    home.act(state, |sys| {
        if sys.stat(&home.file).is_err() {
            return Ok(());
        }
        let text = home.read(sys)?;
        let left: Vec<&[u8]> = lines(&text).into_iter().filter(|line| !keys.contains(line)).collect();
        home.write(sys, &left)
    })?;
    Ok(Dict::new().into())
}

/// The keys that are given, none of them a comment or more than a line.
fn keys(args: &Args) -> Result<Vec<&[u8]>, CommandError> {
    let given = args.optional_list("keys").unwrap_or_default();
    let given = given.iter().filter_map(Value::as_str);
    given
        .map(|key| match key {
            [b'#', ..] => Err(key),
            _ if key.contains(&b'\n') => Err(key),
            _ => Ok(key),
        })
        .collect::<Result<Vec<&[u8]>, &[u8]>>()
        .map_err(|key| CommandError::new(ErrorName::SshKeyInvalid).with("key", key))
}

/// The lines of a file; an empty one has none.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|byte| *byte == b'\n').collect()
}

/// Why the work on the file stops.
enum Trouble {
    Refused(CommandError),
    Hangs,
}

impl From<CommandError> for Trouble {
    fn from(error: CommandError) -> Trouble {
        Trouble::Refused(error)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Stop {
        match trouble {
            Trouble::Refused(error) => error.into(),
            Trouble::Hangs => Stop::Hangs,
        }
    }
}

/// A user's home, as far as keys are concerned.
struct Home {
    owner: Credentials,
    folder: Vec<u8>,
    file: Vec<u8>,
    /// As whom the agent does the work.
    worker: Credentials,
}

impl Home {
    fn of(state: &State, args: &Args) -> Result<Home, CommandError> {
        let name = args.text("username");
        let unknown = || CommandError::new(ErrorName::SshUserUnknown).with("user", name);
        let name = std::str::from_utf8(name).map_err(|_| unknown())?;
        let user = state.guest.accounts.user(name).ok_or_else(unknown)?;
        let folder = [user.home.as_bytes(), FOLDER].concat();
        let agent = &state.task.credentials;
        let owner = user.credentials();
        let worker = match state.release.ssh_files_as {
            SshFilesAs::Agent => agent.clone(),
            SshFilesAs::User if agent.is_superuser() || agent.gid == owner.gid => owner.clone(),
            SshFilesAs::User => {
                let error = CommandError::new(ErrorName::SshGroupNotSet).with("user", name);
                return Err(error.with("strerror", Errno::EPERM.text()));
            }
        };
        Ok(Home {
            file: [&folder[..], FILE].concat(),
            folder,
            owner,
            worker,
        })
    }

    /// Does the work as whom the release does it.
    fn act<T>(&self, state: &mut State, work: impl FnOnce(&mut Syscalls<'_>) -> Result<T, Trouble>) -> Result<T, Stop> {
        let agent = std::mem::replace(&mut state.task.credentials, self.worker.clone());
        let done = work(&mut state.guest.fs.calls(&mut state.task));
        state.task.credentials = agent;
        Ok(done?)
    }

    fn read(&self, sys: &mut Syscalls<'_>) -> Result<Vec<u8>, Trouble> {
        let failed = |what: &str, errno: Errno| {
            let detail = [
                what.as_bytes(),
                quoted(&self.file).as_slice(),
                b": ",
                errno.text().as_bytes(),
            ]
            .concat();
            self.error(ErrorName::SshReadFailed, &self.file).with("detail", detail)
        };
        if sys.stat(&self.file).is_ok_and(|it| it.kind == Kind::Folder) {
            return Err(failed("Error reading file ", Errno::EISDIR).into());
        }
        sys.read_file(&self.file)
            .map_err(|error| trouble(error, |errno| failed("Failed to open file ", errno)))
    }

    fn make_folder(&self, sys: &mut Syscalls<'_>) -> Result<(), Trouble> {
        if sys.stat(&self.folder).is_ok_and(|it| it.kind == Kind::Folder) {
            return Ok(());
        }
        let made = sys.mkdir(&self.folder, FOLDER_MODE);
        made.map_err(|error| {
            trouble(error, |errno| {
                self.failed(ErrorName::SshFolderNotMade, &self.folder, errno)
            })
        })?;
        self.settle(sys, &self.folder, FOLDER_MODE)
    }

    /// Puts a new file in the place of the old one.
    fn write(&self, sys: &mut Syscalls<'_>, lines: &[&[u8]]) -> Result<(), Trouble> {
        let unfinished = [&self.file[..], UNFINISHED.as_bytes()].concat();
        let text = lines.join(&b'\n');
        let written = sys
            .write_file_whole(&unfinished, &text, NEW_FILE_MODE)
            .and_then(|()| sys.rename(&unfinished, &self.file));
        written.map_err(|error| {
            trouble(error, |errno| {
                let what = "Failed to create file ".as_bytes();
                let detail = [what, quoted(&unfinished).as_slice(), b": ", errno.text().as_bytes()].concat();
                self.error(ErrorName::SshWriteFailed, &self.file).with("detail", detail)
            })
        })?;
        self.settle(sys, &self.file, FILE_MODE)
    }

    /// Gives a path its owner and permissions.
    fn settle(&self, sys: &mut Syscalls<'_>, path: &[u8], mode: u16) -> Result<(), Trouble> {
        let owner = &self.owner;
        if !sys
            .stat(path)
            .is_ok_and(|it| it.uid == owner.uid && it.gid == owner.gid)
        {
            let owned = sys.chown(path, owner.uid, owner.gid);
            owned.map_err(|error| trouble(error, |errno| self.failed(ErrorName::SshOwnerNotSet, path, errno)))?;
        }
        let allowed = sys.chmod(path, mode);
        allowed.map_err(|error| trouble(error, |errno| self.failed(ErrorName::SshModeNotSet, path, errno)))
    }

    fn error(&self, name: ErrorName, path: &[u8]) -> CommandError {
        CommandError::new(name).with("path", path)
    }

    fn failed(&self, name: ErrorName, path: &[u8], errno: Errno) -> CommandError {
        self.error(name, path).with("strerror", errno.text())
    }
}

/// A path in GLib's quotation marks.
fn quoted(path: &[u8]) -> Vec<u8> {
    ["\u{201C}".as_bytes(), path, "\u{201D}".as_bytes()].concat()
}

fn trouble(error: SysError, refused: impl FnOnce(Errno) -> CommandError) -> Trouble {
    match error {
        SysError::Errno(errno) => Trouble::Refused(refused(errno)),
        SysError::Hangs(_) => Trouble::Hangs,
    }
}
