//! What the machine says of itself: its operating system, clock, time zone, load
//! and the users logged in.

use std::time::Duration;

use qga_fixtures::schema;
use serde::Deserialize;
use toml::Spanned;

use super::Guest;
use super::errno::Errno;
use super::image::repeat::{self, Repeat};
use crate::time::Time;

/// `[system]` of an image: the operating system and its kernel.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SystemSection {
    /// `linux`, `windows` or `bsd`.
    pub os: Os,
    /// Host name.
    pub host_name: String,
    /// As `uname -r` says.
    pub kernel_release: String,
    /// As `uname -v` says.
    pub kernel_version: String,
    /// As `uname -m` says.
    pub machine: String,
}

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// FreeBSD and its relatives.
    Bsd,
}

impl Default for SystemSection {
    fn default() -> SystemSection {
        SystemSection {
            os: Os::Linux,
            host_name: "guest".to_owned(),
            kernel_release: "6.1.0-30-amd64".to_owned(),
            kernel_version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.124-1 (2025-01-12)".to_owned(),
            machine: "x86_64".to_owned(),
        }
    }
}

/// `[clock]` of an image: what time it is when the agent starts.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClockSection {
    /// Seconds since 1970 on the system clock.
    pub system_seconds: i64,
    /// Seconds since 1970 on the hardware clock; as the system clock if left out.
    pub hardware_seconds: Option<i64>,
    /// Seconds since the machine was started: the clock cannot be set before that.
    pub uptime_seconds: u64,
    /// Name of the time zone.
    pub zone: String,
    /// Seconds east of UTC.
    pub zone_offset: i64,
}

impl Default for ClockSection {
    fn default() -> ClockSection {
        ClockSection {
            system_seconds: 1_767_225_600,
            hardware_seconds: None,
            uptime_seconds: 60,
            zone: "UTC".to_owned(),
            zone_offset: 0,
        }
    }
}

/// `[load]` of an image: the load average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadSection {
    /// Over one minute.
    pub one: f64,
    /// Over five minutes.
    pub five: f64,
    /// Over fifteen minutes.
    pub fifteen: f64,
}

/// `[[login]]` of an image: a user who is logged in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginSection {
    /// User name.
    pub user: String,
    /// Since when: seconds since 1970, with a fraction.
    pub time: f64,
    /// The domain, on Windows.
    pub domain: Option<String>,
    /// Instead of one: so many, with their number in the place of `{n}`.
    count: Option<Spanned<u32>>,
}

impl Repeat for LoginSection {
    fn take_count(&mut self) -> Option<Spanned<u32>> {
        self.count.take()
    }

    fn number(&mut self, n: u32) {
        repeat::put_number(&mut self.user, n);
    }
}

/// The machine's two clocks.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Nanoseconds since 1970 at the agent's start; negative before 1970.
    system: i128,
    hardware: i128,
    uptime: Duration,
    /// Name of the time zone.
    pub zone: String,
    /// Seconds east of UTC.
    pub zone_offset: i64,
}

const NANOSECONDS: i128 = 1_000_000_000;

impl Clock {
    pub(crate) fn new(section: ClockSection) -> Clock {
        let seconds = |it: i64| i128::from(it) * NANOSECONDS;
        Clock {
            system: seconds(section.system_seconds),
            hardware: seconds(section.hardware_seconds.unwrap_or(section.system_seconds)),
            uptime: Duration::from_secs(section.uptime_seconds),
            zone: section.zone,
            zone_offset: section.zone_offset,
        }
    }

    /// Nanoseconds since 1970 on the system clock.
    pub fn now(&self, now: Time) -> i128 {
        self.system + elapsed(now)
    }

    /// settimeofday(2): nanoseconds since 1970.
    ///
    /// # Errors
    /// EINVAL for a time before the machine was started.
    pub fn set(&mut self, now: Time, to: i128) -> Result<(), Errno> {
        let up = (self.uptime + now.0).as_nanos() as i128;
        if to < up {
            return Err(Errno::EINVAL);
        }
        self.system = to - elapsed(now);
        Ok(())
    }

    /// Sets the hardware clock from the system clock, to the second.
    pub fn store(&mut self, now: Time) {
        self.hardware = whole_seconds(self.now(now)) - elapsed(now);
    }

    /// Sets the system clock from the hardware clock.
    pub fn load(&mut self, now: Time) {
        self.system = whole_seconds(self.hardware + elapsed(now)) - elapsed(now);
    }
}

fn elapsed(now: Time) -> i128 {
    now.0.as_nanos() as i128
}

fn whole_seconds(nanoseconds: i128) -> i128 {
    nanoseconds.div_euclid(NANOSECONDS) * NANOSECONDS
}

impl Guest {
    /// The operating system.
    pub fn system(&self) -> schema::System {
        match self.about.os {
            Os::Linux => schema::System::Linux,
            Os::Windows => schema::System::Windows,
            Os::Bsd => schema::System::Bsd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_goes_on_from_there() {
        let mut clock = Clock::new(ClockSection::default());
        let second = Time(Duration::from_secs(1));
        assert_eq!(clock.set(second, 1_700_000_000 * NANOSECONDS), Ok(()));
        assert_eq!(clock.now(second + Duration::from_millis(5)), 1_700_000_000_005_000_000);
        assert_eq!(clock.set(second, -1), Err(Errno::EINVAL));
        clock.store(second);
        assert_eq!(clock.set(second, 1_800_000_000 * NANOSECONDS), Ok(()));
        clock.load(second);
        assert_eq!(clock.now(second), 1_700_000_000 * NANOSECONDS);
    }
}
