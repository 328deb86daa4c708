//! Bytes into tokens, however the bytes are cut.
//!
//! The lexer keeps what it has of a token between two calls and holds a long
//! string back only once: strings are searched for their end in wide steps and
//! handed on in one piece. It knows where a token ends, but neither whether a
//! string is valid nor whether a token stands where it may: that is the parser's
//! part.
//!
//! The table of [`table`] is followed byte by byte outside of strings.

mod table;

use std::borrow::Cow;

use qga_fixtures::schema::{Parser, Release};

use self::table::{LOOKAHEAD, Step, Table};

/// No token gets longer than this many bytes.
pub(crate) const TOKEN_BYTES_MAX: usize = 64 << 20;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// A number without fraction and exponent.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    /// A word of small letters.
    Keyword,
    /// A string; its text ends with the closing quote and lacks the opening one.
    Str,
    /// A string opened by `'` and closed by `"`, as old releases have it.
    TurnedStr,
    /// A directive such as `%d`, which no request may have.
    Directive,
    /// What became too long to be a token; it has no text.
    Overlong,
    /// Bytes that begin no token or break the one they are in; all of its text.
    Stray,
}

/// Where a token begins: line and column over the life of the agent, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// A token of the stream.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: Cow<'a, [u8]>,
    /// In bytes, as it came.
    pub(crate) length: usize,
    pub(crate) place: Place,
}

/// The lexer's state between two calls.
#[derive(Debug)]
pub(crate) struct Lexer {
    rules: Rules,
    state: State,
    /// What came of the current token before this call, less a string's opening quote.
    held: Vec<u8>,
    /// The length of what came of it, with the quote; or of the blanks before it.
    length: usize,
    begin: Place,
    /// Whether the next byte goes on what was overlong, as far as its place goes.
    begin_stands: bool,
    position: Position,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    table: &'static Table,
    /// Whether every bad byte is an error of its own, blanks count as a token,
    /// and escapes are checked here.
    bytewise: bool,
    /// Whether `\\` and `\/` turn a single-quoted string into a double-quoted one.
    turns_quotes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between tokens.
    Start,
    /// After a stray byte: everything is skipped up to a byte that may begin anew.
    Skipping,
    /// In a number, a word or a directive: a row of the table.
    Word(u8),
    /// In a string.
    Str(InStr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct InStr {
    opening: u8,
    closing: u8,
    part: StrPart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StrPart {
    Body,
    /// After a backslash.
    Escape,
    /// In `\u`, with so many digits to come.
    Digits(u8),
}

/// What a byte does in a string.
enum StrStep {
    Go(InStr),
    End(Kind),
    Stray,
}

/// Counts lines and columns over the life of the agent.
#[derive(Debug, Default)]
struct Position {
    taken: u64,
    line: u64,
    line_begin: u64,
    /// Whether the next byte has already ended something else. The agent counts
    /// it twice if it also begins a token.
    looked_at: bool,
}

impl Lexer {
    pub(crate) fn new(release: &Release) -> Lexer {
        let bytewise = release.parser == Parser::Bytewise;
        Lexer {
            rules: Rules {
                table: table::of(release),
                bytewise,
                turns_quotes: release.turns_quotes,
            },
            state: State::Start,
            held: Vec::new(),
            length: 0,
            begin: Place::default(),
            begin_stands: false,
            position: Position::default(),
        }
    }

    /// Takes bytes up to the end of the next token; says how many it took.
    /// Without a token, everything was taken.
    pub(crate) fn next<'a>(&mut self, bytes: &'a [u8]) -> (usize, Option<Token<'a>>) {
        let mut cursor = Cursor { bytes, at: 0, from: 0 };
        let token = self.token(&mut cursor);
        self.position.take(cursor.at);
        (cursor.at, token)
    }

    fn token<'a>(&mut self, cursor: &mut Cursor<'a>) -> Option<Token<'a>> {
        if self.state == State::Skipping {
            self.skip_run(cursor)?;
        }
        if self.state == State::Start
            && let Some(token) = self.start(cursor)?
        {
            return Some(token);
        }
        match self.state {
            State::Word(row) => self.word(row, cursor),
            State::Str(string) => self.string(string, cursor),
            State::Start | State::Skipping => None,
        }
    }

    /// After a stray byte, to the next one that may begin anew. `None`: no such
    /// byte yet.
    fn skip_run(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let begins_anew =
            |byte: &u8| matches!(byte, b'{' | b'}' | b'[' | b']' | b':' | b',' | ..0x20 | 0xFE..) && *byte != b'\t';
        let skipped = cursor.rest().iter().position(begins_anew);
        cursor.at += skipped.unwrap_or(cursor.rest().len());
        skipped?;
        self.state = State::Start;
        self.position.looked_at = true;
        Some(())
    }

    /// Passes blanks and begins a token. `None`: only blanks came;
    /// `Some(Some(…))`: the token is complete.
    fn start<'a>(&mut self, cursor: &mut Cursor<'a>) -> Option<Option<Token<'a>>> {
        if let Some(overlong) = self.blanks(cursor) {
            return Some(Some(overlong));
        }
        let first = *cursor.rest().first()?;
        if !std::mem::take(&mut self.begin_stands) {
            self.begin = self.position.place(cursor.at);
        }
        self.length = 0;
        cursor.from = cursor.at;
        cursor.at += 1;
        self.position.looked_at = false;
        match table::begin(self.rules.table, first) {
            Step::Go(row) => self.state = State::Word(row),
            Step::Quote => {
                cursor.from = cursor.at;
                self.length = 1;
                self.state = State::Str(InStr {
                    opening: first,
                    closing: first,
                    part: StrPart::Body,
                });
            }
            Step::End(kind) => return Some(Some(self.finish(kind, cursor))),
            Step::Stray => return Some(Some(self.stray(cursor))),
        }
        Some(None)
    }

    /// Passes blanks. Releases that count them as a token end it when it gets too long.
    fn blanks<'a>(&mut self, cursor: &mut Cursor<'a>) -> Option<Token<'a>> {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = cursor.rest().first() {
            cursor.at += 1;
            self.position.looked_at = false;
            self.begin_stands = false;
            if *byte == b'\n' {
                self.position.end_line(cursor.at);
            }
            self.length += usize::from(self.rules.bytewise);
            if self.length > TOKEN_BYTES_MAX {
                return Some(self.overlong(cursor));
            }
        }
        None
    }

    fn word<'a>(&mut self, mut row: u8, cursor: &mut Cursor<'a>) -> Option<Token<'a>> {
        while let Some(byte) = cursor.rest().first() {
            let step = self.rules.table[usize::from(row)][usize::from(*byte)];
            if step & LOOKAHEAD != 0 {
                self.position.looked_at = true;
                return Some(self.finish(table::kind(step), cursor));
            }
            cursor.at += 1;
            match table::step(step) {
                Step::Go(next) => row = next,
                Step::End(kind) => return Some(self.finish(kind, cursor)),
                Step::Stray | Step::Quote => return Some(self.stray(cursor)),
            }
            if self.length + cursor.part().len() > TOKEN_BYTES_MAX {
                return Some(self.overlong(cursor));
            }
        }
        self.hold(cursor, State::Word(row))
    }

    fn string<'a>(&mut self, mut string: InStr, cursor: &mut Cursor<'a>) -> Option<Token<'a>> {
        while let Some(byte) = self.after_plain(string, cursor) {
            cursor.at += 1;
            match self.rules.str_step(string, byte) {
                StrStep::Go(next) => string = next,
                StrStep::End(kind) => return Some(self.finish(kind, cursor)),
                StrStep::Stray => return Some(self.stray(cursor)),
            }
            if self.length + cursor.part().len() > TOKEN_BYTES_MAX {
                return Some(self.overlong(cursor));
            }
        }
        if self.length + cursor.part().len() > TOKEN_BYTES_MAX {
            return Some(self.overlong(cursor));
        }
        self.hold(cursor, State::Str(string))
    }

    /// Passes the bytes that mean nothing but themselves; the byte after them.
    /// `None`: none came yet, or the string is too long.
    fn after_plain(&self, string: InStr, cursor: &mut Cursor<'_>) -> Option<u8> {
        if string.part == StrPart::Body {
            let room = TOKEN_BYTES_MAX + 1 - self.length - cursor.part().len();
            let rest = cursor.rest();
            let window = &rest[..rest.len().min(room)];
            cursor.at += self.rules.plain_prefix(window, string.closing);
            if self.length + cursor.part().len() > TOKEN_BYTES_MAX {
                return None;
            }
        }
        cursor.rest().first().copied()
    }

    fn hold<'a>(&mut self, cursor: &Cursor<'a>, state: State) -> Option<Token<'a>> {
        self.held.extend_from_slice(cursor.part());
        self.length += cursor.part().len();
        self.state = state;
        None
    }

    fn finish<'a>(&mut self, kind: Kind, cursor: &Cursor<'a>) -> Token<'a> {
        let length = self.length + cursor.part().len();
        let text = match self.held.is_empty() {
            true => Cow::Borrowed(cursor.part()),
            false => {
                self.held.extend_from_slice(cursor.part());
                Cow::Owned(std::mem::take(&mut self.held))
            }
        };
        self.emit(kind, text, length, State::Start)
    }

    /// The token is broken by the byte just taken.
    fn stray<'a>(&mut self, cursor: &Cursor<'a>) -> Token<'a> {
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(cursor.part());
        if let State::Str(string) = self.state {
            text.insert(0, string.opening);
        }
        if text.last() == Some(&b'\n') {
            self.position.end_line(cursor.at);
        }
        let after = match self.rules.bytewise {
            true => State::Start,
            false => State::Skipping,
        };
        let length = text.len();
        self.emit(Kind::Stray, Cow::Owned(text), length, after)
    }

    fn overlong<'a>(&mut self, cursor: &Cursor<'a>) -> Token<'a> {
        let length = self.length + cursor.part().len();
        self.held = Vec::new();
        self.begin_stands = true;
        self.emit(Kind::Overlong, Cow::Borrowed(&[]), length, State::Start)
    }

    fn emit<'a>(&mut self, kind: Kind, text: Cow<'a, [u8]>, length: usize, after: State) -> Token<'a> {
        self.state = after;
        self.length = 0;
        Token {
            kind,
            text,
            length,
            place: self.begin,
        }
    }
}

impl Rules {
    /// What a byte does in a string that is not simply part of it.
    fn str_step(&self, mut string: InStr, byte: u8) -> StrStep {
        string.part = match (string.part, byte) {
            (StrPart::Body, b'\\') => StrPart::Escape,
            (StrPart::Body, _) if byte == string.closing => return StrStep::End(string.kind()),
            (StrPart::Escape, 0x20..=0xFD) if !self.bytewise => StrPart::Body,
            (StrPart::Escape, b'u') if self.bytewise => StrPart::Digits(4),
            (StrPart::Escape, b'b' | b'f' | b'n' | b'r' | b't' | b'/' | b'\\' | b'\'' | b'"') if self.bytewise => {
                if self.turns_quotes && matches!(byte, b'/' | b'\\') {
                    string.closing = b'"';
                }
                StrPart::Body
            }
            (StrPart::Digits(1), _) if byte.is_ascii_hexdigit() => StrPart::Body,
            (StrPart::Digits(left), _) if byte.is_ascii_hexdigit() => StrPart::Digits(left - 1),
            _ => return StrStep::Stray,
        };
        StrStep::Go(string)
    }

    /// How many bytes at the front are plain parts of a string.
    fn plain_prefix(&self, bytes: &[u8], closing: u8) -> usize {
        let quotes = |byte: u8| byte != closing && byte != b'\\';
        match self.bytewise {
            true => prefix(bytes, |byte| {
                quotes(byte) & (byte != 0) & (byte & 0xFE != 0xC0) & (byte < 0xF5)
            }),
            false => prefix(bytes, |byte| quotes(byte) & (0x20..0xFE).contains(&byte)),
        }
    }
}

/// How many bytes at the front all pass, looked at in wide steps.
fn prefix(bytes: &[u8], passes: impl Fn(u8) -> bool) -> usize {
    const STEP: usize = 32;
    let all = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & passes(*byte));
    let wide = bytes.chunks_exact(STEP).take_while(all).count() * STEP;
    wide + bytes[wide..].iter().take_while(|byte| passes(**byte)).count()
}

impl InStr {
    fn kind(self) -> Kind {
        match self.opening == self.closing {
            true => Kind::Str,
            false => Kind::TurnedStr,
        }
    }
}

impl Position {
    /// The place of the byte at an offset of what is being taken.
    fn place(&self, offset: usize) -> Place {
        Place {
            line: self.line + 1,
            column: self.taken + offset as u64 - self.line_begin + 1 + u64::from(self.looked_at),
        }
    }

    /// A line ends before the byte at an offset.
    fn end_line(&mut self, offset: usize) {
        self.line += 1;
        self.line_begin = self.taken + offset as u64;
    }

    fn take(&mut self, bytes: usize) {
        self.taken += bytes as u64;
    }
}

/// A walk over the bytes of one call.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the current token, or what came of it in this call, begins.
    from: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// What was taken of the current token in this call.
    fn part(&self) -> &'a [u8] {
        &self.bytes[self.from..self.at]
    }
}
