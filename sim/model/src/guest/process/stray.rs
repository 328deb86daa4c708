//! What releases read that were asked for one stream of a program's output only.
//!
//! They read two all the same, and know no descriptor for the other: it is 0. At
//! first that is the agent's standard input, which has nothing to read and is closed
//! at its end. From then on 0 is the lowest free number, and goes to whatever comes
//! next: to a client's file, whose content is then taken for output, and which is
//! closed under the client's hands; to the pipe from a program, which is then read
//! twice, until one of the readers waits for ever; to the agent's hold on a program
//! that runs.
//!
//! Readers take turns, each with what it finds. Who finds the end closes the
//! descriptor, and those behind it find it closed; those before it were just served
//! and go on to wait, for whatever will have the number next.

use super::job::{Capture, Channel};
use super::{Pid, Processes};
use crate::guest::Guest;
use crate::guest::fs::inode::Kind;
use crate::guest::fs::task::{Fd, Task};

/// Bytes that a reader takes at a time: to where its buffer is as long as a multiple
/// of this.
const PIECE_BYTES: usize = 4096;

/// Bytes read of a file. One that is longer counts as having no end: a device has
/// none, and the agent would read for days.
const FILE_BYTES_MAX: usize = 64 << 20;

/// Bytes in the pipe from a program that wait for the agent, at most.
const PIPE_BYTES_MAX: usize = 64 << 10;

/// The descriptor.
const ZERO: Fd = Fd(0);

/// Who has the agent's descriptor 0, and who reads from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Zero {
    owner: Owner,
    /// In the order of their turns.
    readers: Vec<(Pid, Channel)>,
    /// Whose turn it is.
    turn: usize,
    /// What a program has written and the agent has not read: it wakes up later than
    /// most programs write their few lines.
    pipe: Vec<u8>,
}

/// Who has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Owner {
    /// The agent's standard input, where nothing comes.
    #[default]
    StandardInput,
    /// The pipe from a program.
    Output(Pid, Channel),
    /// The agent, to hear of a program's end.
    Process(Pid),
    /// Nobody any more, which the agent's task does not know yet.
    Left,
    /// Nobody, or a client's file: the agent's task knows.
    Task,
}

impl Zero {
    /// The end was found by the reader whose turn it is: it and those behind it have done.
    fn end(&mut self) -> Vec<(Pid, Channel)> {
        self.owner = Owner::Left;
        self.readers.split_off(std::mem::take(&mut self.turn))
    }

    fn next_turn(&mut self) {
        self.turn = (self.turn + 1) % self.readers.len().max(1);
    }
}

impl Guest {
    /// A program was started, of whose output one stream or both are wanted: gives
    /// descriptor 0 away if it is free, and has the agent read from it.
    pub(crate) fn read_stray(&mut self, agent: &mut Task, pid: Pid, has_input: bool, capture: Capture) {
        if agent.files.is_free(ZERO) {
            agent.files.occupy(ZERO);
            self.processes.zero.owner = match capture.first() {
                Some(channel) if !has_input => Owner::Output(pid, channel),
                _ => Owner::Process(pid),
            };
        }
        self.processes.add_readers(pid, capture);
        self.settle(agent);
    }

    /// The agent reads from descriptor 0 what is there to read now. To be called where
    /// it may have become another's, and before it may.
    pub(crate) fn settle(&mut self, agent: &mut Task) {
        self.processes.deal();
        let zero = &self.processes.zero;
        if zero.owner == Owner::StandardInput && !zero.readers.is_empty() {
            self.processes.end_zero();
        }
        if self.processes.zero.owner == Owner::Left {
            agent.files.vacate(ZERO);
            self.processes.zero.owner = Owner::Task;
        }
        self.read_file(agent);
    }

    /// Readers read a client's file, and close it.
    fn read_file(&mut self, agent: &mut Task) {
        let mut left = FILE_BYTES_MAX;
        while let Some(&(pid, channel)) = self.processes.zero.readers.get(self.processes.zero.turn) {
            let mut sys = self.fs.calls(agent);
            let Ok(stat) = sys.fstat(ZERO) else { return };
            let mut bytes = Vec::new();
            let read = sys.read(ZERO, self.processes.piece(pid, channel), &mut bytes);
            match read {
                Ok(1..) if left == 0 => return self.processes.zero.readers.clear(),
                Ok(count @ 1..) => {
                    left = left.saturating_sub(count);
                    self.processes.keep(pid, channel, &bytes);
                    self.processes.zero.next_turn();
                }
                // What is not there yet may come.
                _ if stat.kind == Kind::Fifo => return,
                _ => {
                    // It is open: closing it cannot fail.
                    let _ = sys.close(ZERO);
                    self.processes.end_zero();
                    self.processes.zero.owner = Owner::Task;
                }
            }
        }
    }
}

impl Processes {
    fn add_readers(&mut self, pid: Pid, capture: Capture) {
        let stray = match capture {
            Capture::Out => Some(Channel::Err),
            Capture::Err => Some(Channel::Out),
            _ => None,
        };
        if let (Some(channel), Some(job)) = (stray, self.jobs.get_mut(&pid)) {
            job.open(channel);
        }
        for channel in [Channel::Out, Channel::Err] {
            if stray == Some(channel) || self.zero.owner == Owner::Output(pid, channel) {
                self.zero.readers.push((pid, channel));
            }
        }
    }

    /// Bytes that a reader takes next.
    fn piece(&self, pid: Pid, channel: Channel) -> usize {
        let kept = self.jobs.get(&pid).map_or(0, |it| it.output_len(channel));
        PIECE_BYTES - kept % PIECE_BYTES
    }

    /// Takes what a program writes to a pipe, if that is descriptor 0; whether it is.
    pub(super) fn fill(&mut self, job: Pid, channel: Channel, bytes: &[u8]) -> bool {
        let is_zero = self.zero.owner == Owner::Output(job, channel);
        if is_zero {
            self.zero.pipe.extend_from_slice(bytes);
            if self.zero.pipe.len() >= PIPE_BYTES_MAX {
                self.deal();
            }
        }
        is_zero
    }

    /// Readers read what is in the pipe.
    fn deal(&mut self) {
        let pipe = std::mem::take(&mut self.zero.pipe);
        let mut bytes = pipe.as_slice();
        while let Some(&(pid, channel)) = self.zero.readers.get(self.zero.turn).filter(|_| !bytes.is_empty()) {
            let (piece, rest) = bytes.split_at(bytes.len().min(self.piece(pid, channel)));
            self.keep(pid, channel, piece);
            self.zero.next_turn();
            bytes = rest;
        }
    }

    /// Nobody can write to a program's pipe any more; whether that is descriptor 0.
    pub(super) fn end_pipe(&mut self, job: Pid, channel: Channel) -> bool {
        let is_zero = self.zero.owner == Owner::Output(job, channel);
        if is_zero {
            self.deal();
            self.end_zero();
        }
        is_zero
    }

    /// A program has ended, and the agent lets go of it.
    pub(super) fn end_hold(&mut self, job: Pid) {
        if self.zero.owner == Owner::Process(job) {
            self.end_zero();
        }
    }

    fn end_zero(&mut self) {
        for (pid, channel) in self.zero.end() {
            self.close_stream(pid, channel);
        }
    }
}
