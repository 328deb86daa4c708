//! What a release says when it refuses arguments: the texts of the schema's errors.

use super::place::Place;
use super::value::takes;
use qga_fixtures::schema::{Alternate, DoubleInAlternate, ErrorForm, ErrorName, Release, Type, TypeWords};
use serde_json::{Value, json};

/// The pattern of any refusal.
pub(super) const REFUSED: &str = r#"{"error": {"class": str, ...}}"#;

/// What is said of something that is missing.
pub(super) fn missing(release: &Release, place: &Place) -> String {
    let name = match place.kind {
        Type::Alternate(_) => ErrorName::AlternateMissing,
        _ => ErrorName::ArgumentMissing,
    };
    error(
        release,
        name,
        &[
            ("name", &place.name_in(release)),
            ("expected", word(release, place.kind)),
        ],
    )
}

/// What is said of a value of the wrong JSON type.
pub(super) fn wrong_type(release: &Release, place: &Place, value: &Value) -> String {
    let name = place.name_in(release);
    let expected = |kind| word(release, kind);
    match place.kind {
        Type::Uint64 | Type::Uint16 => error(release, ErrorName::ArgumentNotUint64, &[("name", &name)]),
        Type::Alternate(it) => match branch(release, it, value) {
            Some(kind) => error(
                release,
                ErrorName::ArgumentType,
                &[("name", &name), ("expected", expected(kind))],
            ),
            None => error(
                release,
                ErrorName::AlternateType,
                &[("name", &name), ("expected", it.name)],
            ),
        },
        kind => error(
            release,
            ErrorName::ArgumentType,
            &[("name", &name), ("expected", expected(kind))],
        ),
    }
}

/// The branch to which a value's JSON type leads, although it does not take it: a
/// fraction leads to an integer.
fn branch(release: &Release, it: &Alternate, value: &Value) -> Option<Type> {
    let is_led = value.is_number() && release.double_in_alternate == DoubleInAlternate::IntegerBranch;
    let integers = it
        .branches
        .iter()
        .map(|it| it.kind)
        .find(|kind| takes(*kind, &json!(1)));
    integers.filter(|_| is_led)
}

/// What is said of an argument that the command does not know.
pub(super) fn unexpected(release: &Release, name: &str) -> String {
    error(release, ErrorName::ArgumentUnexpected, &[("name", name)])
}

/// What is said of a word that is none of the enum's.
pub(super) fn no_such_word(release: &Release, place: &Place, value: &str) -> String {
    let name = place.name_in(release);
    error(
        release,
        ErrorName::ArgumentNotInEnum,
        &[("name", &name), ("value", value)],
    )
}

/// The pattern of an error in a release's words; `{field}` in them stands for a value.
pub(super) fn error(release: &Release, name: ErrorName, fields: &[(&str, &str)]) -> String {
    let fill = |text: &str| {
        let filled = fields.iter().fold(text.to_owned(), |text, (field, value)| {
            text.replace(&format!("{{{field}}}"), value)
        });
        json!(filled)
    };
    let text = release.error(name);
    let class = json!(text.class);
    match text.form {
        ErrorForm::Desc(desc) => format!(r#"{{"error": {{"class": {class}, "desc": {}}}}}"#, fill(desc)),
        ErrorForm::Data(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, text)| format!("{}: {}", json!(name), fill(text)))
                .collect();
            format!(
                r#"{{"error": {{"class": {class}, "data": {{{}}}}}}}"#,
                members.join(", ")
            )
        }
    }
}

/// What a release's errors call a type.
fn word(release: &Release, kind: Type) -> &'static str {
    let is_internal = release.type_words == TypeWords::Internal;
    match kind {
        Type::Int | Type::Uint64 | Type::Uint16 => "integer",
        Type::Str | Type::Enum(_) => "string",
        Type::Bool => "boolean",
        Type::Number => "number",
        Type::List(_) if is_internal => "list",
        Type::List(_) => "array",
        Type::Struct(_) | Type::Union(_) if is_internal => "QDict",
        Type::Struct(_) | Type::Union(_) => "object",
        Type::Alternate(it) => it.name,
    }
}
