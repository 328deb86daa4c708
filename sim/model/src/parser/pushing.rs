//! The parser from 11.1. The first token that does not fit is reported at once,
//! with its place; the rest of the broken value is swallowed until its brackets
//! balance or a stray byte comes.

use qga_fixtures::schema::Release;

use super::resynchronising::literal_text;
use super::tree::{Flaw, Tree};
use super::{Totals, before_zero, complaint};
use crate::lexer::{Kind, Place, Token};
use crate::message::CommandError;
use crate::session::Frame;

/// The parser of one channel.
#[derive(Debug)]
pub(crate) struct Pushing {
    pub(super) totals: Totals,
    /// Whether the current value is broken, and that was reported.
    swallows: bool,
    tree: Tree,
}

impl Pushing {
    pub(super) fn new(release: &'static Release) -> Pushing {
        Pushing {
            totals: Totals::default(),
            swallows: false,
            tree: Tree::new(release),
        }
    }

    pub(super) fn push(&mut self, token: &mut Token<'_>) -> Option<Frame> {
        let reported = self.swallows;
        if token.kind == Kind::Stray {
            self.reset();
            return (!reported).then(|| Frame::Broken(stray(token)));
        }
        self.totals.nest(token.kind);
        let frame = match reported {
            true => None,
            false => self.grow(token),
        };
        self.swallows |= matches!(frame, Some(Frame::Broken(_)));
        if !self.totals.is_open() {
            self.reset();
        }
        frame
    }

    fn grow(&mut self, token: &mut Token<'_>) -> Option<Frame> {
        if let Some(limit) = self.totals.limit_broken_by(token) {
            self.tree.clear();
            return Some(Frame::Broken(CommandError::new(limit)));
        }
        self.totals.add(token);
        let place = token.place;
        match self.tree.push(token) {
            Ok(value) => value.map(Frame::Value),
            Err(flaw) => {
                self.tree.clear();
                Some(Frame::Broken(at(place, complaint(text(&flaw)))))
            }
        }
    }

    fn reset(&mut self) {
        self.totals = Totals::default();
        self.swallows = false;
        self.tree.clear();
    }
}

/// What is said of a stray token is cut like any other complaint.
fn stray(token: &mut Token<'_>) -> CommandError {
    let message = [b"stray '", before_zero(token.text()), b"'"].concat();
    at(token.place, complaint(message))
}

/// Adds where the token begins.
fn at(place: Place, error: CommandError) -> CommandError {
    error
        .with("line", place.line.to_string())
        .with("column", place.column.to_string())
}

fn text(flaw: &Flaw) -> Vec<u8> {
    let text: &[u8] = match flaw {
        Flaw::NoValue => b"expecting value",
        Flaw::NoKey | Flaw::KeyNotString => b"expecting key",
        Flaw::End => b"premature EOI",
        Flaw::NoColon => b"expecting ':'",
        Flaw::NoDictSeparator => b"expected ',' or '}'",
        Flaw::NoListSeparator => b"expected ',' or ']'",
        Flaw::DuplicateKey => b"duplicate key",
        Flaw::Literal(flaw) => return literal_text(flaw),
    };
    text.to_vec()
}
