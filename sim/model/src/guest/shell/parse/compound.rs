//! Commands made of commands: conditions, loops, cases, groups.

use std::sync::Arc;

use super::{Ends, Parser, tested};
use crate::guest::shell::code::{Op, Word, plain};
use crate::guest::shell::lex::{Parsed, Token, is_variable};

impl Parser<'_, '_> {
    pub(super) fn command(&mut self) -> Parsed<Vec<Op>> {
        let line = self.lexer.line;
        let compound = match self.next_keyword()? {
            Some("if") => self.compound(Self::conditional)?,
            Some("while") => self.compound(|it| it.conditional_loop(true))?,
            Some("until") => self.compound(|it| it.conditional_loop(false))?,
            Some("for") => self.compound(Self::for_loop)?,
            Some("case") => self.compound(Self::case)?,
            Some("{") => self.compound(Self::group)?,
            Some(_) => return self.unexpected(None),
            None if self.take_operator("(")? => self.deeper(Self::subshell)?,
            None => return self.simple(),
        };
        let redirects = self.redirects()?;
        if redirects.is_empty() {
            return Ok(compound);
        }
        let skip = compound.len() + 2;
        let redirects = redirects.into();
        Ok([
            vec![Op::Redirect { redirects, line, skip }],
            compound,
            vec![Op::Restore],
        ]
        .concat())
    }

    /// What stands behind a keyword.
    pub(super) fn compound(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<Vec<Op>>) -> Parsed<Vec<Op>> {
        self.skip()?;
        self.deeper(inner)
    }

    pub(super) fn subshell(&mut self) -> Parsed<Vec<Op>> {
        let code = self.body(")")?;
        self.expect_operator(")")?;
        Ok([vec![Op::Subshell { len: code.len() }], code].concat())
    }

    pub(super) fn group(&mut self) -> Parsed<Vec<Op>> {
        let code = self.body("}")?;
        self.expect_keyword("}")?;
        Ok(code)
    }

    /// After `if` or `elif`.
    pub(super) fn conditional(&mut self) -> Parsed<Vec<Op>> {
        let condition = tested(self.body("then")?);
        self.expect_keyword("then")?;
        let then = self.body("fi")?;
        let otherwise = match self.next_keyword()? {
            Some("elif") => self.compound(Self::conditional)?,
            Some("else") => {
                self.skip()?;
                let code = self.body("fi")?;
                self.expect_keyword("fi")?;
                code
            }
            _ => {
                self.expect_keyword("fi")?;
                vec![Op::Succeed]
            }
        };
        Ok([
            condition,
            vec![Op::JumpIfFailed(then.len() + 2)],
            then,
            vec![Op::Jump(otherwise.len() + 1)],
            otherwise,
        ]
        .concat())
    }

    pub(super) fn do_body(&mut self) -> Parsed<Vec<Op>> {
        self.expect_keyword("do")?;
        let body = self.body("done")?;
        self.expect_keyword("done")?;
        Ok(body)
    }

    /// After `while` or `until`.
    pub(super) fn conditional_loop(&mut self, while_it_succeeds: bool) -> Parsed<Vec<Op>> {
        let condition = tested(self.body("do")?);
        let body = self.do_body()?;
        let leave = if while_it_succeeds {
            Op::JumpIfFailed
        } else {
            Op::JumpIfSucceeded
        };
        let inner = condition.len() + body.len();
        Ok([
            vec![Op::Loop { exit: inner + 4 }],
            condition,
            vec![leave(body.len() + 3)],
            body,
            vec![Op::Keep, Op::JumpBack(inner + 2), Op::EndLoop],
        ]
        .concat())
    }

    /// After `for`.
    pub(super) fn for_loop(&mut self) -> Parsed<Vec<Op>> {
        let line = self.lexer.line;
        let name = match self.take()? {
            Token::Word(word) => plain(&word).filter(|it| is_variable(it)).map(<[u8]>::to_vec),
            _ => None,
        };
        let Some(name) = name else {
            return self.lexer.error("Bad for loop variable");
        };
        let words = self.for_words()?;
        self.skip_newlines()?;
        let body = self.do_body()?;
        let len = body.len();
        Ok([
            vec![
                Op::For {
                    name,
                    words,
                    line,
                    exit: len + 4,
                },
                Op::Next { exit: len + 3 },
            ],
            body,
            vec![Op::Keep, Op::JumpBack(len + 2), Op::EndLoop],
        ]
        .concat())
    }

    /// The words of a loop; none where it goes over the positional parameters.
    pub(super) fn for_words(&mut self) -> Parsed<Option<Arc<[Word]>>> {
        let line_ended = matches!(self.peek()?, Token::Newline);
        self.skip_newlines()?;
        if !self.take_keyword("in")? {
            if !line_ended {
                self.take_operator(";")?;
            }
            return Ok(None);
        }
        let mut words = Vec::new();
        loop {
            match self.take()? {
                Token::Word(word) => words.push(word),
                Token::Newline | Token::Operator(";") => return Ok(Some(words.into())),
                other => {
                    self.ahead = Some(other);
                    return self.unexpected(None);
                }
            }
        }
    }

    /// After `case`.
    pub(super) fn case(&mut self) -> Parsed<Vec<Op>> {
        let line = self.lexer.line;
        let Token::Word(word) = self.take()? else {
            return self.lexer.error("word expected");
        };
        self.skip_newlines()?;
        self.expect_keyword("in")?;
        let mut branches = Vec::new();
        loop {
            self.skip_newlines()?;
            if self.take_keyword("esac")? {
                break;
            }
            branches.push(self.branch()?);
            self.skip_newlines()?;
            if !self.take_operator(";;")? {
                if !self.take_keyword("esac")? {
                    return self.unexpected(Some(";;"));
                }
                break;
            }
        }
        let mut code = vec![Op::Case {
            word: Arc::new(word),
            line,
        }];
        // Each branch ends with a jump over all that follow it.
        let mut left: usize = branches.iter().map(|(_, body)| body.len() + 2).sum();
        for (patterns, body) in branches {
            left -= body.len() + 2;
            code.push(Op::Match {
                patterns: patterns.into(),
                line,
                skip: body.len() + 2,
            });
            code.extend(body);
            code.push(Op::Jump(left + 2));
        }
        code.extend([Op::Succeed, Op::EndCase]);
        Ok(code)
    }

    pub(super) fn branch(&mut self) -> Parsed<(Vec<Word>, Vec<Op>)> {
        self.take_operator("(")?;
        let mut patterns = Vec::new();
        loop {
            match self.take()? {
                Token::Word(word) => patterns.push(word),
                other => {
                    self.ahead = Some(other);
                    return self.unexpected(Some(")"));
                }
            }
            if !self.take_operator("|")? {
                break;
            }
        }
        self.expect_operator(")")?;
        let body = self.deeper(|it| it.list(Ends::Text))?;
        Ok((patterns, if body.is_empty() { vec![Op::Succeed] } else { body }))
    }
}
