//! A value as a release of the agent writes it: `", "` and `": "` between, the
//! members in the order of its hash table, ASCII only.

use qga_fixtures::schema::{Release, WrittenDoubles, WrittenStrings};

use super::{Dict, Value};
use crate::{base64, scan, utf8};

/// What stands for bytes that are no character.
const REPLACEMENT: u32 = 0xFFFD;

/// Room for what a reply has behind a long string: the string is the last thing
/// that has to make room, and needs no more than its length. Shorter ones make none
/// of their own, or they would move a long one before them.
const ROOM_BEHIND: usize = 256;

/// Bytes of a string that are searched before they are copied, so that they are
/// still at hand when they are.
pub(super) const SEARCHED_AT_ONCE: usize = 8 << 10;

/// The significant digits that tell any two doubles apart.
const DOUBLE_DIGITS: usize = 17;

impl Value {
    /// Appends the value as the release writes it, without a line end.
    ///
    /// A string ends at its first zero byte, as it does in the agent.
    pub fn write(&self, release: &Release, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Int(number) => integer(*number < 0, number.unsigned_abs(), out),
            Value::UInt(number) => integer(false, *number, out),
            Value::Double(number) => double(*number, release, out),
            Value::Str(bytes) => string(bytes, release, out),
            Value::Base64(bytes) => base64_string(bytes, out),
            Value::List(elements) => list(elements, release, out),
            Value::Dict(dict) => object(dict, release, out),
        }
    }
}

fn list(elements: &[Value], release: &Release, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b", ");
        }
        element.write(release, out);
    }
    out.push(b']');
}

fn object(dict: &Dict, release: &Release, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (key, value)) in dict.in_hash_order().enumerate() {
        if at > 0 {
            out.extend_from_slice(b", ");
        }
        string(key, release, out);
        out.extend_from_slice(b": ");
        value.write(release, out);
    }
    out.push(b'}');
}

fn integer(negative: bool, mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

fn double(number: f64, release: &Release, out: &mut Vec<u8>) {
    let text = match release.written_doubles {
        _ if !number.is_finite() => format!("{number}"),
        WrittenDoubles::SixDecimals => without_trailing_zeros(&format!("{number:.6}")).to_owned(),
        WrittenDoubles::SeventeenDigits => seventeen_digits(number),
    };
    out.extend_from_slice(text.as_bytes());
}

/// As C's `%.17g`.
fn seventeen_digits(number: f64) -> String {
    let text = format!("{number:.*e}", DOUBLE_DIGITS - 1);
    let (digits, exponent) = text.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a small integer");
    if (-4..DOUBLE_DIGITS as i32).contains(&exponent) {
        let decimals = (DOUBLE_DIGITS as i32 - 1 - exponent) as usize;
        return without_trailing_zeros(&format!("{number:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_trailing_zeros(digits), exponent.abs())
}

/// Cuts the zeros at the end of a fraction, and its point if nothing else is left.
fn without_trailing_zeros(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// Appends a string with its quotes.
pub(crate) fn string(bytes: &[u8], release: &Release, out: &mut Vec<u8>) {
    if bytes.len() > ROOM_BEHIND {
        out.reserve(bytes.len() + ROOM_BEHIND);
    }
    out.push(b'"');
    text(bytes, release, out);
    out.push(b'"');
}

/// Appends what stands between the quotes of a string.
pub(crate) fn text(bytes: &[u8], release: &Release, out: &mut Vec<u8>) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let window = &rest[..rest.len().min(SEARCHED_AT_ONCE)];
        let plain = plain_prefix(window);
        out.extend_from_slice(&window[..plain]);
        rest = &rest[plain..];
        if plain == window.len() {
            continue;
        }
        if rest[0] == 0 {
            break;
        }
        rest = &rest[special(rest, release, out)..];
    }
}

/// The digits need no second look: they are encoded where they are to be.
fn base64_string(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(base64::encoded_length(bytes.len()) + ROOM_BEHIND);
    out.push(b'"');
    base64::append(bytes, out);
    out.push(b'"');
}

/// How many bytes at the front every release writes as they are.
pub(crate) fn plain_prefix(bytes: &[u8]) -> usize {
    scan::prefix(bytes, |byte| {
        (0x20..0x7F).contains(&byte) & (byte != b'"') & (byte != b'\\')
    })
}

/// Appends the character at the front and says how many bytes it took.
fn special(bytes: &[u8], release: &Release, out: &mut Vec<u8>) -> usize {
    if let Some(letter) = short_escape(bytes[0]) {
        out.extend_from_slice(&[b'\\', letter]);
        return 1;
    }
    match release.written_strings {
        WrittenStrings::Loose => loose(bytes, out),
        WrittenStrings::Unicode => unicode(bytes, out),
    }
}

fn short_escape(byte: u8) -> Option<u8> {
    Some(match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => return None,
    })
}

/// Every character outside printable ASCII as escapes of UTF-16.
fn unicode(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let (code, length) = utf8::decode(bytes);
    match code.unwrap_or(REPLACEMENT) {
        code @ 0x20..0x7F => out.push(code as u8),
        code @ 0x1_0000.. => {
            escape(0xD800 + ((code - 0x1_0000) >> 10), out);
            escape(0xDC00 + (code & 0x3FF), out);
        }
        code => escape(code, out),
    }
    length
}

/// Sequences of two or three bytes are taken to be characters without a closer
/// look; any other high byte has no character.
fn loose(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let at = |index: usize| bytes.get(index).map_or(0, |byte| u32::from(*byte));
    let continues = |index: usize| at(index) & 0x80 != 0;
    match bytes[0] {
        0xE0.. if continues(1) && continues(2) => {
            escape((at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | at(2) & 0x3F, out);
            3
        }
        0xC0..0xE0 if continues(1) => {
            escape((at(0) & 0x1F) << 6 | at(1) & 0x3F, out);
            2
        }
        byte @ 0x20..0x80 => {
            out.push(byte);
            1
        }
        byte => {
            escape(if byte < 0x20 { u32::from(byte) } else { 0xFFFF }, out);
            1
        }
    }
}

fn escape(unit: u32, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |shift: u32| DIGITS[(unit >> shift & 0xF) as usize];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}
