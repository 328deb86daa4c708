//! Bytes into tokens, however the bytes are cut.
//!
//! The lexer keeps what it has of a token between two calls and holds a long
//! string back only once: strings are searched for their end in wide steps and
//! handed on in one piece. It knows where a token ends, but neither whether a
//! string is valid nor whether a token stands where it may: that is the parser's
//! part.
//!
//! The table of [`table`] is followed byte by byte outside of strings.

mod position;
mod string;
mod table;

use qga_fixtures::schema::{Parser, Release};

pub(crate) use self::position::Place;
use self::position::Position;
use self::string::{InStr, StrRules, StrStep};
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
    /// The same, of ASCII and without escapes: its text is what it stands for.
    PlainStr,
    /// A string opened by `'` and closed by `"`, as old releases have it.
    TurnedStr,
    /// A directive such as `%d`, which no request may have.
    Directive,
    /// What became too long to be a token; it has no text.
    Overlong,
    /// Bytes that begin no token or break the one they are in; all of its text.
    Stray,
}

impl Kind {
    /// Whether it is a string of any kind.
    pub(crate) fn is_string(self) -> bool {
        matches!(self, Kind::Str | Kind::PlainStr | Kind::TurnedStr)
    }
}

/// A token of the stream.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// What came of its text before, and what came of it last. Most tokens come whole.
    held: &'a mut Vec<u8>,
    part: &'a [u8],
    /// In bytes, as it came.
    pub(crate) length: usize,
    pub(crate) place: Place,
}

impl Token<'_> {
    /// Its text, less a string's opening quote.
    pub(crate) fn text(&mut self) -> &[u8] {
        if self.held.is_empty() {
            return self.part;
        }
        self.join();
        self.held
    }

    /// Takes its text out.
    pub(crate) fn take_text(&mut self) -> Vec<u8> {
        if self.held.is_empty() {
            return self.part.to_vec();
        }
        self.join();
        std::mem::take(self.held)
    }

    fn join(&mut self) {
        self.held.extend_from_slice(std::mem::take(&mut self.part));
    }
}

/// What was held of a token goes with it.
impl Drop for Token<'_> {
    fn drop(&mut self) {
        if self.held.capacity() > 0 {
            *self.held = Vec::new();
        }
    }
}

/// The lexer's state between two calls.
#[derive(Debug)]
pub(crate) struct Lexer {
    table: &'static Table,
    str_rules: StrRules,
    /// Whether every bad byte is an error of its own, and blanks are a token.
    bytewise: bool,
    state: State,
    /// What came of the current token before this call, less a string's opening quote.
    held: Vec<u8>,
    /// The length of what came of it, with the quote; or of the blanks before it.
    length: usize,
    begin: Place,
    position: Position,
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

impl Lexer {
    pub(crate) fn new(release: &Release) -> Lexer {
        Lexer {
            table: table::of(release),
            str_rules: StrRules::of(release),
            bytewise: release.parser == Parser::Bytewise,
            state: State::Start,
            held: Vec::new(),
            length: 0,
            begin: Place::default(),
            position: Position::default(),
        }
    }

    /// Takes bytes up to the end of the next token; says how many it took.
    /// Without a token, everything was taken.
    #[inline]
    pub(crate) fn next<'a>(&'a mut self, bytes: &'a [u8]) -> (usize, Option<Token<'a>>) {
        let mut cursor = Cursor { bytes, at: 0, from: 0 };
        let end = self.token(&mut cursor);
        self.position.take(cursor.at);
        let token = end.map(|End { kind, length }| Token {
            kind,
            held: &mut self.held,
            part: cursor.part(),
            length,
            place: self.begin,
        });
        (cursor.at, token)
    }

    /// Whether a value begins with these bytes or behind the blanks at their front: nothing
    /// is left of what came before.
    #[inline]
    pub(crate) fn may_begin(&self, bytes: &[u8]) -> bool {
        match self.state {
            State::Start => self.length == 0,
            State::Skipping => bytes.first() == Some(&b'{'),
            State::Word(_) | State::Str(_) => false,
        }
    }

    /// Passes a whole value that was read without tokens. Lines end nowhere in it but in the
    /// blanks before it.
    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        let blanks = bytes.iter().take_while(|it| **it != b'{');
        for (at, _) in blanks.enumerate().filter(|(_, it)| **it == b'\n') {
            self.position.end_line(at + 1);
        }
        self.position.pass_blanks();
        self.position.take(bytes.len());
        self.state = State::Start;
    }

    /// How many bytes of an unfinished token are kept.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// How many bytes there is room to keep.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.held.capacity()
    }

    #[inline]
    fn token(&mut self, cursor: &mut Cursor<'_>) -> Option<End> {
        if self.state == State::Skipping {
            self.skip_run(cursor)?;
        }
        match self.state {
            State::Start | State::Skipping => self.start(cursor),
            State::Word(row) => self.word(row, cursor),
            State::Str(string) => self.string(string, cursor),
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
        self.position.look_at();
        Some(())
    }

    /// Passes blanks and goes on with a token. `None`: it is not complete yet, or only
    /// blanks came.
    #[inline]
    fn start(&mut self, cursor: &mut Cursor<'_>) -> Option<End> {
        if let Some(..=b' ') = cursor.rest().first()
            && let Some(overlong) = self.blanks(cursor)
        {
            return Some(overlong);
        }
        let first = *cursor.rest().first()?;
        self.begin = self.position.begin(cursor.at);
        self.length = 0;
        cursor.from = cursor.at;
        cursor.at += 1;
        match table::begin(self.table, first) {
            Step::End(kind) => Some(self.finish(kind, cursor)),
            Step::Go(row) => self.word(row, cursor),
            Step::Quote => {
                cursor.from = cursor.at;
                self.length = 1;
                self.string(InStr::opened_by(first), cursor)
            }
            Step::Stray => Some(self.stray(None, cursor)),
        }
    }

    /// Passes blanks, which stand before few tokens. Releases that count them as a token end
    /// it when it gets too long.
    #[inline(never)]
    fn blanks(&mut self, cursor: &mut Cursor<'_>) -> Option<End> {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = cursor.rest().first() {
            cursor.at += 1;
            self.position.pass_blanks();
            if *byte == b'\n' {
                self.position.end_line(cursor.at);
            }
            self.length += usize::from(self.bytewise);
            if self.length > TOKEN_BYTES_MAX {
                return Some(self.overlong(cursor));
            }
        }
        None
    }

    fn word(&mut self, mut row: u8, cursor: &mut Cursor<'_>) -> Option<End> {
        while let Some(byte) = cursor.rest().first() {
            let step = self.table[usize::from(row)][usize::from(*byte)];
            if step & LOOKAHEAD != 0 {
                self.position.look_at();
                return Some(self.finish(table::kind(step), cursor));
            }
            cursor.at += 1;
            match table::step(step) {
                Step::Go(next) => row = next,
                Step::End(kind) => return Some(self.finish(kind, cursor)),
                Step::Stray | Step::Quote => return Some(self.stray(None, cursor)),
            }
            if self.length + cursor.part().len() > TOKEN_BYTES_MAX {
                return Some(self.overlong(cursor));
            }
        }
        self.hold(cursor, State::Word(row))
    }

    fn string(&mut self, mut string: InStr, cursor: &mut Cursor<'_>) -> Option<End> {
        loop {
            let room = TOKEN_BYTES_MAX + 1 - self.length - cursor.part().len();
            let window = &cursor.rest()[..cursor.rest().len().min(room)];
            cursor.at += self.str_rules.pass_text(&mut string, window);
            if self.length + cursor.part().len() > TOKEN_BYTES_MAX {
                return Some(self.overlong(cursor));
            }
            let Some(byte) = cursor.rest().first() else {
                return self.hold(cursor, State::Str(string));
            };
            cursor.at += 1;
            match self.str_rules.step(string, *byte) {
                StrStep::Go(next) => string = next,
                StrStep::End(kind) => return Some(self.finish(kind, cursor)),
                StrStep::Stray => return Some(self.stray(Some(string.opening), cursor)),
            }
        }
    }

    /// Keeps what came of an unfinished token. Room grows in large steps, because
    /// room that is not used costs nothing and moving a long token does.
    fn hold(&mut self, cursor: &Cursor<'_>, state: State) -> Option<End> {
        let part = cursor.part();
        if self.held.len() + part.len() > self.held.capacity() {
            let most = TOKEN_BYTES_MAX + 1 - self.held.len();
            self.held.reserve((self.held.len() * 4).clamp(part.len(), most));
        }
        self.held.extend_from_slice(part);
        self.length += cursor.part().len();
        self.state = state;
        None
    }

    fn finish(&mut self, kind: Kind, cursor: &Cursor<'_>) -> End {
        let length = self.length + cursor.part().len();
        self.end(kind, length, State::Start)
    }

    /// The token is broken by the byte just taken; `opening` is the quote of one that is
    /// a string.
    #[cold]
    fn stray(&mut self, opening: Option<u8>, cursor: &mut Cursor<'_>) -> End {
        match opening {
            // The quote came in this call, too.
            Some(_) if cursor.from > 0 => cursor.from -= 1,
            Some(opening) => self.held.insert(0, opening),
            None => {}
        }
        if cursor.part().last() == Some(&b'\n') {
            self.position.end_line(cursor.at);
        }
        let after = match self.bytewise {
            true => State::Start,
            false => State::Skipping,
        };
        let length = self.held.len() + cursor.part().len();
        self.end(Kind::Stray, length, after)
    }

    fn overlong(&mut self, cursor: &mut Cursor<'_>) -> End {
        let length = self.length + cursor.part().len();
        self.held = Vec::new();
        cursor.from = cursor.at;
        self.position.stand(self.begin);
        self.end(Kind::Overlong, length, State::Start)
    }

    fn end(&mut self, kind: Kind, length: usize, after: State) -> End {
        self.state = after;
        self.length = 0;
        End { kind, length }
    }
}

/// The end of a token.
struct End {
    kind: Kind,
    length: usize,
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
