//! What a command answers with, and how a release words an error.

use memchr::memchr;
use qga_fixtures::schema::{ErrorForm, ErrorName, Release};

/// An error reply: the situation, and the values its text mentions.
///
/// It is a value, not a Rust error: the wire's errors are part of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError {
    name: ErrorName,
    /// Most errors mention one value, if any: it is kept without a list of its own.
    first: Option<Field>,
    others: Vec<Field>,
}

type Field = (&'static str, Vec<u8>);

impl CommandError {
    /// The error for a situation, without values yet.
    pub fn new(name: ErrorName) -> CommandError {
        CommandError {
            name,
            first: None,
            others: Vec::new(),
        }
    }

    /// Adds the value that stands for `{field}` in the texts.
    pub fn with(mut self, field: &'static str, value: impl Into<Vec<u8>>) -> CommandError {
        let field = (field, value.into());
        match self.first {
            None => self.first = Some(field),
            Some(_) => self.others.push(field),
        }
        self
    }

    /// The situation it reports.
    pub fn name(&self) -> ErrorName {
        self.name
    }

    /// The `class` member in a release.
    pub fn class(&self, release: &Release) -> &'static str {
        release.error(self.name).class
    }

    /// The text of the `desc` member in a release; in releases without one, empty.
    pub fn desc(&self, release: &Release) -> Vec<u8> {
        match release.error(self.name).form {
            ErrorForm::Desc(template) => self.fill(template),
            ErrorForm::Data(_) => Vec::new(),
        }
    }

    /// The template with each `{field}` replaced; an unknown field stays as it is.
    pub(crate) fn fill(&self, template: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(template.len() + 32);
        self.fill_into(template, &mut out);
        out
    }

    /// The same, appended.
    pub(crate) fn fill_into(&self, template: &str, out: &mut Vec<u8>) {
        let mut rest = template;
        loop {
            let Some((before, after)) = split_once(rest, b'{') else {
                return out.extend_from_slice(rest.as_bytes());
            };
            out.extend_from_slice(before.as_bytes());
            rest = match split_once(after, b'}').and_then(|(name, tail)| Some((self.field(name)?, tail))) {
                Some((value, tail)) => {
                    out.extend_from_slice(value);
                    tail
                }
                None => {
                    out.push(b'{');
                    after
                }
            };
        }
    }

    fn field(&self, name: &str) -> Option<&[u8]> {
        self.first
            .iter()
            .chain(&self.others)
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value.as_slice())
    }
}

/// What stands before an ASCII letter and behind it.
fn split_once(text: &str, letter: u8) -> Option<(&str, &str)> {
    let at = memchr(letter, text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_words_an_error_in_its_own_way() {
        let error = CommandError::new(ErrorName::CommandNotFound).with("command", "guest-x");
        let cases = [("1.1", ""), ("1.2", "The command guest-x has not been found")];
        for (release, desc) in cases {
            let release = Release::find(release).unwrap();
            assert_eq!(String::from_utf8(error.desc(release)).unwrap(), desc, "{release}");
            assert_eq!(error.class(release), "CommandNotFound");
        }
    }

    #[test]
    fn a_value_with_braces_is_not_a_template() {
        let error = CommandError::new(ErrorName::CommandNotFound).with("command", "{command} {");
        assert_eq!(error.fill("<{command}> {other} {"), b"<{command} {> {other} {");
    }
}
