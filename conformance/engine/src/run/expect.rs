//! Holds what came against what is expected.

use super::step::Next;
use super::transcript::Fit;
use super::{Demand, Run, Stop};
use crate::Time;
use crate::frame::reply::{self, Reply};
use crate::pattern::{MatchError, Pattern, Unbound, matches, shorten};
use crate::script::{Level, RecordKind, print_bytes, print_record};
use crate::verdict::{Failure, FailureKind, Mismatch};
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;

/// How many unexpected bytes a failure shows.
const UNEXPECTED_BYTES_MAX: usize = 200;

/// So often a new channel is tried with an agent that has not said a byte on any.
const UNHEARD_MAX: usize = 2;

/// How many bytes before a difference a failure shows.
const CONTEXT_BYTES_MAX: usize = 40;

impl Run<'_> {
    /// `<` and `<sync`.
    pub(super) fn reply(&mut self, now: Time, pattern: &Pattern, sentinel: bool) -> Next {
        let Some(line) = self.inbox.line() else {
            return self.wait_for_more(now);
        };
        let (length, reply) = (line.len(), reply::read(line));
        let verdict = self.hold(&reply, pattern, sentinel);
        if verdict.is_err() && self.give_to_passed_by(&reply) {
            return Next::Again;
        }
        if verdict.is_err() && !self.ledger.is_owed() {
            return self.pass_by(length, &reply);
        }
        if verdict.is_err() && self.is_for_weaker(&reply) {
            self.last_reply = None;
            return self.judge(now, verdict);
        }
        self.take(length, if verdict.is_ok() { Fit::Met } else { Fit::Unmet });
        self.step.answered();
        self.last_reply = reply.ok().map(|it| it.value);
        self.judge(now, verdict)
    }

    /// What came is not what an expectation above the level is about. If it can only be
    /// the answer to the request before, or nothing that is owed is expected any more, it
    /// is not left for what comes next.
    fn pass_by(&mut self, length: usize, reply: &Result<Reply, String>) -> Next {
        let is_nobodys = self.follows_request() || self.ledger.is_over();
        if reply.is_ok() && self.passed_by.is_empty() && is_nobodys {
            self.take(length, Fit::Unmet);
            self.step.answered();
            self.last_reply = None;
        }
        self.advance()
    }

    /// Whether what came is what a weaker claim expects next: then the reply that is
    /// expected now did not come, and the one that did is left. What an agent owes at
    /// one level is judged alike at each. The answer to a request is nobody else's.
    fn is_for_weaker(&self, reply: &Result<Reply, String>) -> bool {
        let (Ok(reply), now, false) = (reply, self.ledger.level(), self.follows_request()) else {
            return false;
        };
        let mut level = now;
        for record in &self.script.records[self.at + 1..] {
            match &record.kind {
                RecordKind::Claim(claim) => level = claim.level,
                RecordKind::Also(_) | RecordKind::Timeout(_) => {}
                RecordKind::Reply(pattern) => return level < now && self.fits(reply, pattern, false),
                RecordKind::SyncReply(pattern) => return level < now && self.fits(reply, pattern, true),
                _ => return false,
            }
        }
        false
    }

    fn fits(&self, reply: &Reply, pattern: &Pattern, sentinel: bool) -> bool {
        reply.sentinel == sentinel && matches(pattern, &self.seen(&reply.value), &self.variables).is_ok()
    }

    /// Whether the record stands directly under a request.
    fn follows_request(&self) -> bool {
        let before = self.script.records[..self.at].iter().rev();
        let mut before = before.filter(|it| !matches!(it.kind, RecordKind::Again(_)));
        before.next().is_some_and(|it| matches!(it.kind, RecordKind::Send(_)))
    }

    /// `<also`.
    pub(super) fn also(&mut self, now: Time, pattern: &Pattern) -> Next {
        let verdict = match &self.last_reply {
            None => Err(Unmet::OutOfReach("no reply was taken before it".to_owned())),
            Some(value) => matches(pattern, &self.seen(value), &self.variables)
                .map(|taken| self.variables.extend(taken))
                .map_err(Unmet::from),
        };
        self.judge(now, verdict)
    }

    /// `<raw`.
    pub(super) fn raw(&mut self, now: Time, expected: &[u8]) -> Next {
        let rest = self.inbox.rest();
        let differs = rest
            .iter()
            .zip(expected)
            .position(|(found, expected)| found != expected);
        match differs {
            Some(_) if !self.ledger.is_owed() => match self.inbox.line().map(|it| (it.len(), reply::read(it))) {
                Some((length, reply)) => self.pass_by(length, &reply),
                None if self.follows_request() => self.wait_for_more(now),
                None => self.advance(),
            },
            Some(offset) => self.raw_differs(now, expected, offset),
            None if rest.len() < expected.len() => self.wait_for_more(now),
            None => {
                let reply = reply::read(&rest[..expected.len()]);
                self.last_reply = reply.ok().map(|it| it.value);
                self.take(expected.len(), Fit::Met);
                self.step.answered();
                self.judge(now, Ok(()))
            }
        }
    }

    /// As many lines are taken as were expected, so that what follows is in step.
    fn raw_differs(&mut self, now: Time, expected: &[u8], offset: usize) -> Next {
        let (until, _) = self.waits_until(now);
        let is_cut = self.inbox.line().is_none();
        if is_cut && !self.passed_by.is_empty() && !self.is_over(now, until) {
            return Next::Ask(Demand::Read { until });
        }
        if self.line_of_passed_by() {
            return Next::Again;
        }
        let reply = self.inbox.line().map(reply::read);
        let is_for_weaker = reply.is_some_and(|it| self.is_for_weaker(&it));
        let kind = FailureKind::Bytes {
            offset,
            after: print_bytes(&expected[offset.saturating_sub(CONTEXT_BYTES_MAX)..offset]),
            expected: expected[offset],
            found: self.inbox.rest()[offset],
        };
        if !is_for_weaker {
            let lines = expected.iter().filter(|it| **it == b'\n').count();
            self.take_lines(lines.max(1));
        }
        self.last_reply = None;
        self.judge(now, Err(Unmet::Wrong(kind)))
    }

    /// `<none`. What comes although nothing should is dropped, so that the records
    /// that follow are not confused by it.
    pub(super) fn silence(&mut self, now: Time, duration: Duration) -> Next {
        let until = self.since.unwrap_or(now) + duration;
        match self.noise(now, until) {
            Noise::Given(next) => return next,
            Noise::Unexpected(bytes) if self.ledger.is_owed() => {
                self.fail(now, FailureKind::NotSilent(bytes));
                self.leave_rest();
                self.inbox.take_all();
            }
            Noise::Unexpected(_) => return self.advance(),
            Noise::None => {}
        }
        if now < until && !self.is_closed {
            return Next::Ask(Demand::Read { until });
        }
        self.ledger.meet();
        self.advance()
    }

    /// `<closed`.
    pub(super) fn closed(&mut self, now: Time) -> Next {
        let (until, time) = self.waits_until(now);
        let verdict = match self.noise(now, until) {
            Noise::Given(next) => return next,
            Noise::Unexpected(bytes) => Err(Unmet::Wrong(FailureKind::NotSilent(bytes))),
            Noise::None if self.is_closed => Ok(()),
            Noise::None if now < until => return Next::Ask(Demand::Read { until }),
            Noise::None => Err(Unmet::Wrong(FailureKind::StillOpen(time))),
        };
        self.judge(now, verdict)
    }
}

/// What came where silence was due.
pub(super) enum Noise {
    /// Nothing.
    None,
    /// Something that is not complete, or that an expectation passed by has taken.
    Given(Next),
    /// This line, or what there was of it when time was up.
    Unexpected(String),
}

/// Why an expectation is not met.
enum Unmet {
    /// The agent did otherwise.
    Wrong(FailureKind),
    /// It cannot be told.
    OutOfReach(String),
}

impl From<MatchError> for Unmet {
    fn from(error: MatchError) -> Unmet {
        match error {
            MatchError::Differs(mismatch) => Unmet::Wrong(FailureKind::Mismatch(mismatch)),
            MatchError::Unbound(Unbound(name)) => Unmet::OutOfReach(format!("it needs `${name}`, which no reply gave")),
        }
    }
}

/// Where a success was expected and an error came, or the other way round, what came
/// says more than that something is absent.
fn with_answer(error: MatchError, reply: &Value) -> MatchError {
    let MatchError::Differs(mismatch) = error else {
        return error;
    };
    let found = match mismatch.pointer.as_str() {
        "/return" if reply.get("return").is_none() => reply.get("error").map(|it| ("the error", it)),
        "/error" if reply.get("error").is_none() => reply.get("return").map(|it| ("the success", it)),
        _ => None,
    };
    let found = found.map(|(what, it)| format!("{what} {}", shorten(it)));
    MatchError::Differs(Mismatch {
        found: found.unwrap_or(mismatch.found),
        ..mismatch
    })
}

impl Run<'_> {
    /// Holds a line against a pattern and keeps the variables it takes.
    fn hold(&mut self, reply: &Result<Reply, String>, pattern: &Pattern, sentinel: bool) -> Result<(), Unmet> {
        let wrong = |kind| Err(Unmet::Wrong(kind));
        match reply {
            Err(why) => wrong(FailureKind::NotAReply(why.clone())),
            Ok(reply) if reply.sentinel != sentinel => wrong(FailureKind::Sentinel { expected: sentinel }),
            Ok(reply) => {
                let taken = matches(pattern, &self.seen(&reply.value), &self.variables);
                let taken = taken.map_err(|it| with_answer(it, &reply.value))?;
                self.variables.extend(taken);
                Ok(())
            }
        }
    }

    /// As much of a reply as is looked at: the envelope of a drop-in copy has nothing else.
    fn seen<'r>(&self, reply: &'r Value) -> Cow<'r, Value> {
        match self.ledger.level() {
            Level::Exact => Cow::Borrowed(reply),
            Level::Must | Level::Should => reply::known_members(reply),
        }
    }

    /// Writes down what came of an expectation and goes on.
    fn judge(&mut self, now: Time, verdict: Result<(), Unmet>) -> Next {
        match verdict {
            Ok(()) => self.ledger.meet(),
            Err(Unmet::OutOfReach(why)) => self.ledger.miss(&why),
            Err(Unmet::Wrong(kind)) => self.fail(now, kind),
        }
        self.advance()
    }

    fn fail(&mut self, now: Time, kind: FailureKind) {
        let failure = self.failure(now, kind);
        self.ledger.fail(failure);
    }

    pub(super) fn failure(&self, now: Time, kind: FailureKind) -> Failure {
        let record = self.script.records.get(self.at);
        let last_line = self.script.records.last().map_or(0, |it| it.place.line);
        Failure {
            line: record.map_or(last_line, |it| it.place.line),
            record: record.map_or("(silence after the last record)".to_owned(), |it| {
                print_record(&it.kind)
            }),
            kind,
            after: self.elapsed(now),
            wire_end: self.wire.entries().len(),
        }
    }

    /// What came where silence is due. A line is waited for until it is complete, so
    /// that it is told whole and in the same words however it was cut.
    pub(super) fn noise(&mut self, now: Time, until: Time) -> Noise {
        if self.inbox.rest().is_empty() {
            return Noise::None;
        }
        let length = self.inbox.line_length();
        if length.is_some() && self.line_of_passed_by() {
            return Noise::Given(Next::Again);
        }
        if length.is_none() && !self.is_over(now, until) {
            return Noise::Given(Next::Ask(Demand::Read { until }));
        }
        let line = &self.inbox.rest()[..length.unwrap_or(self.inbox.rest().len())];
        let shown = &line[..line.len().min(UNEXPECTED_BYTES_MAX)];
        let more = if shown.len() < line.len() { "…" } else { "" };
        Noise::Unexpected(format!("{}{more}", print_bytes(shown)))
    }

    /// Until when the current expectation is waited for, and how long that is.
    pub(super) fn waits_until(&self, now: Time) -> (Time, Duration) {
        // Half a reply shows that the rest is on its way.
        let is_short = !self.ledger.is_owed() && self.inbox.rest().is_empty();
        let time = if is_short {
            self.config.optional_wait.min(self.timeout)
        } else {
            self.timeout
        };
        let until = self.since.unwrap_or(now) + time;
        (until.min(self.deadline), time)
    }

    /// Whether nothing more can come in time.
    pub(super) fn is_over(&self, now: Time, until: Time) -> bool {
        now >= until || self.is_closed || self.inbox.is_overflown()
    }

    /// The current expectation needs more bytes than there are.
    fn wait_for_more(&mut self, now: Time) -> Next {
        let (until, time) = self.waits_until(now);
        let kind = if self.inbox.is_overflown() {
            FailureKind::TooLong(self.config.line_bytes_max)
        } else if self.is_closed {
            FailureKind::Closed
        } else if now < until {
            return Next::Ask(Demand::Read { until });
        } else if now >= self.deadline {
            FailureKind::ScriptTimeout(self.config.script_timeout)
        } else {
            FailureKind::Timeout(time)
        };
        self.give_up(now, kind)
    }

    /// What was waited for did not come. If it was owed, nobody knows any more what
    /// the next bytes belong to: only a new channel can put that right. Before weaker
    /// claims it is passed by, once: an agent may owe those and not it.
    fn give_up(&mut self, now: Time, kind: FailureKind) -> Next {
        let is_timeout = matches!(kind, FailureKind::Timeout(_));
        if !self.ledger.is_owed() {
            self.passed_by.push(self.at);
            return self.advance();
        }
        if is_timeout && self.ledger.is_weaker_later() && self.passed_by.is_empty() {
            self.fail(now, kind);
            self.passed_by.push(self.at);
            return self.advance();
        }
        let line = self.script.records[self.at].place.line;
        let why = format!("line {line} was not answered: {kind}");
        self.unheard += usize::from(is_timeout && !self.has_heard);
        self.stop = match kind {
            FailureKind::ScriptTimeout(_) => Stop::ForGood(why),
            _ if self.unheard >= UNHEARD_MAX => Stop::ForGood(why),
            _ => Stop::UntilReopen(why),
        };
        self.fail(now, kind);
        self.leave_rest();
        self.inbox.clear();
        self.advance()
    }

    /// Whether an expectation that was passed by takes the reply after all.
    fn give_to_passed_by(&mut self, reply: &Result<Reply, String>) -> bool {
        let script = self.script;
        for waiting in 0..self.passed_by.len() {
            let takes = match &script.records[self.passed_by[waiting]].kind {
                RecordKind::Reply(pattern) => self.hold(reply, pattern, false).is_ok(),
                RecordKind::SyncReply(pattern) => self.hold(reply, pattern, true).is_ok(),
                RecordKind::Raw(bytes) => self.inbox.line() == Some(bytes),
                _ => false,
            };
            if takes {
                let record = self.passed_by.remove(waiting);
                let length = self.inbox.line_length().unwrap_or_default();
                self.take_as(record, length, Fit::Met);
                return true;
            }
        }
        false
    }

    /// Whether the first line belongs to an expectation that was passed by.
    fn line_of_passed_by(&mut self) -> bool {
        let line = self.inbox.line().filter(|_| !self.passed_by.is_empty());
        let reply = line.map(reply::read);
        reply.is_some_and(|it| self.give_to_passed_by(&it))
    }
}
