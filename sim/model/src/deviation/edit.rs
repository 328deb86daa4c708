//! Changes to JSON values that are data: of which command, where, and what.

use crate::base64::{self, Foreign};
use crate::json::{Dict, Value};
use crate::session::{Frame, Session};
use qga_fixtures::schema::{RELEASES, Release};
use serde::Deserialize;
use std::borrow::Cow;

/// One change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// The command whose arguments or result it changes; `*`: of every one.
    of: String,
    /// Where: names of members, numbers of elements, `member=text` for those elements
    /// that have it, `*` for all, with dots between them. The whole value if left out.
    #[serde(default)]
    at: String,
    change: Change,
}

/// What becomes of the value there. JSON stands as text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Change {
    Set(String),
    /// It goes.
    Drop,
    /// A member gets this value.
    Put(String, String),
    /// A member gets this value if it is not there.
    Default(String, String),
    /// Two members change places.
    Swap(String, String),
    /// A member gets another name.
    Rename(String, String),
    /// Values become others.
    Map(Vec<(String, String)>),
    Add(i64),
    Divide(i64),
    Modulo(i64),
    /// The other truth value, or the other sign.
    Negate,
    /// It keeps so many bits, of an integer or of the digits of a double.
    Narrow(Bits),
    /// The first element comes once more.
    Repeat,
    /// An element more.
    Append(String),
    /// So many are left of the elements or characters.
    Keep(usize),
    Reverse,
    /// The object or list alone, without what is in it.
    Empty,
    /// It is written as a string.
    Quote,
    Letters(Letters),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bits {
    ThirtyTwo,
    FiftyThree,
}

/// Other forms of a text.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Letters {
    Capitals,
    Small,
    /// Base64 without the signs at its end.
    Unpadded,
    /// Base64 with the alphabet for addresses.
    ForAddresses,
    /// Base64 of the text itself.
    Encoded,
    /// What the base64 stands for.
    Decoded,
    /// Base64 of the text that is left if what is no UTF-8 is replaced.
    OnlyText,
    /// Base64 of the bytes with CR before each LF.
    LineEnds,
}

/// The value that a text stands for.
pub(super) fn json(text: &str) -> Value {
    let mut session = Session::new(newest());
    match session.feed(format!("{text} ").as_bytes()) {
        (_, Some(Frame::Value(value))) => value,
        _ => panic!("a deviation's value is no JSON: {text}"),
    }
}

fn newest() -> &'static Release {
    &RELEASES[RELEASES.len() - 1]
}

/// Applies those that are meant for a command.
pub(super) fn value(edits: &[Edit], command: &str, mut value: Value) -> Value {
    for edit in edits.iter().filter(|it| it.of == "*" || it.of == command) {
        let path: Vec<&str> = edit.at.split('.').filter(|it| !it.is_empty()).collect();
        edit.change.at(&path, &mut value);
    }
    value
}

/// The same for arguments.
pub(super) fn members(edits: &[Edit], command: &str, given: Dict) -> Dict {
    match value(edits, command, given.into()) {
        Value::Dict(members) => members,
        _ => Dict::new(),
    }
}

impl Change {
    /// Changes what is there; false if it is to go.
    fn at(&self, path: &[&str], value: &mut Value) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return self.here(value);
        };
        match value {
            Value::Dict(members) => members.retain(|name, value| name != first.as_bytes() || self.at(rest, value)),
            Value::List(items) => {
                let mut place = 0;
                items.retain_mut(|item| {
                    place += 1;
                    let is_meant = *first == "*" || first.parse() == Ok(place - 1) || has(item, first);
                    !is_meant || self.at(rest, item)
                });
            }
            _ => {}
        }
        true
    }

    fn here(&self, value: &mut Value) -> bool {
        if let Value::Base64(bytes) = value {
            *value = Value::Str(base64::encode(bytes).into());
        }
        match self {
            Change::Drop => return false,
            Change::Set(text) => *value = json(text),
            Change::Map(pairs) => map(pairs, value),
            Change::Quote => *value = quoted(value),
            Change::Letters(letters) => letters.change(value),
            _ => match value {
                Value::Dict(members) => self.object(members),
                Value::List(items) => self.list(items),
                Value::Str(text) => self.text(text),
                Value::Int(number) => *number = self.number(*number),
                Value::Double(number) => *number = self.double(*number),
                Value::Bool(flag) => *flag ^= matches!(self, Change::Negate),
                Value::Null | Value::UInt(_) | Value::Base64(_) => {}
            },
        }
        true
    }

    fn object(&self, members: &mut Dict) {
        match self {
            Change::Put(name, text) => put(members, name, json(text)),
            Change::Default(name, text) if !members.contains(name) => put(members, name, json(text)),
            Change::Swap(one, other) => *members = renamed(members, &[(one, other), (other, one)]),
            Change::Rename(old, new) => *members = renamed(members, &[(old, new)]),
            Change::Empty => *members = Dict::new(),
            _ => {}
        }
    }

    fn list(&self, items: &mut Vec<Value>) {
        match self {
            Change::Repeat => items.extend(items.first().cloned()),
            Change::Append(text) => items.push(json(text)),
            Change::Keep(count) => items.truncate(*count),
            Change::Reverse => items.reverse(),
            Change::Empty => items.clear(),
            _ => {}
        }
    }

    fn text(&self, text: &mut Vec<u8>) {
        if let Change::Keep(count) = self {
            text.truncate(*count);
        }
    }

    fn number(&self, number: i64) -> i64 {
        match self {
            Change::Add(more) => number.saturating_add(*more),
            Change::Divide(by) => number / by,
            Change::Modulo(by) => number % by,
            Change::Negate => number.saturating_neg(),
            Change::Narrow(Bits::ThirtyTwo) => i64::from(number as i32),
            Change::Narrow(Bits::FiftyThree) => number as f64 as i64,
            _ => number,
        }
    }

    fn double(&self, number: f64) -> f64 {
        match self {
            Change::Add(more) => number + *more as f64,
            Change::Negate => -number,
            _ => number,
        }
    }
}

impl Letters {
    fn change(self, value: &mut Value) {
        let Value::Str(text) = value else { return };
        let bytes = || base64::decode(text, Foreign::Skip).unwrap_or_default();
        *text = match self {
            Letters::Capitals => text.to_ascii_uppercase(),
            Letters::Small => text.to_ascii_lowercase(),
            Letters::Unpadded => text.iter().copied().filter(|it| *it != b'=').collect(),
            Letters::ForAddresses => text.iter().map(|it| for_addresses(*it)).collect(),
            Letters::Encoded => base64::encode(text).into(),
            Letters::Decoded => String::from_utf8_lossy(&bytes()).into_owned().into_bytes(),
            Letters::OnlyText => base64::encode(String::from_utf8_lossy(&bytes()).as_bytes()).into(),
            Letters::LineEnds => base64::encode(&with_returns(&bytes())).into(),
        };
    }
}

fn for_addresses(letter: u8) -> u8 {
    match letter {
        b'+' => b'-',
        b'/' => b'_',
        _ => letter,
    }
}

fn with_returns(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// Whether a value is an object that has the member and the text of `member=text`.
fn has(value: &Value, wanted: &str) -> bool {
    let (Some((name, text)), Value::Dict(members)) = (wanted.split_once('='), value) else {
        return false;
    };
    members.get(name).and_then(Value::as_str) == Some(text.as_bytes())
}

fn map(pairs: &[(String, String)], value: &mut Value) {
    if let Some((_, new)) = pairs.iter().find(|(old, _)| json(old) == *value) {
        *value = json(new);
    }
}

/// A value as a string that holds its JSON.
pub(super) fn quoted(value: &Value) -> Value {
    let mut text = Vec::new();
    value.write(newest(), &mut text);
    text.into()
}

pub(super) fn put(members: &mut Dict, name: &str, value: Value) {
    members.insert(Cow::Owned(name.as_bytes().to_vec()), value);
}

fn renamed(members: &Dict, names: &[(&String, &String)]) -> Dict {
    let new = |name: &[u8]| {
        let pair = names.iter().find(|(old, _)| old.as_bytes() == name);
        pair.map_or(name, |(_, new)| new.as_bytes()).to_vec()
    };
    members
        .iter()
        .map(|(name, value)| (Cow::Owned(new(name)), value.clone()))
        .collect()
}
