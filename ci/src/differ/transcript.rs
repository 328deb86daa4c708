//! What a side said to a batch, and what it left behind.

use std::collections::BTreeMap;
use std::fmt;

pub(super) use crate::text::shown;

/// Files by their names below the scratch folder.
pub(super) type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// All that can be seen of a side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Transcript {
    /// Every byte it sent.
    pub(super) replies: Vec<u8>,
    /// How it ended.
    pub(super) end: End,
    /// The files in the scratch folder afterwards.
    pub(super) files: Files,
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
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.replies.split_inclusive(|byte| *byte == b'\n') {
            writeln!(f, "  {}", shown(line))?;
        }
        for (name, content) in &self.files {
            writeln!(f, "  file {}: {}", shown(name), shown(content))?;
        }
        write!(f, "  {:?}", self.end)
    }
}
