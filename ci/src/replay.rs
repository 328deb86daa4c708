//! `cargo ci replay`: sessions that were recorded with real agents, held against
//! the model, byte by byte.
//!
//! The model runs in process and its time is virtual: nothing here waits.

mod config_file;
mod expected;
mod image;
mod level;
mod machine;
mod machine_values;
mod outcome;
mod recording;
mod report;
mod session;
mod state_folder;
mod whole;
mod wire;
mod zone;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use self::recording::Session;
use self::report::Report;
use crate::root::root;

/// Replay recordings of real agents on the model.
#[derive(Args)]
pub(crate) struct Options {
    /// Recordings, or folders with them [default: fixtures/recordings].
    #[arg(value_name = "FOLDER|FILE")]
    paths: Vec<PathBuf>,
    /// Only those of this release.
    #[arg(long)]
    release: Option<String>,
    /// Only sessions whose topic or name has this in it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    topic: String,
    /// Show both sides of every difference, and name every session that cannot be replayed.
    #[arg(long)]
    verbose: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// Replays all and prints the tally; a difference is a failure.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let mut report = Report::default();
    for file in files(&options.paths)? {
        let sessions = recording::read(&file)?;
        for session in sessions.iter().filter(|it| options.wants(it)) {
            report.add(session, session::replay(session));
        }
    }
    if report.is_empty() {
        bail!("there is no such session to replay");
    }
    report.print(options.json, options.verbose)?;
    Ok(if report.has_differences() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

impl Options {
    fn wants(&self, session: &Session) -> bool {
        self.release.as_ref().is_none_or(|it| *it == session.release)
            && (session.topic.contains(&self.topic) || session.name.contains(&self.topic))
    }
}

/// All recordings the paths name: files, and the `qemu-ga-RELEASE.jsonl` of folders.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let default = [root().join("fixtures/recordings")];
    let paths = if paths.is_empty() { &default } else { paths };
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    Ok(files)
}

fn is_recording(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("qemu-ga-") && name.ends_with(".jsonl")
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut entries: Vec<_> = entries.flatten().map(|it| it.path()).collect();
    entries.sort();
    files.extend(entries.into_iter().filter(|it| is_recording(it)));
    Ok(())
}
