//! Modified UTF-8 as the reference agent reads it: U+0000 is written C0 80;
//! surrogates, noncharacters, overlong forms and what lies beyond U+10FFFF are
//! no characters.

use crate::scan;

/// The character at the front of `bytes` and the number of bytes looked at;
/// `None` where these bytes are no character. `bytes` must not be empty.
///
/// A broken sequence ends before the first byte that does not continue it.
pub(crate) fn decode(bytes: &[u8]) -> (Option<u32>, usize) {
    let lead = bytes[0];
    let length = match lead {
        0..0x80 => return (Some(u32::from(lead)), 1),
        0x80..0xC0 | 0xFE.. => return (None, 1),
        _ => lead.leading_ones() as usize,
    };
    let mut code = u32::from(lead & (0x7F >> length));
    for at in 1..length {
        match bytes.get(at) {
            Some(byte) if byte & 0xC0 == 0x80 => code = code << 6 | u32::from(byte & 0x3F),
            _ => return (None, at),
        }
    }
    let shortest = [0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000][length - 2];
    let overlong = code < shortest && (code, length) != (0, 2);
    (Some(code).filter(|it| is_character(*it) && !overlong), length)
}

/// The bytes of one character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter {
    bytes: [u8; 4],
    length: usize,
}

impl Letter {
    pub(crate) fn ascii(byte: u8) -> Letter {
        Letter::of([byte, 0, 0, 0], 1)
    }

    fn of(bytes: [u8; 4], length: usize) -> Letter {
        Letter { bytes, length }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The bytes of a character; `None` if the code is none.
pub(crate) fn encode(code: u32) -> Option<Letter> {
    let letter = char::from_u32(code).filter(|_| is_character(code))?;
    if letter == '\0' {
        return Some(Letter::of([0xC0, 0x80, 0, 0], 2));
    }
    let mut bytes = [0; 4];
    let length = letter.encode_utf8(&mut bytes).len();
    Some(Letter::of(bytes, length))
}

/// The bytes of a UTF-16 unit as if it were a character, surrogates too; none
/// for zero.
pub(crate) fn encode_unit(unit: u32) -> Letter {
    let last = |shift: u32| 0x80 | (unit >> shift & 0x3F) as u8;
    match unit {
        0 => Letter::of([0; 4], 0),
        1..0x80 => Letter::ascii(unit as u8),
        0x80..0x800 => Letter::of([0xC0 | (unit >> 6) as u8, last(0), 0, 0], 2),
        _ => Letter::of([0xE0 | (unit >> 12 & 0xF) as u8, last(6), last(0), 0], 3),
    }
}

/// Whether all of `bytes` is modified UTF-8.
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        rest = &rest[scan::prefix(rest, |byte| byte < 0x80)..];
        if rest.is_empty() {
            break;
        }
        match decode(rest) {
            (Some(_), length) => rest = &rest[length..],
            (None, _) => return false,
        }
    }
    true
}

fn is_character(code: u32) -> bool {
    let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    char::from_u32(code).is_some() && !noncharacter
}
