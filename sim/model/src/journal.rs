//! What clients have asked, for whoever embeds the agent and wants to know.
//!
//! It is kept only if [`crate::Config`] says so, and never more than a bounded
//! amount of it.

use crate::envelope::{Arguments, Request};
use crate::json::{Dict, Value};
use qga_fixtures::schema::{ErrorName, Release};
use std::collections::{BTreeSet, VecDeque};

/// Requests that are kept; the oldest go first.
pub const REQUESTS_MAX: usize = 4096;
/// Bytes of names and arguments that are kept in all; the oldest go first.
pub const JOURNAL_BYTES_MAX: usize = 16 << 20;
/// Bytes that a request's arguments may have to be kept.
pub const ARGUMENTS_BYTES_MAX: usize = 1 << 20;

/// A request: well formed, whether there is such a command or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The command; what is not UTF-8 is replaced.
    pub command: String,
    /// The arguments as JSON in ASCII; `None` if they are longer than
    /// [`ARGUMENTS_BYTES_MAX`] or no object.
    pub arguments: Option<String>,
    /// Bytes of replies to earlier requests that waited to be taken then.
    pub replies_before: usize,
}

/// Requests, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    requests: VecDeque<Asked>,
    bytes: usize,
    /// The errors that were answered: each once, however often.
    refused: BTreeSet<ErrorName>,
}

impl Asked {
    pub(crate) fn new(release: &Release, request: &Request, replies_before: usize) -> Asked {
        Asked {
            command: String::from_utf8_lossy(&request.command).into_owned(),
            arguments: match &request.arguments {
                Arguments::Given(arguments) => text(release, arguments),
                Arguments::Fatal => None,
            },
            replies_before,
        }
    }

    fn bytes(&self) -> usize {
        self.command.len() + self.arguments.as_ref().map_or(0, String::len)
    }
}

fn text(release: &Release, arguments: &Dict) -> Option<String> {
    let mut bytes = Vec::new();
    Value::Dict(arguments.clone()).write(release, &mut bytes);
    String::from_utf8(bytes)
        .ok()
        .filter(|text| text.len() <= ARGUMENTS_BYTES_MAX)
}

impl Journal {
    /// Adds a request.
    pub fn push(&mut self, asked: Asked) {
        self.bytes += asked.bytes();
        self.requests.push_back(asked);
        while self.requests.len() > REQUESTS_MAX || self.bytes > JOURNAL_BYTES_MAX {
            self.pop();
        }
    }

    /// Takes note of an error that was answered.
    pub fn refuse(&mut self, error: ErrorName) {
        self.refused.insert(error);
    }

    /// Takes one of the errors that were answered.
    pub fn pop_refused(&mut self) -> Option<ErrorName> {
        self.refused.pop_first()
    }

    /// Takes the oldest request.
    pub fn pop(&mut self) -> Option<Asked> {
        let asked = self.requests.pop_front()?;
        self.bytes -= asked.bytes();
        Some(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(command: &str, bytes: usize) -> Asked {
        Asked {
            command: command.to_owned(),
            arguments: Some("x".repeat(bytes)),
            replies_before: 0,
        }
    }

    #[test]
    fn the_oldest_go_first_by_number_and_by_bytes() {
        let mut journal = Journal::default();
        for number in 0..=REQUESTS_MAX {
            journal.push(asked(&number.to_string(), 0));
        }
        assert_eq!(journal.requests.len(), REQUESTS_MAX);
        assert_eq!(journal.pop().unwrap().command, "1");
        for _ in 0..3 {
            journal.push(asked("large", JOURNAL_BYTES_MAX / 2));
        }
        assert_eq!(journal.pop().unwrap().command, "large");
        assert_eq!(journal.pop(), None);
        assert_eq!(journal.bytes, 0);
    }
}
