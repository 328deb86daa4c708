//! Words with their quotes and expansions.

use std::sync::Arc;

use super::{Lexer, Parsed, is_name, split_tilde};
use crate::guest::shell::code::{Change, Parameter, Piece, Unless, Word};
use crate::guest::shell::parse;

/// What ends a word's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// A blank or an operator.
    WordEnd,
    DoubleQuote,
    /// The brace that ends a parameter.
    Brace {
        quoted: bool,
    },
    /// Two parentheses.
    Arithmetic,
    /// The end of a text that stands below.
    TextEnd,
}

impl Lexer<'_> {
    pub(super) fn pieces(&mut self, until: Until) -> Parsed<Word> {
        self.deeper(|it| it.pieces_inner(until))
    }

    pub(super) fn pieces_inner(&mut self, until: Until) -> Parsed<Word> {
        let mut word = Word::new();
        let quoted = match until {
            Until::DoubleQuote | Until::TextEnd | Until::Arithmetic => true,
            Until::Brace { quoted } => quoted,
            Until::WordEnd => false,
        };
        let mut parentheses = 0_u32;
        loop {
            let Some(byte) = self.peek() else {
                return self.end_of_text(until, word);
            };
            match (byte, until) {
                (b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')', Until::WordEnd) => {
                    return Ok(word);
                }
                (b'"', Until::DoubleQuote) | (b'}', Until::Brace { .. }) => {
                    self.take();
                    return Ok(word);
                }
                (b')', Until::Arithmetic) if parentheses == 0 => {
                    return if self.take_if(b"))") {
                        Ok(word)
                    } else {
                        self.error("Missing '))'")
                    };
                }
                (b'(' | b')', Until::Arithmetic) => {
                    parentheses = if byte == b'(' { parentheses + 1 } else { parentheses - 1 };
                    self.take();
                    push(&mut word, byte, true);
                }
                (b'\'', Until::WordEnd | Until::Brace { quoted: false }) => self.single_quotes(&mut word)?,
                (b'"', Until::WordEnd | Until::Brace { .. }) => {
                    self.take();
                    let inner = self.pieces(Until::DoubleQuote)?;
                    append(&mut word, inner);
                }
                (b'\\', _) => self.backslash(&mut word, until),
                (b'$', _) => self.dollar(&mut word, quoted)?,
                (b'`', _) => self.backquotes(&mut word, quoted)?,
                _ => {
                    self.take();
                    push(&mut word, byte, quoted);
                }
            }
        }
    }

    pub(super) fn end_of_text(&self, until: Until, word: Word) -> Parsed<Word> {
        match until {
            Until::WordEnd | Until::TextEnd => Ok(word),
            Until::DoubleQuote => self.error("Unterminated quoted string"),
            Until::Brace { .. } => self.error("Missing '}'"),
            Until::Arithmetic => self.error("Missing '))'"),
        }
    }

    pub(super) fn single_quotes(&mut self, word: &mut Word) -> Parsed<()> {
        self.take();
        let Some(len) = self.rest().iter().position(|it| *it == b'\'') else {
            self.line += self.rest().iter().filter(|it| **it == b'\n').count() as u32;
            return self.error("Unterminated quoted string");
        };
        let bytes = self.rest()[..len].to_vec();
        self.line += bytes.iter().filter(|it| **it == b'\n').count() as u32;
        self.at += len + 1;
        word.push(Piece::Text { bytes, quoted: true });
        Ok(())
    }

    pub(super) fn backslash(&mut self, word: &mut Word, until: Until) {
        self.take();
        let escaped = self.peek();
        let is_special = |byte: u8| match until {
            Until::WordEnd | Until::Brace { quoted: false } => true,
            Until::DoubleQuote => b"$`\"\\".contains(&byte),
            Until::Brace { quoted: true } => b"$`\"\\}".contains(&byte),
            Until::TextEnd | Until::Arithmetic => b"$`\\".contains(&byte),
        };
        match escaped {
            Some(b'\n') => {
                self.take();
            }
            Some(byte) if is_special(byte) => {
                self.take();
                push(word, byte, true);
            }
            _ => push(word, b'\\', true),
        }
    }

    pub(super) fn dollar(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        self.take();
        match self.peek() {
            Some(b'(') if self.take_if(b"((") => {
                let expression = self.pieces(Until::Arithmetic)?;
                word.push(Piece::Arithmetic { expression, quoted });
            }
            Some(b'(') => {
                self.take();
                let code = self.deeper(parse::until_parenthesis)?;
                word.push(Piece::Command { code, quoted });
            }
            Some(b'{') => {
                self.take();
                let parameter = Arc::new(self.braces(quoted)?);
                word.push(Piece::Parameter { parameter, quoted });
            }
            Some(byte) if is_name(byte) || is_special(byte) => {
                let name = self.name();
                let parameter = Arc::new(Parameter {
                    name,
                    change: Change::Nothing,
                });
                word.push(Piece::Parameter { parameter, quoted });
            }
            _ => push(word, b'$', quoted),
        }
        Ok(())
    }

    /// A name, a digit or a sign; nothing if there is none.
    pub(super) fn name(&mut self) -> Vec<u8> {
        let rest = self.rest();
        let len = match rest.first() {
            Some(byte) if byte.is_ascii_digit() || is_special(*byte) => 1,
            Some(byte) if is_name(*byte) => rest.iter().take_while(|it| is_name(**it)).count(),
            _ => 0,
        };
        self.at += len;
        rest[..len].to_vec()
    }

    /// What stands in braces after a dollar.
    pub(super) fn braces(&mut self, quoted: bool) -> Parsed<Parameter> {
        let wants_length = self.peek() == Some(b'#')
            && !matches!(
                self.text.get(self.at + 1),
                Some(b'}' | b'-' | b'+' | b'?' | b'=' | b':' | b'#' | b'%')
            );
        if wants_length {
            self.take();
        }
        let mut name = self.name();
        if name.first().is_some_and(u8::is_ascii_digit) {
            while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
                self.take();
                name.push(digit);
            }
        }
        if wants_length && !name.is_empty() && self.take_if(b"}") {
            return Ok(Parameter {
                name,
                change: Change::Length,
            });
        }
        let change = self.change(quoted)?;
        let change = if wants_length || name.is_empty() {
            Change::Bad
        } else {
            change
        };
        Ok(Parameter { name, change })
    }

    pub(super) fn change(&mut self, quoted: bool) -> Parsed<Change> {
        let empty_counts = self.take_if(b":");
        let Some(sign) = self.take() else {
            return self.error("Missing '}'");
        };
        let unless = |what, word| {
            Ok(Change::Unless {
                what,
                empty_counts,
                word,
            })
        };
        match sign {
            b'}' if !empty_counts => Ok(Change::Nothing),
            b'-' => unless(Unless::Use, self.default_word(quoted)?),
            b'=' => unless(Unless::Assign, self.default_word(quoted)?),
            b'?' => unless(Unless::Fail, self.default_word(quoted)?),
            b'+' => unless(Unless::Nothing, self.default_word(quoted)?),
            b'#' | b'%' if !empty_counts => {
                let longest = self.take_if(&[sign]);
                // Quotes around the whole do not quote the pattern.
                let pattern = self.pieces(Until::Brace { quoted: false })?;
                Ok(Change::Remove {
                    at_end: sign == b'%',
                    longest,
                    pattern,
                })
            }
            b'}' => Ok(Change::Bad),
            _ => {
                self.pieces(Until::Brace { quoted })?;
                Ok(Change::Bad)
            }
        }
    }

    pub(super) fn default_word(&mut self, quoted: bool) -> Parsed<Word> {
        let mut word = self.pieces(Until::Brace { quoted })?;
        if !quoted {
            split_tilde(&mut word, false);
        }
        Ok(word)
    }

    pub(super) fn backquotes(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        self.take();
        let line = self.line;
        let mut script = Vec::new();
        loop {
            match self.take() {
                None => return self.error("EOF in backquote substitution"),
                Some(b'`') => break,
                Some(b'\\') => match self.peek() {
                    Some(byte) if b"$`\\".contains(&byte) || quoted && byte == b'"' => {
                        self.take();
                        script.push(byte);
                    }
                    _ => script.push(b'\\'),
                },
                Some(byte) => script.push(byte),
            }
        }
        let mut inner = Lexer::new(&script, 0, line);
        inner.depth = self.depth;
        let code = inner.deeper(parse::whole)?;
        word.push(Piece::Command { code, quoted });
        Ok(())
    }
}

/// Whether it is the name of a special parameter.
fn is_special(byte: u8) -> bool {
    b"@*#?$!-".contains(&byte)
}

/// Adds a character to what is there of the same kind.
fn push(word: &mut Word, byte: u8, is_quoted: bool) {
    match word.last_mut() {
        Some(Piece::Text { bytes, quoted }) if *quoted == is_quoted => bytes.push(byte),
        _ => word.push(Piece::Text {
            bytes: vec![byte],
            quoted: is_quoted,
        }),
    }
}

/// Adds what stood in double quotes; even nothing makes a word.
fn append(word: &mut Word, inner: Word) {
    if inner.is_empty() {
        word.push(Piece::Text {
            bytes: Vec::new(),
            quoted: true,
        });
    }
    word.extend(inner);
}
