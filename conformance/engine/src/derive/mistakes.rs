//! Requests with one mistake in their arguments: a right agent refuses each.

use super::place::{Place, Step};
use super::refusal::{self, REFUSED};
use super::sheet::{Kind, Sheet};
use super::value::{UNKNOWN_MEMBER, request, wrong_values};
use super::{Subject, calls};
use crate::script::Script;
use qga_fixtures::schema::{BigIntegers, Type, UnexpectedArgument};
use serde_json::{Map, Value, json};

const MISSING: Kind = Kind {
    name: "missing",
    hundreds: 100,
};
const TYPES: Kind = Kind {
    name: "types",
    hundreds: 200,
};
const NULL: Kind = Kind {
    name: "null",
    hundreds: 300,
};
const UNEXPECTED: Kind = Kind {
    name: "unexpected",
    hundreds: 400,
};
const LIMITS: Kind = Kind {
    name: "limits",
    hundreds: 500,
};
const WORDS: Kind = Kind {
    name: "words",
    hundreds: 600,
};

/// Integers just beyond those of 64 bits with a sign, and without one.
const BEYOND_SIGNED: [&str; 2] = ["9223372036854775808", "-9223372036854775809"];
const BEYOND_UNSIGNED: [&str; 2] = ["18446744073709551616", "-9223372036854775809"];
/// Words that are in no enum.
const NO_WORDS: [&str; 3] = ["", "no-such-word", "x"];

/// Each argument that may not be left out is.
pub(super) fn missing(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::after(
        calls::before(subject.command),
        subject,
        MISSING,
        &format!("{command} with something missing"),
    );
    for place in subject.places().iter().filter(|it| !it.is_optional) {
        let (name, number) = (place.name(), 2 * place.number);
        let request = subject.request(&place.take(&subject.arguments(Some(place))));
        sheet.must(number, &format!("refuse {command} without {name}"));
        sheet.send(&request);
        sheet.expect(REFUSED);
        sheet.exact(number + 1, &format!("say that {name} of {command} is missing"));
        sheet.also(&refusal::missing(subject.release(), place));
    }
    sheet.finish()
}

/// Each argument has each JSON type that it may not have.
pub(super) fn types(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::after(
        calls::before(subject.command),
        subject,
        TYPES,
        &format!("{command} with wrong types"),
    );
    for place in &subject.places() {
        let (name, number) = (place.name(), 2 * place.number);
        let values = wrong_values(&name, place.kind);
        sheet.must(number, &format!("refuse every wrong type as {name} of {command}"));
        for value in &values {
            sheet.send(&subject.with(place, value.clone()));
            sheet.expect(REFUSED);
        }
        sheet.exact(number + 1, &format!("say which type {name} of {command} must have"));
        for value in values {
            let pattern = refusal::wrong_type(subject.release(), place, &value);
            sheet.exactly(&subject.with(place, value), &pattern);
        }
    }
    sheet.finish()
}

/// Each argument is null: a wrong type even for one that may be left out.
pub(super) fn null(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::after(
        calls::before(subject.command),
        subject,
        NULL,
        &format!("{command} with null"),
    );
    let places = subject
        .places()
        .into_iter()
        .filter(|_| subject.release().null_is_a_value);
    for place in places {
        let (name, number) = (place.name(), 2 * place.number);
        let request = subject.with(&place, Value::Null);
        // An agent may well take null for nothing where nothing is right.
        if !place.is_optional {
            sheet.must(number, &format!("refuse null as {name} of {command}"));
            sheet.send(&request);
            sheet.expect(REFUSED);
        }
        sheet.exact(number + 1, &format!("say that null is no {name} of {command}"));
        sheet.exactly(&request, &refusal::wrong_type(subject.release(), &place, &Value::Null));
    }
    sheet.finish()
}

/// A member too many, in the arguments and in each object in them.
pub(super) fn unexpected(subject: Subject) -> Option<Script> {
    let (command, release) = (subject.command.name, subject.release());
    let mut sheet = Sheet::after(
        calls::before(subject.command),
        subject,
        UNEXPECTED,
        &format!("{command} with an argument too many"),
    );
    if subject.refuses_unexpected() {
        let request = subject.request(&with_unknown(subject.arguments(None)));
        sheet.exact(1, &format!("refuse an argument that {command} does not know"));
        sheet.exactly(&request, &refusal::unexpected(release, UNKNOWN_MEMBER));
    }
    let is_object = |it: &Place| matches!(it.kind, Type::Struct(_));
    let refuses = release.unexpected_argument != UnexpectedArgument::Ignored;
    for place in subject.places().iter().filter(|it| refuses && is_object(it)) {
        let inner = Place {
            steps: [&place.steps[..], &[Step::Member(UNKNOWN_MEMBER)]].concat(),
            ..place.clone()
        };
        let object = place.get(&subject.arguments(Some(place)));
        sheet.exact(
            2 * place.number + 1,
            &format!("refuse a member that {} of {command} does not know", place.name()),
        );
        let request = subject.with(place, Value::Object(with_unknown(object)));
        sheet.exactly(&request, &refusal::unexpected(release, &inner.name_in(release)));
    }
    sheet.finish()
}

/// Each integer is one beyond what fits; an id is also the greatest and the least.
pub(super) fn limits(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::after(
        calls::before(subject.command),
        subject,
        LIMITS,
        &format!("{command} at the limits of its integers"),
    );
    for place in &subject.places() {
        let (name, number) = (place.name(), 2 * place.number);
        let beyond = match place.kind {
            Type::Int => BEYOND_SIGNED,
            Type::Uint64 => BEYOND_UNSIGNED,
            _ => continue,
        };
        if calls::echoes(subject.command) {
            sheet.must(
                number,
                &format!("return the greatest and the least {name} that {command} takes"),
            );
            for limit in [i64::MAX, i64::MIN] {
                sheet.send(&subject.with(place, json!(limit)));
                sheet.answer(&format!(r#"{{"return": {limit}}}"#));
            }
        }
        if subject.release().big_integers != BigIntegers::Clamped {
            sheet.exact(
                number + 1,
                &format!("refuse what is one beyond the limits of {name} of {command}"),
            );
            for limit in beyond {
                let value: Value = serde_json::from_str(limit).unwrap_or_default();
                let pattern = refusal::wrong_type(subject.release(), place, &value);
                sheet.exactly(&subject.with(place, value), &pattern);
            }
        }
    }
    sheet.finish()
}

/// Each enum is given words that it does not have.
pub(super) fn words(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::after(
        calls::before(subject.command),
        subject,
        WORDS,
        &format!("{command} with words it does not know"),
    );
    for place in subject.places().iter().filter(|it| has_words(it.kind)) {
        let (name, number) = (place.name(), 2 * place.number);
        sheet.must(number, &format!("refuse a word that {name} of {command} does not have"));
        for word in NO_WORDS {
            sheet.send(&subject.with(place, json!(word)));
            sheet.expect(REFUSED);
        }
        sheet.exact(number + 1, &format!("say which word {name} of {command} does not have"));
        for word in NO_WORDS {
            let pattern = refusal::no_such_word(subject.release(), place, word);
            sheet.exactly(&subject.with(place, json!(word)), &pattern);
        }
    }
    sheet.finish()
}

fn has_words(kind: Type) -> bool {
    match kind {
        Type::Enum(_) => true,
        Type::Alternate(it) => it.branches.iter().any(|it| has_words(it.kind)),
        _ => false,
    }
}

fn with_unknown(mut members: Map<String, Value>) -> Map<String, Value> {
    members.insert(UNKNOWN_MEMBER.to_owned(), json!(1));
    members
}

impl Subject<'_> {
    /// A request with these arguments.
    pub(super) fn request(self, arguments: &Map<String, Value>) -> String {
        request(self.command.name, Some(arguments), None)
    }

    /// A request that is right but for the value at a place.
    fn with(self, place: &Place, value: Value) -> String {
        self.request(&place.put(&self.arguments(Some(place)), value))
    }

    /// Arguments that a right agent refuses, whatever the command does.
    pub(super) fn refused_arguments(self) -> Option<Map<String, Value>> {
        let places = self.places();
        if let Some(place) = places.iter().find(|it| !it.is_optional) {
            return Some(place.take(&self.arguments(None)));
        }
        if let Some(place) = places.first() {
            let wrong = wrong_values(&place.name(), place.kind).into_iter().next()?;
            return Some(place.put(&self.arguments(Some(place)), wrong));
        }
        self.refuses_unexpected().then(|| with_unknown(Map::new()))
    }

    /// Whether the release refuses an argument that the command does not know.
    fn refuses_unexpected(self) -> bool {
        match self.release().unexpected_argument {
            UnexpectedArgument::Ignored => false,
            UnexpectedArgument::RefusedWhereSomeAreTaken => !self.command.arguments.is_empty(),
            UnexpectedArgument::Refused => true,
        }
    }
}
