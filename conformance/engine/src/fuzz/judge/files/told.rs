//! What replies tell of open files, against what is known of them.

use super::{File, Files, Handle, Last, PLACE_MAX, POSITION_MAX, READ_BYTES};
use crate::fuzz::judge::arguments::{Mode, bytes, count, is_number, length, mode, whence};
use crate::fuzz::judge::reading::{Reading, shown as shown_line};
use crate::fuzz::judge::violation::Fault;
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qga_fixtures::schema::{CommandId, FileHandles};
use serde_json::Value;

impl Files {
    /// What a reply tells.
    pub(in crate::fuzz::judge) fn told(&mut self, call: &Call, command: CommandId, reading: &Reading) -> Option<Fault> {
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
    pub(super) fn spoil(&mut self, file: u16) {
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
        bytes => shown_line(bytes),
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
