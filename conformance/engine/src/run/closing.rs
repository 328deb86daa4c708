//! The end of a script: that nothing comes which nobody asked for.
//!
//! Silence shows it, and costs its time in every script. An agent answers in the
//! order it was asked, so where the script has left it between two requests a last
//! guest-sync shows the same at once: its reply must be the next thing that comes.

use super::expect::Noise;
use super::step::Next;
use super::{Demand, Phase, Run, Stop};
use crate::Time;
use crate::frame::reply::{self, SENTINEL};
use crate::verdict::FailureKind;
use crate::wire::WireKind;
use serde_json::Value;
use serde_json::de::IoRead;
use std::time::Duration;

/// The id of the last sync: no script uses it, and any agent can give it back.
pub const CLOSING_ID: i64 = 20_250_729;

/// The longest request after which the last sync is still tried, in bytes. It is
/// read once more to see that it was complete.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// The command that a script ends with, where it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingSync {
    /// guest-sync-delimited.
    Delimited,
    /// guest-sync, for agents that have no other.
    Plain,
}

impl ClosingSync {
    fn request(self) -> Vec<u8> {
        let name = match self {
            ClosingSync::Delimited => "guest-sync-delimited",
            ClosingSync::Plain => "guest-sync",
        };
        format!("{{\"execute\": \"{name}\", \"arguments\": {{\"id\": {CLOSING_ID}}}}}\n").into_bytes()
    }
}

/// Whether the agent stands between two requests and owes no reply, as far as the
/// script can tell. In doubt it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// What was sent ends with a complete request.
    complete: bool,
    /// A reply was taken since.
    answered: bool,
}

impl Step {
    /// That of a channel just opened: another client may have left half a request.
    pub(super) const UNKNOWN: Step = Step {
        complete: true,
        answered: false,
    };

    pub(super) fn sent(&mut self, bytes: &[u8]) {
        let flushed = bytes.iter().rposition(|it| *it == SENTINEL);
        let rest = flushed.map_or(bytes, |at| &bytes[at + 1..]);
        self.complete = (self.complete || flushed.is_some()) && is_complete(rest);
        self.answered = false;
    }

    pub(super) fn answered(&mut self) {
        self.answered = true;
    }

    fn is_between_requests(self) -> bool {
        self.complete && self.answered
    }
}

/// Whether the bytes are whole JSON objects, one after the other.
fn is_complete(bytes: &[u8]) -> bool {
    if bytes.len() > REQUEST_BYTES_MAX {
        return false;
    }
    let mut values = serde_json::Deserializer::new(IoRead::new(bytes)).into_iter::<Value>();
    values.all(|it| it.is_ok_and(|it| it.is_object()))
}

impl Run<'_> {
    /// After the last record: the sync if it can be sent, else silence.
    pub(super) fn begin_closing(&mut self, now: Time) -> Next {
        self.since = Some(now);
        if matches!(self.stop, Stop::UntilReopen(_) | Stop::ForGood(_)) {
            self.finish(now);
            return Next::Again;
        }
        let in_step = self.stop == Stop::No && !self.is_closed && self.step.is_between_requests();
        match self.config.closing_sync.filter(|_| in_step) {
            None => {
                self.phase = Phase::Silence;
                Next::Again
            }
            Some(sync) => {
                self.phase = Phase::ClosingSync;
                let request = sync.request();
                self.log(now, WireKind::Sent, &request);
                Next::Ask(Demand::Send(request))
            }
        }
    }

    /// Nothing may come for so long.
    pub(super) fn closing_silence(&mut self, now: Time) -> Next {
        self.close(now, self.config.silence)
    }

    /// Nothing may come before the reply to the last sync. An agent that does not
    /// give it has still kept silent: that it should answer is for other claims.
    pub(super) fn closing_reply(&mut self, now: Time) -> Next {
        if self.inbox.line().is_some_and(is_closing_reply) {
            let length = self.inbox.line_length().unwrap_or_default();
            self.inbox.take(length);
            self.since = Some(now);
            return self.close(now, Duration::ZERO);
        }
        self.close(now, self.timeout)
    }

    fn close(&mut self, now: Time, silence: Duration) -> Next {
        let until = self.since.unwrap_or(now) + silence;
        match self.noise(now, until) {
            Noise::Given(next) => return next,
            Noise::Unexpected(bytes) => {
                let failure = self.failure(now, FailureKind::NotSilent(bytes));
                self.ledger.fail_last(failure);
            }
            Noise::None if now < until && !self.is_closed => return Next::Ask(Demand::Read { until }),
            Noise::None => {}
        }
        self.finish(now);
        Next::Again
    }
}

fn is_closing_reply(line: &[u8]) -> bool {
    reply::read(line).is_ok_and(|it| it.value["return"] == CLOSING_ID)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::request(b"{\"execute\": \"x\"}\n", true)]
    #[case::two(b"{} {}\r\n", true)]
    #[case::without_newline(b"{}", true)]
    #[case::half(b"{\"execute\"", false)]
    #[case::one_and_a_half(b"{}{\n", false)]
    #[case::after_half(b"{\n|{}\n", false)]
    #[case::flushed(b"{\n|\xFF{}\n", true)]
    #[case::flush_alone(b"{\n|\xFF", true)]
    #[case::number(b"12", false)]
    #[case::garbage(b"hello\n", false)]
    #[case::single_quotes(b"{'execute': 'x'}\n", false)]
    fn what_was_sent_is_complete(#[case] sends: &[u8], #[case] complete: bool) {
        let mut step = Step::UNKNOWN;
        sends.split(|it| *it == b'|').for_each(|it| step.sent(it));
        assert!(!step.is_between_requests(), "nothing was answered yet");
        step.answered();
        assert_eq!(step.is_between_requests(), complete);
    }
}
