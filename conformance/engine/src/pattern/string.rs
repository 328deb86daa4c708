//! JSON strings, read with their variables and written in one canonical form.

use super::{Fault, Text, TextPart};
use std::fmt::Write as _;

const ESCAPES: &str = "in a string write \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hexadecimal digits";

/// Reads the string that begins at `at` with a double quote; `Ok` has it and the
/// place after it. Variables are found only where `variables` says so.
pub(super) fn read(text: &str, at: usize, variables: bool) -> Result<(Text, usize), Fault> {
    let mut reader = Reader {
        text,
        at: at + 1,
        parts: Vec::new(),
        literal: String::new(),
    };
    loop {
        match reader.peek() {
            Some('"') => return Ok(reader.finish()),
            Some('\\') => reader.escape()?,
            Some('$') if variables && name_length(&text[reader.at + 1..]) > 0 => reader.variable(),
            Some(it) if it != '\n' => reader.take(it),
            _ => return Err(unclosed(at, reader.at)),
        }
    }
}

fn unclosed(at: usize, end: usize) -> Fault {
    Fault::new(
        at,
        end,
        "this string is not closed on its line",
        "close it with `\"`; write a line end inside a string as `\\n`",
    )
}

/// How many bytes the name of a variable at the start of `text` has.
pub(crate) fn name_length(text: &str) -> usize {
    if !text.starts_with(|it: char| it.is_ascii_alphabetic()) {
        return 0;
    }
    let end = text.find(|it: char| !is_name(it));
    end.unwrap_or(text.len())
}

fn is_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    parts: Vec<TextPart>,
    literal: String,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, it: char) {
        self.literal.push(it);
        self.at += it.len_utf8();
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(TextPart::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> (Text, usize) {
        self.flush();
        (Text { parts: self.parts }, self.at + 1)
    }

    fn variable(&mut self) {
        self.flush();
        let start = self.at + 1;
        self.at = start + name_length(&self.text[start..]);
        self.parts.push(TextPart::Var(self.text[start..self.at].to_owned()));
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let letter = self.text[start + 1..].chars().next();
        let plain = match letter {
            Some(it @ ('"' | '\\' | '/')) => it,
            Some('b') => '\u{8}',
            Some('f') => '\u{C}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(),
            _ => {
                let end = start + 1 + letter.map_or(0, char::len_utf8);
                let what = format!("JSON has no escape `{}`", &self.text[start..end]);
                return Err(Fault::new(start, end, what, ESCAPES));
            }
        };
        self.literal.push(plain);
        self.at += 2;
        Ok(())
    }

    fn unicode(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut units = vec![self.unit()?];
        if (0xD800..0xDC00).contains(&units[0]) && self.text[self.at..].starts_with("\\u") {
            units.push(self.unit()?);
        }
        match char::decode_utf16(units).collect::<Result<String, _>>() {
            Ok(text) => self.literal.push_str(&text),
            Err(_) => {
                let what = "half a surrogate pair is no character";
                let cure = "write both halves, as `\\uD83D\\uDE00`, or the character itself";
                return Err(Fault::new(start, self.at, what, cure));
            }
        }
        Ok(())
    }

    /// The number of a `\uXXXX`.
    fn unit(&mut self) -> Result<u16, Fault> {
        let digits = self.text.get(self.at + 2..self.at + 6).unwrap_or("");
        let good = digits.len() == 4 && digits.bytes().all(|it| it.is_ascii_hexdigit());
        match u16::from_str_radix(digits, 16) {
            Ok(unit) if good => {
                self.at += 6;
                Ok(unit)
            }
            _ => Err(Fault::new(
                self.at,
                self.at + 2,
                "`\\u` needs four hexadecimal digits",
                ESCAPES,
            )),
        }
    }
}

/// Writes a string whose variables are to be found again.
pub(crate) fn write(text: &Text, out: &mut String) {
    out.push('"');
    let mut after_name = false;
    for part in &text.parts {
        match part {
            TextPart::Literal(literal) => write_literal(literal, after_name, out),
            TextPart::Var(name) => {
                out.push('$');
                out.push_str(name);
            }
        }
        after_name = matches!(part, TextPart::Var(_));
    }
    out.push('"');
}

/// A `$` before a letter would begin a variable, a letter after a variable would
/// lengthen its name: both are written as escapes.
fn write_literal(text: &str, after_name: bool, out: &mut String) {
    let mut letters = text.chars().peekable();
    let mut first = after_name;
    while let Some(letter) = letters.next() {
        let begins_name = letter == '$' && letters.peek().is_some_and(char::is_ascii_alphabetic);
        if begins_name || (first && is_name(letter)) {
            escape(letter, out);
        } else {
            write_char(letter, out);
        }
        first = false;
    }
}

/// Writes a string in which `$` means nothing.
pub(crate) fn write_plain(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        write_char(letter, out);
    }
    out.push('"');
}

fn write_char(letter: char, out: &mut String) {
    match letter {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{C}' => out.push_str("\\f"),
        it if it.is_control() || it == '\u{FEFF}' => escape(it, out),
        it => out.push(it),
    }
}

fn escape(letter: char, out: &mut String) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        write!(out, "\\u{unit:04X}").expect("a string takes all");
    }
}
