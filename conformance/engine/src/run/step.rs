//! Goes through the records: what is sent, waited for and passed over.

use super::closing::Step;
use super::obstacle::unmet;
use super::{Demand, Phase, Run, Stop};
use crate::Time;
use crate::event::EventKind;
use crate::pattern::Unbound;
use crate::script::{Record, RecordKind, Script, Template};
use crate::wire::WireKind;
use std::time::Duration;

/// What a step came to.
pub(super) enum Next {
    /// There is more to do without the driver.
    Again,
    /// The driver must do this first.
    Ask(Demand),
}

impl Run<'_> {
    /// What to do next.
    pub fn poll(&mut self, now: Time) -> Demand {
        self.last_poll = now;
        if self.begun.is_none() {
            self.begin(now);
        }
        loop {
            let next = match self.phase {
                Phase::Records => self.record(now),
                Phase::Silence => self.closing_silence(now),
                Phase::ClosingSync => self.closing_reply(now),
                Phase::Done => Next::Ask(Demand::Done),
            };
            if let Next::Ask(demand) = next {
                return demand;
            }
        }
    }

    fn begin(&mut self, now: Time) {
        self.begun = Some(now);
        self.deadline = now + self.config.script_timeout + own_waits(self.script);
        if self.obstacle.is_some() {
            self.finish(now);
        }
    }

    pub(super) fn finish(&mut self, now: Time) {
        self.phase = Phase::Done;
        self.leave_rest();
        self.inbox.clear();
        self.event(now, EventKind::Finished);
    }

    fn record(&mut self, now: Time) -> Next {
        let script = self.script;
        let Some(record) = script.records.get(self.at) else {
            return self.after_last(now);
        };
        if self.since.is_none() {
            self.since = Some(now);
            self.event(now, EventKind::Record(self.at));
        }
        if let Some(reason) = record.guard.as_ref().and_then(|it| unmet(it.condition, &self.config)) {
            if record.kind.is_expectation() {
                self.ledger.guard(reason);
            }
            return self.advance();
        }
        match self.passes_over(record) {
            true => self.advance(),
            false => self.perform(now, record),
        }
    }

    fn after_last(&mut self, now: Time) -> Next {
        self.judged(now);
        self.begin_closing(now)
    }

    /// To the next record.
    pub(super) fn advance(&mut self) -> Next {
        self.at += 1;
        self.since = None;
        Next::Again
    }

    /// Whether a record has no sense any more; an expectation is then not reached.
    fn passes_over(&mut self, record: &Record) -> bool {
        let why = match (&self.stop, &record.kind) {
            (_, RecordKind::Claim(_)) | (Stop::No, _) => return false,
            (Stop::UntilSend(why), kind) if kind.is_expectation() => why.clone(),
            (Stop::UntilSend(_), _) => return false,
            (Stop::UntilReopen(_), RecordKind::Reopen) => return false,
            (Stop::UntilReopen(why) | Stop::ForGood(why), _) => why.clone(),
        };
        if record.kind.is_expectation() {
            self.ledger.miss(&why);
        }
        true
    }

    fn perform(&mut self, now: Time, record: &Record) -> Next {
        if self.ledger.is_over() && is_act(&record.kind) {
            self.at = self.script.records.len();
            self.since = None;
            return Next::Again;
        }
        match &record.kind {
            RecordKind::Claim(_) => self.claim(now),
            RecordKind::Send(template) => self.send_template(now, template),
            RecordKind::SendRaw(bytes) => self.send(now, bytes.clone()),
            RecordKind::Reply(pattern) => self.reply(now, pattern, false),
            RecordKind::SyncReply(pattern) => self.reply(now, pattern, true),
            RecordKind::Also(pattern) => self.also(now, pattern),
            RecordKind::Again(pattern) => self.again(now, pattern),
            RecordKind::Raw(bytes) => self.raw(now, bytes),
            RecordKind::Silence(duration) => self.silence(now, *duration),
            RecordKind::Closed => self.closed(now),
            RecordKind::Wait(duration) => self.wait(now, *duration),
            RecordKind::Timeout(duration) => {
                self.timeout = self.config.timeout.max(*duration);
                self.advance()
            }
            RecordKind::Reopen => self.reopen(now),
        }
    }

    fn claim(&mut self, now: Time) -> Next {
        self.judged(now);
        self.ledger.next_claim();
        self.advance()
    }

    fn judged(&mut self, now: Time) {
        if let Some((claim, outcome)) = self.ledger.current() {
            self.event(now, EventKind::Judged(claim, outcome));
        }
    }

    fn send_template(&mut self, now: Time, template: &Template) -> Next {
        match template.fill(&self.variables) {
            Ok(mut line) => {
                line.push(b'\n');
                self.asking.last = line.clone();
                self.send(now, line)
            }
            Err(Unbound(name)) => {
                self.stop = Stop::UntilSend(format!("it needs `${name}`, which no reply gave"));
                self.advance()
            }
        }
    }

    fn send(&mut self, now: Time, bytes: Vec<u8>) -> Next {
        self.stop = Stop::No;
        // It may be large, and is looked at once more only before the next request.
        self.last_reply = None;
        self.keeper.record(self.at);
        self.advance();
        if self.is_closed {
            // The next expectation says that the channel is closed.
            return Next::Again;
        }
        self.transmit(now, bytes)
    }

    pub(super) fn transmit(&mut self, now: Time, bytes: Vec<u8>) -> Next {
        self.step.sent(&bytes);
        self.log(now, WireKind::Sent, &bytes);
        Next::Ask(Demand::Send(bytes))
    }

    fn wait(&mut self, now: Time, duration: Duration) -> Next {
        let until = self.since.unwrap_or(now) + duration;
        match now < until {
            true => Next::Ask(Demand::Sleep { until }),
            false => self.advance(),
        }
    }

    fn reopen(&mut self, now: Time) -> Next {
        self.stop = Stop::No;
        self.is_closed = false;
        self.step = Step::UNKNOWN;
        self.leave_rest();
        self.keeper.record(self.at);
        self.inbox.clear();
        self.passed_by.clear();
        self.last_reply = None;
        self.log(now, WireKind::Reopened, b"");
        self.advance();
        Next::Ask(Demand::Reopen)
    }
}

/// Whether a record does something. After the last claim that is owed nothing is done
/// any more: it could do to another agent's machine what is right on the reference
/// agent's alone. What was asked before may still be answered.
fn is_act(kind: &RecordKind) -> bool {
    match kind {
        RecordKind::Claim(_) | RecordKind::Timeout(_) => false,
        other => !other.is_expectation(),
    }
}

/// How long a script waits by itself, whatever the agent does.
fn own_waits(script: &Script) -> Duration {
    let waits = script.records.iter().map(|it| match it.kind {
        RecordKind::Wait(duration) | RecordKind::Silence(duration) => duration,
        _ => Duration::ZERO,
    });
    waits.fold(Duration::ZERO, Duration::saturating_add)
}
