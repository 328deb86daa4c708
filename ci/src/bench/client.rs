//! The measuring client: it blocks, and does as little as the floor does.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};

use super::target::{Kind, Target};
use crate::server::Server;

/// How long a reply may take before the measurement is given up.
const REPLY_MAX: Duration = Duration::from_secs(30);

/// How many bytes are read at once.
const READ_BYTES: usize = 1024 * 1024;

/// A started target and a connection to it.
pub(super) struct Client<'a> {
    target: &'a Target,
    reply_bytes: usize,
    server: Server,
    stream: UnixStream,
    input: Vec<u8>,
    /// The handle of the file that is written or read; any number for the floor.
    pub(super) handle: i64,
}

impl<'a> Client<'a> {
    /// Starts the target; `reply_bytes` is the length of what it will answer.
    pub(super) fn start(target: &'a Target, reply_bytes: usize) -> Result<Client<'a>> {
        let (server, stream) = start(target, reply_bytes)?;
        Ok(Client {
            target,
            reply_bytes,
            server,
            stream,
            input: vec![0; READ_BYTES],
            handle: 0,
        })
    }

    /// Starts the server anew; how long it took until it had answered `request`.
    pub(super) fn restart(&mut self, request: &[u8]) -> Result<Duration> {
        let begin = Instant::now();
        let (server, stream) = start(self.target, self.reply_bytes)?;
        let before = std::mem::replace(&mut self.server, server);
        self.stream = stream;
        self.exchange(request, 1)?;
        let time = begin.elapsed();
        drop(before);
        Ok(time)
    }

    pub(super) fn name(&self) -> String {
        format!("{:?}", self.target.kind).to_lowercase()
    }

    /// The floor has no files and answers nothing that could be read.
    pub(super) fn is_agent(&self) -> bool {
        self.target.kind != Kind::Floor
    }

    /// A path for a file: the simulator's guest has a filesystem of its own.
    pub(super) fn file(&self) -> String {
        match self.target.kind {
            Kind::Simulator => "/tmp/bench".to_owned(),
            Kind::Floor | Kind::Real => self.server.folder().join("bench").display().to_string(),
        }
    }

    pub(super) fn pid(&self) -> nix::unistd::Pid {
        self.server.pid()
    }

    /// Sends `requests` and reads until so many lines have come.
    pub(super) fn exchange(&mut self, requests: &[u8], lines: usize) -> Result<()> {
        self.stream.write_all(requests)?;
        let mut missing = lines;
        while missing > 0 {
            let count = self.stream.read(&mut self.input)?;
            if count == 0 {
                bail!("the connection was closed");
            }
            missing = missing.saturating_sub(lines_in(&self.input[..count]));
        }
        Ok(())
    }

    /// Sends one request and gives its reply; an error is none.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        self.stream.write_all(request)?;
        let mut reply = Vec::new();
        while !reply.ends_with(b"\n") {
            let count = self.stream.read(&mut self.input)?;
            if count == 0 {
                bail!("the connection was closed");
            }
            reply.extend_from_slice(&self.input[..count]);
        }
        if self.is_agent() && !reply.starts_with(b"{\"return\":") {
            let text = String::from_utf8_lossy(&reply);
            bail!("refused: {}", text.trim_end());
        }
        Ok(reply)
    }

    /// The CPU time the server has used.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let clock: ClockId = clock_getcpuclockid(self.pid())?;
        Ok(Duration::from(clock_gettime(clock)?))
    }
}

/// Only small batches come with more than one line, so counting costs nothing
/// beside the bytes of a large reply.
fn lines_in(bytes: &[u8]) -> usize {
    if bytes.len() > 64 * 1024 {
        return usize::from(bytes.ends_with(b"\n"));
    }
    bytes.iter().filter(|it| **it == b'\n').count()
}

fn start(target: &Target, reply_bytes: usize) -> Result<(Server, UnixStream)> {
    let (server, stream) =
        Server::start_and_connect(target.program(), |places| target.arguments(&places, reply_bytes))?;
    stream
        .set_read_timeout(Some(REPLY_MAX))
        .context("cannot set a timeout")?;
    Ok((server, stream))
}
