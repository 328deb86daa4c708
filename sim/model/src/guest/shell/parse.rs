//! From tokens to code.

use std::sync::Arc;

use super::code::{Code, Op, Redirect, Simple, Target, Word, plain};
use super::lex::{Lexer, Parsed, Token, is_variable, literal, split_tilde};
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

    // ---- commands --------------------------------------------------------------

    fn command(&mut self) -> Parsed<Vec<Op>> {
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
    fn compound(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<Vec<Op>>) -> Parsed<Vec<Op>> {
        self.skip()?;
        self.deeper(inner)
    }

    fn subshell(&mut self) -> Parsed<Vec<Op>> {
        let code = self.body(")")?;
        self.expect_operator(")")?;
        Ok([vec![Op::Subshell { len: code.len() }], code].concat())
    }

    fn group(&mut self) -> Parsed<Vec<Op>> {
        let code = self.body("}")?;
        self.expect_keyword("}")?;
        Ok(code)
    }

    /// After `if` or `elif`.
    fn conditional(&mut self) -> Parsed<Vec<Op>> {
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

    fn do_body(&mut self) -> Parsed<Vec<Op>> {
        self.expect_keyword("do")?;
        let body = self.body("done")?;
        self.expect_keyword("done")?;
        Ok(body)
    }

    /// After `while` or `until`.
    fn conditional_loop(&mut self, while_it_succeeds: bool) -> Parsed<Vec<Op>> {
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
    fn for_loop(&mut self) -> Parsed<Vec<Op>> {
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
    fn for_words(&mut self) -> Parsed<Option<Arc<[Word]>>> {
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
    fn case(&mut self) -> Parsed<Vec<Op>> {
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

    fn branch(&mut self) -> Parsed<(Vec<Word>, Vec<Op>)> {
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

    fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(redirects)
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
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

    fn simple(&mut self) -> Parsed<Vec<Op>> {
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

    fn function(&mut self, name: &Word) -> Parsed<Vec<Op>> {
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

/// The name and value of a word such as `a=b`.
fn assignment(word: &Word) -> Option<(Vec<u8>, Word)> {
    let super::code::Piece::Text { bytes, quoted: false } = word.first()? else {
        return None;
    };
    let end = bytes.iter().position(|it| *it == b'=')?;
    let name = Some(&bytes[..end]).filter(|it| is_variable(it))?.to_vec();
    let mut value = word.clone();
    let rest = bytes[end + 1..].to_vec();
    value[0] = super::code::Piece::Text {
        bytes: rest,
        quoted: false,
    };
    split_tilde(&mut value, true);
    Some((name, value))
}
