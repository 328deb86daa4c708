//! tail.

use super::filter::{Filter, Flow, filter};
use super::head::{title, usual_lines};
use super::options::{Known, Usage, size};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};

/// Bytes of an input that are remembered while looking for its end.
const REMEMBERED_BYTES_MAX: usize = 4 << 20;

/// The last lines or bytes of each input, or what comes after the first.
#[derive(Clone, Debug)]
struct Tail {
    counts_bytes: bool,
    from_start: bool,
    count: u64,
    /// Units still to be skipped.
    skip: u64,
    remembered: Vec<u8>,
    titles: bool,
    is_first: bool,
}

pub(super) fn tail(mut words: Words) -> Made {
    obsolete_count(&mut words);
    const KNOWN: Known = Known::letters("n:c:qv").names(&[("lines", b'n'), ("bytes", b'c'), ("quiet", b'q')]);
    let options = words.options(KNOWN)?;
    let usual = usual_lines().to_string().into_bytes();
    let (counts_bytes, value) = match (options.value(b'c'), options.value(b'n')) {
        (Some(bytes), _) => (true, bytes),
        (None, Some(lines)) => (false, lines),
        (None, None) => (false, usual.as_slice()),
    };
    let kind = if counts_bytes { "bytes" } else { "lines" };
    let (from_start, digits) = match value {
        [b'+', digits @ ..] => (true, digits),
        [b'-', digits @ ..] | digits => (false, digits),
    };
    let count = size(digits).ok_or_else(|| Usage::plain(text!["invalid number of ", kind, ": ", quoted(value)], 1))?;
    let titles = (options.operands.len() > 1 || options.has(b'v')) && !options.has(b'q');
    let tail = Tail {
        counts_bytes,
        from_start,
        count,
        skip: 0,
        remembered: Vec::new(),
        titles,
        is_first: true,
    };
    filter(words.name, options.operands, tail)
}

/// `-5` is `-n 5`, `+5` is `-n +5`.
fn obsolete_count(words: &mut Words) {
    if let Some([sign @ (b'-' | b'+'), digits @ ..]) = words.arguments.first().map(Vec::as_slice)
        && !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
    {
        words.arguments[0] = text!["-n", [*sign], digits];
    }
}

impl Filter for Tail {
    fn begin(&mut self, name: &[u8], out: &mut Output) {
        self.skip = self.count.saturating_sub(1);
        if self.titles {
            out.print(&title(name, std::mem::replace(&mut self.is_first, false)));
        }
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        if self.from_start {
            let skipped = self.skip_units(bytes);
            out.print(&bytes[skipped..]);
            return Flow::More;
        }
        self.remembered.extend_from_slice(bytes);
        // Cut now and then, so that it costs no more than reading does.
        if self.remembered.len() > 2 * REMEMBERED_BYTES_MAX {
            self.remembered.drain(..self.remembered.len() - REMEMBERED_BYTES_MAX);
        }
        Flow::More
    }

    fn end(&mut self, _: &[u8], out: &mut Output) {
        let remembered = std::mem::take(&mut self.remembered);
        out.print(&remembered[self.start_of_tail(&remembered)..]);
    }

    fn memory_bytes(&self) -> usize {
        self.remembered.len()
    }

    fn cannot_open(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["cannot open ", quoted(name), " for reading: ", why]
    }

    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text!["error reading ", quoted(name), ": ", why]
    }
}

impl Tail {
    fn skip_units(&mut self, bytes: &[u8]) -> usize {
        if self.counts_bytes {
            let skipped = usize::try_from(self.skip).map_or(bytes.len(), |skip| skip.min(bytes.len()));
            self.skip -= skipped as u64;
            return skipped;
        }
        let mut skipped = 0;
        for line in bytes.split_inclusive(|it| *it == b'\n') {
            if self.skip == 0 {
                break;
            }
            skipped += line.len();
            self.skip -= u64::from(line.ends_with(b"\n"));
        }
        skipped
    }

    fn start_of_tail(&self, bytes: &[u8]) -> usize {
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        if self.counts_bytes || count == 0 {
            return bytes.len().saturating_sub(count);
        }
        // The line feed that ends the last line does not begin another.
        let inner = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut feeds = inner.iter().enumerate().rev().filter(|(_, it)| **it == b'\n');
        feeds.nth(count - 1).map_or(0, |(at, _)| at + 1)
    }
}
