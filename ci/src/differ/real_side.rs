//! The real agent: a fresh process for each batch, on files laid anew.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use qga_fixtures::schema::Release;

use super::batch::Batch;
use super::ground::{FILES, FOLDER, LINKS, PIPE};
use super::request::scratch;
use super::transcript::{End, Files, Transcript};
use crate::agents::version;
use crate::real;
use crate::server::Server;

/// How long the agent may say nothing before it counts as silent.
const SILENCE: Duration = Duration::from_secs(5);

/// The last request of every batch; nothing random looks like its reply.
pub(super) const LAST: &[u8] =
    b"\xFF\n{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":8070450532247928}}\n";

/// The reply to it.
pub(super) const LAST_REPLY: &[u8] = b"\xFF{\"return\": 8070450532247928}\n";

/// A real agent that can be started.
pub(super) struct RealSide {
    program: PathBuf,
}

impl RealSide {
    /// The release that the program is of, and the program.
    pub(super) fn new(program: PathBuf) -> Result<(&'static Release, RealSide)> {
        let version = version(&program).context("use `cargo ci agents` to fetch agents of other releases")?;
        let number = version.rsplit(' ').next().unwrap_or_default();
        let Some(release) = Release::find(number) else {
            bail!(
                "{} says it is {version}, which is no release that is known",
                program.display()
            );
        };
        Ok((release, RealSide { program }))
    }

    /// What a fresh agent says to the batch.
    pub(super) fn answer(&self, batch: &Batch) -> Result<Transcript> {
        lay_files().context("cannot lay the files to work on")?;
        let arguments = |places: crate::server::Places<'_>| -> Vec<OsString> { real::arguments(&places) };
        let (_server, stream) = Server::start_and_connect(&self.program, arguments)?;
        stream.set_read_timeout(Some(SILENCE))?;
        let (replies, end) = converse(stream, &batch.bytes())?;
        let files = read_files().context("cannot read the files that were worked on")?;
        fs::remove_dir_all(scratch())?;
        Ok(Transcript { replies, end, files })
    }
}

/// Writes and reads at the same time: either side may block until the other moves.
fn converse(stream: UnixStream, bytes: &[u8]) -> Result<(Vec<u8>, End)> {
    let mut writer = stream.try_clone()?;
    let mut reader = stream;
    thread::scope(|scope| {
        scope.spawn(move || {
            // An agent that died closes the connection, which the reader sees.
            let _ = writer.write_all(bytes).and_then(|()| writer.write_all(LAST));
        });
        read_replies(&mut reader)
    })
}

fn read_replies(reader: &mut UnixStream) -> Result<(Vec<u8>, End)> {
    let mut replies = Vec::new();
    let mut piece = [0; 64 * 1024];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok((replies, End::Died)),
            Ok(count) => replies.extend_from_slice(&piece[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok((replies, End::Silent));
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok((replies, End::Died)),
            Err(error) => return Err(error).context("cannot read from the real agent"),
        }
        if replies.ends_with(LAST_REPLY) {
            return Ok((replies, End::Answered));
        }
    }
}

fn lay_files() -> Result<()> {
    let folder = scratch();
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join(FOLDER))?;
    for (name, content) in FILES {
        fs::write(folder.join(name), content)?;
    }
    for (name, target) in LINKS {
        symlink(target, folder.join(name))?;
    }
    mkfifo(&folder.join(PIPE), Mode::from_bits_truncate(0o644))?;
    Ok(())
}

fn read_files() -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![scratch().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let name = entry
                    .path()
                    .strip_prefix(scratch())?
                    .as_os_str()
                    .as_encoded_bytes()
                    .to_vec();
                files.insert(name, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differ::request::Scope;

    #[test]
    fn a_real_agent_says_the_same_to_the_same_batch() {
        let Some(program) = real::installed_or_skipped() else {
            return;
        };
        let (release, side) = RealSide::new(program).unwrap();
        for number in 0..10 {
            let batch = Batch::of(Scope { release, only: "" }, 1, number);
            let transcript = side.answer(&batch).unwrap();
            assert_eq!(
                transcript.end == End::Answered,
                transcript.replies.ends_with(LAST_REPLY)
            );
            assert!(transcript.replies.len() > 1000, "{transcript}");
            assert_eq!(side.answer(&batch).unwrap(), transcript, "batch {number}");
        }
    }

    #[test]
    fn a_program_that_is_no_agent_is_refused() {
        let error = RealSide::new("/bin/true".into()).err().unwrap();
        assert_eq!(
            error.to_string(),
            "/bin/true says it is , which is no release that is known"
        );
    }
}
