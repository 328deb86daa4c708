//! What a report is made of.

use crate::script::{ClaimId, Level, Script};
use crate::verdict::{Outcome, RunResult};
use crate::wire::Wire;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The version of the JSON form: it grows when a member changes its meaning or goes.
pub const REPORT_VERSION: u32 = 1;

/// What came of running scripts on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_VERSION`] of the program that wrote it.
    pub version: u32,
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
    /// What came of each script, in the order they were asked for.
    pub scripts: Vec<ScriptReport>,
}

/// What came of one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptReport {
    /// The name of its file.
    pub file: String,
    /// Its name in words.
    pub session: String,
    /// What came of each claim, in the script's order.
    pub claims: Vec<ClaimReport>,
    /// What went over the wire, in order.
    pub wire: Vec<Wire>,
    /// Why the target could not be started or reached; the script did not run then.
    pub trouble: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// What came of one claim of one script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
            claims: claims.collect(),
            wire: result.wire,
            trouble: None,
            took: result.took,
        }
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
