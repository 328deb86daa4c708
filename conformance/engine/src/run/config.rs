//! How a script is run, and what a run wants of its driver.

use super::ClosingSync;
use crate::Time;
use crate::script::Level;
use qga_fixtures::schema::{Effect, Release, System};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The longest reply that is read, in bytes: the reference agent takes no token
/// longer than 64 MiB, and an answer to one is a little longer.
pub const LINE_BYTES_MAX: usize = 65 * 1024 * 1024;

/// How a script is run, and on what.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// The level at which claims are judged.
    pub level: Level,
    /// The release the agent claims to be.
    pub release: &'static Release,
    /// The system the agent runs on.
    pub system: System,
    /// What scripts find in variables: `tmp`, a path that is the script's own. Without
    /// it, scripts that use it are not testable.
    pub variables: BTreeMap<String, String>,
    /// How many of the script's claims are judged, from the first on.
    pub claims: usize,
    /// How long the agent may take for an expectation; a script may ask for more.
    pub timeout: Duration,
    /// How long the whole script may take, besides what it waits by itself.
    pub script_timeout: Duration,
    /// What shows at the end that nothing else comes, where the script has left the
    /// agent between two requests; without it silence does.
    pub closing_sync: Option<ClosingSync>,
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
    /// Whether the channel can be closed and opened again.
    pub reopens: bool,
    /// Whether there are filesystems that can be frozen.
    pub freezes: bool,
    /// The longest reply that is read, in bytes.
    pub line_bytes_max: usize,
    /// Whether the replies are kept whole: [`Run::transcript`](super::Run::transcript).
    pub keep_replies: bool,
}

impl RunConfig {
    /// A run on Linux with everything allowed and offered, and ordinary times.
    pub fn new(level: Level, release: &'static Release) -> RunConfig {
        RunConfig {
            level,
            release,
            system: System::Linux,
            variables: BTreeMap::from([("tmp".to_owned(), "/tmp".to_owned())]),
            claims: usize::MAX,
            timeout: Duration::from_secs(10),
            script_timeout: Duration::from_secs(60),
            closing_sync: None,
            silence: Duration::from_millis(50),
            optional_wait: Duration::from_millis(250),
            allowed: BTreeSet::from(Effect::ALL),
            offered: None,
            guest_images: true,
            reopens: true,
            freezes: true,
            line_bytes_max: LINE_BYTES_MAX,
            keep_replies: false,
        }
    }
}

/// What a run wants of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Send these bytes, then poll again. What comes meanwhile may be handed over at
    /// once. If the agent does not take them in the run's time-out, the driver hands
    /// over that the channel is closed.
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
    /// Close the channel, open it again, then poll again. If it cannot be opened, the
    /// driver hands over that it is closed.
    Reopen,
    /// The run is over: ask for the result.
    Done,
}
