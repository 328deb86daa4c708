//! What all scripts come to: each claim counted once, and one verdict.

use super::{Report, Weight};
use crate::script::{ClaimId, Level};
use crate::verdict::Outcome;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many claims came to what. A claim of several scripts counts once: it fails if
/// it fails in one, and holds if it holds wherever it could be tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// How many scripts were asked for.
    pub scripts: usize,
    /// How many of them could not run because the target was not there.
    pub troubles: usize,
    /// Claims that hold.
    pub hold: usize,
    /// Claims that fail.
    pub fail: usize,
    /// Claims that failed once and held once.
    pub unstable: usize,
    /// Claims that fail as the list of known failures says.
    pub known: usize,
    /// Claims that hold although they are listed as known to fail.
    pub stale: usize,
    /// Claims the run did not come to.
    pub not_reached: usize,
    /// Those of them that were missed only in scripts where something fails as it is
    /// known to.
    pub behind_known: usize,
    /// Claims the agent owes but this run could not test.
    pub not_testable: usize,
    /// Claims that only other releases or systems owe.
    pub for_others: usize,
    /// Claims above the level of the run.
    pub above_level: usize,
    /// Parts of the run that are not here: they were run elsewhere, or nowhere.
    pub missing_shards: usize,
}

/// What the counts come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every claim that is owed was tested and holds.
    Conforms,
    /// Some claim fails.
    DoesNotConform,
    /// No claim fails each time, but some failed once.
    Unstable,
    /// No claim fails that was not known to, but some hold that are listed to fail.
    StaleList,
    /// Some claims fail, and all of them were known to.
    FailsAsKnown,
    /// No claim fails, but some could not be tested or were not reached.
    Incomplete,
    /// No claim was put to the test.
    NothingJudged,
}

impl Report {
    /// Counts its claims.
    pub fn summary(&self) -> Summary {
        let weights = self.weights();
        let count = |weight| weights.values().filter(|it| **it == weight).count();
        Summary {
            scripts: self.scripts.len(),
            troubles: self.scripts.iter().filter(|it| it.trouble.is_some()).count(),
            hold: count(Weight::Holds),
            fail: count(Weight::Fails),
            unstable: count(Weight::Unstable),
            known: count(Weight::Known),
            stale: count(Weight::Stale),
            not_reached: count(Weight::NotReached),
            behind_known: self.behind_known(&weights),
            not_testable: count(Weight::NotTestable),
            for_others: count(Weight::ForOthers),
            above_level: count(Weight::AboveLevel),
            missing_shards: self.shards.as_ref().map_or(0, |it| it.missing().len()),
        }
    }

    /// How many of the claims that were not reached stand behind known failures alone.
    fn behind_known(&self, weights: &BTreeMap<&ClaimId, Weight>) -> usize {
        let others = self.scripts.iter().filter(|it| !it.fails_as_known());
        let missed: BTreeSet<&ClaimId> = others
            .flat_map(|it| &it.claims)
            .filter(|it| matches!(it.outcome, Outcome::NotReached(_)))
            .map(|it| &it.id)
            .collect();
        let is_behind = |(id, weight): &(&&ClaimId, &Weight)| **weight == Weight::NotReached && !missed.contains(**id);
        weights.iter().filter(is_behind).count()
    }

    /// What became of each claim over all scripts.
    pub(super) fn weights(&self) -> BTreeMap<&ClaimId, Weight> {
        let mut weights: BTreeMap<&ClaimId, Weight> = BTreeMap::new();
        for claim in self.scripts.iter().flat_map(|it| &it.claims) {
            let weight = Weight::of(&claim.outcome);
            let known = weights.entry(&claim.id).or_insert(weight);
            *known = weight.max(*known);
        }
        weights
    }

    /// The verdict on its claims.
    pub fn verdict(&self) -> Verdict {
        self.summary().verdict()
    }

    /// The last line of a report: the verdict with what it counts and what it leaves out.
    pub fn line(&self) -> String {
        self.summary().line(self.level)
    }
}

impl Summary {
    /// How many claims the agent owes at this level.
    pub fn owed(&self) -> usize {
        let failed = self.fail + self.unstable + self.known;
        self.hold + self.stale + failed + self.not_reached + self.not_testable
    }

    /// Whether every claim that could be judged was, and holds or fails as it is known to.
    pub fn is_good(&self) -> bool {
        self.fail + self.unstable + self.stale + self.missed() + self.troubles == 0
    }

    /// Claims the run should have come to and did not: no known failure stood before them.
    pub fn missed(&self) -> usize {
        self.not_reached - self.behind_known
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        match self {
            Summary { fail: 1.., .. } => Verdict::DoesNotConform,
            Summary { unstable: 1.., .. } => Verdict::Unstable,
            Summary { stale: 1.., .. } => Verdict::StaleList,
            it if it.known > 0 && it.missed() == 0 => Verdict::FailsAsKnown,
            it if it.missed() > 0 => Verdict::Incomplete,
            Summary { hold: 0, .. } => Verdict::NothingJudged,
            Summary {
                not_testable: 0,
                troubles: 0,
                missing_shards: 0,
                ..
            } => Verdict::Conforms,
            _ => Verdict::Incomplete,
        }
    }

    /// The last line of a report: the verdict with what it counts and what it leaves out.
    pub fn line(&self, level: Level) -> String {
        let verdict = self.verdict();
        let mut line = format!(
            "verdict: {verdict} at {level}: {} of {} claims hold",
            self.hold,
            self.owed()
        );
        if verdict != Verdict::Conforms {
            line += &format!(", {} fail, {} not reached", self.fail, self.not_reached);
        }
        for (count, what) in [
            (self.unstable, "unstable"),
            (self.known, "fail as known"),
            (self.stale, "hold although listed to fail"),
        ] {
            if count > 0 {
                line += &format!(", {count} {what}");
            }
        }
        line += &format!(", {} not testable", self.not_testable);
        if self.for_others > 0 {
            line += &format!(", {} for other releases or systems", self.for_others);
        }
        if self.missing_shards > 0 {
            line += &format!(", {} missing", counted(self.missing_shards, "shard"));
        }
        line + &format!(" ({})", counted(self.scripts, "script"))
    }
}

/// A number and its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Conforms => "CONFORMS",
            Verdict::DoesNotConform => "DOES NOT CONFORM",
            Verdict::Unstable => "UNSTABLE",
            Verdict::StaleList => "STALE LIST",
            Verdict::FailsAsKnown => "FAILS AS KNOWN",
            Verdict::Incomplete => "INCOMPLETE",
            Verdict::NothingJudged => "NOTHING JUDGED",
        })
    }
}
