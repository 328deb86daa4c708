//! The replies of a run, whole: what a snapshot or a comparison of agents is made of.
//! The wire log is short whatever the agent sends; this is kept only where it is
//! asked for, and is bounded too.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The longest line that is kept whole, in bytes.
pub const KEPT_LINE_BYTES_MAX: usize = 256 * 1024;

/// The bytes that are kept of a run together.
pub const KEPT_BYTES_MAX: usize = 4 << 20;

/// How many turns of a run are kept.
pub const TURNS_MAX: usize = 10_000;

/// What went to and fro, in the order in which the script came to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The turns.
    pub turns: Vec<Turn>,
    /// How many turns were more than [`TURNS_MAX`] and are not kept.
    pub lost: usize,
    bytes: usize,
}

/// One turn of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// The script's record of that number, from 0, was sent, or opened the channel anew.
    Record(usize),
    /// The agent said a line.
    Line(Line),
}

/// A line of the agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The record that took it, from 0, or at which it was when nobody took it.
    pub record: usize,
    /// What became of it.
    pub fit: Fit,
    /// The line without its LF.
    pub kept: Kept,
}

/// A line's bytes, or what stands for too many of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of them.
    Whole(Vec<u8>),
    /// How many there were, and their SHA-256 in hexadecimal digits.
    Digest {
        /// The line's length, in bytes.
        length: usize,
        /// The hash.
        sha256: String,
    },
}

/// Whether a script expected a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The record expected it.
    Met,
    /// The record took it and expected something else.
    Unmet,
    /// No record took it.
    Stray,
}

/// What keeps a transcript, if it is wanted.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    transcript: Option<Transcript>,
}

impl Keeper {
    pub(super) fn new(wanted: bool) -> Keeper {
        Keeper {
            transcript: wanted.then(Transcript::default),
        }
    }

    pub(super) fn transcript(&self) -> Option<&Transcript> {
        self.transcript.as_ref()
    }

    /// A record was sent, or opened the channel.
    pub(super) fn record(&mut self, record: usize) {
        if let Some(transcript) = &mut self.transcript {
            transcript.push(Turn::Record(record));
        }
    }

    /// The agent said these lines, and this became of them.
    pub(super) fn lines(&mut self, record: usize, bytes: &[u8], fit: Fit) {
        let Some(transcript) = &mut self.transcript else { return };
        for line in bytes.split_inclusive(|it| *it == b'\n') {
            let kept = transcript.keep(line.strip_suffix(b"\n").unwrap_or(line));
            transcript.push(Turn::Line(Line { record, fit, kept }));
        }
    }
}

impl Transcript {
    fn push(&mut self, turn: Turn) {
        match self.turns.len() < TURNS_MAX {
            true => self.turns.push(turn),
            false => self.lost += 1,
        }
    }

    fn keep(&mut self, line: &[u8]) -> Kept {
        if line.len() <= KEPT_LINE_BYTES_MAX && self.bytes + line.len() <= KEPT_BYTES_MAX {
            self.bytes += line.len();
            return Kept::Whole(line.to_vec());
        }
        let mut sha256 = String::new();
        for byte in Sha256::digest(line) {
            let _ = write!(sha256, "{byte:02x}");
        }
        Kept::Digest {
            length: line.len(),
            sha256,
        }
    }
}

impl super::Run<'_> {
    /// What went to and fro, if the run was to keep it.
    pub fn transcript(&self) -> Option<&Transcript> {
        self.keeper.transcript()
    }

    /// Takes bytes from the front of the inbox, and keeps what became of them.
    pub(super) fn take(&mut self, count: usize, fit: Fit) {
        self.take_as(self.at, count, fit);
    }

    /// The same for a record that is not the current one.
    pub(super) fn take_as(&mut self, record: usize, count: usize, fit: Fit) {
        self.keeper.lines(record, &self.inbox.rest()[..count], fit);
        self.inbox.take(count);
    }

    /// Takes as many lines as were expected where the bytes differ.
    pub(super) fn take_lines(&mut self, count: usize) {
        let rest = self.inbox.rest();
        let mut ends = rest.iter().enumerate().filter(|(_, it)| **it == b'\n');
        let length = ends.nth(count - 1).map_or(rest.len(), |(at, _)| at + 1);
        self.keeper.lines(self.at, &rest[..length], Fit::Unmet);
        self.inbox.take_lines(count);
    }

    /// Nobody will take what is in the inbox.
    pub(super) fn leave_rest(&mut self) {
        self.keeper.lines(self.at, self.inbox.rest(), Fit::Stray);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_unless_it_is_wanted() {
        let mut keeper = Keeper::new(false);
        keeper.lines(0, b"{}\n", Fit::Met);
        assert_eq!(keeper.transcript(), None);
    }

    #[test]
    fn long_lines_and_many_bytes_are_told_by_their_hash() {
        let mut keeper = Keeper::new(true);
        let line = vec![b'x'; KEPT_LINE_BYTES_MAX];
        for _ in 0..20 {
            keeper.lines(0, &line, Fit::Met);
        }
        keeper.lines(0, &[&line[..], b"y"].concat(), Fit::Met);
        let turns = &keeper.transcript().expect("it is wanted").turns;
        let is_whole = |turn: &&Turn| {
            matches!(
                turn,
                Turn::Line(Line {
                    kept: Kept::Whole(_),
                    ..
                })
            )
        };
        assert_eq!(
            turns.iter().filter(is_whole).count(),
            KEPT_BYTES_MAX / KEPT_LINE_BYTES_MAX
        );
        let Some(Turn::Line(Line {
            kept: Kept::Digest { length, sha256 },
            ..
        })) = turns.last()
        else {
            panic!("the last line is too long to be kept")
        };
        assert_eq!((*length, sha256.len()), (KEPT_LINE_BYTES_MAX + 1, 64));
    }

    #[test]
    fn endless_lines_are_counted() {
        let mut keeper = Keeper::new(true);
        keeper.lines(0, &b"{}\n".repeat(TURNS_MAX + 5), Fit::Stray);
        let transcript = keeper.transcript().expect("it is wanted");
        assert_eq!((transcript.turns.len(), transcript.lost), (TURNS_MAX, 5));
    }
}
