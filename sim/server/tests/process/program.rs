//! A running `qga-sim` in a folder of its own, and clients of it.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No wait is longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long nothing must come for there to be nothing.
const QUIET: Duration = Duration::from_millis(100);
/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(2);

/// The program, with nothing of this machine's environment in its way.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qga-sim"));
    for name in ["EMULATE", "GUEST", "CLIENTS", "SURVIVE", "FAULT", "JOURNAL"] {
        command.env_remove(format!("QGA_SIM_{name}"));
    }
    command.env_remove("QGA_CONF").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    command().args(args).output().unwrap()
}

/// A running agent; it ends with this value.
pub(crate) struct Sim {
    pub(crate) folder: TempDir,
    child: Child,
}

impl Sim {
    /// Starts one with more options, in a new folder that is its state folder too.
    pub(crate) fn start(options: &str) -> Sim {
        Sim::start_in(tempfile::tempdir().unwrap(), options)
    }

    /// Starts one in a folder.
    pub(crate) fn start_in(folder: TempDir, options: &str) -> Sim {
        let state = format!("-t {} {options}", folder.path().display());
        Sim::start_without_state(folder, &state)
    }

    /// Starts one of a time before there were state folders.
    pub(crate) fn start_without_state(folder: TempDir, options: &str) -> Sim {
        let child = command()
            .args(["-m", "unix-listen", "-p"])
            .arg(folder.path().join("socket"))
            .args(options.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Sim { folder, child }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Connects as soon as it listens.
    pub(crate) fn connect(&self) -> Client {
        let path = self.path("socket");
        let stream = eventually("it listens", || UnixStream::connect(&path).ok());
        Client::new(stream)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Waits for its end; gives its exit status and what it said to standard error.
    pub(crate) fn ended(&mut self) -> (Option<i32>, String) {
        let status = eventually("it ends", || self.child.try_wait().unwrap());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (status.code(), said)
    }

    /// Ends it with SIGTERM and gives its folder back.
    pub(crate) fn stop(mut self) -> TempDir {
        self.signal(Signal::SIGTERM);
        assert_eq!(self.ended().0, Some(0));
        let folder = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.folder, folder)
    }

    /// Bytes of memory it has.
    pub(crate) fn resident(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until there is something, or there never is.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(PAUSE);
    }
}

/// A client's end of a connection.
pub(crate) struct Client {
    pub(crate) stream: UnixStream,
}

impl Client {
    pub(crate) fn new(stream: UnixStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client { stream }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// The next line, or what came before the end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") && self.read_byte(&mut line).unwrap() {}
        String::from_utf8(line).unwrap()
    }

    /// Reads one more byte; false at the end.
    fn read_byte(&mut self, into: &mut Vec<u8>) -> std::io::Result<bool> {
        Ok((&self.stream).take(1).read_to_end(into)? == 1)
    }

    /// Sends a request and gives its reply.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        self.send(request);
        self.line()
    }

    /// Whether nothing comes, not even the end.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.stream.set_read_timeout(Some(QUIET)).unwrap();
        let quiet = self.read_byte(&mut Vec::new()).is_err();
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        quiet
    }

    /// Says that it will send nothing more, and gives all that comes to the end.
    pub(crate) fn finish(&mut self) -> String {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self.rest()
    }

    /// All that comes to the end. A connection that was reset has ended too.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut rest) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        String::from_utf8(rest).unwrap()
    }
}

pub(crate) const PING: &str = r#"{"execute":"guest-ping"}"#;
pub(crate) const PONG: &str = "{\"return\": {}}\n";

/// A request to open a file of the guest.
pub(crate) fn open(path: &str, mode: &str) -> String {
    format!(r#"{{"execute":"guest-file-open","arguments":{{"path":"{path}","mode":"{mode}"}}}}"#)
}

/// Whether a file is a socket at all.
pub(crate) fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|about| about.file_type().is_socket())
}
