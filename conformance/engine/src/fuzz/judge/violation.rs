//! What an agent did that it must not, and what was expected of it.

use crate::fuzz::property::Property;

/// The pattern of any refusal.
pub const REFUSED: &str = r#"{"error": {"class": str, ...}, ...}"#;

/// What an agent did that it must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What it owes.
    pub property: Property,
    /// The step at which it showed; as many as there are if it showed after the last.
    pub step: usize,
    /// The command of that step, or `bytes`.
    pub command: String,
    /// The member of the reply that differs from another agent's; empty elsewhere.
    pub member: String,
    /// What was expected.
    pub expected: Expected,
    /// What was found, in words.
    pub found: String,
}

/// What was expected at a step, as a script can say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A reply of this pattern.
    Reply(String),
    /// A reply of this pattern after 0xFF.
    SyncReply(String),
    /// These very bytes.
    Bytes(Vec<u8>),
    /// A line of this pattern in the place of that line, of several.
    Line(usize, String),
    /// The command in guest-info's list of those that are enabled, if it is done.
    Listed(String),
    /// A line without 0xFF before it in the place of that line, of several.
    Unmarked(usize),
    /// Nothing but the reply to a sync after the last step.
    Closing,
    /// All replies, however many requests come at once.
    Together,
    /// The reply to a sync after the bytes, 0xFF, and another client.
    Recovery,
    /// No reply.
    Silence,
    /// Nothing but what a script checks anyway.
    Nothing,
}

impl Expected {
    /// A reply of this pattern, with 0xFF before it or without.
    pub(super) fn reply(is_marked: bool, pattern: String) -> Expected {
        match is_marked {
            true => Expected::SyncReply(pattern),
            false => Expected::Reply(pattern),
        }
    }
}

/// What must become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It returns; that it must is this property.
    Return(Property),
    /// It is refused; that it must be is this property.
    Refusal(Property),
    /// Nothing comes if it is done; whether it must be done.
    Silence(bool),
    /// Either; but the agent must know the command.
    Known,
    /// Either.
    Either,
}

/// What a part of the judge has against a reply.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) property: Property,
    pub(super) expected: Expected,
    pub(super) found: String,
}

impl Fault {
    pub(super) fn at(self, step: usize, command: &str) -> Violation {
        Violation {
            property: self.property,
            step,
            command: command.to_owned(),
            member: String::new(),
            expected: self.expected,
            found: self.found,
        }
    }

    pub(super) fn reply(property: Property, pattern: impl Into<String>, found: impl Into<String>) -> Fault {
        Fault {
            property,
            expected: Expected::Reply(pattern.into()),
            found: found.into(),
        }
    }
}
