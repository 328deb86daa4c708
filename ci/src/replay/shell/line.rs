//! From text to commands.

use super::Unknown;

/// Commands whose output is the next one's input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pipeline {
    pub(super) commands: Vec<Command>,
}

/// A command and where its input comes from and its output goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Vec<u8>>,
    pub(super) redirects: Vec<Redirect>,
}

/// `> path`, `>> path`, or the text of a `<<'END'`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    To { path: Vec<u8>, append: bool },
    Text(Vec<u8>),
}

/// When a pipeline is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Join {
    #[default]
    Always,
    IfSucceeded,
    IfFailed,
}

/// A word, or a sign between words.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(Vec<u8>),
    Sign(&'static str),
    Text(Vec<u8>),
}

/// Signs, the longer ones first.
const SIGNS: &[&str] = &["<<", ">>", "&&", "||", ";", "|", ">", "\n"];

/// Words that begin what this shell does not have.
const RESERVED: &[&[u8]] = &[b"if", b"for", b"while", b"case", b"{", b"(", b"!"];

/// All pipelines of some lines.
pub(super) fn parse(lines: &str) -> Result<Vec<(Join, Pipeline)>, Unknown> {
    let mut pipelines = Vec::new();
    let mut join = Join::Always;
    let mut pipeline = Pipeline::default();
    let mut command = Command::default();
    let mut tokens = Lexer::new(lines).tokens()?.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) if command.words.is_empty() && RESERVED.contains(&word.as_slice()) => {
                return Err(unknown(&String::from_utf8_lossy(&word)));
            }
            Token::Word(word) => command.words.push(word),
            Token::Text(text) => command.redirects.push(Redirect::Text(text)),
            Token::Sign(sign @ (">" | ">>")) => match tokens.next() {
                Some(Token::Word(path)) => command.redirects.push(Redirect::To {
                    path,
                    append: sign == ">>",
                }),
                _ => return Err(unknown(sign)),
            },
            Token::Sign("|") => pipeline.commands.push(std::mem::take(&mut command)),
            Token::Sign(sign) => {
                finish(&mut pipelines, join, &mut pipeline, &mut command);
                join = match sign {
                    "&&" => Join::IfSucceeded,
                    "||" => Join::IfFailed,
                    _ => Join::Always,
                };
            }
        }
    }
    finish(&mut pipelines, join, &mut pipeline, &mut command);
    Ok(pipelines)
}

fn finish(all: &mut Vec<(Join, Pipeline)>, join: Join, pipeline: &mut Pipeline, command: &mut Command) {
    if *command != Command::default() {
        pipeline.commands.push(std::mem::take(command));
    }
    if !pipeline.commands.is_empty() {
        all.push((join, std::mem::take(pipeline)));
    }
}

fn unknown(what: &str) -> Unknown {
    Unknown(format!("a shell line has `{what}`"))
}

/// Cuts text into tokens.
struct Lexer<'a> {
    rest: &'a [u8],
    tokens: Vec<Token>,
    word: Option<Vec<u8>>,
    /// The end marks of texts that begin at the next line.
    texts: Vec<Vec<u8>>,
}

impl<'a> Lexer<'a> {
    fn new(lines: &'a str) -> Lexer<'a> {
        Lexer {
            rest: lines.as_bytes(),
            tokens: Vec::new(),
            word: None,
            texts: Vec::new(),
        }
    }

    fn tokens(mut self) -> Result<Vec<Token>, Unknown> {
        while let Some((first, rest)) = self.rest.split_first() {
            if let Some(sign) = SIGNS.iter().find(|it| self.rest.starts_with(it.as_bytes())) {
                self.sign(sign)?;
                continue;
            }
            self.rest = rest;
            match first {
                b' ' | b'\t' => self.end_word(),
                b'\'' => self.quoted()?,
                b'"' => self.double_quoted()?,
                b'\\' => self.escaped(),
                b'$' => self.parameter()?,
                b'`' | b'*' | b'?' | b'(' | b')' | b'&' | b'<' | b'#' => {
                    return Err(unknown(&char::from(*first).to_string()));
                }
                byte => self.push(&[*byte]),
            }
        }
        self.end_word();
        Ok(self.tokens)
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), Unknown> {
        self.end_word();
        self.rest = &self.rest[sign.len()..];
        match sign {
            "<<" => self.end_mark(),
            "\n" => {
                for mark in std::mem::take(&mut self.texts) {
                    self.text(&mark)?;
                }
                self.tokens.push(Token::Sign(sign));
                Ok(())
            }
            _ => {
                self.tokens.push(Token::Sign(sign));
                Ok(())
            }
        }
    }

    /// Only `<<'MARK'`, whose text is taken as it stands.
    fn end_mark(&mut self) -> Result<(), Unknown> {
        let rest = self.rest.strip_prefix(b"'").ok_or_else(|| unknown("<<"))?;
        let end = rest.iter().position(|it| *it == b'\'').ok_or_else(|| unknown("<<"))?;
        self.texts.push(rest[..end].to_vec());
        self.rest = &rest[end + 1..];
        Ok(())
    }

    fn text(&mut self, mark: &[u8]) -> Result<(), Unknown> {
        let mut text = Vec::new();
        let mut lines = self.rest.split_inclusive(|it| *it == b'\n');
        let mut taken = 0;
        loop {
            let line = lines.next().ok_or_else(|| unknown("<<"))?;
            taken += line.len();
            if line.strip_suffix(b"\n").unwrap_or(line) == mark {
                break;
            }
            text.extend_from_slice(line);
        }
        self.rest = &self.rest[taken..];
        self.tokens.push(Token::Text(text));
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), Unknown> {
        let end = self
            .rest
            .iter()
            .position(|it| *it == b'\'')
            .ok_or_else(|| unknown("'"))?;
        let text = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        self.push(text);
        Ok(())
    }

    fn double_quoted(&mut self) -> Result<(), Unknown> {
        self.push(b"");
        loop {
            let (first, rest) = self.rest.split_first().ok_or_else(|| unknown("\""))?;
            self.rest = rest;
            match first {
                b'"' => return Ok(()),
                b'$' => self.parameter()?,
                b'`' => return Err(unknown("`")),
                // Before other letters the backslash stays.
                b'\\' if rest.first().is_some_and(|it| b"\\\"$`".contains(it)) => self.escaped(),
                byte => self.push(&[*byte]),
            }
        }
    }

    fn escaped(&mut self) {
        if let Some((first, rest)) = self.rest.split_first() {
            self.rest = rest;
            self.push(&[*first]);
        }
    }

    /// The lines have no parameters, so that a digit's is empty.
    fn parameter(&mut self) -> Result<(), Unknown> {
        match self.rest.split_first() {
            Some((digit, rest)) if digit.is_ascii_digit() => {
                self.rest = rest;
                self.push(b"");
                Ok(())
            }
            _ => Err(unknown("$")),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.word.get_or_insert_default().extend_from_slice(bytes);
    }

    fn end_word(&mut self) {
        self.tokens.extend(self.word.take().map(Token::Word));
    }
}
