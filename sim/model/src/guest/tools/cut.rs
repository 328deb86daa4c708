//! cut.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Usage};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};
use std::ops::RangeInclusive;

/// Bytes of a line that is still without its end; what comes after them is dropped.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Places from 1 on, both ends included.
type Ranges = Vec<RangeInclusive<usize>>;

/// Keeps some fields or bytes of each line.
#[derive(Clone, Debug)]
struct Cut {
    kept: Ranges,
    /// What stands between fields; none where bytes are kept.
    delimiter: Option<u8>,
    /// Lines without it are left out.
    only_delimited: bool,
    line: Vec<u8>,
}

pub(super) fn cut(words: Words) -> Made {
    const KNOWN: Known = Known::letters("b:c:f:d:s").names(&[
        ("bytes", b'b'),
        ("characters", b'c'),
        ("fields", b'f'),
        ("delimiter", b'd'),
        ("only-delimited", b's'),
    ]);
    let options = words.options(KNOWN)?;
    let wrong = |what: &[u8]| Usage::new(&words.name, what, 1);
    let bytes = options.value(b'b').or(options.value(b'c'));
    let (list, delimiter) = match (options.value(b'f'), bytes) {
        (Some(_), Some(_)) => return Err(wrong(b"only one list may be specified")),
        (Some(fields), None) => (fields, Some(options.value(b'd').unwrap_or(b"\t"))),
        (None, Some(bytes)) => (bytes, None),
        (None, None) => return Err(wrong(b"you must specify a list of bytes, characters, or fields")),
    };
    let delimiter = match delimiter {
        None => None,
        Some([one]) => Some(*one),
        Some(_) => return Err(wrong(b"the delimiter must be a single character")),
    };
    let cut = Cut {
        kept: ranges(list).map_err(|what| wrong(&what))?,
        delimiter,
        only_delimited: options.has(b's'),
        line: Vec::new(),
    };
    filter(words.name, options.operands, cut)
}

/// Reads a list such as `1,3-5,7-`.
fn ranges(list: &[u8]) -> Result<Ranges, Vec<u8>> {
    let parts = list.split(|it| matches!(it, b',' | b' '));
    parts.map(range).collect()
}

fn range(part: &[u8]) -> Result<RangeInclusive<usize>, Vec<u8>> {
    let text = std::str::from_utf8(part).unwrap_or_default();
    let place = |digits: &str| digits.parse::<usize>();
    let (from, to) = match text.split_once('-') {
        None => (place(text), place(text)),
        Some(("", "")) => return Err(b"invalid range with no endpoint: -".to_vec()),
        Some(("", to)) => (Ok(1), place(to)),
        Some((from, "")) => (place(from), Ok(usize::MAX)),
        Some((from, to)) => (place(from), place(to)),
    };
    match (from, to) {
        (Ok(0), _) => Err(b"fields are numbered from 1".to_vec()),
        (Ok(from), Ok(to)) if from <= to => Ok(from..=to),
        (Ok(_), Ok(_)) => Err(b"invalid decreasing range".to_vec()),
        _ => Err(text!["invalid field value ", quoted(part)]),
    }
}

impl Cut {
    fn keeps(&self, place: usize) -> bool {
        self.kept.iter().any(|it| it.contains(&place))
    }

    /// What is left of a line without its end; `None` if nothing is said of it.
    fn cut(&self, line: &[u8]) -> Option<Vec<u8>> {
        let numbered = |at: &usize| self.keeps(at + 1);
        let Some(delimiter) = self.delimiter else {
            return Some((0..line.len()).filter(numbered).map(|at| line[at]).collect());
        };
        if !line.contains(&delimiter) {
            return (!self.only_delimited).then(|| line.to_vec());
        }
        let fields = line.split(|it| *it == delimiter).enumerate();
        let kept: Vec<&[u8]> = fields.filter(|(at, _)| numbered(at)).map(|(_, it)| it).collect();
        Some(kept.join(&delimiter))
    }

    fn say(&self, line: &[u8], out: &mut Output) {
        if let Some(left) = self.cut(line) {
            out.print(&text![left, "\n"]);
        }
    }
}

impl Filter for Cut {
    fn cost(&self) -> usize {
        1 + self.kept.len()
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        for piece in bytes.split_inclusive(|it| *it == b'\n') {
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
            match piece.strip_suffix(b"\n") {
                Some(end) => {
                    let mut line = std::mem::take(&mut self.line);
                    line.extend_from_slice(&end[..end.len().min(room)]);
                    self.say(&line, out);
                }
                None => self.line.extend_from_slice(&piece[..piece.len().min(room)]),
            }
        }
        Flow::More
    }

    fn end(&mut self, _: &[u8], out: &mut Output) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.say(&line, out);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.line.len()
    }
}
