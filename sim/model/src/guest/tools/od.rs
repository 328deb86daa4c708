//! od.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Usage};
use super::output::Output;
use super::quote::{quoted, quoted_if_needed};
use super::{Made, Words, text};

/// Bytes in a line.
const LINE_BYTES: usize = 16;

/// How the bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Characters,
    /// Units of so many bytes, in a base, in columns of a width.
    Numbers {
        bytes: usize,
        base: Base,
        width: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Octal,
    Hex,
    Unsigned,
    Signed,
}

/// Shows bytes.
#[derive(Clone, Debug)]
struct Od {
    format: Format,
    addresses: Option<Base>,
    shows_repeats: bool,
    offset: usize,
    line: Vec<u8>,
    last: Vec<u8>,
    is_repeating: bool,
    /// Something could be opened.
    has_input: bool,
}

pub(super) fn od(words: Words) -> Made {
    const KNOWN: Known = Known::letters("A:t:vcbxo").names(&[("address-radix", b'A'), ("format", b't')]);
    let options = words.options(KNOWN)?;
    let addresses = match options.value(b'A') {
        None | Some(b"o") => Some(Base::Octal),
        Some(b"d") => Some(Base::Unsigned),
        Some(b"x") => Some(Base::Hex),
        Some(b"n") => None,
        Some(other) => {
            let what = text![
                "invalid output address radix '",
                other,
                "'; it must be one character from [doxn]"
            ];
            return Err(Usage::plain(what, 1));
        }
    };
    let mut format = number_format(Base::Octal, 2);
    for (letter, value) in options.given() {
        format = match letter {
            b'c' => Format::Characters,
            b'b' => number_format(Base::Octal, 1),
            b'x' => number_format(Base::Hex, 2),
            b'o' => number_format(Base::Octal, 2),
            b't' => read_format(value).ok_or_else(|| Usage::plain(text!["invalid type string ", quoted(value)], 1))?,
            _ => format,
        };
    }
    let shows_repeats = options.has(b'v');
    let (line, last) = (Vec::new(), Vec::new());
    let od = Od {
        format,
        addresses,
        shows_repeats,
        offset: 0,
        line,
        last,
        is_repeating: false,
        has_input: false,
    };
    filter(words.name, options.operands, od)
}

fn read_format(text: &[u8]) -> Option<Format> {
    let (kind, size) = text.split_first()?;
    let bytes = match size {
        b"" | b"4" | b"I" => 4,
        b"1" | b"C" => 1,
        b"2" | b"S" => 2,
        b"8" | b"L" => 8,
        _ => return None,
    };
    match kind {
        b'c' if size.is_empty() => Some(Format::Characters),
        b'x' => Some(number_format(Base::Hex, bytes)),
        b'o' => Some(number_format(Base::Octal, bytes)),
        b'u' => Some(number_format(Base::Unsigned, bytes)),
        b'd' => Some(number_format(Base::Signed, bytes)),
        _ => None,
    }
}

fn number_format(base: Base, bytes: usize) -> Format {
    let width = match base {
        Base::Hex => bytes * 2,
        Base::Octal => (bytes * 8).div_ceil(3),
        Base::Unsigned => [3, 5, 10, 20][bytes.ilog2() as usize],
        Base::Signed => [4, 6, 11, 20][bytes.ilog2() as usize],
    };
    Format::Numbers { bytes, base, width }
}

impl Filter for Od {
    fn cost(&self) -> usize {
        16
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        let mut rest = bytes;
        while self.line.len() + rest.len() >= LINE_BYTES {
            let (head, tail) = rest.split_at(LINE_BYTES - self.line.len());
            self.line.extend_from_slice(head);
            rest = tail;
            self.put_line(out);
        }
        self.line.extend_from_slice(rest);
        Flow::More
    }

    fn begin(&mut self, _: &[u8], _: &mut Output) {
        self.has_input = true;
    }

    fn finish(&mut self, out: &mut Output) {
        if !self.line.is_empty() {
            self.put_line(out);
        }
        if let Some(base) = self.addresses.filter(|_| self.has_input) {
            out.print(&text![address(base, self.offset), "\n"]);
        }
    }

    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text![quoted_if_needed(name), ": read error: ", why]
    }
}

impl Od {
    fn put_line(&mut self, out: &mut Output) {
        let line = std::mem::take(&mut self.line);
        let is_repeat = !self.shows_repeats && line.len() == LINE_BYTES && line == self.last;
        if !is_repeat {
            let start = self
                .addresses
                .map_or_else(String::new, |base| address(base, self.offset));
            out.print(&text![start, shown(self.format, &line), "\n"]);
        } else if !self.is_repeating {
            out.print(b"*\n");
        }
        self.is_repeating = is_repeat;
        self.offset += line.len();
        self.last = line;
    }
}

fn address(base: Base, offset: usize) -> String {
    match base {
        Base::Hex => format!("{offset:06x}"),
        Base::Octal => format!("{offset:07o}"),
        Base::Unsigned | Base::Signed => format!("{offset:07}"),
    }
}

fn shown(format: Format, line: &[u8]) -> String {
    match format {
        Format::Characters => line.iter().map(|byte| format!("{:>4}", character(*byte))).collect(),
        Format::Numbers { bytes, base, width } => line
            .chunks(bytes)
            .map(|unit| format!(" {:>width$}", number(unit, bytes, base, width)))
            .collect(),
    }
}

fn number(unit: &[u8], bytes: usize, base: Base, width: usize) -> String {
    let value = unit
        .iter()
        .rev()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    match base {
        Base::Hex => format!("{value:0width$x}"),
        Base::Octal => format!("{value:0width$o}"),
        Base::Unsigned => value.to_string(),
        Base::Signed => {
            let unused = 64 - 8 * bytes as u32;
            (((value << unused) as i64) >> unused).to_string()
        }
    }
}

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        9 => "\\t".to_owned(),
        10 => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        13 => "\\r".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("{byte:03o}"),
    }
}
