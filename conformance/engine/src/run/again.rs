//! `<again`: asks anew while the answer is not the one that is waited for, as a
//! client polls guest-exec-status until the program has ended.

use super::step::Next;
use super::{Demand, Run, Stop};
use crate::Time;
use crate::frame::reply;
use crate::pattern::{Pattern, matches};
use std::time::Duration;

/// The first pause before a request is sent again; each is twice the one before it,
/// up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(5);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// What is asked anew.
#[derive(Debug)]
pub(super) struct Asking {
    /// The last line that was sent.
    pub(super) last: Vec<u8>,
    pause: Duration,
    /// When it is sent again.
    next: Option<Time>,
}

impl Default for Asking {
    fn default() -> Asking {
        Asking {
            last: Vec::new(),
            pause: PAUSE_MIN,
            next: None,
        }
    }
}

impl Run<'_> {
    /// A reply that is something else, or comes when time is up, is left for the
    /// next expectation.
    pub(super) fn again(&mut self, now: Time, pattern: &Pattern) -> Next {
        match self.asking.next {
            Some(_) if self.is_closed => return self.stop_asking(),
            Some(at) if now < at => return Next::Ask(Demand::Sleep { until: at }),
            Some(_) => return self.ask_again(now),
            None => {}
        }
        let (until, _) = self.waits_until(now);
        let is_over = self.stop != Stop::No || self.is_over(now, until);
        let Some(line) = self.inbox.line() else {
            return match is_over {
                true => self.stop_asking(),
                false => Next::Ask(Demand::Read { until }),
            };
        };
        let length = line.len();
        let is_this = reply::read(line)
            .is_ok_and(|it| matches(pattern, &reply::known_members(&it.value), &self.variables).is_ok());
        if !is_this || is_over {
            return self.stop_asking();
        }
        // How often it is asked is a matter of time, and no reply to keep.
        self.inbox.take(length);
        self.asking.next = Some(now + self.asking.pause);
        self.asking.pause = (self.asking.pause * 2).min(PAUSE_MAX);
        Next::Again
    }

    fn ask_again(&mut self, now: Time) -> Next {
        self.asking.next = None;
        let line = self.asking.last.clone();
        self.transmit(now, line)
    }

    fn stop_asking(&mut self) -> Next {
        (self.asking.next, self.asking.pause) = (None, PAUSE_MIN);
        self.advance()
    }
}
