//! od.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Usage, size};
use super::output::Output;
use super::printf::general;
use super::quote::{quoted, quoted_if_needed};
use super::{Made, Words, text};

/// Bytes in a line unless it is told how many.
const LINE_BYTES: usize = 16;

/// The longest line.
const LINE_BYTES_MAX: u64 = 1 << 16;

/// One of the ways in which a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    kind: Kind,
    /// Bytes of a unit.
    bytes: usize,
    /// Columns of a unit, without the blank before it.
    width: usize,
    /// The characters are shown behind the line.
    has_text: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Characters,
    /// As their names in ASCII.
    Names,
    Number(Base),
    Float,
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
    formats: Vec<Format>,
    addresses: Option<Base>,
    shows_repeats: bool,
    big_endian: bool,
    line_bytes: usize,
    /// Bytes still to be passed over, and those shown at most after them.
    to_skip: u64,
    left: u64,
    offset: u64,
    line: Vec<u8>,
    last: Vec<u8>,
    is_repeating: bool,
    /// Something could be opened.
    has_input: bool,
}

/// Letters that stand for a format each, as `-t` would be told.
const SHORT: [(u8, &[u8]); 10] = [
    (b'a', b"a"),
    (b'b', b"o1"),
    (b'c', b"c"),
    (b'd', b"u2"),
    (b'f', b"fF"),
    (b'i', b"dI"),
    (b'l', b"dL"),
    (b'o', b"o2"),
    (b's', b"d2"),
    (b'x', b"x2"),
];

pub(super) fn od(mut words: Words) -> Made {
    const KNOWN: Known = Known::letters("A:t:j:N:w:E:vabcdfilosx").names(&[
        ("address-radix", b'A'),
        ("format", b't'),
        ("skip-bytes", b'j'),
        ("read-bytes", b'N'),
        ("width", b'w'),
        ("endian", b'E'),
        ("output-duplicates", b'v'),
    ]);
    usual_width(&mut words);
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
    let mut formats = Vec::new();
    for (letter, value) in options.given() {
        let short = SHORT.iter().find(|(it, _)| it == letter).map(|(_, format)| *format);
        if let Some(text) = short.or((*letter == b't').then_some(value.as_slice())) {
            read_formats(text, &mut formats)?;
        }
    }
    if formats.is_empty() {
        formats.push(number_format(Base::Octal, 2));
    }
    let count = |letter: u8| {
        let value = options.value(letter);
        let wrong = |it: &[u8]| Usage::plain(text!["invalid -", [letter], " argument ", quoted(it)], 1);
        value.map(|it| amount(it).ok_or_else(|| wrong(it))).transpose()
    };
    let unit = formats.iter().map(|it| it.bytes).max().unwrap_or(1);
    let line_bytes = usize::try_from(count(b'w')?.unwrap_or(LINE_BYTES as u64).clamp(1, LINE_BYTES_MAX));
    let line_bytes = line_bytes.unwrap_or(LINE_BYTES).next_multiple_of(unit);
    align(&mut formats, line_bytes);
    let to_skip = count(b'j')?.unwrap_or(0);
    let od = Od {
        formats,
        addresses,
        shows_repeats: options.has(b'v'),
        big_endian: options.value(b'E') == Some(b"big"),
        line_bytes,
        to_skip,
        left: count(b'N')?.unwrap_or(u64::MAX),
        offset: to_skip,
        line: Vec::new(),
        last: Vec::new(),
        is_repeating: false,
        has_input: false,
    };
    filter(words.name, options.operands, od)
}

/// `-w` alone is `-w32`.
fn usual_width(words: &mut Words) {
    let alone = |it: &&mut Vec<u8>| it.as_slice() == b"-w" || it.as_slice() == b"--width";
    words
        .arguments
        .iter_mut()
        .filter(alone)
        .for_each(|it| *it = b"-w32".to_vec());
}

/// A number of bytes, as this tool reads it: also in octal and hexadecimal.
fn amount(text: &[u8]) -> Option<u64> {
    let in_base = |digits: &[u8], base| u64::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok();
    match text {
        [b'0', b'x' | b'X', digits @ ..] => in_base(digits, 16),
        [b'0', digits @ ..] if !digits.is_empty() => in_base(digits, 8),
        _ => size(text),
    }
}

/// Reads what `-t` was told: one format, or several in a row.
fn read_formats(text: &[u8], formats: &mut Vec<Format>) -> Result<(), Usage> {
    let mut rest = text;
    while let Some((kind, after)) = rest.split_first() {
        let (mut format, after) = match kind {
            b'a' => (plain_format(Kind::Names), after),
            b'c' => (plain_format(Kind::Characters), after),
            b'd' | b'o' | b'u' | b'x' => {
                let (bytes, after) = unit(after, text, &[(b'C', 1), (b'S', 2), (b'I', 4), (b'L', 8)])?;
                (number_format(base(*kind), bytes.unwrap_or(4)), after)
            }
            b'f' => {
                let (bytes, after) = unit(after, text, &[(b'F', 4), (b'D', 8)])?;
                (float_format(bytes.unwrap_or(8)), after)
            }
            other => {
                let what = text!["invalid character '", [*other], "' in type string ", quoted(text)];
                return Err(Usage::plain(what, 1));
            }
        };
        format.has_text = after.first() == Some(&b'z');
        rest = &after[usize::from(format.has_text)..];
        formats.push(format);
    }
    Ok(())
}

/// The size of a unit, as a letter or in digits.
fn unit<'t>(text: &'t [u8], whole: &[u8], letters: &[(u8, usize)]) -> Result<(Option<usize>, &'t [u8]), Usage> {
    if let Some((_, bytes)) = letters.iter().find(|(it, _)| text.first() == Some(it)) {
        return Ok((Some(*bytes), &text[1..]));
    }
    let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
    let bytes = size(&text[..digits]).and_then(|it| usize::try_from(it).ok());
    match bytes {
        None => Ok((None, text)),
        Some(bytes) if letters.iter().any(|(_, it)| *it == bytes) => Ok((Some(bytes), &text[digits..])),
        Some(bytes) => {
            let kind = if letters.len() == 2 {
                "floating-point"
            } else {
                "integral"
            };
            let what = text![
                "invalid type string ",
                quoted(whole),
                ";\nthis system doesn't provide a "
            ];
            let what = text![what, bytes.to_string(), "-byte ", kind, " type"];
            Err(Usage::plain(what, 1))
        }
    }
}

fn base(kind: u8) -> Base {
    match kind {
        b'd' => Base::Signed,
        b'o' => Base::Octal,
        b'u' => Base::Unsigned,
        _ => Base::Hex,
    }
}

fn plain_format(kind: Kind) -> Format {
    let (bytes, width, has_text) = (1, 3, false);
    Format {
        kind,
        bytes,
        width,
        has_text,
    }
}

fn float_format(bytes: usize) -> Format {
    let width = if bytes == 4 { 15 } else { 24 };
    let (kind, has_text) = (Kind::Float, false);
    Format {
        kind,
        bytes,
        width,
        has_text,
    }
}

fn number_format(base: Base, bytes: usize) -> Format {
    let width = match base {
        Base::Hex => bytes * 2,
        Base::Octal => (bytes * 8).div_ceil(3),
        Base::Unsigned => [3, 5, 10, 20][bytes.ilog2() as usize],
        Base::Signed => [4, 6, 11, 20][bytes.ilog2() as usize],
    };
    let (kind, has_text) = (Kind::Number(base), false);
    Format {
        kind,
        bytes,
        width,
        has_text,
    }
}

/// Makes the columns of several formats stand below each other.
fn align(formats: &mut [Format], line_bytes: usize) {
    let of_line = |it: &Format| line_bytes / it.bytes * (it.width + 1);
    let widest = formats.iter().map(of_line).max().unwrap_or(0);
    for format in formats {
        format.width = widest / (line_bytes / format.bytes) - 1;
    }
}

impl Filter for Od {
    fn cost(&self) -> usize {
        16
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        let passed = bytes.len().min(usize::try_from(self.to_skip).unwrap_or(usize::MAX));
        self.to_skip -= passed as u64;
        let mut rest = &bytes[passed..];
        rest = &rest[..rest.len().min(usize::try_from(self.left).unwrap_or(usize::MAX))];
        self.left -= rest.len() as u64;
        while self.line.len() + rest.len() >= self.line_bytes {
            let (head, tail) = rest.split_at(self.line_bytes - self.line.len());
            self.line.extend_from_slice(head);
            rest = tail;
            self.put_line(out);
        }
        self.line.extend_from_slice(rest);
        if self.left == 0 { Flow::Enough } else { Flow::More }
    }

    fn begin(&mut self, _: &[u8], _: &mut Output) {
        self.has_input = true;
    }

    fn finish(&mut self, out: &mut Output) {
        if !self.line.is_empty() {
            self.put_line(out);
        }
        if let Some(base) = self.addresses.filter(|_| self.has_input && self.to_skip == 0) {
            out.print(&text![address(base, self.offset), "\n"]);
        }
    }

    fn final_complaint(&self) -> Option<Vec<u8>> {
        (self.has_input && self.to_skip > 0).then(|| b"cannot skip past end of combined input".to_vec())
    }

    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text![quoted_if_needed(name), ": read error: ", why]
    }
}

impl Od {
    fn put_line(&mut self, out: &mut Output) {
        let line = std::mem::take(&mut self.line);
        let is_repeat = !self.shows_repeats && line.len() == self.line_bytes && line == self.last;
        if !is_repeat {
            for (index, format) in self.formats.iter().enumerate() {
                let start = match (self.addresses, index) {
                    (None, _) => String::new(),
                    (Some(base), 0) => address(base, self.offset),
                    (Some(base), _) => " ".repeat(address(base, self.offset).len()),
                };
                out.print(&text![start, self.shown(format, &line), "\n"]);
            }
        } else if !self.is_repeating {
            out.print(b"*\n");
        }
        self.is_repeating = is_repeat;
        self.offset += line.len() as u64;
        self.last = line;
    }

    fn shown(&self, format: &Format, line: &[u8]) -> String {
        let width = format.width;
        let unit = |bytes: &[u8]| format!(" {:>width$}", self.unit(format, bytes));
        let units: String = line.chunks(format.bytes).map(unit).collect();
        if !format.has_text {
            return units;
        }
        let columns = self.line_bytes / format.bytes * (width + 1);
        let character = |byte: &u8| char::from(if matches!(byte, b' '..=b'~') { *byte } else { b'.' });
        let text: String = line.iter().map(character).collect();
        format!("{units:columns$}  >{text}<")
    }

    fn unit(&self, format: &Format, bytes: &[u8]) -> String {
        let mut whole = [0; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        if self.big_endian {
            whole[..format.bytes].reverse();
        }
        let value = u64::from_le_bytes(whole);
        match format.kind {
            Kind::Characters => character(bytes[0]),
            Kind::Names => name(bytes[0]),
            Kind::Number(base) => number(value, format.bytes, base),
            Kind::Float if format.bytes == 4 => shortest(f64::from(f32::from_bits(value as u32)), true),
            Kind::Float => shortest(f64::from_bits(value), false),
        }
    }
}

fn address(base: Base, offset: u64) -> String {
    match base {
        Base::Hex => format!("{offset:06x}"),
        Base::Octal => format!("{offset:07o}"),
        Base::Unsigned | Base::Signed => format!("{offset:07}"),
    }
}

fn number(value: u64, bytes: usize, base: Base) -> String {
    let (hex, octal) = (bytes * 2, (bytes * 8).div_ceil(3));
    match base {
        Base::Hex => format!("{value:0hex$x}"),
        Base::Octal => format!("{value:0octal$o}"),
        Base::Unsigned => value.to_string(),
        Base::Signed => {
            let unused = 64 - 8 * bytes as u32;
            (((value << unused) as i64) >> unused).to_string()
        }
    }
}

/// As few digits as tell the number apart from its neighbours.
fn shortest(value: f64, is_single: bool) -> String {
    if !value.is_finite() {
        let word = if value.is_nan() { "nan" } else { "inf" };
        return if value.is_sign_negative() {
            format!("-{word}")
        } else {
            word.to_owned()
        };
    }
    let same = |text: &str| match is_single {
        true => text.parse().is_ok_and(|it: f32| f64::from(it) == value.abs()),
        false => text.parse().is_ok_and(|it: f64| it == value.abs()),
    };
    let digits = (1..=17)
        .map(|precision| general(value.abs(), precision))
        .find(|it| same(it));
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", digits.unwrap_or_default())
}

/// What a character is called in ASCII; the highest bit does not count.
fn name(byte: u8) -> String {
    const NAMES: [&str; 33] = [
        "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si", "dle",
        "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", "sp",
    ];
    match byte & 0x7f {
        0x7f => "del".to_owned(),
        low => NAMES
            .get(usize::from(low))
            .map_or_else(|| char::from(low).to_string(), |it| (*it).to_owned()),
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
