//! Workflow commands: what GitHub shows beside the code and on the page of a run.

use super::heads::heads;
use super::{ClaimReport, Report, ScriptReport, failure};
use crate::verdict::{Failure, Outcome, Reason};
use std::collections::BTreeMap;

/// Annotations for GitHub, one a line, to be written to a step's standard output: an
/// error for each claim that fails, is unstable, stale or not reached, with its
/// evidence; a notice for what is known to fail, for what could not be tested, and
/// for the verdict.
pub fn github(reports: &[Report]) -> String {
    let mut out = String::new();
    for (report, head) in reports.iter().zip(heads(reports)) {
        for script in &report.scripts {
            script
                .judged()
                .for_each(|claim| out += &annotation(report, script, claim));
        }
        out += &gaps(report, &head);
        let kind = if report.summary().is_good() { "notice" } else { "error" };
        out += &command(kind, &[("title", &head)], &report.line());
    }
    out
}

fn annotation(report: &Report, script: &ScriptReport, claim: &ClaimReport) -> String {
    let evidence = |what: &Failure| format!("{}\n{}", what.kind, failure(report, script, claim, what));
    let (kind, line, text) = match &claim.outcome {
        Outcome::Passed | Outcome::NotOwed | Outcome::NotTestable(_) => return String::new(),
        Outcome::Failed(what) => ("error", what.line, evidence(what)),
        Outcome::Unstable(what) => ("error", what.line, format!("unstable: {}", evidence(what))),
        Outcome::Stale(excuse) => (
            "error",
            claim.line,
            format!("it holds, but is listed as known to fail: {excuse}"),
        ),
        Outcome::NotReached(_) if script.fails_as_known() => return String::new(),
        Outcome::NotReached(why) => ("error", claim.line, format!("not reached: {why}")),
        Outcome::Known(what, excuse) => ("notice", what.line, format!("known failure: {excuse}: {}", what.kind)),
    };
    let title = format!("{} ({}): {}", claim.id, claim.level, claim.text);
    let place = [("file", &*script.file), ("line", &line.to_string()), ("title", &title)];
    command(kind, &place, &text)
}

/// One notice for all that could not be tested: GitHub shows ten of a kind.
fn gaps(report: &Report, head: &str) -> String {
    let mut counts: BTreeMap<&Reason, usize> = BTreeMap::new();
    for claim in report.scripts.iter().flat_map(|it| &it.claims) {
        match &claim.outcome {
            Outcome::NotTestable(reason) if reason.is_gap() => *counts.entry(reason).or_default() += 1,
            _ => {}
        }
    }
    if counts.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = counts
        .iter()
        .map(|(reason, count)| format!("{count}  {reason}"))
        .collect();
    command(
        "notice",
        &[("title", &format!("{head}: not testable"))],
        &lines.join("\n"),
    )
}

fn command(kind: &str, properties: &[(&str, &str)], text: &str) -> String {
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", escape_property(value)))
        .collect();
    format!("::{kind} {}::{}\n", properties.join(","), escape(text.trim_end()))
}

/// What a message cannot hold as it is; `%` goes first.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
