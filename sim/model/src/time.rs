//! Time as an argument: how long the agent has been running.

use std::ops::Add;
use std::time::Duration;

/// A point in time, counted from the start of the agent.
///
/// The model never asks what time it is: whoever drives it says so, from a real
/// clock or a virtual one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl Time {
    /// The start.
    pub const ZERO: Time = Time(Duration::ZERO);

    /// The time from `earlier` to this point; zero if it is not earlier.
    pub fn since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(span))
    }
}
