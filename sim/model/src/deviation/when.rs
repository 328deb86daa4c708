//! When an agent deviates, if not always: many agents are right for their first client,
//! before the first freeze, or for requests without an id.

use crate::commands::stop::Stop;
use crate::json::Value;
use crate::session::Frame;
use qga_fixtures::schema::Command;
use serde::Deserialize;

/// What must have happened, or must be there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum When {
    /// The client of that number is here, or a later one. The first is 1.
    Client(u32),
    /// A command was done so many times.
    Done(String, u32),
    /// A command has failed, of itself: neither the gate nor its arguments stopped it.
    Failed(String),
    /// The request has an id.
    WithId,
}

/// What an agent has seen of that for which its [`When`] waits.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Clients that went away.
    parted: u32,
    done: u32,
    has_failed: bool,
    has_id: bool,
}

impl When {
    pub(super) fn holds(&self, seen: &Seen) -> bool {
        match self {
            When::Client(number) => seen.parted + 1 >= *number,
            When::Done(_, times) => seen.done >= *times,
            When::Failed(_) => seen.has_failed,
            When::WithId => seen.has_id,
        }
    }

    /// A request came.
    pub(super) fn asked(frame: &Frame, seen: &mut Seen) {
        let members = match frame {
            Frame::Value(value) => value.as_dict(),
            _ => None,
        };
        seen.has_id = members.is_some_and(|it| it.contains("id"));
    }

    /// A command was run.
    pub(super) fn ran(&self, command: &Command, outcome: &Result<Value, Stop>, seen: &mut Seen) {
        match (self, outcome) {
            (When::Done(name, _), Ok(_)) if command.name == name => seen.done += 1,
            (When::Failed(name), Err(Stop::Refused(_))) if command.name == name => seen.has_failed = true,
            _ => {}
        }
    }

    /// A client went away.
    pub(super) fn parted(seen: &mut Seen) {
        seen.parted += 1;
    }
}
