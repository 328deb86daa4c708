//! The arguments of calls on files, as far as the judge reads them.

use crate::fuzz::session::{Argument, Call};

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) reads: bool,
    pub(super) writes: bool,
    pub(super) appends: bool,
    pub(super) creates: bool,
    pub(super) empties: bool,
}

impl Mode {
    /// What a mode of the C library means, if it is one that every agent knows.
    pub(super) fn read(text: &str) -> Option<Mode> {
        let mut letters = text.bytes().filter(|it| !matches!(it, b'b' | b'"'));
        let (first, second, third) = (letters.next()?, letters.next(), letters.next());
        let both = second == Some(b'+');
        let is_one = matches!(first, b'r' | b'w' | b'a') && (both || second.is_none()) && third.is_none();
        is_one.then_some(Mode {
            reads: both || first == b'r',
            writes: both || first != b'r',
            appends: first == b'a',
            creates: first != b'r',
            empties: first == b'w',
        })
    }
}

pub(super) fn mode(call: &Call) -> &str {
    match call.argument("mode") {
        None => "r",
        Some(Argument::Json(text)) => text,
        Some(_) => "",
    }
}

pub(super) fn whence(call: &Call) -> Option<i64> {
    match call.argument("whence")? {
        Argument::Int(number) => Some(*number),
        Argument::Json(word) => ["\"set\"", "\"cur\"", "\"end\""]
            .iter()
            .position(|it| it == word)
            .and_then(|it| i64::try_from(it).ok()),
        _ => None,
    }
}

/// Whether the data has a sign that is none of base64.
pub(super) fn is_no_base64(call: &Call) -> bool {
    matches!(call.argument("buf-b64"), Some(Argument::Json(text)) if text.contains('!'))
}

pub(super) fn is_number(call: &Call, name: &str) -> bool {
    matches!(call.argument(name), None | Some(Argument::Int(_)))
}

pub(super) fn count(call: &Call, default: i64) -> i64 {
    match call.argument("count") {
        Some(Argument::Int(count)) => *count,
        _ => default,
    }
}

pub(super) fn bytes(call: &Call) -> Option<&[u8]> {
    match call.argument("buf-b64") {
        Some(Argument::Base64(bytes)) => Some(bytes),
        _ => None,
    }
}

pub(super) fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}
