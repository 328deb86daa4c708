//! The framing state of one channel: bytes go in, frames come out.
//!
//! It belongs to the agent, not to a connection: what one client leaves half
//! sent is what the next one continues. Nothing here knows what a request is.

use qga_fixtures::schema::Release;

use crate::json::Value;
use crate::lexer::Lexer;
use crate::message::CommandError;
use crate::parser::Parser;

/// What a piece of the stream turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A complete JSON value, whatever its type.
    Value(Value),
    /// Something that is no JSON value. It is answered without an `id`.
    Broken(CommandError),
    /// The real agent ends here, and why.
    Fatal(&'static str),
}

/// The framing state of one channel.
#[derive(Debug)]
pub struct Session {
    release: &'static Release,
    lexer: Lexer,
    parser: Parser,
}

impl Session {
    /// The state of an agent that has just started.
    pub fn new(release: &'static Release) -> Session {
        Session {
            release,
            lexer: Lexer::new(release),
            parser: Parser::new(release),
        }
    }

    /// The release whose rules it follows.
    pub fn release(&self) -> &'static Release {
        self.release
    }

    /// Takes bytes up to the end of the next frame; says how many it took.
    ///
    /// Call it again with the rest. Without a frame, everything was taken. Any
    /// cut of the same bytes gives the same frames.
    pub fn feed(&mut self, bytes: &[u8]) -> (usize, Option<Frame>) {
        self.parser.run(&mut self.lexer, bytes)
    }
}

#[cfg(test)]
mod tests;
