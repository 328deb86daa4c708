//! From tokens to code: lists of commands, and commands (`compound`, `simple`).

mod compound;
mod simple;

use super::code::{Code, Op, Word, plain};
use super::lex::{Lexer, Parsed, Token};
use crate::guest::tools::text;

/// Words that mean something where a command may begin.
const KEYWORDS: [&str; 16] = [
    "!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "for", "do", "done", "case", "esac", "in",
];

/// Reads the next complete command: a line, and as many more as it needs. Nothing
/// at the end of the script.
pub(super) fn next_command(lexer: &mut Lexer<'_>) -> Parsed<Option<Code>> {
    let mut parser = Parser::new(lexer);
    loop {
        match parser.peek()? {
            Token::End => return Ok(None),
            Token::Newline => parser.skip()?,
            _ => break,
        }
    }
    let code = parser.list(Ends::Line)?;
    match parser.peek()? {
        Token::Newline | Token::End => Ok(Some(code.into())),
        _ => parser.unexpected(None),
    }
}

/// Reads a whole script.
pub(super) fn whole(lexer: &mut Lexer<'_>) -> Parsed<Code> {
    let mut parser = Parser::new(lexer);
    let code = parser.list(Ends::Text)?;
    match parser.peek()? {
        Token::End => Ok(code.into()),
        _ => parser.unexpected(None),
    }
}

/// Reads commands up to a parenthesis.
pub(super) fn until_parenthesis(lexer: &mut Lexer<'_>) -> Parsed<Code> {
    let mut parser = Parser::new(lexer);
    let code = parser.list(Ends::Text)?;
    parser.expect_operator(")")?;
    Ok(code.into())
}

/// Makes a jump over so many operations.
type Jump = fn(usize) -> Op;

/// What ends a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// The end of a line.
    Line,
    /// Whatever cannot go on.
    Text,
}

struct Parser<'l, 's> {
    lexer: &'l mut Lexer<'s>,
    /// The token that was looked at.
    ahead: Option<Token>,
}

impl<'l, 's> Parser<'l, 's> {
    fn new(lexer: &'l mut Lexer<'s>) -> Parser<'l, 's> {
        Parser { lexer, ahead: None }
    }

    fn peek(&mut self) -> Parsed<&Token> {
        if self.ahead.is_none() {
            self.ahead = Some(self.lexer.token()?);
        }
        Ok(self.ahead.get_or_insert(Token::End))
    }

    fn take(&mut self) -> Parsed<Token> {
        self.peek()?;
        Ok(self.ahead.take().unwrap_or(Token::End))
    }

    fn skip(&mut self) -> Parsed<()> {
        self.take().map(|_| ())
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.lexer.depth >= super::lex::DEPTH_MAX {
            return self.lexer.error("Nesting too deep");
        }
        self.lexer.depth += 1;
        let result = inner(self);
        self.lexer.depth -= 1;
        result
    }

    fn unexpected<T>(&mut self, expected: Option<&str>) -> Parsed<T> {
        let line = self.lexer.line;
        let token = self.take()?;
        let shown = match &token {
            Token::End => b"end of file".to_vec(),
            Token::Newline => b"newline".to_vec(),
            Token::Operator(operator) => text!["\"", operator, "\""],
            Token::Number(_) => b"redirection".to_vec(),
            Token::Word(word) => match keyword(word) {
                Some(keyword) => text!["\"", keyword, "\""],
                None => b"word".to_vec(),
            },
        };
        let hint = expected.map_or_else(String::new, |it| format!(" (expecting \"{it}\")"));
        let line = if matches!(token, Token::Newline) {
            line - 1
        } else {
            line
        };
        self.lexer.line = line;
        self.lexer.error(text![shown, " unexpected", hint])
    }

    fn next_is_operator(&mut self, operator: &str) -> Parsed<bool> {
        Ok(matches!(self.peek()?, Token::Operator(it) if *it == operator))
    }

    fn take_operator(&mut self, operator: &str) -> Parsed<bool> {
        let is_next = self.next_is_operator(operator)?;
        if is_next {
            self.skip()?;
        }
        Ok(is_next)
    }

    fn expect_operator(&mut self, operator: &str) -> Parsed<()> {
        if self.take_operator(operator)? {
            Ok(())
        } else {
            self.unexpected(Some(operator))
        }
    }

    fn next_keyword(&mut self) -> Parsed<Option<&'static str>> {
        Ok(match self.peek()? {
            Token::Word(word) => keyword(word),
            _ => None,
        })
    }

    fn take_keyword(&mut self, wanted: &str) -> Parsed<bool> {
        let is_next = self.next_keyword()? == Some(wanted);
        if is_next {
            self.skip()?;
        }
        Ok(is_next)
    }

    fn expect_keyword(&mut self, wanted: &str) -> Parsed<()> {
        if self.take_keyword(wanted)? {
            Ok(())
        } else {
            self.unexpected(Some(wanted))
        }
    }

    fn skip_newlines(&mut self) -> Parsed<()> {
        while matches!(self.peek()?, Token::Newline) {
            self.skip()?;
        }
        Ok(())
    }

    // ---- lists -----------------------------------------------------------------

    /// Commands with `;`, `&` and line ends between them.
    fn list(&mut self, ends: Ends) -> Parsed<Vec<Op>> {
        let mut code = Vec::new();
        loop {
            if ends == Ends::Text {
                self.skip_newlines()?;
            }
            if self.is_list_end()? {
                return Ok(code);
            }
            let command = self.and_or()?;
            if self.take_operator("&")? {
                code.push(Op::Background { len: command.len() });
                code.extend(command);
            } else {
                code.extend(command);
                let goes_on = self.take_operator(";")? || ends == Ends::Text && matches!(self.peek()?, Token::Newline);
                if !goes_on {
                    return Ok(code);
                }
            }
            if ends == Ends::Line && matches!(self.peek()?, Token::Newline) {
                return Ok(code);
            }
        }
    }

    fn is_list_end(&mut self) -> Parsed<bool> {
        let ends = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];
        Ok(match self.peek()? {
            Token::End | Token::Newline => true,
            Token::Operator(operator) => *operator == ")" || *operator == ";;",
            Token::Word(word) => keyword(word).is_some_and(|it| ends.contains(&it)),
            Token::Number(_) => false,
        })
    }

    /// A list that must not be empty, before this keyword or operator.
    fn body(&mut self, end: &str) -> Parsed<Vec<Op>> {
        let code = self.list(Ends::Text)?;
        match self.peek()? {
            _ if !code.is_empty() => Ok(code),
            Token::End => self.unexpected(Some(end)),
            _ => self.unexpected(None),
        }
    }

    fn and_or(&mut self) -> Parsed<Vec<Op>> {
        let mut code = self.pipeline()?;
        let mut start = 0;
        while let Some(jump) = self.take_jump()? {
            self.skip_newlines()?;
            let next = self.pipeline()?;
            // What came before is asked for its status, and may be jumped over.
            code.insert(start, Op::Test);
            code.push(Op::Tested);
            code.push(jump(next.len() + 1));
            start = code.len();
            code.extend(next);
            if self.next_is_jump()? {
                lengthen_jump(&mut code[start - 1]);
            }
        }
        Ok(code)
    }

    fn next_is_jump(&mut self) -> Parsed<bool> {
        Ok(matches!(self.peek()?, Token::Operator("&&" | "||")))
    }

    fn take_jump(&mut self) -> Parsed<Option<Jump>> {
        let jump: Jump = match self.peek()? {
            Token::Operator("&&") => Op::JumpIfFailed,
            Token::Operator("||") => Op::JumpIfSucceeded,
            _ => return Ok(None),
        };
        self.skip()?;
        Ok(Some(jump))
    }

    fn pipeline(&mut self) -> Parsed<Vec<Op>> {
        let is_negated = self.take_keyword("!")?;
        let mut parts = vec![self.command()?];
        while self.take_operator("|")? {
            self.skip_newlines()?;
            parts.push(self.command()?);
        }
        let mut code = match parts.len() {
            1 => parts.remove(0),
            _ => {
                let lens = parts.iter().map(Vec::len).collect();
                [vec![Op::Pipe { parts: lens }], parts.concat()].concat()
            }
        };
        if is_negated {
            code = tested(code);
            code.push(Op::Not);
        }
        Ok(code)
    }
}

/// A jump over code that gets [`Op::Test`] and [`Op::Tested`] around it.
fn lengthen_jump(jump: &mut Op) {
    if let Op::JumpIfFailed(len) | Op::JumpIfSucceeded(len) = jump {
        *len += 2;
    }
}

/// Code whose failure is asked for.
fn tested(code: Vec<Op>) -> Vec<Op> {
    [vec![Op::Test], code, vec![Op::Tested]].concat()
}

fn keyword(word: &Word) -> Option<&'static str> {
    let text = plain(word)?;
    KEYWORDS.iter().copied().find(|it| it.as_bytes() == text)
}
