//! Mistakes in an image, and where they are.

use std::fmt;
use std::ops::Range;

/// A mistake in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageError {
    /// The image's file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImageError {
            file,
            line,
            column,
            what,
            cure,
        } = self;
        write!(f, "{file}:{line}:{column}: {what}; {cure}")
    }
}

impl std::error::Error for ImageError {}

/// A mistake at a range of bytes of an image's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    span: Range<usize>,
    what: String,
    cure: String,
}

impl Problem {
    /// A mistake: where, what, and the cure.
    pub fn new(span: Range<usize>, what: impl Into<String>, cure: impl Into<String>) -> Problem {
        Problem {
            span,
            what: what.into(),
            cure: cure.into(),
        }
    }

    /// What a reader says of a value, with a cure.
    pub(super) fn of_message(span: Range<usize>, message: &str) -> Problem {
        let message = message.lines().next().unwrap_or_default();
        match message.split_once(", expected ") {
            Some((what, expected)) => Problem::new(span, what, format!("write {expected}")),
            None => Problem::new(span, message, cure_of(message)),
        }
    }

    pub(super) fn at(self, file: &str, text: &str) -> ImageError {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |it| it + 1);
        ImageError {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            what: self.what,
            cure: self.cure,
        }
    }
}

/// The cure for a message that does not name it.
fn cure_of(message: &str) -> &'static str {
    if message.starts_with("missing field") {
        "add it to this section"
    } else if message.starts_with("duplicate") {
        "keep one of them"
    } else {
        "write TOML: `name = value`, strings in quotes, sections in brackets"
    }
}
