//! What a report is made of.

use super::{Needs, Shards};
use crate::script::{ClaimId, Level, Script};
use crate::verdict::{Excuse, Failure, Outcome, Reason, RunResult};
use crate::wire::Wire;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The version of the JSON form: it grows when a member changes its meaning or goes.
pub const REPORT_VERSION: u32 = 2;

/// What came of running scripts on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// [`REPORT_VERSION`] of the program that wrote it.
    pub version: u32,
    /// What the agent is called, beside others.
    #[serde(default)]
    pub agent: String,
    /// The version that its guest-info tells, if it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The target, as on the command line.
    pub target: String,
    /// The level at which claims were judged.
    pub level: Level,
    /// The release the target claims to be.
    pub release: String,
    /// The system the target runs on.
    pub system: String,
    /// The command that does the same run, but for the script's name at its end.
    pub again: String,
    /// Which parts of the run these scripts are; absent if they are all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// What consumers need of the agent; none if the run was not made to tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Needs>,
    /// What came of each script, in the order they were asked for.
    pub scripts: Vec<ScriptReport>,
}

/// What came of one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScriptReport {
    /// The name of its file.
    pub file: String,
    /// Its name in words.
    pub session: String,
    /// How long it took; microseconds in JSON.
    #[serde(with = "crate::time::micros")]
    pub took: Duration,
    /// Why the target could not be started or reached; the script did not run then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// How the agent's process ended and the last it wrote, if it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obituary: Option<String>,
    /// What came of each claim, in the script's order.
    pub claims: Vec<ClaimReport>,
    /// What went over the wire, in order.
    pub wire: Vec<Wire>,
}

/// What came of one claim of one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "ClaimForm", into = "ClaimForm")]
pub struct ClaimReport {
    /// Its name in the catalogue.
    pub id: ClaimId,
    /// Who owes it.
    pub level: Level,
    /// The statement.
    pub text: String,
    /// What it rests on.
    pub source: Option<String>,
    /// The line of the script where it stands.
    pub line: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// A claim as it stands in JSON: the outcome is a word, and what goes with it has
/// members of its own.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClaimForm {
    id: ClaimId,
    level: Level,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    line: u32,
    outcome: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Box<Failure>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<Excuse>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Passed,
    Failed,
    Known,
    Stale,
    Unstable,
    NotReached,
    NotTestable,
    NotOwed,
}

impl From<ClaimReport> for ClaimForm {
    fn from(claim: ClaimReport) -> ClaimForm {
        let mut form = ClaimForm {
            id: claim.id,
            level: claim.level,
            text: claim.text,
            source: claim.source,
            line: claim.line,
            outcome: Word::of(&claim.outcome),
            failure: None,
            because: None,
            reason: None,
            known: None,
        };
        match claim.outcome {
            Outcome::Passed | Outcome::NotOwed => {}
            Outcome::Failed(failure) | Outcome::Unstable(failure) => form.failure = Some(failure),
            Outcome::Known(failure, excuse) => (form.failure, form.known) = (Some(failure), Some(excuse)),
            Outcome::Stale(excuse) => form.known = Some(excuse),
            Outcome::NotReached(because) => form.because = Some(because),
            Outcome::NotTestable(reason) => form.reason = Some(reason),
        }
        form
    }
}

impl Word {
    fn of(outcome: &Outcome) -> Word {
        match outcome {
            Outcome::Passed => Word::Passed,
            Outcome::Failed(_) => Word::Failed,
            Outcome::Known(..) => Word::Known,
            Outcome::Stale(_) => Word::Stale,
            Outcome::Unstable(_) => Word::Unstable,
            Outcome::NotReached(_) => Word::NotReached,
            Outcome::NotTestable(_) => Word::NotTestable,
            Outcome::NotOwed => Word::NotOwed,
        }
    }
}

impl From<ClaimForm> for ClaimReport {
    /// An outcome without what goes with it is read as not reached: never as passed.
    fn from(form: ClaimForm) -> ClaimReport {
        let outcome = match (form.outcome, form.failure, form.reason, form.known) {
            (Word::Passed, None, None, None) => Outcome::Passed,
            (Word::Failed, Some(failure), ..) => Outcome::Failed(failure),
            (Word::Known, Some(failure), _, Some(excuse)) => Outcome::Known(failure, excuse),
            (Word::Stale, None, None, Some(excuse)) => Outcome::Stale(excuse),
            (Word::Unstable, Some(failure), ..) => Outcome::Unstable(failure),
            (Word::NotTestable, None, Some(reason), _) => Outcome::NotTestable(reason),
            (Word::NotOwed, None, None, None) => Outcome::NotOwed,
            _ => Outcome::NotReached(form.because.unwrap_or("the report does not say why".to_owned())),
        };
        ClaimReport {
            id: form.id,
            level: form.level,
            text: form.text,
            source: form.source,
            line: form.line,
            outcome,
        }
    }
}

impl ScriptReport {
    /// The report of a script that ran.
    pub fn of_run(script: &Script, result: RunResult) -> ScriptReport {
        let claims = script.claims().zip(result.outcomes);
        let claims = claims.map(|((at, claim), outcome)| ClaimReport {
            id: claim.id.clone(),
            level: claim.level,
            text: claim.text.clone(),
            source: claim.source.clone(),
            line: script.records[at].place.line,
            outcome,
        });
        ScriptReport {
            file: script.file.clone(),
            session: script.name().to_owned(),
            took: result.took,
            trouble: None,
            obituary: None,
            claims: claims.collect(),
            wire: result.wire,
        }
    }

    /// The claims that were to be judged.
    pub(super) fn judged(&self) -> impl Iterator<Item = &ClaimReport> {
        self.claims.iter().filter(|it| it.outcome != Outcome::NotOwed)
    }

    /// The report of a script that could not run because the target was not there.
    pub fn of_trouble(script: &Script, trouble: &str) -> ScriptReport {
        let outcomes = script.claims().map(|_| Outcome::NotReached(trouble.to_owned()));
        let result = RunResult {
            outcomes: outcomes.collect(),
            wire: Vec::new(),
            took: Duration::ZERO,
        };
        ScriptReport {
            trouble: Some(trouble.to_owned()),
            ..ScriptReport::of_run(script, result)
        }
    }
}
