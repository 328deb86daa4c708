//! Commands that run programs.

use std::collections::BTreeSet;

use crate::args::Args;
use crate::commands::data;
use crate::commands::stop::Stop;
use crate::guest::errno::Errno;
use crate::guest::fs::task::Fd;
use crate::guest::process::Pid;
use crate::guest::process::job::{Capture, Finished, Launch, Output};
use crate::guest::process::search::Search;
use crate::guest::program::Ending;
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, ExecInputThroughZero, ExecOtherStream, ExecTruncation};

/// The programs that were started and whose end was not reported yet.
#[derive(Debug, Default)]
pub(crate) struct Executions {
    started: BTreeSet<Pid>,
}

pub(crate) fn exec(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let input = args
        .optional_text("input-data")
        .map(|it| data::decode(state.release, it))
        .transpose()?;
    let path = args.text("path");
    state.catch_up();
    let (has_input, capture) = (input.is_some(), capture(args.get("capture-output")));
    let (input, lacks_stdin) = standard_input(state, input);
    let launch = Launch {
        words: [path.to_vec()]
            .into_iter()
            .chain(args.optional_texts("arg").unwrap_or_default())
            .collect(),
        environment: args.optional_texts("env"),
        input,
        lacks_stdin,
        capture,
        search: Search::Glib,
    };
    let started = state.guest.start(&state.task, launch, state.now);
    let pid = started.map_err(|errno| cannot_start(path, errno))?;
    state.executions.started.insert(pid);
    if state.release.exec_other_stream == ExecOtherStream::DescriptorZero {
        state.guest.read_stray(&mut state.task, pid, has_input, capture);
    }
    Ok(Dict::new().with("pid", i64::from(pid.0)).into())
}

/// What a program can read, and whether it is to have no standard input at all: what
/// becomes of it where the agent's descriptor 0 is free and the pipe or /dev/null gets
/// that number, for GLib takes it to be in its place already.
fn standard_input(state: &State, input: Option<Vec<u8>>) -> (Option<Vec<u8>>, bool) {
    let is_zero = state.task.files.is_free(Fd(0));
    match (input, state.release.exec_input_through_zero) {
        (None, _) => (None, is_zero),
        (Some(_), ExecInputThroughZero::Closed) if is_zero => (None, true),
        (Some(_), ExecInputThroughZero::Lost) if is_zero => (None, false),
        (input, _) => (input, false),
    }
}

/// What is kept of the output: a flag, or the word for a mode.
fn capture(wanted: Option<&Value>) -> Capture {
    match wanted {
        Some(Value::Bool(true)) => Capture::Separated,
        Some(Value::Str(mode)) => match mode.as_slice() {
            b"stdout" => Capture::Out,
            b"stderr" => Capture::Err,
            b"separated" => Capture::Separated,
            b"merged" => Capture::Merged,
            _ => Capture::Nothing,
        },
        _ => Capture::Nothing,
    }
}

fn cannot_start(path: &[u8], errno: Errno) -> CommandError {
    let name = if errno == Errno::EAGAIN {
        ErrorName::ExecNoProcess
    } else {
        ErrorName::ExecFailed
    };
    CommandError::new(name)
        .with("path", path)
        .with("strerror", errno.text())
}

pub(crate) fn status(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let pid = u32::try_from(args.int("pid")).ok().map(Pid);
    let Some(pid) = pid.filter(|it| state.executions.started.contains(it)) else {
        return Err(CommandError::new(ErrorName::ExecUnknownPid).into());
    };
    state.catch_up();
    let Some(finished) = state.guest.take_finished(pid) else {
        return Ok(Dict::new().with("exited", false).into());
    };
    state.executions.started.remove(&pid);
    Ok(report(state.release.exec_truncation, finished).into())
}

fn report(truncation: ExecTruncation, finished: Finished) -> Dict {
    let reply = Dict::new().with("exited", true);
    let reply = match finished.ending {
        Ending::Exited(status) => reply.with("exitcode", i64::from(status)),
        Ending::Signalled(signal) => reply.with("signal", i64::from(signal)),
    };
    let reply = with_output(reply, truncation, finished.out, "out-data", "out-truncated");
    with_output(reply, truncation, finished.err, "err-data", "err-truncated")
}

fn with_output(
    reply: Dict,
    truncation: ExecTruncation,
    output: Output,
    data: &'static str,
    truncated: &'static str,
) -> Dict {
    if output.bytes.is_empty() {
        return reply;
    }
    let reply = reply.with(data, Value::Base64(output.bytes));
    match truncation {
        ExecTruncation::Always => reply.with(truncated, output.truncated),
        // That it is there at all is what tells.
        ExecTruncation::OnlyIfCut if output.truncated => reply.with(truncated, false),
        ExecTruncation::OnlyIfCut => reply,
    }
}

/// Nobody will ask for them any more: the agent ends.
pub(crate) fn forget_all(state: &mut State) {
    for pid in std::mem::take(&mut state.executions.started) {
        state.guest.forget(pid);
    }
}
