//! What a run tells while it goes, for progress and for logs.

use crate::Time;
use crate::verdict::Outcome;
use crate::wire::Wire;

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
    /// The record of that number, counted from 0, began.
    Record(usize),
    /// Something went over the wire: a piece of any length, long ones without their middle.
    Wire(Wire),
    /// The claim of that number, counted from 0 over the script's claims, is judged
    /// as far as the records under it go; silence at the end may still be missing.
    Judged(usize, Outcome),
    /// Nothing more is to be done.
    Finished,
}
