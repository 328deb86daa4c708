//! head.

use super::filter::{Filter, Flow, STANDARD_INPUT, filter};
use super::options::{Known, Usage, size};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};
use std::collections::VecDeque;

/// Lines shown unless it is told how many.
const LINES: u64 = 10;

/// The first lines or bytes of each input.
#[derive(Clone, Debug)]
struct Head {
    counts_bytes: bool,
    count: u64,
    left: u64,
    /// How many of the last are left out; all others are shown.
    omitted: Option<u64>,
    /// What may be among those left out.
    kept: VecDeque<u8>,
    /// Lines that end in what is kept.
    kept_ends: u64,
    is_zero_ended: bool,
    titles: bool,
    is_first: bool,
}

pub(super) fn head(mut words: Words) -> Made {
    obsolete_count(&mut words);
    const KNOWN: Known = Known::letters("n:c:qvz").names(&[
        ("lines", b'n'),
        ("bytes", b'c'),
        ("quiet", b'q'),
        ("silent", b'q'),
        ("verbose", b'v'),
        ("zero-terminated", b'z'),
    ]);
    let options = words.options(KNOWN)?;
    let counted = options.given().iter().rev().find(|(it, _)| b"cn".contains(it));
    let (counts_bytes, count) = counted.map_or((false, &b"10"[..]), |(letter, count)| (*letter == b'c', count));
    let kind = if counts_bytes { "bytes" } else { "lines" };
    let (omits, digits) = match count {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let wrong = || Usage::plain(text!["invalid number of ", kind, ": ", quoted(digits)], 1);
    let count = size(digits).ok_or_else(wrong)?;
    let titles = (options.operands.len() > 1 || options.has(b'v')) && !options.has(b'q');
    let head = Head {
        counts_bytes,
        count,
        left: count,
        omitted: omits.then_some(count),
        kept: VecDeque::new(),
        kept_ends: 0,
        is_zero_ended: options.has(b'z'),
        titles,
        is_first: true,
    };
    filter(words.name, options.operands, head)
}

/// `-5` is `-n 5`.
fn obsolete_count(words: &mut Words) {
    if let Some([b'-', digits @ ..]) = words.arguments.first().map(Vec::as_slice)
        && !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
    {
        words.arguments[0] = text!["-n", digits];
    }
}

impl Filter for Head {
    fn begin(&mut self, name: &[u8], out: &mut Output) {
        self.left = self.count;
        if self.titles {
            out.print(&title(name, std::mem::replace(&mut self.is_first, false)));
        }
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        if let Some(omitted) = self.omitted {
            let end = self.line_end();
            self.kept.extend(bytes);
            self.kept_ends += bytes.iter().filter(|it| **it == end).count() as u64;
            self.show_all_but(omitted, out);
            return Flow::More;
        }
        let taken = if self.counts_bytes {
            self.bytes(bytes)
        } else {
            self.lines(bytes)
        };
        out.print(&bytes[..taken]);
        if self.left == 0 { Flow::Enough } else { Flow::More }
    }

    fn end(&mut self, _: &[u8], _: &mut Output) {
        self.kept.clear();
        self.kept_ends = 0;
    }

    fn memory_bytes(&self) -> usize {
        self.kept.len()
    }

    fn cannot_open(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["cannot open ", quoted(name), " for reading: ", why]
    }

    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["error reading ", quoted(name), ": ", why]
    }
}

impl Head {
    fn bytes(&mut self, bytes: &[u8]) -> usize {
        let taken = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.left -= taken as u64;
        taken
    }

    fn line_end(&self) -> u8 {
        if self.is_zero_ended { 0 } else { b'\n' }
    }

    /// Shows what cannot be among the last any more. A line that has begun is one.
    fn show_all_but(&mut self, omitted: u64, out: &mut Output) {
        let end = self.line_end();
        let shown = if self.counts_bytes {
            self.kept
                .len()
                .saturating_sub(usize::try_from(omitted).unwrap_or(usize::MAX))
        } else {
            let has_begun = self.kept.back().is_some_and(|it| *it != end);
            let lines = (self.kept_ends + u64::from(has_begun)).saturating_sub(omitted);
            self.kept_ends -= lines.min(self.kept_ends);
            let mut ends = self.kept.iter().enumerate().filter(|(_, it)| **it == end);
            match usize::try_from(lines) {
                Ok(lines @ 1..) => ends.nth(lines - 1).map_or(self.kept.len(), |(at, _)| at + 1),
                _ => 0,
            }
        };
        let shown: Vec<u8> = self.kept.drain(..shown).collect();
        out.print(&shown);
    }

    fn lines(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        let end = self.line_end();
        for line in bytes.split_inclusive(|it| *it == end) {
            if self.left == 0 {
                break;
            }
            taken += line.len();
            self.left -= u64::from(line.ends_with(&[end]));
        }
        taken
    }
}

/// What stands before an input where there are several.
pub(super) fn title(name: &[u8], is_first: bool) -> Vec<u8> {
    let shown = if name == STANDARD_INPUT {
        b"standard input"
    } else {
        name
    };
    text![if is_first { "" } else { "\n" }, "==> ", shown, " <==\n"]
}

/// How many lines are shown unless a tool is told how many.
pub(super) const fn usual_lines() -> u64 {
    LINES
}
