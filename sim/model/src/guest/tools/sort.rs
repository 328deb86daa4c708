//! sort.

mod compare;
mod key;

use std::cmp::Ordering;

use super::filter::{Filter, Flow, STANDARD_INPUT, filter};
use super::options::{Known, Options, Usage};
use super::output::Output;
use super::quote::quoted_if_needed;
use super::{Made, Words, text};
use compare::Ways;
use key::Key;

/// Bytes that are sorted; what comes after them is dropped.
const SORTED_BYTES_MAX: usize = 4 << 20;

/// Whether lines are only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Tells,
    IsQuiet,
}

/// Sorts lines.
#[derive(Clone, Debug)]
struct Sort {
    keys: Vec<Key>,
    /// How whole lines are compared, and keys that do not say it themselves.
    ways: Ways,
    separator: Option<u8>,
    /// Lines that are alike stay in their order.
    is_stable: bool,
    once: bool,
    check: Option<Check>,
    end: u8,
    output: Option<Vec<u8>>,
    bytes: Vec<u8>,
    /// The input that is read.
    name: Vec<u8>,
    is_disordered: bool,
    complaint: Option<Vec<u8>>,
}

pub(super) fn sort(words: Words) -> Made {
    const KNOWN: Known = Known::letters("bcCdfghik:mMno:rRst:uVz")
        .names(&[
            ("ignore-leading-blanks", b'b'),
            ("check", b'c'),
            ("dictionary-order", b'd'),
            ("ignore-case", b'f'),
            ("general-numeric-sort", b'g'),
            ("human-numeric-sort", b'h'),
            ("ignore-nonprinting", b'i'),
            ("key", b'k'),
            ("merge", b'm'),
            ("month-sort", b'M'),
            ("numeric-sort", b'n'),
            ("output", b'o'),
            ("reverse", b'r'),
            ("stable", b's'),
            ("field-separator", b't'),
            ("unique", b'u'),
            ("version-sort", b'V'),
            ("zero-terminated", b'z'),
        ])
        .wrong(2);
    let options = words.options(KNOWN)?;
    let mut ways = Ways::default();
    for (letter, _) in options.given() {
        // Other letters are no ways.
        let _ = ways.add(*letter);
    }
    let check = match (options.has(b'c'), options.has(b'C')) {
        (true, _) => Some(Check::Tells),
        (_, true) => Some(Check::IsQuiet),
        _ => None,
    };
    let sort = Sort {
        keys: keys(&options, ways)?,
        ways,
        separator: separator(&options)?,
        is_stable: options.has(b's'),
        once: options.has(b'u'),
        check,
        end: if options.has(b'z') { 0 } else { b'\n' },
        output: options.value(b'o').map(<[u8]>::to_vec).filter(|_| check.is_none()),
        bytes: Vec::new(),
        name: Vec::new(),
        is_disordered: false,
        complaint: None,
    };
    filter(words.name, options.operands, sort)
}

fn keys(options: &Options, ways: Ways) -> Result<Vec<Key>, Usage> {
    let given = options.given().iter().filter(|(letter, _)| *letter == b'k');
    given
        .map(|(_, text)| key::read(text, ways).map_err(|why| Usage::plain(why, 2)))
        .collect()
}

fn separator(options: &Options) -> Result<Option<u8>, Usage> {
    match options.value(b't') {
        None => Ok(None),
        Some(b"\\0") => Ok(Some(0)),
        Some(b"") => Err(Usage::plain(b"empty tab".to_vec(), 2)),
        Some([one]) => Ok(Some(*one)),
        Some(more) => Err(Usage::plain(
            text!["multi-character tab ", super::quote::quoted(more)],
            2,
        )),
    }
}

impl Filter for Sort {
    fn cost(&self) -> usize {
        if self.keys.is_empty() { 16 } else { 64 }
    }

    fn begin(&mut self, name: &[u8], _: &mut Output) {
        self.name = name.to_vec();
    }

    fn feed(&mut self, bytes: &[u8], _: &mut Output) -> Flow {
        let room = SORTED_BYTES_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Flow::More
    }

    fn end(&mut self, _: &[u8], _: &mut Output) {
        // A last line without its end does not run into the next input.
        if self.bytes.last().is_some_and(|it| *it != self.end) {
            self.bytes.push(self.end);
        }
    }

    fn finish(&mut self, out: &mut Output) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|it| *it == self.end).collect();
        lines.iter_mut().for_each(|it| *it = &it[..it.len() - 1]);
        if let Some(check) = self.check {
            return self.check(check, &lines);
        }
        lines.sort_by(|a, b| self.compared(a, b));
        if self.once {
            lines.dedup_by(|a, b| self.compared(a, b) == Ordering::Equal);
        }
        let mut sorted = Vec::with_capacity(bytes.len());
        for line in lines {
            sorted.extend_from_slice(line);
            sorted.push(self.end);
        }
        out.print(&sorted);
    }

    fn memory_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn output_file(&self) -> Option<&[u8]> {
        self.output.as_deref()
    }

    fn final_complaint(&self) -> Option<Vec<u8>> {
        self.complaint.clone()
    }

    fn status(&self) -> u8 {
        u8::from(self.is_disordered)
    }

    fn cannot_open(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["cannot read: ", quoted_if_needed(name), ": ", why]
    }

    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["read failed: ", quoted_if_needed(name), ": ", why]
    }

    fn failure(&self) -> (u8, bool) {
        if self.is_disordered { (1, false) } else { (2, true) }
    }
}

impl Sort {
    fn compared(&self, a: &[u8], b: &[u8]) -> Ordering {
        let of_keys = self.keys.iter().map(|key| key.compared(a, b, self.separator));
        let by_keys = match self.keys.is_empty() {
            true => self.ways.compared(a, b),
            false => of_keys.fold(Ordering::Equal, Ordering::then),
        };
        if self.is_stable || self.once {
            return by_keys;
        }
        by_keys.then_with(|| if self.ways.reverse { b.cmp(a) } else { a.cmp(b) })
    }

    /// Finds the first line that is not in its place.
    fn check(&mut self, check: Check, lines: &[&[u8]]) {
        let is_wrong = |pair: &&[&[u8]]| {
            let order = self.compared(pair[0], pair[1]);
            order == Ordering::Greater || self.once && order == Ordering::Equal
        };
        let wrong = lines.windows(2).enumerate().find(|(_, pair)| is_wrong(pair));
        let Some((at, pair)) = wrong else { return };
        self.is_disordered = true;
        if check == Check::Tells {
            let name = if self.name == STANDARD_INPUT {
                b"-"
            } else {
                self.name.as_slice()
            };
            let place = text![name, ":", (at + 2).to_string()];
            self.complaint = Some(text![place, ": disorder: ", pair[1]]);
        }
    }
}
