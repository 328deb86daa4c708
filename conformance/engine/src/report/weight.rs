//! What became of a claim over all scripts that show it: the words, signs and order
//! of the outcomes where many claims stand side by side.

use super::Summary;
use crate::verdict::Outcome;

/// What became of a claim, from the weakest word to the strongest: the strongest of
/// what its scripts say counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    AboveLevel,
    ForOthers,
    NotTestable,
    Holds,
    Known,
    NotReached,
    Stale,
    Unstable,
    Fails,
}

impl Weight {
    pub(super) const ALL: [Weight; 9] = [
        Weight::AboveLevel,
        Weight::ForOthers,
        Weight::NotTestable,
        Weight::Holds,
        Weight::Known,
        Weight::NotReached,
        Weight::Stale,
        Weight::Unstable,
        Weight::Fails,
    ];

    pub(super) fn of(outcome: &Outcome) -> Weight {
        match outcome {
            Outcome::Passed => Weight::Holds,
            Outcome::Failed(_) => Weight::Fails,
            Outcome::Known(..) => Weight::Known,
            Outcome::Stale(_) => Weight::Stale,
            Outcome::Unstable(_) => Weight::Unstable,
            Outcome::NotReached(_) => Weight::NotReached,
            Outcome::NotTestable(reason) if reason.is_gap() => Weight::NotTestable,
            Outcome::NotTestable(_) => Weight::ForOthers,
            Outcome::NotOwed => Weight::AboveLevel,
        }
    }

    /// In words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Weight::AboveLevel => "above level",
            Weight::ForOthers => "for others",
            Weight::NotTestable => "not testable",
            Weight::Holds => "holds",
            Weight::Known => "known",
            Weight::NotReached => "not reached",
            Weight::Stale => "stale",
            Weight::Unstable => "unstable",
            Weight::Fails => "fails",
        }
    }

    /// The word as a name in HTML.
    pub(super) fn class(self) -> String {
        self.word().replace(' ', "-")
    }

    /// As a sign, which no other outcome has.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Weight::AboveLevel => "·",
            Weight::ForOthers => "∘",
            Weight::NotTestable => "–",
            Weight::Holds => "✓",
            Weight::Known => "!",
            Weight::NotReached => "?",
            Weight::Stale => "↯",
            Weight::Unstable => "≈",
            Weight::Fails => "✗",
        }
    }
}

impl Summary {
    /// How many claims came to that.
    pub(super) fn count(&self, weight: Weight) -> usize {
        match weight {
            Weight::AboveLevel => self.above_level,
            Weight::ForOthers => self.for_others,
            Weight::NotTestable => self.not_testable,
            Weight::Holds => self.hold,
            Weight::Known => self.known,
            Weight::NotReached => self.not_reached,
            Weight::Stale => self.stale,
            Weight::Unstable => self.unstable,
            Weight::Fails => self.fail,
        }
    }
}
