//! Jobs: what the agent started, with its input and its output.
//!
//! A job is a process and all that come from it. It is known by the number of its
//! first process and lasts until somebody has asked what became of it.

use super::files::OpenFile;
use super::search::{self, Search};
use super::sys::Sys;
use super::{Pid, Process, Processes, TURNS_MAX};
use crate::guest::Guest;
use crate::guest::accounts::Credentials;
use crate::guest::errno::Errno;
use crate::guest::fs::task::{Descriptors, Task};
use crate::guest::program::{Child, Ending, NEVER};
use crate::time::Time;

/// Bytes kept of each stream; what comes after them is read and dropped.
pub const OUTPUT_BYTES_MAX: usize = 16 << 20;

/// Permission bits that files do not get which somebody makes by hand.
const UMASK: u16 = 0o022;

/// Bytes kept of the input and output of all jobs. Output is cut beyond it, and
/// input is not taken.
pub const KEPT_BYTES_MAX: usize = 256 << 20;

/// An output stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Out,
    Err,
}

/// What happens to the output of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Capture {
    /// All is dropped.
    #[default]
    Nothing,
    /// Standard output is kept.
    Out,
    /// Standard error is kept.
    Err,
    /// Both are kept, apart.
    Separated,
    /// Both are kept, as one stream.
    Merged,
}

impl Capture {
    /// The first stream there is a pipe for.
    pub(super) fn first(self) -> Option<Channel> {
        match self {
            Capture::Nothing => None,
            Capture::Err => Some(Channel::Err),
            Capture::Out | Capture::Separated | Capture::Merged => Some(Channel::Out),
        }
    }
}

/// How a job is started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// The program, as a path or a name to be searched for, and its arguments.
    pub words: Vec<Vec<u8>>,
    /// The whole environment; the agent's own if left out.
    pub environment: Option<Vec<Vec<u8>>>,
    /// What the program can read; nothing if left out.
    pub input: Option<Vec<u8>>,
    /// Where there is no input: it has no standard input at all, not one with nothing in it.
    pub lacks_stdin: bool,
    /// What is kept of its output.
    pub capture: Capture,
    /// How a name without a slash is searched for.
    pub search: Search,
}

/// The standard input of a job.
enum Input {
    Null,
    Bytes(Vec<u8>),
    Closed,
}

/// A job that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How its first process ended.
    pub ending: Ending,
    /// What it wrote to standard output, or both where they were merged.
    pub out: Output,
    /// What it wrote to standard error.
    pub err: Output,
}

/// What is kept of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// At most [`OUTPUT_BYTES_MAX`] bytes.
    pub bytes: Vec<u8>,
    /// There was more.
    pub truncated: bool,
}

/// A stream of a job.
#[derive(Clone, Debug, Default)]
struct Stream {
    output: Output,
    /// Somebody can still write to it.
    open: bool,
}

/// A job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    ending: Option<(Ending, Time)>,
    out: Stream,
    err: Stream,
    /// When the last stream was closed.
    closed_at: Time,
    /// Somebody will ask what became of it.
    is_wanted: bool,
    /// Processes that belong to it.
    members: usize,
    pub(super) turns_left: u32,
}

impl Job {
    fn new() -> Job {
        Job {
            ending: None,
            out: Stream::default(),
            err: Stream::default(),
            closed_at: Time::ZERO,
            is_wanted: true,
            members: 0,
            turns_left: TURNS_MAX,
        }
    }

    fn stream(&mut self, channel: Channel) -> &mut Stream {
        match channel {
            Channel::Out => &mut self.out,
            Channel::Err => &mut self.err,
        }
    }

    /// Whether its first process has ended and nobody can write any more.
    fn is_over(&self) -> bool {
        self.ending.is_some() && !self.out.open && !self.err.open
    }

    /// Its stream is read.
    pub(super) fn open(&mut self, channel: Channel) {
        self.stream(channel).open = true;
    }

    /// Bytes kept of a stream.
    pub(super) fn output_len(&self, channel: Channel) -> usize {
        match channel {
            Channel::Out => self.out.output.bytes.len(),
            Channel::Err => self.err.output.bytes.len(),
        }
    }

    fn kept_bytes(&self) -> usize {
        self.out.output.bytes.len() + self.err.output.bytes.len()
    }
}

impl Processes {
    /// Takes what a process of a job writes; an error if nobody reads it any more.
    pub(super) fn write_output(&mut self, job: Pid, channel: Channel, bytes: &[u8]) -> Result<usize, Errno> {
        self.jobs.get(&job).filter(|it| it.is_wanted).ok_or(Errno::EPIPE)?;
        if !self.fill(job, channel, bytes) {
            self.keep(job, channel, bytes);
        }
        Ok(bytes.len())
    }

    /// Keeps bytes as output of a job, as far as there is room.
    pub(super) fn keep(&mut self, job: Pid, channel: Channel, bytes: &[u8]) {
        let room = KEPT_BYTES_MAX.saturating_sub(self.kept_bytes);
        let Some(job) = self.jobs.get_mut(&job) else { return };
        let output = &mut job.stream(channel).output;
        let room = room.min(OUTPUT_BYTES_MAX - output.bytes.len());
        let kept = &bytes[..bytes.len().min(room)];
        output.bytes.extend_from_slice(kept);
        output.truncated |= kept.len() < bytes.len();
        self.kept_bytes += kept.len();
    }

    /// Nobody can write to this stream any more.
    pub(super) fn close_output(&mut self, job: Pid, channel: Channel) {
        if !self.end_pipe(job, channel) {
            self.close_stream(job, channel);
        }
    }

    /// A stream is not read any more.
    pub(super) fn close_stream(&mut self, job: Pid, channel: Channel) {
        let now = self.clock;
        if let Some(job) = self.jobs.get_mut(&job) {
            job.stream(channel).open = false;
            job.closed_at = now;
        }
    }

    pub(super) fn join_job(&mut self, job: Pid) {
        if let Some(job) = self.jobs.get_mut(&job) {
            job.members += 1;
        }
    }

    /// A process of a job has ended.
    pub(super) fn leave_job(&mut self, job: Pid, pid: Pid, ending: Ending) {
        let now = self.clock;
        if job == pid {
            self.end_hold(pid);
        }
        let Some(it) = self.jobs.get_mut(&job) else { return };
        it.members -= 1;
        if job == pid {
            it.ending = Some((ending, now));
        }
        if it.members == 0 && !it.is_wanted {
            self.remove_job(job);
        }
    }

    fn remove_job(&mut self, pid: Pid) -> Option<Job> {
        let job = self.jobs.remove(&pid)?;
        self.kept_bytes -= job.kept_bytes();
        Some(job)
    }
}

impl Guest {
    /// Starts a program as a child of the agent, whose task this is.
    ///
    /// # Errors
    /// Those of fork(2) and execve(2).
    pub fn start(&mut self, agent: &Task, launch: Launch, now: Time) -> Result<Pid, Errno> {
        self.advance(now);
        let pid = self.new_job(agent)?;
        let Launch {
            words,
            environment,
            input,
            lacks_stdin,
            capture,
            search,
        } = launch;
        let input = match input {
            None if lacks_stdin => Input::Closed,
            None => Input::Null,
            Some(input) => Input::Bytes(input),
        };
        if let Err(errno) = self.set_streams(pid, input, capture) {
            self.undo_start(pid);
            return Err(errno);
        }
        let environment = environment.unwrap_or_else(|| self.processes.environment.clone());
        let path = search.path(&environment, &self.processes.environment).to_vec();
        let executed = search::exec(&mut Sys::new(self, pid), &path, words, environment);
        executed.inspect_err(|_| self.undo_start(pid))?;
        self.processes.begin(pid);
        Ok(pid)
    }

    /// A process and its job, with no program yet.
    pub(super) fn new_job(&mut self, agent: &Task) -> Result<Pid, Errno> {
        if self.processes.jobs.len() >= super::JOBS_MAX {
            return Err(Errno::EAGAIN);
        }
        let pid = self.processes.new_pid()?;
        let task = self.fork_task(agent);
        self.processes.jobs.insert(pid, Job::new());
        self.processes.join_job(pid);
        self.processes.table.insert(pid, Process::new(pid, None, task));
        Ok(pid)
    }

    fn set_streams(&mut self, pid: Pid, input: Input, capture: Capture) -> Result<(), Errno> {
        let mut sys = Sys::new(self, pid);
        match input {
            Input::Bytes(input) => sys.give_text(0, &input)?,
            Input::Null => sys.install(0, OpenFile::Null),
            Input::Closed => {}
        }
        let (out, err) = match capture {
            Capture::Nothing => (None, None),
            Capture::Out => (Some(Channel::Out), None),
            Capture::Err => (None, Some(Channel::Err)),
            Capture::Separated => (Some(Channel::Out), Some(Channel::Err)),
            Capture::Merged => (Some(Channel::Out), Some(Channel::Out)),
        };
        sys.install(1, out.map_or(OpenFile::Null, |it| OpenFile::Output(pid, it)));
        if capture == Capture::Merged {
            sys.duplicate_to(1, 2);
        } else {
            sys.install(2, err.map_or(OpenFile::Null, |it| OpenFile::Output(pid, it)));
        }
        for channel in [out, err].into_iter().flatten() {
            if let Some(job) = self.processes.jobs.get_mut(&pid) {
                job.open(channel);
            }
        }
        Ok(())
    }

    pub(super) fn undo_start(&mut self, pid: Pid) {
        self.end_process(pid, Ending::Exited(127));
        self.processes.remove_job(pid);
    }

    /// Whether a job is over: its first process has ended and nobody holds its
    /// output. `None` if there is no such job.
    pub fn is_over(&self, pid: Pid) -> Option<bool> {
        self.processes.jobs.get(&pid).map(Job::is_over)
    }

    /// What became of a job that is over; it is forgotten then.
    pub fn take_finished(&mut self, pid: Pid) -> Option<Finished> {
        self.is_over(pid).filter(|it| *it)?;
        let job = self.processes.release_job(pid)?;
        let (ending, _) = job.ending?;
        Some(Finished {
            ending,
            out: job.out.output,
            err: job.err.output,
        })
    }

    /// Nobody will ask for this job any more: its output is closed.
    pub fn forget(&mut self, pid: Pid) {
        self.processes.release_job(pid);
    }

    /// Runs a program and waits for its end, with both output streams kept as one.
    /// The machine is ahead of the agent then: the agent must wait that long too.
    pub fn run(&mut self, agent: &Task, words: &[&[u8]], input: Option<&[u8]>, now: Time) -> Child {
        let launch = Launch {
            words: words.iter().map(|it| it.to_vec()).collect(),
            input: input.map(<[u8]>::to_vec),
            capture: Capture::Merged,
            search: Search::Libc,
            ..Launch::default()
        };
        match self.start(agent, launch, now) {
            Ok(pid) => self.wait_for(pid, now),
            Err(errno) => failed_to_exec(words, errno),
        }
    }

    /// Runs lines of shell as the superuser in `folder` and waits for their end, as
    /// somebody would who looks after the machine. The shell finds all tools, even
    /// those that the machine does not have.
    ///
    /// # Errors
    /// Those of chdir(2), of fork(2) and execve(2).
    pub fn shell(&mut self, folder: &[u8], lines: &[u8], now: Time) -> Result<Child, Errno> {
        self.advance(now);
        let mut operator = self.fs.new_task(Credentials::default(), UMASK, Descriptors::new(0, 0));
        let started = match self.fs.calls(&mut operator).chdir(folder) {
            Ok(()) => self.start_shell(&operator, lines),
            Err(error) => Err(error.into()),
        };
        self.fs.end_task(operator);
        started.map(|pid| self.wait_for(pid, now))
    }

    fn start_shell(&mut self, operator: &Task, lines: &[u8]) -> Result<Pid, Errno> {
        let pid = self.new_job(operator)?;
        self.set_streams(pid, Input::Null, Capture::Merged)?;
        self.processes.get_mut(pid).finds_all_tools = true;
        let words = [b"sh", &b"-c"[..], lines].map(<[u8]>::to_vec).to_vec();
        let environment = self.processes.environment.clone();
        Sys::new(self, pid).become_tool(b"sh", words, environment);
        self.processes.begin(pid);
        Ok(pid)
    }

    /// Lets time pass until a job is over, or can never be.
    pub(super) fn wait_for(&mut self, pid: Pid, now: Time) -> Child {
        let is_over = |guest: &Guest| guest.is_over(pid) != Some(false);
        self.advance_until(now + NEVER, is_over);
        let job = self.processes.release_job(pid).unwrap_or_else(Job::new);
        let (ending, duration) = match job.ending {
            Some((ending, at)) => (ending, at.since(now)),
            None => (Ending::Exited(0), NEVER),
        };
        let output_open = if job.out.open {
            NEVER
        } else {
            job.closed_at.since(now).max(duration)
        };
        Child {
            ending,
            output: job.out.output.bytes,
            duration,
            output_open,
        }
    }
}

impl Processes {
    /// Nobody wants the job any more; it stays only to count what its processes do.
    fn release_job(&mut self, pid: Pid) -> Option<Job> {
        let job = self.remove_job(pid)?;
        if job.members > 0 {
            let (members, turns_left) = (job.members, job.turns_left);
            let rest = Job {
                is_wanted: false,
                members,
                turns_left,
                ..Job::new()
            };
            self.jobs.insert(pid, rest);
        }
        Some(job)
    }
}

/// What a child says that could not become the program it was to be.
fn failed_to_exec(words: &[&[u8]], errno: Errno) -> Child {
    let name = words.first().copied().unwrap_or_default();
    let output = [b"failed to exec '", name, b"': ", errno.text().as_bytes(), b"\n"].concat();
    let duration = super::START;
    Child {
        ending: Ending::Exited(1),
        output,
        duration,
        output_open: duration,
    }
}
