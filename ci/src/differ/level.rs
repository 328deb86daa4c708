//! Values in replies that are the machine's and not the protocol's.
//!
//! What a command of [`ABOUT_MACHINE`] succeeds with need not be what the model's
//! machine has. It must be what the schema says of the release, written as the
//! release writes it, beside the same `id`; then the model's reply stands for it.
//! Where the real machine cannot tell, the error must be what it was the first time.

use std::collections::BTreeMap;

use qga_fixtures::schema::{Command, CommandId, Member, Release, System, Type};
use qga_model::json::{Dict, Value};
use qga_model::session::{Frame, Session};

use serde::de::IgnoredAny;

use super::transcript::{Line, Transcript};

/// Commands whose success depends on the machine, and what of it.
const ABOUT_MACHINE: &[(CommandId, &str)] = &[
    (CommandId::GuestExec, "process numbers"),
    (CommandId::GuestGetTime, "the clock"),
    (CommandId::GuestGetTimezone, "the time zone"),
    (CommandId::GuestGetOsinfo, "kernel and distribution"),
    (CommandId::GuestGetHostName, "its name"),
    (CommandId::GuestGetUsers, "who is logged in"),
    (CommandId::GuestGetLoad, "how busy it is"),
    (CommandId::GuestGetCpustats, "how busy its processors are"),
    (CommandId::GuestGetVcpus, "its processors"),
    (CommandId::GuestGetMemoryBlocks, "its memory"),
    (CommandId::GuestGetMemoryBlockInfo, "its memory"),
    (CommandId::GuestGetFsinfo, "its filesystems"),
    (CommandId::GuestGetDisks, "its disks"),
    (CommandId::GuestGetDiskstats, "how busy its disks are"),
    (CommandId::GuestNetworkGetInterfaces, "its network"),
    (CommandId::GuestNetworkGetRoute, "its network"),
];

/// How a reply begins that tells of a success.
const RETURN: &[u8] = b"{\"return\": ";

/// How a reply without an `id` begins that tells of an error.
const ERROR: &[u8] = b"{\"error\": ";

/// How a reply ends.
const END: &[u8] = b"}\n";

/// The release, and what its agent cannot tell of this machine.
pub(super) struct Level {
    release: &'static Release,
    /// The errors of commands by their names, as they were written.
    errors: BTreeMap<&'static str, Vec<u8>>,
}

impl Level {
    /// Nothing known yet of what cannot be told.
    pub(super) fn new(release: &'static Release) -> Level {
        Level {
            release,
            errors: BTreeMap::new(),
        }
    }

    /// The commands that are worth asking once, since they tell of the machine and
    /// take no arguments.
    pub(super) fn questions(&self) -> impl Iterator<Item = &'static Command> {
        let commands = self.release.commands(System::Linux);
        commands.filter(|it| is_about_machine(it) && it.arguments.is_empty())
    }

    /// Keeps a first answer, to a request without an `id`.
    pub(super) fn note(&mut self, command: &'static Command, reply: &[u8]) {
        let error = reply.strip_prefix(ERROR).and_then(|it| it.strip_suffix(END));
        self.errors.extend(error.map(|it| (command.name, it.to_vec())));
    }

    /// Puts the model's lines in the place of the real ones for which they stand.
    pub(super) fn level(&self, real: &mut Transcript, model: &Transcript) {
        for (real, model) in real.replies.iter_mut().zip(&model.replies) {
            if self.stands_for(model, real) == Some(true) {
                real.bytes.clone_from(&model.bytes);
            }
        }
    }

    fn stands_for(&self, model: &Line, real: &Line) -> Option<bool> {
        let command = model.answers.filter(|it| is_about_machine(it))?;
        let id = id_after_success(&model.bytes)?;
        if let Some(error) = self.errors.get(command.name) {
            return Some(real.bytes == failure(id, error));
        }
        let end = [id, END].concat();
        let value = real.bytes.strip_prefix(RETURN)?.strip_suffix(end.as_slice())?;
        Some(self.fits(command.returns_in(self.release)?, &self.read_exactly(value)?))
    }

    /// A value, if it is written to the byte as the release would write it.
    fn read_exactly(&self, text: &[u8]) -> Option<Value> {
        // A number ends where something else begins.
        let text = [text, b"\n"].concat();
        let (_, Some(Frame::Value(value))) = Session::new(self.release).feed(&text) else {
            return None;
        };
        let value = rewound(value);
        let mut written = Vec::new();
        value.write(self.release, &mut written);
        written.push(b'\n');
        (written == text).then_some(value)
    }

    /// Whether a value is of a type as this release has it.
    fn fits(&self, kind: Type, value: &Value) -> bool {
        match (kind, value) {
            (Type::Int | Type::Number, Value::Int(_)) | (Type::Number, Value::UInt(_) | Value::Double(_)) => true,
            (Type::Uint64, Value::UInt(_)) | (Type::Str, Value::Str(_)) | (Type::Bool, Value::Bool(_)) => true,
            (Type::Uint64, Value::Int(number)) => *number >= 0,
            (Type::Uint16, Value::Int(number)) => u16::try_from(*number).is_ok(),
            (Type::List(of), Value::List(items)) => items.iter().all(|it| self.fits(*of, it)),
            (Type::Struct(of), Value::Dict(dict)) => self.has_members(of.members.iter(), dict),
            (Type::Enum(of), Value::Str(word)) => of
                .values
                .iter()
                .any(|it| it.name.as_bytes() == word && self.release.has(it.since, it.until) && on_linux(it.systems)),
            (Type::Alternate(of), value) => of.branches.iter().any(|it| self.fits(it.kind, value)),
            (Type::Union(of), Value::Dict(dict)) => self.fits_union(of, dict),
            _ => false,
        }
    }

    fn fits_union(&self, of: &qga_fixtures::schema::Union, dict: &Dict) -> bool {
        let Some(chosen) = dict.get(of.discriminator).filter(|it| self.fits(of.values, it)) else {
            return false;
        };
        let branch = of
            .branches
            .iter()
            .find(|(value, _)| chosen.as_str() == Some(value.as_bytes()));
        let mut rest = dict.clone();
        rest.retain(|name, _| name != of.discriminator.as_bytes());
        match branch {
            Some((_, kind)) => self.fits(*kind, &Value::Dict(rest)),
            None => rest.is_empty(),
        }
    }

    /// Whether an object has all members that it must have, and none that it cannot have.
    fn has_members(&self, members: impl Iterator<Item = &'static Member>, dict: &Dict) -> bool {
        let members = members.filter(|it| self.release.has(it.since, it.until) && on_linux(it.systems));
        let mut known = 0;
        for member in members {
            match dict.get(member.name) {
                Some(value) if self.fits(member.kind, value) => known += 1,
                None if member.is_optional(self.release) => {}
                _ => return false,
            }
        }
        known == dict.len()
    }
}

fn is_about_machine(command: &Command) -> bool {
    ABOUT_MACHINE.iter().any(|(id, _)| *id == command.id)
}

fn on_linux(systems: &[System]) -> bool {
    systems.contains(&System::Linux)
}

/// What stands between the value of a success and the end of the reply: the `id`,
/// if there is one.
fn id_after_success(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(RETURN)?.strip_suffix(END)?;
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(&rest[values.byte_offset()..])
}

/// The reply that tells of an error, with this behind a success.
fn failure(id: &[u8], error: &[u8]) -> Vec<u8> {
    match id.strip_prefix(b", ") {
        Some(id) => [b"{", id, b", ", &ERROR[1..], error, END].concat(),
        None => [ERROR, error, END].concat(),
    }
}

/// A value that was read, as it was before it was written: of members whose names
/// share a place in the reference agent's table the youngest is written first.
fn rewound(value: Value) -> Value {
    match value {
        Value::List(items) => items.into_iter().map(rewound).collect(),
        Value::Dict(dict) => {
            let members = dict.into_iter().rev();
            members
                .map(|(name, value)| (name, rewound(value)))
                .collect::<Dict>()
                .into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn transcript(reply: &str, command: &str) -> Transcript {
        let line = Line {
            bytes: format!("{reply}\n").into_bytes(),
            answers: Command::find(command),
        };
        Transcript {
            replies: vec![line],
            ..Transcript::default()
        }
    }

    /// Whether the model's reply stands for the real one in 10.0.
    fn stands(level: &Level, command: &str, real: &str, model: &str) -> bool {
        let (mut real, model) = (transcript(real, command), transcript(model, command));
        level.level(&mut real, &model);
        real == model
    }

    fn level() -> Level {
        Level::new(Release::find("10.0").unwrap())
    }

    const LOAD: &str = r#"{"return": {"load15m": 0, "load5m": 0, "load1m": 0}}"#;

    #[rstest]
    #[case::other_values(r#"{"return": {"load15m": 1.5, "load5m": 0.25, "load1m": 2}}"#, true)]
    #[case::a_member_is_missing(r#"{"return": {"load15m": 1.5, "load5m": 0.25}}"#, false)]
    #[case::a_member_too_many(r#"{"return": {"load15m": 1, "load5m": 1, "load1m": 1, "x": 1}}"#, false)]
    #[case::of_another_type(r#"{"return": {"load15m": "1", "load5m": 1, "load1m": 1}}"#, false)]
    #[case::in_another_order(r#"{"return": {"load1m": 1, "load5m": 1, "load15m": 1}}"#, false)]
    #[case::written_otherwise(r#"{"return": {"load15m": 1.50, "load5m": 1, "load1m": 1}}"#, false)]
    #[case::with_an_id(r#"{"return": {"load15m": 1, "load5m": 1, "load1m": 1}, "id": 1}"#, false)]
    #[case::an_error(r#"{"error": {"class": "GenericError", "desc": "no"}}"#, false)]
    #[case::not_whole(r#"{"return": {"load15m": 1"#, false)]
    fn values_may_differ_and_nothing_else(#[case] real: &str, #[case] stand: bool) {
        assert_eq!(stands(&level(), "guest-get-load", real, LOAD), stand);
    }

    #[test]
    fn what_the_machine_could_not_tell_at_first_it_must_not_tell_later() {
        let mut level = level();
        let command = Command::find("guest-get-load").unwrap();
        let error = r#"{"error": {"class": "GenericError", "desc": "no"}}"#;
        level.note(command, format!("{error}\n").as_bytes());
        let with_id = r#"{"return": {"load15m": 0, "load5m": 0, "load1m": 0}, "id": {"a": 1}}"#;
        for (real, model, stand) in [
            (error, LOAD, true),
            (LOAD, with_id, false),
            (error, with_id, false),
            (&error.replace("no", "yes"), LOAD, false),
            (
                r#"{"id": {"a": 1}, "error": {"class": "GenericError", "desc": "no"}}"#,
                with_id,
                true,
            ),
        ] {
            assert_eq!(stands(&level, command.name, real, model), stand, "{real} {model}");
        }
    }

    #[test]
    fn other_commands_are_compared_to_the_byte() {
        let (one, two) = (r#"{"return": 1}"#, r#"{"return": 2}"#);
        assert!(stands(&level(), "guest-get-time", one, two));
        // An `id` that is no JSON.
        assert!(stands(
            &level(),
            "guest-get-time",
            r#"{"return": 1, "id": inf}"#,
            r#"{"return": 2, "id": inf}"#
        ));
        assert!(!stands(&level(), "guest-sync", one, two));
        assert!(!stands(&level(), "guest-get-time", one, r#"{"error": {}}"#));
    }
}
