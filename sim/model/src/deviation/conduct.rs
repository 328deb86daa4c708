//! Agents that do something else than they were asked, or say something else of it.

use super::{Act, edit};
use crate::args::Args;
use crate::commands::stop::Stop;
use crate::commands::{self, file};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{Command, CommandId, ErrorName};
use serde::Deserialize;
use std::borrow::Cow;
use std::time::Duration;

/// Files open at a time, where the agent keeps few.
const FEW_FILES: usize = 16;
/// Bytes of a page of a file, and those that are read when no count is given.
const PAGE: i64 = 4096;
const DEFAULT_COUNT: i64 = PAGE;
/// Added to the numbers of handles that are great.
const GREAT_HANDLE: i64 = 1 << 31;
/// How long an agent works that is slow, or waits for what it should not.
const LONG: Duration = Duration::from_secs(3);
const FROZEN_FOR: Duration = Duration::from_secs(1);
const SHORT: Duration = Duration::from_millis(300);

/// What a command does. Those of a certain command name it, and JSON stands as text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Conduct {
    /// It does nothing and answers this.
    Pretends(String, String),
    /// Where it should refuse it answers this.
    Forgives(String, String),
    /// It does all, and then refuses.
    Fails(String),
    /// It does all twice.
    Doubles(String),
    /// It answers a success that is not to be answered.
    Speaks(String),
    /// It answers no success.
    Silent(String),
    /// It takes a while.
    Slow,
    /// All handles share one position.
    SharedPosition,
    /// Writes go to the end of the file.
    WritesAtTheEnd,
    /// What was written and not flushed is lost when the file is closed.
    UnwrittenAtClose,
    /// The last byte of each write stays behind.
    LastByteUnwritten,
    /// A write goes to where the last read ended, whatever was sought since.
    WritesWhereReadEnded,
    /// Reads end where a page of the file does.
    ReadsWithinAPage,
    /// Writes end there too.
    WritesWithinAPage,
    /// A flush goes to the beginning of the file.
    FlushRewinds,
    /// It tells the position that it was told, and goes to one of 32 bits.
    PositionsNarrow,
    /// The file that was opened last is closed with any other.
    ClosesTheLastToo,
    /// It says eof when nothing more is left to read.
    EofEarly,
    /// Once it has said eof it always does.
    EofKept,
    /// It counts the characters of base64.
    CountsText,
    FewFiles,
    /// Handles have numbers above 2^31. That does no harm.
    GreatHandles,
    /// A program can be asked about for ever.
    StatusKept,
    /// A program is forgotten when it was asked about, over or not.
    StatusForgotten,
    /// There is output of a program that runs.
    OutputEarly,
    /// A shell makes words of a program's arguments.
    ShellWords,
    /// A program without variables of its own gets those of the one before.
    EnvironmentKept,
    /// Nothing is served before the program has ended.
    WaitsForPrograms,
    /// Filesystems are called frozen, and are not.
    FrozenByNameOnly,
    /// A thaw counts what the last freeze counted, whatever there is to thaw.
    ThawCountsAgain,
    /// A second after a freeze everything thaws.
    ThawsByItself,
}

/// Runs a command as the agent does, which may be otherwise than it should.
pub(crate) fn run(state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
    let outcome = match state.deviation.act() {
        Some(Act::Conduct(conduct)) => conduct.run(state, command, args),
        Some(Act::Result(edits)) => handle(state, command, args).map(|it| edit::value(edits, command.name, it)),
        _ => handle(state, command, args),
    };
    state.deviation.ran(command, &outcome);
    outcome
}

fn handle(state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
    commands::handler(command.id)(state, args)
}

impl Conduct {
    pub(super) fn answers(&self, command: &Command) -> Option<bool> {
        match self {
            Conduct::Speaks(name) if command.name == name => Some(true),
            Conduct::Silent(name) if command.name == name => Some(false),
            _ => None,
        }
    }

    fn run(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        match self {
            Conduct::Pretends(name, text) if command.name == name => Ok(edit::json(text)),
            Conduct::Forgives(name, text) if command.name == name => match handle(state, command, args) {
                Err(Stop::Refused(_)) => Ok(edit::json(text)),
                outcome => outcome,
            },
            Conduct::Fails(name) if command.name == name => {
                handle(state, command, args)?;
                Err(CommandError::new(ErrorName::CommandUnsupported).into())
            }
            Conduct::Doubles(name) if command.name == name => {
                handle(state, command, args)?;
                handle(state, command, args)
            }
            Conduct::Slow => {
                state.wait_for_child(SHORT);
                handle(state, command, args)
            }
            Conduct::ThawsByItself => thaws_by_itself(state, command, args),
            Conduct::GreatHandles => great_handles(state, command, args),
            Conduct::ShellWords if command.id == CommandId::GuestExec => handle(state, command, &shell_words(args)),
            _ => self.family(state, command, args),
        }
    }

    fn family(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        match command.id {
            CommandId::GuestFileOpen => self.open(state, command, args),
            CommandId::GuestFileClose => self.close(state, command, args),
            CommandId::GuestFileRead => self.read(state, command, args),
            CommandId::GuestFileWrite => self.write(state, command, args),
            CommandId::GuestFileSeek | CommandId::GuestFileFlush => self.seek_or_flush(state, command, args),
            CommandId::GuestExec => self.exec(state, command, args),
            CommandId::GuestExecStatus => self.status(state, command, args),
            CommandId::GuestFsfreezeFreeze | CommandId::GuestFsfreezeThaw => self.freeze(state, command, args),
            _ => handle(state, command, args),
        }
    }

    fn seek_or_flush(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        self.before(state, args)?;
        let answer = match self {
            Conduct::PositionsNarrow if command.id == CommandId::GuestFileSeek => narrow_seek(state, command, args),
            _ => handle(state, command, args),
        };
        if matches!(self, Conduct::FlushRewinds) && command.id == CommandId::GuestFileFlush {
            seek(state, args.int("handle"), 0, 0)?;
        }
        self.remember(state, args);
        answer
    }

    fn exec(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        let kept = &mut state.deviation.memory.variables;
        let answer = match (self, args.optional_list("env"), kept.as_ref()) {
            (Conduct::EnvironmentKept, Some(given), _) => {
                *kept = Some(given.to_vec());
                handle(state, command, args)
            }
            (Conduct::EnvironmentKept, None, Some(kept)) => {
                let args = args.with("env", Value::List(kept.clone()));
                handle(state, command, &args)
            }
            _ => handle(state, command, args),
        };
        if matches!(self, Conduct::WaitsForPrograms) {
            state.wait_for_child(LONG);
        }
        answer
    }

    fn open(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        if matches!(self, Conduct::FewFiles) && state.deviation.memory.handles.len() >= FEW_FILES {
            return Err(CommandError::new(ErrorName::StateNotKept).into());
        }
        let answer = handle(state, command, args)?;
        if let (Conduct::FewFiles | Conduct::ClosesTheLastToo, Some(handle)) = (self, answer.as_int()) {
            state.deviation.memory.handles.insert(handle);
        }
        Ok(answer)
    }

    fn close(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        match self {
            Conduct::UnwrittenAtClose => state.deviation.memory.unwritten.clear(),
            Conduct::FewFiles | Conduct::ClosesTheLastToo => {
                state.deviation.memory.handles.remove(&args.int("handle"));
            }
            _ => {}
        }
        let answer = handle(state, command, args)?;
        let last = state.deviation.memory.handles.last().copied();
        match (self, last) {
            (Conduct::ClosesTheLastToo, Some(last)) if last > args.int("handle") => {
                file::close(state, &Args::of(Dict::new().with("handle", last)))?;
            }
            _ => {}
        }
        Ok(answer)
    }

    fn read(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        self.before(state, args)?;
        let mut answer = match self {
            Conduct::ReadsWithinAPage => {
                let args = within_a_page(state, args, DEFAULT_COUNT)?;
                handle(state, command, &args)?
            }
            _ => handle(state, command, args)?,
        };
        self.remember(state, args);
        let number = args.int("handle");
        match self {
            Conduct::EofEarly if is_at_end(state, number)? => set(&mut answer, "eof", true.into()),
            Conduct::EofKept => {
                if state.deviation.memory.handles.contains(&number) {
                    set(&mut answer, "eof", true.into());
                } else if member(&answer, "eof") == Some(&Value::Bool(true)) {
                    state.deviation.memory.handles.insert(number);
                }
            }
            Conduct::CountsText => count_text(&mut answer),
            _ => {}
        }
        Ok(answer)
    }

    fn write(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        match self {
            Conduct::WritesAtTheEnd => {
                seek(state, args.int("handle"), 0, 2)?;
            }
            Conduct::UnwrittenAtClose => {
                state.deviation.memory.unwritten.push(args.clone());
                return Ok(Dict::new().with("count", bytes(args)).with("eof", false).into());
            }
            Conduct::WritesWithinAPage => {
                let args = within_a_page(state, args, bytes(args))?;
                return handle(state, command, &args);
            }
            _ => self.before(state, args)?,
        }
        let mut answer = handle(state, command, args)?;
        if let (Conduct::LastByteUnwritten, Some(1..)) = (self, member(&answer, "count").and_then(Value::as_int)) {
            seek(state, args.int("handle"), -1, 1)?;
        }
        if let Conduct::CountsText = self {
            set(&mut answer, "count", (args.text("buf-b64").len() as u64).into());
        }
        self.remember(state, args);
        Ok(answer)
    }

    /// Puts a handle where this agent thinks it is.
    fn before(&self, state: &mut State, args: &Args) -> Result<(), Stop> {
        match self {
            Conduct::SharedPosition => {
                let position = state.deviation.memory.position;
                seek(state, args.int("handle"), position, 0).map(drop)
            }
            Conduct::WritesWhereReadEnded if is_write(args) && std::mem::take(&mut state.deviation.memory.once) => {
                let position = state.deviation.memory.position;
                seek(state, args.int("handle"), position, 0).map(drop)
            }
            Conduct::UnwrittenAtClose => {
                let unwritten = std::mem::take(&mut state.deviation.memory.unwritten);
                unwritten.iter().try_for_each(|it| file::write(state, it).map(drop))
            }
            _ => Ok(()),
        }
    }

    /// Remembers where a handle is.
    fn remember(&self, state: &mut State, args: &Args) {
        let is_read = !is_write(args) && args.get("whence").is_none();
        match self {
            Conduct::SharedPosition => {}
            Conduct::WritesWhereReadEnded if is_read => state.deviation.memory.once = true,
            _ => return,
        }
        if let Ok(position) = seek(state, args.int("handle"), 0, 1) {
            state.deviation.memory.position = position;
        }
    }

    fn status(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        let pid = args.int("pid");
        if let Some(answer) = state.deviation.memory.statuses.get(&pid) {
            return match self {
                Conduct::StatusKept => Ok(answer.clone()),
                _ => Err(CommandError::new(ErrorName::ExecUnknownPid).into()),
            };
        }
        let mut answer = handle(state, command, args)?;
        let is_over = member(&answer, "exited") == Some(&Value::Bool(true));
        let remembers = matches!(self, Conduct::StatusForgotten) || matches!(self, Conduct::StatusKept) && is_over;
        if remembers {
            state.deviation.memory.statuses.insert(pid, answer.clone());
        }
        if matches!(self, Conduct::OutputEarly) && !is_over {
            set(&mut answer, "out-data", "".into());
        }
        Ok(answer)
    }

    fn freeze(&self, state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
        let is_thaw = command.id == CommandId::GuestFsfreezeThaw;
        let answer = handle(state, command, args)?;
        match self {
            Conduct::FrozenByNameOnly if !is_thaw => {
                commands::fsfreeze::thaw_unseen(state);
                state.deviation.memory.position = answer.as_int().unwrap_or_default();
            }
            Conduct::FrozenByNameOnly => {
                return Ok(Value::Int(std::mem::take(&mut state.deviation.memory.position)));
            }
            Conduct::ThawCountsAgain if !is_thaw => {
                state.deviation.memory.position = answer.as_int().unwrap_or_default();
            }
            Conduct::ThawCountsAgain => return Ok(Value::Int(state.deviation.memory.position)),
            _ => {}
        }
        Ok(answer)
    }
}

fn thaws_by_itself(state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
    let now = state.now;
    let frozen_at = &mut state.deviation.memory.frozen_at;
    if frozen_at.take_if(|it| now >= *it + FROZEN_FOR).is_some() {
        commands::fsfreeze::thaw(state, args)?;
    }
    let answer = handle(state, command, args)?;
    if command.id == CommandId::GuestFsfreezeFreeze {
        state.deviation.memory.frozen_at = Some(now);
    }
    Ok(answer)
}

fn great_handles(state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
    let args = match args.optional_int("handle") {
        Some(number) => args.with("handle", number.saturating_sub(GREAT_HANDLE)),
        None => args.clone(),
    };
    let answer = handle(state, command, &args)?;
    Ok(match (command.id, answer) {
        (CommandId::GuestFileOpen, Value::Int(number)) => Value::Int(number + GREAT_HANDLE),
        (_, answer) => answer,
    })
}

/// The same program, run by a shell that reads its words.
fn shell_words(args: &Args) -> Args {
    let words = [args.text("path").to_vec()].into_iter();
    let line = words
        .chain(args.optional_texts("arg").unwrap_or_default())
        .collect::<Vec<_>>();
    let words: Value = [b"-c".to_vec(), line.join(&b' ')].into_iter().map(Value::Str).collect();
    args.with("path", "/bin/sh").with("arg", words)
}

fn seek(state: &mut State, handle: i64, offset: i64, whence: i64) -> Result<i64, Stop> {
    let args = Dict::new()
        .with("handle", handle)
        .with("offset", offset)
        .with("whence", whence);
    let answer = file::seek(state, &Args::of(args))?;
    Ok(member(&answer, "position").and_then(Value::as_int).unwrap_or_default())
}

/// A seek that goes to a position of 32 bits, and tells the whole one.
fn narrow_seek(state: &mut State, command: &'static Command, args: &Args) -> Result<Value, Stop> {
    let mut answer = handle(state, command, args)?;
    let position = member(&answer, "position").and_then(Value::as_int).unwrap_or_default();
    seek(state, args.int("handle"), position & i64::from(u32::MAX), 0)?;
    set(&mut answer, "position", position.into());
    Ok(answer)
}

/// The same arguments, with a count that does not go beyond the page.
fn within_a_page(state: &mut State, args: &Args, count: i64) -> Result<Args, Stop> {
    let position = seek(state, args.int("handle"), 0, 1)?;
    let count = args.optional_int("count").unwrap_or(count);
    Ok(args.with("count", count.min(PAGE - position % PAGE)))
}

fn is_write(args: &Args) -> bool {
    args.get("buf-b64").is_some()
}

/// How many bytes the base64 of a write stands for.
fn bytes(args: &Args) -> i64 {
    let bytes = crate::base64::decode(args.text("buf-b64"), crate::base64::Foreign::Skip);
    bytes.map_or(0, |it| it.len() as i64)
}

fn is_at_end(state: &mut State, handle: i64) -> Result<bool, Stop> {
    let position = seek(state, handle, 0, 1)?;
    let end = seek(state, handle, 0, 2)?;
    seek(state, handle, position, 0)?;
    Ok(position == end && end > 0)
}

fn member<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    answer.as_dict()?.get(name)
}

fn set(answer: &mut Value, name: &'static str, value: Value) {
    if let Value::Dict(members) = answer {
        members.insert(Cow::Borrowed(name.as_bytes()), value);
    }
}

fn count_text(answer: &mut Value) {
    let count = match member(answer, "buf-b64") {
        Some(Value::Base64(bytes)) => bytes.len().div_ceil(3) * 4,
        _ => 0,
    };
    set(answer, "count", (count as u64).into());
}
