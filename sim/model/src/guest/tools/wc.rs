//! wc.

use super::filter::{Filter, Flow, STANDARD_INPUT, filter};
use super::options::Known;
use super::output::Output;
use super::{Call, Made, Words, text};
use crate::guest::fs::inode::Kind;
use std::collections::VecDeque;

/// Lines, words, bytes, and the length of the longest line.
type Counts = [u64; 4];

/// Columns from one stop of a tabulator to the next.
const TAB_COLUMNS: u64 = 8;

/// Counts of each input.
#[derive(Clone, Debug)]
struct Wc {
    shows: [bool; 4],
    columns: u64,
    width: usize,
    counts: Counts,
    total: Counts,
    in_word: bool,
    inputs: usize,
    has_names: bool,
}

pub(super) fn wc(words: Words) -> Made {
    const KNOWN: Known = Known::letters("lwcmL").names(&[
        ("lines", b'l'),
        ("words", b'w'),
        ("bytes", b'c'),
        ("chars", b'm'),
        ("max-line-length", b'L'),
    ]);
    let options = words.options(KNOWN)?;
    let mut shows = [
        options.has(b'l'),
        options.has(b'w'),
        options.has(b'c') || options.has(b'm'),
        options.has(b'L'),
    ];
    if shows == [false; 4] {
        shows = [true, true, true, false];
    }
    let has_names = !options.operands.is_empty();
    let shown = shows.iter().filter(|it| **it).count();
    // A single number is not padded.
    let width = usize::from(shown == 1 && options.operands.len() <= 1);
    let wc = Wc {
        shows,
        width,
        columns: 0,
        counts: [0; 4],
        total: [0; 4],
        in_word: false,
        inputs: 0,
        has_names,
    };
    filter(words.name, options.operands, wc)
}

/// The width of numbers where it cannot be told beforehand how large they get.
const WIDTH: usize = 7;

impl Filter for Wc {
    fn cost(&self) -> usize {
        1
    }

    fn prepare(&mut self, call: &mut Call<'_, '_>, inputs: &VecDeque<Vec<u8>>) {
        self.inputs = inputs.len();
        if self.width == 0 {
            self.width = width_for(call, inputs);
        }
    }

    fn feed(&mut self, bytes: &[u8], _: &mut Output) -> Flow {
        for byte in bytes {
            let is_space = matches!(byte, b' ' | b'\t'..=b'\r');
            self.counts[0] += u64::from(*byte == b'\n');
            self.counts[1] += u64::from(self.in_word && is_space);
            self.in_word = !is_space;
            self.columns = match byte {
                b'\n' | b'\r' | 12 => 0,
                b'\t' => (self.columns / TAB_COLUMNS + 1) * TAB_COLUMNS,
                b' '..=b'~' => self.columns + 1,
                _ => self.columns,
            };
            self.counts[3] = self.counts[3].max(self.columns);
        }
        self.counts[2] += bytes.len() as u64;
        Flow::More
    }

    fn end(&mut self, name: &[u8], out: &mut Output) {
        self.counts[1] += u64::from(std::mem::take(&mut self.in_word));
        let counts = std::mem::take(&mut self.counts);
        self.columns = 0;
        for (total, count) in self.total.iter_mut().zip(counts).take(3) {
            *total += count;
        }
        self.total[3] = self.total[3].max(counts[3]);
        let shown = if self.has_names || name != STANDARD_INPUT {
            name
        } else {
            b""
        };
        out.print(&self.line(counts, shown));
    }

    fn finish(&mut self, out: &mut Output) {
        if self.inputs > 1 {
            out.print(&self.line(self.total, b"total"));
        }
    }
}

/// As wide as the largest number can be.
fn width_for(call: &mut Call<'_, '_>, inputs: &VecDeque<Vec<u8>>) -> usize {
    let mut bytes = 0;
    for name in inputs {
        let stat = match name.as_slice() {
            STANDARD_INPUT => call.sys.stat_of(0),
            _ => call.sys.calls(|sys| sys.stat(name)).ok(),
        };
        match stat {
            Some(stat) if stat.kind == Kind::File => bytes += stat.size,
            Some(_) => return WIDTH,
            None if name == STANDARD_INPUT => return WIDTH,
            None => {}
        }
    }
    bytes.to_string().len()
}

impl Wc {
    fn line(&self, counts: Counts, name: &[u8]) -> Vec<u8> {
        let shown = counts.iter().zip(self.shows).filter(|(_, shows)| *shows);
        let columns: Vec<String> = shown
            .map(|(count, _)| format!("{count:>width$}", width = self.width))
            .collect();
        let gap = if name.is_empty() { "" } else { " " };
        text![columns.join(" "), gap, name, "\n"]
    }
}
