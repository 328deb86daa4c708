//! Values: those that belong in a place, those that do not, and how they are written.

use super::place::Step;
use qga_fixtures::schema::{Command, Effect, Release, Type};
use serde_json::{Map, Value, json};

/// A time in the year 2026, and a number that is no process of any agent.
const FAR_INTEGER: i64 = 1_795_333_904_000_000_000;
/// A word that is the name of no user and no mount point.
const WORD: &str = "qga-derived";
/// A file in a folder of the script's own.
const PATH: &str = "$tmp/qga-derived";
/// A program that ends at once when nobody talks to it.
const PROGRAM: &str = "/bin/sh";
/// Three letters in base64.
const BASE64: &str = "cWdh";
/// Stands for the variable of the file that a script opens first, written bare.
const HANDLE: &str = "\0handle";
/// The same as a string: the digits of a handle that is right but for its type.
const HANDLE_TEXT: &str = "$handle";
/// A member that no command and no type knows.
pub(super) const UNKNOWN_MEMBER: &str = "x";

/// A right value of a type: with one mistake elsewhere, a careless agent would do what
/// it is asked. Of an object those members that may not be left out, and all on the
/// way to a place below it.
pub(super) fn sample(command: &Command, release: &Release, name: &str, kind: Type, wanted: &[Step]) -> Value {
    let sample = |name, kind, wanted| sample(command, release, name, kind, wanted);
    match kind {
        Type::Int | Type::Number | Type::Uint64 | Type::Uint16 => integer(name),
        Type::Str => json!(text(command, name)),
        Type::Bool => json!(name == "online"),
        Type::List(element) => json!([sample("", *element, wanted.get(1..).unwrap_or_default())]),
        Type::Enum(it) => json!(it.values.first().map_or("", |it| it.name)),
        Type::Alternate(it) => it.branches.first().map_or(Value::Null, |it| sample(name, it.kind, &[])),
        Type::Struct(it) => {
            let members = it.members.iter().filter(|it| release.has(it.since, it.until));
            let needed =
                members.filter(|it| !it.is_optional(release) || wanted.first() == Some(&Step::Member(it.name)));
            let pairs = needed.map(|it| {
                let rest = wanted.get(1..).unwrap_or_default();
                (it.name.to_owned(), sample(it.name, it.kind, rest))
            });
            Value::Object(pairs.collect())
        }
        Type::Union(_) => json!({}),
    }
}

fn integer(name: &str) -> Value {
    match name {
        "handle" => json!(HANDLE),
        "time" | "pid" => json!(FAR_INTEGER),
        _ => json!(0),
    }
}

fn text(command: &Command, name: &str) -> &'static str {
    match name {
        "path" if command.effect == Effect::Exec => PROGRAM,
        "path" => PATH,
        "buf-b64" | "input-data" | "password" => BASE64,
        _ => WORD,
    }
}

/// A value of every JSON type but null that does not belong in a place of the type.
pub(super) fn wrong_values(name: &str, kind: Type) -> Vec<Value> {
    let text = if name == "handle" { HANDLE_TEXT } else { "1" };
    let all = [json!(true), json!(1), json!(1.5), json!(text), json!([]), json!({})];
    all.into_iter().filter(|it| !takes(kind, it)).collect()
}

/// Whether a value has the JSON type that belongs there.
pub(super) fn takes(kind: Type, value: &Value) -> bool {
    match (kind, value) {
        (Type::Int | Type::Uint64 | Type::Uint16, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Type::Number, Value::Number(_))
        | (Type::Str | Type::Enum(_), Value::String(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::List(_), Value::Array(_))
        | (Type::Struct(_) | Type::Union(_), Value::Object(_)) => true,
        (Type::Alternate(it), _) => it.branches.iter().any(|branch| takes(branch.kind, value)),
        _ => false,
    }
}

/// A request as a person writes it.
pub(super) fn request(command: &str, arguments: Option<&Map<String, Value>>, id: Option<&Value>) -> String {
    let mut members = Map::from_iter([("execute".to_owned(), json!(command))]);
    members.extend(arguments.map(|it| ("arguments".to_owned(), Value::Object(it.clone()))));
    members.extend(id.map(|it| ("id".to_owned(), it.clone())));
    spaced(&Value::Object(members))
}

/// A pattern of a reply with the id beside what it has, if its request had one.
pub(super) fn with_id(pattern: &str, id: Option<&Value>) -> String {
    let open = pattern.strip_suffix('}').unwrap_or(pattern);
    id.map_or(pattern.to_owned(), |it| format!("{open}{}}}", id_member(it)))
}

/// An id as the last of several members.
pub(super) fn id_member(id: &Value) -> String {
    format!(", \"id\": {}", spaced(id))
}

/// JSON with a blank after each colon and comma.
pub(super) fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", json!(name), spaced(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) if text == HANDLE => HANDLE_TEXT.to_owned(),
        scalar => scalar.to_string(),
    }
}
