//! Whole numbers of printf.

use super::{Field, text};

/// How much of a text was a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    All,
    /// Something else follows.
    Some,
    None,
    /// It is larger than numbers can be.
    TooMany,
}

/// The value of a text as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// As far as 64 bits reach, with or without a sign.
    pub(super) value: i128,
    pub(super) digits: Digits,
}

/// The values of numbers without a sign.
const UNSIGNED_MAX: i128 = u64::MAX as i128;

/// A number in base 8, 10 or 16, or that of the character behind a quote.
pub(super) fn read(text: &[u8]) -> Number {
    if let [b'\'' | b'"', character, ..] = text {
        return Number {
            value: i128::from(*character),
            digits: Digits::All,
        };
    }
    let trimmed = text.trim_ascii_start();
    let (negative, rest) = match trimmed.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, trimmed),
    };
    let (base, rest) = match rest {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (16, &rest[2..]),
        [b'0', ..] => (8, rest),
        _ => (10, rest),
    };
    let count = rest.iter().take_while(|it| char::from(**it).is_digit(base)).count();
    let digit = |it: &u8| i128::from(char::from(*it).to_digit(base).unwrap_or(0));
    let add = |value: i128, it: &u8| (value * i128::from(base) + digit(it)).min(UNSIGNED_MAX + 1);
    let value = rest[..count].iter().fold(0, add);
    let digits = match (count, rest.len()) {
        // The shell and GNU take an empty text for 0.
        (0, _) if text.is_empty() => Digits::All,
        (0, _) => Digits::None,
        _ if value > UNSIGNED_MAX => Digits::TooMany,
        (count, all) if count < all => Digits::Some,
        _ => Digits::All,
    };
    Number {
        value: if negative { -value } else { value },
        digits,
    }
}

impl Number {
    /// The value with a sign in 64 bits, and whether it is not larger.
    pub(super) fn in_range(self, letter: u8) -> Number {
        let signed = i128::from(i64::MIN)..=i128::from(i64::MAX);
        if !matches!(letter, b'd' | b'i') || signed.contains(&self.value) {
            return self;
        }
        Number {
            value: self.value.clamp(*signed.start(), *signed.end()),
            digits: Digits::TooMany,
        }
    }
}

/// A number as the conversion of this letter shows it.
pub(super) fn digits(number: Number, letter: u8, field: Field) -> Vec<u8> {
    let bits = number.value.clamp(-UNSIGNED_MAX, UNSIGNED_MAX) as u64;
    let shown = match letter {
        b'o' => format!("{bits:o}"),
        b'x' => format!("{bits:x}"),
        b'X' => format!("{bits:X}"),
        b'u' => bits.to_string(),
        _ => number.value.unsigned_abs().to_string(),
    };
    let prefix = match letter {
        b'd' | b'i' if number.value < 0 => "-",
        b'd' | b'i' if field.plus => "+",
        b'd' | b'i' if field.blank => " ",
        b'o' if field.marked && bits != 0 => "0",
        b'x' if field.marked && bits != 0 => "0x",
        b'X' if field.marked && bits != 0 => "0X",
        _ => "",
    };
    text![prefix, zeros(prefix.len() + shown.len(), prefix.len(), field), shown]
}

/// The zeros before digits that a field wants; `len` counts its prefix.
fn zeros(len: usize, prefix: usize, field: Field) -> Vec<u8> {
    let wanted = match field.precision {
        Some(precision) => precision + prefix,
        None if field.zeros && !field.left => field.width,
        None => 0,
    };
    vec![b'0'; wanted.saturating_sub(len)]
}
