//! From bytes to tokens: operators, and words (`words`).

mod words;

use std::sync::{Arc, OnceLock};

use super::code::{Piece, Word, plain};
use words::Until;

/// Quotes, parentheses and commands that may stand within each other.
pub(super) const DEPTH_MAX: u32 = 100;

/// What cannot be read: `Syntax error: ` and this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: u32,
    pub(super) what: Vec<u8>,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// A token.
#[derive(Clone, Debug)]
pub(super) enum Token {
    Word(Word),
    Operator(&'static str),
    /// A number right before a redirection.
    Number(u32),
    Newline,
    End,
}

/// Operators, the longest first.
const OPERATORS: [&str; 18] = [
    "<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "(", ")", "<", ">", "\n",
];

/// A text that is to stand below the line.
#[derive(Debug)]
pub(super) struct Here {
    end: Vec<u8>,
    strips_tabs: bool,
    is_quoted: bool,
    slot: Arc<OnceLock<Word>>,
}

/// Reads tokens from a script.
pub(super) struct Lexer<'s> {
    pub(super) text: &'s [u8],
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) depth: u32,
    heres: Vec<Here>,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s [u8], at: usize, line: u32) -> Lexer<'s> {
        Lexer {
            text,
            at,
            line,
            depth: 0,
            heres: Vec::new(),
        }
    }

    pub(super) fn error<T>(&self, what: impl AsRef<[u8]>) -> Parsed<T> {
        Err(SyntaxError {
            line: self.line,
            what: what.as_ref().to_vec(),
        })
    }

    /// Goes one level deeper.
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_MAX {
            return self.error("Nesting too deep");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn rest(&self) -> &'s [u8] {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += u32::from(byte == b'\n');
        Some(byte)
    }

    pub(super) fn take_if(&mut self, text: &[u8]) -> bool {
        let is_next = self.rest().starts_with(text);
        if is_next {
            for _ in text {
                self.take();
            }
        }
        is_next
    }

    /// Skips blanks, comments and line ends; whether nothing comes after them.
    pub(super) fn skip_to_end(&mut self) -> bool {
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'\n') => self.take(),
                Some(_) => return false,
                None => return true,
            };
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.take_if(b"\\\n") => {}
                Some(b'#') => {
                    while self.peek().is_some_and(|it| it != b'\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Parsed<Token> {
        self.skip_blanks();
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        if let Some(number) = self.number_before_redirection(first) {
            return Ok(Token::Number(number));
        }
        let found = OPERATORS.iter().find(|it| self.rest().starts_with(it.as_bytes()));
        match found {
            Some(&"\n") => {
                self.take();
                self.read_heres()?;
                Ok(Token::Newline)
            }
            Some(operator) => {
                self.at += operator.len();
                Ok(Token::Operator(operator))
            }
            None => Ok(Token::Word(self.word()?)),
        }
    }

    /// A single digit right before a redirection.
    fn number_before_redirection(&mut self, first: u8) -> Option<u32> {
        let is_number = first.is_ascii_digit() && matches!(self.text.get(self.at + 1), Some(b'<' | b'>'));
        is_number.then(|| {
            self.at += 1;
            u32::from(first - b'0')
        })
    }

    /// A word.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        let mut word = self.pieces(Until::WordEnd)?;
        split_tilde(&mut word, false);
        Ok(word)
    }

    /// Remembers that a text stands below.
    pub(super) fn expect_here(&mut self, end: &Word, strips_tabs: bool) -> Arc<OnceLock<Word>> {
        let slot = Arc::new(OnceLock::new());
        let is_quoted = plain(end).is_none();
        let end = literal(end);
        self.heres.push(Here {
            end,
            strips_tabs,
            is_quoted,
            slot: Arc::clone(&slot),
        });
        slot
    }

    /// Reads the texts that the line before wants.
    fn read_heres(&mut self) -> Parsed<()> {
        for here in std::mem::take(&mut self.heres) {
            let line = self.line;
            let body = self.here_body(&here);
            let word = match here.is_quoted {
                true => vec![Piece::Text {
                    bytes: body,
                    quoted: true,
                }],
                false => {
                    let mut inner = Lexer::new(&body, 0, line);
                    inner.depth = self.depth + 1;
                    inner.pieces(Until::TextEnd)?
                }
            };
            // Each slot is made with its text to come, and filled once.
            let _ = here.slot.set(word);
        }
        Ok(())
    }

    fn here_body(&mut self, here: &Here) -> Vec<u8> {
        let mut body = Vec::new();
        while self.at < self.text.len() {
            let end = self
                .rest()
                .iter()
                .position(|it| *it == b'\n')
                .map_or(self.text.len(), |it| self.at + it + 1);
            let mut line = &self.text[self.at..end];
            self.at = end;
            self.line += 1;
            if here.strips_tabs {
                line = &line[line.iter().take_while(|it| **it == b'\t').count()..];
            }
            if line.strip_suffix(b"\n").unwrap_or(line) == here.end {
                break;
            }
            body.extend_from_slice(line);
        }
        body
    }
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether it can be the name of a variable.
pub(super) fn is_variable(name: &[u8]) -> bool {
    name.first().is_some_and(|it| !it.is_ascii_digit()) && name.iter().all(|it| is_name(*it))
}

/// The text of a word, with nothing expanded.
pub(super) fn literal(word: &Word) -> Vec<u8> {
    let text = |piece: &Piece| match piece {
        Piece::Text { bytes, .. } => bytes.clone(),
        Piece::Tilde(name) => [b"~", name.as_slice()].concat(),
        Piece::Parameter { parameter, .. } => [b"$", parameter.name.as_slice()].concat(),
        Piece::Command { .. } | Piece::Arithmetic { .. } => Vec::new(),
    };
    word.iter().flat_map(text).collect()
}

/// Makes a tilde at the front of a word what it stands for; in an assignment also
/// one after a colon.
pub(super) fn split_tilde(word: &mut Word, in_assignment: bool) {
    let Some(Piece::Text { bytes, quoted: false }) = word.first() else {
        return;
    };
    if bytes.first() != Some(&b'~') {
        return;
    }
    let ends = |it: &u8| *it == b'/' || in_assignment && *it == b':';
    let end = bytes.iter().position(ends).unwrap_or(bytes.len());
    let is_whole = end < bytes.len() || word.len() == 1;
    let (name, rest) = bytes[1..].split_at(end - 1);
    if !is_whole || !name.iter().all(|it| is_name(*it) || *it == b'-') {
        return;
    }
    let (tilde, rest) = (
        Piece::Tilde(name.to_vec()),
        Piece::Text {
            bytes: rest.to_vec(),
            quoted: false,
        },
    );
    word.splice(..1, [tilde, rest]);
}
