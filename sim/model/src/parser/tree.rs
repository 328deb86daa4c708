//! A value put together token by token, by the grammar of JSON. The first token
//! that does not fit is a [`Flaw`]; what is said about it is the generation's part.

use qga_fixtures::schema::{DuplicateKeys, Parser, Release};

use super::literal::{self, LiteralFlaw};
use crate::json::{Dict, Key, Value};
use crate::lexer::{Kind, Token};

/// Why a token does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Something else stands where a value is due.
    NoValue,
    /// Something else stands where a key is due, in releases that look at the
    /// key's token alone.
    NoKey,
    /// A value that is no string stands where a key is due.
    KeyNotString,
    /// The tokens end where something else than a value is due.
    End,
    /// Something else stands where a colon is due.
    NoColon,
    /// Something else stands where an object goes on or ends.
    NoDictSeparator,
    /// Something else stands where an array goes on or ends.
    NoListSeparator,
    /// The object has the key already.
    DuplicateKey,
    /// The token is not the value it seems to be.
    Literal(LiteralFlaw),
}

impl From<LiteralFlaw> for Flaw {
    fn from(flaw: LiteralFlaw) -> Flaw {
        Flaw::Literal(flaw)
    }
}

/// The part of a value that is there already.
#[derive(Debug)]
pub(super) struct Tree {
    release: &'static Release,
    /// What is open, outermost first.
    open: Vec<Level>,
    due: Due,
}

#[derive(Debug)]
enum Level {
    List(Vec<Value>),
    /// An object, and the key whose value is due. An object or array may also
    /// stand in a key's place, and be noticed at its end.
    Dict(Dict, Option<Key>),
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    Separator,
}

/// What the outermost open level is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outermost {
    Element,
    Key,
    Member,
}

impl Tree {
    pub(super) fn new(release: &'static Release) -> Tree {
        Tree {
            release,
            open: Vec::new(),
            due: Due::Value,
        }
    }

    /// Adds a token; the value if it is complete with it.
    pub(super) fn push(&mut self, token: &mut Token<'_>) -> Result<Option<Value>, Flaw> {
        match (self.due, token.kind) {
            (Due::ValueOrEnd, Kind::CloseBracket) | (Due::KeyOrEnd, Kind::CloseBrace) => self.close(),
            (Due::Colon, Kind::Colon) => self.go(Due::Value),
            (Due::Colon, _) => Err(Flaw::NoColon),
            (Due::Separator, kind) => self.separator(kind),
            (Due::Value | Due::ValueOrEnd | Due::Key | Due::KeyOrEnd, _) => self.value(token),
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.due = Due::Value;
    }

    /// How many levels are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// What is wrong if no more tokens come.
    pub(super) fn end(&self) -> Flaw {
        match self.due {
            Due::Value => Flaw::NoValue,
            _ => Flaw::End,
        }
    }

    /// What the outermost open level is waiting for, if one is open.
    pub(super) fn outermost(&self) -> Option<Outermost> {
        self.open.first().map(|level| match level {
            Level::List(_) => Outermost::Element,
            Level::Dict(_, None) => Outermost::Key,
            Level::Dict(_, Some(_)) => Outermost::Member,
        })
    }

    fn go(&mut self, due: Due) -> Result<Option<Value>, Flaw> {
        self.due = due;
        Ok(None)
    }

    fn separator(&mut self, kind: Kind) -> Result<Option<Value>, Flaw> {
        match (self.open.last(), kind) {
            (Some(Level::List(_)), Kind::Comma) => self.go(Due::Value),
            (Some(Level::List(_)), Kind::CloseBracket) => self.close(),
            (Some(Level::List(_)), _) => Err(Flaw::NoListSeparator),
            (Some(Level::Dict(..)), Kind::Comma) => self.go(Due::Key),
            (Some(Level::Dict(..)), Kind::CloseBrace) => self.close(),
            (Some(Level::Dict(..)) | None, _) => Err(Flaw::NoDictSeparator),
        }
    }

    fn value(&mut self, token: &mut Token<'_>) -> Result<Option<Value>, Flaw> {
        let key_is_due = matches!(self.due, Due::Key | Due::KeyOrEnd);
        match token.kind {
            kind if key_is_due && kind.is_string() => self.key(token),
            _ if key_is_due && self.release.parser == Parser::Pushing => Err(Flaw::NoKey),
            Kind::OpenBrace => {
                self.open.push(Level::Dict(Dict::new(), None));
                self.go(Due::KeyOrEnd)
            }
            Kind::OpenBracket => {
                self.open.push(Level::List(Vec::new()));
                self.go(Due::ValueOrEnd)
            }
            kind if kind.is_string() || matches!(kind, Kind::Integer | Kind::Float | Kind::Keyword) => {
                let value = literal::value(token, self.release)?;
                self.complete(value)
            }
            _ => Err(Flaw::NoValue),
        }
    }

    fn key(&mut self, token: &mut Token<'_>) -> Result<Option<Value>, Flaw> {
        let key = literal::key(token, self.release)?;
        if let Some(Level::Dict(_, due)) = self.open.last_mut() {
            *due = Some(key);
        }
        self.go(Due::Colon)
    }

    fn close(&mut self) -> Result<Option<Value>, Flaw> {
        match self.open.pop() {
            Some(Level::List(elements)) => self.complete(Value::List(elements)),
            Some(Level::Dict(dict, _)) => self.complete(Value::Dict(dict)),
            None => Err(Flaw::NoValue),
        }
    }

    /// A value is complete: it belongs to the level that is open.
    fn complete(&mut self, value: Value) -> Result<Option<Value>, Flaw> {
        match self.open.last_mut() {
            None => {
                self.due = Due::Value;
                return Ok(Some(value));
            }
            Some(Level::List(elements)) => elements.push(value),
            Some(Level::Dict(dict, due)) => {
                let key = due.take().ok_or(Flaw::KeyNotString)?;
                if dict.insert(key, value) && self.release.duplicate_keys == DuplicateKeys::Refused {
                    return Err(Flaw::DuplicateKey);
                }
            }
        }
        self.go(Due::Separator)
    }
}
