//! The shape a result has in a release: commands build the newest, and what the
//! emulated release or system does not know is left out, by the schema.

use crate::json::Value;
use qga_fixtures::schema::{Member, Release, System, Type};

/// Leaves out what a release on a system does not have of a result of this type.
pub(crate) fn fit(release: &Release, system: System, kind: Type, value: &mut Value) {
    Shape { release, system }.value(kind, value);
}

struct Shape<'a> {
    release: &'a Release,
    system: System,
}

impl Shape<'_> {
    fn value(&self, kind: Type, value: &mut Value) {
        match (kind, value) {
            (Type::List(element), Value::List(items)) if has_members(*element) => {
                items.iter_mut().for_each(|item| self.value(*element, item));
            }
            (Type::Struct(it), Value::Dict(members)) => {
                members.retain(|name, value| self.member(find(it.members, name), value));
            }
            (Type::Union(it), Value::Dict(members)) => {
                let branches = it.branches.iter().filter_map(|(_, branch)| members_of(*branch));
                let all: Vec<&Member> = branches.flatten().collect();
                members.retain(|name, value| {
                    self.member(all.iter().copied().find(|it| it.name.as_bytes() == name), value)
                });
            }
            _ => {}
        }
    }

    /// Fits a member's value and says whether the member stays. One that the
    /// schema does not list is a union's discriminator.
    fn member(&self, member: Option<&Member>, value: &mut Value) -> bool {
        let Some(member) = member else { return true };
        self.value(member.kind, value);
        self.release.has(member.since, member.until) && member.systems.contains(&self.system)
    }
}

fn find(members: &'static [Member], name: &[u8]) -> Option<&'static Member> {
    members.iter().find(|it| it.name.as_bytes() == name)
}

fn members_of(kind: Type) -> Option<&'static [Member]> {
    match kind {
        Type::Struct(it) => Some(it.members),
        _ => None,
    }
}

/// Whether values of a type have members.
fn has_members(kind: Type) -> bool {
    match kind {
        Type::List(element) => has_members(*element),
        Type::Struct(_) | Type::Union(_) => true,
        _ => false,
    }
}
