//! Commands made of words, their redirections, and functions.

use std::sync::Arc;

use super::Parser;
use crate::guest::shell::code::{Op, Piece, Redirect, Simple, Target, Word};
use crate::guest::shell::lex::{Parsed, Token, is_variable, literal, split_tilde};

impl Parser<'_, '_> {
    pub(super) fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(redirects)
    }

    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let number = match self.peek()? {
            Token::Number(number) => Some(*number),
            Token::Operator(operator) if operator.starts_with(['<', '>']) => None,
            _ => return Ok(None),
        };
        if number.is_some() {
            self.skip()?;
        }
        let Token::Operator(operator) = self.take()? else {
            return self.unexpected(None);
        };
        let word = match self.take()? {
            Token::Word(word) => word,
            other => {
                self.ahead = Some(other);
                return self.unexpected(None);
            }
        };
        let usual = u32::from(operator.starts_with('>'));
        let to = match operator {
            "<" => Target::Read(word),
            ">" | ">|" => Target::Write(word),
            ">>" => Target::Append(word),
            "<>" => Target::ReadWrite(word),
            "<&" | ">&" => Target::Duplicate(word),
            _ => Target::Here(self.lexer.expect_here(&word, operator == "<<-")),
        };
        Ok(Some(Redirect {
            descriptor: number.unwrap_or(usual),
            to,
        }))
    }

    pub(super) fn simple(&mut self) -> Parsed<Vec<Op>> {
        let mut simple = Simple {
            line: self.lexer.line,
            ..Simple::default()
        };
        loop {
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                continue;
            }
            match self.take()? {
                Token::Word(word) => match assignment(&word).filter(|_| simple.words.is_empty()) {
                    Some(assignment) => simple.assignments.push(assignment),
                    None => simple.words.push(word),
                },
                Token::Operator("(") if is_function_name(&simple) => {
                    self.expect_operator(")")?;
                    return self.function(&simple.words[0]);
                }
                other => {
                    self.ahead = Some(other);
                    break;
                }
            }
        }
        let is_empty = simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty();
        if is_empty {
            self.unexpected(None)
        } else {
            Ok(vec![Op::Simple(Arc::new(simple))])
        }
    }

    pub(super) fn function(&mut self, name: &Word) -> Parsed<Vec<Op>> {
        let name = literal(name);
        if !is_variable(&name) {
            return self.lexer.error("Bad function name");
        }
        self.skip_newlines()?;
        let body = self.deeper(Self::command)?;
        Ok([vec![Op::Define { name, len: body.len() }], body].concat())
    }
}

fn is_function_name(simple: &Simple) -> bool {
    simple.words.len() == 1 && simple.assignments.is_empty() && simple.redirects.is_empty()
}

/// The name and value of a word such as `a=b`.
fn assignment(word: &Word) -> Option<(Vec<u8>, Word)> {
    let Piece::Text { bytes, quoted: false } = word.first()? else {
        return None;
    };
    let end = bytes.iter().position(|it| *it == b'=')?;
    let name = Some(&bytes[..end]).filter(|it| is_variable(it))?.to_vec();
    let mut value = word.clone();
    let rest = bytes[end + 1..].to_vec();
    value[0] = Piece::Text {
        bytes: rest,
        quoted: false,
    };
    split_tilde(&mut value, true);
    Some((name, value))
}
