//! Escapes and formats, as echo and printf know them.
//!
//! - [`number`]: the values of numeric conversions;
//! - [`float`]: numbers with a point or an exponent, in all their forms.

mod float;
mod number;

pub(crate) use float::{general, read as read_float};

use super::quote::quoted_if_needed;
use super::text;
use number::{Digits, Number, digits};

/// What was printed, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) complaints: Vec<Vec<u8>>,
    /// How many bytes were printed when each was to be said.
    pub(crate) places: Vec<usize>,
    /// What is said without harm, after all else.
    pub(crate) warning: Option<Vec<u8>>,
}

/// Where escapes are read: that decides which there are, and how an octal number
/// begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// `\123`, in the format of printf.
    Format(Dialect),
    /// `\0123`, in what echo and `%b` print.
    Echo(Dialect),
}

/// Whose printf and echo it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The shell's own.
    Shell,
    /// The programs of GNU.
    Gnu,
}

impl Escapes {
    fn dialect(self) -> Dialect {
        match self {
            Escapes::Format(dialect) | Escapes::Echo(dialect) => dialect,
        }
    }
}

/// Bytes that a call may print, and width a field may have: more than a client of
/// the agent gets of a program.
const PRINTED_BYTES_MAX: usize = 17 << 20;

/// Replaces escapes, as far as a `\c`; whether there was none.
pub(crate) fn unescape(text: &[u8], escapes: Escapes) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        match escape(rest, escapes) {
            Escape::Byte(byte, after) => {
                bytes.push(byte);
                rest = after;
            }
            Escape::Text(text, after) => {
                bytes.extend(text);
                rest = after;
            }
            Escape::Stop => return (bytes, false),
            Escape::None => bytes.push(b'\\'),
        }
    }
    (bytes, true)
}

enum Escape<'a> {
    Byte(u8, &'a [u8]),
    Text(Vec<u8>, &'a [u8]),
    Stop,
    None,
}

/// What follows a backslash.
fn escape(text: &[u8], escapes: Escapes) -> Escape<'_> {
    let Some((letter, rest)) = text.split_first() else {
        return Escape::None;
    };
    let byte = match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'e' => 0x1b,
        b'c' if escapes != Escapes::Format(Dialect::Shell) => return Escape::Stop,
        b'0' if matches!(escapes, Escapes::Echo(_)) => return octal(rest),
        b'0'..=b'7' if matches!(escapes, Escapes::Format(_)) => return octal(text),
        b'x' if escapes.dialect() == Dialect::Gnu => return hexadecimal(rest),
        b'u' if escapes == Escapes::Format(Dialect::Gnu) => return code_point(rest),
        _ => return Escape::None,
    };
    Escape::Byte(byte, rest)
}

fn octal(text: &[u8]) -> Escape<'_> {
    let digits = text.iter().take(3).take_while(|it| (b'0'..=b'7').contains(it)).count();
    let value = text[..digits]
        .iter()
        .fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
    Escape::Byte(value as u8, &text[digits..])
}

/// `\u00e9`: what is not ASCII stays, in capital letters.
fn code_point(text: &[u8]) -> Escape<'_> {
    let digits = text.iter().take(4).take_while(|it| it.is_ascii_hexdigit()).count();
    let value = std::str::from_utf8(&text[..digits]).ok().filter(|_| digits == 4);
    match value.and_then(|it| u32::from_str_radix(it, 16).ok()) {
        Some(value @ ..0x80) => Escape::Byte(value as u8, &text[4..]),
        Some(value) => Escape::Text(format!("\\u{value:04X}").into_bytes(), &text[4..]),
        None => Escape::None,
    }
}

fn hexadecimal(text: &[u8]) -> Escape<'_> {
    let digits = text.iter().take(2).take_while(|it| it.is_ascii_hexdigit()).count();
    let value = std::str::from_utf8(&text[..digits]).ok();
    match value.and_then(|it| u8::from_str_radix(it, 16).ok()) {
        Some(byte) => Escape::Byte(byte, &text[digits..]),
        None => Escape::None,
    }
}

/// Prints values by a format, over again as long as there are values.
pub(crate) fn format(format: &[u8], values: &[Vec<u8>], dialect: Dialect) -> Printed {
    let mut state = State {
        dialect,
        values,
        used: 0,
        printed: Printed::default(),
    };
    loop {
        let before = state.used;
        let goes_on = state.once(format);
        let is_over = state.used >= values.len() || state.used == before;
        if !goes_on || is_over || state.printed.bytes.len() > PRINTED_BYTES_MAX {
            state.warn_of_excess(goes_on);
            return state.printed;
        }
    }
}

struct State<'a> {
    dialect: Dialect,
    values: &'a [Vec<u8>],
    used: usize,
    printed: Printed,
}

/// A conversion such as `%-5.2s`.
#[derive(Clone, Copy, Debug, Default)]
struct Field {
    left: bool,
    zeros: bool,
    plus: bool,
    blank: bool,
    /// `#`: with a prefix that tells the base.
    marked: bool,
    width: usize,
    precision: Option<usize>,
}

impl State<'_> {
    /// Goes through the format once; whether it may go on.
    fn once(&mut self, format: &[u8]) -> bool {
        let mut rest = format;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match first {
                b'\\' => match escape(rest, Escapes::Format(self.dialect)) {
                    Escape::Byte(byte, after) => {
                        self.printed.bytes.push(byte);
                        rest = after;
                    }
                    Escape::Text(text, after) => {
                        self.printed.bytes.extend(text);
                        rest = after;
                    }
                    Escape::Stop => return false,
                    Escape::None => self.printed.bytes.push(b'\\'),
                },
                b'%' => match self.conversion(rest) {
                    Some((goes_on, after)) if goes_on => rest = after,
                    _ => return false,
                },
                byte => self.printed.bytes.push(*byte),
            }
        }
        true
    }

    fn value(&mut self) -> &[u8] {
        let value = self.values.get(self.used).map(Vec::as_slice).unwrap_or_default();
        self.used += 1;
        value
    }

    /// One conversion: whether it goes on, and what is left of the format; none if
    /// there is no such conversion.
    fn conversion<'f>(&mut self, text: &'f [u8]) -> Option<(bool, &'f [u8])> {
        let (field, rest) = self.field(text);
        let (letter, rest) = rest.split_first().or_else(|| self.wrong(text))?;
        let mut goes_on = true;
        let shown = match letter {
            b'%' if rest.len() + 1 == text.len() => b"%".to_vec(),
            b's' => self.value().to_vec(),
            b'q' if self.dialect == Dialect::Gnu => quoted_if_needed(self.value()),
            b'b' => {
                let escapes = Escapes::Echo(self.dialect);
                let (bytes, stays) = unescape(self.value(), escapes);
                goes_on = stays;
                bytes
            }
            b'c' => vec![self.value().first().copied().unwrap_or(0)],
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                let number = self.whole_number(*letter);
                digits(number, *letter, field)
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => float::shown(self.float(), *letter, field),
            _ => return self.wrong(text),
        };
        let is_text = matches!(letter, b's' | b'b');
        let shown = match field.precision {
            Some(precision) if is_text => &shown[..shown.len().min(precision)],
            _ => &shown,
        };
        self.pad(shown, field);
        Some((goes_on && self.printed.bytes.len() < PRINTED_BYTES_MAX, rest))
    }

    fn wrong<T>(&mut self, text: &[u8]) -> Option<T> {
        let is_size = |it: &u8| self.dialect == Dialect::Gnu && b"hlLjtz".contains(it);
        let is_part = |it: &u8| it.is_ascii_digit() || b"-+ #.*".contains(it) || is_size(it);
        let end = text.iter().position(|it| !is_part(it)).map_or(text.len(), |at| at + 1);
        let why = match self.dialect {
            Dialect::Shell => ": invalid directive",
            Dialect::Gnu => ": invalid conversion specification",
        };
        self.complain(text!["%", text[..end], why]);
        None
    }

    /// GNU says so if there is no place for the values.
    fn warn_of_excess(&mut self, ended_well: bool) {
        if self.dialect == Dialect::Gnu && ended_well && self.used == 0 && !self.values.is_empty() {
            let first = super::quote::quoted(&self.values[0]);
            self.printed.warning = Some(text!["warning: ignoring excess arguments, starting with ", first]);
        }
    }

    fn field<'f>(&mut self, text: &'f [u8]) -> (Field, &'f [u8]) {
        let mut field = Field::default();
        let mut rest = text;
        while let Some((flag @ (b'-' | b'0' | b'+' | b' ' | b'#'), after)) = rest.split_first() {
            field.left |= *flag == b'-';
            field.zeros |= *flag == b'0';
            field.plus |= *flag == b'+';
            field.blank |= *flag == b' ';
            field.marked |= *flag == b'#';
            rest = after;
        }
        (field.width, rest) = self.count(rest);
        if let Some(after) = rest.strip_prefix(b".") {
            let (precision, after) = self.count(after);
            field.precision = Some(precision);
            rest = after;
        }
        if self.dialect == Dialect::Gnu {
            let sizes = rest.iter().take_while(|it| b"hlLjtz".contains(it)).count();
            rest = &rest[sizes..];
        }
        (field, rest)
    }

    /// A width or precision; `*` takes it from the values.
    fn count<'f>(&mut self, text: &'f [u8]) -> (usize, &'f [u8]) {
        if let Some(rest) = text.strip_prefix(b"*") {
            let count = usize::try_from(self.whole_number(b'd').value).unwrap_or(0);
            return (count.min(PRINTED_BYTES_MAX), rest);
        }
        let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
        let count = super::options::number(&text[..digits]).unwrap_or(0);
        (
            usize::try_from(count)
                .unwrap_or(PRINTED_BYTES_MAX)
                .min(PRINTED_BYTES_MAX),
            &text[digits..],
        )
    }

    /// The next value as a number; what is none is complained of and is what it
    /// begins with.
    fn whole_number(&mut self, letter: u8) -> Number {
        let value = self.value().to_vec();
        let number = number::read(&value).in_range(letter);
        self.complain_of(&value, number.digits);
        number
    }

    fn float(&mut self) -> f64 {
        let value = self.value().to_vec();
        let (number, digits) = float::value(&value);
        self.complain_of(&value, digits);
        number
    }

    fn complain(&mut self, complaint: Vec<u8>) {
        self.printed.complaints.push(complaint);
        self.printed.places.push(self.printed.bytes.len());
    }

    fn complain_of(&mut self, value: &[u8], digits: Digits) {
        let why = match digits {
            Digits::All => return,
            Digits::Some => ": value not completely converted",
            Digits::None => ": expected a numeric value",
            Digits::TooMany => ": Numerical result out of range",
        };
        self.complain(text!["'", value, "'", why]);
    }

    fn pad(&mut self, shown: &[u8], field: Field) {
        let padding = vec![b' '; field.width.saturating_sub(shown.len())];
        let bytes = &mut self.printed.bytes;
        if field.left {
            bytes.extend_from_slice(shown);
            bytes.extend(padding);
        } else {
            bytes.extend(padding);
            bytes.extend_from_slice(shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_filled() {
        for (format_text, values, expected) in [
            ("a\\tb\\n", "", "a\tb\n"),
            ("%s-%s\\n", "a b c", "a-b\nc-\n"),
            ("%5s|%-5s|%.1s", "ab ab ab", "   ab|ab   |a"),
            ("%d %i %u %x %o %X", "10 -3 7 255 8 171", "10 -3 7 ff 10 AB"),
            ("%05d|%-5d|%+d|%5.3d", "42 42 42 7", "00042|42   |+42|  007"),
            ("%05d", "-42", "-0042"),
            ("%d", "0x1F", "31"),
            ("%d", "010", "8"),
            ("%d", "'A", "65"),
            ("%d", "", "0"),
            ("%c%c", "xyz abc", "xa"),
            ("100%%", "", "100%"),
            ("%b", "a\\0101\\n", "aA\n"),
            ("\\101\\0", "", "A\0"),
            ("%*d", "5 42", "   42"),
            ("a\\cb", "", "a\\cb"),
            ("%#x %#o % d", "255 8 5", "0xff 010  5"),
            ("%.2f %e %g", "1.5 1.5 1e10", "1.50 1.500000e+00 1e+10"),
        ] {
            let values: Vec<_> = values.split_whitespace().map(|it| it.as_bytes().to_vec()).collect();
            let printed = format(format_text.as_bytes(), &values, Dialect::Shell);
            assert_eq!(
                printed,
                Printed {
                    bytes: expected.into(),
                    ..Printed::default()
                },
                "{format_text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_complained_of() {
        for (value, bytes, complaint) in [
            ("x", "0", "'x': expected a numeric value"),
            ("3x", "3", "'3x': value not completely converted"),
            ("0x", "0", "'0x': value not completely converted"),
            (
                "9223372036854775808",
                "9223372036854775807",
                "'9223372036854775808': Numerical result out of range",
            ),
        ] {
            let printed = format(b"%d", &[value.into()], Dialect::Shell);
            assert_eq!(
                (printed.bytes, printed.complaints),
                (bytes.into(), vec![complaint.into()])
            );
        }
    }
}
