//! Agents that break a reply on its way out.

use super::style::{Reply, reply};
use super::{Memory, edit};
use crate::json::{Dict, Value};
use crate::reply::SENTINEL;
use qga_fixtures::schema::Release;
use serde::Deserialize;

/// A reply longer than this is cut, where the agent has a buffer for it.
const REPLY_BYTES_MAX: usize = 4096;
/// What may wait to be taken, where the agent has a queue that loses the rest.
const WAITING_BYTES_MAX: usize = 65_536;
/// Of so many delimited replies one lacks its 0xFF.
const SENTINEL_MISSING: u32 = 3;
/// Of so many replies one is lost.
const REPLY_LOST: u32 = 100;

/// What becomes of a reply.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outlet {
    WithoutLineFeed,
    Twice,
    /// It stands on several lines.
    ManyLines,
    /// An empty line comes before it.
    EmptyLineBefore,
    /// Of two requests in one write the second is answered first.
    Swapped,
    /// It leaves byte by byte. That does no harm.
    Dribbled,
    Cut,
    SentinelMissing,
    SentinelAlways,
    SentinelTwice,
    SentinelBehind,
    /// Only the first of all.
    SentinelOnce,
    /// The reply after a delimited one has it too.
    SentinelKept,
    /// Not before the third of them, the sixth and so on.
    SentinelNotThird,
    /// It is lost if much waits to be taken.
    LostWhenFull,
    /// The hundredth of all is lost.
    HundredthLost,
    ErrorsWithoutClass,
    ErrorsWithoutText,
    ErrorsAsText,
    ErrorsAsResults,
    ErrorsUnanswered,
    ErrorsWithResult,
    NotFoundIsGeneric,
    ResultUnderAnotherName,
    EmptyResultsAsNull,
    IdOnlyOnResults,
    IdOnlyOnErrors,
    /// Characters beyond ASCII are single bytes.
    Latin,
    /// Characters beyond ASCII become question marks.
    AsciiOnly,
    /// Control characters in strings are not escaped.
    Unescaped,
    /// Integers are written as doubles.
    IntegersAsDoubles,
}

/// A reply up to this length leaves byte by byte; a longer one in parts, or it would
/// take for ever.
const BYTEWISE_MAX: usize = 256;

/// How much of what waits leaves at a time where replies dribble.
pub(super) fn piece(waiting: usize) -> usize {
    if waiting > BYTEWISE_MAX {
        waiting / 2
    } else {
        waiting.min(1)
    }
}

impl Outlet {
    pub(super) fn write(self, release: &'static Release, memory: &mut Memory, out: &mut Vec<u8>, from: usize) {
        if out.len() == from {
            return;
        }
        if self == Outlet::LostWhenFull && from > WAITING_BYTES_MAX {
            return out.truncate(from);
        }
        let written = out.split_off(from);
        out.extend(self.bytes(release, memory, written));
    }

    /// What one write is answered with is put in another order.
    pub(super) fn end(self, out: &mut Vec<u8>, from: usize) {
        if self != Outlet::Swapped {
            return;
        }
        let lines: Vec<Vec<u8>> = out[from..]
            .split_inclusive(|it| *it == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        out.truncate(from);
        for pair in lines.chunks(2) {
            out.extend(pair.iter().rev().flatten());
        }
    }

    fn bytes(self, release: &'static Release, memory: &mut Memory, mut bytes: Vec<u8>) -> Vec<u8> {
        let is_delimited = bytes.first() == Some(&SENTINEL);
        match self {
            Outlet::WithoutLineFeed => bytes.truncate(bytes.len() - 1),
            Outlet::Twice => bytes.extend(bytes.clone()),
            Outlet::EmptyLineBefore => bytes.insert(0, b'\n'),
            Outlet::ManyLines => bytes = many_lines(&bytes),
            Outlet::Cut if bytes.len() > REPLY_BYTES_MAX => {
                bytes.truncate(REPLY_BYTES_MAX);
                bytes.push(b'\n');
            }
            Outlet::SentinelMissing if is_delimited => drop(bytes.remove(0)),
            Outlet::SentinelAlways if !is_delimited => bytes.insert(0, SENTINEL),
            Outlet::SentinelTwice if is_delimited => bytes.insert(0, SENTINEL),
            Outlet::SentinelBehind if is_delimited => bytes.rotate_left(1),
            Outlet::SentinelOnce if is_delimited && std::mem::replace(&mut memory.once, true) => {
                bytes.remove(0);
            }
            Outlet::SentinelKept if std::mem::replace(&mut memory.once, is_delimited) && !is_delimited => {
                bytes.insert(0, SENTINEL);
            }
            Outlet::SentinelNotThird if is_delimited && memory.is_the(SENTINEL_MISSING) => drop(bytes.remove(0)),
            Outlet::HundredthLost if memory.is_the(REPLY_LOST) => bytes.clear(),
            Outlet::Latin => bytes = in_place_of_escapes(&bytes, |unit| u8::try_from(unit).unwrap_or(b'?')),
            Outlet::AsciiOnly => bytes = in_place_of_escapes(&bytes, |_| b'?'),
            Outlet::Unescaped => bytes = unescaped(&bytes),
            _ => return self.value(release, bytes),
        }
        bytes
    }

    /// The same for changes that are about values.
    fn value(self, release: &'static Release, bytes: Vec<u8>) -> Vec<u8> {
        let Some(Reply {
            is_delimited,
            mut members,
        }) = reply(release, &bytes)
        else {
            return bytes;
        };
        if !self.members(&mut members) {
            return Vec::new();
        }
        let mut out = Vec::new();
        out.extend(is_delimited.then_some(SENTINEL));
        Value::from(members).write(release, &mut out);
        out.push(b'\n');
        out
    }

    /// Changes a reply's members; false if there is to be none.
    fn members(self, members: &mut Dict) -> bool {
        let error = members.get("error").and_then(Value::as_dict).cloned();
        let Some(error) = error else {
            self.success(members);
            return true;
        };
        let desc = || error.get("desc").cloned().unwrap_or(Value::Null);
        match self {
            Outlet::ErrorsUnanswered => return false,
            Outlet::ErrorsWithoutClass => put_error(members, without(&error, "class")),
            Outlet::ErrorsWithoutText => put_error(members, without(&error, "desc")),
            Outlet::ErrorsAsText => edit::put(members, "error", desc()),
            Outlet::ErrorsAsResults => *members = Dict::new().with("return", desc()),
            Outlet::ErrorsWithResult => edit::put(members, "return", Dict::new().into()),
            Outlet::NotFoundIsGeneric => put_error(members, error.with("class", "GenericError")),
            Outlet::IdOnlyOnResults => members.retain(|name, _| name != b"id"),
            _ => {}
        }
        true
    }

    fn success(self, members: &mut Dict) {
        let result = members.get("return").cloned().unwrap_or(Value::Null);
        match self {
            Outlet::ResultUnderAnotherName => {
                members.retain(|name, _| name != b"return");
                edit::put(members, "result", result);
            }
            Outlet::EmptyResultsAsNull if result.as_dict().is_some_and(Dict::is_empty) => {
                edit::put(members, "return", Value::Null);
            }
            Outlet::IdOnlyOnErrors => members.retain(|name, _| name != b"id"),
            Outlet::IntegersAsDoubles => edit::put(members, "return", doubled(result)),
            _ => {}
        }
    }
}

fn put_error(members: &mut Dict, error: Dict) {
    edit::put(members, "error", error.into());
}

fn without(error: &Dict, member: &str) -> Dict {
    let mut error = error.clone();
    error.retain(|name, _| name != member.as_bytes());
    error
}

/// Every integer as a double that is written with a point.
fn doubled(value: Value) -> Value {
    match value {
        Value::Int(number) => Value::Double(number as f64 + 0.5),
        Value::Dict(members) => members
            .into_iter()
            .map(|(name, value)| (name, doubled(value)))
            .collect::<Dict>()
            .into(),
        Value::List(items) => items.into_iter().map(doubled).collect(),
        value => value,
    }
}

/// A line feed after each comma outside of strings.
fn many_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut in_string = false;
    let mut is_escaped = false;
    for byte in bytes {
        in_string ^= *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        out.push(*byte);
        if !in_string && matches!(byte, b',' | b'{') {
            out.push(b'\n');
        }
    }
    out
}

/// Each `\uXXXX` beyond ASCII becomes one byte.
fn in_place_of_escapes(bytes: &[u8], byte: impl Fn(u32) -> u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((first, more)) = rest.split_first() {
        match escape(rest) {
            Some(unit @ 0x80..) => {
                out.push(byte(unit));
                rest = &rest[6..];
            }
            _ if *first == b'\\' => {
                out.extend(&rest[..2]);
                rest = &rest[2..];
            }
            _ => {
                out.push(*first);
                rest = more;
            }
        }
    }
    out
}

fn escape(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("\\n", "\n").replace("\\t", "\t");
    match bytes.first() {
        Some(&SENTINEL) => [&[SENTINEL], text.trim_start_matches('\u{FFFD}').as_bytes()].concat(),
        _ => text.into_bytes(),
    }
}
