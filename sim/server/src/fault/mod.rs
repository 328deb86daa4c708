//! Misbehaviour on order: what a connection does wrong on its way.
//!
//! The faults cut, delay, add, change and lose bytes, and know nothing of what
//! the bytes mean. Only `hang` looks at what was asked, and that it learns from
//! the agent's journal. What is left to chance comes from a seed, one stream of
//! numbers for each connection, so that the same bytes suffer the same.

mod parse;
mod random;
mod relay;

pub(crate) use parse::KNOWN;
pub(crate) use relay::RELAY_BYTES_MAX;

use random::Random;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What goes wrong. The default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    seed: u64,
    /// What is sent in this time after the start is lost.
    silent_for: Duration,
    /// The first connections are let in and never answered.
    deaf: u64,
    /// The first connections are closed at once.
    closed: u64,
    /// Bytes of garbage, with a line feed behind them, before anything else.
    garbage: usize,
    /// A reply and a half to some client of long ago come before anything else.
    stale: bool,
    /// Before each piece of a reply.
    delay: Duration,
    /// Bytes in a piece.
    chunk: Option<usize>,
    /// One byte in so many is lost.
    lose: Option<u64>,
    /// One byte in so many has one bit turned.
    garble: Option<u64>,
    /// The connection closes after so many bytes of replies.
    drop_after: Option<u64>,
    /// Commands that are never answered, or only after a time.
    hang: Vec<(String, Option<Duration>)>,
}

/// Faults at work: how far they have come.
#[derive(Debug)]
pub(crate) struct Active {
    faults: Faults,
    started: Instant,
    connections: AtomicU64,
}

/// What one connection suffers.
#[derive(Debug)]
struct Plan<'a> {
    faults: &'a Faults,
    /// How long it goes on being silent.
    silent_until: Instant,
    fate: Fate,
    random: Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Closed,
    Deaf,
    Served,
}

impl Faults {
    /// Whether anything goes wrong with the bytes.
    fn touch_bytes(&self) -> bool {
        *self
            != Faults {
                hang: self.hang.clone(),
                seed: self.seed,
                ..Faults::default()
            }
    }

    /// Whether the agent has to keep a journal.
    pub(crate) fn need_journal(&self) -> bool {
        !self.hang.is_empty()
    }

    /// How long a command hangs, if it does; `Duration::MAX` is for ever.
    pub(crate) fn hang(&self, command: &str) -> Option<Duration> {
        let (_, span) = self.hang.iter().find(|(name, _)| name == command)?;
        Some(span.unwrap_or(Duration::MAX))
    }
}

impl Active {
    /// Starts the time and the count of connections.
    pub(crate) fn start(faults: Faults) -> Active {
        Active {
            faults,
            started: Instant::now(),
            connections: AtomicU64::new(0),
        }
    }

    /// Which faults they are.
    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether connections need a relay at all.
    pub(crate) fn touch_bytes(&self) -> bool {
        self.faults.touch_bytes()
    }

    /// What the next connection suffers.
    fn next(&self) -> Plan<'_> {
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let fate = if number < self.faults.closed {
            Fate::Closed
        } else if number < self.faults.closed.saturating_add(self.faults.deaf) {
            Fate::Deaf
        } else {
            Fate::Served
        };
        Plan {
            faults: &self.faults,
            silent_until: self.started + self.faults.silent_for,
            fate,
            random: Random::new(self.faults.seed, number),
        }
    }
}

#[cfg(test)]
mod tests;
