//! The agents that can be judged, and how one is put in front of a script.
//!
//! A target opens a [`Stage`]: a channel, a scratch folder, and for a spawned
//! agent the process behind it. Targets move bytes and must not look at them; the
//! runner's own questions go through [`crate::exchange`].

mod agent_process;
mod images;
mod in_process;
pub mod live;
mod named;
mod orphans;
mod place;
mod scratch;
mod socket;
mod stage;
mod tail;
mod template;

pub use agent_process::{AgentProcess, Start, StartError};
pub use images::DEFAULT_IMAGE;
pub use in_process::InProcess;
pub use named::{DEFAULT_RELEASE, Named, find_release, parse_target};
pub use orphans::adopt as adopt_orphans;
pub use place::{Numbered, Passing, Place, RunFolder};
pub use scratch::{Remote, Scratch, is_shared, makes_file, own_scratch};
pub use socket::Socket;
pub(crate) use stage::SIMULATED_SCRATCH;
pub use stage::Stage;
pub use template::{Filling, Template};

use crate::status::Problem;
use qga_fixtures::schema::{Release, System};
use qga_model::deviation::Deviation;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// An agent to judge.
#[derive(Debug)]
pub struct Target {
    /// Which.
    pub kind: Kind,
    /// What the simulated agent inside this program does otherwise than it should.
    pub deviation: Option<&'static Deviation>,
    /// The bytes of each write; any number if `None`.
    pub chunk: Option<NonZeroUsize>,
    /// How long it may take to start or to be reached.
    pub start_timeout: Duration,
}

/// The kinds of targets.
#[derive(Debug)]
pub enum Kind {
    /// The simulated agent inside this program.
    Builtin(&'static Release),
    /// An agent that is there already.
    Unix {
        /// Its socket.
        socket: PathBuf,
        /// Where scripts make their files; nowhere if `None`.
        scratch: Option<Scratch>,
    },
    /// A fresh agent for each script.
    Spawn(Spawn),
}

/// How a fresh agent is started.
#[derive(Debug)]
pub struct Spawn {
    /// The command that starts it.
    pub template: Template,
    /// What `{release}` stands for.
    pub release: &'static Release,
    /// Where the agents of this run have their sockets and folders.
    pub folder: RunFolder,
    /// The folder in which scripts make files, if the agent's files are not those of
    /// this machine: each agent that is started has files of its own.
    pub own_scratch: Option<&'static str>,
}

impl Target {
    /// The simulated agent inside this program, which does nothing otherwise than it should.
    pub fn builtin(release: &'static Release, start_timeout: Duration) -> Target {
        Target {
            kind: Kind::Builtin(release),
            deviation: None,
            chunk: None,
            start_timeout,
        }
    }

    /// Whether each script gets an agent of its own, in which it may leave things behind.
    pub fn is_fresh(&self) -> bool {
        !matches!(self.kind, Kind::Unix { .. })
    }

    /// Whether the agent and its guest are inside this program.
    pub fn is_builtin(&self) -> bool {
        matches!(self.kind, Kind::Builtin(_))
    }

    /// How the agent can be asked to make a script's scratch folder, if it must be asked.
    pub fn remote_scratch(&self) -> Option<&Remote> {
        match &self.kind {
            Kind::Unix {
                scratch: Some(Scratch::Remote(remote)),
                ..
            } => Some(remote),
            _ => None,
        }
    }

    /// Whether scripts can make files at all.
    pub fn has_scratch(&self) -> bool {
        !matches!(self.kind, Kind::Unix { scratch: None, .. })
    }

    /// Whether a script finds the guest image that it names.
    pub fn has_guest_images(&self) -> bool {
        match &self.kind {
            Kind::Builtin(_) => true,
            Kind::Unix { .. } => false,
            Kind::Spawn(spawn) => spawn.template.knows_guests(),
        }
    }

    /// The system of a guest image; `None` if it is not known: the image is the
    /// target's own, or the target has none.
    ///
    /// # Errors
    /// The agent inside this program has no such image.
    pub fn system(&self, image: &str) -> Result<Option<System>, Problem> {
        let guest = match &self.kind {
            Kind::Builtin(_) => Some(images::load(image)?),
            Kind::Spawn(spawn) if spawn.template.knows_guests() => images::load(image).ok(),
            Kind::Spawn(_) | Kind::Unix { .. } => None,
        };
        Ok(guest.map(|it| it.system()))
    }

    /// Puts an agent in front of a script that asks for a guest image.
    ///
    /// # Errors
    /// The agent cannot be started or reached.
    pub async fn open(&self, image: &str) -> Result<Stage, Problem> {
        match &self.kind {
            Kind::Builtin(release) => Stage::builtin(self, release, image),
            Kind::Unix { socket, scratch } => Stage::connected(self, socket, scratch.as_ref()).await,
            Kind::Spawn(spawn) => Stage::spawned(self, spawn, image).await,
        }
    }
}
