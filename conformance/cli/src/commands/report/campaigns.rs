//! Reports of `fuzz`, joined: the parts of one campaign become one.

use crate::args::{MergeArgs, ReportTo};
use crate::commands::fuzz;
use crate::status::{FAILS, HOLDS, Problem, Status};
use qga_engine::fuzz::{FuzzReport, report};
use qga_engine::report::{Format, Shards};
use std::path::PathBuf;

/// A word that stands in every report of `fuzz` and in no other.
const MARK: &str = "\"fuzz-version\"";

/// Reads reports of `fuzz`; `None` if the first is another one.
///
/// # Errors
/// One cannot be read, or is of another kind than the first.
pub(super) fn read(files: &[PathBuf]) -> Result<Option<Vec<FuzzReport>>, Problem> {
    // Standard input can be read but once: there stand reports of `run`.
    if files.iter().any(|it| it.as_os_str() == super::STDIN) {
        return Ok(None);
    }
    let mut reports = Vec::new();
    for file in files {
        let text = super::text(file)?;
        if reports.is_empty() && !text.contains(MARK) {
            return Ok(None);
        }
        let read = report::read(&text).map_err(|why| {
            let cure = "merge reports of fuzz with each other, and those of run with each other";
            Problem::usage(format!("cannot use {}: {why}", file.display()), cure)
        })?;
        reports.push(read);
    }
    Ok(Some(reports))
}

/// Joins the parts of a campaign and writes what was asked for.
///
/// # Errors
/// They are of different campaigns, a part is missing, or a report cannot be written.
pub(super) fn merge(reports: Vec<FuzzReport>, args: &MergeArgs) -> Result<Status, Problem> {
    let mut reports = reports.into_iter();
    let Some(mut whole) = reports.next() else {
        return Ok(HOLDS);
    };
    for part in reports {
        if !part.is_part_of(&whole) {
            let what = format!(
                "these are different campaigns: {} with seed {}, and {} with seed {}",
                whole.agent, whole.seed, part.agent, part.seed
            );
            return Err(Problem::usage(
                what,
                "merge parts of one agent, judged alike with one --seed",
            ));
        }
        whole.join(part);
    }
    if let Some(other) = args
        .reports
        .iter()
        .find(|it| !matches!(it.format, Format::Text | Format::Json))
    {
        return Err(Problem::usage(
            format!("reports of fuzz have no form {}", other.format),
            "known are text, json",
        ));
    }
    let wanted: Vec<ReportTo> = args.reports.clone();
    fuzz::write(&whole, &wanted)?;
    if let Some(shards) = whole.shards.as_ref().filter(|it| !Shards::is_whole(it)) {
        let numbers: Vec<String> = shards.missing().iter().map(ToString::to_string).collect();
        let what = format!("shards are missing: {} of {}", numbers.join(", "), shards.of);
        return Err(Problem::usage(what, "merge the reports of all parts"));
    }
    Ok(if whole.is_clean() || args.exit_zero {
        HOLDS
    } else {
        FAILS
    })
}
