//! What is known of open files and what is in them.
//!
//! Only what is sure is claimed. A file that two handles have open while one of them
//! writes is not looked at again until it is emptied with nobody else at it: what the
//! other sees, and when, is the affair of the agent's buffers.

mod told;

use super::Due;
use super::arguments::{Mode, bytes, count, is_no_base64, length, mode, whence};
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call, MISSING_FILE, Slot};
use qga_fixtures::schema::{Base64Alphabet, CommandId, FileOpening, ReadWriteSwitch, Release, WhenceNumbers};
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
}
