//! head.

use super::filter::{Filter, Flow, STANDARD_INPUT, filter};
use super::options::{Known, Usage, size};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};

/// Lines shown unless it is told how many.
const LINES: u64 = 10;

/// The first lines or bytes of each input.
#[derive(Clone, Debug)]
struct Head {
    counts_bytes: bool,
    count: u64,
    left: u64,
    titles: bool,
    is_first: bool,
}

pub(super) fn head(mut words: Words) -> Made {
    obsolete_count(&mut words);
    const KNOWN: Known = Known::letters("n:c:qv").names(&[("lines", b'n'), ("bytes", b'c'), ("quiet", b'q')]);
    let options = words.options(KNOWN)?;
    let (counts_bytes, count) = match (options.value(b'c'), options.value(b'n')) {
        (Some(bytes), _) => (true, bytes),
        (None, Some(lines)) => (false, lines),
        (None, None) => (false, &b"10"[..]),
    };
    let kind = if counts_bytes { "bytes" } else { "lines" };
    let wrong = || Usage::plain(text!["invalid number of ", kind, ": ", quoted(count)], 1);
    let count = size(count).ok_or_else(wrong)?;
    let titles = (options.operands.len() > 1 || options.has(b'v')) && !options.has(b'q');
    let head = Head {
        counts_bytes,
        count,
        left: count,
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
        let taken = if self.counts_bytes {
            self.bytes(bytes)
        } else {
            self.lines(bytes)
        };
        out.print(&bytes[..taken]);
        if self.left == 0 { Flow::Enough } else { Flow::More }
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

    fn lines(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        for line in bytes.split_inclusive(|it| *it == b'\n') {
            if self.left == 0 {
                break;
            }
            taken += line.len();
            self.left -= u64::from(line.ends_with(b"\n"));
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
