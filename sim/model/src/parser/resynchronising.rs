//! The parser from 3.1. A broken value is reported when its brackets balance, by
//! the first token that does not fit. A limit is reported at once and forgets
//! everything.

use qga_fixtures::schema::{ErrorName, Release};

use super::literal::LiteralFlaw;
use super::tree::{Flaw, Tree};
use super::{Totals, before_zero, complaint};
use crate::json::Value;
use crate::lexer::{Kind, Token};
use crate::message::CommandError;
use crate::session::Frame;

/// The parser of one channel.
#[derive(Debug)]
pub(crate) struct Resynchronising {
    release: &'static Release,
    pub(super) totals: Totals,
    state: State,
    tree: Tree,
}

/// What has become of the current value.
#[derive(Debug)]
enum State {
    Incomplete,
    Complete(Value),
    Broken(Flaw),
}

impl Resynchronising {
    pub(super) fn new(release: &'static Release) -> Resynchronising {
        Resynchronising {
            release,
            totals: Totals::default(),
            state: State::Incomplete,
            tree: Tree::new(release),
        }
    }

    pub(super) fn push(&mut self, token: &mut Token<'_>) -> Option<Frame> {
        if token.kind == Kind::Stray {
            return self.refuse(stray(token));
        }
        self.totals.nest(token.kind);
        if let Some(limit) = self.totals.limit_broken_by(token) {
            return self.refuse(CommandError::new(limit));
        }
        self.totals.add(token);
        self.grow(token);
        match self.is_open() {
            true => None,
            false => Some(self.finish()),
        }
    }

    fn grow(&mut self, token: &mut Token<'_>) {
        if !matches!(self.state, State::Incomplete) {
            return;
        }
        self.state = match self.tree.push(token) {
            Ok(None) => return,
            Ok(Some(value)) => State::Complete(value),
            Err(flaw) => State::Broken(flaw),
        };
        self.tree.clear();
    }

    /// Some releases overlook that more braces were closed than opened while a
    /// bracket is open.
    fn is_open(&self) -> bool {
        let overlooked = !self.release.counts_closed_braces && self.totals.brackets > 0;
        overlooked || self.totals.is_open()
    }

    fn refuse(&mut self, error: CommandError) -> Option<Frame> {
        self.reset();
        Some(Frame::Broken(error))
    }

    fn finish(&mut self) -> Frame {
        let frame = match std::mem::replace(&mut self.state, State::Incomplete) {
            State::Complete(value) => Frame::Value(value),
            State::Broken(flaw) => broken(&flaw),
            State::Incomplete => broken(&self.tree.end()),
        };
        self.reset();
        frame
    }

    fn reset(&mut self) {
        self.totals = Totals::default();
        self.state = State::Incomplete;
        self.tree.clear();
    }
}

#[cold]
fn stray(token: &mut Token<'_>) -> CommandError {
    // As C text it ends at its first zero byte.
    CommandError::new(ErrorName::StrayToken).with("token", before_zero(token.text()))
}

#[cold]
fn broken(flaw: &Flaw) -> Frame {
    Frame::Broken(complaint(text(flaw)))
}

fn text(flaw: &Flaw) -> Vec<u8> {
    let text: &[u8] = match flaw {
        Flaw::NoValue => b"expecting value",
        Flaw::NoKey | Flaw::KeyNotString => b"key is not a string in object",
        Flaw::End => b"premature EOI",
        Flaw::NoColon => b"missing : in object pair",
        Flaw::NoDictSeparator => b"expected separator in dict",
        Flaw::NoListSeparator => b"expected separator in list",
        Flaw::DuplicateKey => b"duplicate key",
        Flaw::Literal(flaw) => return literal_text(flaw),
    };
    text.to_vec()
}

/// What both later generations say of a single token.
pub(super) fn literal_text(flaw: &LiteralFlaw) -> Vec<u8> {
    match flaw {
        LiteralFlaw::Keyword(word) => [b"invalid keyword '", &word[..], b"'"].concat(),
        LiteralFlaw::Utf8 => b"invalid UTF-8 sequence in string".to_vec(),
        LiteralFlaw::Escape => b"invalid escape sequence in string".to_vec(),
        LiteralFlaw::NoCharacter(escape) => [&escape[..], b" is not a valid Unicode character"].concat(),
    }
}
