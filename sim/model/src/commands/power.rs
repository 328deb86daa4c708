//! Commands that stop or suspend the machine.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::event::{Event, ShutdownMode};
use crate::guest::program::{Child, Ending};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, ShutdownChild};

pub(crate) fn shutdown(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let (mode, flag) = shutdown_mode(args.optional_text("mode"))?;
    let mut words: Vec<&[u8]> = vec![b"/sbin/shutdown"];
    if state.release.shutdown_says_halt_first {
        words.push(b"-h");
    }
    words.extend([flag, b"+0", b"hypervisor initiated shutdown"]);
    let child = state.guest.run(&words, state.now);
    if child.ending == Ending::Exited(0) {
        state.tell(Event::Shutdown(mode));
    }
    if state.release.shutdown_child == ShutdownChild::Awaited {
        state.wait_for_child(child.duration);
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
    match child.ending {
        Ending::Exited(0) => Ok(()),
        Ending::Exited(status) if child.output.is_empty() => {
            Err(child_failed(action, format!("exit status {status}").into_bytes()))
        }
        Ending::Exited(_) => Err(child_failed(action, child.output.clone())),
        Ending::Signalled(_) if child.output.is_empty() => {
            Err(CommandError::new(ErrorName::ChildKilled).with("detail", ""))
        }
        Ending::Signalled(_) => {
            let detail = [b": ".as_slice(), &child.output].concat();
            Err(CommandError::new(ErrorName::ChildKilled).with("detail", detail))
        }
    }
}

fn child_failed(action: &'static str, detail: Vec<u8>) -> CommandError {
    CommandError::new(ErrorName::ChildFailed)
        .with("action", action)
        .with("detail", detail)
}
