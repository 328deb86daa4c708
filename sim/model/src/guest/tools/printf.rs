//! Escapes and formats, as echo and printf know them.

use super::text;

/// What was printed, and what was wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) complaints: Vec<Vec<u8>>,
}

/// Where escapes are read: that decides how an octal number begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// `\123`, in the format of printf.
    Format,
    /// `\0123`, in what echo and `%b` print.
    Echo,
}

/// Width a field may have.
const WIDTH_MAX: usize = 4096;

/// Bytes that a call may print.
const PRINTED_BYTES_MAX: usize = 1 << 20;

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
            Escape::Stop => return (bytes, false),
            Escape::None => bytes.push(b'\\'),
        }
    }
    (bytes, true)
}

enum Escape<'a> {
    Byte(u8, &'a [u8]),
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
        b'c' => return Escape::Stop,
        b'0' if escapes == Escapes::Echo => return octal(rest),
        b'0'..=b'7' if escapes == Escapes::Format => return octal(text),
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

/// Prints values by a format, over again as long as there are values.
pub(crate) fn format(format: &[u8], values: &[Vec<u8>]) -> Printed {
    let mut state = State {
        values,
        used: 0,
        printed: Printed::default(),
    };
    loop {
        let before = state.used;
        let goes_on = state.once(format);
        let is_over = state.used >= values.len() || state.used == before;
        if !goes_on || is_over || state.printed.bytes.len() > PRINTED_BYTES_MAX {
            return state.printed;
        }
    }
}

struct State<'a> {
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
                b'\\' => match escape(rest, Escapes::Format) {
                    Escape::Byte(byte, after) => {
                        self.printed.bytes.push(byte);
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
            b'%' => b"%".to_vec(),
            b's' => self.value().to_vec(),
            b'b' => {
                let value = self.value().to_vec();
                let (bytes, stays) = unescape(&value, Escapes::Echo);
                goes_on = stays;
                bytes
            }
            b'c' => self.value().iter().take(1).copied().collect(),
            b'd' | b'i' => self.number().map_or_else(Vec::new, |it| signed(it, field)),
            b'u' => self
                .number()
                .map_or_else(Vec::new, |it| digits((it as u64).to_string(), field)),
            b'o' => self
                .number()
                .map_or_else(Vec::new, |it| digits(format!("{it:o}"), field)),
            b'x' => self
                .number()
                .map_or_else(Vec::new, |it| digits(format!("{it:x}"), field)),
            b'X' => self
                .number()
                .map_or_else(Vec::new, |it| digits(format!("{it:X}"), field)),
            _ => return self.wrong(text),
        };
        let is_text = matches!(letter, b's' | b'b');
        let shown = match field.precision {
            Some(precision) if is_text => &shown[..shown.len().min(precision)],
            _ => &shown,
        };
        self.pad(shown, field);
        Some((goes_on, rest))
    }

    fn wrong<T>(&mut self, text: &[u8]) -> Option<T> {
        let end = text
            .iter()
            .position(u8::is_ascii_alphabetic)
            .map_or(text.len(), |at| at + 1);
        self.printed
            .complaints
            .push(text!["%", text[..end], ": invalid directive"]);
        None
    }

    fn field<'f>(&mut self, text: &'f [u8]) -> (Field, &'f [u8]) {
        let mut field = Field::default();
        let mut rest = text;
        while let Some((flag @ (b'-' | b'0' | b'+' | b' ' | b'#'), after)) = rest.split_first() {
            field.left |= *flag == b'-';
            field.zeros |= *flag == b'0';
            field.plus |= *flag == b'+';
            rest = after;
        }
        (field.width, rest) = self.count(rest);
        if let Some(after) = rest.strip_prefix(b".") {
            let (precision, after) = self.count(after);
            field.precision = Some(precision);
            rest = after;
        }
        (field, rest)
    }

    /// A width or precision; `*` takes it from the values.
    fn count<'f>(&mut self, text: &'f [u8]) -> (usize, &'f [u8]) {
        if let Some(rest) = text.strip_prefix(b"*") {
            let count = self.number().and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
            return (count.min(WIDTH_MAX), rest);
        }
        let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
        let count = super::options::number(&text[..digits]).unwrap_or(0);
        (
            usize::try_from(count).unwrap_or(WIDTH_MAX).min(WIDTH_MAX),
            &text[digits..],
        )
    }

    /// The next value as a number; what is none is complained of and is what it
    /// begins with.
    fn number(&mut self) -> Option<i64> {
        let value = self.value().to_vec();
        if value.is_empty() {
            return Some(0);
        }
        if let [b'\'' | b'"', character, ..] = value.as_slice() {
            return Some(i64::from(*character));
        }
        let (number, is_whole) = read_number(&value);
        if !is_whole {
            let why = if number.is_some() {
                ": value not completely converted"
            } else {
                ": expected a numeric value"
            };
            self.printed.complaints.push(text!["'", value, "'", why]);
        }
        Some(number.unwrap_or(0))
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

/// A number in base 8, 10 or 16, and whether it was the whole text.
fn read_number(text: &[u8]) -> (Option<i64>, bool) {
    let text = text.trim_ascii_start();
    let (negative, rest) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let (base, rest) = match rest {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, rest),
    };
    let digits = rest.iter().take_while(|it| char::from(**it).is_digit(base)).count();
    let value = rest[..digits].iter().try_fold(0_i64, |value, digit| {
        value
            .checked_mul(i64::from(base))?
            .checked_add(i64::from(char::from(*digit).to_digit(base)?))
    });
    let value = value.unwrap_or(i64::MAX);
    let is_number = digits > 0 || base == 8;
    (
        is_number.then_some(if negative { -value } else { value }),
        digits == rest.len() && is_number,
    )
}

fn signed(value: i64, field: Field) -> Vec<u8> {
    let sign = match value {
        ..0 => "-",
        _ if field.plus => "+",
        _ => "",
    };
    let width = field.width.saturating_sub(sign.len());
    text![sign, digits(value.unsigned_abs().to_string(), Field { width, ..field })]
}

/// Digits with zeros before them, as the field wants.
fn digits(digits: String, field: Field) -> Vec<u8> {
    let wanted = match field.precision {
        Some(precision) => precision,
        None if field.zeros && !field.left => field.width,
        None => 0,
    };
    text![vec![b'0'; wanted.saturating_sub(digits.len())], digits]
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
            ("a\\cb", "", "a"),
        ] {
            let values: Vec<_> = values.split_whitespace().map(|it| it.as_bytes().to_vec()).collect();
            let printed = format(format_text.as_bytes(), &values);
            assert_eq!(
                printed,
                Printed {
                    bytes: expected.into(),
                    complaints: Vec::new()
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
        ] {
            let printed = format(b"%d", &[value.into()]);
            assert_eq!(
                (printed.bytes, printed.complaints),
                (bytes.into(), vec![complaint.into()])
            );
        }
    }
}
