//! The log of what went over the wire: short whatever the agent sends.

use crate::script::{bytes_of, print_bytes};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// How many bytes of the beginning of an entry are kept.
pub const HEAD_BYTES_MAX: usize = 2048;

/// How many bytes of the end of a longer entry are kept.
pub const TAIL_BYTES_MAX: usize = 1024;

/// How many lines of the agent are kept apart; what follows is kept as one.
pub const LINES_MAX: usize = 500;

/// One thing that happened on the channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// When it began, since the run began; microseconds in JSON.
    #[serde(with = "crate::time::micros")]
    pub at: Duration,
    /// What happened.
    pub kind: WireKind,
    /// The bytes, or their beginning.
    #[serde(with = "escaped", default, skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<u8>,
    /// How many bytes are left out after the beginning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u64,
    /// The bytes after those that are left out.
    #[serde(with = "escaped", default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<u8>,
}

/// What can happen on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireKind {
    /// The script sent bytes.
    Sent,
    /// Bytes came from the agent: one line, or a part of one.
    Received,
    /// The script closed the channel and opened it again.
    Reopened,
    /// The agent closed the channel.
    Closed,
    /// What follows is of a second run of the script, alone.
    Again,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

mod escaped {
    use super::{Deserialize, Deserializer, Serializer, bytes_of, print_bytes};
    use serde::de::Error;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&print_bytes(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        bytes_of(&text).map_err(|fault| D::Error::custom(fault.what))
    }
}

impl Wire {
    /// An entry of a whole piece.
    pub fn new(at: Duration, kind: WireKind, bytes: &[u8]) -> Wire {
        let mut wire = Wire {
            at,
            kind,
            head: Vec::new(),
            missing: 0,
            tail: Vec::new(),
        };
        wire.append(bytes);
        wire
    }

    /// How many bytes it stands for.
    pub fn length(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + self.missing
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = HEAD_BYTES_MAX - self.head.len();
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        let skipped = rest.len().saturating_sub(TAIL_BYTES_MAX);
        self.missing += skipped as u64;
        self.tail.extend_from_slice(&rest[skipped..]);
        let over = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        if skipped > 0 || over > TAIL_BYTES_MAX {
            self.missing += over as u64;
            self.tail.drain(..over);
        }
    }

    fn is_open_line(&self) -> bool {
        let last = self.tail.last().or(self.head.last());
        self.kind == WireKind::Received && last != Some(&b'\n')
    }
}

/// What happened on the channel, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct WireLog {
    entries: Vec<Wire>,
    lines: usize,
}

impl WireLog {
    pub(crate) fn entries(&self) -> &[Wire] {
        &self.entries
    }

    /// Something other than bytes of the agent.
    pub(crate) fn push(&mut self, at: Duration, kind: WireKind, bytes: &[u8]) {
        self.entries.push(Wire::new(at, kind, bytes));
    }

    /// Bytes of the agent, each line an entry.
    pub(crate) fn receive(&mut self, at: Duration, bytes: &[u8]) {
        for line in bytes.split_inclusive(|it| *it == b'\n') {
            let full = self.lines >= LINES_MAX;
            match self.entries.last_mut() {
                Some(last) if last.is_open_line() || (full && last.kind == WireKind::Received) => last.append(line),
                _ => {
                    self.lines += 1;
                    self.push(at, WireKind::Received, line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(log: &WireLog) -> Vec<(u64, String)> {
        log.entries()
            .iter()
            .map(|it| (it.length(), print_bytes(&it.head)))
            .collect()
    }

    #[test]
    fn each_line_is_an_entry_however_it_came() {
        let mut log = WireLog::default();
        log.push(Duration::ZERO, WireKind::Sent, b"ping\n");
        for piece in [&b"on"[..], b"e\ntwo", b"\n", b"three"] {
            log.receive(Duration::ZERO, piece);
        }
        let lines = [(5, r"ping\n"), (4, r"one\n"), (4, r"two\n"), (5, "three")];
        assert_eq!(shown(&log), lines.map(|(length, text)| (length, text.to_owned())));
    }

    #[test]
    fn long_entries_lose_their_middle_and_keep_their_length() {
        for piece in [1, 100, 1024, 5000, 100_000] {
            let mut log = WireLog::default();
            let bytes: Vec<u8> = (0..100_000u32).map(|it| b'a' + (it % 23) as u8).collect();
            for piece in bytes.chunks(piece) {
                log.receive(Duration::ZERO, piece);
            }
            let [wire] = log.entries() else {
                panic!("one line is one entry")
            };
            assert_eq!(wire.length(), 100_000);
            assert_eq!(wire.head, bytes[..HEAD_BYTES_MAX]);
            assert!(bytes.ends_with(&wire.tail) && wire.tail.len() >= TAIL_BYTES_MAX);
            assert!(wire.tail.len() <= 2 * TAIL_BYTES_MAX);
        }
    }

    #[test]
    fn endless_lines_take_bounded_memory() {
        let mut log = WireLog::default();
        for _ in 0..10 * LINES_MAX {
            log.receive(Duration::ZERO, b"{\"return\": {}}\n");
        }
        assert_eq!(log.entries().len(), LINES_MAX);
    }

    #[test]
    fn entries_are_written_as_text_and_read_back() {
        let wire = Wire::new(Duration::from_millis(3), WireKind::Received, b" \xFF{}\n");
        let json = serde_json::to_string(&wire).expect("it is text");
        assert!(json.contains(r#""head":"\\x20\\xFF{}\\n""#), "{json}");
        assert_eq!(serde_json::from_str::<Wire>(&json).expect("it was written so"), wire);
    }
}
