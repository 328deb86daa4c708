//! Reports of `fuzz`, joined: the parts of one campaign become one.

use crate::args::{MergeArgs, ReportTo};
use crate::commands::fuzz;
use crate::status::{FAILS, HOLDS, Problem, Status};
use qga_engine::fuzz::{FuzzReport, report};
use qga_engine::report::{Format, Shards};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A word that stands in every report of `fuzz` and in no other.
const MARK: &str = "\"fuzz-version\"";

/// Reads reports of `fuzz`, with their files; `None` if the first is another one.
///
/// # Errors
/// One cannot be read, or is of another kind than the first.
pub(super) fn read(files: &[PathBuf]) -> Result<Option<Vec<(&Path, FuzzReport)>>, Problem> {
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
        reports.push((file.as_path(), read));
    }
    Ok(Some(reports))
}

/// Joins the parts of a campaign and writes what was asked for.
///
/// # Errors
/// They are of different campaigns, a part is there twice or missing, or a report cannot
/// be written.
pub(super) fn merge(reports: Vec<(&Path, FuzzReport)>, args: &MergeArgs) -> Result<Status, Problem> {
    check_campaign(&reports)?;
    check_each_once(&reports)?;
    let mut reports = reports.into_iter().map(|it| it.1);
    let Some(mut whole) = reports.next() else {
        return Ok(HOLDS);
    };
    reports.for_each(|it| whole.join(it));
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

/// Parts of different campaigns are no whole.
fn check_campaign(reports: &[(&Path, FuzzReport)]) -> Result<(), Problem> {
    let Some(((first, one), others)) = reports.split_first() else {
        return Ok(());
    };
    for (file, other) in others {
        let differences = one.differences(other);
        if !differences.is_empty() {
            let what = format!(
                "{} and {} are of different campaigns: {}",
                first.display(),
                file.display(),
                differences.join("; ")
            );
            let cure = "merge parts of one agent, judged alike with the same --seed and --cases";
            return Err(Problem::usage(what, cure));
        }
    }
    Ok(())
}

/// What is there twice would be counted twice.
fn check_each_once(reports: &[(&Path, FuzzReport)]) -> Result<(), Problem> {
    let mut holders: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, (_, report)) in reports.iter().enumerate() {
        let earlier = match &report.shards {
            None => at.checked_sub(1),
            Some(parts) => {
                let whole = reports[..at.min(1)].iter().position(|it| it.1.shards.is_none());
                whole.or_else(|| parts.ran.iter().find_map(|it| holders.insert(*it, at)))
            }
        };
        if let Some(earlier) = earlier {
            return Err(twice(&reports[earlier], &reports[at]));
        }
    }
    Ok(())
}

fn twice((first, one): &(&Path, FuzzReport), (second, other): &(&Path, FuzzReport)) -> Problem {
    let files = format!("{} and {}", first.display(), second.display());
    let held = |it: &Shards| it.words();
    let what = match (&one.shards, &other.shards) {
        _ if one == other => format!("{files} are the same report"),
        (None, None) => format!("{files} both hold the whole campaign"),
        (None, Some(part)) => format!(
            "{files} overlap: the first holds the whole campaign, the second {}",
            held(part)
        ),
        (Some(part), None) => format!(
            "{files} overlap: the first holds {}, the second the whole campaign",
            held(part)
        ),
        (Some(mine), Some(its)) => {
            let ran = mine.ran.iter().copied().filter(|it| its.ran.contains(it)).collect();
            let both = Shards { of: mine.of, ran };
            format!("{files} both hold {}", both.words())
        }
    };
    Problem::usage(what, "name each part once: what is there twice would be counted twice")
}
