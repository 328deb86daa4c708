//! The guest's processes: who runs, since when, and what became of it.
//!
//! There is one processor, and time is an argument: [`Guest::advance`] runs what
//! can run until then. Processes take turns in the order of their numbers' coming,
//! so that the same machine does the same each time.
//!
//! - [`sys`]: the system calls of a process;
//! - `files`: open files and the processes that share them;
//! - [`job`]: what the agent started, with its output;
//! - `schedule`: whose turn it is;
//! - `search`: where a program is looked for;
//! - `stray`: what some releases read that nobody asked for;
//! - [`signal`], their names and what they do.
//!
//! Whatever they do is bounded: [`PROCESSES_MAX`] of them, [`TURNS_MAX`] turns for
//! each job, [`TURNS_PER_SLICE`] turns in a [`SLICE`] of time, [`TURNS_PER_CALL`] turns
//! while a client waits.

pub(crate) mod files;
pub mod job;
mod schedule;
pub(crate) mod search;
pub mod signal;
mod stray;
pub(crate) mod sys;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::Guest;
use super::errno::Errno;
use super::fs::inode::InodeId;
use super::fs::task::{Descriptors, Task};
use super::program::{Ending, Program, Wait};
use crate::time::Time;
use files::{FileId, OpenFiles};
use job::Job;
use signal::Action;
use sys::Opening;

/// Processes at a time.
pub const PROCESSES_MAX: usize = 256;

/// Jobs at a time: those that run, and those whose end nobody has asked for yet.
pub const JOBS_MAX: usize = 65_536;

/// Turns that a job may take, all its processes together. Then it has had its
/// processor time and is ended by the signal that says so.
pub const TURNS_MAX: u32 = 4_000_000;

/// Turns in a slice of time, all processes together.
pub const TURNS_PER_SLICE: u32 = 1000;

/// The time that so many turns take.
pub const SLICE: Duration = Duration::from_millis(1);

/// Turns that are taken while the agent is called once: a client waits for no more
/// than this. The processes are behind then, and go on with the next call.
pub const TURNS_PER_CALL: u32 = 250_000;

/// The time it takes to start a program.
pub const START: Duration = Duration::from_millis(1);

/// Bytes that a turn's work goes through; more counts as more turns.
pub const BYTES_PER_TURN: usize = 512;

/// Bytes that a program may keep. One that keeps more is killed.
pub const PROCESS_BYTES_MAX: usize = 16 << 20;

/// Bytes that all programs may keep. Whoever wants more is killed.
pub const MEMORY_BYTES_MAX: usize = 256 << 20;

/// Open files of all processes.
pub const OPEN_FILES_MAX: u32 = 4096;

/// The number of the first process that is started, unless the image says otherwise.
pub const FIRST_PID: u32 = 1001;

/// A process number. They count up and are not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pid(pub u32);

/// All processes but the agent.
#[derive(Clone, Debug)]
pub struct Processes {
    table: BTreeMap<Pid, Process>,
    jobs: BTreeMap<Pid, Job>,
    files: OpenFiles,
    next: Pid,
    /// How far the processes have run.
    clock: Time,
    ready: VecDeque<Pid>,
    /// Who is to be woken when. Those who were woken before are passed over.
    timers: BTreeSet<(Time, Pid)>,
    /// Who waits for a pipe; the same holds.
    pipe_waits: BTreeSet<(InodeId, Pid)>,
    turns_left: u32,
    /// Turns left while the agent is called.
    call_turns_left: u32,
    /// When there are new turns.
    next_slice: Time,
    /// Bytes of input and output that are kept.
    kept_bytes: usize,
    /// Bytes that the programs keep.
    memory_bytes: usize,
    /// The agent's descriptor 0.
    zero: stray::Zero,
    /// The environment of the agent, which its children inherit.
    pub(crate) environment: Vec<Vec<u8>>,
}

/// A process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    parent: Option<Pid>,
    children: BTreeSet<Pid>,
    /// The number of the process that its job began with.
    job: Pid,
    task: Task,
    /// What its descriptors stand for.
    files: BTreeMap<u32, FileId>,
    /// Descriptors that neither its children nor the next program get.
    private: BTreeSet<u32>,
    state: State,
    stopped: bool,
    /// None only while it has its turn.
    program: Option<Box<dyn Program>>,
    pending: BTreeSet<u8>,
    /// What it does with signals, where that is not the default.
    actions: BTreeMap<u8, Action>,
    /// A fifo whose other end it waits for.
    opening: Option<Opening>,
    environment: Vec<Vec<u8>>,
    memory_bytes: usize,
    /// Tools are found whatever the machine's files are.
    finds_all_tools: bool,
}

/// How a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// It has its turn.
    Running,
    Waiting(Wait),
    /// It has ended, and its parent has not asked yet.
    Ended(Ending),
}

impl Processes {
    /// No processes yet; `first` is the number of the first.
    pub(crate) fn new(first: Pid, environment: Vec<Vec<u8>>) -> Processes {
        Processes {
            table: BTreeMap::new(),
            jobs: BTreeMap::new(),
            files: OpenFiles::new(OPEN_FILES_MAX),
            next: first,
            clock: Time::ZERO,
            ready: VecDeque::new(),
            timers: BTreeSet::new(),
            pipe_waits: BTreeSet::new(),
            turns_left: TURNS_PER_SLICE,
            call_turns_left: TURNS_PER_CALL,
            next_slice: Time::ZERO,
            kept_bytes: 0,
            memory_bytes: 0,
            zero: stray::Zero::default(),
            environment,
        }
    }

    /// The agent starts anew, with a standard input of its own.
    pub(super) fn welcome_agent(&mut self) {
        self.zero = stray::Zero::default();
    }

    /// The processes there are, ended ones included that nobody has asked for.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        self.table.keys().copied()
    }

    fn get(&self, pid: Pid) -> &Process {
        self.table
            .get(&pid)
            .expect("a process lives as long as its number is in use")
    }

    fn get_mut(&mut self, pid: Pid) -> &mut Process {
        self.table
            .get_mut(&pid)
            .expect("a process lives as long as its number is in use")
    }

    /// A number for a new process, if there may be one more.
    fn new_pid(&mut self) -> Result<Pid, Errno> {
        if self.table.len() >= PROCESSES_MAX {
            return Err(Errno::EAGAIN);
        }
        let pid = self.next;
        self.next = Pid(pid.0.checked_add(1).ok_or(Errno::EAGAIN)?);
        Ok(pid)
    }
}

impl Process {
    fn new(job: Pid, parent: Option<Pid>, task: Task) -> Process {
        Process {
            parent,
            children: BTreeSet::new(),
            job,
            task,
            files: BTreeMap::new(),
            private: BTreeSet::new(),
            state: State::Ready,
            stopped: false,
            program: None,
            pending: BTreeSet::new(),
            actions: BTreeMap::new(),
            opening: None,
            environment: Vec::new(),
            memory_bytes: 0,
            finds_all_tools: false,
        }
    }
}

impl Guest {
    /// A task like another, with nothing open.
    fn fork_task(&mut self, task: &Task) -> Task {
        self.fs.inode_mut(task.folder.inode).holds += 1;
        Task {
            credentials: task.credentials.clone(),
            folder: task.folder,
            umask: task.umask,
            files: Descriptors::new(0, 0),
        }
    }

    /// The end of a process: what it has open is closed, what it started goes on
    /// without it, and whoever waits for it is told.
    fn end_process(&mut self, pid: Pid, ending: Ending) {
        let descriptors: Vec<u32> = self.processes.get(pid).files.keys().copied().collect();
        let mut sys = Sys::new(self, pid);
        sys.abandon_opening();
        for descriptor in descriptors {
            sys.close(descriptor);
        }
        self.leave_children(pid);
        let process = self.processes.get_mut(pid);
        process.state = State::Ended(ending);
        process.program = None;
        let memory = std::mem::take(&mut process.memory_bytes);
        let (parent, job) = (process.parent, process.job);
        self.processes.memory_bytes -= memory;
        self.processes.leave_job(job, pid, ending);
        match parent {
            Some(parent) => self.processes.wake(parent, |wait| wait == Wait::Child),
            None => self.remove_process(pid),
        }
    }

    /// A child that could not become what it was to be.
    fn discard_process(&mut self, pid: Pid) {
        self.end_process(pid, Ending::Exited(127));
        self.remove_process(pid);
    }

    /// Its children are nobody's; those that have ended are gone.
    fn leave_children(&mut self, pid: Pid) {
        for child in std::mem::take(&mut self.processes.get_mut(pid).children) {
            let process = self.processes.get_mut(child);
            process.parent = None;
            if matches!(process.state, State::Ended(_)) {
                self.remove_process(child);
            }
        }
    }

    fn remove_process(&mut self, pid: Pid) {
        let Some(process) = self.processes.table.remove(&pid) else {
            return;
        };
        if let Some(parent) = process.parent {
            self.processes.get_mut(parent).children.remove(&pid);
        }
        self.fs.end_task(process.task);
    }
}

use sys::Sys;
