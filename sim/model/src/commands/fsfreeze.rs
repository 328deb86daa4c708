//! Commands that freeze and thaw filesystems, in the two ways the releases have.
//!
//! Up to 1.0.50 the agent kept a list of what it froze and three states in
//! memory. From 1.1 on it keeps a flag, and a marker file that outlives it, and
//! walks the mounts anew each time.

use crate::args::Args;
use crate::commands::power::check_child;
use crate::commands::stop::Stop;
use crate::event::Event;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::ioctl::IoctlError;
use crate::guest::mounts::lines::MountLine;
use crate::guest::program::{Child, Ending};
use crate::json::Value;
use crate::message::CommandError;
use crate::state::State;
use crate::state_dir::FROZEN_MARKER;
use crate::time::Time;
use qga_fixtures::schema::{
    ErrorName, FreezeMemory, FreezeOrder, FreezeUnsupported, HookErrors, MountTable, NothingFrozen,
};
use std::collections::BTreeSet;

/// What the agent says of its filesystems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Thawed,
    Frozen,
    /// A thaw went wrong; releases that keep a list only.
    Error,
}

/// What the agent remembers of a freeze.
#[derive(Debug, Default)]
pub(crate) struct FreezeState {
    status: Status,
    /// The mount points of the last freeze, in releases that keep a list.
    list: Vec<Vec<u8>>,
    /// When the guest thaws by itself.
    thaws_at: Option<Time>,
    /// It did.
    timed_out: bool,
}

impl FreezeState {
    pub(crate) fn is_frozen(&self) -> bool {
        self.status == Status::Frozen
    }

    pub(crate) fn thaws_at(&self) -> Option<Time> {
        self.thaws_at
    }
}

/// Takes up a freeze that an earlier agent left behind.
pub(crate) fn restore(state: &mut State) {
    let kept = state.release.freeze_memory == FreezeMemory::Marker;
    if kept && state.store.read(FROZEN_MARKER).is_some() {
        state.freeze.status = Status::Frozen;
    }
}

/// The guest's own limit on a freeze: the filesystems thaw, the agent does not
/// notice until it is asked to thaw.
pub(crate) fn pass_time(state: &mut State) {
    if state.freeze.thaws_at.is_some_and(|at| at <= state.now) {
        state.freeze.thaws_at = None;
        state.freeze.timed_out = true;
        let count = thaw_mounts(state).unwrap_or_default();
        state.tell(Event::ThawedByTimer(count));
    }
}

pub(crate) fn status(state: &mut State, _: &Args) -> Result<Value, Stop> {
    Ok(Value::from(match state.freeze.status {
        Status::Thawed => "thawed",
        Status::Frozen => "frozen",
        Status::Error => "error",
    }))
}

pub(crate) fn freeze(state: &mut State, _: &Args) -> Result<Value, Stop> {
    match state.release.freeze_memory {
        FreezeMemory::List => freeze_list_era(state),
        FreezeMemory::Marker => freeze_marker_era(state, None),
    }
}

pub(crate) fn freeze_list(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let wanted = args.optional_list("mountpoints").map(texts);
    freeze_marker_era(state, wanted.as_ref())
}

pub(crate) fn thaw(state: &mut State, _: &Args) -> Result<Value, Stop> {
    match state.release.freeze_memory {
        FreezeMemory::List => Ok(Value::Int(thaw_list(state))),
        FreezeMemory::Marker => thaw_marker_era(state),
    }
}

fn texts(items: &[Value]) -> BTreeSet<Vec<u8>> {
    let text = |item: &Value| match item {
        Value::Str(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

// ---- from 1.1 on -------------------------------------------------------------

fn freeze_marker_era(state: &mut State, wanted: Option<&BTreeSet<Vec<u8>>>) -> Result<Value, Stop> {
    run_hook(state, "freeze")?;
    let mounts = match freezable_mounts(state) {
        Err(_) if !state.release.tells_unreadable_mounts => return Ok(Value::Int(-1)),
        mounts => mounts?,
    };
    set_frozen(state);
    match freeze_mounts(state, &mounts, wanted) {
        Ok(0) if state.release.nothing_frozen == NothingFrozen::Thawed => {
            unset_frozen(state);
            Ok(Value::Int(0))
        }
        Ok(count) => {
            state.freeze.thaws_at = state.guest.freeze_limit().map(|limit| state.now + limit);
            state.tell(Event::Frozen(count));
            Ok(Value::Int(count))
        }
        Err(error) => {
            // What went before is undone; an error of the undoing is not told.
            let _ = thaw_marker_era(state);
            Err(error)
        }
    }
}

/// The mount points to freeze, in the release's order.
fn freezable_mounts(state: &mut State) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut mounts = mount_points(state)?;
    if state.release.freeze_order == FreezeOrder::Reverse {
        mounts.reverse();
    }
    Ok(mounts)
}

/// A path, or a volume as Windows names it.
fn is_device(name: &[u8]) -> bool {
    name.starts_with(b"/") || name.starts_with(br"\\")
}

/// The mount points of all filesystems on a local device, in the order of the
/// table the release reads.
pub(crate) fn mount_points(state: &mut State) -> Result<Vec<Vec<u8>>, CommandError> {
    let lines = match state.release.mount_table {
        MountTable::Kernel => state.guest.mount_lines(),
        MountTable::Mtab => state.guest.mtab(&mut state.task),
    };
    let lines = lines.ok_or_else(|| CommandError::new(ErrorName::MountsUnreadable))?;
    let local = |line: &MountLine| is_device(&line.device) && !matches!(&line.kind[..], b"smbfs" | b"cifs");
    Ok(lines.into_iter().filter(local).map(|line| line.at).collect())
}

fn freeze_mounts(state: &mut State, mounts: &[Vec<u8>], wanted: Option<&BTreeSet<Vec<u8>>>) -> Result<i64, Stop> {
    let mut count = 0;
    for mount in mounts
        .iter()
        .filter(|mount| wanted.is_none_or(|wanted| wanted.contains(*mount)))
    {
        count += i64::from(freeze_one(state, mount)?);
    }
    Ok(count)
}

/// Freezes one mount and says whether it counts.
fn freeze_one(state: &mut State, mount: &[u8]) -> Result<bool, Stop> {
    let failed = |name, errno: Errno| {
        Err(CommandError::new(name)
            .with("path", mount)
            .with("strerror", errno.text())
            .into())
    };
    match state.guest.fs.calls(&mut state.task).freeze(mount) {
        Ok(()) => Ok(true),
        Err(IoctlError::Ioctl(Errno::EOPNOTSUPP)) => Ok(state.release.freeze_unsupported == FreezeUnsupported::Counted),
        Err(IoctlError::Ioctl(Errno::EBUSY)) if state.release.freeze_skips_busy => Ok(false),
        Err(IoctlError::Ioctl(errno)) => failed(ErrorName::FreezeFailed, errno),
        Err(IoctlError::Open(SysError::Errno(errno))) => failed(ErrorName::FreezeOpenFailed, errno),
        Err(IoctlError::Open(SysError::Hangs(_))) => Err(Stop::Hangs),
    }
}

fn thaw_marker_era(state: &mut State) -> Result<Value, Stop> {
    let timed_out = std::mem::take(&mut state.freeze.timed_out);
    let was_frozen = state.freeze.is_frozen();
    let count = thaw_mounts(state)?;
    unset_frozen(state);
    if was_frozen || count > 0 {
        state.tell(Event::Thawed(count));
    }
    if timed_out {
        return Err(CommandError::new(ErrorName::FreezeTimedOut).into());
    }
    run_hook(state, "thaw")?;
    Ok(Value::Int(count))
}

/// Thaws every mount that can be opened until it is frozen no more, and counts
/// those where that did something.
fn thaw_mounts(state: &mut State) -> Result<i64, CommandError> {
    let mut count = 0;
    for mount in mount_points(state)? {
        let mut thawed = false;
        while state.guest.fs.calls(&mut state.task).thaw(&mount).is_ok() {
            thawed = true;
        }
        count += i64::from(thawed);
    }
    Ok(count)
}

/// Thaws every filesystem and still takes them for frozen.
pub(crate) fn thaw_unseen(state: &mut State) {
    let _ = thaw_mounts(state);
}

fn set_frozen(state: &mut State) {
    state.freeze.status = Status::Frozen;
    state.freeze.timed_out = false;
    state.store.write(FROZEN_MARKER, b"");
}

fn unset_frozen(state: &mut State) {
    state.freeze.status = Status::Thawed;
    state.freeze.thaws_at = None;
    state.store.remove(FROZEN_MARKER);
}

// ---- the hook ------------------------------------------------------------------

fn run_hook(state: &mut State, action: &'static str) -> Result<(), CommandError> {
    let Some(path) = state.config.hook.clone() else {
        return Ok(());
    };
    if state.release.hook_errors == HookErrors::OwnTexts {
        let access = state.guest.check_program(&mut state.task, &path);
        access.map_err(|errno| hook_access(&path, errno))?;
    }
    let child = state.run(&[&path, action.as_bytes()], None);
    check_hook(state, &child)
}

fn hook_access(path: &[u8], errno: Errno) -> CommandError {
    CommandError::new(ErrorName::HookAccess)
        .with("path", path)
        .with("strerror", errno.text())
}

fn check_hook(state: &State, child: &Child) -> Result<(), CommandError> {
    match (state.release.hook_errors, child.ending) {
        (HookErrors::AsOtherChildren, _) => check_child(child, "execute fsfreeze hook"),
        (HookErrors::OwnTexts, Ending::Exited(0)) => Ok(()),
        (HookErrors::OwnTexts, Ending::Exited(status)) => {
            Err(CommandError::new(ErrorName::HookFailed).with("status", status.to_string()))
        }
        (HookErrors::OwnTexts, Ending::Signalled(_)) => Err(CommandError::new(ErrorName::HookKilled)),
    }
}

// ---- up to 1.0.50 --------------------------------------------------------------

fn freeze_list_era(state: &mut State) -> Result<Value, Stop> {
    if state.freeze.is_frozen() {
        return Ok(Value::Int(0));
    }
    let Ok(mounts) = mount_points(state) else {
        return Ok(Value::Int(-1));
    };
    state.freeze.list = mounts.clone();
    let mut count = 0;
    for mount in &mounts {
        match freeze_one(state, mount) {
            Ok(counts) => count += i64::from(counts),
            Err(error) => {
                if count > 0 {
                    thaw_list(state);
                }
                return Err(error);
            }
        }
    }
    state.freeze.status = Status::Frozen;
    state.tell(Event::Frozen(count));
    Ok(Value::Int(count))
}

/// Walks the list of the last freeze. A mount that was not frozen counts all the
/// same; one that cannot be opened does not, and leaves the status at error.
fn thaw_list(state: &mut State) -> i64 {
    let mut count = 0;
    let mut failed = false;
    for mount in state.freeze.list.clone() {
        match state.guest.fs.calls(&mut state.task).thaw(&mount) {
            Ok(()) | Err(IoctlError::Ioctl(Errno::EINVAL | Errno::EOPNOTSUPP)) => count += 1,
            Err(_) => failed = true,
        }
    }
    state.freeze.status = if failed { Status::Error } else { Status::Thawed };
    state.tell(Event::Thawed(count));
    count
}
