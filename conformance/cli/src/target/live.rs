//! The agents that run at this moment. Whatever ends the program, be it the last
//! script, Ctrl-C or a panic, none of them is left behind.
//!
//! This is the one global of the program: a panic hook has nowhere else to look.

use crate::target::orphans;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::process::{Child, Command};

static LIVE: Mutex<Live> = Mutex::new(Live {
    closed: false,
    groups: Vec::new(),
    folders: Vec::new(),
});

struct Live {
    /// No agent may start any more: the program is ending.
    closed: bool,
    groups: Vec<Pid>,
    /// Folders to remove, for an end that runs no destructor.
    folders: Vec<PathBuf>,
}

/// The process group of an agent: it is killed when this is dropped.
#[derive(Debug)]
pub struct Group {
    leader: Pid,
}

/// Starts a command as the leader of a process group of its own.
///
/// # Errors
/// The system's, or `Interrupted` when the program is already ending.
pub fn start(command: &mut Command) -> io::Result<(Child, Group)> {
    let mut live = lock();
    if live.closed {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let child = command.process_group(0).spawn()?;
    let leader = child.id().map(|it| Pid::from_raw(it.cast_signed()));
    let leader = leader.ok_or_else(|| io::Error::other("the process has no number"))?;
    live.groups.push(leader);
    Ok((child, Group { leader }))
}

/// Has a folder removed even if the program ends without its destructors.
pub fn remember_folder(folder: PathBuf) {
    lock().folders.push(folder);
}

/// Kills every agent, removes the folders and lets no other agent start.
pub fn end_all() {
    end(lock());
}

/// As [`end_all`], for a panic hook: does nothing if the panic came from in here.
pub fn end_all_if_possible() {
    if let Ok(live) = LIVE.try_lock() {
        end(live);
    }
}

fn end(mut live: MutexGuard<'_, Live>) {
    live.closed = true;
    for group in live.groups.drain(..) {
        let _ = killpg(group, Signal::SIGKILL);
    }
    orphans::kill_all();
    for folder in live.folders.drain(..) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

fn lock() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Group {
    /// The number of the process that leads the group.
    pub fn leader(&self) -> Pid {
        self.leader
    }

    /// Sends the whole group a signal; a group without members is no error.
    pub fn signal(&self, signal: Signal) {
        let _ = killpg(self.leader, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        lock().groups.retain(|it| *it != self.leader);
    }
}
