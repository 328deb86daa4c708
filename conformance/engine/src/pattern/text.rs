//! Strings with variables in them, and what fills them.

use super::{Text, TextPart, Variables};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::borrow::Cow;

/// A variable that has no value yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound(
    /// Its name, without the `$`.
    pub String,
);

impl Text {
    /// The string of these characters, with no variable in it.
    pub fn literal(text: &str) -> Text {
        let parts = match text {
            "" => Vec::new(),
            _ => vec![TextPart::Literal(text.to_owned())],
        };
        Text { parts }
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|it| match it {
            TextPart::Literal(_) => None,
            TextPart::Var(name) => Some(name.as_str()),
        })
    }

    /// Its characters.
    ///
    /// # Errors
    /// A variable in it has no value.
    pub fn fill(&self, variables: &Variables) -> Result<String, Unbound> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                TextPart::Literal(text) => filled.push_str(text),
                TextPart::Var(name) => filled.push_str(&characters(lookup(name, variables)?)),
            }
        }
        Ok(filled)
    }

    /// Its characters, as UTF-8, in base64.
    ///
    /// # Errors
    /// A variable in it has no value.
    pub fn base64(&self, variables: &Variables) -> Result<String, Unbound> {
        Ok(BASE64_STANDARD.encode(self.fill(variables)?))
    }
}

/// The value of a variable.
pub(crate) fn lookup<'v>(name: &str, variables: &'v Variables) -> Result<&'v Value, Unbound> {
    variables.get(name).ok_or_else(|| Unbound(name.to_owned()))
}

/// A value as it stands inside a string: a string's own characters, else JSON.
pub(crate) fn characters(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
