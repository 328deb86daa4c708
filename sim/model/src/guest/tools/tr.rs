//! tr.

use super::filter::{Filter, Flow, filter};
use super::options::{Known, Usage};
use super::output::Output;
use super::quote::quoted;
use super::{Made, Words, text};

/// A character of a set is repeated as often at most.
const REPEATS_MAX: usize = 256;

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
    const KNOWN: Known = Known::letters("cCdst")
        .names(&[
            ("delete", b'd'),
            ("complement", b'c'),
            ("squeeze-repeats", b's'),
            ("truncate-set1", b't'),
        ])
        .operands_end_options();
    let options = words.options(KNOWN)?;
    let (deletes, squeezes) = (options.has(b'd'), options.has(b's'));
    // A second set has a meaning unless characters are only deleted or only squeezed.
    let wanted = if deletes == squeezes { 2 } else { 1 };
    let most = if deletes && !squeezes { 1 } else { 2 };
    if let Some(extra) = options.operands.get(most) {
        let mut what = text!["extra operand ", quoted(extra)];
        if most == 1 {
            what.extend_from_slice(b"\nOnly one string may be given when deleting without squeezing repeats.");
        }
        return Err(Usage::new(&words.name, &what, 1));
    }
    let sets = options.operands.iter().map(|it| set(it));
    let mut sets = sets
        .collect::<Result<Vec<_>, _>>()
        .map_err(|why| Usage::plain(why, 1))?;
    if let [first, second] = sets.as_mut_slice() {
        let wants_same = !(deletes || squeezes && second.chars.is_empty());
        let len = if options.has(b'c') || options.has(b'C') {
            256
        } else {
            first.chars.len()
        };
        second.fill(if wants_same { len } else { 0 });
        if options.has(b't') && !deletes {
            first.chars.truncate(second.chars.len());
        } else if wants_same && second.chars.is_empty() && !first.chars.is_empty() {
            let what = b"when not truncating set1, string2 must be non-empty";
            return Err(Usage::plain(what.to_vec(), 1));
        }
    }
    let sets: Vec<Vec<u8>> = sets.into_iter().map(|it| it.chars).collect();
    let (first, second) = match sets.as_slice() {
        [] => return Err(words.missing_operand(1)),
        [_] if wanted == 2 => {
            let what = text!["missing operand after ", quoted(&options.operands[0])];
            let why = match squeezes {
                true => "Two strings must be given when both deleting and squeezing repeats.",
                false => "Two strings must be given when translating.",
            };
            return Err(Usage::new(&words.name, &text![what, "\n", why], 1));
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

/// The characters of a set.
#[derive(Clone, Debug, Default)]
struct Set {
    chars: Vec<u8>,
    /// A character that is repeated until the set is long enough, and where.
    filler: Option<(usize, u8)>,
}

impl Set {
    /// Makes the set so long by its repeated character.
    fn fill(&mut self, len: usize) {
        if let Some((at, byte)) = self.filler {
            let count = len.saturating_sub(self.chars.len());
            self.chars.splice(at..at, std::iter::repeat_n(byte, count));
        }
    }
}

/// Reads a set: single characters, `\n` and the like, ranges, classes and repeats.
fn set(text: &[u8]) -> Result<Set, Vec<u8>> {
    let mut set = Set::default();
    let mut rest = text;
    while let Some((from, after)) = character(rest) {
        if let Some((class, after)) = class(rest)? {
            set.chars.extend(class);
            rest = after;
        } else if let Some((byte, count, after)) = repeat(rest) {
            match count {
                0 => set.filler = Some((set.chars.len(), byte)),
                count => set.chars.extend(std::iter::repeat_n(byte, count)),
            }
            rest = after;
        } else if let Some((to, after)) = after.strip_prefix(b"-").and_then(character) {
            if from > to {
                let range = [range_end(from), b"-".to_vec(), range_end(to)].concat();
                let why = "' are in reverse collating sequence order";
                return Err(text!["range-endpoints of '", range, why]);
            }
            set.chars.extend(from..=to);
            rest = after;
        } else {
            set.chars.push(from);
            rest = after;
        }
    }
    Ok(set)
}

/// A character as it is shown where it ends a range.
fn range_end(byte: u8) -> Vec<u8> {
    match byte {
        b' '..=b'~' => vec![byte],
        _ => format!("\\{byte:03o}").into_bytes(),
    }
}

/// `[:digit:]`.
type Class<'t> = Option<(Vec<u8>, &'t [u8])>;

fn class(text: &[u8]) -> Result<Class<'_>, Vec<u8>> {
    let Some(rest) = text.strip_prefix(b"[:") else {
        return Ok(None);
    };
    let Some(end) = rest.windows(2).position(|it| it == b":]") else {
        return Ok(None);
    };
    match super::class(&rest[..end]) {
        Some(is_in) => Ok(Some(((0..=u8::MAX).filter(is_in).collect(), &rest[end + 2..]))),
        None => Err(text!["invalid character class ", quoted(&rest[..end])]),
    }
}

/// `[x*]` and `[x*5]`; a count of 0 is as many as are needed.
fn repeat(text: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (byte, rest) = character(text.strip_prefix(b"[")?)?;
    let rest = rest.strip_prefix(b"*")?;
    let digits = rest.iter().take_while(|it| it.is_ascii_digit()).count();
    let base = if rest.first() == Some(&b'0') { 8 } else { 10 };
    let count = match std::str::from_utf8(&rest[..digits]).ok()? {
        "" => 0,
        digits => usize::from_str_radix(digits, base).ok()?.min(REPEATS_MAX),
    };
    Some((byte, count, rest[digits..].strip_prefix(b"]")?))
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
