//! The machine that a recorded agent ran on, as far as a session shows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use qga_fixtures::schema::Release;
use qga_model::Config;
use qga_model::agent::Agent;
use qga_model::guest::Guest;
use qga_model::policy::Policy;
use qga_model::state_dir::StateDir;
use qga_model::time::Time;

use super::recording::Session;
use super::wire::Wire;

/// Why a session cannot be replayed.
pub(super) struct Unreplayable(pub(super) String);

/// Signals an agent can be sent.
const SIGTERM: i32 = 15;

/// A guest with an agent that runs or has ended.
pub(super) struct Machine {
    config: Config,
    state: SharedDir,
    process: Process,
    died: bool,
}

enum Process {
    Running(Box<Wire>),
    Ended(Box<Guest>, Time),
    /// Only while one of the others is being made.
    Between,
}

impl Machine {
    /// A machine with the session's files and the session's agent, if it starts.
    pub(super) fn prepare(session: &Session) -> Result<Machine, Unreplayable> {
        let config = config(session)?;
        let mut machine = Machine {
            config,
            state: SharedDir::default(),
            process: Process::Ended(Box::default(), Time::ZERO),
            died: false,
        };
        machine.set_up(&session.setup)?;
        machine.start();
        Ok(machine)
    }

    fn set_up(&mut self, lines: &str) -> Result<(), Unreplayable> {
        match lines {
            "" => Ok(()),
            "touch state/qga.state.isfrozen" => {
                self.state.write("qga.state.isfrozen", b"");
                Ok(())
            }
            _ => Err(Unreplayable("its files are set up by a shell".to_owned())),
        }
    }

    /// Whether an agent came up.
    pub(super) fn has_started(&self) -> bool {
        self.died || matches!(self.process, Process::Running(_))
    }

    /// Whether the agent died of what it was sent.
    pub(super) fn has_died(&self) -> bool {
        self.died || matches!(&self.process, Process::Running(wire) if wire.agent().death().is_some())
    }

    fn start(&mut self) {
        let Process::Ended(guest, now) = std::mem::replace(&mut self.process, Process::Between) else {
            return;
        };
        self.process = match Agent::new(self.config.clone(), *guest, Box::new(self.state.clone())) {
            Ok(agent) => Process::Running(Box::new(Wire::new(agent, now))),
            Err(_) => Process::Ended(Box::default(), now),
        };
    }

    fn stop(&mut self) {
        let Process::Running(wire) = std::mem::replace(&mut self.process, Process::Between) else {
            return;
        };
        let now = wire.now();
        let (guest, _) = wire.into_agent().stop();
        self.process = Process::Ended(Box::new(guest), now);
    }

    /// Ends the agent and starts it anew; whether it came up.
    pub(super) fn restart(&mut self) -> Result<bool, Unreplayable> {
        self.stop();
        self.start();
        Ok(self.has_started())
    }

    /// Sends the agent a signal; how it ended, if it did.
    pub(super) fn signal(&mut self, signal: i32) -> Option<i32> {
        let Process::Running(wire) = &self.process else {
            return None;
        };
        if signal == SIGTERM && wire.agent().is_frozen() {
            return None;
        }
        self.stop();
        Some(if signal == SIGTERM { 0 } else { -signal })
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, span: Duration) {
        self.with_wire(|wire| wire.pass(span));
    }

    /// Does something with the clients; nothing if no agent runs.
    pub(super) fn with_wire<T: Default>(&mut self, act: impl FnOnce(&mut Wire) -> T) -> T {
        match &mut self.process {
            Process::Running(wire) => act(wire),
            Process::Ended(..) | Process::Between => T::default(),
        }
    }

    /// Runs a shell line on the guest and gives what it prints.
    pub(super) fn shell(&mut self, _line: &str) -> Result<Vec<u8>, Unreplayable> {
        Err(Unreplayable("a shell looks at its files".to_owned()))
    }
}

/// How the agent was started, as far as the model has it.
fn config(session: &Session) -> Result<Config, Unreplayable> {
    let name = &session.release;
    let release = Release::find(name).ok_or_else(|| Unreplayable(format!("release {name} is not known")))?;
    if session.env.contains_key("QGA_CONF") {
        return Err(Unreplayable("it reads a configuration file".to_owned()));
    }
    if session.user != 0 {
        return Err(Unreplayable("its agent is not root".to_owned()));
    }
    let mut config = Config::new(release);
    config.policy = Policy::default();
    for (option, value) in session.args.iter().zip(session.args.iter().skip(1)) {
        if option == "-b" {
            config.policy.block.extend(value.split(',').map(str::to_owned));
        }
    }
    Ok(config)
}

/// A state folder that outlives its agent and can be looked into meanwhile.
#[derive(Clone, Debug, Default)]
struct SharedDir {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl StateDir for SharedDir {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    fn write(&mut self, name: &str, content: &[u8]) -> bool {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(name.to_owned(), content.to_vec());
        true
    }

    fn remove(&mut self, name: &str) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
