//! How commands are called rightly, so that their results can be looked at. Only
//! commands that read, or that touch nothing but the scratch folder.

use super::Subject;
use qga_fixtures::schema::{Command, CommandId, Effect, System};
use serde_json::{Map, Value, json};

/// A right call.
#[derive(Debug)]
pub(super) struct Call {
    /// What comes before it: requests, and patterns of their replies.
    pub(super) before: Vec<(&'static str, &'static str)>,
    /// The request's arguments, as a template.
    pub(super) arguments: Option<&'static str>,
    /// Whether a right agent may fail, because the machine has not got what the
    /// command tells of.
    pub(super) may_fail: bool,
}

const OPEN: (&str, &str) = (
    r#"{"execute": "guest-file-open", "arguments": {"path": "$tmp/qga-derived", "mode": "w+"}}"#,
    r#"{"return": int as $handle}"#,
);
const RUN: (&str, &str) = (
    r#"{"execute": "guest-exec", "arguments": {"path": "/bin/sh", "arg": ["-c", "exit 0"]}}"#,
    r#"{"return": {"pid": int as $pid, ...}}"#,
);

/// The right call of a command, if there is one that does no harm.
pub(super) fn right(subject: Subject) -> Option<Call> {
    let call = |arguments| {
        Some(Call {
            before: before(subject.command),
            arguments: Some(arguments),
            may_fail: false,
        })
    };
    let has_shell = subject.agent.system != System::Windows;
    match subject.command.id {
        CommandId::GuestSync | CommandId::GuestSyncDelimited => call(r#"{"id": 1795333843584}"#),
        CommandId::GuestFileOpen => call(r#"{"path": "$tmp/qga-derived", "mode": "w"}"#),
        CommandId::GuestFileClose | CommandId::GuestFileFlush | CommandId::GuestFileRead => {
            call(r#"{"handle": $handle}"#)
        }
        CommandId::GuestFileWrite => call(r#"{"handle": $handle, "buf-b64": "cWdh"}"#),
        CommandId::GuestFileSeek => call(r#"{"handle": $handle, "offset": 0, "whence": 0}"#),
        CommandId::GuestExec if has_shell => call(r#"{"path": "/bin/sh", "arg": ["-c", "exit 0"]}"#),
        CommandId::GuestExecStatus if has_shell => call(r#"{"pid": $pid}"#),
        _ => plain(subject).map(|_| Call {
            before: Vec::new(),
            arguments: None,
            may_fail: depends_on_hardware(subject.command),
        }),
    }
}

/// What a right call of a command needs before it: a file that is open, a program that
/// was started.
pub(super) fn before(command: &Command) -> Vec<(&'static str, &'static str)> {
    match command.id {
        CommandId::GuestExecStatus => vec![RUN],
        _ if command.effect == Effect::Files => vec![OPEN],
        _ => Vec::new(),
    }
}

/// The arguments of a right call that needs nothing before it and can be repeated;
/// `Some(None)` if it takes none.
pub(super) fn plain(subject: Subject) -> Option<Option<Map<String, Value>>> {
    let command = subject.command;
    match command.effect {
        _ if echoes(command) => Some(Some(Map::from_iter([("id".to_owned(), json!(7))]))),
        _ if is_plain(command) => Some(None),
        _ => None,
    }
}

/// Whether the command reads what every machine has, or gives back what it is given.
pub(crate) fn is_plain(command: &Command) -> bool {
    let reads = command.effect == Effect::None && command.arguments.is_empty() && !depends_on_hardware(command);
    reads || echoes(command)
}

/// Whether the command returns the number that it is given.
pub(super) fn echoes(command: &Command) -> bool {
    matches!(command.id, CommandId::GuestSync | CommandId::GuestSyncDelimited)
}

/// The word of the expectation for the command's answer.
pub(super) fn answer_word(command: &Command) -> &'static str {
    match command.id {
        CommandId::GuestSyncDelimited => "<sync",
        _ => "<",
    }
}

/// An answer after which the command is asked once more: its result takes a while.
pub(super) fn not_yet(command: &Command) -> Option<&'static str> {
    (command.id == CommandId::GuestExecStatus).then_some(r#"{"return": {"exited": false, ...}}"#)
}

/// Whether a machine may lack what the command tells of: memory that can be plugged,
/// devices on a bus, a table of processors or disks.
fn depends_on_hardware(command: &Command) -> bool {
    matches!(
        command.id,
        CommandId::GuestGetMemoryBlocks | CommandId::GuestGetMemoryBlockInfo | CommandId::GuestGetDevices
    )
}
