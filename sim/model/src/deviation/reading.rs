//! Agents that make something else of a request, and of its id.

use super::{Memory, edit};
use crate::json::{Dict, Value};
use crate::session::Frame;
use serde::Deserialize;
use std::borrow::Cow;

/// Elements of an id that is a list, for an agent that cuts it.
const ID_ITEMS_MAX: usize = 16;

/// What is made of a request.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reading {
    /// What is broken is not answered.
    NonsenseUnanswered,
    /// A value that is no object is not answered.
    NoObjectUnanswered,
    UnknownMembersTaken,
    /// The first of a list of requests is done.
    ListsTaken,
    /// A string is taken for a command.
    TextTaken,
    /// The command must come before its arguments.
    CommandFirst,
    CapitalsTaken,
    UnderscoresTaken,
    BlanksTaken,
    /// The beginning of a command's name is enough.
    BeginningsTaken,
    /// guest-fstrim is not known, though it is listed.
    OneCommandUnknown,
    IdNarrow,
    IdAsText,
    /// A string of digits comes back as a number.
    IdAsNumber,
    /// The id of one request comes back with those that follow and have none.
    IdKept,
    /// Each reply has the id of the request before.
    IdLate,
    IdNullForgotten,
    /// Only numbers and strings come back.
    IdNestedForgotten,
    IdReversed,
    /// Blanks at the ends of a string go.
    IdTrimmed,
    /// Sixteen elements of a list come back.
    IdListCut,
    /// Members that are null do not come back.
    IdWithoutNulls,
    /// The argument id is taken for the request's.
    IdOfArguments,
    /// It has no sign.
    IdUnsigned,
    /// Truth values in a list become 1 and 0.
    IdTruthAsNumbers,
    /// The characters go that end a line or a paragraph.
    IdWithoutLineEnds,
    /// It does not come back from commands of a family.
    IdForgottenOf(Family),
    /// Arguments that are there and have nothing in them are refused, but for guest-ping.
    NoArgumentsRefused,
}

/// Commands that are alike, by what they begin with.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Family {
    Files,
    Programs,
    Freezes,
    Settings,
}

impl Family {
    fn has(self, members: &Dict) -> bool {
        let beginning: &[u8] = match self {
            Family::Files => b"guest-file-",
            Family::Programs => b"guest-exec",
            Family::Freezes => b"guest-fsfreeze-",
            Family::Settings => b"guest-set-",
        };
        let name = members.get("execute").and_then(Value::as_str);
        name.is_some_and(|it| it.starts_with(beginning))
    }
}

impl Reading {
    pub(super) fn read(self, frame: Frame, memory: &mut Memory) -> Option<Frame> {
        match (self, frame) {
            (Reading::NonsenseUnanswered, Frame::Broken(_)) => None,
            (Reading::NoObjectUnanswered, Frame::Value(value)) if value.as_dict().is_none() => None,
            (_, Frame::Value(value)) => Some(Frame::Value(self.value(value, memory))),
            (_, frame) => Some(frame),
        }
    }

    fn value(self, value: Value, memory: &mut Memory) -> Value {
        match (self, value) {
            (Reading::ListsTaken, Value::List(items)) => items.into_iter().next().unwrap_or(Value::Null),
            (Reading::TextTaken, Value::Str(text)) => Dict::new().with("execute", text).into(),
            (_, Value::Dict(members)) => self.request(members, memory).into(),
            (_, value) => value,
        }
    }

    fn request(self, mut members: Dict, memory: &mut Memory) -> Dict {
        match self {
            Reading::UnknownMembersTaken => {
                members.retain(|name, _| matches!(name, b"execute" | b"arguments" | b"id"));
            }
            Reading::CommandFirst if members.iter().next().is_some_and(|(name, _)| name != b"execute") => {
                members.retain(|name, _| name != b"execute");
            }
            Reading::CapitalsTaken => command(&mut members, |name| name.to_ascii_lowercase()),
            Reading::UnderscoresTaken => command(&mut members, |name| replaced(name, b'_', b'-')),
            Reading::BlanksTaken => command(&mut members, |name| name.trim_ascii().to_vec()),
            Reading::BeginningsTaken => command(&mut members, |name| whole_name(name, "guest-ping")),
            Reading::OneCommandUnknown => command(&mut members, |name| match name {
                b"guest-fstrim" => b"guest-fstrum".to_vec(),
                _ => name.to_vec(),
            }),
            Reading::NoArgumentsRefused if has_no_arguments(&members) => {
                edit::put(&mut members, "arguments", Value::Int(0))
            }
            _ => self.id(&mut members, memory),
        }
        members
    }

    fn id(self, members: &mut Dict, memory: &mut Memory) {
        let given = members.get("id").cloned();
        let is_nested = matches!(given, Some(Value::List(_) | Value::Dict(_)));
        let id = match (self, given) {
            (Reading::IdNullForgotten, Some(Value::Null)) => None,
            (Reading::IdNestedForgotten, Some(_)) if is_nested => None,
            (Reading::IdNarrow, Some(Value::Int(id))) => Some(Value::Int(id as f64 as i64)),
            (Reading::IdAsText, Some(id @ Value::Int(_))) => Some(edit::quoted(&id)),
            (Reading::IdAsNumber, Some(Value::Str(text))) => Some(number(text)),
            (Reading::IdReversed, Some(Value::List(items))) => Some(items.into_iter().rev().collect()),
            (Reading::IdTrimmed, Some(Value::Str(text))) => Some(text.trim_ascii().to_vec().into()),
            (Reading::IdListCut, Some(Value::List(items))) => Some(items.into_iter().take(ID_ITEMS_MAX).collect()),
            (Reading::IdWithoutNulls, Some(Value::Dict(mut members))) => {
                members.retain(|_, value| *value != Value::Null);
                Some(members.into())
            }
            (Reading::IdKept, given) => {
                memory.id = given.or(memory.id.take());
                memory.id.clone()
            }
            (Reading::IdLate, Some(id)) => Some(memory.id.replace(id.clone()).unwrap_or(id)),
            (Reading::IdUnsigned, Some(Value::Int(id))) => Some(Value::Int(id.saturating_abs())),
            (Reading::IdTruthAsNumbers, Some(Value::List(items))) => {
                Some(items.into_iter().map(truth_as_number).collect())
            }
            (Reading::IdWithoutLineEnds, Some(Value::Str(text))) => Some(without_line_ends(&text)),
            (Reading::IdForgottenOf(family), Some(_)) if family.has(members) => None,
            (Reading::IdOfArguments, None) => argument_id(members),
            (_, given) => given,
        };
        members.retain(|name, _| name != b"id");
        if let Some(id) = id {
            edit::put(members, "id", id);
        }
    }
}

fn command(members: &mut Dict, new: impl Fn(&[u8]) -> Vec<u8>) {
    if let Some(Value::Str(name)) = members.get("execute") {
        let name = new(name);
        members.insert(Cow::Borrowed(&b"execute"[..]), name);
    }
}

fn replaced(name: &[u8], old: u8, new: u8) -> Vec<u8> {
    name.iter().map(|it| if *it == old { new } else { *it }).collect()
}

fn whole_name(name: &[u8], whole: &str) -> Vec<u8> {
    let is_beginning = name.len() > 6 && whole.as_bytes().starts_with(name);
    if is_beginning { whole.into() } else { name.to_vec() }
}

fn number(text: Vec<u8>) -> Value {
    let parsed = std::str::from_utf8(&text).ok().and_then(|it| it.parse().ok());
    parsed.map_or(Value::Str(text), Value::Int)
}

fn truth_as_number(value: Value) -> Value {
    match value {
        Value::Bool(flag) => Value::Int(flag.into()),
        value => value,
    }
}

fn without_line_ends(text: &[u8]) -> Value {
    let text = String::from_utf8_lossy(text);
    text.replace(['\u{2028}', '\u{2029}'], "").into_bytes().into()
}

/// Whether a request has arguments that are nothing, and is not guest-ping.
fn has_no_arguments(members: &Dict) -> bool {
    let arguments = members.get("arguments").and_then(Value::as_dict);
    let is_ping = members.get("execute").and_then(Value::as_str) == Some(b"guest-ping");
    !is_ping && arguments.is_some_and(|it| it.iter().next().is_none())
}

fn argument_id(members: &Dict) -> Option<Value> {
    members.get("arguments")?.as_dict()?.get("id").cloned()
}
