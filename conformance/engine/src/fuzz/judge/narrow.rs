//! The part of a pattern that a value does not match: a script shows that and no more.

use crate::pattern::{Member, Pattern, Test, Variables, matches};
use serde_json::Value;

/// A pattern that asks for nothing but what the value lacks at the pointer; all of it if
/// that cannot be told.
pub(super) fn narrow(pattern: &Pattern, value: &Value, pointer: &str) -> Pattern {
    let path: Vec<&str> = pointer.split('/').skip(1).collect();
    let part = along(pattern, value, &path);
    match matches(&part, value, &Variables::new()) {
        Ok(_) => pattern.clone(),
        Err(_) => part,
    }
}

fn along(pattern: &Pattern, value: &Value, path: &[&str]) -> Pattern {
    let [test] = &pattern.tests[..] else {
        return pattern.clone();
    };
    let test = match (test, path) {
        (Test::Object { members, .. }, [name, rest @ ..]) => members_along(members, value, name, rest),
        (Test::Object { members, .. }, []) => missing(members, value),
        (Test::Each(each), [at, rest @ ..]) => {
            let element = at.parse::<usize>().ok().and_then(|at| value.get(at));
            element.map(|it| Test::Each(Box::new(along(each, it, rest))))
        }
        _ => None,
    };
    match test {
        Some(test) => Pattern {
            tests: vec![test],
            capture: None,
        },
        None => pattern.clone(),
    }
}

fn members_along(members: &[Member], value: &Value, name: &str, rest: &[&str]) -> Option<Test> {
    let member = members.iter().find(|it| it.name == name)?;
    let value = value.get(name).map(|it| along(&member.value, it, rest));
    Some(open(vec![Member {
        value: value.unwrap_or_else(|| member.value.clone()),
        ..member.clone()
    }]))
}

/// The members that should be there and are not.
fn missing(members: &[Member], value: &Value) -> Option<Test> {
    let is_missing = |it: &&Member| !it.optional && value.get(&it.name).is_none();
    let missing: Vec<Member> = members.iter().filter(is_missing).cloned().collect();
    (value.is_object() && !missing.is_empty()).then(|| open(missing))
}

fn open(members: Vec<Member>) -> Test {
    Test::Object { members, open: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{MatchError, parse, print};
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::deep(json!([{"name": "a", "n": 1}, {"name": 7, "n": 1}]), r#"each({"name": str, ...})"#)]
    #[case::missing(json!([{"name": "a"}]), r#"each({"n": int, ...})"#)]
    #[case::another_type(json!(7), r#"each({"name": str, "n": int, "more"?: bool, ...})"#)]
    fn what_matches_is_left_out(#[case] value: Value, #[case] expected: &str) {
        let pattern = parse(r#"each({"name": str, "n": int, "more"?: bool, ...})"#).expect("a pattern");
        let Err(MatchError::Differs(miss)) = matches(&pattern, &value, &Variables::new()) else {
            panic!("it matches")
        };
        assert_eq!(print::flat(&narrow(&pattern, &value, &miss.pointer)), expected);
    }
}
