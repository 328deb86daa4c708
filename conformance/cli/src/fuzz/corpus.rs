//! Scripts of what was found: kept in a folder, and replayed before anything new.

use crate::judge::Judge;
use crate::output;
use crate::selection::{self, Chosen, ENDING};
use crate::status::Problem;
use qga_engine::fuzz::report::{Finding, Past};
use qga_engine::report::ScriptReport;
use qga_engine::verdict::Outcome;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The scripts of a folder; none if it is not there.
///
/// # Errors
/// A script cannot be read or does not parse.
pub fn read(folder: &Path) -> Result<Vec<Chosen>, Problem> {
    let has_scripts = |it: fs::ReadDir| {
        it.flatten()
            .any(|it| it.path().extension().is_some_and(|it| it == ENDING))
    };
    if !fs::read_dir(folder).is_ok_and(has_scripts) {
        return Ok(Vec::new());
    }
    Ok(selection::choose(&[folder.display().to_string()])?.chosen)
}

/// Runs scripts and says what became of each, as soon as it is known: whether it holds,
/// fails, or could not be put to the test, be it that the program is asked to end before.
pub async fn replay(judge: &Judge, scripts: &[Chosen], tell: impl Fn(&Past)) -> Vec<Past> {
    let mut pasts = Vec::new();
    for chosen in scripts {
        let past = past(judge, chosen).await;
        tell(&past);
        pasts.push(past);
    }
    pasts
}

async fn past(judge: &Judge, chosen: &Chosen) -> Past {
    let file = chosen.script.file.clone();
    let became = match judge.is_stopped() {
        true => Became::NotRun(String::new()),
        false => Became::of(&judge.judge(chosen).await),
    };
    let became = match became {
        Became::NotReached(_) | Became::NotRun(_) if judge.is_stopped() => {
            Became::NotRun("the campaign was interrupted".to_owned())
        }
        it => it,
    };
    let fixed = matches!(became, Became::Fixed);
    let not_run = matches!(became, Became::NotRun(_));
    let why = match became {
        Became::Fails(why) | Became::NotReached(why) | Became::NotRun(why) => why,
        Became::Fixed => String::new(),
    };
    Past {
        file,
        fixed,
        not_run,
        why,
    }
}

/// What became of a script, and why; the first that is true of one of its claims.
#[derive(Debug, PartialEq, Eq)]
enum Became {
    /// A claim fails.
    Fails(String),
    /// The script ended before a claim.
    NotReached(String),
    /// A claim could not be put to the test.
    NotRun(String),
    /// All hold.
    Fixed,
}

impl Became {
    fn of(report: &ScriptReport) -> Became {
        if let Some(trouble) = &report.trouble {
            return Became::NotRun(trouble.clone());
        }
        let all: Vec<Became> = report.claims.iter().filter_map(|it| Became::one(&it.outcome)).collect();
        let nothing = || Became::NotRun("its claims are above the level of the campaign".to_owned());
        all.into_iter().min_by_key(Became::rank).unwrap_or_else(nothing)
    }

    /// What became of a claim; `None` if nobody owes it.
    fn one(outcome: &Outcome) -> Option<Became> {
        Some(match outcome {
            Outcome::NotOwed => return None,
            Outcome::NotReached(why) => Became::NotReached(format!("not reached: {why}")),
            Outcome::NotTestable(why) => Became::NotRun(why.to_string()),
            Outcome::Passed | Outcome::Stale(_) => Became::Fixed,
            Outcome::Failed(it) | Outcome::Known(it, _) | Outcome::Unstable(it) => Became::Fails(it.kind.to_string()),
        })
    }

    fn rank(&self) -> u8 {
        match self {
            Became::Fails(_) => 0,
            Became::NotReached(_) => 1,
            Became::NotRun(_) => 2,
            Became::Fixed => 3,
        }
    }
}

/// Sees to it that scripts can be written into a folder, which need not be there yet.
///
/// # Errors
/// They cannot.
pub fn check(folder: &Path) -> Result<(), Problem> {
    let is_there = |it: &&Path| it.as_os_str().is_empty() || it.exists();
    let nearest = folder.ancestors().find(is_there).unwrap_or(folder);
    let nearest = if nearest.as_os_str().is_empty() {
        Path::new(".")
    } else {
        nearest
    };
    let written = match nearest.is_dir() {
        true => tempfile::tempfile_in(nearest).map(drop),
        false => Err(io::ErrorKind::NotADirectory.into()),
    };
    written.map_err(|error| {
        let what = format!("no script can be written to the folder {}: {error}", folder.display());
        Problem::usage(
            what,
            "name a folder with --out; without it, scripts are written to that of --corpus",
        )
    })
}

/// Writes the script of a finding into a folder, whole or not at all, and notes where.
///
/// # Errors
/// The file that cannot be written, and why.
pub fn keep(folder: &Path, name: &str, finding: &mut Finding) -> Result<(), (PathBuf, io::Error)> {
    if finding.script.is_empty() {
        return Ok(());
    }
    let path = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| output::write_whole(&path, &finding.script));
    match written {
        Ok(()) => finding.file = Some(path.display().to_string()),
        Err(error) => return Err((path, error)),
    }
    Ok(())
}
