//! What came of a session.

use serde::Serialize;

/// What came of replaying one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every byte was the same.
    Identical,
    /// The first thing that was not.
    Different(Finding),
    /// It cannot be replayed or not be compared, and why.
    NotReplayable(String),
}

/// A difference and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The step, counted from 1.
    pub(super) step: usize,
    /// What is different there.
    pub(super) what: String,
    /// What was recorded.
    pub(super) recorded: String,
    /// What the model says.
    pub(super) model: String,
    /// What had been sent last, its end if it is long.
    pub(super) sent: String,
}
