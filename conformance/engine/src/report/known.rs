//! Failures that are known beforehand: which of a report's failures they excuse, and
//! which of them are stale.

use super::{ClaimReport, Report, ScriptReport};
use crate::script::ClaimId;
use crate::verdict::{Excuse, Outcome};

/// An entry of the list of known failures. It is about a claim, about a script, or
/// about a claim in one script alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFailure {
    /// The claim; every claim of the script if `None`.
    pub claim: Option<ClaimId>,
    /// The script's file, with or without its ending; every script if `None`.
    pub script: Option<String>,
    /// Why it fails.
    pub excuse: Excuse,
}

impl KnownFailure {
    /// Whether it is about a claim of a script.
    pub fn is_about(&self, script: &ScriptReport, claim: &ClaimReport) -> bool {
        self.claim.as_ref().is_none_or(|it| *it == claim.id)
            && self.script.as_ref().is_none_or(|it| is_name_of(it, &script.file))
    }
}

/// Whether a word is the name of a script's file, with or without its ending.
pub fn is_name_of(word: &str, file: &str) -> bool {
    word == file || file.strip_suffix(".session") == Some(word)
}

impl ScriptReport {
    /// Whether something in it fails as it is known to: what the run did not come to
    /// then is no news.
    pub fn fails_as_known(&self) -> bool {
        self.claims.iter().any(|it| matches!(it.outcome, Outcome::Known(..)))
    }
}

impl Report {
    /// Takes failures that are listed for known.
    pub fn excuse(&mut self, list: &[KnownFailure]) {
        for script in &mut self.scripts {
            for at in 0..script.claims.len() {
                let known = list.iter().find(|it| it.is_about(script, &script.claims[at]));
                let outcome = &mut script.claims[at].outcome;
                if let (Some(known), Outcome::Failed(failure) | Outcome::Unstable(failure)) = (known, &*outcome) {
                    *outcome = Outcome::Known(failure.clone(), known.excuse.clone());
                }
            }
        }
    }

    /// Takes claims for stale that an entry of the list is about if some of them hold
    /// and none fails. Of an entry that is about more than the report has, nothing can
    /// be said: leave it out of the list.
    pub fn find_stale(&mut self, list: &[&KnownFailure]) {
        for known in list {
            let claims = self
                .scripts
                .iter()
                .flat_map(|it| it.claims.iter().map(move |claim| (it, claim)));
            let about = claims.filter(|(script, claim)| known.is_about(script, claim));
            let is_open = |it: &Outcome| it.failure().is_some() || matches!(it, Outcome::NotReached(_));
            if about.map(|(_, claim)| &claim.outcome).any(is_open) {
                continue;
            }
            for script in &mut self.scripts {
                for at in 0..script.claims.len() {
                    let is_about = known.is_about(script, &script.claims[at]);
                    let outcome = &mut script.claims[at].outcome;
                    if is_about && *outcome == Outcome::Passed {
                        *outcome = Outcome::Stale(known.excuse.clone());
                    }
                }
            }
        }
    }
}
