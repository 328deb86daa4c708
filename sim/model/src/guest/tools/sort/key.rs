//! The parts of lines that sort compares.

use std::cmp::Ordering;

use super::compare::Ways;
use crate::guest::tools::options::number;
use crate::guest::tools::quote::quoted;
use crate::guest::tools::text;

/// A part of a line: from one place to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    from: Place,
    /// None: to the end of the line.
    to: Option<Place>,
    ways: Ways,
}

/// A character of a field, both counted from 1; character 0 is the field's last.
#[derive(Clone, Copy, Debug)]
struct Place {
    field: u64,
    character: u64,
    /// Blanks at the start of the field do not count.
    skips_blanks: bool,
}

/// Reads `F[.C][OPTIONS][,F[.C][OPTIONS]]`. A key without options is compared in the
/// usual ways.
pub(super) fn read(text: &[u8], usual: Ways) -> Result<Key, Vec<u8>> {
    let (from, to) = match text.iter().position(|it| *it == b',') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut ways = Ways::default();
    let mut has_ways = false;
    let mut place = |part: &[u8], character: u64| -> Result<Place, Vec<u8>> {
        let (field, rest) = count(part).ok_or_else(|| wrong("invalid number at field start", part))?;
        let (character, rest) = match rest.strip_prefix(b".") {
            Some(rest) => count(rest).ok_or_else(|| wrong("invalid number after '.'", rest))?,
            None => (character, rest),
        };
        if field == 0 {
            return Err(text!["-: invalid field specification ", quoted(text)]);
        }
        let mut skips_blanks = false;
        for letter in rest {
            skips_blanks |= *letter == b'b';
            if !ways.add(*letter) {
                return Err(text![
                    "stray character in field spec: invalid field specification ",
                    quoted(text)
                ]);
            }
        }
        has_ways |= !rest.is_empty();
        Ok(Place {
            field,
            character,
            skips_blanks,
        })
    };
    let mut key = Key {
        from: place(from, 1)?,
        to: to.map(|it| place(it, 0)).transpose()?,
        ways: usual,
    };
    if has_ways {
        key.ways = ways;
    } else {
        key.from.skips_blanks = usual.skips_blanks;
        key.to.iter_mut().for_each(|it| it.skips_blanks = usual.skips_blanks);
    }
    Ok(key)
}

fn count(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
    Some((number(&text[..digits])?, &text[digits..]))
}

fn wrong(what: &str, part: &[u8]) -> Vec<u8> {
    text![what, ": invalid count at start of ", quoted(part)]
}

impl Key {
    pub(super) fn compared(&self, a: &[u8], b: &[u8], separator: Option<u8>) -> Ordering {
        self.ways.compared(self.part(a, separator), self.part(b, separator))
    }

    fn part<'l>(&self, line: &'l [u8], separator: Option<u8>) -> &'l [u8] {
        let start = self.from.start(line, separator);
        let end = self.to.map_or(line.len(), |to| to.end(line, separator));
        &line[start..end.max(start)]
    }
}

impl Place {
    /// Where the character begins.
    fn start(self, line: &[u8], separator: Option<u8>) -> usize {
        let at = self.after_blanks(line, field_start(line, self.field, separator));
        (at as u64)
            .saturating_add(self.character.saturating_sub(1))
            .min(line.len() as u64) as usize
    }

    /// Where the character ends.
    fn end(self, line: &[u8], separator: Option<u8>) -> usize {
        if self.character == 0 {
            return match separator {
                // The separator itself is none of the field.
                Some(_) if field_start(line, self.field + 1, separator) < line.len() => {
                    field_start(line, self.field + 1, separator) - 1
                }
                Some(byte) if line.last() == Some(&byte) && fields(line, byte) == self.field + 1 => line.len() - 1,
                _ => field_start(line, self.field + 1, separator),
            };
        }
        let at = self.after_blanks(line, field_start(line, self.field, separator));
        (at as u64).saturating_add(self.character).min(line.len() as u64) as usize
    }

    fn after_blanks(self, line: &[u8], at: usize) -> usize {
        let blanks = line[at..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
        if self.skips_blanks { at + blanks } else { at }
    }
}

fn fields(line: &[u8], separator: u8) -> u64 {
    1 + line.iter().filter(|it| **it == separator).count() as u64
}

/// Where a field begins: behind its separator, or with the blanks before it.
fn field_start(line: &[u8], field: u64, separator: Option<u8>) -> usize {
    let mut at = 0;
    for _ in 1..field {
        if at >= line.len() {
            break;
        }
        let rest = &line[at..];
        at += match separator {
            Some(byte) => rest.iter().position(|it| *it == byte).map_or(rest.len(), |it| it + 1),
            None => {
                let is_blank = |it: &&u8| matches!(it, b' ' | b'\t');
                let blanks = rest.iter().take_while(is_blank).count();
                blanks + rest[blanks..].iter().take_while(|it| !is_blank(it)).count()
            }
        };
    }
    at
}
