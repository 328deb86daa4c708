//! Holds a value against a pattern and says where it first differs.
//!
//! Each part of a pattern meets each part of a value at most once, so the time is
//! bounded by the product of their sizes, whatever the value is.

use super::text::{Unbound, lookup};
use super::{Kind, Member, Number, Pattern, Test, number, print, shorten};
use crate::verdict::Mismatch;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The values of variables, by name without the `$`.
pub type Variables = BTreeMap<String, Value>;

/// Why a value does not match, or cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchError {
    /// It differs.
    Differs(Mismatch),
    /// The pattern uses a variable that has no value.
    Unbound(Unbound),
}

impl From<Unbound> for MatchError {
    fn from(name: Unbound) -> MatchError {
        MatchError::Unbound(name)
    }
}

/// Holds `value` against `pattern`; `Ok` has the variables that the pattern took.
///
/// # Errors
/// The first difference, or a variable without a value.
pub fn matches(pattern: &Pattern, value: &Value, variables: &Variables) -> Result<Variables, MatchError> {
    let mut matcher = Matcher {
        variables,
        taken: Vec::new(),
        path: Vec::new(),
    };
    matcher.pattern(pattern, value)?;
    Ok(matcher.taken.into_iter().collect())
}

struct Matcher<'v> {
    variables: &'v Variables,
    taken: Vec<(String, Value)>,
    path: Vec<String>,
}

type Matched = Result<(), MatchError>;

impl Matcher<'_> {
    fn pattern(&mut self, pattern: &Pattern, value: &Value) -> Matched {
        let (before, depth) = (self.taken.len(), self.path.len());
        let mut misses = Vec::new();
        for test in &pattern.tests {
            match self.test(test, value) {
                Ok(()) => return self.take(pattern, value),
                Err(MatchError::Differs(miss)) => misses.push(miss),
                Err(unbound) => return Err(unbound),
            }
            self.taken.truncate(before);
            self.path.truncate(depth);
        }
        Err(MatchError::Differs(self.best(pattern, value, misses)))
    }

    fn take(&mut self, pattern: &Pattern, value: &Value) -> Matched {
        if let Some(name) = &pattern.capture {
            self.taken.push((name.clone(), value.clone()));
        }
        Ok(())
    }

    /// Of several ways to differ the one that came furthest, else all at once.
    fn best(&self, pattern: &Pattern, value: &Value, misses: Vec<Mismatch>) -> Mismatch {
        let here = self.pointer();
        let depth = |it: &Mismatch| it.pointer.matches('/').count();
        let deepest = misses.into_iter().max_by_key(depth);
        match deepest {
            Some(miss) if pattern.tests.len() == 1 || miss.pointer != here => miss,
            _ => {
                let tests: Vec<String> = pattern.tests.iter().map(print::flat_test).collect();
                self.miss(tests.join(" | "), value)
            }
        }
    }

    fn pointer(&self) -> String {
        let escaped = self.path.iter().map(|it| it.replace('~', "~0").replace('/', "~1"));
        escaped.fold(String::new(), |pointer, it| pointer + "/" + &it)
    }

    fn miss(&self, expected: String, found: &Value) -> Mismatch {
        Mismatch {
            pointer: self.pointer(),
            expected,
            found: shorten(found),
        }
    }

    fn test(&mut self, test: &Test, value: &Value) -> Matched {
        match (test, value) {
            (Test::Object { members, open }, Value::Object(found)) => self.object(members, *open, found),
            (Test::Array { items, open }, Value::Array(found)) => self.array(items, *open, found),
            (Test::Some(element), Value::Array(found)) => match self.some(element, found)? {
                true => Ok(()),
                false => Err(MatchError::Differs(self.miss(print::flat_test(test), value))),
            },
            (Test::Each(element), Value::Array(found)) => self.each(element, found),
            (Test::Unique(member), Value::Array(found)) => self.unique(member, found),
            (Test::Not(inner), _) => match self.misses(inner, value)? {
                true => Ok(()),
                false => Err(MatchError::Differs(self.miss(print::flat_test(test), value))),
            },
            (Test::Var(name), _) => self.variable(name, value),
            _ => match self.scalar(test, value)? {
                true => Ok(()),
                false => Err(MatchError::Differs(self.miss(self.filled(test)?, value))),
            },
        }
    }

    fn scalar(&self, test: &Test, value: &Value) -> Result<bool, Unbound> {
        Ok(match (test, value) {
            (Test::Null, Value::Null) => true,
            (Test::Bool(wanted), Value::Bool(found)) => wanted == found,
            (Test::Number(wanted), Value::Number(found)) => wanted.equals(found.as_str()),
            (Test::Range { from, to }, Value::Number(found)) => in_range(from.as_ref(), to.as_ref(), found.as_str()),
            (Test::Kind(kind), _) => is_kind(*kind, value),
            (Test::Str(text), Value::String(found)) => *found == text.fill(self.variables)?,
            (Test::Starts(text), Value::String(found)) => found.starts_with(&text.fill(self.variables)?),
            (Test::Ends(text), Value::String(found)) => found.ends_with(&text.fill(self.variables)?),
            (Test::Has(text), Value::String(found)) => found.contains(&text.fill(self.variables)?),
            (Test::Base64(text), Value::String(found)) => *found == text.base64(self.variables)?,
            (Test::Re(text), Value::String(found)) => regex_lite::Regex::new(text).is_ok_and(|it| it.is_match(found)),
            _ => false,
        })
    }

    /// The test as it is told to a person: with the values of its variables.
    fn filled(&self, test: &Test) -> Result<String, Unbound> {
        let told = print::flat_test(test);
        Ok(match test {
            Test::Str(text) => shorten(&Value::String(text.fill(self.variables)?)),
            Test::Base64(text) => format!("{told}, which is \"{}\"", text.base64(self.variables)?),
            Test::Starts(text) | Test::Ends(text) | Test::Has(text) if text.variables().next().is_some() => {
                let value = Value::String(text.fill(self.variables)?);
                format!("{told} with {}", shorten(&value))
            }
            _ => told,
        })
    }

    fn variable(&mut self, name: &str, value: &Value) -> Matched {
        // What this very pattern took before counts, and counts more.
        let taken = self.taken.iter().rev().find(|(it, _)| it == name).map(|(_, it)| it);
        let wanted = match taken {
            Some(wanted) => wanted,
            None => lookup(name, self.variables)?,
        };
        match same(wanted, value) {
            true => Ok(()),
            false => Err(MatchError::Differs(
                self.miss(format!("${name}, which is {}", shorten(wanted)), value),
            )),
        }
    }

    fn object(&mut self, members: &[Member], open: bool, found: &Map<String, Value>) -> Matched {
        for member in members {
            self.path.push(member.name.clone());
            match found.get(&member.name) {
                Some(value) => self.pattern(&member.value, value)?,
                None if member.optional => {}
                None => return Err(self.absent(print::flat(&member.value))),
            }
            self.path.pop();
        }
        match open {
            true => Ok(()),
            false => self.no_others(members, found),
        }
    }

    fn no_others(&mut self, members: &[Member], found: &Map<String, Value>) -> Matched {
        let known: BTreeSet<&str> = members.iter().map(|it| it.name.as_str()).collect();
        match found.iter().find(|(name, _)| !known.contains(name.as_str())) {
            None => Ok(()),
            Some((name, value)) => {
                self.path.push(name.clone());
                Err(MatchError::Differs(self.miss("no such member".to_owned(), value)))
            }
        }
    }

    fn array(&mut self, items: &[Pattern], open: bool, found: &[Value]) -> Matched {
        for (at, item) in items.iter().enumerate() {
            self.path.push(at.to_string());
            match found.get(at) {
                Some(value) => self.pattern(item, value)?,
                None => return Err(self.absent(print::flat(item))),
            }
            self.path.pop();
        }
        match found.get(items.len()) {
            Some(value) if !open => {
                self.path.push(items.len().to_string());
                let expected = format!("the end after {} elements", items.len());
                Err(MatchError::Differs(self.miss(expected, value)))
            }
            _ => Ok(()),
        }
    }

    /// The first element that matches counts, and what it takes.
    fn some(&mut self, element: &Pattern, found: &[Value]) -> Result<bool, MatchError> {
        let (before, depth) = (self.taken.len(), self.path.len());
        for value in found {
            match self.pattern(element, value) {
                Ok(()) => return Ok(true),
                Err(MatchError::Differs(_)) => {}
                Err(unbound) => return Err(unbound),
            }
            self.taken.truncate(before);
            self.path.truncate(depth);
        }
        Ok(false)
    }

    /// No two elements have the same value for the member; those without it count not.
    fn unique(&mut self, member: &str, found: &[Value]) -> Matched {
        let mut known = BTreeMap::new();
        for (at, value) in found.iter().enumerate() {
            let Some(value) = value.get(member) else { continue };
            if let Some(earlier) = known.insert(value.to_string(), at) {
                self.path.extend([at.to_string(), member.to_owned()]);
                let expected = format!("another value than in element {earlier}");
                return Err(MatchError::Differs(self.miss(expected, value)));
            }
        }
        Ok(())
    }

    /// What the elements take is forgotten: no one of them counts more than the others.
    fn each(&mut self, element: &Pattern, found: &[Value]) -> Matched {
        let before = self.taken.len();
        for (at, value) in found.iter().enumerate() {
            self.path.push(at.to_string());
            self.pattern(element, value)?;
            self.path.pop();
            self.taken.truncate(before);
        }
        Ok(())
    }

    /// Whether a value does not match; what it takes is forgotten.
    fn misses(&mut self, inner: &Pattern, value: &Value) -> Result<bool, MatchError> {
        let (before, depth) = (self.taken.len(), self.path.len());
        let matched = self.pattern(inner, value);
        self.taken.truncate(before);
        self.path.truncate(depth);
        match matched {
            Ok(()) => Ok(false),
            Err(MatchError::Differs(_)) => Ok(true),
            Err(unbound) => Err(unbound),
        }
    }

    fn absent(&self, expected: String) -> MatchError {
        MatchError::Differs(Mismatch {
            pointer: self.pointer(),
            expected,
            found: "nothing: it is absent".to_owned(),
        })
    }
}

fn is_kind(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Any => true,
        Kind::Int => value.as_number().is_some_and(|it| number::is_integer(it.as_str())),
        Kind::Num => value.is_number(),
        Kind::Str => value.is_string(),
        Kind::Bool => value.is_boolean(),
        Kind::Arr => value.is_array(),
        Kind::Obj => value.is_object(),
    }
}

fn in_range(from: Option<&Number>, to: Option<&Number>, found: &str) -> bool {
    number::is_integer(found)
        && from.is_none_or(|it| number::compare(&it.0, found).is_le())
        && to.is_none_or(|it| number::compare(found, &it.0).is_le())
}

/// Whether two values are the same: members in any order, numbers as in a pattern.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Number(left.to_string()).equals(right.as_str()),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}
