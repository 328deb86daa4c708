//! A request's arguments against the schema: missing, of the wrong type, or more
//! than the command takes.
//!
//! The order in which mistakes are found is the reference agent's: members in
//! the order of the schema, then what is left over.

use crate::json::{Dict, Value};
use crate::leftover;
use crate::message::CommandError;
use qga_fixtures::schema::{
    Alternate, ArgumentPlace, Command, DoubleInAlternate, Enum, EnumValue, ErrorName, Member, Release, Type, TypeWords,
    UnexpectedArgument,
};

/// Arguments that satisfy the command's row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Args(Dict);

/// Holds the given arguments against the command's row.
pub(crate) fn check(release: &'static Release, command: &Command, given: Dict) -> Result<Args, CommandError> {
    let check = Check { release };
    check.members(
        &Place::root(release.argument_place),
        command.arguments_in(release),
        &given,
        command.arguments.is_empty(),
    )?;
    Ok(Args(given))
}

impl Args {
    /// Arguments that are known to be right.
    pub(crate) fn of(members: Dict) -> Args {
        Args(members)
    }

    /// The same with another value for one.
    pub(crate) fn with(&self, name: &'static str, value: impl Into<Value>) -> Args {
        Args(self.0.clone().with(name, value))
    }

    /// An `int` that the schema says is there.
    pub(crate) fn int(&self, name: &str) -> i64 {
        self.optional_int(name).unwrap_or_default()
    }

    /// An `int` that may be left out.
    pub(crate) fn optional_int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// A `str` that the schema says is there.
    pub(crate) fn text(&self, name: &str) -> &[u8] {
        self.optional_text(name).unwrap_or_default()
    }

    /// A `str` that may be left out.
    pub(crate) fn optional_text(&self, name: &str) -> Option<&[u8]> {
        match self.get(name) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A `bool`; `false` where it was left out.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true)))
    }

    /// The elements of a list; `None` where it was left out.
    pub(crate) fn optional_list(&self, name: &str) -> Option<&[Value]> {
        match self.get(name) {
            Some(Value::List(items)) => Some(items),
            _ => None,
        }
    }

    /// The elements of a list of `str`; `None` where it was left out.
    pub(crate) fn optional_texts(&self, name: &str) -> Option<Vec<Vec<u8>>> {
        let text = |item: &Value| match item {
            Value::Str(text) => Some(text.clone()),
            _ => None,
        };
        self.optional_list(name).map(|it| it.iter().filter_map(text).collect())
    }

    /// The value as it came, for alternates.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name.as_bytes())
    }
}

/// Where in the arguments the check is, as the release's error texts name it: by the whole
/// path, `vcpus[0].online`, or by the last name alone. It is put into words when something
/// is wrong there.
#[derive(Clone, Copy)]
struct Place<'p> {
    style: ArgumentPlace,
    /// What it is a part of.
    outer: Option<&'p Place<'p>>,
    part: Part<'p>,
}

#[derive(Clone, Copy)]
enum Part<'p> {
    /// All arguments.
    All,
    Member(&'p [u8]),
    Element(usize),
}

/// What releases that name the last name alone call a list's element.
const ELEMENT_WITHOUT_NAME: &[u8] = b"null";

impl<'p> Place<'p> {
    fn root(style: ArgumentPlace) -> Place<'p> {
        Place {
            style,
            outer: None,
            part: Part::All,
        }
    }

    /// A part of it.
    fn inner(&'p self, part: Part<'p>) -> Place<'p> {
        Place {
            style: self.style,
            outer: Some(self),
            part,
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut text = match (self.style, self.outer) {
            (ArgumentPlace::Path, Some(outer)) => outer.text(),
            _ => Vec::new(),
        };
        match (self.style, self.part) {
            (_, Part::All) => {}
            (ArgumentPlace::LastName, Part::Element(_)) => text.extend_from_slice(ELEMENT_WITHOUT_NAME),
            (ArgumentPlace::Path, Part::Element(index)) => text.extend(format!("[{index}]").into_bytes()),
            (_, Part::Member(name)) => {
                if !text.is_empty() {
                    text.push(b'.');
                }
                text.extend_from_slice(name);
            }
        }
        text
    }

    fn error(&self, name: ErrorName) -> CommandError {
        CommandError::new(name).with("name", self.text())
    }
}

struct Check {
    release: &'static Release,
}

impl Check {
    /// `takes_none`: the command takes no arguments at all.
    fn members<'m>(
        &self,
        place: &Place<'_>,
        members: impl Iterator<Item = &'m Member> + Clone,
        given: &Dict,
        takes_none: bool,
    ) -> Result<(), CommandError> {
        let mut taken = 0;
        for member in members.clone() {
            let name = member.name.as_bytes();
            let place = place.inner(Part::Member(name));
            match given.get(name) {
                None if member.is_optional(self.release) => {}
                None => return Err(self.missing(&place, member.kind)),
                Some(value) => {
                    taken += 1;
                    self.value(&place, member.kind, value)?;
                }
            }
        }
        let refused = match self.release.unexpected_argument {
            UnexpectedArgument::Ignored => false,
            UnexpectedArgument::RefusedWhereSomeAreTaken => !takes_none,
            UnexpectedArgument::Refused => true,
        };
        if !refused || taken == given.len() {
            return Ok(());
        }
        let names = members.map(|it| it.name.as_bytes());
        let taken: Vec<&[u8]> = names.filter(|it| given.contains(it)).collect();
        match leftover::first(given, &taken) {
            Some(name) => Err(place.inner(Part::Member(name)).error(ErrorName::ArgumentUnexpected)),
            None => Ok(()),
        }
    }

    fn missing(&self, place: &Place<'_>, kind: Type) -> CommandError {
        let name = match kind {
            Type::Alternate(_) => ErrorName::AlternateMissing,
            _ => ErrorName::ArgumentMissing,
        };
        place.error(name).with("expected", self.word(kind))
    }

    fn value(&self, place: &Place<'_>, kind: Type, value: &Value) -> Result<(), CommandError> {
        match (kind, value) {
            (Type::Int, Value::Int(_)) | (Type::Str, Value::Str(_)) | (Type::Bool, Value::Bool(_)) => Ok(()),
            (Type::Number, Value::Int(_) | Value::UInt(_) | Value::Double(_)) => Ok(()),
            (Type::Uint64 | Type::Uint16, Value::Int(_) | Value::UInt(_)) => Ok(()),
            (Type::List(element), Value::List(items)) => self.elements(place, *element, items),
            (Type::Struct(it), Value::Dict(given)) => {
                let members = it
                    .members
                    .iter()
                    .filter(|member| self.release.has(member.since, member.until));
                self.members(place, members, given, false)
            }
            (Type::Enum(it), Value::Str(word)) => self.word_of(place, it, word),
            (Type::Alternate(it), value) => self.alternate(place, it, value),
            (Type::Uint64 | Type::Uint16, _) => Err(place.error(ErrorName::ArgumentNotUint64)),
            _ => Err(place.error(ErrorName::ArgumentType).with("expected", self.word(kind))),
        }
    }

    fn elements(&self, place: &Place<'_>, kind: Type, items: &[Value]) -> Result<(), CommandError> {
        items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| self.value(&place.inner(Part::Element(index)), kind, item))
    }

    fn word_of(&self, place: &Place<'_>, it: &Enum, word: &[u8]) -> Result<(), CommandError> {
        let known = |value: &&EnumValue| self.release.has(value.since, value.until);
        if it
            .values
            .iter()
            .filter(known)
            .any(|value| value.name.as_bytes() == word)
        {
            return Ok(());
        }
        Err(place.error(ErrorName::ArgumentNotInEnum).with("value", word))
    }

    /// The branch of an alternate is chosen by the JSON type alone.
    fn alternate(&self, place: &Place<'_>, it: &Alternate, value: &Value) -> Result<(), CommandError> {
        let branch = it.branches.iter().find(|branch| self.suits(branch.kind, value));
        match branch {
            Some(branch) => self.value(place, branch.kind, value),
            None => Err(place.error(ErrorName::AlternateType).with("expected", it.name)),
        }
    }

    fn word(&self, kind: Type) -> &'static str {
        let internal = self.release.type_words == TypeWords::Internal;
        match kind {
            Type::Int | Type::Uint64 | Type::Uint16 => "integer",
            Type::Str | Type::Enum(_) => "string",
            Type::Bool => "boolean",
            Type::Number => "number",
            Type::List(_) if internal => "list",
            Type::List(_) => "array",
            Type::Struct(_) | Type::Union(_) if internal => "QDict",
            Type::Struct(_) | Type::Union(_) => "object",
            Type::Alternate(it) => it.name,
        }
    }

    /// Whether a value's JSON type leads to a branch of this type.
    fn suits(&self, kind: Type, value: &Value) -> bool {
        match value {
            Value::Double(_) if self.release.double_in_alternate == DoubleInAlternate::NoBranch => false,
            Value::Int(_) | Value::UInt(_) | Value::Double(_) => {
                matches!(kind, Type::Int | Type::Number | Type::Uint64)
            }
            Value::Str(_) | Value::Base64(_) => matches!(kind, Type::Str | Type::Enum(_)),
            Value::Bool(_) => matches!(kind, Type::Bool),
            Value::List(_) => matches!(kind, Type::List(_)),
            Value::Dict(_) => matches!(kind, Type::Struct(_) | Type::Union(_)),
            Value::Null => false,
        }
    }
}
