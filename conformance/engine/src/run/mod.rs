//! One script against one agent, as a state machine without any input or output:
//! the driver asks what to do, does it, and hands over what came.
//!
//! ```text
//! poll ─▶ step ─▶ send, wait, reopen ──────────────▶ Demand
//!           └───▶ expect ─▶ inbox ─▶ reply ─▶ pattern
//!                    └────▶ ledger: met, failed, not reached
//! ```
//!
//! An expectation under a claim above the run's level is optional. It is waited for
//! a short while only; what comes later than that is still taken for it, if nothing
//! that is owed takes it first. So an agent that stays silent there is not waited
//! for long, and one that is slow there is not accused.

mod again;
mod closing;
mod config;
mod expect;
mod ledger;
mod obstacle;
mod step;
mod transcript;

pub use closing::{CLOSING_ID, ClosingSync};
pub use config::{Demand, LINE_BYTES_MAX, RunConfig};
pub use transcript::{Fit, KEPT_BYTES_MAX, KEPT_LINE_BYTES_MAX, Kept, Line, TURNS_MAX, Transcript, Turn};

use crate::Time;
use crate::event::{Event, EventKind};
use crate::frame::inbox::Inbox;
use crate::pattern::Variables;
use crate::script::Script;
use crate::verdict::{Reason, RunResult};
use crate::wire::{Wire, WireKind, WireLog};
use again::Asking;
use closing::Step;
use ledger::Ledger;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use transcript::Keeper;

/// How many events wait for the driver; of what is more, the wire's are lost.
pub const EVENTS_MAX: usize = 10_000;

/// One script being run.
#[derive(Debug)]
pub struct Run<'s> {
    script: &'s Script,
    config: RunConfig,
    obstacle: Option<Reason>,
    ledger: Ledger,
    wire: WireLog,
    events: VecDeque<Event>,
    inbox: Inbox,
    /// The replies, if they are to be kept whole.
    keeper: Keeper,
    is_closed: bool,
    variables: Variables,
    /// The reply just taken, for `<also`.
    last_reply: Option<Value>,
    /// Optional expectations that were waited for long enough, by record.
    passed_by: Vec<usize>,
    /// What `<again` sends once more, and when.
    asking: Asking,
    /// How long the agent may take for an expectation now.
    timeout: Duration,
    /// Whether the agent stands between two requests.
    step: Step,
    phase: Phase,
    /// The record that is being done.
    at: usize,
    /// When that record, or the silence at the end, began.
    since: Option<Time>,
    begun: Option<Time>,
    last_poll: Time,
    /// When the script's time is over.
    deadline: Time,
    stop: Stop,
    /// Whether the agent has said anything.
    has_heard: bool,
    /// How often it was waited for in vain before it had.
    unheard: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Records,
    Silence,
    ClosingSync,
    Done,
}

/// Why records are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stop {
    /// They are not.
    No,
    /// Until the next record that sends: the last one could not be sent.
    UntilSend(String),
    /// Until the channel is opened anew: the agent is out of step or gone.
    UntilReopen(String),
    /// Until the end.
    ForGood(String),
}

impl<'s> Run<'s> {
    /// A run of `script` that has not begun: its clock starts at the first poll.
    pub fn new(script: &'s Script, config: RunConfig) -> Run<'s> {
        let variables = config.variables.iter();
        let variables = variables.map(|(name, text)| (name.clone(), Value::from(text.as_str())));
        Run {
            script,
            obstacle: obstacle::obstacle(script, &config),
            ledger: Ledger::new(script, config.level, config.claims),
            wire: WireLog::default(),
            events: VecDeque::new(),
            inbox: Inbox::new(config.line_bytes_max),
            keeper: Keeper::new(config.keep_replies),
            is_closed: false,
            variables: variables.collect(),
            last_reply: None,
            passed_by: Vec::new(),
            asking: Asking::default(),
            timeout: config.timeout.max(script.timeout().unwrap_or_default()),
            step: Step::UNKNOWN,
            phase: Phase::Records,
            at: 0,
            since: None,
            begun: None,
            last_poll: Time::ZERO,
            deadline: Time::ZERO,
            stop: Stop::No,
            has_heard: false,
            unheard: 0,
            config,
        }
    }

    /// Why the script as a whole cannot be put to the test; such a run is done at
    /// once and sends nothing.
    pub fn obstacle(&self) -> Option<&Reason> {
        self.obstacle.as_ref()
    }

    /// Bytes came from the agent.
    pub fn handle_bytes(&mut self, now: Time, bytes: &[u8]) {
        let at = self.elapsed(now);
        self.has_heard |= !bytes.is_empty();
        self.wire.receive(at, bytes);
        self.event(now, EventKind::Wire(Wire::new(at, WireKind::Received, bytes)));
        if self.phase != Phase::Done {
            self.inbox.push(bytes);
        }
    }

    /// The agent closed the channel, or it could not be opened again.
    pub fn handle_closed(&mut self, now: Time) {
        if !self.is_closed {
            self.is_closed = true;
            self.log(now, WireKind::Closed, b"");
        }
    }

    /// What happened since this was last asked, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What came of it. Before the run is done, claims that were not come to are
    /// not reached.
    pub fn result(&self) -> RunResult {
        RunResult {
            outcomes: self.ledger.outcomes(self.obstacle.as_ref()),
            wire: self.wire.entries().to_vec(),
            took: self.elapsed(self.last_poll),
        }
    }

    fn elapsed(&self, now: Time) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| now - begun)
    }

    fn event(&mut self, at: Time, kind: EventKind) {
        let is_wire = matches!(kind, EventKind::Wire(_));
        if !is_wire || self.events.len() < EVENTS_MAX {
            self.events.push_back(Event { at, kind });
        }
    }

    /// Something other than bytes of the agent went over the wire.
    fn log(&mut self, now: Time, kind: WireKind, bytes: &[u8]) {
        let at = self.elapsed(now);
        self.wire.push(at, kind, bytes);
        self.event(now, EventKind::Wire(Wire::new(at, kind, bytes)));
    }
}
