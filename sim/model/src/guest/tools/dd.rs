//! dd.

use super::options::{Usage, with_unit};
use super::quote::quoted;
use super::{Call, Made, OrSay, Tool, Trouble, Words, run, text};
use crate::guest::fs::io::Whence;
use crate::guest::fs::open::OpenFlags;
use crate::guest::program::{Fault, Turn};

/// Bytes read or written at once: larger blocks are put together of several.
const CHUNK_BYTES: usize = 1 << 20;

/// Bytes of blocks unless it is told how many.
const BLOCK_BYTES: u64 = 512;

/// What each byte becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Letters {
    #[default]
    AsTheyAre,
    Upper,
    Lower,
}

/// What is reported in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Report {
    #[default]
    All,
    Records,
    Nothing,
}

/// What it was told.
#[derive(Clone, Debug, Default)]
struct Orders {
    input: Option<Vec<u8>>,
    output: Option<Vec<u8>>,
    /// `bs`: what is read at once is written at once.
    block: Option<u64>,
    input_block: Option<u64>,
    output_block: Option<u64>,
    count: Option<u64>,
    skip: u64,
    seek: u64,
    letters: Letters,
    report: Report,
    /// Words of `conv`, `iflag` and `oflag`.
    conversions: Vec<Vec<u8>>,
    input_flags: Vec<Vec<u8>>,
    output_flags: Vec<Vec<u8>>,
}

/// Blocks, whole and partial.
type Records = [u64; 2];

/// Copies blocks.
#[derive(Clone, Debug, Default)]
struct Dd {
    orders: Orders,
    reads: Option<u32>,
    writes: Option<u32>,
    /// Bytes of the input still to be passed over, where it cannot be skipped.
    to_skip: u64,
    /// Bytes of the input block that is being read.
    in_block: u64,
    /// Read and not yet written.
    held: Vec<u8>,
    /// Bytes of the output block that are written.
    out_block: u64,
    records_in: Records,
    records_out: Records,
    bytes: u64,
}

pub(super) fn dd(words: Words) -> Made {
    let mut orders = Orders::default();
    for word in &words.arguments {
        orders.set(&words.name, word)?;
    }
    let dd = Dd {
        orders,
        ..Dd::default()
    };
    Ok(run(words.name, dd))
}

/// A number of `dd`: with units, and products with `x`.
fn amount(text: &[u8]) -> Option<u64> {
    const UNITS: [(&[u8], u64); 15] = [
        (b"", 1),
        (b"c", 1),
        (b"B", 1),
        (b"w", 2),
        (b"b", 512),
        (b"kB", 1000),
        (b"KB", 1000),
        (b"K", 1 << 10),
        (b"k", 1 << 10),
        (b"KiB", 1 << 10),
        (b"M", 1 << 20),
        (b"MiB", 1 << 20),
        (b"MB", 1_000_000),
        (b"G", 1 << 30),
        (b"GB", 1_000_000_000),
    ];
    let mut parts = text.split(|it| *it == b'x').map(|it| with_unit(it, &UNITS));
    parts.try_fold(1_u64, |product, it| product.checked_mul(it?))
}

impl Orders {
    fn set(&mut self, name: &[u8], word: &[u8]) -> Result<(), Usage> {
        let unknown = || Usage::new(name, &text!["unrecognized operand ", quoted(word)], 1);
        let at = word.iter().position(|it| *it == b'=').ok_or_else(unknown)?;
        let value = &word[at + 1..];
        let no_number = || Usage::plain(text!["invalid number: ", quoted(value)], 1);
        let any = || amount(value).ok_or_else(no_number);
        let positive = || any().and_then(|it| if it > 0 { Ok(Some(it)) } else { Err(no_number()) });
        match &word[..at] {
            b"if" => self.input = Some(value.to_vec()),
            b"of" => self.output = Some(value.to_vec()),
            b"bs" => self.block = positive()?,
            b"ibs" => self.input_block = positive()?,
            b"obs" => self.output_block = positive()?,
            b"count" => self.count = Some(any()?),
            b"skip" | b"iseek" => self.skip = any()?,
            b"seek" | b"oseek" => self.seek = any()?,
            b"conv" => self.conversions = listed(name, value, "conversion", CONVERSIONS)?,
            b"iflag" => self.input_flags = listed(name, value, "input flag", FLAGS)?,
            b"oflag" => self.output_flags = listed(name, value, "output flag", FLAGS)?,
            b"status" => {
                self.report = match value {
                    b"none" => Report::Nothing,
                    b"noxfer" => Report::Records,
                    b"progress" => Report::All,
                    _ => return Err(Usage::new(name, &text!["invalid status level: ", quoted(value)], 1)),
                }
            }
            _ => return Err(unknown()),
        }
        self.letters = match (self.converts(b"ucase"), self.converts(b"lcase")) {
            (true, _) => Letters::Upper,
            (_, true) => Letters::Lower,
            _ => Letters::AsTheyAre,
        };
        Ok(())
    }

    fn converts(&self, what: &[u8]) -> bool {
        self.conversions.iter().any(|it| it == what)
    }

    fn input_block(&self) -> u64 {
        self.block.or(self.input_block).unwrap_or(BLOCK_BYTES)
    }

    fn output_block(&self) -> u64 {
        self.block.or(self.output_block).unwrap_or(BLOCK_BYTES)
    }

    /// Whether what is read at once is written at once.
    fn keeps_blocks(&self) -> bool {
        self.block.is_some() && self.letters == Letters::AsTheyAre && !self.converts(b"swab")
    }

    fn truncates(&self) -> bool {
        !self.converts(b"notrunc")
    }
}

const CONVERSIONS: &[&str] = &[
    "ucase",
    "lcase",
    "swab",
    "sync",
    "notrunc",
    "noerror",
    "nocreat",
    "excl",
    "fsync",
    "fdatasync",
];

const FLAGS: &[&str] = &[
    "append",
    "direct",
    "dsync",
    "sync",
    "fullblock",
    "nonblock",
    "noatime",
    "nocache",
    "noctty",
    "nofollow",
    "binary",
    "text",
];

fn listed(name: &[u8], value: &[u8], what: &str, known: &[&str]) -> Result<Vec<Vec<u8>>, Usage> {
    let words: Vec<Vec<u8>> = value.split(|it| *it == b',').map(<[u8]>::to_vec).collect();
    match words.iter().find(|word| !known.iter().any(|it| it.as_bytes() == *word)) {
        Some(word) => Err(Usage::new(name, &text!["invalid ", what, ": ", quoted(word)], 1)),
        None => Ok(words),
    }
}

impl Dd {
    fn open_input(&mut self, call: &mut Call<'_, '_>) -> Result<(), Trouble> {
        let descriptor = match &self.orders.input {
            None => 0,
            Some(path) => {
                let opened = call.sys.open(path, OpenFlags::READ, 0);
                opened.or_say(|why| text!["failed to open ", quoted(path), ": ", why])?
            }
        };
        self.reads = Some(descriptor);
        let offset = self.orders.skip.saturating_mul(self.orders.input_block());
        if offset > 0 {
            let bytes = i64::try_from(offset).unwrap_or(i64::MAX);
            let moved = call.sys.seek(descriptor, bytes, Whence::Set);
            self.to_skip = if moved.is_err() { offset } else { 0 };
        }
        Ok(())
    }

    fn open_output(&mut self, call: &mut Call<'_, '_>) -> Result<(), Trouble> {
        let offset = self.orders.seek.saturating_mul(self.orders.output_block());
        let Some(path) = &self.orders.output else {
            self.writes = Some(1);
            return Ok(());
        };
        let appends = self.orders.output_flags.iter().any(|it| it == b"append");
        if appends && self.orders.truncates() {
            call.complain(b"you probably want conv=notrunc with oflag=append");
        }
        let flags = OpenFlags {
            write: true,
            create: !self.orders.converts(b"nocreat"),
            truncate: self.orders.truncates() && offset == 0,
            append: appends,
            ..OpenFlags::default()
        };
        let opened = call.sys.open(path, flags, 0o666);
        let descriptor = opened.or_say(|why| text!["failed to open ", quoted(path), ": ", why])?;
        self.writes = Some(descriptor);
        if offset > 0 {
            if self.orders.truncates() {
                let cut = call.sys.truncate(descriptor, offset);
                cut.or_say(|why| {
                    let to = text![" to ", offset.to_string(), " bytes in output file "];
                    text!["failed to truncate", to, quoted(path), ": ", why]
                })?;
            }
            let offset = i64::try_from(offset).unwrap_or(i64::MAX);
            let moved = call.sys.seek(descriptor, offset, Whence::Set);
            moved.or_say(|why| text![quoted(path), ": cannot seek: ", why])?;
        }
        Ok(())
    }

    /// Passes over a part of the input.
    fn skip(&mut self, call: &mut Call<'_, '_>) -> Result<Turn, Fault> {
        let mut bytes = Vec::new();
        let wanted = chunk(self.to_skip);
        let read = call.sys.read(self.reads.unwrap_or(0), wanted, &mut bytes)?;
        self.to_skip = if read == 0 { 0 } else { self.to_skip - read as u64 };
        Ok(Turn::Again)
    }

    fn copy(&mut self, call: &mut Call<'_, '_>) -> Result<Turn, Fault> {
        let [whole, partial] = self.records_in;
        let is_enough = self.orders.count.is_some_and(|count| whole + partial >= count);
        if is_enough && self.in_block == 0 {
            return Ok(self.finish(call));
        }
        let wanted = chunk(self.orders.input_block() - self.in_block);
        let mut bytes = Vec::new();
        let read = call.sys.read(self.reads.unwrap_or(0), wanted, &mut bytes)?;
        self.bytes += read as u64;
        self.in_block += read as u64;
        self.convert(&mut bytes);
        self.held.append(&mut bytes);
        let fills = self.orders.input_flags.iter().any(|it| it == b"fullblock");
        if self.in_block == self.orders.input_block() {
            self.end_of_block(0);
        } else if self.in_block > 0 && (read == 0 || read < wanted && !fills) {
            self.end_of_block(1);
        } else if read == 0 {
            return Ok(self.finish(call));
        }
        self.write(call, false);
        Ok(Turn::Again)
    }

    /// A block was read, whole or in part.
    fn end_of_block(&mut self, kind: usize) {
        self.records_in[kind] += 1;
        if kind == 1 && self.orders.converts(b"sync") {
            let missing = chunk(self.orders.input_block() - self.in_block);
            self.held.resize(self.held.len() + missing, 0);
        }
        self.in_block = 0;
    }

    fn convert(&self, bytes: &mut [u8]) {
        match self.orders.letters {
            Letters::AsTheyAre => {}
            Letters::Upper => bytes.make_ascii_uppercase(),
            Letters::Lower => bytes.make_ascii_lowercase(),
        }
        if self.orders.converts(b"swab") {
            bytes.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
    }

    /// Writes what there is of blocks; all of it at the end.
    fn write(&mut self, call: &mut Call<'_, '_>, is_last: bool) {
        let size = self.orders.output_block();
        let at_block_end = self.in_block == 0 && self.orders.keeps_blocks();
        while !self.held.is_empty() {
            let len = self.held.len().min(chunk(size - self.out_block));
            let fills = self.out_block + len as u64 == size;
            if !fills && !is_last && !at_block_end && len < CHUNK_BYTES {
                return;
            }
            let rest = self.held.split_off(len);
            call.out
                .write_to(self.writes.unwrap_or(1), std::mem::replace(&mut self.held, rest));
            self.out_block += len as u64;
            if fills {
                self.records_out[0] += 1;
                self.out_block = 0;
            }
        }
        if (is_last || at_block_end) && self.out_block > 0 {
            self.records_out[1] += 1;
            self.out_block = 0;
        }
    }

    fn finish(&mut self, call: &mut Call<'_, '_>) -> Turn {
        self.write(call, true);
        let shown = |[whole, partial]: Records| format!("{whole}+{partial} records");
        let (records_in, records_out) = (shown(self.records_in), shown(self.records_out));
        let records = format!("{records_in} in\n{records_out} out\n");
        let report = match self.orders.report {
            Report::Nothing => String::new(),
            Report::Records => records,
            Report::All => format!("{records}{} copied, 0 s, Infinity B/s\n", size_shown(self.bytes)),
        };
        call.out.write_to(2, report.into_bytes());
        Turn::Exit(0)
    }
}

fn chunk(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES)
}

/// `2048 bytes (2.0 kB, 2.0 KiB)`.
fn size_shown(bytes: u64) -> String {
    let plural = if bytes == 1 { "byte" } else { "bytes" };
    let decimal = scaled(bytes, 1000.0, &["B", "kB", "MB", "GB", "TB"]);
    let binary = scaled(bytes, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"]);
    match bytes {
        ..1000 => format!("{bytes} {plural}"),
        1000..1024 => format!("{bytes} {plural} ({decimal})"),
        _ => format!("{bytes} {plural} ({decimal}, {binary})"),
    }
}

fn scaled(bytes: u64, base: f64, units: &[&str]) -> String {
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= base && unit + 1 < units.len() {
        size /= base;
        unit += 1;
    }
    let precision = usize::from(size < 9.95 && unit > 0);
    format!("{size:.precision$} {}", units[unit])
}

impl Tool for Dd {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let done = match (self.reads, self.writes) {
            (None, _) => self.open_input(call),
            (_, None) => self.open_output(call),
            _ => {
                let moved = if self.to_skip > 0 {
                    self.skip(call)
                } else {
                    self.copy(call)
                };
                let name = self.orders.input.as_deref().unwrap_or(b"standard input");
                match moved {
                    Ok(turn) => return turn,
                    Err(fault) => Err(fault).or_say(|why| text!["error reading ", quoted(name), ": ", why]),
                }
            }
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

    fn memory_bytes(&self) -> usize {
        self.held.len()
    }
}
