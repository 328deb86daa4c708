//! The real agent: a fresh process for each batch, on files laid anew.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::Shutdown;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use qga_fixtures::schema::Release;
use tempfile::TempDir;

use super::batch::{Batch, Message};
use super::converse::{Heard, MARK_REPLY, Polls, Side, converse};
use super::ground::{FILES, FOLDER, LINKS, PIPE, PROGRAMS};
use super::level::Level;
use super::transcript::{COMPARED_BYTES, Content, End, Files, Transcript, lines};
use crate::agents::version;
use crate::real;
use crate::server::{Places, Server};

/// How long the agent may say nothing before it counts as silent.
const SILENCE: Duration = Duration::from_secs(5);

/// The same where the model says nothing either.
const EXPECTED_SILENCE: Duration = Duration::from_millis(200);

/// How long is waited before an agent is asked for a process again.
const POLL_PAUSE: Duration = Duration::from_millis(1);

/// Where the agent works, and the filesystem that is there: in memory if it can be.
const GROUNDS: [(&str, &str); 2] = [("/dev/shm", "tmpfs"), ("/tmp", "ext4")];

/// A real agent that can be started.
pub(super) struct RealSide {
    program: PathBuf,
    /// Its working folder, laid anew for each agent.
    scratch: TempDir,
    /// The type of the filesystem that the scratch folder is on.
    pub(super) filesystem: &'static str,
    /// All that its PATH has.
    programs: TempDir,
    /// What it cannot tell of this machine.
    pub(super) level: Level,
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
        let there = |it: &&(&str, &str)| Path::new(it.0).is_dir();
        let (ground, filesystem) = GROUNDS.iter().find(there).context("there is no folder for files")?;
        let folder = || tempfile::Builder::new().prefix("qga-differ-").tempdir_in(ground);
        let mut side = RealSide {
            program,
            scratch: folder().context("cannot make a folder for files")?,
            filesystem,
            programs: tempfile::tempdir().context("cannot make a folder for programs")?,
            level: Level::new(release),
        };
        lay_programs(side.programs.path()).context("cannot lay the programs")?;
        side.ask().context("cannot ask the agent about this machine")?;
        Ok((release, side))
    }

    /// Asks once for all that is about the machine.
    fn ask(&mut self) -> Result<()> {
        let questions: Vec<_> = self.level.questions().collect();
        for command in questions {
            let batch = Batch {
                messages: vec![Message::Bytes(
                    format!("{{\"execute\": \"{}\"}}\n", command.name).into_bytes(),
                )],
                cuts: 0,
            };
            let replies = self.answer(&batch, End::Answered)?.0.replies;
            self.level
                .note(command, &replies.first().cloned().unwrap_or_default().bytes);
        }
        Ok(())
    }

    /// What a fresh agent says to the batch, and how often it was asked for each
    /// process; how that will end, as far as one knows.
    pub(super) fn answer(&self, batch: &Batch, expected: End) -> Result<(Transcript, Polls)> {
        if !batch.is_harmless() {
            bail!("a batch that could do harm is not sent: this is a mistake in the program");
        }
        lay_files(self.scratch.path()).context("cannot lay the files to work on")?;
        let silence = match expected {
            End::Silent => EXPECTED_SILENCE,
            End::Answered | End::Died | End::Undefined => SILENCE,
        };
        let mut talker = self.start(silence)?;
        let heard = converse(&mut talker, batch, &Polls::new());
        // What it started ends with it.
        let _ = killpg(talker.server.pid(), Signal::SIGKILL);
        let (Heard { lines: replies, end }, polls) = heard?;
        let files = read_files(self.scratch.path()).context("cannot read the files that were worked on")?;
        Ok((Transcript { replies, end, files }, polls))
    }

    fn start(&self, silence: Duration) -> Result<Talker> {
        let arguments = |places: Places<'_>| -> Vec<OsString> { real::arguments(&places) };
        let prepare = |command: &mut Command| {
            command.current_dir(self.scratch.path()).process_group(0);
            command.env_clear().env("PATH", self.programs.path()).env("LANG", "C");
        };
        let mut server = Server::start_prepared(&self.program, arguments, prepare)?;
        let stream = server.connect()?;
        Talker::new(server, stream, silence)
    }
}

/// An agent that is talked to.
struct Talker {
    server: Server,
    stream: UnixStream,
    silence: Duration,
}

impl Talker {
    fn new(server: Server, stream: UnixStream, silence: Duration) -> Result<Talker> {
        stream.set_read_timeout(Some(silence))?;
        stream.set_write_timeout(Some(silence))?;
        Ok(Talker {
            server,
            stream,
            silence,
        })
    }

    /// Writes and reads at the same time: either side may block until the other moves.
    fn converse(&self, bytes: &[u8], last: bool, until: &[u8]) -> Result<Heard> {
        let (mut writer, mut reader) = (&self.stream, &self.stream);
        thread::scope(|scope| {
            scope.spawn(move || {
                // An agent that died closes the connection, which the reader sees.
                let _ = writer.write_all(bytes);
                if last {
                    let _ = writer.shutdown(Shutdown::Write);
                }
            });
            let (replies, end) = read_replies(&mut reader, until)?;
            let lines = lines(&replies);
            Ok(Heard { lines, end })
        })
    }
}

impl Side for Talker {
    fn exchange(&mut self, bytes: &[u8]) -> Result<Heard> {
        self.converse(bytes, false, MARK_REPLY)
    }

    fn hang_up(&mut self, bytes: &[u8]) -> Result<Heard> {
        let mut heard = self.converse(bytes, true, b"\n\n")?;
        if heard.end != End::Died {
            return Ok(heard);
        }
        // The agent has closed the connection: dead, or ready for the next client.
        if let Ok(stream) = UnixStream::connect(self.server.socket()) {
            stream.set_read_timeout(Some(self.silence))?;
            stream.set_write_timeout(Some(self.silence))?;
            self.stream = stream;
            heard.end = End::Answered;
        }
        Ok(heard)
    }

    fn wait(&mut self) {
        thread::sleep(POLL_PAUSE);
    }
}

/// Reads until replies end with these bytes; [`End::Died`] at the end of the stream.
fn read_replies(reader: &mut impl Read, until: &[u8]) -> Result<(Vec<u8>, End)> {
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
        if replies.ends_with(until) {
            return Ok((replies, End::Answered));
        }
    }
}

fn lay_programs(folder: &Path) -> Result<()> {
    for (name, text, mode) in PROGRAMS {
        let path = folder.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(u32::from(*mode)))?;
    }
    Ok(())
}

fn lay_files(folder: &Path) -> Result<()> {
    empty(folder)?;
    fs::create_dir(folder.join(FOLDER))?;
    for (name, content) in FILES {
        fs::write(folder.join(name), content)?;
    }
    for (name, target) in LINKS {
        symlink(target, folder.join(name))?;
    }
    mkfifo(&folder.join(PIPE), Mode::from_bits_truncate(0o644))?;
    Ok(())
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

fn read_files(scratch: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![scratch.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let (path, kind) = entry.and_then(|it| Ok((it.path(), it.file_type()?)))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let name = path.strip_prefix(scratch)?.as_os_str().as_encoded_bytes().to_vec();
                files.insert(name, content(&path)?);
            }
        }
    }
    Ok(files)
}

fn content(path: &Path) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    (&file).take(COMPARED_BYTES as u64).read_to_end(&mut head)?;
    let rest = len - head.len() as u64;
    let from_end = rest.min(COMPARED_BYTES as u64);
    file.seek(SeekFrom::End(-from_end.cast_signed()))?;
    // No further: the largest file ends where numbers do.
    file.take(from_end).read_to_end(&mut tail)?;
    Ok(Content { len, head, tail })
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
        let only = "guest-file";
        for number in 0..10 {
            let batch = Batch::of(Scope { release, only }, 1, number);
            let transcript = side.answer(&batch, End::Answered).unwrap().0;
            assert!(transcript.replies.len() > 10, "{transcript}");
            assert_eq!(
                side.answer(&batch, End::Answered).unwrap().0,
                transcript,
                "batch {number}"
            );
        }
    }

    #[test]
    fn a_batch_that_could_do_harm_is_not_sent() {
        let Some(program) = real::installed_or_skipped() else {
            return;
        };
        let (_, side) = RealSide::new(program).unwrap();
        let batch = Batch {
            messages: vec![Message::Bytes(b"\"/etc/passwd\"".to_vec())],
            cuts: 0,
        };
        assert!(side.answer(&batch, End::Answered).is_err());
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
