//! What is known of each claim while the run goes.

use crate::script::{Level, Script};
use crate::verdict::{Failure, Outcome, Reason};

#[derive(Debug)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// The claim to which the records now belong.
    current: Option<usize>,
    /// The last claim that is owed.
    last_owed: Option<usize>,
}

#[derive(Debug, Default)]
struct Entry {
    level: Level,
    is_owed: bool,
    is_met: bool,
    failure: Option<Box<Failure>>,
    unreached: Option<String>,
    guarded: Option<Reason>,
}

impl Ledger {
    /// What is owed at a level, of so many claims; what comes after them is not judged.
    pub(super) fn new(script: &Script, level: Level, claims: usize) -> Ledger {
        let entries = script.claims().enumerate().map(|(at, (_, claim))| Entry {
            level: claim.level,
            is_owed: claim.level <= level && at < claims,
            ..Entry::default()
        });
        let entries: Vec<Entry> = entries.collect();
        Ledger {
            last_owed: entries.iter().rposition(|it| it.is_owed),
            entries,
            current: None,
        }
    }

    /// The records that follow belong to the next claim.
    pub(super) fn next_claim(&mut self) {
        self.current = Some(self.current.map_or(0, |it| it + 1));
    }

    /// Whether neither the current claim nor any after it is owed.
    pub(super) fn is_over(&self) -> bool {
        self.current > self.last_owed
    }

    /// The number of the claim and what became of it so far.
    pub(super) fn current(&self) -> Option<(usize, Outcome)> {
        let at = self.current?;
        Some((at, self.entries[at].outcome()))
    }

    /// Whether the agent owes what the records now expect.
    pub(super) fn is_owed(&self) -> bool {
        self.current.is_some_and(|it| self.entries[it].is_owed)
    }

    /// The level at which the records now expect something.
    pub(super) fn level(&self) -> Level {
        self.current.map_or(Level::Exact, |it| self.entries[it].level)
    }

    /// Whether less is owed later: something at a weaker level than what is expected now.
    pub(super) fn is_weaker_later(&self) -> bool {
        let later = self.current.map_or(&[][..], |it| &self.entries[it + 1..]);
        later.iter().any(|it| it.is_owed && it.level < self.level())
    }

    fn entry(&mut self) -> Option<&mut Entry> {
        self.current.map(|it| &mut self.entries[it])
    }

    /// An expectation was met.
    pub(super) fn meet(&mut self) {
        if let Some(entry) = self.entry() {
            entry.is_met = true;
        }
    }

    /// An expectation was not met; only the first failure of a claim counts.
    pub(super) fn fail(&mut self, failure: Failure) {
        if let Some(entry) = self.entry() {
            entry.failure.get_or_insert_with(|| Box::new(failure));
        }
    }

    /// An expectation was not come to.
    pub(super) fn miss(&mut self, why: &str) {
        if let Some(entry) = self.entry() {
            entry.unreached.get_or_insert_with(|| why.to_owned());
        }
    }

    /// An expectation is not meant for this agent.
    pub(super) fn guard(&mut self, reason: Reason) {
        if let Some(entry) = self.entry() {
            entry.guarded.get_or_insert(reason);
        }
    }

    /// Something was wrong after the last record: it belongs to the last claim that
    /// was put to the test.
    pub(super) fn fail_last(&mut self, failure: Failure) {
        let tested = |it: &Entry| it.is_owed && (it.is_met || it.failure.is_some());
        self.current = self.entries.iter().rposition(tested);
        self.fail(failure);
    }

    pub(super) fn outcomes(&self, obstacle: Option<&Reason>) -> Vec<Outcome> {
        let outcomes = self.entries.iter().map(|it| match obstacle {
            Some(reason) if it.is_owed => Outcome::NotTestable(reason.clone()),
            _ => it.outcome(),
        });
        outcomes.collect()
    }
}

impl Entry {
    /// Failed before not reached before not testable before passed: nothing that is
    /// missing is ever read as passed.
    fn outcome(&self) -> Outcome {
        match self {
            Entry { is_owed: false, .. } => Outcome::NotOwed,
            Entry {
                failure: Some(failure), ..
            } => Outcome::Failed(failure.clone()),
            Entry {
                unreached: Some(why), ..
            } => Outcome::NotReached(why.clone()),
            Entry { is_met: true, .. } => Outcome::Passed,
            Entry {
                guarded: Some(reason), ..
            } => Outcome::NotTestable(reason.clone()),
            _ => Outcome::NotReached("the run ended before it".to_owned()),
        }
    }
}
