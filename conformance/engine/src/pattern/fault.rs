//! What is wrong with a piece of text, before anybody knows on which line it stands.

/// One mistake in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it begins, in bytes.
    pub at: usize,
    /// Where it ends, in bytes; at least one character is shown.
    pub end: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub cure: String,
}

impl Fault {
    /// A mistake from `at` to `end`.
    pub(crate) fn new(at: usize, end: usize, what: impl Into<String>, cure: impl Into<String>) -> Fault {
        Fault {
            at,
            end,
            what: what.into(),
            cure: cure.into(),
        }
    }
}
