//! grep, with basic regular expressions that have no groups.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Options, Usage};
use super::output::Output;
use super::{Made, Words, text};

/// The status of a call that is wrong.
const WRONG: u8 = 2;

/// Elements of an expression: each is a bit of its machine's state.
const ELEMENTS_MAX: usize = 127;

/// Shows the lines that an expression is found in.
#[derive(Clone, Debug)]
struct Grep {
    expression: Expression,
    shows: Shows,
    names: bool,
    numbers: bool,
    inverts: bool,
    name: Vec<u8>,
    line: Vec<u8>,
    number: u64,
    count: u64,
    found: bool,
}

/// What is shown of a line that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Line,
    /// Their number, at an input's end.
    Count,
    /// The input's name, once.
    Name,
    Nothing,
}

pub(super) fn grep(words: Words) -> Made {
    const KNOWN: Known = Known::letters("ce:EFGhHilnqsvx")
        .names(&[
            ("count", b'c'),
            ("regexp", b'e'),
            ("fixed-strings", b'F'),
            ("ignore-case", b'i'),
            ("files-with-matches", b'l'),
            ("line-number", b'n'),
            ("quiet", b'q'),
            ("invert-match", b'v'),
            ("line-regexp", b'x'),
        ])
        .wrong(WRONG);
    let mut options = words.options(KNOWN)?;
    let pattern = match options.value(b'e') {
        Some(pattern) => pattern.to_vec(),
        None if options.operands.is_empty() => {
            return Err(Usage::plain(b"no pattern was given".to_vec(), WRONG));
        }
        None => options.operands.remove(0),
    };
    let expression = Expression::new(&pattern, &options)
        .ok_or_else(|| Usage::plain(text!["this expression is not understood: ", pattern], WRONG))?;
    let grep = Grep {
        expression,
        shows: shows(&options),
        names: !options.has(b'h') && (options.has(b'H') || options.operands.len() > 1),
        numbers: options.has(b'n'),
        inverts: options.has(b'v'),
        name: Vec::new(),
        line: Vec::new(),
        number: 0,
        count: 0,
        found: false,
    };
    filter(words.name, options.operands, grep)
}

fn shows(options: &Options) -> Shows {
    match (options.has(b'q'), options.has(b'l'), options.has(b'c')) {
        (true, ..) => Shows::Nothing,
        (_, true, _) => Shows::Name,
        (_, _, true) => Shows::Count,
        _ => Shows::Line,
    }
}

impl Filter for Grep {
    fn begin(&mut self, name: &[u8], _: &mut Output) {
        self.name = match name {
            b"-" => b"(standard input)".to_vec(),
            name => name.to_vec(),
        };
        self.number = 0;
        self.count = 0;
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        for part in bytes.split_inclusive(|it| *it == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") && self.take_line(out) == Flow::Enough {
                return Flow::Enough;
            }
        }
        Flow::More
    }

    fn end(&mut self, _: &[u8], out: &mut Output) {
        if !self.line.is_empty() {
            self.line.push(b'\n');
            self.take_line(out);
        }
        if self.shows == Shows::Count {
            let count = self.count.to_string();
            self.show(&text![count, "\n"], out);
        }
    }

    fn status(&self) -> u8 {
        u8::from(!self.found)
    }

    fn failure(&self) -> (u8, bool) {
        (WRONG, false)
    }

    fn memory_bytes(&self) -> usize {
        self.line.len()
    }
}

impl Grep {
    fn take_line(&mut self, out: &mut Output) -> Flow {
        let line = std::mem::take(&mut self.line);
        self.number += 1;
        if self.expression.is_in(&line[..line.len() - 1]) == self.inverts {
            return Flow::More;
        }
        self.found = true;
        self.count += 1;
        match self.shows {
            Shows::Line if self.numbers => self.show(&text![self.number.to_string(), ":", line], out),
            Shows::Line => self.show(&line, out),
            Shows::Name => out.print(&text![self.name, "\n"]),
            Shows::Count | Shows::Nothing => {}
        }
        match self.shows {
            Shows::Line | Shows::Count => Flow::More,
            Shows::Name | Shows::Nothing => Flow::Enough,
        }
    }

    fn show(&self, bytes: &[u8], out: &mut Output) {
        if self.names {
            out.print(&text![self.name, ":"]);
        }
        out.print(bytes);
    }
}

/// An expression as a row of elements. Its state is a set of places between them,
/// one bit each, so that no expression takes long.
#[derive(Clone, Debug)]
struct Expression {
    elements: Vec<Element>,
    at_start: bool,
    at_end: bool,
    ignores_case: bool,
}

/// One of these bytes, or any number of them.
#[derive(Clone, Debug)]
struct Element {
    bytes: Box<[bool; 256]>,
    repeats: bool,
}

impl Expression {
    /// Nothing if there is something in it that is not known here.
    fn new(pattern: &[u8], options: &Options) -> Option<Expression> {
        let (literal, extended) = (options.has(b'F'), options.has(b'E'));
        let mut rest = pattern;
        let starts = !literal && rest.starts_with(b"^");
        rest = &rest[usize::from(starts)..];
        let ends = !literal && rest.ends_with(b"$") && !rest.ends_with(b"\\$");
        rest = &rest[..rest.len() - usize::from(ends)];
        let mut elements: Vec<Element> = Vec::new();
        while let Some((&first, after)) = rest.split_first() {
            rest = after;
            if !literal && first == b'*' && !elements.is_empty() {
                elements.last_mut()?.repeats = true;
                continue;
            }
            let bytes = match first {
                _ if literal => only(first),
                b'.' => Box::new([true; 256]),
                b'[' => set(&mut rest)?,
                b'\\' => escaped(&mut rest)?,
                b'(' | b')' | b'|' | b'+' | b'?' | b'{' if extended => return None,
                byte => only(byte),
            };
            elements.push(Element { bytes, repeats: false });
        }
        (elements.len() <= ELEMENTS_MAX).then(|| Expression {
            elements,
            at_start: starts || options.has(b'x'),
            at_end: ends || options.has(b'x'),
            ignores_case: options.has(b'i'),
        })
    }

    fn is_in(&self, line: &[u8]) -> bool {
        let last = 1_u128 << self.elements.len();
        let mut state = self.skipped(1);
        for byte in line {
            if state & last != 0 && !self.at_end {
                return true;
            }
            state = self.skipped(self.step(state, *byte) | u128::from(!self.at_start));
        }
        state & last != 0
    }

    /// The places reached by a byte.
    fn step(&self, state: u128, byte: u8) -> u128 {
        let places = self.elements.iter().enumerate();
        let taken = places.filter(|(at, element)| state >> at & 1 == 1 && self.takes(element, byte));
        taken.fold(0, |next, (at, element)| {
            next | 1 << (at + usize::from(!element.repeats))
        })
    }

    /// Those too that are reached past what may be missing.
    fn skipped(&self, mut state: u128) -> u128 {
        for (at, element) in self.elements.iter().enumerate() {
            if element.repeats && state >> at & 1 == 1 {
                state |= 1 << (at + 1);
            }
        }
        state
    }

    fn takes(&self, element: &Element, byte: u8) -> bool {
        let has = |byte: u8| element.bytes[usize::from(byte)];
        has(byte) || self.ignores_case && (has(byte.to_ascii_lowercase()) || has(byte.to_ascii_uppercase()))
    }
}

fn only(byte: u8) -> Box<[bool; 256]> {
    let mut bytes = Box::new([false; 256]);
    bytes[usize::from(byte)] = true;
    bytes
}

/// A sign that means itself; groups and back references are not known.
fn escaped(rest: &mut &[u8]) -> Option<Box<[bool; 256]>> {
    let (&byte, after) = rest.split_first()?;
    *rest = after;
    (!byte.is_ascii_alphanumeric() && !b"(){}|+?<>".contains(&byte)).then(|| only(byte))
}

/// What stands between brackets.
fn set(rest: &mut &[u8]) -> Option<Box<[bool; 256]>> {
    let negated = rest.starts_with(b"^");
    let inside = &rest[usize::from(negated)..];
    let end = 1 + inside.get(1..)?.iter().position(|it| *it == b']')?;
    let (mut members, after) = (&inside[..end], &inside[end + 1..]);
    if members.starts_with(b"[") && members.len() > 1 {
        // A class such as [:digit:].
        return None;
    }
    let mut bytes = Box::new([negated; 256]);
    while let Some(&first) = members.first() {
        let (last, taken) = match members {
            [_, b'-', last, ..] => (*last, 3),
            _ => (first, 1),
        };
        (first..=last).for_each(|it| bytes[usize::from(it)] = !negated);
        members = &members[taken..];
    }
    *rest = after;
    Some(bytes)
}
