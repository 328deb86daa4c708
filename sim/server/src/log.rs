//! The agent's log: lines as the real one writes them, to standard error or a
//! file.

use crate::command_line::{Level, Note};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the log goes and how much of it.
#[derive(Debug)]
pub(crate) struct Log {
    verbose: bool,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Nowhere,
    Stderr,
    File(File),
}

impl Log {
    /// A log to standard error, with all there is or with what went wrong only.
    pub(crate) fn to_stderr(verbose: bool) -> Log {
        Log {
            verbose,
            sink: Sink::Stderr,
        }
    }

    /// A log that keeps nothing.
    pub(crate) fn to_nowhere() -> Log {
        Log {
            verbose: false,
            sink: Sink::Nowhere,
        }
    }

    /// Goes on in a file, at its end.
    pub(crate) fn move_to(&mut self, path: &Path) -> io::Result<()> {
        self.sink = Sink::File(File::options().append(true).create(true).open(path)?);
        Ok(())
    }

    /// Whether debug lines are kept.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Something that ends the start.
    pub(crate) fn critical(&self, text: impl AsRef<[u8]>) {
        self.line("critical", text.as_ref());
    }

    /// Something for the curious.
    pub(crate) fn debug(&self, text: impl AsRef<[u8]>) {
        if self.verbose {
            self.line("debug", text.as_ref());
        }
    }

    /// A log that cannot be written to is no reason to stop serving.
    fn line(&self, level: &str, text: &[u8]) {
        let now = since_epoch();
        let stamp = format!("{}.{}: {level}: ", now.as_secs(), now.subsec_micros());
        let line = [stamp.as_bytes(), text, b"\n"].concat();
        let _ = match &self.sink {
            Sink::Nowhere => Ok(()),
            Sink::Stderr => io::stderr().write_all(&line),
            Sink::File(file) => (&*file).write_all(&line),
        };
    }
}

/// What the command line has to say, as it goes to standard error.
pub(crate) fn note(program: &OsStr, note: &Note) -> Vec<u8> {
    match note {
        Note::Option(text) => [program.as_bytes(), b": ", text, b"\n"].concat(),
        Note::Early(level, text) => early(*level, text).into_bytes(),
    }
}

/// A line in the form GLib gives it while the agent has no log of its own: in
/// ASCII, because the agent chooses no locale. The time of day is that of UTC.
pub(crate) fn early(level: Level, text: &str) -> String {
    let level = match level {
        Level::Warning => "WARNING",
        Level::Critical => "CRITICAL",
    };
    let now = since_epoch();
    let second = now.as_secs() % (24 * 60 * 60);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let time = format!("{hour:02}:{minute:02}:{second:02}.{:03}", now.subsec_millis());
    let text = text.replace(|letter: char| !letter.is_ascii(), "?");
    format!("\n** (process:{}): {level} **: {time}: {text}\n", std::process::id())
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_added_to_and_debug_lines_are_kept_only_if_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        for verbose in [false, true] {
            let mut log = Log::to_stderr(verbose);
            log.move_to(&path).unwrap();
            log.critical("bad");
            log.debug(b"\xff");
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(": ").unwrap().1).collect();
        assert_eq!(lines, ["critical: bad", "critical: bad", "debug: \u{FFFD}"]);
        let stamp = text.split_once(": ").unwrap().0;
        let (seconds, micros) = stamp.split_once('.').unwrap();
        assert!(
            seconds.parse::<u64>().unwrap() > 0 && micros.parse::<u64>().unwrap() < 1_000_000,
            "{stamp}"
        );
    }

    #[test]
    fn an_early_line_has_glib_s_form() {
        let line = early(Level::Critical, "must “specify”");
        let (head, tail) = line.split_once(" **: ").unwrap();
        assert_eq!(head, format!("\n** (process:{}): CRITICAL", std::process::id()));
        assert_eq!(&tail[12..], ": must ?specify?\n");
    }
}
