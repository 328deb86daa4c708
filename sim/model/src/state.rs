//! What the agent knows besides its channels, and what a command works on.

use crate::commands::exec::Executions;
use crate::commands::file::OpenFiles;
use crate::commands::fsfreeze::FreezeState;
use crate::deviation::{Deviant, Deviation};
use crate::event::Event;
use crate::guest::Guest;
use crate::guest::fs::task::Task;
use crate::guest::program::Child;
use crate::journal::Journal;
use crate::message::CommandError;
use crate::policy::Policy;
use crate::state_dir::StateDir;
use crate::time::Time;
use qga_fixtures::schema::{ChildOutput, Command, ErrorName, Presence, Release, System};
use std::collections::VecDeque;
use std::time::Duration;

/// Events kept for whoever embeds the agent; the oldest go first.
pub const EVENTS_MAX: usize = 1024;

/// How the agent is started, apart from its guest.
#[derive(Clone, Debug)]
pub struct Config {
    /// The release to behave as.
    pub release: &'static Release,
    /// The block and allow lists.
    pub policy: Policy,
    /// The freeze hook: a path in the guest.
    pub hook: Option<Vec<u8>>,
    /// A file to read instead of the system's own os-release: a path in the guest.
    pub os_release: Option<Vec<u8>>,
    /// Live on where the real agent dies of a client's bytes.
    pub survive: bool,
    /// Keep what clients ask: see [`crate::Agent::poll_asked`].
    pub journal: bool,
    /// What this agent does otherwise than it should.
    pub deviation: Option<&'static Deviation>,
}

impl Config {
    /// A release with nothing blocked and no hook.
    pub fn new(release: &'static Release) -> Config {
        Config {
            release,
            policy: Policy::default(),
            hook: None,
            os_release: None,
            survive: false,
            journal: false,
            deviation: None,
        }
    }
}

/// Everything the agent knows besides its channels. Commands get this and their
/// arguments, and return a value.
pub(crate) struct State {
    pub(crate) release: &'static Release,
    pub(crate) config: Config,
    pub(crate) guest: Guest,
    /// The agent as the guest's kernel sees it.
    pub(crate) task: Task,
    pub(crate) store: Box<dyn StateDir>,
    pub(crate) files: OpenFiles,
    pub(crate) executions: Executions,
    pub(crate) freeze: FreezeState,
    pub(crate) now: Time,
    /// Until when the agent waits for a child and serves nobody.
    pub(crate) busy_until: Option<Time>,
    /// What it waits for is that the machine wakes.
    pub(crate) is_asleep: bool,
    /// The next reply gets the byte 0xFF before it.
    pub(crate) delimit_next: bool,
    pub(crate) death: Option<&'static str>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) journal: Option<Journal>,
    pub(crate) deviation: Deviant,
}

impl State {
    /// The system the agent runs on.
    pub(crate) fn system(&self) -> System {
        self.guest.system()
    }

    /// What went on in the guest since, and what the agent does between two requests.
    pub(crate) fn catch_up(&mut self) {
        self.guest.advance(self.now);
        self.guest.settle(&mut self.task);
    }

    /// The commands this agent has, in the order of the schema.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &'static Command> {
        self.release.commands(self.system())
    }

    /// How a command stands in this agent's release on its system.
    pub(crate) fn presence(&self, command: &Command) -> Presence {
        command.presence(self.release, self.system())
    }

    /// Whether a command may run now.
    pub(crate) fn gate(&self, command: &Command) -> Result<(), CommandError> {
        match self.deviation.gate(command) {
            Some(true) => return Ok(()),
            Some(false) => return Err(CommandError::new(ErrorName::CommandBlocked).with("command", command.name)),
            None => {}
        }
        if self.presence(command) == Presence::Disabled {
            return Err(CommandError::new(ErrorName::CommandBlocked).with("command", command.name));
        }
        self.config.policy.gate(self.release, command, self.freeze.is_frozen())
    }

    /// Whether the next request may run.
    pub(crate) fn is_ready(&self) -> bool {
        self.death.is_none() && self.busy_until.is_none()
    }

    /// Keeps an event for whoever embeds the agent.
    pub(crate) fn tell(&mut self, event: Event) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Runs a program for the agent, which waits for its end, and for that of its
    /// output where it reads it. The input is nothing if left out.
    pub(crate) fn run(&mut self, words: &[&[u8]], input: Option<&[u8]>) -> Child {
        let child = self.guest.run(&self.task, words, input, self.now);
        self.wait_for_child(match self.release.child_output {
            ChildOutput::Dropped => child.duration,
            ChildOutput::Read => child.duration.max(child.output_open),
        });
        child
    }

    /// The agent waits for a child: it serves nobody for so long.
    pub(crate) fn wait_for_child(&mut self, span: Duration) {
        if !span.is_zero() {
            let from = self.busy_until.unwrap_or(self.now);
            self.busy_until = Some(from + span);
        }
    }

    /// The agent serves again.
    pub(crate) fn go_on(&mut self) {
        self.busy_until = None;
        self.is_asleep = false;
    }

    /// The real agent dies here.
    pub(crate) fn die(&mut self, why: &'static str) {
        self.tell(Event::Died(why));
        if !self.config.survive {
            self.death = Some(why);
        }
    }
}
