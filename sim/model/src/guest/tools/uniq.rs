//! uniq.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Usage, number};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};

/// The longest line that is compared; the rest of a longer one is taken for another.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Lines that follow each other and are the same, shown once.
#[derive(Clone, Debug)]
struct Uniq {
    counts: bool,
    /// Only lines that come several times, or only those that do not.
    only: Option<Only>,
    ignores_case: bool,
    fields: u64,
    characters: u64,
    compared: u64,
    end: u8,
    line: Vec<u8>,
    /// The first of the same lines, and how many there were.
    last: Option<(Vec<u8>, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    Repeated,
    Single,
    None,
}

pub(super) fn uniq(words: Words) -> Made {
    const KNOWN: Known = Known::letters("cduif:s:w:z").names(&[
        ("count", b'c'),
        ("repeated", b'd'),
        ("unique", b'u'),
        ("ignore-case", b'i'),
        ("skip-fields", b'f'),
        ("skip-chars", b's'),
        ("check-chars", b'w'),
        ("zero-terminated", b'z'),
    ]);
    let options = words.options(KNOWN)?;
    let count = |letter: u8, what: &str, usual: u64| {
        let value = options.value(letter);
        let wrong = |it: &[u8]| Usage::plain(text![it, ": invalid number of ", what], 1);
        value.map_or(Ok(usual), |it| number(it).ok_or_else(|| wrong(it)))
    };
    if let Some(extra) = options.operands.get(1) {
        return Err(Usage::new(&words.name, &text!["extra operand ", quoted(extra)], 1));
    }
    let uniq = Uniq {
        counts: options.has(b'c'),
        only: match (options.has(b'd'), options.has(b'u')) {
            (true, true) => Some(Only::None),
            (true, false) => Some(Only::Repeated),
            (false, true) => Some(Only::Single),
            (false, false) => None,
        },
        ignores_case: options.has(b'i'),
        fields: count(b'f', "fields to skip", 0)?,
        characters: count(b's', "bytes to skip", 0)?,
        compared: count(b'w', "bytes to compare", u64::MAX)?,
        end: if options.has(b'z') { 0 } else { b'\n' },
        line: Vec::new(),
        last: None,
    };
    filter(words.name, options.operands, uniq)
}

impl Filter for Uniq {
    fn cost(&self) -> usize {
        2
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        let end = self.end;
        for part in bytes.split_inclusive(|it| *it == end) {
            let (text, ends) = match part.strip_suffix(&[end]) {
                Some(text) => (text, true),
                None => (part, false),
            };
            self.line.extend_from_slice(text);
            if ends || self.line.len() > LINE_BYTES_MAX {
                self.take_line(out);
            }
        }
        Flow::More
    }

    fn finish(&mut self, out: &mut Output) {
        if !self.line.is_empty() {
            self.take_line(out);
        }
        if let Some((line, count)) = self.last.take() {
            self.show(&line, count, out);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.line.len() + self.last.as_ref().map_or(0, |(line, _)| line.len())
    }
}

impl Uniq {
    fn take_line(&mut self, out: &mut Output) {
        let line = std::mem::take(&mut self.line);
        match self.last.take() {
            Some((first, count)) if self.is_same(&first, &line) => self.last = Some((first, count + 1)),
            Some((first, count)) => {
                self.show(&first, count, out);
                self.last = Some((line, 1));
            }
            None => self.last = Some((line, 1)),
        }
    }

    fn is_same(&self, a: &[u8], b: &[u8]) -> bool {
        let (a, b) = (self.compared_part(a), self.compared_part(b));
        if self.ignores_case {
            a.eq_ignore_ascii_case(b)
        } else {
            a == b
        }
    }

    fn compared_part<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        let mut rest = line;
        for _ in 0..self.fields {
            if rest.is_empty() {
                break;
            }
            let blanks = rest.iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
            let field = rest[blanks..]
                .iter()
                .take_while(|it| !matches!(it, b' ' | b'\t'))
                .count();
            rest = &rest[blanks + field..];
        }
        let at_most = |count: u64, len: usize| usize::try_from(count).map_or(len, |it| it.min(len));
        rest = &rest[at_most(self.characters, rest.len())..];
        &rest[..at_most(self.compared, rest.len())]
    }

    fn show(&self, line: &[u8], count: u64, out: &mut Output) {
        let is_shown = match self.only {
            None => true,
            Some(Only::Repeated) => count > 1,
            Some(Only::Single) => count == 1,
            Some(Only::None) => false,
        };
        if is_shown {
            let count = if self.counts {
                format!("{count:7} ")
            } else {
                String::new()
            };
            out.print(&text![count, line, [self.end]]);
        }
    }
}
