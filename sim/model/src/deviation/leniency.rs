//! Agents that take arguments which they should refuse.

use super::edit;
use crate::json::{Dict, Value};
use qga_fixtures::schema::{Command, Enum, Release, Type};
use serde::Deserialize;

/// What is taken for what.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Leniency {
    NullIsAbsent,
    /// For an argument that must be there: zero, the empty text, the empty list.
    NullIsNothing,
    MissingIsNothing,
    /// 2.0 for 2.
    WholeDoublesAreIntegers,
    FractionsAreCut,
    DigitsAreNumbers,
    TruthIsANumber,
    NumbersAreText,
    TextIsTruth,
    /// One value for a list of it.
    OneIsAList,
    /// An integer beyond 63 bits for one that has its lower 64.
    GreatNumbersWrap,
    UnknownWordsAreTheFirst,
    CapitalsAreWords,
    /// `buf_b64` for `buf-b64`, `ID` for `id`.
    OtherSpellings,
}

impl Leniency {
    /// The arguments as if they had been given rightly.
    pub(super) fn forgive(self, release: &'static Release, command: &Command, given: Dict) -> Dict {
        let mut out = match self {
            Leniency::OtherSpellings => spelt(&given),
            _ => given,
        };
        for member in command.arguments_in(release) {
            let value = out.get(member.name).cloned();
            let is_absent = value.is_none();
            match self.value(member.kind, member.is_optional(release), value) {
                None if is_absent => {}
                None => out.retain(|name, _| name != member.name.as_bytes()),
                Some(value) => edit::put(&mut out, member.name, value),
            }
        }
        out
    }

    fn value(self, kind: Type, is_optional: bool, value: Option<Value>) -> Option<Value> {
        let integer = takes_integers(kind);
        match (self, value) {
            (Leniency::NullIsAbsent, Some(Value::Null)) if is_optional => None,
            (Leniency::NullIsNothing, Some(Value::Null)) if !is_optional => Some(nothing(kind)),
            (Leniency::MissingIsNothing, None) if !is_optional => Some(nothing(kind)),
            (Leniency::WholeDoublesAreIntegers, Some(Value::Double(it))) if integer && it.fract() == 0.0 => {
                Some(Value::Int(it as i64))
            }
            (Leniency::FractionsAreCut, Some(Value::Double(it))) if integer => Some(Value::Int(it as i64)),
            (Leniency::DigitsAreNumbers, Some(Value::Str(it))) if integer => Some(digits(it)),
            (Leniency::TruthIsANumber, Some(Value::Bool(it))) if integer => Some(Value::Int(it.into())),
            (Leniency::GreatNumbersWrap, Some(Value::UInt(it))) if integer => Some(Value::Int(it as i64)),
            (Leniency::NumbersAreText, Some(it @ Value::Int(_))) if matches!(kind, Type::Str) => {
                Some(edit::quoted(&it))
            }
            (Leniency::TextIsTruth, Some(Value::Str(_))) if matches!(kind, Type::Bool) => Some(true.into()),
            (Leniency::OneIsAList, Some(it)) if is_one(kind, &it) => Some(vec![it].into()),
            (Leniency::UnknownWordsAreTheFirst, Some(Value::Str(it))) => Some(known(kind, it)),
            (Leniency::CapitalsAreWords, Some(Value::Str(it))) if words(kind).is_some() => {
                Some(it.to_ascii_lowercase().into())
            }
            (_, value) => value,
        }
    }
}

fn takes_integers(kind: Type) -> bool {
    match kind {
        Type::Int | Type::Number | Type::Uint64 | Type::Uint16 => true,
        Type::Alternate(it) => it.branches.iter().any(|it| takes_integers(it.kind)),
        _ => false,
    }
}

fn words(kind: Type) -> Option<&'static Enum> {
    match kind {
        Type::Enum(it) => Some(it),
        Type::Alternate(it) => it.branches.iter().find_map(|it| words(it.kind)),
        _ => None,
    }
}

fn is_one(kind: Type, value: &Value) -> bool {
    matches!(kind, Type::List(_)) && !matches!(value, Value::List(_))
}

fn nothing(kind: Type) -> Value {
    match kind {
        Type::Str | Type::Enum(_) => "".into(),
        Type::Bool => false.into(),
        Type::List(_) => Value::List(Vec::new()),
        _ => Value::Int(0),
    }
}

fn digits(text: Vec<u8>) -> Value {
    let number = std::str::from_utf8(&text).ok().and_then(|it| it.parse().ok());
    number.map_or(Value::Str(text), Value::Int)
}

fn known(kind: Type, word: Vec<u8>) -> Value {
    let Some(it) = words(kind) else { return word.into() };
    let is_known = it.values.iter().any(|value| value.name.as_bytes() == word);
    match it.values.first() {
        Some(first) if !is_known => first.name.into(),
        _ => word.into(),
    }
}

fn spelt(given: &Dict) -> Dict {
    let mut out = Dict::new();
    for (name, value) in given.iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase().replace('_', "-");
        edit::put(&mut out, &name, value.clone());
    }
    out
}
