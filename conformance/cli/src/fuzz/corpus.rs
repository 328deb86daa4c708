//! Scripts of what was found: kept in a folder, and replayed before anything new.

use crate::judge::Judge;
use crate::selection::{self, Chosen, ENDING};
use crate::status::Problem;
use qga_engine::fuzz::report::{Finding, Past};
use qga_engine::verdict::Outcome;
use std::fs;
use std::path::Path;

/// Runs the scripts of a folder. One that cannot be put to the test is not fixed; of one
/// that does not come to its end before the program is asked to end nothing is said. Each
/// is told when it is known.
///
/// # Errors
/// A script cannot be read or does not parse.
pub async fn replay(judge: &Judge, folder: &Path, tell: impl Fn(&Past)) -> Result<Vec<Past>, Problem> {
    let has_scripts = |it: fs::ReadDir| {
        it.flatten()
            .any(|it| it.path().extension().is_some_and(|it| it == ENDING))
    };
    if !fs::read_dir(folder).is_ok_and(has_scripts) {
        return Ok(Vec::new());
    }
    let selection = selection::choose(&[folder.display().to_string()])?;
    let mut pasts = Vec::new();
    for chosen in &selection.chosen {
        let past = past(judge, chosen).await;
        tell(&past);
        pasts.push(past);
    }
    Ok(pasts)
}

async fn past(judge: &Judge, chosen: &Chosen) -> Past {
    let file = chosen.script.file.clone();
    if judge.is_stopped() {
        return not_run(file);
    }
    let report = judge.judge(chosen).await;
    let fails = report.claims.iter().any(|it| matches!(it.outcome, Outcome::Failed(_)));
    let why = report
        .trouble
        .clone()
        .or_else(|| report.claims.iter().find_map(|it| reason(&it.outcome)));
    if judge.is_stopped() && why.is_some() && !fails {
        return not_run(file);
    }
    Past {
        file,
        fixed: why.is_none(),
        not_run: false,
        why: why.unwrap_or_default(),
    }
}

fn not_run(file: String) -> Past {
    Past {
        file,
        fixed: false,
        not_run: true,
        why: String::new(),
    }
}

fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed => None,
        Outcome::NotReached(why) => Some(format!("not reached: {why}")),
        Outcome::NotTestable(why) => Some(why.to_string()),
        Outcome::NotOwed => None,
        other => other.failure().map(|it| it.kind.to_string()),
    }
}

/// Writes the script of a finding into a folder, and says where.
///
/// # Errors
/// It cannot be written.
pub fn keep(folder: &Path, name: &str, finding: &mut Finding) -> Result<(), Problem> {
    if finding.script.is_empty() {
        return Ok(());
    }
    let path = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, &finding.script));
    written.map_err(|error| {
        Problem::usage(
            format!("cannot write {}: {error}", path.display()),
            "name another folder with --out",
        )
    })?;
    finding.file = Some(path.display().to_string());
    Ok(())
}
