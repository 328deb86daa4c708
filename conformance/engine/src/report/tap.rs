//! The report in the Test Anything Protocol, version 14.

use super::heads::heads;
use super::{ClaimReport, Report, ScriptReport, failure};
use crate::verdict::{Failure, Outcome};
use std::fmt::Write as _;

/// How far a subtest is set in.
const STEP: usize = 4;

/// The report as TAP 14: a test point for each claim of each script that was to be
/// judged. What could not be tested is skipped with its reason, what is known to fail
/// is to do, with what was not reached behind it, and what else was not reached is not
/// ok. Of several agents each is a subtest.
pub fn tap(reports: &[Report]) -> String {
    let mut out = String::from("TAP version 14\n");
    match reports {
        [report] => points(&mut out, 0, report),
        _ => subtests(&mut out, reports),
    }
    out
}

fn subtests(out: &mut String, reports: &[Report]) {
    line(out, 0, &format!("1..{}", reports.len()));
    for (at, (report, head)) in reports.iter().zip(heads(reports)).enumerate() {
        line(out, 0, &format!("# Subtest: {}", escape(&head)));
        points(out, STEP, report);
        let ok = if report.summary().is_good() { "ok" } else { "not ok" };
        line(out, 0, &format!("{ok} {} - {}", at + 1, escape(&head)));
    }
}

fn points(out: &mut String, depth: usize, report: &Report) {
    let claims = || {
        let scripts = report.scripts.iter();
        scripts.flat_map(|script| script.judged().map(move |claim| (script, claim)))
    };
    match claims().count() {
        0 => line(out, depth, "1..0 # SKIP nothing judged"),
        count => line(out, depth, &format!("1..{count}")),
    }
    for (at, (script, claim)) in claims().enumerate() {
        point(out, depth, at + 1, claim, script);
        if let Some(what) = claim.outcome.failure() {
            evidence(out, depth + 2, report, script, claim, what);
        }
    }
    line(out, depth, &format!("# {}", report.line()));
}

fn point(out: &mut String, depth: usize, number: usize, claim: &ClaimReport, script: &ScriptReport) {
    let name = format!("{} {} {} ({})", claim.id, claim.level, claim.text, script.file);
    let (ok, directive) = match &claim.outcome {
        Outcome::Passed | Outcome::NotOwed => ("ok", String::new()),
        Outcome::Failed(_) => ("not ok", String::new()),
        Outcome::Unstable(_) => ("not ok", " (unstable)".to_owned()),
        Outcome::Stale(excuse) => (
            "not ok",
            format!(" (holds, but is listed to fail: {})", one_line(excuse)),
        ),
        Outcome::Known(_, excuse) => ("not ok", format!(" # TODO known failure: {}", one_line(excuse))),
        Outcome::NotReached(why) if script.fails_as_known() => {
            ("not ok", format!(" # TODO behind a known failure: {}", escape(why)))
        }
        Outcome::NotReached(why) => ("not ok", format!(" (not reached: {})", escape(why))),
        Outcome::NotTestable(reason) => ("ok", format!(" # SKIP not testable: {}", one_line(reason))),
    };
    line(out, depth, &format!("{ok} {number} - {}{directive}", escape(&name)));
}

/// The diagnostics, which are YAML: strings in double quotes are JSON's.
fn evidence(
    out: &mut String,
    depth: usize,
    report: &Report,
    script: &ScriptReport,
    claim: &ClaimReport,
    what: &Failure,
) {
    line(out, depth, "---");
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    line(out, depth, &format!("message: {}", quoted(&what.kind.to_string())));
    let at = format!("{}:{}", script.file, what.line);
    line(out, depth, &format!("at: {}", quoted(&at)));
    line(out, depth, "evidence:");
    for part in failure(report, script, claim, what).lines() {
        line(out, depth + 2, &format!("- {}", quoted(part)));
    }
    line(out, depth, "...");
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:depth$}{text}", "").expect("a string takes all");
}

/// `#` begins a directive and `\` escapes; a point is one line.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '#' | '\\' => out.extend(['\\', letter]),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

fn one_line(what: &impl ToString) -> String {
    escape(&what.to_string())
}
