//! What is known of open files and what is in them.
//!
//! Only what is sure is claimed. A file that two handles have open while one of them
//! writes is not looked at again until it is emptied with nobody else at it: what the
//! other sees, and when, is the affair of the agent's buffers.

use super::arguments::{Mode, bytes, count, is_no_base64, is_number, length, mode, whence};
use super::reading::Reading;
use super::{Due, Fault};
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call, MISSING_FILE, Slot};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qga_fixtures::schema::{
    Base64Alphabet, CommandId, FileHandles, FileOpening, ReadWriteSwitch, Release, WhenceNumbers,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// So many files every agent can hold open, and so many the reference agent can on any
/// machine.
const FEW: usize = 8;
const MANY: usize = 32;
/// What is written beyond this is not followed, in bytes.
const POSITION_MAX: u64 = 1 << 20;
/// Places beyond this are not told.
const PLACE_MAX: i64 = 1 << 42;
/// The bytes that a read asks for if it does not say.
const READ_BYTES: i64 = 4096;
/// The most bytes that one read may ask for.
const READ_BYTES_MAX: i64 = 48 << 20;

/// What is known of open files.
#[derive(Debug)]
pub(super) struct Files {
    handles: Vec<Option<Handle>>,
    /// How many of them are open.
    open: usize,
    /// The numbers that were given, as replies have them, by their places in `live`.
    numbers: BTreeMap<String, usize>,
    /// How many open files have each number.
    live: Vec<usize>,
    files: BTreeMap<u16, File>,
    /// The files that programs may write to meanwhile, once for each program.
    writers: Vec<u16>,
    /// Whether the client came anew since they were opened.
    reopened: bool,
    /// Whether the release leaves it to the C library what becomes of reading after
    /// writing, and of writing after reading: anything may.
    switches_raw: bool,
    release: &'static Release,
}

/// A file of the scratch folder.
#[derive(Debug, Default)]
struct File {
    /// What is in it, if it is known.
    content: Option<Vec<u8>>,
    /// How many handles have it open.
    open: usize,
    /// Whether several handles were at it while it was written.
    contested: bool,
}

/// An open file, or one that was open.
#[derive(Debug)]
struct Handle {
    file: u16,
    /// The place of its number in `live`.
    number: usize,
    is_open: bool,
    reads: bool,
    writes: bool,
    appends: bool,
    /// Where it stands, if that is known.
    position: Option<u64>,
    /// What was last done, since the last seek or flush.
    last: Last,
    /// Something went beyond what is followed: nothing more is expected of it.
    wild: bool,
    /// Something was refused since the position was last told.
    refused: bool,
    /// Bytes may wait to be written.
    dirty: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    Read,
    Write,
}

impl Files {
    pub(super) fn new(slots: Slot, release: &'static Release) -> Files {
        Files {
            handles: (0..slots).map(|_| None).collect(),
            open: 0,
            numbers: BTreeMap::new(),
            live: Vec::new(),
            files: BTreeMap::new(),
            writers: Vec::new(),
            reopened: false,
            switches_raw: release.read_write_switch == ReadWriteSwitch::Raw,
            release,
        }
    }

    /// The slot whose file a call on this one is about: a new file may have been given
    /// the number of one that is closed.
    fn resolve(&self, slot: Slot) -> usize {
        let at = usize::from(slot);
        let closed = self.handles.get(at).and_then(Option::as_ref).filter(|it| !it.is_open);
        let heir = closed.and_then(|closed| {
            let mut handles = self.handles.iter();
            handles.position(|it| it.as_ref().is_some_and(|it| it.is_open && it.number == closed.number))
        });
        heir.unwrap_or(at)
    }

    /// The place of the handle that a call is about: that of a slot, or of an open file that
    /// happens to have the number.
    fn place(&self, call: &Call) -> Option<usize> {
        match call.argument("handle")? {
            Argument::Slot(slot) => Some(self.resolve(*slot)),
            Argument::Int(number) => {
                let place = *self.numbers.get(&number.to_string())?;
                let is_it = |it: &Handle| it.is_open && it.number == place;
                self.handles.iter().position(|it| it.as_ref().is_some_and(is_it))
            }
            _ => None,
        }
    }

    /// The client came anew.
    pub(super) fn reopened(&mut self) {
        self.reopened = true;
    }

    /// What is in a file, if that is sure and all of it is there for others to see.
    pub(super) fn content(&self, number: u16) -> Option<Vec<u8>> {
        let file = self.files.get(&number).filter(|it| !it.contested)?;
        file.content
            .clone()
            .filter(|_| file.open == 0 || !self.is_unsettled(number))
    }

    /// Whether bytes may wait to be written to a file.
    fn is_unsettled(&self, number: u16) -> bool {
        let mut handles = self.handles.iter().flatten();
        handles.any(|it| it.is_open && it.dirty && it.file == number)
    }

    /// A program may write to a file from now on.
    pub(super) fn is_written(&mut self, number: u16) {
        self.writers.push(number);
        self.spoil(number);
    }

    /// A program that may have written to a file is over.
    pub(super) fn is_left(&mut self, number: u16) {
        if let Some(at) = self.writers.iter().position(|it| *it == number) {
            self.writers.swap_remove(at);
        }
    }

    /// What must become of a right call.
    pub(super) fn due(&self, call: &Call, command: CommandId) -> Due {
        if command == CommandId::GuestFileOpen {
            return self.due_open(call);
        }
        let at = match (self.place(call), call.argument("handle")) {
            (Some(at), _) => at,
            (None, Some(Argument::Int(_))) => return Due::Refusal(Property::Closed),
            (None, _) => return Due::Either,
        };
        match self.handles.get(at).and_then(Option::as_ref) {
            Some(handle) if !handle.is_open => Due::Refusal(Property::Closed),
            Some(handle) if handle.wild => Due::Either,
            Some(handle) => self.due_on(call, command, handle),
            None => Due::Either,
        }
    }

    fn due_open(&self, call: &Call) -> Due {
        let Some(Argument::File(file)) = call.argument("path") else {
            return Due::Either;
        };
        let mode = mode(call);
        let is_there = self
            .files
            .get(file)
            .is_some_and(|it| it.content.is_some() || it.open > 0);
        match (Mode::read(mode), *file) {
            (None, _) if self.release.file_opening != FileOpening::Fopen => Due::Refusal(Property::Values),
            (Some(mode), MISSING_FILE) if !mode.creates => Due::Refusal(Property::Works),
            (Some(mode), _) if mode.creates || is_there => match self.open {
                ..FEW => Due::Return(Property::Works),
                FEW..MANY => Due::Return(Property::Many),
                _ => Due::Either,
            },
            _ => Due::Either,
        }
    }

    fn due_on(&self, call: &Call, command: CommandId, handle: &Handle) -> Due {
        let works = match self.reopened {
            true => Due::Return(Property::Outlives),
            false => Due::Return(Property::Works),
        };
        match command {
            CommandId::GuestFileClose => works,
            CommandId::GuestFileFlush if handle.writes => works,
            CommandId::GuestFileRead if handle.reads && handle.last != Last::Write => match count(call, READ_BYTES) {
                0..READ_BYTES_MAX => works,
                ..0 => Due::Refusal(Property::Refuses),
                _ => Due::Either,
            },
            CommandId::GuestFileRead if !handle.reads && (1..READ_BYTES_MAX).contains(&count(call, READ_BYTES)) => {
                Due::Refusal(Property::Values)
            }
            CommandId::GuestFileWrite
                if is_no_base64(call) && self.release.base64_alphabet == Base64Alphabet::Checked =>
            {
                Due::Refusal(Property::Values)
            }
            CommandId::GuestFileWrite if handle.writes && handle.last != Last::Read => match bytes(call) {
                Some(bytes) if (0..=length(bytes)).contains(&count(call, length(bytes))) => works,
                Some(_) => Due::Refusal(Property::Refuses),
                None => Due::Either,
            },
            CommandId::GuestFileSeek
                if whence(call).is_some_and(|it| !(0..=2).contains(&it))
                    && self.release.whence_numbers == WhenceNumbers::Mapped =>
            {
                Due::Refusal(Property::Values)
            }
            CommandId::GuestFileSeek => match self.target(call, handle) {
                Some(0..) => works,
                _ => Due::Either,
            },
            _ => Due::Either,
        }
    }

    /// The place of a number in `live`, and whether it was given before.
    fn number(&mut self, result: &Value) -> (usize, bool) {
        let text = result.to_string();
        if let Some(at) = self.numbers.get(&text) {
            return (*at, true);
        }
        self.live.push(0);
        self.numbers.insert(text, self.live.len() - 1);
        (self.live.len() - 1, false)
    }

    /// Where a seek leads, if that can be known and followed.
    fn target(&self, call: &Call, handle: &Handle) -> Option<i64> {
        let Some(Argument::Int(offset)) = call.argument("offset") else {
            return None;
        };
        let from = match whence(call)? {
            0 => 0,
            // What is appended lands where the file ends when it leaves the agent, not
            // where it ended when it was written.
            1 if handle.appends => self.known(handle).and(handle.position?.try_into().ok())?,
            1 => i64::try_from(handle.position?).ok()?,
            2 => i64::try_from(self.known(handle)?.len()).ok()?,
            _ => return None,
        };
        from.checked_add(*offset).filter(|it| *it <= PLACE_MAX)
    }

    /// What is in the file of a handle, if it is known.
    fn known(&self, handle: &Handle) -> Option<&Vec<u8>> {
        let file = self.files.get(&handle.file)?;
        file.content.as_ref().filter(|_| !file.contested)
    }

    /// What a reply tells.
    pub(super) fn told(&mut self, call: &Call, command: CommandId, reading: &Reading) -> Option<Fault> {
        if command == CommandId::GuestFileOpen {
            return self.opened(call, reading);
        }
        let at = self.place(call)?;
        let mut handle = self.handles.get_mut(at)?.take()?;
        let fault = match reading.result() {
            _ if !handle.is_open => None,
            None => {
                handle.fails(call, command);
                if (command == CommandId::GuestFileWrite || self.switches_raw) && handle.wild {
                    self.spoil(handle.file);
                }
                None
            }
            Some(result) => match command {
                CommandId::GuestFileClose => {
                    self.closed(&mut handle);
                    None
                }
                CommandId::GuestFileRead => self.was_read(call, &mut handle, result),
                CommandId::GuestFileWrite => self.was_written(call, &mut handle, result),
                CommandId::GuestFileSeek => self.was_sought(call, &mut handle, result),
                _ => {
                    (handle.last, handle.dirty) = (Last::Nothing, false);
                    None
                }
            },
        };
        self.handles[at] = Some(handle);
        fault
    }

    fn opened(&mut self, call: &Call, reading: &Reading) -> Option<Fault> {
        let (Some(result), Some(slot)) = (reading.result(), call.binds) else {
            return None;
        };
        let Some(Argument::File(number)) = call.argument("path") else {
            return None;
        };
        let (place, was_given) = self.number(result);
        let is_taken = self.live[place] > 0;
        let is_used = self.release.file_handles == FileHandles::Counter && was_given;
        // What waits to be written is not there yet for whoever opens the file meanwhile.
        let is_open = self.files.get(number).is_some_and(|it| it.open > 0);
        let is_unsettled = is_open && self.is_unsettled(*number);
        let mode = Mode::read(mode(call));
        let file = self.files.entry(*number).or_default();
        match mode {
            Some(mode) if mode.empties && file.open == 0 => {
                *file = File {
                    content: Some(Vec::new()),
                    ..File::default()
                };
            }
            Some(mode) if mode.empties => file.contested = true,
            Some(_) => {}
            None => file.contested = true,
        }
        file.contested |= is_unsettled || self.writers.contains(number);
        file.open += 1;
        self.open += 1;
        self.live[place] += 1;
        let begins = mode.is_some_and(|it| !it.appends);
        let handle = Handle {
            file: *number,
            number: place,
            is_open: true,
            reads: mode.is_some_and(|it| it.reads),
            writes: mode.is_some_and(|it| it.writes),
            appends: mode.is_some_and(|it| it.appends),
            position: begins.then_some(0),
            last: Last::Nothing,
            wild: mode.is_none(),
            refused: false,
            dirty: false,
        };
        *self.handles.get_mut(usize::from(slot))? = Some(handle);
        (is_taken || is_used).then(|| {
            let (property, of) = match is_taken {
                true => (Property::Handles, "another open file"),
                false => (Property::Numbers, "a file that is closed"),
            };
            Fault::reply(
                property,
                format!("{{\"return\": not({result}), ...}}"),
                format!("the handle {result} is that of {of}"),
            )
        })
    }

    fn closed(&mut self, handle: &mut Handle) {
        handle.is_open = false;
        self.open -= 1;
        self.live[handle.number] -= 1;
        if let Some(file) = self.files.get_mut(&handle.file) {
            file.open = file.open.saturating_sub(1);
        }
    }

    /// Nothing is known any more of what is in a file.
    fn spoil(&mut self, file: u16) {
        if let Some(file) = self.files.get_mut(&file) {
            file.contested = true;
        }
    }

    fn was_read(&mut self, call: &Call, handle: &mut Handle, result: &Value) -> Option<Fault> {
        let is_sure = handle.reads && handle.last != Last::Write && !handle.wild;
        let position = handle.position.filter(|_| is_sure);
        let asked = count(call, READ_BYTES);
        let data = result["buf-b64"].as_str().and_then(|it| STANDARD.decode(it).ok());
        if self.switches_raw && handle.last == Last::Write {
            handle.wild = true;
            self.spoil(handle.file);
        }
        let known = self.known(handle).zip(position);
        handle.last = Last::Read;
        handle.position = position.and_then(|it| Some(it + data.as_ref()?.len() as u64));
        let (content, position) = known?;
        let begin = usize::try_from(position).ok()?.min(content.len());
        let rest = &content[begin..];
        let due = &rest[..rest.len().min(usize::try_from(asked).ok()?)];
        let ends = due.len() == rest.len() && due.len() < usize::try_from(asked).ok()?;
        let found = fault_of_read(result, data.as_deref(), due, (ends, asked > 0))?;
        let property = match found.0 {
            Property::ReadBack => self.blame(handle),
            other => other,
        };
        let eof = match (ends, asked) {
            (true, _) => "true",
            (false, 1..) => "false",
            (false, _) => "bool",
        };
        let expected = format!(
            "{{\"return\": {{\"count\": {}, \"buf-b64\": \"{}\", \"eof\": {eof}, ...}}, ...}}",
            due.len(),
            STANDARD.encode(due)
        );
        Some(Fault::reply(property, expected, found.1))
    }

    /// Whose fault it may be that a position or a content is not what it should be.
    fn blame(&self, handle: &Handle) -> Property {
        let others = self.handles.iter().flatten().filter(|it| it.is_open).count();
        match handle.refused {
            true => Property::Unchanged,
            false if self.reopened => Property::Outlives,
            false if others > 0 => Property::Handles,
            false => Property::ReadBack,
        }
    }

    fn was_written(&mut self, call: &Call, handle: &mut Handle, result: &Value) -> Option<Fault> {
        let is_sure = handle.writes && handle.last != Last::Read && !handle.wild;
        handle.wild |= self.switches_raw && handle.last == Last::Read;
        (handle.last, handle.dirty) = (Last::Write, true);
        let (Some(bytes), Some(written)) = (bytes(call), result["count"].as_i64()) else {
            handle.wild = true;
            self.spoil(handle.file);
            return None;
        };
        // One that takes a count beyond the data has no more to write than that.
        let asked = count(call, length(bytes)).clamp(0, length(bytes));
        if !(0..=asked).contains(&written) {
            let expected = format!("{{\"return\": {{\"count\": int(0..{asked}), ...}}, ...}}");
            return Some(Fault::reply(
                Property::ReadBack,
                expected,
                format!("{asked} bytes were to be written, and {written} were"),
            ));
        }
        let written = &bytes[..usize::try_from(written).unwrap_or_default()];
        if written.is_empty() {
            return None;
        }
        let file = self.files.get_mut(&handle.file)?;
        let begin = match handle.appends {
            true => file.content.as_ref().map(|it| it.len() as u64),
            false => handle.position,
        };
        let begin = begin.filter(|it| is_sure && *it <= POSITION_MAX);
        file.contested |= file.open > 1 || begin.is_none();
        handle.position = begin.map(|it| it + written.len() as u64);
        handle.wild |= begin.is_none() && !handle.appends;
        if let (Some(content), Some(begin)) = (&mut file.content, begin) {
            put(content, usize::try_from(begin).unwrap_or_default(), written);
        }
        None
    }

    fn was_sought(&mut self, call: &Call, handle: &mut Handle, result: &Value) -> Option<Fault> {
        let due = self.target(call, handle).filter(|_| !handle.wild);
        let told = result["position"].as_i64();
        let property = match (whence(call), handle.refused) {
            (Some(1), true) => self.blame(handle),
            _ => Property::Position,
        };
        handle.last = Last::Nothing;
        handle.refused = false;
        handle.position = told.and_then(|it| u64::try_from(it).ok());
        handle.wild |= told.is_none_or(|it| !(0..=PLACE_MAX).contains(&it));
        let due = due.filter(|it| *it >= 0 && told != Some(*it))?;
        let found = format!("the position is {due}, and {} was returned", result["position"]);
        Some(Fault::reply(
            property,
            format!("{{\"return\": {{\"position\": {due}, ...}}, ...}}"),
            found,
        ))
    }
}

impl Handle {
    /// A call on it was refused. One with right arguments may have failed half way.
    fn fails(&mut self, call: &Call, command: CommandId) {
        self.refused = true;
        let is_sure = match command {
            CommandId::GuestFileRead => !self.reads || count(call, READ_BYTES) < 0 || !is_number(call, "count"),
            CommandId::GuestFileWrite => {
                bytes(call).is_none_or(|it| !(0..=length(it)).contains(&count(call, length(it))))
                    || !is_number(call, "count")
            }
            _ => true,
        };
        // The reference agent leaves a stream in an error of its own making alone, but
        // one that may only be read and was written is not to be relied on.
        self.wild |= !is_sure
            || (command == CommandId::GuestFileWrite && !self.writes)
            || (command == CommandId::GuestFileRead && !self.reads);
        self.wild |= matches!(command, CommandId::GuestFileFlush | CommandId::GuestFileClose);
    }
}

/// What is wrong with a read, if something is.
fn fault_of_read(
    result: &Value,
    data: Option<&[u8]>,
    due: &[u8],
    (ends, asks): (bool, bool),
) -> Option<(Property, String)> {
    let Some(data) = data else {
        return Some((
            Property::ReadBack,
            format!("the data is no base64: {}", result["buf-b64"]),
        ));
    };
    if result["count"].as_u64() != Some(data.len() as u64) {
        return Some((
            Property::ReadBack,
            format!("the count is {}, and {} bytes came", result["count"], data.len()),
        ));
    }
    if !due.starts_with(data) {
        return Some((
            Property::ReadBack,
            format!("{} was read where {} stands", shown(data), shown(due)),
        ));
    }
    if data.len() < due.len() {
        return Some((
            Property::Whole,
            format!("{} bytes were read of {}", data.len(), due.len()),
        ));
    }
    if ends && result["eof"] != true {
        return Some((Property::End, "the end was reached and not told".to_owned()));
    }
    let is_early = asks && !ends && result["eof"] == true;
    is_early.then(|| {
        (
            Property::End,
            "all that was asked for came, and the end was told".to_owned(),
        )
    })
}

fn shown(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".to_owned(),
        bytes => super::reading::shown(bytes),
    }
}

/// Writes into a content, with zeros where there was nothing.
fn put(content: &mut Vec<u8>, begin: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = begin + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[begin..end].copy_from_slice(bytes);
}
