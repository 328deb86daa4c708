//! Replies that were found right before. Most replies of an agent are as many others
//! were, to the byte: they need not be read and held against the schema again.

use super::reading::Reading;
use qga_fixtures::schema::{COMMANDS, CommandId};
#[expect(clippy::disallowed_types, reason = "it is looked into and never walked")]
use std::collections::HashMap;

/// The longest line that is kept, in bytes.
const LINE_BYTES_MAX: usize = 16 << 10;
/// The most bytes of lines that are kept; beyond, all are forgotten.
const BYTES_MAX: usize = 256 << 10;

/// Replies that are right in themselves, whatever the state of the agent: in form, and
/// what their command may return. They are so by the rules of one agent.
#[derive(Debug)]
pub struct KnownReplies {
    /// By the place of the command in the table; last those to bytes of any kind and to
    /// commands that do not exist.
    lines: Vec<Lines>,
    bytes: usize,
}

#[expect(clippy::disallowed_types, reason = "it is looked into and never walked")]
type Lines = HashMap<Box<[u8]>, Reading>;

impl Default for KnownReplies {
    fn default() -> KnownReplies {
        KnownReplies {
            lines: vec![Lines::new(); COMMANDS.len() + 1],
            bytes: 0,
        }
    }
}

impl KnownReplies {
    /// A line that was kept for the command.
    pub(super) fn find(&self, command: Option<CommandId>, line: &[u8]) -> Option<Reading> {
        self.lines[place(command)].get(line).cloned()
    }

    /// The line is a right reply to the command.
    pub(super) fn keep(&mut self, command: Option<CommandId>, line: &[u8], reading: Reading) {
        if line.len() > LINE_BYTES_MAX {
            return;
        }
        if self.bytes + line.len() > BYTES_MAX {
            *self = KnownReplies::default();
        }
        self.bytes += line.len();
        self.lines[place(command)].insert(line.into(), reading);
    }
}

fn place(command: Option<CommandId>) -> usize {
    command.map_or(COMMANDS.len(), |it| it as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_for_its_command_alone() {
        let line = b"{\"return\": 7}\n";
        let mut known = KnownReplies::default();
        known.keep(Some(CommandId::GuestSync), line, Reading::of(line).expect("a reply"));
        assert!(known.find(Some(CommandId::GuestSync), line).is_some());
        assert!(known.find(Some(CommandId::GuestPing), line).is_none());
        assert!(known.find(None, line).is_none());
        assert!(known.find(Some(CommandId::GuestSync), b"{\"return\": 8}\n").is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut known = KnownReplies::default();
        for number in 0..BYTES_MAX {
            let line = format!("{{\"return\": {number}}}\n");
            known.keep(None, line.as_bytes(), Reading::of(line.as_bytes()).expect("a reply"));
            assert!(known.bytes <= BYTES_MAX);
        }
        let long = format!("{{\"return\": \"{}\"}}\n", "x".repeat(LINE_BYTES_MAX));
        known.keep(None, long.as_bytes(), Reading::of(long.as_bytes()).expect("a reply"));
        assert!(known.find(None, long.as_bytes()).is_none());
    }
}
