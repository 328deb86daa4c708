//! tr.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Usage};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};

/// Translates, deletes and squeezes characters.
#[derive(Clone, Debug)]
struct Tr {
    /// What each byte becomes; none is deleted.
    map: Vec<Option<u8>>,
    /// Bytes of which only one is kept of several in a row.
    squeezed: Vec<bool>,
    last: Option<u8>,
}

pub(super) fn tr(words: Words) -> Made {
    const KNOWN: Known = Known::letters("cCds")
        .names(&[("delete", b'd'), ("complement", b'c'), ("squeeze-repeats", b's')])
        .operands_end_options();
    let options = words.options(KNOWN)?;
    let (deletes, squeezes) = (options.has(b'd'), options.has(b's'));
    let sets = options.operands.iter().map(|it| set(it)).collect::<Option<Vec<_>>>();
    let sets = sets.ok_or_else(|| Usage::plain(b"invalid character set".to_vec(), 1))?;
    let (first, second) = match sets.as_slice() {
        [] => return Err(words.missing_operand(1)),
        [_] if !deletes && !squeezes => {
            let what = text!["missing operand after ", quoted(&options.operands[0])];
            let what = text![what, "\nTwo strings must be given when translating."];
            return Err(Usage::new(&words.name, &what, 1));
        }
        [first] => (first.clone(), None),
        [first, second, ..] => (first.clone(), Some(second.clone())),
    };
    let first = if options.has(b'c') || options.has(b'C') {
        complement(&first)
    } else {
        first
    };
    let filtered = Tr::new(&first, second.as_deref(), deletes, squeezes);
    filter(words.name, Vec::new(), filtered)
}

impl Tr {
    fn new(first: &[u8], second: Option<&[u8]>, deletes: bool, squeezes: bool) -> Tr {
        let mut map: Vec<Option<u8>> = (0..=u8::MAX).map(Some).collect();
        for (index, byte) in first.iter().enumerate() {
            map[usize::from(*byte)] = match (deletes, second) {
                (true, _) => None,
                // A second set that is too short goes on with its last character.
                (false, Some(second)) => second.get(index).or(second.last()).copied().or(Some(*byte)),
                (false, None) => Some(*byte),
            };
        }
        let mut squeezed = vec![false; 256];
        if squeezes {
            second
                .unwrap_or(first)
                .iter()
                .for_each(|byte| squeezed[usize::from(*byte)] = true);
        }
        Tr {
            map,
            squeezed,
            last: None,
        }
    }
}

impl Filter for Tr {
    fn cost(&self) -> usize {
        1
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        let mut translated = Vec::with_capacity(bytes.len());
        for byte in bytes.iter().filter_map(|it| self.map[usize::from(*it)]) {
            if self.last != Some(byte) || !self.squeezed[usize::from(byte)] {
                translated.push(byte);
            }
            self.last = Some(byte);
        }
        out.print(&translated);
        Flow::More
    }
}

fn complement(set: &[u8]) -> Vec<u8> {
    (0..=u8::MAX).filter(|it| !set.contains(it)).collect()
}

/// The characters of a set: single ones, `\n` and the like, ranges and classes.
fn set(text: &[u8]) -> Option<Vec<u8>> {
    let mut set = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((class, after)) = class(rest) {
            set.extend(class);
            rest = after;
            continue;
        }
        let (from, after) = character(rest)?;
        rest = after;
        match rest {
            [b'-', range_end @ ..] if !range_end.is_empty() => {
                let (to, after) = character(range_end)?;
                set.extend((from <= to).then_some(from..=to)?);
                rest = after;
            }
            _ => set.push(from),
        }
    }
    Some(set)
}

fn class(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let rest = text.strip_prefix(b"[:")?;
    let end = rest.windows(2).position(|it| it == b":]")?;
    let is_in = super::class(&rest[..end])?;
    Some(((0..=u8::MAX).filter(is_in).collect(), &rest[end + 2..]))
}

fn character(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = text.split_first()?;
    if *first != b'\\' {
        return Some((*first, rest));
    }
    let Some((escaped, after)) = rest.split_first() else {
        return Some((b'\\', rest));
    };
    if (b'0'..=b'7').contains(escaped) {
        let digits = rest.iter().take(3).take_while(|it| (b'0'..=b'7').contains(it)).count();
        let value = rest[..digits]
            .iter()
            .fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
        return Some((value as u8, &rest[digits..]));
    }
    let byte = match escaped {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        other => *other,
    };
    Some((byte, after))
}
