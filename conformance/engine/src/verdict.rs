//! What became of each claim, and why.

use crate::wire::Wire;
use qga_fixtures::schema::{Effect, System};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What became of a claim. One is never taken for another.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Every expectation under it was met.
    Passed,
    /// An expectation under it was not met.
    Failed(Box<Failure>),
    /// An expectation under it was not met, and this was known beforehand.
    Known(Box<Failure>, Excuse),
    /// Every expectation under it was met, although it is listed as known to fail.
    Stale(Excuse),
    /// An expectation under it was not met, and all were when the script was run once
    /// more alone, or the other way round.
    Unstable(Box<Failure>),
    /// The run did not come so far, for this reason.
    NotReached(String),
    /// The claim could not be put to the test.
    NotTestable(Reason),
    /// The claim is above the level of the run: nobody owes it here.
    NotOwed,
}

impl Outcome {
    /// What was not met, known beforehand or not.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::Failed(failure) | Outcome::Known(failure, _) | Outcome::Unstable(failure) => Some(failure),
            Outcome::Passed | Outcome::Stale(_) => None,
            Outcome::NotReached(_) | Outcome::NotTestable(_) | Outcome::NotOwed => None,
        }
    }
}

/// Why a failure is known beforehand, as the list of known failures says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Excuse {
    /// Why the agent fails there.
    pub reason: String,
    /// Where more about it is to be read, such as an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which the failure is excused, as `2027-03-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl fmt::Display for Excuse {
    /// One sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match &self.link {
            Some(link) => write!(f, " ({link})"),
            None => Ok(()),
        }
    }
}

/// Why a claim could not be put to the test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The script does something that the run was not allowed to do.
    EffectNotAllowed(String),
    /// The agent does not offer, or has disabled, a command that the script needs.
    CommandNotOffered(String),
    /// The agent offers a command whose refusal the script is about.
    CommandOffered(String),
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

impl Reason {
    /// The script needs an effect that is not allowed.
    pub fn effect(effect: Effect) -> Reason {
        Reason::EffectNotAllowed(effect.name().to_owned())
    }

    /// The behaviour is that of this other system.
    pub fn system(system: System) -> Reason {
        Reason::OtherSystem(system.name().to_owned())
    }

    /// Whether the agent owes the claim and only the run was in the way. What
    /// another release, system or build owes is no gap in the judgement of this one.
    pub fn is_gap(&self) -> bool {
        match self {
            Reason::EffectNotAllowed(_)
            | Reason::CommandNotOffered(_)
            | Reason::GuestImageNotAvailable(_)
            | Reason::TargetCannot(_) => true,
            Reason::CommandOffered(_)
            | Reason::ReleaseTooOld(_)
            | Reason::ReleaseTooNew(_)
            | Reason::OtherSystem(_) => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::EffectNotAllowed(effect) => write!(f, "effect not allowed: {effect}"),
            Reason::CommandNotOffered(command) => write!(f, "command not offered: {command}"),
            Reason::CommandOffered(command) => write!(f, "command offered: {command}"),
            Reason::ReleaseTooOld(since) => write!(f, "release too old: needs {since} or later"),
            Reason::ReleaseTooNew(before) => write!(f, "release too new: needs one before {before}"),
            Reason::OtherSystem(system) => write!(f, "other system: needs {system}"),
            Reason::GuestImageNotAvailable(guest) => write!(f, "guest image not available: {guest}"),
            Reason::TargetCannot(what) => write!(f, "not possible with this target: {what}"),
        }
    }
}

/// Why a claim failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// The line of the script with the expectation, counted from 1.
    pub line: u32,
    /// The expectation in canonical form.
    pub record: String,
    /// What was not as expected.
    pub kind: FailureKind,
    /// How long the run had been going; microseconds in JSON.
    #[serde(with = "crate::time::micros")]
    pub after: Duration,
    /// How many entries of the run's wire log had been made.
    pub wire_end: usize,
}

/// What was not as expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The reply does not match.
    Mismatch(Mismatch),
    /// Nothing, or half a reply, came in this time.
    Timeout(#[serde(with = "crate::time::micros")] Duration),
    /// The time of the whole script, this long, was over.
    ScriptTimeout(#[serde(with = "crate::time::micros")] Duration),
    /// The agent closed the channel.
    Closed,
    /// The channel stayed open for this time.
    StillOpen(#[serde(with = "crate::time::micros")] Duration),
    /// These bytes, perhaps shortened, came where silence was due.
    NotSilent(String),
    /// The bytes differ from those expected.
    Bytes {
        /// The first byte that differs, counted from 0.
        offset: usize,
        /// What stands before it, as expected; perhaps only the end of that.
        after: String,
        /// What was expected there.
        expected: u8,
        /// What came there.
        found: u8,
    },
    /// 0xFF stands before the reply and should not, or should and does not.
    Sentinel {
        /// Whether it should.
        expected: bool,
    },
    /// What came is no reply at all.
    NotAReply(String),
    /// What came is longer than this many bytes, and not over.
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

impl fmt::Display for FailureKind {
    /// One sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureKind::Mismatch(Mismatch {
                pointer,
                expected,
                found,
            }) => {
                let place = if pointer.is_empty() { "the reply" } else { pointer };
                write!(f, "{place}: expected {expected}, found {found}")
            }
            FailureKind::Timeout(time) => write!(f, "no complete reply came in {time:?}"),
            FailureKind::ScriptTimeout(time) => write!(f, "the script's {time:?} were over"),
            FailureKind::Closed => f.write_str("the agent closed the channel"),
            FailureKind::StillOpen(time) => write!(f, "the channel was still open after {time:?}"),
            FailureKind::NotSilent(bytes) => write!(f, "bytes came that nobody expected: {bytes}"),
            FailureKind::Bytes {
                offset,
                expected,
                found,
                ..
            } => {
                write!(f, "byte {offset}: expected {}, found {}", byte(*expected), byte(*found))
            }
            FailureKind::Sentinel { expected: true } => f.write_str("0xFF is missing before the reply"),
            FailureKind::Sentinel { expected: false } => f.write_str("0xFF stands before the reply"),
            FailureKind::NotAReply(why) => write!(f, "this is no reply: {why}"),
            FailureKind::TooLong(bytes) => write!(f, "more than {bytes} bytes came without an end"),
        }
    }
}

/// A byte by its number, and by its character if it is a visible one.
pub(crate) fn byte(byte: u8) -> String {
    match byte {
        b'!'..=b'~' => format!("0x{byte:02X} `{}`", char::from(byte)),
        _ => format!("0x{byte:02X}"),
    }
}

/// What came of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// What became of each claim, in the script's order.
    pub outcomes: Vec<Outcome>,
    /// What went over the wire, in order.
    pub wire: Vec<Wire>,
    /// From the first poll to the last.
    pub took: Duration,
}
