//! Tokens into frames.
//!
//! Tokens are put together to a value as they come ([`tree`], [`literal`]) and
//! counted ([`Totals`]); what is said when they do not fit, and when, is each
//! generation's own:
//!
//! - [`bytewise`], before 3.1: every bad byte is an error, the outermost
//!   complaint is reported, at the end of the broken value;
//! - [`resynchronising`], from 3.1: the first complaint is reported, at the end
//!   of the broken value;
//! - [`pushing`], from 11.1: the first complaint is reported at once and the
//!   rest of the broken value is swallowed.
//!
//! Plain objects that came whole, as nearly every request is, are read in one go
//! ([`glance`]), which no release tells from the long way.
//!
//! The real agents of the first two collect all tokens before they look at them.
//! The values and texts are the same either way; this way costs less memory.

mod bytewise;
mod glance;
mod literal;
mod pushing;
mod resynchronising;
mod tree;

use qga_fixtures::schema::{ErrorName, Parser as Generation, Release};

use self::bytewise::Bytewise;
use self::pushing::Pushing;
use self::resynchronising::Resynchronising;
use crate::lexer::{Kind, Lexer, TOKEN_BYTES_MAX, Token};
use crate::message::CommandError;
use crate::session::Frame;

/// Objects and arrays may be open to this depth.
pub(crate) const LEVELS_MAX: i64 = 1024;

/// A value may have this many tokens.
pub(crate) const TOKENS_MAX: u64 = 2 << 20;

/// The text of a complaint is cut to this many bytes.
const COMPLAINT_BYTES_MAX: usize = 1023;

/// The parser of a release.
#[derive(Debug)]
pub(crate) enum Parser {
    Bytewise(Bytewise),
    Resynchronising(Resynchronising),
    Pushing(Pushing),
}

impl Parser {
    pub(crate) fn new(release: &'static Release) -> Parser {
        match release.parser {
            Generation::Bytewise => Parser::Bytewise(Bytewise::new(release)),
            Generation::Resynchronising => Parser::Resynchronising(Resynchronising::new(release)),
            Generation::Pushing => Parser::Pushing(Pushing::new(release)),
        }
    }

    /// Takes tokens up to the next frame, and says how many bytes these were.
    pub(crate) fn run(&mut self, lexer: &mut Lexer, bytes: &[u8]) -> (usize, Option<Frame>) {
        if self.totals().tokens == 0
            && lexer.may_begin(bytes)
            && let Some((taken, value)) = glance::object(bytes)
        {
            lexer.pass(&bytes[..taken]);
            return (taken, Some(Frame::Value(value)));
        }
        match self {
            Parser::Bytewise(parser) => run(lexer, bytes, |token| parser.push(token)),
            Parser::Resynchronising(parser) => run(lexer, bytes, |token| parser.push(token)),
            Parser::Pushing(parser) => run(lexer, bytes, |token| parser.push(token)),
        }
    }

    /// What was counted of a value that has begun.
    fn totals(&self) -> &Totals {
        match self {
            Parser::Bytewise(parser) => &parser.totals,
            Parser::Resynchronising(parser) => &parser.totals,
            Parser::Pushing(parser) => &parser.totals,
        }
    }
}

/// `push` takes a token; there is a frame if that ends or breaks a value. Each generation
/// has a loop of its own, as small as it can be.
#[inline(never)]
fn run(
    lexer: &mut Lexer,
    bytes: &[u8],
    mut push: impl FnMut(&mut Token<'_>) -> Option<Frame>,
) -> (usize, Option<Frame>) {
    let mut taken = 0;
    while taken < bytes.len() {
        let (length, token) = lexer.next(&bytes[taken..]);
        taken += length;
        if let Some(mut token) = token
            && let Some(frame) = push(&mut token)
        {
            return (taken, Some(frame));
        }
    }
    (taken, None)
}

/// What is counted over the tokens of a value.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    /// Opened less closed; below zero if more were closed.
    braces: i64,
    brackets: i64,
    tokens: u64,
    bytes: usize,
}

impl Totals {
    /// Counts a bracket.
    fn nest(&mut self, kind: Kind) {
        match kind {
            Kind::OpenBrace => self.braces += 1,
            Kind::CloseBrace => self.braces -= 1,
            Kind::OpenBracket => self.brackets += 1,
            Kind::CloseBracket => self.brackets -= 1,
            _ => {}
        }
    }

    /// Counts the token itself.
    fn add(&mut self, token: &Token<'_>) {
        self.tokens += 1;
        self.bytes += token.length;
    }

    /// Whether something is open and nothing was closed too often.
    fn is_open(&self) -> bool {
        self.braces >= 0 && self.brackets >= 0 && self.braces + self.brackets > 0
    }

    /// The limit that the next token breaks, counted by [`Totals::nest`] but not
    /// yet by [`Totals::add`].
    fn limit_broken_by(&self, token: &Token<'_>) -> Option<ErrorName> {
        if self.bytes + token.length + 1 > TOKEN_BYTES_MAX {
            Some(ErrorName::TokenSizeLimit)
        } else if self.tokens + 1 > TOKENS_MAX {
            Some(ErrorName::TokenCountLimit)
        } else if self.braces + self.brackets > LEVELS_MAX {
            Some(ErrorName::NestingLimit)
        } else {
            None
        }
    }
}

/// The error for tokens that do not fit, cut as the agent cuts it.
fn complaint(message: impl Into<Vec<u8>>) -> CommandError {
    let mut message = message.into();
    message.truncate(COMPLAINT_BYTES_MAX);
    message.truncate(before_zero(&message).len());
    CommandError::new(ErrorName::ParseFailed).with("message", message)
}

fn before_zero(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}
