//! sort.

use super::filter::{Filter, Flow, filter};
use super::options::Known;
use super::output::Output;
use super::quote::quoted_if_needed;
use super::{Made, Words, text};

/// Bytes that are sorted; what comes after them is dropped.
const SORTED_BYTES_MAX: usize = 4 << 20;

/// Sorts lines by their bytes, or by the numbers they begin with.
#[derive(Clone, Debug)]
struct Sort {
    by_number: bool,
    reverse: bool,
    once: bool,
    bytes: Vec<u8>,
}

pub(super) fn sort(words: Words) -> Made {
    const KNOWN: Known = Known::letters("nru")
        .names(&[("numeric-sort", b'n'), ("reverse", b'r'), ("unique", b'u')])
        .wrong(2);
    let options = words.options(KNOWN)?;
    let [by_number, reverse, once] = [b'n', b'r', b'u'].map(|it| options.has(it));
    filter(
        words.name,
        options.operands,
        Sort {
            by_number,
            reverse,
            once,
            bytes: Vec::new(),
        },
    )
}

impl Filter for Sort {
    fn cost(&self) -> usize {
        16
    }

    fn feed(&mut self, bytes: &[u8], _: &mut Output) -> Flow {
        let room = SORTED_BYTES_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Flow::More
    }

    fn end(&mut self, _: &[u8], _: &mut Output) {
        // A last line without its end does not run into the next input.
        if self.bytes.last().is_some_and(|it| *it != b'\n') {
            self.bytes.push(b'\n');
        }
    }

    fn finish(&mut self, out: &mut Output) {
        let mut lines: Vec<&[u8]> = self.bytes.split_inclusive(|it| *it == b'\n').collect();
        if self.by_number {
            lines.sort_by(|a, b| leading_number(a).total_cmp(&leading_number(b)).then_with(|| a.cmp(b)));
        } else {
            lines.sort_unstable();
        }
        if self.reverse {
            lines.reverse();
        }
        if self.once {
            let by_number = self.by_number;
            lines.dedup_by(|a, b| {
                if by_number {
                    leading_number(a) == leading_number(b)
                } else {
                    a == b
                }
            });
        }
        out.print(&lines.concat());
    }

    fn memory_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn cannot_open(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["cannot read: ", quoted_if_needed(name), ": ", why]
    }

    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["read failed: ", quoted_if_needed(name), ": ", why]
    }

    fn failure(&self) -> (u8, bool) {
        (2, true)
    }
}

fn leading_number(line: &[u8]) -> f64 {
    let text = line.trim_ascii_start();
    let is_part = |(at, it): &(usize, &u8)| it.is_ascii_digit() || **it == b'.' || (*at == 0 && **it == b'-');
    let len = text.iter().enumerate().take_while(is_part).count();
    let number = std::str::from_utf8(&text[..len]).unwrap_or_default();
    number.parse().unwrap_or(0.0)
}
