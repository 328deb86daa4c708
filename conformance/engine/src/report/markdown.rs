//! The report as Markdown, for the summary page of a CI job or a pull request.

use super::heads::heads;
use super::matrix::{Matrix, Row};
use super::summary::counted;
use super::{Report, Weight, failure};
use crate::verdict::{Outcome, Reason};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most that is written, in bytes: GitHub takes 1 MiB for the summary of a step.
pub const MARKDOWN_BYTES_MAX: usize = 900 * 1024;
/// Rows of the table of claims that do not hold.
const ROWS_MAX: usize = 200;

/// The report as Markdown: the verdicts, the claims that do not hold by agents, the
/// evidence of each failure folded away, and what could not be tested.
pub fn markdown(reports: &[Report]) -> String {
    let heads = heads(reports);
    let mut out = String::from("## QGA conformance\n\n");
    verdicts(&mut out, reports, &heads);
    consumers(&mut out, reports, &heads);
    table(&mut out, &Matrix::of(reports), &heads);
    gaps(&mut out, reports, &heads);
    evidence(&mut out, reports, &heads);
    out
}

fn verdicts(out: &mut String, reports: &[Report], heads: &[String]) {
    out.push_str("| agent | verdict | holds | fails | unstable | known | stale | not reached | not testable |\n");
    out.push_str("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (report, head) in reports.iter().zip(heads) {
        let sum = report.summary();
        let counts = [
            sum.fail,
            sum.unstable,
            sum.known,
            sum.stale,
            sum.not_reached,
            sum.not_testable,
        ];
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        let (verdict, level) = (report.verdict(), report.level);
        writeln!(
            out,
            "| {} | **{verdict}** at {level} | {} of {} | {} |",
            cell(head),
            sum.hold,
            sum.owed(),
            counts.join(" | ")
        )
        .expect("a string takes all");
    }
}

/// What each consumer lacks, agent by agent.
fn consumers(out: &mut String, reports: &[Report], heads: &[String]) {
    if reports.iter().all(|it| it.needs.is_empty()) {
        return;
    }
    out.push_str("\n| agent | consumer | fares |\n| --- | --- | --- |\n");
    for (report, head) in reports.iter().zip(heads) {
        for it in report.consumers() {
            writeln!(out, "| {} | {} | {} |", cell(head), it.profile, cell(&it.words())).expect("a string takes all");
        }
    }
}

/// The claims that do not hold somewhere, or were not reached.
fn table(out: &mut String, matrix: &Matrix<'_>, heads: &[String]) {
    let is_wrong = |row: &&Row<'_>| row.cells.iter().flatten().any(|it| *it > Weight::Holds);
    let rows: Vec<_> = matrix.rows.iter().filter(is_wrong).collect();
    if rows.is_empty() {
        return;
    }
    let columns: Vec<String> = heads.iter().map(|it| cell(it)).collect();
    write!(out, "\n| claim | level | what | {} |\n", columns.join(" | ")).expect("a string takes all");
    writeln!(out, "| --- | --- | --- |{}", " :---: |".repeat(heads.len())).expect("a string takes all");
    for row in rows.iter().take(ROWS_MAX) {
        let cells: Vec<&str> = row.cells.iter().map(|it| it.map_or(" ", Weight::word)).collect();
        let (id, level, text) = (row.claim.id.as_str(), row.claim.level, cell(&row.claim.text));
        writeln!(out, "| {id} | {level} | {text} | {} |", cells.join(" | ")).expect("a string takes all");
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        write!(out, "\nand {} more\n", counted(more, "claim")).expect("a string takes all");
    }
}

fn gaps(out: &mut String, reports: &[Report], heads: &[String]) {
    for (report, head) in reports.iter().zip(heads) {
        let mut counts: BTreeMap<&Reason, usize> = BTreeMap::new();
        for claim in report.scripts.iter().flat_map(|it| &it.claims) {
            match &claim.outcome {
                Outcome::NotTestable(reason) if reason.is_gap() => *counts.entry(reason).or_default() += 1,
                _ => {}
            }
        }
        if !counts.is_empty() {
            write!(out, "\nNot testable on {}:\n\n", cell(head)).expect("a string takes all");
        }
        for (reason, count) in counts {
            writeln!(out, "- {count} × {}", cell(&reason.to_string())).expect("a string takes all");
        }
    }
}

/// Each failure folded away, as far as the page takes them.
fn evidence(out: &mut String, reports: &[Report], heads: &[String]) {
    let mut left_out = 0;
    for (report, head) in reports.iter().zip(heads) {
        for script in &report.scripts {
            for claim in &script.claims {
                let Some(what) = claim.outcome.failure() else { continue };
                let title = format!("{head}: {} {}", claim.id, claim.text);
                let block = folded(&title, &failure(report, script, claim, what));
                match out.len() + block.len() <= MARKDOWN_BYTES_MAX {
                    true => out.push_str(&block),
                    false => left_out += 1,
                }
            }
        }
    }
    if left_out > 0 {
        write!(
            out,
            "\n{} left out here: the page would be too long.\n",
            counted(left_out, "failure")
        )
        .expect("a string takes all");
    }
}

fn folded(title: &str, text: &str) -> String {
    let fence = fence(text);
    format!(
        "\n<details><summary>{}</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>\n",
        escape(title),
        text.trim_end()
    )
}

/// A fence that is longer than any run of back-quotes in the text.
fn fence(text: &str) -> String {
    let runs = text.split(|it| it != '`').map(str::len);
    "`".repeat(runs.max().unwrap_or(0).max(2) + 1)
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    escape(text).replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Text that Markdown and HTML leave as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out
}
