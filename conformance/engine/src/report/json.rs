//! The report for programs.

use super::{Consumer, REPORT_VERSION, Report, Summary, Verdict};
use serde::Serialize;

/// The report as one JSON object in the form that [`super::REPORT_VERSION`] names:
/// the report's own members, the verdict and what it counts. Times are microseconds;
/// bytes are text with the escapes of `>raw`.
pub fn json(report: &Report) -> String {
    print(&Document::of(report))
}

/// The reports of several agents as one JSON object: `reports` has them side by side,
/// each in the form of [`json`].
pub fn json_of_many(reports: &[Report]) -> String {
    print(&Documents::of(reports))
}

/// The same on one line.
pub(super) fn json_on_a_line(reports: &[Report]) -> String {
    let text = serde_json::to_string(&Documents::of(reports));
    text.expect("a report has no maps but those with names")
}

fn print(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document);
    text.expect("a report has no maps but those with names") + "\n"
}

#[derive(Serialize)]
struct Documents<'r> {
    version: u32,
    reports: Vec<Document<'r>>,
}

impl Documents<'_> {
    fn of(reports: &[Report]) -> Documents<'_> {
        Documents {
            version: REPORT_VERSION,
            reports: reports.iter().map(Document::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Document<'r> {
    verdict: Verdict,
    summary: Summary,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consumers: Vec<Consumer<'r>>,
    #[serde(flatten)]
    report: &'r Report,
}

impl Document<'_> {
    fn of(report: &Report) -> Document<'_> {
        let summary = report.summary();
        Document {
            verdict: summary.verdict(),
            summary,
            consumers: report.consumers(),
            report,
        }
    }
}
