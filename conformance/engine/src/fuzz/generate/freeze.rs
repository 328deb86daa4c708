//! Sessions that freeze filesystems and ask for everything meanwhile. They thaw in
//! the end.

use super::{Sessions, requests};
use crate::fuzz::random::Random;
use crate::fuzz::session::{Argument, Call, MISSING_FILE, Step};

/// The commands it needs.
pub(super) const ALL: [&str; 3] = ["guest-fsfreeze-freeze", "guest-fsfreeze-thaw", "guest-fsfreeze-status"];

/// The most requests between the first and the last.
const CALLS_MAX: usize = 8;

/// Freeze, requests of all kinds, thaw.
pub(super) fn session(sessions: &Sessions, random: &mut Random, steps: &mut Vec<Step>) {
    steps.push(call("guest-fsfreeze-freeze"));
    for _ in 0..random.below(CALLS_MAX) {
        steps.push(meanwhile(sessions, random));
    }
    steps.push(call("guest-fsfreeze-thaw"));
    if random.one_in(2) {
        steps.push(call("guest-fsfreeze-status"));
    }
    if random.one_in(3) {
        steps.push(call("guest-fsfreeze-thaw"));
    }
}

fn meanwhile(sessions: &Sessions, random: &mut Random) -> Step {
    match random.below(10) {
        0..3 => call("guest-fsfreeze-status"),
        3 => call("guest-fsfreeze-freeze"),
        4 => call("guest-fsfreeze-thaw"),
        5 => Step::Call(Call::with("guest-file-open", [("path", Argument::File(MISSING_FILE))])),
        6 if !sessions.readers.is_empty() => Step::Call(Call::plain(random.pick(&sessions.readers).name)).with_id(),
        7 if !sessions.flawed.is_empty() => Step::Call(requests::flawed(sessions, random)),
        _ if !sessions.readers.is_empty() => Step::Call(requests::reader(sessions, random)),
        _ => call("guest-fsfreeze-status"),
    }
}

fn call(name: &'static str) -> Step {
    Step::Call(Call::plain(name))
}

impl Step {
    /// A call of a command that takes nothing but a number gets one.
    fn with_id(self) -> Step {
        match self {
            Step::Call(call) if call.command.starts_with("guest-sync") => Step::Call(Call {
                arguments: Some(vec![("id".into(), Argument::Int(7))]),
                ..call
            }),
            other => other,
        }
    }
}
