//! From what came of a script to what came of a test.

use crate::judge::Judge;
use libtest_mimic::{Completion, Failed};
use qga_engine::report::{Report, ScriptReport, failure};
use qga_engine::verdict::Outcome;

/// Fails if a claim fails or is not reached; says that it was ignored if nothing was
/// put to the test.
pub(super) fn completion(script: ScriptReport, judge: &Judge) -> Result<Completion, Failed> {
    if judge.is_stopped() {
        return Err(Failed::from("interrupted"));
    }
    if let Some(trouble) = &script.trouble {
        return Err(Failed::from(format!(
            "the agent could not be started or reached: {trouble}"
        )));
    }
    let report = judge.report_of(script);
    let script = &report.scripts[0];
    let faults: Vec<String> = script
        .claims
        .iter()
        .filter_map(|it| fault(&report, script, it))
        .collect();
    if !faults.is_empty() {
        return Err(Failed::from(faults.join("\n")));
    }
    match script.claims.iter().any(|it| it.outcome == Outcome::Passed) {
        true => Ok(Completion::Completed),
        false => Ok(Completion::ignored_with(untested(script))),
    }
}

fn fault(report: &Report, script: &ScriptReport, claim: &qga_engine::report::ClaimReport) -> Option<String> {
    match &claim.outcome {
        Outcome::Failed(found) | Outcome::Unstable(found) => Some(failure(report, script, claim, found)),
        Outcome::Known(found, _) => Some(failure(report, script, claim, found)),
        Outcome::Stale(excuse) => Some(format!("{} holds, though it is listed to fail: {excuse}", claim.id)),
        Outcome::NotReached(why) => Some(format!("{} ({}) was not reached: {why}", claim.id, claim.level)),
        Outcome::Passed | Outcome::NotTestable(_) | Outcome::NotOwed => None,
    }
}

fn untested(script: &ScriptReport) -> String {
    let reason = script.claims.iter().find_map(|it| match &it.outcome {
        Outcome::NotTestable(reason) => Some(format!("not testable: {reason}")),
        _ => None,
    });
    reason.unwrap_or_else(|| "its claims are above the level of the run".to_owned())
}
