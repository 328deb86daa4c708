//! The report for programs.

use super::{Report, Summary, Verdict};
use serde::Serialize;

/// The report as one JSON object in the form that [`super::REPORT_VERSION`] names:
/// the report's own members, the verdict and what it counts. Times are microseconds;
/// bytes are text with the escapes of `>raw`.
pub fn json(report: &Report) -> String {
    let summary = report.summary();
    let document = Document {
        verdict: summary.verdict(),
        summary,
        report,
    };
    let text = serde_json::to_string_pretty(&document);
    text.expect("a report has no maps but those with names") + "\n"
}

#[derive(Serialize)]
struct Document<'r> {
    verdict: Verdict,
    summary: Summary,
    #[serde(flatten)]
    report: &'r Report,
}
