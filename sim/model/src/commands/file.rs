//! Commands on files of the guest.

use crate::agent::StartError;
use crate::args::Args;
use crate::commands::data;
use crate::commands::stop::Stop;
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::io::Whence;
use crate::guest::handles::{Cause, CloseError, Handle, HandleError, Handles, Step, Switching};
use crate::guest::stdio::{OpenError, Opening, Stream};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use crate::state_dir::STATE_FILE;
use crate::state_file::{self, FIRST_HANDLE};
use qga_fixtures::schema::{
    EarlierFailure, ErrorName, FileHandles, FileOpening, NegativeHandle, ReadWriteSwitch, Release, WhenceNumbers,
};

/// Bytes read where the request does not say how many.
const READ_BYTES_DEFAULT: i64 = 4096;
/// Bytes of a single read that the simulator is ready to hold. Releases without a
/// limit of their own die beyond it, as the real ones do when memory ends.
const READ_BYTES_MAX: usize = 256 << 20;

/// The files that clients have open, and the number the next one gets.
#[derive(Debug, Default)]
pub(crate) struct OpenFiles {
    handles: Handles,
    next: i64,
}

impl OpenFiles {
    /// No client has a file open any more; what was not written is lost.
    pub(crate) fn forget(&mut self) {
        self.handles = Handles::default();
    }
}

/// Takes up the handle counter that an earlier agent left behind.
///
/// A file that is missing is written, but not while frozen: it may lie on a
/// frozen filesystem.
pub(crate) fn restore(state: &mut State) -> Result<(), StartError> {
    if state.release.file_handles == FileHandles::Descriptor {
        return Ok(());
    }
    state.files.next = match state.store.read(STATE_FILE) {
        Some(content) => state_file::counter(&content).ok_or(StartError::UnreadableState)?,
        None if state.freeze.is_frozen() || state.store.write(STATE_FILE, &state_file::content(FIRST_HANDLE)) => {
            FIRST_HANDLE
        }
        None => return Err(StartError::UnwritableState),
    };
    Ok(())
}

pub(crate) fn open(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let (path, mode) = (args.text("path"), args.optional_text("mode").unwrap_or(b"r"));
    let way = match state.release.file_opening {
        FileOpening::Fopen => Opening::Fopen,
        FileOpening::Listed => Opening::Listed,
    };
    let switching = match state.release.read_write_switch {
        ReadWriteSwitch::Raw => Switching::Raw,
        ReadWriteSwitch::Flushed => Switching::Flushed,
    };
    state.catch_up();
    let opened = Stream::open(&mut state.guest.fs.calls(&mut state.task), path, mode, way);
    let stream = opened.map_err(|error| open_error(error, path, mode))?;
    let number = hand_out(state, Handle::new(stream, switching))?;
    state.guest.settle(&mut state.task);
    Ok(number)
}

fn open_error(error: OpenError, path: &[u8], mode: &[u8]) -> Stop {
    let failed = |name| CommandError::new(name).with("path", path).with("mode", mode);
    match error {
        OpenError::Mode => failed(ErrorName::FileMode).into(),
        OpenError::Sys(SysError::Errno(errno)) => {
            failed(ErrorName::FileOpenFailed).with("strerror", errno.text()).into()
        }
        OpenError::Sys(SysError::Hangs(_)) => Stop::Hangs,
    }
}

/// Gives a new handle its number and keeps it, or closes it again.
fn hand_out(state: &mut State, handle: Handle) -> Result<Value, Stop> {
    if state.release.file_handles == FileHandles::Descriptor {
        let number = i64::from(handle.descriptor());
        state.files.handles.insert(number, handle);
        return Ok(Value::Int(number));
    }
    let number = state.files.next;
    state.files.next = number.wrapping_add(1);
    // The state file is written through a descriptor too.
    let has_descriptor = state.task.files.spare() > 0;
    let kept = has_descriptor && state.store.write(STATE_FILE, &state_file::content(state.files.next));
    let taken = number >= 0 || state.release.negative_handle == NegativeHandle::Used;
    if kept && taken {
        state.files.handles.insert(number, handle);
        return Ok(Value::Int(number));
    }
    handle.discard(&mut state.guest.fs.calls(&mut state.task));
    match kept {
        true => Ok(Value::Int(-1)),
        false => Err(CommandError::new(ErrorName::StateNotKept).into()),
    }
}

pub(crate) fn close(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let number = args.int("handle");
    let mut sys = state.guest.fs.calls(&mut state.task);
    match state.files.handles.close(&mut sys, number) {
        Ok(()) => Ok(empty()),
        Err(CloseError::Unknown) => Err(unknown_handle(number).into()),
        Err(CloseError::Failed(cause)) => {
            let step = Step::Close;
            Err(failed(state.release)(HandleError { step, cause }))
        }
        Err(CloseError::Stale) => Err(Stop::Dies("a handle is closed again whose close had failed")),
    }
}

pub(crate) fn read(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let release = state.release;
    let handle = find(&mut state.files.handles, args)?;
    let count = args.optional_int("count").unwrap_or(READ_BYTES_DEFAULT);
    let count = u64::try_from(count)
        .ok()
        .filter(|it| *it <= release.read_count_max)
        .ok_or_else(|| wrong_count(count))?;
    let wanted = usize::try_from(count).unwrap_or(usize::MAX).min(READ_BYTES_MAX + 1);
    let read = handle
        .read(&mut state.guest.fs.calls(&mut state.task), wanted)
        .map_err(failed(release))?;
    if count > MEMORY_BYTES || read.bytes.len() > READ_BYTES_MAX {
        return Err(Stop::Dies("no memory for so large a read"));
    }
    let reply = Dict::new()
        .with("count", read.bytes.len() as u64)
        .with("buf-b64", Value::Base64(read.bytes));
    Ok(reply.with("eof", read.eof).into())
}

/// A buffer larger than this no machine gives: the agent that asks for it dies.
const MEMORY_BYTES: u64 = 1 << 40;

pub(crate) fn write(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let release = state.release;
    let handle = find(&mut state.files.handles, args)?;
    let mut sys = state.guest.fs.calls(&mut state.task);
    handle.before_write(&mut sys).map_err(failed(release))?;
    let bytes = data::decode(release, args.text("buf-b64"))?;
    let count = args.optional_int("count");
    let bytes = match count.map(usize::try_from) {
        None => &bytes[..],
        Some(Ok(count)) if count <= bytes.len() => &bytes[..count],
        Some(_) => return Err(wrong_count(count.unwrap_or_default()).into()),
    };
    let taken = handle.write(&mut sys, bytes).map_err(failed(release))?;
    Ok(Dict::new().with("count", taken as u64).with("eof", false).into())
}

pub(crate) fn seek(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let release = state.release;
    let handle = find(&mut state.files.handles, args)?;
    let mut sys = state.guest.fs.calls(&mut state.task);
    let whence = whence(release, args.get("whence"))?;
    let position = handle
        .seek(&mut sys, args.int("offset"), whence)
        .map_err(failed(release))?;
    Ok(Dict::new().with("position", position).with("eof", false).into())
}

fn whence(release: &'static Release, value: Option<&Value>) -> Result<Whence, Stop> {
    let numbers = release.whence_numbers;
    let unknown = |number: i64| match numbers {
        WhenceNumbers::Raw => failed(release)(HandleError {
            step: Step::Seek,
            cause: Cause::Errno(Errno::EINVAL),
        }),
        WhenceNumbers::Mapped => CommandError::new(ErrorName::WhenceNumber)
            .with("value", number.to_string())
            .into(),
    };
    match value {
        Some(Value::Int(number)) => {
            let code = if numbers == WhenceNumbers::Raw {
                i64::from(*number as i32)
            } else {
                *number
            };
            [Whence::Set, Whence::Current, Whence::End]
                .get(usize::try_from(code).unwrap_or(usize::MAX))
                .copied()
                .ok_or_else(|| unknown(*number))
        }
        Some(Value::Str(word)) if word == b"cur" => Ok(Whence::Current),
        Some(Value::Str(word)) if word == b"end" => Ok(Whence::End),
        _ => Ok(Whence::Set),
    }
}

pub(crate) fn flush(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let handle = find(&mut state.files.handles, args)?;
    handle
        .flush(&mut state.guest.fs.calls(&mut state.task))
        .map_err(failed(state.release))?;
    Ok(empty())
}

fn empty() -> Value {
    Dict::new().into()
}

fn find<'h>(handles: &'h mut Handles, args: &Args) -> Result<&'h mut Handle, CommandError> {
    let number = args.int("handle");
    handles.find(number).ok_or_else(|| unknown_handle(number))
}

fn unknown_handle(number: i64) -> CommandError {
    CommandError::new(ErrorName::HandleNotFound).with("handle", number.to_string())
}

fn wrong_count(count: i64) -> CommandError {
    CommandError::new(ErrorName::WrongCount).with("value", count.to_string())
}

/// The text names the step; the system's word for the error follows if there is one.
fn failed(release: &'static Release) -> impl Fn(HandleError) -> Stop {
    |HandleError { step, cause }| {
        let error = CommandError::new(name_of(step));
        match cause {
            Cause::Errno(errno) => with_errno(error, errno).into(),
            Cause::Hangs(_) => Stop::Hangs,
            Cause::Earlier => match release.earlier_failure {
                EarlierFailure::LastRead => with_errno(error, Errno::EAGAIN).into(),
                EarlierFailure::Unnamed => error.with("strerror", "Success").with("detail", "").into(),
            },
        }
    }
}

fn name_of(step: Step) -> ErrorName {
    match step {
        Step::Seek => ErrorName::FileSeekFailed,
        Step::Flush => ErrorName::FileFlushFailed,
        Step::Read => ErrorName::FileReadFailed,
        Step::Write => ErrorName::FileWriteFailed,
        Step::Close => ErrorName::FileCloseFailed,
    }
}

fn with_errno(error: CommandError, errno: Errno) -> CommandError {
    error
        .with("strerror", errno.text())
        .with("detail", format!(": {errno}"))
}
