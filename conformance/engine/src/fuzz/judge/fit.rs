//! A call's arguments against the schema.

use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call};
use qga_fixtures::schema::{BigIntegers, Command, Member, Release, Type, UnexpectedArgument};

/// How arguments fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They are what the schema allows.
    Right,
    /// They must be refused, says this property.
    Wrong(Property),
    /// The schema leaves it open, or it is not looked at so closely.
    Unsure,
}

/// The type of a JSON text, told by how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool,
    /// A number without fraction and exponent.
    Int,
    /// Any other number.
    Float,
    /// A string.
    Str,
    /// An array.
    Arr,
    /// An object.
    Obj,
}

/// The type of a JSON text.
pub fn kind_of(text: &str) -> JsonKind {
    match text.as_bytes().first() {
        Some(b'n') => JsonKind::Null,
        Some(b't' | b'f') => JsonKind::Bool,
        Some(b'"') => JsonKind::Str,
        Some(b'[') => JsonKind::Arr,
        Some(b'{') => JsonKind::Obj,
        _ if text.contains(['.', 'e', 'E']) => JsonKind::Float,
        _ => JsonKind::Int,
    }
}

/// Whether JSON of that type may stand where this is wanted.
pub fn takes(kind: Type, given: JsonKind) -> bool {
    match (kind, given) {
        (Type::Int | Type::Uint64 | Type::Uint16, JsonKind::Int) => true,
        (Type::Number, JsonKind::Int | JsonKind::Float) => true,
        (Type::Str | Type::Enum(_), JsonKind::Str) | (Type::Bool, JsonKind::Bool) => true,
        (Type::List(_), JsonKind::Arr) | (Type::Struct(_) | Type::Union(_), JsonKind::Obj) => true,
        (Type::Alternate(it), _) => it.branches.iter().any(|branch| takes(branch.kind, given)),
        _ => false,
    }
}

/// Whether the release refuses an argument that the command does not know.
pub fn refuses_unexpected(command: &Command, release: &Release) -> bool {
    match release.unexpected_argument {
        UnexpectedArgument::Ignored => false,
        UnexpectedArgument::RefusedWhereSomeAreTaken => !command.arguments.is_empty(),
        UnexpectedArgument::Refused => true,
    }
}

/// Whether the release refuses integers of more than 64 bits.
pub fn refuses_beyond(release: &Release) -> bool {
    release.big_integers != BigIntegers::Clamped
}

/// Whether an argument may be a word besides what it once was alone: the places to seek
/// from, what is caught of a program.
pub fn has_words(command: &str, argument: &str, release: &Release) -> bool {
    let command = Command::find(command);
    command
        .into_iter()
        .flat_map(|it| it.arguments_in(release))
        .any(|it| it.name == argument && matches!(it.kind, Type::Alternate(_)))
}

/// Holds the arguments of a call against the row of its command.
pub fn fit(call: &Call, command: &Command, release: &Release) -> Fit {
    let given = call.arguments.as_deref().unwrap_or_default();
    let mut found = Fit::Right;
    for (at, (name, value)) in given.iter().enumerate() {
        if given[..at].iter().any(|(it, _)| it == name) {
            return Fit::Unsure;
        }
        let member = command.arguments_in(release).find(|it| it.name == name);
        found = worse(
            found,
            member.map_or_else(|| unknown(command, release), |it| one(it, value, release)),
        );
    }
    let is_missing = |it: &Member| !it.is_optional(release) && !given.iter().any(|(name, _)| name == it.name);
    match command.arguments_in(release).any(is_missing) {
        true => Fit::Wrong(Property::Refuses),
        false => found,
    }
}

fn worse(one: Fit, other: Fit) -> Fit {
    let weight = |it| match it {
        Fit::Right => 0,
        Fit::Unsure => 1,
        Fit::Wrong(Property::Refuses) => 3,
        Fit::Wrong(_) => 2,
    };
    if weight(other) > weight(one) { other } else { one }
}

fn unknown(command: &Command, release: &Release) -> Fit {
    match refuses_unexpected(command, release) {
        true => Fit::Wrong(Property::Unexpected),
        false => Fit::Unsure,
    }
}

fn one(member: &Member, value: &Argument, release: &Release) -> Fit {
    let text = match value {
        Argument::Json(text) => text,
        Argument::Int(_) | Argument::Slot(_) => return right_if(takes(member.kind, JsonKind::Int)),
        Argument::File(_) | Argument::Base64(_) => return right_if(takes(member.kind, JsonKind::Str)),
        Argument::Shell(..) => return right_if(takes(member.kind, JsonKind::Arr)),
    };
    match kind_of(text) {
        JsonKind::Null if !member.is_optional(release) && release.null_is_a_value => Fit::Wrong(Property::Refuses),
        JsonKind::Null if release.null_is_a_value => Fit::Wrong(Property::Unexpected),
        JsonKind::Null => Fit::Unsure,
        JsonKind::Int if takes(member.kind, JsonKind::Int) && text.parse::<i64>().is_err() => {
            match refuses_beyond(release) {
                true => Fit::Wrong(Property::Unexpected),
                false => Fit::Unsure,
            }
        }
        kind if !takes(member.kind, kind) => Fit::Wrong(Property::Refuses),
        JsonKind::Str => word(member.kind, text, release),
        JsonKind::Obj => Fit::Unsure,
        _ => Fit::Right,
    }
}

/// Whether a string is one of the words, where only words may stand.
fn word(kind: Type, text: &str, release: &Release) -> Fit {
    let has = |it: &qga_fixtures::schema::Enum| {
        let mut values = it.values.iter().filter(|it| release.has(it.since, it.until));
        values.any(|it| text.strip_prefix('"').and_then(|it| it.strip_suffix('"')) == Some(it.name))
    };
    match kind {
        Type::Enum(it) => right_if(has(it)),
        Type::Alternate(it) => {
            let strings = it.branches.iter().filter(|it| takes(it.kind, JsonKind::Str));
            let mut strings = strings.map(|it| word(it.kind, text, release));
            strings.next().unwrap_or(Fit::Unsure)
        }
        _ => Fit::Right,
    }
}

fn right_if(is_right: bool) -> Fit {
    if is_right {
        Fit::Right
    } else {
        Fit::Wrong(Property::Refuses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SET: (&str, Argument) = ("whence", Argument::Json(std::borrow::Cow::Borrowed("\"set\"")));

    fn json(text: &'static str) -> Argument {
        Argument::Json(text.into())
    }

    #[rstest]
    #[case::right(vec![("handle", Argument::Slot(0)), ("offset", Argument::Int(0)), SET], Fit::Right)]
    #[case::missing(vec![("handle", Argument::Slot(0)), ("offset", Argument::Int(0))], Fit::Wrong(Property::Refuses))]
    #[case::wrong_type(vec![("handle", json("\"1\"")), ("offset", Argument::Int(0)), SET], Fit::Wrong(Property::Refuses))]
    #[case::fraction(vec![("handle", json("1.5")), ("offset", Argument::Int(0)), SET], Fit::Wrong(Property::Refuses))]
    #[case::no_word(vec![("handle", json("1")), ("offset", Argument::Int(0)), ("whence", json("\"x\""))], Fit::Wrong(Property::Refuses))]
    #[case::beyond(vec![("handle", json("9223372036854775808")), ("offset", Argument::Int(0)), SET], Fit::Wrong(Property::Unexpected))]
    #[case::too_many(vec![("handle", json("1")), ("offset", Argument::Int(0)), SET, ("x", json("1"))], Fit::Wrong(Property::Unexpected))]
    #[case::null(vec![("handle", json("null")), ("offset", Argument::Int(0)), SET], Fit::Wrong(Property::Refuses))]
    #[case::twice(vec![("handle", json("1")), ("handle", json("1"))], Fit::Unsure)]
    fn arguments_are_held_against_the_row(#[case] arguments: Vec<(&'static str, Argument)>, #[case] expected: Fit) {
        let call = Call {
            arguments: Some(
                arguments
                    .into_iter()
                    .map(|(name, value)| (name.into(), value))
                    .collect(),
            ),
            ..Call::plain("guest-file-seek")
        };
        let command = Command::find("guest-file-seek").expect("a command");
        let release = Release::find("10.0").expect("a release");
        assert_eq!(fit(&call, command, release), expected);
    }
}
