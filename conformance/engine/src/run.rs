//! One script against one agent, as a state machine without any input or output:
//! the driver asks what to do, does it, and hands over what came.

use crate::Time;
use crate::event::Event;
use crate::script::{Level, Script};
use crate::verdict::{Outcome, Reason};
use qga_fixtures::schema::{Effect, Release, System};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The longest reply that is read, in bytes: the agent's own limit for a string,
/// which base64 and escapes make longer on the way back.
pub const LINE_BYTES_MAX: usize = 6 * 64 * 1024 * 1024 + 4096;

/// How a script is run, and on what.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// The level at which claims are judged.
    pub level: Level,
    /// The release the agent claims to be.
    pub release: &'static Release,
    /// The system the agent runs on.
    pub system: System,
    /// What scripts find in variables, such as `tmp`.
    pub variables: BTreeMap<String, String>,
    /// How long the agent may take for an expectation; a script may ask for more.
    pub timeout: Duration,
    /// How long the whole script may take, besides what it waits by itself.
    pub script_timeout: Duration,
    /// How long the channel must be silent after the last record.
    pub silence: Duration,
    /// How long an expectation is waited for that the agent does not owe.
    pub optional_wait: Duration,
    /// What may be done to the guest; reading always may.
    pub allowed: BTreeSet<Effect>,
    /// The commands the agent offers and has enabled; unknown if `None`.
    pub offered: Option<BTreeSet<String>>,
    /// Whether the target runs with the guest image that the script names.
    pub guest_images: bool,
    /// The longest reply that is read, in bytes.
    pub line_bytes_max: usize,
}

impl RunConfig {
    /// A run on Linux with everything allowed and known, and ordinary times.
    pub fn new(level: Level, release: &'static Release) -> RunConfig {
        RunConfig {
            level,
            release,
            system: System::Linux,
            variables: BTreeMap::new(),
            timeout: Duration::from_secs(10),
            script_timeout: Duration::from_secs(60),
            silence: Duration::from_millis(50),
            optional_wait: Duration::from_millis(250),
            allowed: BTreeSet::from(Effect::ALL),
            offered: None,
            guest_images: true,
            line_bytes_max: LINE_BYTES_MAX,
        }
    }
}

/// What a run wants of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Send these bytes, then poll again.
    Send(Vec<u8>),
    /// Hand over what comes; poll again after each piece, and at this time at the latest.
    Read {
        /// When waiting ends.
        until: Time,
    },
    /// Poll again at this time; what comes meanwhile may be handed over at once or later.
    Sleep {
        /// When waiting ends.
        until: Time,
    },
    /// Close the channel, open it again, then poll again.
    Reopen,
    /// The run is over: ask for the outcomes.
    Done,
}

/// One script being run.
#[derive(Debug)]
pub struct Run<'s> {
    script: &'s Script,
    config: RunConfig,
}

impl<'s> Run<'s> {
    /// A run of `script` that has not begun: its clock starts at the first poll.
    pub fn new(script: &'s Script, config: RunConfig) -> Run<'s> {
        Run { script, config }
    }

    /// Why the script as a whole cannot be put to the test; such a run is done at
    /// once and sends nothing.
    pub fn obstacle(&self) -> Option<Reason> {
        let _ = (&self.script, &self.config);
        None
    }

    /// What to do next.
    pub fn poll(&mut self, now: Time) -> Demand {
        let _ = now;
        Demand::Done
    }

    /// Bytes came from the agent.
    pub fn handle_bytes(&mut self, now: Time, bytes: &[u8]) {
        let _ = (now, bytes);
    }

    /// The agent closed the channel.
    pub fn handle_closed(&mut self, now: Time) {
        let _ = now;
    }

    /// What happened since this was last asked, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// What became of each claim, in the script's order. Complete once the run is done.
    pub fn outcomes(&self) -> Vec<Outcome> {
        Vec::new()
    }
}
