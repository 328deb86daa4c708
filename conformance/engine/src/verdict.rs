//! What became of each claim, and why.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What became of a claim. One is never taken for another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every expectation under it was met.
    Passed,
    /// An expectation under it was not met.
    Failed(Box<Failure>),
    /// The run did not come so far.
    NotReached(String),
    /// The claim could not be put to the test.
    NotTestable(Reason),
    /// The claim is above the level of the run: nobody owes it here.
    NotOwed,
}

/// Why a claim could not be put to the test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The script does something that the run was not allowed to do.
    EffectNotAllowed(String),
    /// The agent does not offer, or has disabled, a command that the script needs.
    CommandNotOffered(String),
    /// The agent's release is older than this one, with which the behaviour came.
    ReleaseTooOld(String),
    /// The agent's release is this one, with which the behaviour went, or newer.
    ReleaseTooNew(String),
    /// The behaviour is that of another system.
    OtherSystem(String),
    /// The target cannot be started with the guest image the script is about.
    GuestImageNotAvailable(String),
    /// The target cannot do what the script does to the channel.
    TargetCannot(String),
}

/// Why a claim failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// The line of the script with the expectation, counted from 1.
    pub line: u32,
    /// The line itself, in canonical form.
    pub record: String,
    /// What was not as expected.
    pub kind: FailureKind,
    /// How long the run had been going.
    pub after: Duration,
    /// The bytes both ways up to the failure, in order.
    pub wire: Vec<Wire>,
}

/// What was not as expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The reply does not match.
    Mismatch(Mismatch),
    /// Nothing, or half a reply, came in this time.
    Timeout(Duration),
    /// The agent closed the channel.
    Closed,
    /// The channel stayed open for this time.
    StillOpen(Duration),
    /// These bytes came where silence was due.
    NotSilent(Vec<u8>),
    /// The bytes differ from those expected, first at this offset.
    Bytes {
        /// The first byte that differs, counted from 0.
        offset: usize,
        /// What was expected there; nothing if the bytes should have ended.
        expected: Option<u8>,
        /// What came there.
        found: u8,
    },
    /// What came is no reply at all.
    NotAReply(String),
    /// The reply is longer than this many bytes.
    TooLong(usize),
}

/// Where a value first differs from a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mismatch {
    /// The JSON pointer to the place; empty for the whole value.
    pub pointer: String,
    /// What was expected there.
    pub expected: String,
    /// What was found there.
    pub found: String,
}

/// Bytes of the wire log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Wire {
    /// Nanoseconds since the run began.
    pub at: Duration,
    /// Who said it.
    pub from: Side,
    /// The bytes, perhaps without their middle.
    pub bytes: Vec<u8>,
    /// How many bytes are missing in the middle.
    pub missing: usize,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The script.
    Client,
    /// The agent under test.
    Agent,
}
