//! The report for a person.

use super::heads::heads;
use super::summary::counted;
use super::{ClaimReport, Report, ScriptReport, failure};
use crate::verdict::{Outcome, Reason};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How much of the reason stands in the line of a claim, in characters.
const WHY_CHARS_MAX: usize = 100;

/// The report for a person: a line for each claim, what was not tested and why, the
/// failures with their evidence, and the verdict as the last line.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for script in &report.scripts {
        claims(&mut out, script);
    }
    gaps(&mut out, report);
    failures(&mut out, report);
    consumers(&mut out, report);
    let summary = report.summary();
    if summary.above_level > 0 {
        let claims = counted(summary.above_level, "claim");
        line(&mut out, &format!("\n{claims} above level {} not judged", report.level));
    }
    line(&mut out, &format!("\n{}", report.line()));
    out
}

/// The reports of several agents one after the other, and their verdicts once more at
/// the end. Of one agent it is its report alone.
pub fn text_of_many(reports: &[Report]) -> String {
    if let [report] = reports {
        return text(report);
    }
    let mut out = String::new();
    for (report, head) in reports.iter().zip(heads(reports)) {
        line(&mut out, &format!("== {head}\n\n{}", text(report)));
    }
    for (report, head) in reports.iter().zip(heads(reports)) {
        line(&mut out, &format!("{head}: {}", report.line()));
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A line for each consumer.
fn consumers(out: &mut String, report: &Report) {
    let consumers = report.consumers();
    if !consumers.is_empty() {
        line(out, "\nconsumers");
    }
    for it in consumers {
        line(out, &format!("  {:<9} {}", it.profile, it.words()));
    }
}

/// A line for each claim that was to be judged.
fn claims(out: &mut String, script: &ScriptReport) {
    for claim in script.claims.iter().filter(|it| it.outcome != Outcome::NotOwed) {
        let ClaimReport { id, level, text, .. } = claim;
        let (word, why) = outcome(&claim.outcome);
        let why = shorten(why);
        writeln!(out, "{word:<13} {id:<11} {level:<6} {text}  ({}){why}", script.file).expect("a string takes all");
    }
}

/// The evidence comes further down: the line of a claim stays a line.
fn shorten(why: String) -> String {
    match why.char_indices().nth(WHY_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &why[..end]),
        None => why,
    }
}

/// The word for an outcome and what is said after the claim.
fn outcome(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Passed => ("pass", String::new()),
        Outcome::Failed(failure) => ("FAIL", format!(": {}", failure.kind)),
        Outcome::Known(_, excuse) => ("known failure", format!(": {excuse}")),
        Outcome::Stale(excuse) => ("STALE", format!(": it holds, but is listed as known to fail: {excuse}")),
        Outcome::Unstable(failure) => ("UNSTABLE", format!(": once: {}", failure.kind)),
        Outcome::NotReached(why) => ("NOT REACHED", format!(": {why}")),
        Outcome::NotTestable(reason) if reason.is_gap() => ("not testable", format!(": {reason}")),
        Outcome::NotTestable(reason) => ("for others", format!(": {reason}")),
        Outcome::NotOwed => ("not owed", String::new()),
    }
}

/// What was not tested, by reason.
fn gaps(out: &mut String, report: &Report) {
    let mut counts: BTreeMap<(bool, Cow<'_, str>), usize> = BTreeMap::new();
    for claim in report.scripts.iter().flat_map(|it| &it.claims) {
        if let Outcome::NotTestable(reason) = &claim.outcome {
            *counts.entry((reason.is_gap(), sort(reason))).or_default() += 1;
        }
    }
    for (title, is_gap) in [("not testable", true), ("for other releases or systems", false)] {
        let mut rows = counts.iter().filter(|((it, _), _)| *it == is_gap).peekable();
        if rows.peek().is_some() {
            line(out, &format!("\n{title}"));
        }
        for ((_, reason), count) in rows {
            writeln!(out, "{count:>6}  {reason}").expect("a string takes all");
        }
    }
}

/// What a reason is counted as: which release another one must be stands with its claim.
fn sort(reason: &Reason) -> Cow<'static, str> {
    match reason {
        Reason::ReleaseTooOld(_) => "release too old".into(),
        Reason::ReleaseTooNew(_) => "release too new".into(),
        other => other.to_string().into(),
    }
}

fn failures(out: &mut String, report: &Report) {
    for (script, trouble) in report.scripts.iter().filter_map(|it| Some((it, it.trouble.as_ref()?))) {
        line(out, &format!("\n{}: could not be run: {trouble}", script.file));
    }
    for script in &report.scripts {
        for claim in &script.claims {
            if let Outcome::Failed(what) | Outcome::Unstable(what) = &claim.outcome {
                line(out, "");
                out.push_str(&failure(report, script, claim, what));
            }
        }
    }
}
