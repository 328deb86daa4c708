//! Commands that put the machine to sleep. A success is not answered; what comes
//! while the machine sleeps is answered when it wakes.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::event::{Event, SuspendMode};
use crate::guest::suspend::Sleep;
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, SuspendWrite};
use std::time::Duration;

/// What stands behind the name of a new file until it is complete. The real one
/// makes six random letters and digits.
pub(crate) const UNFINISHED: &str = ".AAAAAA";

pub(crate) fn disk(state: &mut State, _: &Args) -> Result<Value, Stop> {
    suspend(state, Sleep::Disk, SuspendMode::Disk)
}

pub(crate) fn ram(state: &mut State, _: &Args) -> Result<Value, Stop> {
    suspend(state, Sleep::Ram, SuspendMode::Ram)
}

pub(crate) fn hybrid(state: &mut State, _: &Args) -> Result<Value, Stop> {
    suspend(state, Sleep::Hybrid, SuspendMode::Hybrid)
}

/// The agent asks programs first and writes to the kernel's file if they cannot;
/// an error is that of the last attempt.
fn suspend(state: &mut State, sleep: Sleep, mode: SuspendMode) -> Result<Value, Stop> {
    let machine = &state.guest.suspend;
    if !machine.modes.contains(&sleep) {
        return Err(CommandError::new(ErrorName::SuspendUnsupported).into());
    }
    if machine.refuses(sleep) || !machine.helper && state.release.suspend_write == SuspendWrite::Beside {
        return Err(cannot_write(state).into());
    }
    let asleep = Duration::from_secs(machine.wakes_after_seconds);
    state.tell(Event::Suspended(mode));
    state.wait_for_child(asleep);
    state.is_asleep = true;
    Ok(Dict::new().into())
}

/// Later releases make a new file beside the kernel's to put it in its place, which
/// the kernel never allows.
fn cannot_write(state: &State) -> CommandError {
    match state.release.suspend_write {
        SuspendWrite::InPlace => CommandError::new(ErrorName::ChildFailed)
            .with("action", "suspend")
            .with("detail", "exit status 1"),
        SuspendWrite::Beside => CommandError::new(ErrorName::SuspendWriteFailed).with("unfinished", UNFINISHED),
    }
}
