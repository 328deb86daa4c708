//! Where reports go. What stands in them is the engine's.

use crate::args::ReportTo;
use crate::paint;
use crate::status::Problem;
use qga_engine::report::{Format, Report};
use std::fs::{self, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::Builder;

/// What a new file may be done to, but for what the user's mask takes away.
const FILE_MODE: u32 = 0o666;

/// Writes the reports that were asked for, and the text for the person in front of
/// the screen: to standard output, or beside it if a report goes there.
///
/// # Errors
/// A report cannot be written.
pub fn write(reports: &[Report], wanted: &[ReportTo]) -> Result<(), Problem> {
    for wanted in wanted {
        put(wanted.path.as_deref(), &wanted.format.write(reports))?;
    }
    let text = Format::Text.write(reports);
    match wanted.iter().any(|it| it.path.is_none()) {
        true => write_painted(io::stderr().lock(), &text),
        false => write_painted(io::stdout().lock(), &text),
    }
}

/// Writes text to a file, or to standard output if none is named.
///
/// # Errors
/// It cannot be written.
pub fn put(path: Option<&Path>, text: &str) -> Result<(), Problem> {
    match path {
        Some(path) => write_file(path, text),
        None => print(text),
    }
}

fn write_painted(stream: impl Write + IsTerminal, text: &str) -> Result<(), Problem> {
    match paint::is_wanted(&stream) {
        true => write_stream(stream, &paint::paint(text)),
        false => write_stream(stream, text),
    }
}

/// Writes text to standard output.
///
/// # Errors
/// It cannot be written.
pub fn print(text: &str) -> Result<(), Problem> {
    write_stream(io::stdout().lock(), text)
}

fn write_file(path: &Path, text: &str) -> Result<(), Problem> {
    write_whole(path, text).map_err(|error| {
        let what = format!("cannot write the report {}: {error}", path.display());
        let cure = match error.kind() {
            io::ErrorKind::NotFound => "name a file in a folder that is there",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full: name a file on another",
            _ => "name a file that can be written",
        };
        Problem::usage(what, cure)
    })
}

/// All of the text, or nothing: half a report is none, and what stood there stays. What
/// is no ordinary file, such as a pipe, is written to as it is.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or(path.to_owned());
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if fs::metadata(&path).is_ok_and(|it| !it.is_file()) {
        return fs::write(path, text);
    }
    let mode = fs::metadata(&path).map_or(Permissions::from_mode(FILE_MODE), |it| it.permissions());
    let mut file = Builder::new()
        .permissions(mode)
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// Whoever stops reading, as `head` does, has read enough.
fn write_stream(mut stream: impl Write, text: &str) -> Result<(), Problem> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::usage(format!("cannot write the report: {error}"), ""))
        }
        _ => Ok(()),
    }
}
