//! The result of all scripts, and how it is written down. A report is a function
//! of its data: it knows no run and no target.

mod model;

pub use model::*;

/// The report for a person: a line for each claim that needs one, the failures
/// with their evidence, and the verdict as the last line.
pub fn text(report: &Report) -> String {
    let _ = report;
    String::new()
}

/// The report as one JSON object in the form that [`REPORT_VERSION`] names.
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap_or_default()
}

/// The report as JUnit XML: a suite for each script, a case for each claim.
pub fn junit(report: &Report) -> String {
    let _ = report;
    String::new()
}
