//! Going into the background, and the file that says which process is there.

use crate::os_error::reason;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{daemon, dup2_stderr, dup2_stdin, dup2_stdout};
use qga_fixtures::schema::{PidFile as Form, Release};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Only the owner may read it.
const PID_FILE_MODE: u32 = 0o600;

/// A pid file, locked as long as the process lives.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    _locked: File,
}

/// Goes on in the background; the process that was started ends with status 0.
/// The error is the line of the log.
pub(crate) fn enter(release: &Release, pid_file: &Path) -> Result<PidFile, String> {
    daemon(true, true).map_err(|error| format!("failed to daemonize: {}", error.desc()))?;
    let file = PidFile::make(release, pid_file)?;
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
    leave_terminal().map_err(|error| format!("failed to daemonize: {}", reason(&error)))?;
    Ok(file)
}

fn leave_terminal() -> io::Result<()> {
    std::env::set_current_dir("/")?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    Ok(())
}

impl PidFile {
    fn make(release: &Release, path: &Path) -> Result<PidFile, String> {
        let exclusive = release.pid_file == Form::Exclusive;
        let mut options = File::options();
        options
            .write(true)
            .create(true)
            .create_new(exclusive)
            .mode(PID_FILE_MODE);
        let mut file = options.open(path).map_err(|error| {
            let verb = if exclusive {
                "create pid file,"
            } else {
                "open pid file:"
            };
            format!("Cannot {verb} {}", reason(&error))
        })?;
        if !exclusive {
            lock(&file).map_err(|error| format!("Cannot lock pid file: {}", reason(&error)))?;
        }
        let end = if release.pid_file == Form::Locked { "\n" } else { "" };
        let text = format!("{}{end}", std::process::id());
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(|error| format!("Failed to write pid file: {}", reason(&error)))?;
        Ok(PidFile {
            path: absolute(path),
            _locked: file,
        })
    }

    /// Removes it, when the process ends in order.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The working folder changes before the file is removed.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A lock of the kind lockf makes: the real agent sees it, and it ends with the
/// process.
fn lock(file: &File) -> io::Result<()> {
    let whole = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_SETLK(&whole))?;
    Ok(())
}
