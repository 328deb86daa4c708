//! dd.

use super::options::{Usage, size};
use super::quote::quoted;
use super::{Call, Made, OrSay, Tool, Trouble, Words, run, text};
use crate::guest::fs::io::Whence;
use crate::guest::fs::open::OpenFlags;
use crate::guest::program::{Fault, Turn};

/// The largest block.
const BLOCK_BYTES_MAX: u64 = 4 << 20;

/// Copies blocks.
#[derive(Clone, Debug, Default)]
struct Dd {
    input: Option<Vec<u8>>,
    output: Option<Vec<u8>>,
    block_bytes: usize,
    count: Option<u64>,
    skip: u64,
    seek: u64,
    truncates: bool,
    is_quiet: bool,
    reads: Option<u32>,
    writes: Option<u32>,
    /// A block that is not read to its end.
    block: Vec<u8>,
    whole: u64,
    partial: u64,
    bytes: u64,
}

pub(super) fn dd(words: Words) -> Made {
    let mut dd = Dd {
        block_bytes: 512,
        truncates: true,
        ..Dd::default()
    };
    for word in &words.arguments {
        dd.set(word)
            .ok_or_else(|| Usage::new(&words.name, &text!["unrecognized operand ", quoted(word)], 1))?;
    }
    Ok(run(words.name, dd))
}

impl Dd {
    fn set(&mut self, word: &[u8]) -> Option<()> {
        let at = word.iter().position(|it| *it == b'=')?;
        let value = &word[at + 1..];
        match &word[..at] {
            b"if" => self.input = Some(value.to_vec()),
            b"of" => self.output = Some(value.to_vec()),
            b"bs" | b"ibs" | b"obs" => {
                let bytes = size(value).filter(|it| (1..=BLOCK_BYTES_MAX).contains(it))?;
                self.block_bytes = usize::try_from(bytes).ok()?;
            }
            b"count" => self.count = Some(size(value)?),
            b"skip" => self.skip = size(value)?,
            b"seek" => self.seek = size(value)?,
            b"conv" => self.truncates = !value.split(|it| *it == b',').any(|it| it == b"notrunc"),
            b"status" => self.is_quiet = value == b"none",
            b"iflag" | b"oflag" => {}
            _ => return None,
        }
        Some(())
    }

    fn open_input(&mut self, call: &mut Call<'_, '_>) -> Result<(), Trouble> {
        let descriptor = match &self.input {
            None => 0,
            Some(path) => {
                let opened = call.sys.open(path, OpenFlags::READ, 0);
                opened.or_say(|why| text!["failed to open ", quoted(path), ": ", why])?
            }
        };
        self.reads = Some(descriptor);
        let offset = i64::try_from(self.skip.saturating_mul(self.block_bytes as u64)).unwrap_or(i64::MAX);
        if offset > 0 {
            let moved = call.sys.seek(descriptor, offset, Whence::Set);
            moved.or_say(|why| text!["cannot skip: ", why])?;
        }
        Ok(())
    }

    fn open_output(&mut self, call: &mut Call<'_, '_>) -> Result<(), Trouble> {
        let offset = self.seek.saturating_mul(self.block_bytes as u64);
        let Some(path) = &self.output else {
            self.writes = Some(1);
            return Ok(());
        };
        let flags = OpenFlags {
            write: true,
            create: true,
            truncate: self.truncates && offset == 0,
            ..OpenFlags::default()
        };
        let opened = call.sys.open(path, flags, 0o666);
        let descriptor = opened.or_say(|why| text!["failed to open ", quoted(path), ": ", why])?;
        self.writes = Some(descriptor);
        if offset > 0 {
            if self.truncates {
                let cut = call.sys.truncate(descriptor, offset);
                cut.or_say(|why| text!["failed to truncate to ", offset.to_string(), " bytes: ", why])?;
            }
            let offset = i64::try_from(offset).unwrap_or(i64::MAX);
            let moved = call.sys.seek(descriptor, offset, Whence::Set);
            moved.or_say(|why| text![quoted(path), ": cannot seek: ", why])?;
        }
        Ok(())
    }

    fn copy(&mut self, call: &mut Call<'_, '_>) -> Result<Turn, Fault> {
        if self.count.is_some_and(|count| self.whole + self.partial >= count) {
            return Ok(self.finish(call));
        }
        let read = call
            .sys
            .read(self.reads.unwrap_or(0), self.block_bytes, &mut self.block)?;
        if read == 0 {
            return Ok(self.finish(call));
        }
        if read == self.block_bytes {
            self.whole += 1
        } else {
            self.partial += 1
        }
        self.bytes += read as u64;
        call.out
            .write_to(self.writes.unwrap_or(1), std::mem::take(&mut self.block));
        Ok(Turn::Again)
    }

    fn finish(&mut self, call: &mut Call<'_, '_>) -> Turn {
        if !self.is_quiet {
            let records = format!("{}+{}", self.whole, self.partial);
            let report = format!(
                "{records} records in\n{records} records out\n{} bytes copied, 0 s, Infinity B/s\n",
                self.bytes
            );
            call.out.write_to(2, report.into_bytes());
        }
        Turn::Exit(0)
    }
}

impl Tool for Dd {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let done = match (self.reads, self.writes) {
            (None, _) => self.open_input(call),
            (_, None) => self.open_output(call),
            _ => match self.copy(call) {
                Ok(turn) => return turn,
                Err(fault) => Err(fault).or_say(|why| text!["error reading: ", why]),
            },
        };
        match done {
            Ok(()) => Turn::Again,
            Err(Trouble::Wait(wait)) => Turn::Wait(wait),
            Err(Trouble::Say(complaint)) => {
                call.complain(&complaint);
                Turn::Exit(1)
            }
            Err(Trouble::Fail) => Turn::Exit(1),
        }
    }
}
