//! The ways in which sort compares.

use std::cmp::Ordering;

use crate::guest::tools::printf::read_float;

/// How two texts are compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways {
    kind: Kind,
    pub(super) reverse: bool,
    folds_case: bool,
    /// Only blanks, letters and digits count.
    in_dictionary: bool,
    /// Only characters that can be printed count.
    printable: bool,
    pub(super) skips_blanks: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Bytes,
    Number,
    General,
    Human,
    Month,
    Version,
}

impl Ways {
    /// Adds the way of a letter; whether there is such a one.
    pub(super) fn add(&mut self, letter: u8) -> bool {
        match letter {
            b'b' => self.skips_blanks = true,
            b'd' => self.in_dictionary = true,
            b'f' => self.folds_case = true,
            b'g' => self.kind = Kind::General,
            b'h' => self.kind = Kind::Human,
            b'i' => self.printable = true,
            b'M' => self.kind = Kind::Month,
            b'n' => self.kind = Kind::Number,
            b'r' => self.reverse = true,
            b'V' => self.kind = Kind::Version,
            _ => return false,
        }
        true
    }

    pub(super) fn compared(&self, a: &[u8], b: &[u8]) -> Ordering {
        let order = match self.kind {
            Kind::Bytes => self.by_bytes(a, b),
            Kind::Number => by_number(a, b),
            Kind::General => by_general_number(a, b),
            Kind::Human => by_unit(a).cmp(&by_unit(b)).then_with(|| by_number(a, b)),
            Kind::Month => month(a).cmp(&month(b)),
            Kind::Version => by_version(a, b),
        };
        if self.reverse { order.reverse() } else { order }
    }

    fn by_bytes(&self, a: &[u8], b: &[u8]) -> Ordering {
        let (a, b) = if self.skips_blanks {
            (without_blanks(a), without_blanks(b))
        } else {
            (a, b)
        };
        let counts = |it: &&u8| {
            let in_dictionary = it.is_ascii_alphanumeric() || matches!(it, b' ' | b'\t');
            (!self.in_dictionary || in_dictionary) && (!self.printable || matches!(it, b' '..=b'~'))
        };
        let folded = |it: &u8| if self.folds_case { it.to_ascii_uppercase() } else { *it };
        let (a, b) = (a.iter().filter(counts).map(folded), b.iter().filter(counts).map(folded));
        a.cmp(b)
    }
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
    &text[blanks..]
}

/// The sign, the digits before the point without zeros, and those behind it, of the
/// number that a text begins with.
fn number(text: &[u8]) -> (bool, &[u8], &[u8]) {
    let text = without_blanks(text);
    let (negative, rest) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let digits = |text: &[u8]| text.iter().take_while(|it| it.is_ascii_digit()).count();
    let zeros = rest.iter().take_while(|it| **it == b'0').count();
    let rest = &rest[zeros..];
    let (whole, rest) = rest.split_at(digits(rest));
    let fraction = match rest.strip_prefix(b".") {
        Some(rest) => &rest[..digits(rest)],
        None => b"",
    };
    let end = fraction.iter().rposition(|it| *it != b'0').map_or(0, |at| at + 1);
    let fraction = &fraction[..end];
    (negative && (!whole.is_empty() || !fraction.is_empty()), whole, fraction)
}

fn by_number(a: &[u8], b: &[u8]) -> Ordering {
    let ((a_negative, a_whole, a_fraction), (b_negative, b_whole, b_fraction)) = (number(a), number(b));
    let by_size = a_whole.len().cmp(&b_whole.len()).then_with(|| a_whole.cmp(b_whole));
    let by_size = by_size.then_with(|| a_fraction.cmp(b_fraction));
    match (a_negative, b_negative) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (true, true) => by_size.reverse(),
        (false, false) => by_size,
    }
}

/// What is no number comes before all numbers.
fn by_general_number(a: &[u8], b: &[u8]) -> Ordering {
    let value = |text: &[u8]| read_float(text).map(|(value, _)| value);
    match (value(a), value(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The place of a number's unit among all, below zero for negative ones.
fn by_unit(text: &[u8]) -> i32 {
    const UNITS: &[u8] = b"KMGTPEZYRQ";
    let (negative, whole, fraction) = number(text);
    if whole.is_empty() && fraction.is_empty() {
        return 0;
    }
    let rest = without_blanks(text);
    let is_digit = |it: &&u8| it.is_ascii_digit() || matches!(it, b'-' | b'.');
    let unit = rest.iter().find(|it| !is_digit(it)).map(u8::to_ascii_uppercase);
    let place = unit.and_then(|it| UNITS.iter().position(|unit| *unit == it));
    let place = place.map_or(0, |at| at as i32 + 1) + 1;
    if negative { -place } else { place }
}

/// The number of a month, 0 for what is none.
fn month(text: &[u8]) -> usize {
    const MONTHS: [&[u8]; 12] = [
        b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC",
    ];
    let text = without_blanks(text);
    let starts = |name: &&[u8]| text.len() >= 3 && text[..3].eq_ignore_ascii_case(name);
    MONTHS.iter().position(starts).map_or(0, |at| at + 1)
}

/// Rows of digits are compared as numbers; all else by letters first, then signs, and
/// `~` before the end.
fn by_version(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    while !a.is_empty() || !b.is_empty() {
        let text = |it: &[u8]| it.iter().take_while(|it| !it.is_ascii_digit()).count();
        let (a_text, a_rest) = a.split_at(text(a));
        let (b_text, b_rest) = b.split_at(text(b));
        let order = by_signs(a_text, b_text);
        if order != Ordering::Equal {
            return order;
        }
        let digits = |it: &[u8]| it.iter().take_while(|it| it.is_ascii_digit()).count();
        let ((a_digits, a_after), (b_digits, b_after)) =
            (a_rest.split_at(digits(a_rest)), b_rest.split_at(digits(b_rest)));
        let order = by_number(a_digits, b_digits);
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (a_after, b_after);
    }
    Ordering::Equal
}

fn by_signs(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |it: Option<&u8>| match it {
        Some(b'~') => -1,
        None => 0,
        Some(it) if it.is_ascii_alphabetic() => i32::from(*it),
        Some(it) => i32::from(*it) + 256,
    };
    let places = 0..a.len().max(b.len());
    places
        .map(|at| rank(a.get(at)).cmp(&rank(b.get(at))))
        .fold(Ordering::Equal, Ordering::then)
}
