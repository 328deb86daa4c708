//! Inside a string: where it ends, and which bytes may not be in it.

use qga_fixtures::schema::{Parser, Release};

use super::Kind;
use crate::scan;

/// What a release lets a string contain.
#[derive(Clone, Copy, Debug)]
pub(super) struct StrRules {
    /// Escapes are checked here and not by the parser; control bytes are let
    /// through, and a few bytes that are in no UTF-8 are not.
    bytewise: bool,
    /// `\\` and `\/` turn a single-quoted string into a double-quoted one.
    turns_quotes: bool,
}

/// Where in a string the lexer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InStr {
    pub(super) opening: u8,
    closing: u8,
    part: Part,
    /// Nothing but ASCII came, and no escape.
    is_plain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Body,
    /// After a backslash.
    Escape,
    /// In `\u`, with so many digits to come.
    Digits(u8),
}

/// What a byte does in a string.
pub(super) enum StrStep {
    Go(InStr),
    End(Kind),
    Stray,
}

impl StrRules {
    pub(super) fn of(release: &Release) -> StrRules {
        StrRules {
            bytewise: release.parser == Parser::Bytewise,
            turns_quotes: release.turns_quotes,
        }
    }

    /// What a byte does.
    pub(super) fn step(self, mut string: InStr, byte: u8) -> StrStep {
        string.part = match (string.part, byte) {
            (Part::Body, b'\\') => {
                string.is_plain = false;
                Part::Escape
            }
            (Part::Body, _) if byte == string.closing => return StrStep::End(string.kind()),
            (Part::Body, _) if self.may_be_in(byte) => {
                string.is_plain &= byte.is_ascii();
                Part::Body
            }
            (Part::Escape, b'u') if self.bytewise => Part::Digits(4),
            (Part::Escape, _) if self.may_be_escaped(byte) => {
                if self.turns_quotes && matches!(byte, b'/' | b'\\') {
                    string.closing = b'"';
                }
                Part::Body
            }
            (Part::Digits(1), _) if byte.is_ascii_hexdigit() => Part::Body,
            (Part::Digits(left), _) if byte.is_ascii_hexdigit() => Part::Digits(left - 1),
            _ => return StrStep::Stray,
        };
        StrStep::Go(string)
    }

    /// Passes the bytes at the front that do nothing but be in the string; how
    /// many these are.
    #[inline]
    pub(super) fn pass_text(self, string: &mut InStr, bytes: &[u8]) -> usize {
        if string.part != Part::Body {
            return 0;
        }
        let closing = string.closing;
        let is_text = |byte: u8| (byte != closing) & (byte != b'\\');
        let (length, is_ascii) = match self.bytewise {
            true => scan::prefix_and_ascii(bytes, |byte| is_text(byte) & may_be_in_bytewise(byte)),
            false => scan::prefix_and_ascii(bytes, |byte| is_text(byte) & may_be_in(byte)),
        };
        string.is_plain &= is_ascii;
        length
    }

    fn may_be_in(self, byte: u8) -> bool {
        match self.bytewise {
            true => may_be_in_bytewise(byte),
            false => may_be_in(byte),
        }
    }

    /// Before 3.1 an escape must exist; later the parser looks at it.
    fn may_be_escaped(self, byte: u8) -> bool {
        match self.bytewise {
            true => matches!(byte, b'b' | b'f' | b'n' | b'r' | b't' | b'/' | b'\\' | b'\'' | b'"'),
            false => may_be_in(byte),
        }
    }
}

fn may_be_in(byte: u8) -> bool {
    (0x20..0xFE).contains(&byte)
}

fn may_be_in_bytewise(byte: u8) -> bool {
    (byte != 0) & (byte & 0xFE != 0xC0) & (byte < 0xF5)
}

impl InStr {
    /// After the opening quote.
    pub(super) fn opened_by(quote: u8) -> InStr {
        InStr {
            opening: quote,
            closing: quote,
            part: Part::Body,
            is_plain: true,
        }
    }

    fn kind(self) -> Kind {
        match self.opening == self.closing {
            true if self.is_plain => Kind::PlainStr,
            true => Kind::Str,
            false => Kind::TurnedStr,
        }
    }
}
