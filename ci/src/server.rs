//! A server on a unix socket, started in a folder of its own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long a server may take until it can be reached.
const START_MAX: Duration = Duration::from_secs(10);

/// How often a server that has made no socket is asked whether it still lives.
const LOOK_AGAIN_MS: u8 = 50;

/// How long a server may take to end after SIGTERM before SIGKILL.
const GRACE: Duration = Duration::from_secs(1);

/// How often it is looked whether a server has ended: an agent takes less than 1 ms.
const LOOK_AT_END: Duration = Duration::from_micros(100);

/// Where Linux has a filesystem in memory.
const MEMORY_FOLDER: &str = "/dev/shm";

/// A running server; it ends with this value.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
}

/// Where a server keeps what it makes.
pub(crate) struct Places<'a> {
    /// The socket it has to listen on.
    pub(crate) socket: &'a Path,
    /// A folder for its state.
    pub(crate) state: &'a Path,
}

impl Server {
    /// Starts `program` with the arguments made for its places, and with whatever else
    /// is done to the command before it is started.
    pub(crate) fn start_prepared(
        program: &Path,
        arguments: impl FnOnce(Places<'_>) -> Vec<OsString>,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Server> {
        Server::start_in(&std::env::temp_dir(), program, arguments, prepare)
    }

    /// Starts it and waits, without using the CPU, until it has made its socket. Its
    /// folder is in memory where it can be: how fast a disk is says nothing of it.
    pub(crate) fn start_and_connect(
        program: &Path,
        arguments: impl FnOnce(Places<'_>) -> Vec<OsString>,
    ) -> Result<(Server, UnixStream)> {
        let memory = Path::new(MEMORY_FOLDER);
        let usual = std::env::temp_dir();
        let root = if memory.is_dir() { memory } else { &usual };
        let mut server = Server::start_in(root, program, arguments, |_| {})?;
        let stream = server.connect()?;
        Ok((server, stream))
    }

    fn start_in(
        root: &Path,
        program: &Path,
        arguments: impl FnOnce(Places<'_>) -> Vec<OsString>,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Server> {
        let folder = tempfile::tempdir_in(root).context("cannot make a folder for a server")?;
        let socket = folder.path().join("socket");
        // Its own, so that nothing but the socket is seen to appear beside the socket.
        let state = folder.path().join("state");
        fs::create_dir(&state).context("cannot make a folder for a server's state")?;
        let mut command = Command::new(program);
        command.args(arguments(Places {
            socket: &socket,
            state: &state,
        }));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        prepare(&mut command);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Server { child, folder })
    }

    /// Connects as soon as the server listens.
    pub(crate) fn connect(&mut self) -> Result<UnixStream> {
        let watch = Inotify::init(InitFlags::empty())?;
        watch.add_watch(self.folder.path(), AddWatchFlags::IN_CREATE)?;
        let begin = Instant::now();
        while begin.elapsed() < START_MAX {
            match UnixStream::connect(self.socket()) {
                Ok(stream) => return Ok(stream),
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.wait_for_file(&watch)?,
                // Bound and not yet listening.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => thread::yield_now(),
                Err(error) => return Err(error).context("cannot connect to a server"),
            }
        }
        bail!("a server did not listen within {START_MAX:?}")
    }

    fn wait_for_file(&mut self, watch: &Inotify) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("a server ended before it listened ({status})");
        }
        let mut ready = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
        if poll(&mut ready, LOOK_AGAIN_MS)? > 0 {
            watch.read_events()?;
        }
        Ok(())
    }

    /// The socket it listens on.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Its folder: state, and whatever a test puts there.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    fn end(&mut self) -> Result<()> {
        kill(self.pid(), Signal::SIGTERM)?;
        let begin = Instant::now();
        while begin.elapsed() < GRACE {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(LOOK_AT_END);
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.end();
        }
    }
}
