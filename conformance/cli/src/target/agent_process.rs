//! An agent as a process: started in a process group of its own, waited for until
//! it listens, and ended with everything it started.

use crate::target::live::{self, Group};
use crate::target::orphans;
use crate::target::tail::Tail;
use nix::sys::signal::Signal;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long an agent may take to end after SIGTERM before it is killed.
pub(super) const END_GRACE: Duration = Duration::from_secs(1);
/// How much of that time its channel stays open.
const OPEN_GRACE: Duration = Duration::from_millis(50);
/// How long an agent is left alone before SIGTERM: it goes back to waiting for requests.
const QUIET: Duration = Duration::from_millis(1);
/// How long an agent that has closed the channel is given to be dead.
const DYING_MAX: Duration = Duration::from_millis(100);
/// How long a killed agent is waited for; only the kernel can keep it longer.
const KILLED_WAIT_MAX: Duration = Duration::from_secs(2);
/// The first time between two tries to reach a starting agent; it grows up to
/// [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_millis(1);
const RETRY_MAX: Duration = Duration::from_millis(20);

/// How an agent is started.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The program and its arguments.
    pub words: &'a [String],
    /// Variables added to the environment.
    pub environment: &'a [(&'a str, &'a str)],
    /// A text no other agent of this machine has in its environment.
    pub mark: &'a str,
}

/// A running agent.
#[derive(Debug)]
pub struct AgentProcess {
    child: Child,
    group: Group,
    tail: Tail,
    mark: String,
}

/// Why an agent could not be started.
#[derive(Debug)]
pub enum StartError {
    /// The command could not be run.
    NotRun(String, io::Error),
    /// It ended before it listened.
    Ended(ExitStatus, String),
    /// It did not listen in this time.
    NotListening(Duration, io::Error, String),
}

impl AgentProcess {
    /// Starts an agent.
    ///
    /// # Errors
    /// [`StartError::NotRun`].
    pub fn start(start: Start<'_>) -> Result<AgentProcess, StartError> {
        let program = &start.words[0];
        let not_run = |error| StartError::NotRun(program.clone(), error);
        let (output, input) = io::pipe().map_err(not_run)?;
        let mut command = Command::new(program);
        command.args(&start.words[1..]).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(input.try_clone().map_err(not_run)?).stderr(input);
        command
            .envs(start.environment.iter().copied())
            .env(orphans::MARK, start.mark);
        let (child, group) = live::start(&mut command).map_err(not_run)?;
        let tail = Tail::of(output.into()).map_err(not_run)?;
        Ok(AgentProcess {
            child,
            group,
            tail,
            mark: start.mark.to_owned(),
        })
    }

    /// Waits until the agent listens on the socket, and connects.
    ///
    /// # Errors
    /// It ended first, or did not listen in time.
    pub async fn connect(&mut self, socket: &Path, limit: Duration) -> Result<UnixStream, StartError> {
        let deadline = Instant::now() + limit;
        let mut retry = RETRY_MIN;
        loop {
            let error = match UnixStream::connect(socket).await {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            if let Some(status) = self.ended() {
                self.tail.finish().await;
                return Err(StartError::Ended(status, self.tail.text()));
            }
            if Instant::now() >= deadline {
                return Err(StartError::NotListening(limit, error, self.tail.text()));
            }
            sleep(retry).await;
            retry = (retry * 2).min(RETRY_MAX);
        }
    }

    /// How the agent ended, if it did; a daemon that lives on has not.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten()?;
        (!orphans::any(&self.mark)).then_some(status)
    }

    /// How the agent ended and the last it wrote, if it ended by itself.
    /// The channel of a dying process may close some time before it is dead.
    pub async fn obituary(&mut self) -> Option<String> {
        let _ = timeout(DYING_MAX, self.child.wait()).await;
        let status = self.ended()?;
        self.tail.finish().await;
        Some(format!("it ended by itself ({status}){}", LastWords(&self.tail.text())))
    }

    /// Ends the agent, with SIGTERM if that is enough, and everything it started.
    ///
    /// Its channel, if there is one, stays open at first: qemu-ga hangs when the signal
    /// meets its main loop at work, be it only with a client that leaves.
    pub async fn end(mut self, channel: impl Sized) {
        sleep(QUIET).await;
        self.group.signal(Signal::SIGTERM);
        let _ = timeout(OPEN_GRACE, self.child.wait()).await;
        drop(channel);
        let _ = timeout(END_GRACE - OPEN_GRACE, self.child.wait()).await;
        self.group.signal(Signal::SIGKILL);
        let _ = timeout(KILLED_WAIT_MAX, self.child.wait()).await;
        orphans::bury_group(self.group.leader()).await;
        orphans::end(&self.mark).await;
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::NotRun(program, error) => write!(f, "cannot run {program}: {error}"),
            StartError::Ended(status, said) => {
                write!(
                    f,
                    "it ended before it listened on {{socket}} ({status}){}",
                    LastWords(said)
                )
            }
            StartError::NotListening(limit, error, said) => {
                write!(
                    f,
                    "it did not listen on {{socket}} within {limit:?} ({error}){}",
                    LastWords(said)
                )
            }
        }
    }
}

/// The end of an agent's output, behind a sentence about it.
struct LastWords<'a>(&'a str);

impl fmt::Display for LastWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<&str> = self.0.lines().rev().take(LAST_LINES_MAX).collect();
        lines.reverse();
        if lines.is_empty() {
            return f.write_str("; it wrote nothing");
        }
        f.write_str("; the last it wrote:")?;
        for line in lines {
            let printable = |it: char| {
                if it.is_control() {
                    char::REPLACEMENT_CHARACTER
                } else {
                    it
                }
            };
            let shown: String = line.chars().take(LAST_LINE_CHARS_MAX).map(printable).collect();
            write!(f, "\n  | {shown}")?;
        }
        Ok(())
    }
}

/// Lines of an agent's output that an error shows.
const LAST_LINES_MAX: usize = 10;
/// Characters of a line of it.
const LAST_LINE_CHARS_MAX: usize = 200;

impl std::error::Error for StartError {}
