//! A badge: what an agent comes to in two words and a colour.

use super::{Report, Summary, Verdict};
use serde_json::json;

/// What stands on the left.
const LABEL: &str = "qga conformance";
/// How wide a character is drawn, in tenths of a pixel: a mean for 11 px Verdana.
const CHAR_WIDTH: usize = 66;
/// The room on both sides of a text together, in pixels.
const PADDING: usize = 12;

/// The badge as JSON in the form of shields.io's endpoint: put the file where it can
/// be fetched, and give its address to `https://img.shields.io/endpoint?url=`.
pub fn badge(reports: &[Report]) -> String {
    let (message, verdict) = message(reports);
    let badge = json!({
        "schemaVersion": 1,
        "label": LABEL,
        "message": message,
        "color": shade(verdict).0,
        "isError": verdict == Verdict::DoesNotConform,
    });
    format!("{badge:#}\n")
}

/// The badge as a picture of its own.
pub fn svg(reports: &[Report]) -> String {
    let (message, verdict) = message(reports);
    let (left, right) = (width(LABEL), width(&message));
    let whole = left + right;
    let text = |from: usize, width: usize, text: &str| {
        let (middle, length) = (from + width / 2, width - PADDING);
        format!("    <text x=\"{middle}\" y=\"14\" textLength=\"{length}\">{text}</text>\n")
    };
    let parts = [
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" \
             aria-label=\"{LABEL}: {message}\">\n  <title>{LABEL}: {message}</title>\n"
        ),
        format!("  <clipPath id=\"r\"><rect width=\"{whole}\" height=\"20\" rx=\"3\"/></clipPath>\n"),
        format!("  <g clip-path=\"url(#r)\">\n    <rect width=\"{left}\" height=\"20\" fill=\"#555\"/>\n"),
        format!(
            "    <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{}\"/>\n  </g>\n",
            shade(verdict).1
        ),
        "  <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\n"
            .to_owned(),
        text(0, left, LABEL),
        text(left, right, &message),
        "  </g>\n</svg>\n".to_owned(),
    ];
    parts.concat()
}

fn width(text: &str) -> usize {
    text.chars().count() * CHAR_WIDTH / 10 + PADDING
}

/// Of one agent its counts, of several how many conform, with the worst verdict.
fn message(reports: &[Report]) -> (String, Verdict) {
    let verdicts = || reports.iter().map(Report::verdict);
    let worst = verdicts().max_by_key(|it| rank(*it)).unwrap_or(Verdict::NothingJudged);
    let message = match reports {
        [report] => of_one(report.summary(), worst, report),
        _ => {
            let good = verdicts().filter(|it| *it == Verdict::Conforms).count();
            format!("{good} of {} agents conform", reports.len())
        }
    };
    (message, worst)
}

fn of_one(summary: Summary, verdict: Verdict, report: &Report) -> String {
    let counts = format!("{} of {} at {}", summary.hold, summary.owed(), report.level);
    match verdict {
        Verdict::Conforms => counts,
        Verdict::NothingJudged => "nothing judged".to_owned(),
        Verdict::Incomplete => format!("incomplete, {counts}"),
        Verdict::DoesNotConform => format!("{} fail, {counts}", summary.fail),
        Verdict::Unstable => format!("unstable, {counts}"),
        Verdict::StaleList => format!("stale list, {counts}"),
        Verdict::FailsAsKnown => format!("{} known to fail, {counts}", summary.known),
    }
}

/// The colour as shields.io calls it and as a number, dark enough for white letters.
fn shade(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Conforms => ("brightgreen", "#2e7d32"),
        Verdict::DoesNotConform => ("red", "#c62828"),
        Verdict::Unstable | Verdict::StaleList => ("orange", "#b85000"),
        Verdict::FailsAsKnown | Verdict::Incomplete => ("yellow", "#8a6d00"),
        Verdict::NothingJudged => ("lightgrey", "#757575"),
    }
}

/// How bad a verdict is beside others.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Conforms => 0,
        Verdict::NothingJudged => 1,
        Verdict::Incomplete => 2,
        Verdict::FailsAsKnown => 3,
        Verdict::StaleList => 4,
        Verdict::Unstable => 5,
        Verdict::DoesNotConform => 6,
    }
}
