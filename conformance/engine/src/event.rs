//! What a run tells while it goes, for progress and for logs.

use crate::Time;
use crate::verdict::Outcome;

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
}

/// What can happen in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// The record of that number began.
    Record(usize),
    /// These bytes were handed over for sending.
    Sent(Vec<u8>),
    /// These bytes came.
    Received(Vec<u8>),
    /// The channel is being closed and opened again.
    Reopened,
    /// The agent closed the channel.
    Closed,
    /// The claim in the record of that number is judged.
    Judged(usize, Outcome),
    /// Nothing more is to be done.
    Finished,
}
