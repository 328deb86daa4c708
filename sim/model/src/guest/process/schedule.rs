//! Whose turn it is, and what time.

use super::signal::{self, Action, Effect, SIGCONT, SIGKILL, SIGXCPU};
use super::sys::Sys;
use super::{
    MEMORY_BYTES_MAX, PROCESS_BYTES_MAX, Pid, Process, Processes, SLICE, START, State, TURNS_PER_CALL, TURNS_PER_SLICE,
};
use crate::guest::Guest;
use crate::guest::fs::inode::InodeId;
use crate::guest::program::{Ending, NEVER, Turn, Wait};
use crate::time::Time;

impl Guest {
    /// Lets the processes run until `now`, or as far as one call goes.
    pub fn advance(&mut self, now: Time) {
        self.processes.call_turns_left = TURNS_PER_CALL;
        self.advance_until(now, |guest| guest.processes.call_turns_left == 0);
    }

    /// Lets the processes run until `end`, or until it is enough.
    pub(super) fn advance_until(&mut self, end: Time, is_enough: impl Fn(&Guest) -> bool) {
        self.processes.look_again();
        while !is_enough(self) {
            self.processes.wake_due();
            match self.processes.next() {
                Some(pid) => self.take_turn(pid),
                None => {
                    let goes_on = self.processes.pass_time(end);
                    self.set_fs_clock();
                    if !goes_on {
                        break;
                    }
                }
            }
        }
    }

    /// Changes are stamped with the time on the machine's clock.
    fn set_fs_clock(&mut self) {
        let stamp = i64::try_from(self.clock.now(self.processes.clock));
        self.fs.set_clock(stamp.unwrap_or(i64::MAX));
    }

    fn take_turn(&mut self, pid: Pid) {
        if let Some(ending) = self.processes.deliver(pid) {
            return self.end_process(pid, ending);
        }
        let process = self.processes.get_mut(pid);
        if process.stopped {
            process.state = State::Waiting(Wait::Signal);
            return;
        }
        let Some(mut program) = process.program.take() else {
            return;
        };
        let turn = program.turn(&mut Sys::new(self, pid));
        let process = self.processes.get_mut(pid);
        if process.program.is_some() {
            // It has become another program meanwhile.
            return self.processes.begin(pid);
        }
        let memory = program.memory_bytes();
        process.program = Some(program);
        match self.processes.count_memory(pid, memory) {
            true => self.after_turn(pid, turn),
            false => self.end_process(pid, Ending::Signalled(SIGKILL)),
        }
    }

    fn after_turn(&mut self, pid: Pid, turn: Turn) {
        match turn {
            Turn::Exit(status) => self.end_process(pid, Ending::Exited(status)),
            Turn::Wait(wait) => self.processes.wait(pid, wait),
            Turn::Again if self.processes.may_go_on(pid) => self.processes.queue(pid),
            Turn::Again => self.end_process(pid, Ending::Signalled(SIGXCPU)),
        }
    }
}

impl Processes {
    /// Whose turn it is, if there are turns left.
    fn next(&mut self) -> Option<Pid> {
        if self.clock >= self.next_slice {
            self.turns_left = TURNS_PER_SLICE;
            self.next_slice = self.clock + SLICE;
        }
        self.turns_left = self.turns_left.checked_sub(1)?;
        self.call_turns_left = self.call_turns_left.saturating_sub(1);
        let next = self.ready.pop_front();
        match next {
            Some(pid) => self.get_mut(pid).state = State::Running,
            None => self.turns_left += 1,
        }
        next
    }

    /// Moves the clock to where something can happen, `end` at the most; whether
    /// there is something.
    fn pass_time(&mut self, end: Time) -> bool {
        let timer = self.timers.first().map(|(at, _)| *at);
        let slice = Some(self.next_slice).filter(|_| !self.ready.is_empty());
        match [timer, slice].into_iter().flatten().min() {
            Some(next) if next <= end => {
                self.clock = self.clock.max(next);
                true
            }
            _ => {
                self.clock = self.clock.max(self.idle_end(end));
                false
            }
        }
    }

    /// Where the clock stops when nothing can happen: a wait for ever takes no time,
    /// even if some has passed since it began.
    fn idle_end(&self, end: Time) -> Time {
        if end.since(self.clock) >= NEVER / 2 {
            self.clock
        } else {
            end
        }
    }

    fn wake_due(&mut self) {
        while let Some((at, pid)) = self.timers.first().copied().filter(|(at, _)| *at <= self.clock) {
            self.timers.pop_first();
            self.wake(pid, |wait| wait == Wait::Until(at));
        }
    }

    /// Whoever waits for something that the agent or a thaw may have brought looks
    /// again.
    pub(crate) fn look_again(&mut self) {
        let waits = |process: &Process| matches!(process.state, State::Waiting(Wait::Pipe(_) | Wait::Thaw));
        let waiting: Vec<Pid> = self
            .table
            .iter()
            .filter(|(_, it)| waits(it))
            .map(|(pid, _)| *pid)
            .collect();
        self.pipe_waits.clear();
        waiting.into_iter().for_each(|pid| self.queue(pid));
    }

    /// Something happened to a pipe.
    pub(super) fn stir(&mut self, pipe: InodeId) {
        let all = (pipe, Pid(0))..=(pipe, Pid(u32::MAX));
        let waiting: Vec<Pid> = self.pipe_waits.range(all).map(|(_, pid)| *pid).collect();
        for pid in waiting {
            self.pipe_waits.remove(&(pipe, pid));
            self.wake(pid, |wait| wait == Wait::Pipe(pipe));
        }
    }

    /// Wakes a process if it waits for this.
    pub(super) fn wake(&mut self, pid: Pid, is_it: impl Fn(Wait) -> bool) {
        let state = self.table.get(&pid).map(|it| it.state);
        if matches!(state, Some(State::Waiting(wait)) if is_it(wait)) {
            self.queue(pid);
        }
    }

    pub(super) fn queue(&mut self, pid: Pid) {
        self.get_mut(pid).state = State::Ready;
        self.ready.push_back(pid);
    }

    fn wait(&mut self, pid: Pid, wait: Wait) {
        if !self.get(pid).pending.is_empty() {
            return self.queue(pid);
        }
        self.get_mut(pid).state = State::Waiting(wait);
        match wait {
            Wait::Until(at) => drop(self.timers.insert((at, pid))),
            Wait::Pipe(pipe) => drop(self.pipe_waits.insert((pipe, pid))),
            Wait::Child | Wait::Thaw | Wait::Signal => {}
        }
    }

    /// The process has become a program, which takes a moment to start.
    pub(super) fn begin(&mut self, pid: Pid) {
        let at = self.clock + START;
        self.wait(pid, Wait::Until(at));
    }

    /// Takes note of what a process keeps; whether there is room for that.
    fn count_memory(&mut self, pid: Pid, memory: usize) -> bool {
        let process = self.get_mut(pid);
        let before = std::mem::replace(&mut process.memory_bytes, memory);
        self.memory_bytes = self.memory_bytes + memory - before;
        memory <= before || memory <= PROCESS_BYTES_MAX && self.memory_bytes <= MEMORY_BYTES_MAX
    }

    /// Counts work of a process that takes as long as so many turns.
    pub(super) fn charge(&mut self, pid: Pid, turns: u32) {
        let job = self.get(pid).job;
        self.turns_left = self.turns_left.saturating_sub(turns);
        self.call_turns_left = self.call_turns_left.saturating_sub(turns);
        if let Some(job) = self.jobs.get_mut(&job) {
            job.turns_left = job.turns_left.saturating_sub(turns);
        }
    }

    /// Counts a turn of the process's job; whether there are more.
    fn may_go_on(&mut self, pid: Pid) -> bool {
        let job = self.get(pid).job;
        let Some(job) = self.jobs.get_mut(&job) else {
            return true;
        };
        match job.turns_left.checked_sub(1) {
            Some(left) => {
                job.turns_left = left;
                true
            }
            None => false,
        }
    }

    /// Sends a process a signal.
    pub(super) fn post(&mut self, pid: Pid, signal: u8) {
        let process = self.get_mut(pid);
        if signal == SIGCONT {
            process.stopped = false;
        }
        let effect = match process.actions.get(&signal) {
            Some(Action::Ignore) => Effect::Nothing,
            Some(Action::Catch) => Effect::End,
            None => signal::default(signal),
        };
        match (effect, process.state) {
            (_, State::Ended(_)) | (Effect::Nothing, _) => return,
            (Effect::Continue, _) => {}
            (Effect::Stop | Effect::End, _) => {
                process.pending.insert(signal);
            }
        }
        self.wake(pid, |_| true);
    }

    /// What pending signals do to a process; how it ends, if it does.
    fn deliver(&mut self, pid: Pid) -> Option<Ending> {
        let process = self.get_mut(pid);
        if process.stopped && !process.pending.contains(&SIGKILL) {
            return None;
        }
        let uncared: Vec<u8> = process
            .pending
            .iter()
            .copied()
            .filter(|it| !process.actions.contains_key(it))
            .collect();
        for signal in uncared {
            process.pending.remove(&signal);
            match signal::default(signal) {
                Effect::End => return Some(Ending::Signalled(signal)),
                Effect::Stop => process.stopped = true,
                Effect::Continue | Effect::Nothing => {}
            }
        }
        None
    }
}
