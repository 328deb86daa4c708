//! fork(), execve(), wait() and kill().

use std::collections::BTreeSet;

use super::Sys;
use crate::guest::errno::Errno;
use crate::guest::process::signal::{self, Action};
use crate::guest::process::{Pid, Process, State};
use crate::guest::program::{Ending, Program, load};
use crate::guest::tools;

/// Bytes of one argument or variable of a new program.
const WORD_BYTES_MAX: usize = 128 * 1024 - 1;

/// Bytes of all arguments and variables of a new program.
const WORDS_BYTES_MAX: usize = 2 << 20;

/// What making a process costs, as so many bytes.
const FORK_BYTES: usize = 16 * 1024;

/// Programs that are scripts of scripts.
const INTERPRETERS_MAX: usize = 5;

/// What asking for a child tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaped {
    /// It runs.
    Running,
    /// It has ended, and is gone now.
    Ended(Ending),
    /// There is no such child.
    Unknown,
}

impl Sys<'_> {
    /// Starts a child that runs this, with everything that is open here. What the
    /// first of each pair stands for here, the second stands for there.
    pub(crate) fn fork(&mut self, program: Box<dyn Program>, moves: &[(u32, u32)]) -> Result<Pid, Errno> {
        let child = self.fork_without_program()?;
        for (from, to) in moves {
            if let Some(id) = self.process().files.get(from).copied() {
                self.guest.processes.files.share(id);
                Sys::new(self.guest, child).put(*to, id);
            }
        }
        let processes = &mut self.guest.processes;
        processes.get_mut(child).program = Some(program);
        processes.queue(child);
        Ok(child)
    }

    /// Starts a child that becomes the program at this path.
    ///
    /// # Errors
    /// Those of fork(2) and execve(2); there is no child then.
    pub(crate) fn spawn(&mut self, path: &[u8], words: Vec<Vec<u8>>, environment: Vec<Vec<u8>>) -> Result<Pid, Errno> {
        let child = self.fork_without_program()?;
        match Sys::new(self.guest, child).exec(path, words, environment) {
            Ok(()) => {
                self.guest.processes.begin(child);
                Ok(child)
            }
            Err(errno) => {
                self.guest.discard_process(child);
                Err(errno)
            }
        }
    }

    pub(super) fn fork_without_program(&mut self) -> Result<Pid, Errno> {
        self.charge(FORK_BYTES);
        let child = self.guest.processes.new_pid()?;
        let parent = self.process();
        let (job, files, environment) = (parent.job, parent.files.clone(), parent.environment.clone());
        let (actions, finds_all_tools) = (parent.actions.clone(), parent.finds_all_tools);
        let private = parent.private.clone();
        let task = parent.task.clone();
        let task = self.guest.fork_task(&task);
        let mut process = Process::new(job, Some(self.pid), task);
        process.actions = actions.into_iter().filter(|(_, it)| *it == Action::Ignore).collect();
        process.environment = environment;
        process.finds_all_tools = finds_all_tools;
        process.files = files
            .into_iter()
            .filter(|(descriptor, _)| !private.contains(descriptor))
            .collect();
        process
            .files
            .values()
            .for_each(|id| self.guest.processes.files.share(*id));
        self.guest.processes.table.insert(child, process);
        self.process_mut().children.insert(child);
        self.guest.processes.join_job(job);
        Ok(child)
    }

    /// Becomes the program at this path.
    ///
    /// # Errors
    /// Those of execve(2).
    pub(crate) fn exec(
        &mut self,
        path: &[u8],
        mut words: Vec<Vec<u8>>,
        environment: Vec<Vec<u8>>,
    ) -> Result<(), Errno> {
        let mut path = path.to_vec();
        for _ in 0..INTERPRETERS_MAX {
            match load::look(self, &path)? {
                load::Found::Binary(name) => {
                    check_size(&words, &environment)?;
                    return self.become_program(&name, words, environment);
                }
                load::Found::Script { interpreter, argument } => {
                    let rest = words.into_iter().skip(1);
                    words = [interpreter.clone()]
                        .into_iter()
                        .chain(argument)
                        .chain([path])
                        .chain(rest)
                        .collect();
                    path = interpreter;
                }
            }
        }
        Err(Errno::ELOOP)
    }

    pub(super) fn become_program(
        &mut self,
        name: &[u8],
        words: Vec<Vec<u8>>,
        environment: Vec<Vec<u8>>,
    ) -> Result<(), Errno> {
        let program = load::make(self.guest, name, words, &environment).ok_or(Errno::ENOEXEC)?;
        self.replace_program(program, environment);
        Ok(())
    }

    /// Becomes a tool, whether the machine has it or not.
    pub(crate) fn become_tool(&mut self, name: &[u8], words: Vec<Vec<u8>>, environment: Vec<Vec<u8>>) -> bool {
        let program = tools::make(name, words, &environment);
        let is_one = program.is_some();
        if let Some(program) = program {
            self.replace_program(program, environment);
        }
        is_one
    }

    /// Starts a child that becomes a tool, whether the machine has it or not.
    pub(crate) fn spawn_tool(
        &mut self,
        name: &[u8],
        words: Vec<Vec<u8>>,
        environment: Vec<Vec<u8>>,
    ) -> Result<Pid, Errno> {
        let child = self.fork_without_program()?;
        if Sys::new(self.guest, child).become_tool(name, words, environment) {
            self.guest.processes.begin(child);
            return Ok(child);
        }
        self.guest.discard_process(child);
        Err(Errno::ENOENT)
    }

    pub(super) fn replace_program(&mut self, program: Box<dyn Program>, environment: Vec<Vec<u8>>) {
        for descriptor in std::mem::take(&mut self.process_mut().private) {
            self.close(descriptor);
        }
        let process = self.process_mut();
        process.program = Some(program);
        process.environment = environment;
        process.actions.retain(|_, action| *action == Action::Ignore);
    }

    /// What has become of a child.
    pub(crate) fn reap(&mut self, child: Pid) -> Reaped {
        let own = Some(self.pid);
        match self
            .guest
            .processes
            .table
            .get(&child)
            .filter(|it| it.parent == own)
            .map(|it| it.state)
        {
            None => Reaped::Unknown,
            Some(State::Ended(ending)) => {
                self.guest.remove_process(child);
                Reaped::Ended(ending)
            }
            Some(_) => Reaped::Running,
        }
    }

    /// Sends a signal; 0 only asks whether one could.
    pub(crate) fn kill(&mut self, pid: Pid, signal: u8) -> Result<(), Errno> {
        let target = self.guest.processes.table.get(&pid).ok_or(Errno::ESRCH)?;
        let sender = self.uid();
        if sender != 0 && sender != target.task.credentials.uid {
            return Err(Errno::EPERM);
        }
        if signal > 0 {
            self.guest.processes.post(pid, signal);
        }
        Ok(())
    }

    /// Says what it does with a signal.
    pub(crate) fn set_action(&mut self, signal: u8, action: Option<Action>) {
        let actions = &mut self.process_mut().actions;
        match action {
            Some(action) if signal::can_be_cared_for(signal) => {
                actions.insert(signal, action);
            }
            _ => {
                actions.remove(&signal);
            }
        }
    }

    /// The signals it does not care for.
    pub(crate) fn ignored_signals(&self) -> BTreeSet<u8> {
        let ignored = self.process().actions.iter().filter(|(_, it)| **it == Action::Ignore);
        ignored.map(|(signal, _)| *signal).collect()
    }

    /// The signals it catches that have come.
    pub(crate) fn take_caught(&mut self) -> Vec<u8> {
        let process = self.process_mut();
        let caught = |signal: &u8| process.actions.get(signal) == Some(&Action::Catch);
        let taken: Vec<u8> = process.pending.iter().copied().filter(caught).collect();
        process.pending.retain(|it| !taken.contains(it));
        taken
    }
}

fn check_size(words: &[Vec<u8>], environment: &[Vec<u8>]) -> Result<(), Errno> {
    let mut all = 0;
    for word in words.iter().chain(environment) {
        if word.len() > WORD_BYTES_MAX {
            return Err(Errno::E2BIG);
        }
        all += word.len() + 1 + size_of::<u64>();
    }
    if all > WORDS_BYTES_MAX {
        Err(Errno::E2BIG)
    } else {
        Ok(())
    }
}
