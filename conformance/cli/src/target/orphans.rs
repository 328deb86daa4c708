//! Processes that an agent left behind when it ended.
//!
//! Killing the agent's process group reaches all of them but those that made a
//! session of their own, as a daemon does. So this program has orphans handed to
//! it, where the system can do that (Linux), and knows whose they are by a
//! variable of their environment.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

/// The variable that marks an agent and all its children.
pub(super) const MARK: &str = "QGA_CONFORMANCE_AGENT";
/// How often killed orphans are looked for again until none is left.
const ROUNDS_MAX: usize = 50;
/// The time between two looks.
const ROUND: Duration = Duration::from_millis(2);

/// The children this process had before it started agents: they are somebody else's.
static OTHERS: OnceLock<Vec<Pid>> = OnceLock::new();

/// Has the orphans of all agents handed to this process from now on.
pub fn adopt() {
    OTHERS.get_or_init(children);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Whether an orphan with this mark is alive, or one that shows no mark because it
/// is just becoming another program.
pub(super) fn any(mark: &str) -> bool {
    children().into_iter().any(|it| match environment(it) {
        empty if empty.is_empty() => is_alive(it),
        environment => holds(&environment, mark),
    })
}

/// Kills the orphans with this mark, and those that they leave behind in turn.
pub(super) async fn end(mark: &str) {
    for _ in 0..ROUNDS_MAX {
        let marked: Vec<Pid> = children().into_iter().filter(|it| is_marked(*it, mark)).collect();
        if marked.is_empty() {
            return;
        }
        for orphan in &marked {
            let _ = kill(*orphan, Signal::SIGKILL);
        }
        tokio::time::sleep(ROUND).await;
        marked.into_iter().for_each(bury);
    }
}

/// Waits for the killed members of a process group and takes their exit statuses,
/// so that they do not stay as zombies for the rest of the run.
pub(super) async fn bury_group(leader: Pid) {
    for _ in 0..ROUNDS_MAX {
        match waitpid(Pid::from_raw(-leader.as_raw()), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => tokio::time::sleep(ROUND).await,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// Kills whatever is still a child of this process, marked or not, but for those that
/// it had before there were agents.
pub(super) fn kill_all() {
    let others = OTHERS.get().map_or(&[][..], Vec::as_slice);
    for child in children().into_iter().filter(|it| !others.contains(it)) {
        let _ = kill(child, Signal::SIGKILL);
    }
}

fn bury(orphan: Pid) {
    let _ = waitpid(orphan, Some(WaitPidFlag::WNOHANG));
}

/// The children of this process, of whichever thread; none where the system does
/// not tell.
fn children() -> Vec<Pid> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|it| fs::read_to_string(it.path().join("children")).ok());
    lists.flat_map(|it| numbers(&it)).collect()
}

fn numbers(list: &str) -> Vec<Pid> {
    list.split_ascii_whitespace()
        .filter_map(|it| it.parse().ok())
        .map(Pid::from_raw)
        .collect()
}

/// Whether a process carries a mark. A dead one has no environment left and does not.
pub(super) fn is_marked(process: Pid, mark: &str) -> bool {
    holds(&environment(process), mark)
}

fn environment(process: Pid) -> Vec<u8> {
    fs::read(format!("/proc/{process}/environ")).unwrap_or_default()
}

fn holds(environment: &[u8], mark: &str) -> bool {
    let wanted = format!("{MARK}={mark}");
    environment.split(|it| *it == 0).any(|it| it == wanted.as_bytes())
}

/// Whether a process is there and no zombie: its state follows its name, which is
/// in brackets and may hold anything.
fn is_alive(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_some_and(|it| !matches!(it, 'Z' | 'X'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_whole_value() {
        let environment = format!("A=1\0{MARK}=/tmp/x/1\0B=2").into_bytes();
        assert!(holds(&environment, "/tmp/x/1"));
        assert!(!holds(&environment, "/tmp/x"));
        assert!(!holds(b"", "/tmp/x"));
    }

    #[test]
    fn this_process_is_alive_and_one_that_is_not_there_is_not() {
        assert!(is_alive(nix::unistd::getpid()));
        assert!(!is_alive(Pid::from_raw(i32::MAX)));
    }
}
