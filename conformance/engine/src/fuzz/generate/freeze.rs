//! Sessions that freeze filesystems and ask for everything meanwhile. They thaw in
//! the end.

use super::{Sessions, files, machine, requests};
use crate::fuzz::random::Random;
use crate::fuzz::scope::Scope;
use crate::fuzz::session::{Argument, Call, Raw, Step};
use qga_fixtures::schema::Command;

/// The commands it needs.
pub(super) const ALL: [&str; 3] = ["guest-fsfreeze-freeze", "guest-fsfreeze-thaw", "guest-fsfreeze-status"];

/// The most requests between the first and the last.
const CALLS_MAX: usize = 8;

/// Freeze, requests of all kinds, thaw; a file may be open meanwhile.
pub(super) fn session(sessions: &Sessions, random: &mut Random, steps: &mut Vec<Step>) {
    // An agent that does what it is asked on a frozen filesystem waits until it is thawed.
    let is_gated = sessions.scope.release.freeze_gates_commands;
    let has_file = is_gated && sessions.scope.has("guest-file-open") && random.one_in(2);
    if has_file {
        steps.push(Step::Call(Call::open(0, "\"w+\"").binding(0)));
    }
    steps.push(call("guest-fsfreeze-freeze"));
    for _ in 0..1 + random.below(CALLS_MAX) {
        let step = match has_file && random.one_in(2) {
            true => on_file(random),
            false => meanwhile(sessions, random),
        };
        steps.push(step);
    }
    steps.push(call("guest-fsfreeze-thaw"));
    if random.one_in(2) {
        steps.push(call("guest-fsfreeze-status"));
    }
    if random.one_in(3) {
        steps.push(call("guest-fsfreeze-thaw"));
    }
    if has_file {
        steps.push(files::close(0));
    }
    if steps
        .iter()
        .any(|it| matches!(it, Step::Call(call) if call.binds == Some(1)))
    {
        steps.push(files::close(1));
    }
}

const HANDLE: (&str, Argument) = ("handle", Argument::Slot(0));

/// A right call on the file that was opened before.
fn on_file(random: &mut Random) -> Step {
    Step::Call(match random.below(5) {
        0 => Call::with(
            "guest-file-write",
            [HANDLE, ("buf-b64", Argument::Base64(b"qga".to_vec()))],
        ),
        1 => Call::with("guest-file-read", [HANDLE]),
        2 => Call::with("guest-file-flush", [HANDLE]),
        3 => Call::with("guest-file-close", [HANDLE]),
        _ => Call::with(
            "guest-file-seek",
            [HANDLE, ("offset", Argument::Int(0)), ("whence", Argument::Int(0))],
        ),
    })
}

fn meanwhile(sessions: &Sessions, random: &mut Random) -> Step {
    let scope = &sessions.scope;
    match random.below(14) {
        0..3 => call("guest-fsfreeze-status"),
        3 => call("guest-fsfreeze-freeze"),
        4 => call("guest-fsfreeze-thaw"),
        5 if scope.has("guest-file-open") && scope.release.freeze_gates_commands => {
            Step::Call(Call::open(1, "\"w\"").binding(1))
        }
        6 | 7 if !sessions.readers.is_empty() => Step::Call(Call::plain(random.pick(&sessions.readers).name)).with_id(),
        8 if !sessions.flawed.is_empty() => Step::Call(requests::flawed(sessions, random)),
        9 if scope.has("guest-info") => call("guest-info"),
        10 if scope.has("guest-exec") => {
            let path = [("path", Argument::Json("\"/bin/true\"".into()))];
            Step::Call(Call::with("guest-exec", path))
        }
        11 if scope.is_simulated => machine::one(scope, random),
        12 if scope.resyncs && syncs_frozen(scope) => Step::Raw(Raw {
            reopens: true,
            ..Raw::default()
        }),
        _ if !sessions.readers.is_empty() => Step::Call(requests::reader(sessions, random)),
        _ => call("guest-fsfreeze-status"),
    }
}

/// Whether an agent can be brought in step while filesystems are frozen.
fn syncs_frozen(scope: &Scope) -> bool {
    Command::find("guest-sync-delimited").is_some_and(|it| it.works_frozen(scope.release))
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
