//! Commands that stop or suspend the machine.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::event::{Event, ShutdownMode};
use crate::guest::program::{Child, Ending};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, ShutdownChild, System};

pub(crate) fn shutdown(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let (mode, flag) = shutdown_mode(args.optional_text("mode"))?;
    // Windows is asked itself, and runs no program for it: known from its documents alone.
    if state.system() == System::Windows {
        state.tell(Event::Shutdown(mode));
        return Ok(Value::Dict(Dict::new()));
    }
    let mut words: Vec<&[u8]> = vec![b"/sbin/shutdown"];
    if state.release.shutdown_says_halt_first {
        words.push(b"-h");
    }
    words.extend([flag, b"+0", b"hypervisor initiated shutdown"]);
    let child = match state.release.shutdown_child {
        ShutdownChild::Awaited => state.run(&words, None),
        ShutdownChild::LeftAlone => state.guest.run(&state.task, &words, None, state.now),
    };
    if child.ending == Ending::Exited(0) {
        state.tell(Event::Shutdown(mode));
    }
    if state.release.shutdown_child == ShutdownChild::Awaited {
        check_child(&child, "shutdown")?;
    }
    Ok(Value::Dict(Dict::new()))
}

fn shutdown_mode(mode: Option<&[u8]>) -> Result<(ShutdownMode, &'static [u8]), CommandError> {
    match mode {
        None | Some(b"powerdown") => Ok((ShutdownMode::Powerdown, b"-P")),
        Some(b"halt") => Ok((ShutdownMode::Halt, b"-H")),
        Some(b"reboot") => Ok((ShutdownMode::Reboot, b"-r")),
        Some(_) => Err(CommandError::new(ErrorName::ShutdownMode)),
    }
}

/// The error of a child that did not end well.
pub(crate) fn check_child(child: &Child, action: &'static str) -> Result<(), CommandError> {
    check_child_as(child, ErrorName::ChildFailed, action)
}

/// The same where a release may have a text of its own for a child that failed.
pub(crate) fn check_child_as(child: &Child, failed: ErrorName, action: &'static str) -> Result<(), CommandError> {
    let said = &child.output[..];
    let (name, detail) = match child.ending {
        Ending::Exited(0) => return Ok(()),
        Ending::Exited(status) if said.is_empty() => (failed, format!("exit status {status}").into_bytes()),
        Ending::Exited(_) => (failed, said.to_vec()),
        Ending::Signalled(_) if said.is_empty() => (ErrorName::ChildKilled, Vec::new()),
        Ending::Signalled(_) => (ErrorName::ChildKilled, [b": ", said].concat()),
    };
    Err(CommandError::new(name).with("action", action).with("detail", detail))
}
