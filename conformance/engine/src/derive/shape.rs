//! What the schema says of a result, as a pattern.

use qga_fixtures::schema::{Enum, Member, Release, System, Type, Union};
use serde_json::json;

/// Results as a release on a system gives them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) release: &'static Release,
    pub(crate) system: System,
    /// Whether there may be members that the schema does not know.
    pub(crate) is_open: bool,
}

impl Shape {
    /// The pattern of a command's result: of the empty object if there is no type.
    pub(crate) fn result(self, kind: Option<Type>) -> String {
        kind.map_or_else(|| self.object(Vec::new()), |kind| self.value(kind))
    }

    fn value(self, kind: Type) -> String {
        match kind {
            Type::Int => format!("int({}..{})", i64::MIN, i64::MAX),
            Type::Uint64 => format!("int(0..{})", u64::MAX),
            Type::Uint16 => format!("int(0..{})", u16::MAX),
            Type::Str => "str".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Number => "num".to_owned(),
            Type::List(element) => format!("each({})", self.value(*element)),
            Type::Struct(it) => self.object(self.members(it.members)),
            Type::Enum(it) => self.words(it, |_| true),
            Type::Alternate(it) => {
                let branches = it
                    .branches
                    .iter()
                    .filter(|it| self.has(it))
                    .map(|it| self.value(it.kind));
                branches.collect::<Vec<_>>().join(" | ")
            }
            Type::Union(it) => self.union(it),
        }
    }

    fn object(self, mut members: Vec<String>) -> String {
        if self.is_open {
            members.push("...".to_owned());
        }
        format!("{{{}}}", members.join(", "))
    }

    fn members(self, members: &[Member]) -> Vec<String> {
        let there = members.iter().filter(|it| self.has(it));
        let written = there.map(|it| {
            let mark = if it.is_optional(self.release) { "?" } else { "" };
            format!("{}{mark}: {}", json!(it.name), self.value(it.kind))
        });
        written.collect()
    }

    /// One object for each value with members of its own, and one for all others.
    fn union(self, it: &Union) -> String {
        let Type::Enum(values) = it.values else {
            return self.object(Vec::new());
        };
        let name = json!(it.discriminator);
        let has_branch = |word: &str| it.branches.iter().any(|(value, _)| *value == word);
        let branches = it.branches.iter().map(|(value, kind)| {
            let mut members = vec![format!("{name}: {}", json!(value))];
            if let Type::Struct(it) = kind {
                members.extend(self.members(it.members));
            }
            self.object(members)
        });
        let mut objects: Vec<String> = branches.collect();
        let others = self.words(values, |word| !has_branch(word));
        if !others.is_empty() {
            objects.push(self.object(vec![format!("{name}: {others}")]));
        }
        objects.join(" | ")
    }

    fn words(self, it: &Enum, is_wanted: impl Fn(&str) -> bool) -> String {
        let values = it.values.iter().filter(|it| self.release.has(it.since, it.until));
        let there = values.filter(|value| value.systems.contains(&self.system) && is_wanted(value.name));
        there
            .map(|it| json!(it.name).to_string())
            .collect::<Vec<_>>()
            .join(" | ")
    }

    fn has(self, member: &Member) -> bool {
        self.release.has(member.since, member.until) && member.systems.contains(&self.system)
    }
}
