//! A script that was run twice: what came of it in all.

use super::ScriptReport;
use crate::verdict::Outcome;
use crate::wire::{Wire, WireKind};

impl ScriptReport {
    /// Whether a claim fails, and was not known to.
    pub fn fails_unexpectedly(&self) -> bool {
        self.claims.iter().any(|it| matches!(it.outcome, Outcome::Failed(_)))
    }

    /// Joins it with what came of a second run of the same script, alone: a claim that
    /// failed once and held once is unstable. Nothing else changes, least of all to
    /// passed; what went over the wire then stands behind it.
    #[must_use]
    pub fn with_second_run(mut self, second: ScriptReport) -> ScriptReport {
        if second.trouble.is_some() {
            return self;
        }
        let begins = self.wire_of_second_begins();
        for (claim, again) in self.claims.iter_mut().zip(second.claims) {
            let unstable = match (&claim.outcome, again.outcome) {
                (Outcome::Failed(failure), Outcome::Passed) => failure.clone(),
                (Outcome::Passed, Outcome::Failed(mut failure)) => {
                    failure.wire_end += begins;
                    failure
                }
                _ => continue,
            };
            claim.outcome = Outcome::Unstable(unstable);
        }
        self.append_wire(second.wire);
        self
    }

    /// Where in the log that of a second run will begin.
    pub(super) fn wire_of_second_begins(&self) -> usize {
        self.wire.len() + 1
    }

    /// Puts what went over the wire in a second run behind the log.
    pub(super) fn append_wire(&mut self, second: Vec<Wire>) {
        self.wire.push(Wire::new(self.took, WireKind::Again, b""));
        self.wire.extend(second);
    }
}
