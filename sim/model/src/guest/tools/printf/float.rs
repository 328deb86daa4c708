//! Numbers with a point or an exponent, as C writes them.
//!
//! They are of 64 bits; GNU's programs use more, which shows from the 16th digit on.

use super::number::Digits;
use super::{Field, text};

/// Digits behind the point unless it is told how many.
const PRECISION: usize = 6;

/// Digits a number may have behind its point.
const PRECISION_MAX: usize = 4096;

/// The number that a text begins with, and how long that is; none if there is none.
pub(crate) fn read(text: &[u8]) -> Option<(f64, usize)> {
    let before = text.len() - text.trim_ascii_start().len();
    let rest = &text[before..];
    let sign = usize::from(matches!(rest.first(), Some(b'-' | b'+')));
    let unsigned = &rest[sign..];
    let (value, len) = word(unsigned)
        .or_else(|| hexadecimal(unsigned))
        .or_else(|| decimal(unsigned))?;
    let value = if rest.first() == Some(&b'-') { -value } else { value };
    Some((value, before + sign + len))
}

fn word(text: &[u8]) -> Option<(f64, usize)> {
    let starts = |word: &[u8]| text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word);
    [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)]
        .into_iter()
        .find(|(word, _)| starts(word.as_bytes()))
        .map(|(word, value)| (value, word.len()))
}

/// `0x1f`, without a point or an exponent.
fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let rest = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X"))?;
    let count = rest.iter().take_while(|it| it.is_ascii_hexdigit()).count();
    let digit = |it: &u8| f64::from(char::from(*it).to_digit(16).unwrap_or(0));
    let value = rest[..count].iter().fold(0.0, |value, it| value * 16.0 + digit(it));
    (count > 0).then_some((value, count + 2))
}

fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let digits = |from: usize| text[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let whole = digits(0);
    let mut end = whole;
    let mut fraction = 0;
    if text.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let exponent = if end + 1 + sign <= text.len() {
            digits(end + 1 + sign)
        } else {
            0
        };
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    let value = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, end))
}

/// The value of a word of printf, and how much of it was a number.
pub(super) fn value(text: &[u8]) -> (f64, Digits) {
    if let [b'\'' | b'"', character, ..] = text {
        return (f64::from(*character), Digits::All);
    }
    match read(text) {
        _ if text.is_empty() => (0.0, Digits::All),
        None => (0.0, Digits::None),
        Some((value, len)) if len < text.len() => (value, Digits::Some),
        Some((value, _)) => (value, Digits::All),
    }
}

/// A number as the conversion of this letter shows it.
pub(super) fn shown(value: f64, letter: u8, field: Field) -> Vec<u8> {
    let sign = match (value.is_sign_negative(), field.plus, field.blank) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let precision = field.precision.map(|it| it.min(PRECISION_MAX));
    let size = value.abs();
    let digits = match letter.to_ascii_lowercase() {
        _ if size.is_infinite() => "inf".to_owned(),
        _ if size.is_nan() => "nan".to_owned(),
        b'e' => with_exponent(size, precision.unwrap_or(PRECISION)),
        b'f' => format!("{size:.*}", precision.unwrap_or(PRECISION)),
        b'g' => general(size, precision.unwrap_or(PRECISION)),
        _ => binary(size),
    };
    let zeros = match size.is_finite() && field.zeros && !field.left {
        true => field.width.saturating_sub(sign.len() + digits.len()),
        false => 0,
    };
    let shown = text![sign, "0".repeat(zeros), digits];
    if letter.is_ascii_uppercase() {
        shown.to_ascii_uppercase()
    } else {
        shown
    }
}

/// `1.500000e+00`.
fn with_exponent(size: f64, precision: usize) -> String {
    let shown = format!("{size:.precision$e}");
    let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// The shorter of the two other forms, without zeros at the end.
pub(crate) fn general(size: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let shown = format!("{size:.*e}", precision - 1);
    let exponent: i32 = shown.split_once('e').and_then(|(_, it)| it.parse().ok()).unwrap_or(0);
    let is_short = exponent >= -4 && usize::try_from(exponent).map_or(true, |it| it < precision);
    if is_short {
        let behind = usize::try_from(precision as i64 - 1 - i64::from(exponent)).unwrap_or(0);
        return without_zeros(&format!("{size:.behind$}")).to_owned();
    }
    let shown = with_exponent(size, precision - 1);
    let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "+00"));
    format!("{}e{exponent}", without_zeros(digits))
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

/// `0x1.8p+0`.
fn binary(size: f64) -> String {
    let bits = size.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64;
    let fraction = format!("{:013x}", bits & ((1 << 52) - 1));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let (first, exponent) = match exponent {
        0 if fraction.is_empty() => (0, 0),
        0 => (0, -1022),
        exponent => (1, exponent - 1023),
    };
    format!("0x{first}{point}{fraction}p{exponent:+}")
}
