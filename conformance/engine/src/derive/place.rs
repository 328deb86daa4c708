//! The places in a command's arguments where something can be wrong: each argument,
//! the elements of lists, the members of objects in them.

use super::Subject;
use super::value::sample;
use qga_fixtures::schema::{ArgumentPlace, Member, Release, Type};
use serde_json::{Map, Value};

/// A place in a command's arguments.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its number among the command's places in all releases.
    pub(super) number: u16,
    /// The way to it.
    pub(super) steps: Vec<Step>,
    /// What belongs there.
    pub(super) kind: Type,
    /// Whether nothing needs to stand there.
    pub(super) is_optional: bool,
}

/// A step on the way to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into the member of that name.
    Member(&'static str),
    /// Into the elements of a list.
    Element,
}

impl Subject<'_> {
    /// The places that its release has, in the order in which the agent checks them.
    pub(super) fn places(self) -> Vec<Place> {
        let mut all = Vec::new();
        members(&mut all, &[], self.command.arguments, &|_| true, self.release());
        let mut places = Vec::new();
        let release = self.release();
        members(
            &mut places,
            &[],
            self.command.arguments,
            &|it| release.has(it.since, it.until),
            release,
        );
        for place in &mut places {
            let paths: Vec<&[Step]> = all.iter().map(|it| it.steps.as_slice()).collect();
            place.number = number_of(&place.steps, &paths);
        }
        places
    }

    /// Arguments that are right as far as the schema goes: all that may not be left
    /// out, and all on the way to `place`.
    pub(super) fn arguments(self, place: Option<&Place>) -> Map<String, Value> {
        let wanted = place.map_or(&[][..], |it| &it.steps);
        let mut arguments = Map::new();
        for member in self.command.arguments_in(self.release()) {
            let is_wanted = wanted.first() == Some(&Step::Member(member.name));
            if is_wanted || !member.is_optional(self.release()) {
                let rest = if is_wanted { &wanted[1..] } else { &[] };
                let value = sample(self.command, self.release(), member.name, member.kind, rest);
                arguments.insert(member.name.to_owned(), value);
            }
        }
        arguments
    }
}

/// A place's number: how many different ones stand before it in all releases.
fn number_of(steps: &[Step], all: &[&[Step]]) -> u16 {
    let mut before: Vec<&[Step]> = Vec::new();
    for path in all {
        if *path == steps {
            break;
        }
        if !before.contains(path) {
            before.push(path);
        }
    }
    u16::try_from(before.len()).unwrap_or(u16::MAX)
}

fn members(
    places: &mut Vec<Place>,
    above: &[Step],
    members: &'static [Member],
    is_there: &dyn Fn(&Member) -> bool,
    release: &Release,
) {
    for member in members.iter().filter(|it| is_there(it)) {
        let steps = [above, &[Step::Member(member.name)]].concat();
        add(
            places,
            steps,
            member.kind,
            member.is_optional(release),
            is_there,
            release,
        );
    }
}

fn add(
    places: &mut Vec<Place>,
    steps: Vec<Step>,
    kind: Type,
    is_optional: bool,
    is_there: &dyn Fn(&Member) -> bool,
    release: &Release,
) {
    places.push(Place {
        number: 0,
        steps: steps.clone(),
        kind,
        is_optional,
    });
    match kind {
        Type::List(element) => {
            let steps = [&steps[..], &[Step::Element]].concat();
            add(places, steps, *element, true, is_there, release);
        }
        Type::Struct(it) => members(places, &steps, it.members, is_there, release),
        _ => {}
    }
}

impl Place {
    /// What a person calls it: `vcpus`, `an element of vcpus`, `online in vcpus`.
    pub(super) fn name(&self) -> String {
        let names = self.steps.iter().filter_map(|it| match it {
            Step::Member(name) => Some(*name),
            Step::Element => None,
        });
        let words = names.rev().collect::<Vec<_>>().join(" in ");
        match self.steps.last() {
            Some(Step::Element) => format!("an element of {words}"),
            _ => words,
        }
    }

    /// What the errors of a release call it.
    pub(super) fn name_in(&self, release: &Release) -> String {
        match (release.argument_place, self.steps.last()) {
            (ArgumentPlace::Path, _) => self.path(),
            (ArgumentPlace::LastName, Some(Step::Member(name))) => (*name).to_owned(),
            (ArgumentPlace::LastName, _) => "null".to_owned(),
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match step {
                Step::Element => path.push_str("[0]"),
                Step::Member(name) if path.is_empty() => path.push_str(name),
                Step::Member(name) => path.extend([".", name]),
            }
        }
        path
    }

    /// The arguments with this value at the place.
    pub(super) fn put(&self, arguments: &Map<String, Value>, value: Value) -> Map<String, Value> {
        let mut changed = Value::Object(arguments.clone());
        if let Some(there) = find(&mut changed, &self.steps) {
            *there = value;
        }
        object(changed)
    }

    /// The members of the object at the place.
    pub(super) fn get(&self, arguments: &Map<String, Value>) -> Map<String, Value> {
        let mut all = Value::Object(arguments.clone());
        find(&mut all, &self.steps)
            .map(|it| object(it.take()))
            .unwrap_or_default()
    }

    /// The arguments with nothing at the place; only members can be missing.
    pub(super) fn take(&self, arguments: &Map<String, Value>) -> Map<String, Value> {
        let mut changed = Value::Object(arguments.clone());
        if let Some((Step::Member(name), above)) = self.steps.split_last()
            && let Some(Value::Object(members)) = find(&mut changed, above)
        {
            members.shift_remove(*name);
        }
        object(changed)
    }
}

fn find<'v>(value: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Member(name) => value.get_mut(*name),
        Step::Element => value.get_mut(0),
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
