//! Children: what is substituted, piped, run apart or in the background.

use std::collections::VecDeque;

use super::{READ_BYTES, WRONG};
use crate::guest::errno::Errno;
use crate::guest::process::Pid;
use crate::guest::process::signal::{self, SIGPIPE};
use crate::guest::process::sys::{Reaped, Sys};
use crate::guest::program::{Ending, Fault, Turn, Wait};
use crate::guest::shell::code::Code;
use crate::guest::shell::{Doing, Shell, Stop, status_of};
use crate::guest::tools::text;

/// Bytes that a substituted command may print.
const SUBSTITUTED_BYTES_MAX: usize = 4 << 20;

/// The signal of a key that interrupts.
const SIGINT: u8 = 2;

impl Shell {
    /// Runs some code for what it prints.
    pub(super) fn substitute(&mut self, sys: &mut Sys<'_>, code: &Code) -> Result<(), Errno> {
        let (reads, writes) = sys.pipe()?;
        let child = sys.fork(Box::new(self.subshell_of(code)), &[(writes, 1)]);
        sys.close(writes);
        match child {
            Ok(child) => {
                self.doing = Doing::Collect {
                    child,
                    reads,
                    bytes: Vec::new(),
                }
            }
            Err(_) => {
                sys.close(reads);
            }
        }
        child.map(|_| ())
    }

    pub(super) fn collect(
        &mut self,
        sys: &mut Sys<'_>,
        child: Pid,
        reads: u32,
        mut bytes: Vec<u8>,
    ) -> Result<Turn, Stop> {
        match sys.read(reads, READ_BYTES, &mut bytes) {
            Err(Fault::Wait(wait)) => {
                self.doing = Doing::Collect { child, reads, bytes };
                Err(Stop::Wait(wait))
            }
            Ok(count) if count > 0 => {
                if bytes.len() > SUBSTITUTED_BYTES_MAX {
                    return Err(Stop::NoMemory);
                }
                self.doing = Doing::Collect { child, reads, bytes };
                Ok(Turn::Again)
            }
            _ => {
                sys.close(reads);
                self.memo.push(bytes);
                self.doing = Doing::Substituted { child };
                Ok(Turn::Again)
            }
        }
    }

    pub(super) fn substituted(&mut self, sys: &mut Sys<'_>, child: Pid) -> Result<Turn, Stop> {
        match sys.reap(child) {
            Reaped::Running => {
                self.doing = Doing::Substituted { child };
                Err(Stop::Wait(Wait::Child))
            }
            Reaped::Ended(ending) => {
                self.substituted = Some(status_of(ending));
                Ok(Turn::Again)
            }
            Reaped::Unknown => Ok(Turn::Again),
        }
    }

    /// Waits for children of an operation that is done but for its status.
    pub(in crate::guest::shell) fn wait_for(&mut self, children: impl Into<VecDeque<Pid>>) {
        let left = children.into();
        if let Some(last) = left.back().copied() {
            self.doing = Doing::Children { left, last };
        }
    }

    pub(super) fn children(&mut self, sys: &mut Sys<'_>, mut left: VecDeque<Pid>, last: Pid) -> Result<Turn, Stop> {
        while let Some(child) = left.front().copied() {
            match sys.reap(child) {
                Reaped::Running => {
                    self.doing = Doing::Children { left, last };
                    return Err(Stop::Wait(Wait::Child));
                }
                Reaped::Ended(ending) if child == last => self.take_ending(ending),
                Reaped::Ended(_) | Reaped::Unknown => {}
            }
            left.pop_front();
        }
        self.check_status(sys);
        Ok(Turn::Again)
    }

    /// The status of a child that was waited for; its signal is told.
    pub(in crate::guest::shell) fn take_ending(&mut self, ending: Ending) {
        self.status = status_of(ending);
        if let Ending::Signalled(number) = ending
            && number != SIGINT
            && number != SIGPIPE
        {
            self.out.write_to(2, text![signal::sentence(number), "\n"]);
        }
    }

    pub(super) fn pipe(&mut self, sys: &mut Sys<'_>, parts: &[usize]) -> Result<(), Stop> {
        let (mut children, mut input) = (VecDeque::new(), None);
        let mut start = self.at + 1;
        for (index, len) in parts.iter().enumerate() {
            let ends = if index + 1 < parts.len() {
                Some(sys.pipe().map_err(cannot_fork)?)
            } else {
                None
            };
            let mut moves = Vec::new();
            moves.extend(input.map(|it| (it, 0)));
            moves.extend(ends.map(|(_, writes)| (writes, 1)));
            let child = sys.fork(Box::new(self.subshell(start, *len)), &moves);
            for used in moves {
                sys.close(used.0);
            }
            children.push_back(child.map_err(cannot_fork)?);
            input = ends.map(|(reads, _)| reads);
            start += len;
        }
        self.step(start - self.at);
        self.wait_for(children);
        Ok(())
    }

    pub(super) fn start_subshell(&mut self, sys: &mut Sys<'_>, len: usize) -> Result<(), Stop> {
        let child = sys
            .fork(Box::new(self.subshell(self.at + 1, len)), &[])
            .map_err(cannot_fork)?;
        self.step(1 + len);
        self.wait_for([child]);
        Ok(())
    }

    pub(super) fn start_background(&mut self, sys: &mut Sys<'_>, len: usize) -> Result<(), Stop> {
        let nothing = sys.open_nothing().map_err(cannot_fork)?;
        let child = sys.fork(Box::new(self.subshell(self.at + 1, len)), &[(nothing, 0)]);
        sys.close(nothing);
        let child = child.map_err(cannot_fork)?;
        self.background = Some(child);
        self.children.insert(child, None);
        self.status = 0;
        self.step(1 + len);
        Ok(())
    }
}

fn cannot_fork(_: Errno) -> Stop {
    Stop::Fatal(b"Cannot fork".to_vec(), WRONG)
}
