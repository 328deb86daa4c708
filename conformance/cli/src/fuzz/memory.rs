//! What the agent takes of the memory of this machine, if it runs here.

use std::fs;

/// How much an agent may grow after it has warmed up, in KiB.
pub const GROWTH_KIB_MAX: u64 = 64 << 10;
/// How many cases warm an agent up.
pub const WARM_CASES: u64 = 2_000;

/// The memory of one agent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// What it had when it was warm, in KiB.
    warm: Option<u64>,
}

impl Memory {
    /// Looks at a process after so many cases: by how much it has grown too much, in KiB.
    pub fn look(&mut self, process: Option<i32>, cases: u64) -> Option<u64> {
        if cases < WARM_CASES {
            return None;
        }
        let now = resident_kib(process?)?;
        let warm = *self.warm.get_or_insert(now);
        now.checked_sub(warm).filter(|it| *it > GROWTH_KIB_MAX)
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
        let me = i32::try_from(std::process::id()).ok();
        let mut memory = Memory { warm: Some(1) };
        assert_eq!(memory.look(me, WARM_CASES - 1), None);
        assert_eq!(Memory::default().look(me, WARM_CASES), None, "nothing to compare with");
        let much = vec![1u8; (GROWTH_KIB_MAX as usize + 4096) << 10];
        assert!(
            memory.look(me, WARM_CASES).is_some_and(|it| it > GROWTH_KIB_MAX),
            "{}",
            much.len()
        );
    }
}
