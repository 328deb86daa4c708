//! `cargo ci replay`: sessions that were recorded with real agents, held against
//! the model, byte by byte.
//!
//! The model runs in process and its time is virtual: nothing here waits.

mod config_file;
mod expected;
mod guest;
mod image;
mod level;
mod machine;
mod machine_values;
mod outcome;
mod own_files;
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

use self::report::{Name, Report};
use crate::root::root;

/// Replay recordings of real agents on the model.
#[derive(Args)]
pub(crate) struct Options {
    /// Recordings, or folders with them: `qemu-ga-RELEASE.jsonl`, and `guest/*.jsonl`
    /// of virtual machines [default: fixtures/recordings].
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
        match file {
            File::Socket(path) => options.replay_all(&path, &mut report)?,
            File::Machine(path) => options.replay_machine(&path, &mut report)?,
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
    /// Replays the sessions of a file, each on an agent of its own.
    fn replay_all(&self, path: &Path, report: &mut Report) -> Result<()> {
        for session in &recording::read(path)? {
            let name = Name {
                release: &session.release,
                topic: &session.topic,
                name: &session.name,
            };
            if self.wants(name) {
                report.add(name, session::replay(session));
            }
        }
        Ok(())
    }

    /// Replays what was recorded in a virtual machine.
    fn replay_machine(&self, path: &Path, report: &mut Report) -> Result<()> {
        let session = guest::read(path)?;
        let name = Name {
            release: &session.release,
            topic: MACHINES,
            name: &session.name,
        };
        if self.wants(name) {
            let guest::Replayed { outcome, unseen } = guest::replay(&session);
            report.add(name, outcome);
            report.add_unseen(unseen);
        }
        Ok(())
    }

    fn wants(&self, session: Name<'_>) -> bool {
        self.release.as_ref().is_none_or(|it| *it == session.release)
            && (session.topic.contains(&self.topic) || session.name.contains(&self.topic))
    }
}

/// The folder of what was recorded in virtual machines, and the topic of it all.
const MACHINES: &str = "guest";

/// A recording, by its form.
enum File {
    /// Many sessions, each over a socket.
    Socket(PathBuf),
    /// One session in a virtual machine.
    Machine(PathBuf),
}

/// All recordings the paths name: files, and in folders `qemu-ga-RELEASE.jsonl` and
/// all of `guest`.
fn files(paths: &[PathBuf]) -> Result<Vec<File>> {
    let default = [root().join("fixtures/recordings")];
    let paths = if paths.is_empty() { &default } else { paths };
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<File>) -> Result<()> {
    if !path.is_dir() {
        files.push(by_form(path)?);
        return Ok(());
    }
    for entry in entries(path)? {
        if is_named(&entry, "qemu-ga-") {
            files.push(File::Socket(entry));
        }
    }
    let machines = if path.ends_with(MACHINES) {
        path.to_owned()
    } else {
        path.join(MACHINES)
    };
    if machines.is_dir() {
        let found = entries(&machines)?.into_iter().filter(|it| is_named(it, ""));
        files.extend(found.map(File::Machine));
    }
    Ok(())
}

fn is_named(path: &Path, start: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(start) && name.ends_with(".jsonl")
}

/// Events of a virtual machine say in which direction they went.
fn by_form(path: &Path) -> Result<File> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap_or_default();
    Ok(match first.get("dir") {
        Some(_) => File::Machine(path.to_owned()),
        None => File::Socket(path.to_owned()),
    })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut entries: Vec<_> = entries.flatten().map(|it| it.path()).collect();
    entries.sort();
    Ok(entries)
}
