//! What cases may do: which commands the agent has, and which effects are allowed.

use crate::script::Level;
use qga_fixtures::schema::{Command, CommandId, Effect, Presence, Release, System};
use std::collections::BTreeSet;

/// What cases may do, and to which agent.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The release the agent claims to be.
    pub release: &'static Release,
    /// The system it runs on.
    pub system: System,
    /// What may be done to the guest; reading always may.
    pub allowed: BTreeSet<Effect>,
    /// The commands it offers and has enabled. If `None`, those of the release.
    pub offered: Option<BTreeSet<String>>,
    /// Only cases with these commands, and what they need; all if empty.
    pub focus: BTreeSet<&'static str>,
    /// Only cases of this family; all if `None`.
    pub family: Option<Family>,
    /// Whether there is a folder to make files in.
    pub has_scratch: bool,
    /// The level at which the agent is judged.
    pub level: Level,
    /// Whether the machine is simulated, so that it can be changed without harm.
    pub is_simulated: bool,
    /// Whether the agent can be started anew, and what a case has spoilt is gone.
    pub starts_anew: bool,
    /// Whether 0xFF and guest-sync-delimited bring the agent in step: without that no
    /// bytes but requests are sent.
    pub resyncs: bool,
}

/// A kind of case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Right requests that only read.
    Requests,
    /// Requests that are written otherwise than usual.
    Written,
    /// Requests with one mistake in their arguments.
    Flawed,
    /// Commands that are not offered.
    Unknown,
    /// Bytes of any kind.
    Raw,
    /// Open files.
    Files,
    /// Programs.
    Programs,
    /// Filesystems that are frozen and thawed.
    Freeze,
    /// A machine that is changed.
    Machine,
    /// Clients that go and come anew.
    Anew,
}

impl Scope {
    /// Whether a command is enabled and may be called rightly.
    pub fn can_call(&self, command: &Command) -> bool {
        self.is_offered(command) && self.is_allowed(command)
    }

    /// Whether the command's effect is allowed.
    pub fn is_allowed(&self, command: &Command) -> bool {
        let allows = |effect| effect == Effect::None || self.allowed.contains(&effect);
        match command.id {
            // It thaws, whatever anybody froze.
            CommandId::GuestFsfreezeThaw => allows(Effect::Freeze),
            _ => allows(command.effect) && (command.effect != Effect::Files || self.has_scratch),
        }
    }

    /// Whether the agent says that it has the command, or should have it.
    pub fn is_offered(&self, command: &Command) -> bool {
        let presence = command.presence(self.release, self.system);
        match &self.offered {
            Some(offered) => offered.contains(command.name) && presence == Presence::Works,
            None => presence == Presence::Works,
        }
    }

    /// Whether cases of a command are wanted.
    pub fn is_wanted(&self, command: &str) -> bool {
        self.focus.is_empty() || self.focus.contains(command)
    }

    /// Whether cases of a command are wanted and can be made.
    pub fn has(&self, name: &str) -> bool {
        Command::find(name).is_some_and(|it| self.can_call(it))
    }
}
