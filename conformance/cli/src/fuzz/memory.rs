//! What the agent takes of the memory of this machine, if this program started it here.

use std::fs;

/// How much an agent may grow after it has warmed up, in KiB.
pub const GROWTH_KIB_MAX: u64 = 64 << 10;
/// How many requests warm an agent up.
pub const WARM_REQUESTS: u64 = 2_000;

/// The memory of one agent, from its start to its end: the next one has its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// What it was asked so far.
    requests: u64,
    /// What it had when it was warm, in KiB.
    warm: Option<u64>,
}

/// By how much an agent has grown too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// In KiB, since it was warm.
    pub kib: u64,
    /// The requests that it was asked in all.
    pub requests: u64,
}

impl Memory {
    /// The agent was asked something.
    pub fn asked(&mut self, requests: u64) {
        self.requests += requests;
    }

    /// Looks at the agent's process: by how much it has grown too much.
    pub fn look(&mut self, process: i32) -> Option<Growth> {
        if self.requests < WARM_REQUESTS {
            return None;
        }
        let now = resident_kib(process)?;
        let warm = *self.warm.get_or_insert(now);
        let kib = now.checked_sub(warm).filter(|it| *it > GROWTH_KIB_MAX)?;
        let requests = self.requests;
        Some(Growth { kib, requests })
    }
}

/// The memory that a process has in store, in KiB.
fn resident_kib(process: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|it| it.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_seen_once_the_agent_is_warm() {
        let me = i32::try_from(std::process::id()).expect("a small number");
        let mut memory = Memory {
            warm: Some(1),
            ..Memory::default()
        };
        memory.asked(WARM_REQUESTS - 1);
        assert_eq!(memory.look(me), None);
        let much = vec![1u8; (GROWTH_KIB_MAX as usize + 4096) << 10];
        memory.asked(1);
        let growth = memory.look(me).expect("it has grown");
        assert!(growth.kib > GROWTH_KIB_MAX, "{}", much.len());
        assert_eq!(growth.requests, WARM_REQUESTS);
    }

    #[test]
    fn the_first_look_at_a_warm_agent_has_nothing_to_compare_with() {
        let me = i32::try_from(std::process::id()).expect("a small number");
        let mut memory = Memory::default();
        memory.asked(WARM_REQUESTS);
        assert_eq!(memory.look(me), None);
    }
}
