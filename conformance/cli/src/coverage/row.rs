//! The rows of the schema that claims are to cover.

use qga_fixtures::schema::{
    COMMANDS, Command, DIFFERENCES, ERROR_ROWS, ErrorName, Member, Presence, RELEASES, Release, Since, System, Type,
};
use qga_model::journal::Asked;
use serde_json::Value;
use std::collections::BTreeSet;

/// A row of the schema, or a step of one: what it says from a release on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A command.
    Command(&'static str),
    /// An argument of a command, or a member of one: `vcpus.online`.
    Argument(&'static str, String),
    /// An error in the wording that it has from a release on.
    Error(&'static str, Since),
    /// A difference between a release and the one before.
    Difference(&'static str, Since),
}

/// Every row, in the order of the schema, with the reason why no client can see it
/// where none can.
pub fn rows() -> Vec<(Row, Option<&'static str>)> {
    let mut rows: Vec<(Row, Option<&'static str>)> = Vec::new();
    rows.extend(COMMANDS.iter().map(|it| (Row::Command(it.name), None)));
    for command in &COMMANDS {
        let mut paths = BTreeSet::new();
        all_paths(&mut paths, "", command.arguments);
        rows.extend(paths.into_iter().map(|it| (Row::Argument(command.name, it), None)));
    }
    for error in &ERROR_ROWS {
        let steps = error.steps.iter();
        rows.extend(steps.map(|(since, reason)| (Row::Error(error.name, *since), *reason)));
    }
    for difference in &DIFFERENCES {
        let steps = difference.steps.iter().skip(1);
        rows.extend(steps.map(|(since, _)| (Row::Difference(difference.name, *since), difference.out_of_reach)));
    }
    rows
}

impl Row {
    /// The error in the wording of a release.
    pub(crate) fn of_error(release: &Release, error: ErrorName) -> Row {
        let row = &ERROR_ROWS[error as usize];
        let mut steps = row.steps.iter().map(|(since, _)| *since);
        let since = steps.clone().rev().find(|it| release.is_at_least(*it));
        Row::Error(
            row.name,
            since.or_else(|| steps.next()).expect("an error has a wording"),
        )
    }

    /// The rows of a request: its command, if the agent has it, and the arguments of
    /// the schema that it gives.
    pub(crate) fn add_asked(rows: &mut BTreeSet<Row>, release: &Release, system: System, asked: &Asked) {
        let command = Command::find(&asked.command);
        let Some(command) = command.filter(|it| it.presence(release, system) != Presence::Absent) else {
            return;
        };
        rows.insert(Row::Command(command.name));
        let arguments = asked.arguments.as_deref().unwrap_or("");
        let Ok(given) = serde_json::from_str::<Value>(arguments) else {
            return;
        };
        let mut paths = BTreeSet::new();
        given_paths(&mut paths, "", release, command.arguments, &given);
        rows.extend(paths.into_iter().map(|it| Row::Argument(command.name, it)));
    }

    /// What kind of row it is: a heading.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Row::Command(_) => "commands",
            Row::Argument(..) => "arguments",
            Row::Error(..) => "errors",
            Row::Difference(..) => "differences",
        }
    }

    /// What it is called in the files.
    pub(crate) fn name(&self) -> String {
        match self {
            Row::Command(name) | Row::Error(name, _) | Row::Difference(name, _) => (*name).to_owned(),
            Row::Argument(command, path) => format!("{command} {path}"),
        }
    }

    /// The release from which on it says so; commands and arguments are one row for all.
    pub(crate) fn since(&self) -> Option<&'static str> {
        match self {
            Row::Command(_) | Row::Argument(..) => None,
            Row::Error(_, since) | Row::Difference(_, since) => Some(RELEASES[usize::from(since.0)].name),
        }
    }
}

/// Members of members inside an argument, in every release that has them.
fn all_paths(paths: &mut BTreeSet<String>, above: &str, members: &'static [Member]) {
    for member in members {
        let path = below(above, member.name);
        all_paths(paths, &path, inside(member.kind));
        paths.insert(path);
    }
}

/// Those that a value gives.
fn given_paths(
    paths: &mut BTreeSet<String>,
    above: &str,
    release: &Release,
    members: &'static [Member],
    given: &Value,
) {
    let objects = given.as_array().map_or(std::slice::from_ref(given), Vec::as_slice);
    for member in members.iter().filter(|it| release.has(it.since, it.until)) {
        for value in objects.iter().filter_map(|it| it.get(member.name)) {
            let path = below(above, member.name);
            given_paths(paths, &path, release, inside(member.kind), value);
            paths.insert(path);
        }
    }
}

fn below(above: &str, name: &str) -> String {
    match above {
        "" => name.to_owned(),
        above => format!("{above}.{name}"),
    }
}

/// The members of an object, or of the objects in a list.
fn inside(kind: Type) -> &'static [Member] {
    match kind {
        Type::List(element) => inside(*element),
        Type::Struct(it) => it.members,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::members("guest-set-vcpus", Some(r#"{"vcpus": [{"logical-id": 1}, {"online": true, "x": 1}]}"#),
        &["guest-set-vcpus", "guest-set-vcpus vcpus", "guest-set-vcpus vcpus.logical-id", "guest-set-vcpus vcpus.online"])]
    #[case::not_in_the_schema("guest-ping", Some(r#"{"x": 1}"#), &["guest-ping"])]
    #[case::not_yet("guest-get-load", Some("{}"), &[])]
    #[case::wrong_type("guest-file-read", Some(r#"{"handle": [7]}"#), &["guest-file-read", "guest-file-read handle"])]
    #[case::no_object("guest-file-read", None, &["guest-file-read"])]
    #[case::no_command("guest-x", Some("{}"), &[])]
    fn a_request_uses_rows(#[case] command: &str, #[case] arguments: Option<&str>, #[case] expected: &[&str]) {
        let asked = Asked {
            command: command.to_owned(),
            arguments: arguments.map(str::to_owned),
            replies_before: 0,
        };
        let release = Release::find("7.2").expect("a release");
        let mut rows = BTreeSet::new();
        Row::add_asked(&mut rows, release, System::Linux, &asked);
        assert_eq!(rows.iter().map(Row::name).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case("1.1", "0.15")]
    #[case("1.2", "1.2")]
    #[case("11.1", "1.4.0")]
    fn an_error_is_a_row_in_the_wording_of_the_release(#[case] release: &str, #[case] since: &str) {
        let row = Row::of_error(Release::find(release).expect("a release"), ErrorName::FileOpenFailed);
        assert_eq!((row.name().as_str(), row.since()), ("file-open-failed", Some(since)));
        assert!(rows().iter().any(|(it, _)| *it == row));
    }
}
