//! What a side said to a batch, and what it left behind.

use std::collections::BTreeMap;
use std::fmt;

use qga_fixtures::schema::Command;

pub(super) use crate::text::shown;

/// Files by their names below the scratch folder.
pub(super) type Files = BTreeMap<Vec<u8>, Content>;

/// Bytes at a file's beginning that are compared, and as many at its end.
pub(super) const COMPARED_BYTES: usize = 1 << 20;

/// A file as far as it is compared: a few bytes may be written far out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// Its length.
    pub(super) len: u64,
    /// Its beginning.
    pub(super) head: Vec<u8>,
    /// Its end, if it is longer than its beginning.
    pub(super) tail: Vec<u8>,
}

/// A line that a side sent, with its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// The command that it answers, where the side knows.
    pub(super) answers: Option<&'static Command>,
}

/// All that can be seen of a side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Transcript {
    /// Every line it sent.
    pub(super) replies: Vec<Line>,
    /// How it ended.
    pub(super) end: End,
    /// The files in the scratch folder afterwards.
    pub(super) files: Files,
}

impl Transcript {
    /// Whether a real agent said what the model did, as far as that can be told.
    pub(super) fn is_as(&self, model: &Transcript) -> bool {
        match model.end {
            End::Undefined => self.replies.starts_with(&model.replies),
            End::Answered | End::Died | End::Silent => self == model,
        }
    }

    /// The number of the first line that is not as in the other, from 1, and the
    /// line in both.
    pub(super) fn first_difference(&self, other: &Transcript) -> Option<(usize, Line, Line)> {
        let longest = self.replies.len().max(other.replies.len());
        let line = |it: &Transcript, at: usize| it.replies.get(at).cloned().unwrap_or_default();
        let pairs = (0..longest).map(|at| (at + 1, line(self, at), line(other, at)));
        pairs.into_iter().find(|(_, one, two)| one != two)
    }
}

/// How a side ended a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    /// It answered the last request.
    #[default]
    Answered,
    /// It died.
    Died,
    /// It did not answer the last request.
    Silent,
    /// What a real agent says from here on nobody can tell: it works with memory
    /// that it has given back.
    Undefined,
}

/// The lines that bytes are; which command they answer is not known.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines
        .map(|line| Line {
            bytes: line.to_vec(),
            answers: None,
        })
        .collect()
}

impl PartialEq for Line {
    /// What was sent counts.
    fn eq(&self, other: &Line) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Line {}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.bytes))
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes: {}", self.len, shown(&self.head))?;
        match self.tail.is_empty() {
            true => Ok(()),
            false => write!(f, " … {}", shown(&self.tail)),
        }
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.replies {
            writeln!(f, "  {line}")?;
        }
        for (name, content) in &self.files {
            writeln!(f, "  file {}: {content}", shown(name))?;
        }
        write!(f, "  {:?}", self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undefined_is_not_compared_and_all_else_is() {
        let said = |text: &str, end| Transcript {
            replies: lines(text.as_bytes()),
            end,
            files: Files::new(),
        };
        let real = said("one\ntwo\n", End::Answered);
        for (model, same) in [
            (said("one\ntwo\n", End::Answered), true),
            (said("one\ntwo\n", End::Silent), false),
            (said("one\n", End::Answered), false),
            (said("one\n", End::Undefined), true),
            (said("two\n", End::Undefined), false),
        ] {
            assert_eq!(real.is_as(&model), same, "{model}");
        }
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        let said = |text: &str| Transcript {
            replies: lines(text.as_bytes()),
            ..Transcript::default()
        };
        let difference = |one: &str, two: &str| {
            let found = said(one).first_difference(&said(two));
            found.map(|(number, one, two)| format!("{number} {one} {two}"))
        };
        assert_eq!(difference("a\nb\n", "a\nc\n").as_deref(), Some("2 b\\n c\\n"));
        assert_eq!(difference("a\n", "a\nc\n").as_deref(), Some("2  c\\n"));
        assert_eq!(difference("a\n", "a\n"), None);
    }
}
