//! test and [.

use super::options::Usage;
use super::quote::quoted;
use super::{Call, Made, Words, once, text};
use crate::guest::fs::inode::{Kind, Wish};
use crate::guest::fs::io::Stat;
use crate::guest::process::sys::Sys;

/// The status of a test that cannot be read.
const WRONG: u8 = 2;

/// Parentheses and negations that may stand within each other.
const DEPTH_MAX: u32 = 100;

pub(super) fn test(words: Words) -> Made {
    once(words, status)
}

pub(super) fn bracket(mut words: Words) -> Made {
    if words.arguments.pop().as_deref() != Some(b"]") {
        return Err(Usage::plain(b"missing ']'".to_vec(), WRONG));
    }
    test(words)
}

fn status(call: &mut Call<'_, '_>, arguments: &[Vec<u8>]) -> u8 {
    match evaluate(call.sys, arguments, Dialect::Gnu) {
        Ok(holds) => u8::from(!holds),
        Err(why) => {
            call.complain(&why);
            WRONG
        }
    }
}

/// In whose words a test that cannot be read is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Gnu,
    Shell,
}

/// Whether what the words say holds.
///
/// # Errors
/// What cannot be understood.
pub(crate) fn evaluate(sys: &mut Sys<'_>, words: &[Vec<u8>], dialect: Dialect) -> Result<bool, Vec<u8>> {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let mut test = Test {
        sys,
        words: &words,
        at: 0,
        depth: 0,
        dialect,
    };
    if let Some(holds) = test.short()? {
        return Ok(holds);
    }
    let holds = test.or()?;
    match test.words.get(test.at) {
        None => Ok(holds),
        Some(word) => Err(match dialect {
            Dialect::Gnu => text!["extra argument ", quoted(word)],
            Dialect::Shell => text![test.words[test.at - 1], ": unexpected operator"],
        }),
    }
}

struct Test<'a, 'b, 's> {
    sys: &'a mut Sys<'b>,
    words: &'s [&'s [u8]],
    at: usize,
    depth: u32,
    dialect: Dialect,
}

impl Test<'_, '_, '_> {
    /// Up to three words mean what their number says, whatever they look like.
    fn short(&mut self) -> Result<Option<bool>, Vec<u8>> {
        let words = self.words;
        Ok(match words {
            [] => Some(false),
            [word] => Some(!word.is_empty()),
            [b"!", word] => Some(word.is_empty()),
            [left, operator, right] if is_binary(operator, self.dialect) => Some(self.binary(left, operator, right)?),
            [b"(", word, b")"] if self.dialect == Dialect::Gnu => Some(!word.is_empty()),
            _ => None,
        })
    }

    fn take(&mut self, word: &[u8]) -> bool {
        let is_next = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is_next);
        is_next
    }

    fn or(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = self.and()?;
        while self.take(b"-o") {
            holds |= self.and()?;
        }
        Ok(holds)
    }

    fn and(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = self.not()?;
        while self.take(b"-a") {
            holds &= self.not()?;
        }
        Ok(holds)
    }

    fn not(&mut self) -> Result<bool, Vec<u8>> {
        let mut holds = true;
        while self.words.len() > self.at + 1 && self.take(b"!") {
            holds = !holds;
        }
        Ok(self.primary()? == holds)
    }

    fn primary(&mut self) -> Result<bool, Vec<u8>> {
        let words = self.words;
        match &words[self.at.min(words.len())..] {
            [left, operator, right, ..] if is_binary(operator, self.dialect) => {
                self.at += 3;
                self.binary(left, operator, right)
            }
            [b"(", ..] if self.depth < DEPTH_MAX => self.group(),
            [operator, operand, ..] if is_unary(operator) => {
                self.at += 2;
                self.unary(operator[1], operand)
            }
            [_, operator] if is_binary(operator, self.dialect) && self.dialect == Dialect::Shell => {
                Err(text![operator, ": argument expected"])
            }
            [_, operator] if self.dialect == Dialect::Gnu => Err(text!["missing argument after ", quoted(operator)]),
            [_, operator, _] if self.dialect == Dialect::Gnu && operator != b"-a" && operator != b"-o" => {
                Err(text![quoted(operator), ": binary operator expected"])
            }
            [word, ..] => {
                self.at += 1;
                Ok(!word.is_empty())
            }
            [] => match self.dialect {
                Dialect::Gnu => Err(text![
                    "missing argument after ",
                    quoted(words.last().copied().unwrap_or_default())
                ]),
                Dialect::Shell => Ok(false),
            },
        }
    }

    fn group(&mut self) -> Result<bool, Vec<u8>> {
        self.at += 1;
        self.depth += 1;
        let holds = self.or()?;
        self.depth -= 1;
        match (self.take(b")"), self.dialect) {
            (true, _) => Ok(holds),
            (false, Dialect::Gnu) => Err(b"')' expected".to_vec()),
            (false, Dialect::Shell) => Err(b"closing paren expected".to_vec()),
        }
    }

    fn binary(&mut self, left: &[u8], operator: &[u8], right: &[u8]) -> Result<bool, Vec<u8>> {
        Ok(match operator {
            b"=" | b"==" => left == right,
            b"!=" => left != right,
            b"<" => left < right,
            b">" => left > right,
            b"-nt" => self.modified(left) > self.modified(right),
            b"-ot" => self.modified(left) < self.modified(right),
            b"-ef" => {
                let (left, right) = (self.stat(left), self.stat(right));
                left.is_some() && left.map(|it| it.inode) == right.map(|it| it.inode)
            }
            _ => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                match operator {
                    b"-eq" => left == right,
                    b"-ne" => left != right,
                    b"-lt" => left < right,
                    b"-le" => left <= right,
                    b"-gt" => left > right,
                    _ => left >= right,
                }
            }
        })
    }

    fn number(&self, word: &[u8]) -> Result<i64, Vec<u8>> {
        let number = std::str::from_utf8(word).ok().and_then(|it| it.trim().parse().ok());
        number.ok_or_else(|| match self.dialect {
            Dialect::Gnu => text!["invalid integer ", quoted(word)],
            Dialect::Shell => text!["Illegal number: ", word],
        })
    }

    fn unary(&mut self, operator: u8, operand: &[u8]) -> Result<bool, Vec<u8>> {
        let kind = |stat: Option<Stat>, wanted| stat.is_some_and(|it| it.kind == wanted);
        Ok(match operator {
            b'n' => !operand.is_empty(),
            b'z' => operand.is_empty(),
            // Nothing here is a terminal.
            b't' => false,
            b'h' | b'L' => kind(self.sys.calls(|sys| sys.lstat(operand)).ok(), Kind::Link),
            b'e' => self.stat(operand).is_some(),
            b'f' => kind(self.stat(operand), Kind::File),
            b'd' => kind(self.stat(operand), Kind::Folder),
            b'p' => kind(self.stat(operand), Kind::Fifo),
            b'S' => kind(self.stat(operand), Kind::Socket),
            b'c' => kind(self.stat(operand), Kind::Device),
            b'b' => false,
            b's' => self.stat(operand).is_some_and(|it| it.size > 0),
            b'u' => self.has_bit(operand, 0o4000),
            b'g' => self.has_bit(operand, 0o2000),
            b'k' => self.has_bit(operand, 0o1000),
            b'r' => self.may(
                operand,
                Wish {
                    read: true,
                    ..Wish::default()
                },
            ),
            b'w' => self.may(
                operand,
                Wish {
                    write: true,
                    ..Wish::default()
                },
            ),
            b'x' => self.may(
                operand,
                Wish {
                    execute: true,
                    ..Wish::default()
                },
            ),
            b'O' => self.stat(operand).is_some_and(|it| it.uid == self.sys.uid()),
            _ => self.stat(operand).is_some_and(|it| self.sys.gids().contains(&it.gid)),
        })
    }

    fn stat(&mut self, path: &[u8]) -> Option<Stat> {
        self.sys.calls(|sys| sys.stat(path)).ok()
    }

    fn modified(&mut self, path: &[u8]) -> Option<i64> {
        self.stat(path).map(|it| it.modified)
    }

    fn has_bit(&mut self, path: &[u8], bit: u16) -> bool {
        self.stat(path).is_some_and(|it| it.mode & bit != 0)
    }

    fn may(&mut self, path: &[u8], wish: Wish) -> bool {
        self.sys.calls(|sys| {
            let stat = sys.stat(path).ok()?;
            Some(sys.fs.inode(stat.inode).allows(&sys.task.credentials, wish))
        }) == Some(true)
    }
}

fn is_binary(word: &[u8], dialect: Dialect) -> bool {
    const OPERATORS: [&[u8]; 11] = [
        b"=", b"!=", b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-nt", b"-ot", b"-ef",
    ];
    let own: &[&[u8]] = match dialect {
        Dialect::Gnu => &[b"=="],
        Dialect::Shell => &[b"<", b">"],
    };
    OPERATORS.contains(&word) || own.contains(&word)
}

fn is_unary(word: &[u8]) -> bool {
    matches!(word, [b'-', letter] if b"nzthLefdpSgcbsukrwxOG".contains(letter))
}
