//! The simulated agent inside another program: a test double for a client.
//!
//! ```
//! # async fn client() -> Result<(), Box<dyn std::error::Error>> {
//! use qga_sim::SimulatedAgent;
//!
//! let (agent, stream) = SimulatedAgent::builder().release("7.2").block(["guest-exec"]).in_memory()?;
//! # drop(stream);
//! // … give the stream to the client under test, then see what it has done:
//! while let Some(event) = agent.take_event() {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```

use crate::command_line::{Clients, DEFAULT_GUEST, DEFAULT_RELEASE};
use crate::door::Memory;
use crate::fault::{Active, Faults};
use crate::guest;
use crate::log::Log;
use crate::serve::{self, Served};
use crate::shared_agent::SharedAgent;
use crate::state_folder::StateFolder;
use crate::transport::{self, Transport};
use qga_fixtures::schema::Release;
use qga_model::guest::Guest;
use qga_model::journal::Asked;
use qga_model::policy::Policy;
use qga_model::state_dir::{MemoryStateDir, StateDir};
use qga_model::{Agent, Config, Event};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::DuplexStream;
use tokio::task::AbortHandle;

/// A simulated agent that runs as long as this value lives.
pub struct SimulatedAgent {
    agent: Arc<SharedAgent>,
    tasks: [AbortHandle; 2],
    memory: Option<Memory>,
}

/// How a [`SimulatedAgent`] is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    release: String,
    guest: OsString,
    block: Vec<String>,
    allow: Option<Vec<String>>,
    state_folder: Option<PathBuf>,
    clients: Clients,
    survive: bool,
    faults: Vec<String>,
}

/// Why a [`SimulatedAgent`] cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl Builder {
    /// The release to be, such as `7.2`; without this [`DEFAULT_RELEASE`].
    pub fn release(mut self, name: impl Into<String>) -> Builder {
        self.release = name.into();
        self
    }

    /// The guest: the name of a built-in image or the path of one; without this
    /// [`DEFAULT_GUEST`].
    pub fn guest(mut self, name_or_path: impl Into<OsString>) -> Builder {
        self.guest = name_or_path.into();
        self
    }

    /// Refuses these commands too.
    pub fn block<S: Into<String>>(mut self, commands: impl IntoIterator<Item = S>) -> Builder {
        self.block.extend(commands.into_iter().map(Into::into));
        self
    }

    /// Refuses all commands but these and those of earlier calls.
    pub fn allow<S: Into<String>>(mut self, commands: impl IntoIterator<Item = S>) -> Builder {
        self.allow
            .get_or_insert_default()
            .extend(commands.into_iter().map(Into::into));
        self
    }

    /// Keeps what outlives the agent in a folder; without this in memory.
    pub fn state_folder(mut self, path: impl Into<PathBuf>) -> Builder {
        self.state_folder = Some(path.into());
        self
    }

    /// How many clients are served at a time; without this one.
    pub fn clients(mut self, clients: Clients) -> Builder {
        self.clients = clients;
        self
    }

    /// Lives on where the real agent dies of what a client sends.
    pub fn survive(mut self) -> Builder {
        self.survive = true;
        self
    }

    /// Misbehaves, as `--fault` of the program does: `delay=50ms`, `drop-after=100`,
    /// `hang=guest-fsfreeze-freeze`.
    pub fn fault(mut self, fault: impl Into<String>) -> Builder {
        self.faults.push(fault.into());
        self
    }

    /// Serves on a socket at `path`, which it replaces. Needs a tokio runtime.
    ///
    /// # Errors
    /// A release, guest or fault that is not there, and a path where no socket can be.
    pub fn spawn(self, path: impl AsRef<Path>) -> Result<SimulatedAgent, BuildError> {
        let (release, agent) = self.agent()?;
        let transport = transport::open(release, b"unix-listen", path.as_ref(), serve::backlog(self.clients))
            .map_err(|unopened| BuildError(unopened.0.join(": ")))?;
        Ok(SimulatedAgent::start(
            agent,
            transport,
            self.clients,
            self.faults()?,
            None,
        ))
    }

    /// Serves clients in memory; gives the first of them. Needs a tokio runtime.
    ///
    /// # Errors
    /// A release, guest or fault that is not there.
    pub fn in_memory(self) -> Result<(SimulatedAgent, DuplexStream), BuildError> {
        let (_, agent) = self.agent()?;
        let (memory, transport) = Memory::new();
        let agent = SimulatedAgent::start(
            agent,
            Transport::Memory(transport),
            self.clients,
            self.faults()?,
            Some(memory),
        );
        let stream = agent.connect();
        Ok((agent, stream))
    }

    fn faults(&self) -> Result<Faults, BuildError> {
        let mut faults = Faults::default();
        self.faults
            .iter()
            .try_for_each(|fault| faults.add(fault))
            .map_err(BuildError)?;
        Ok(faults)
    }

    fn agent(&self) -> Result<(&'static Release, Agent), BuildError> {
        let release = Release::find(&self.release)
            .ok_or_else(|| BuildError(format!("no release is called '{}'", self.release)))?;
        let guest = guest::load(&self.guest).map_err(BuildError)?;
        let policy = Policy {
            block: self.block.iter().cloned().collect(),
            allow: self.allow.as_ref().map(|names| names.iter().cloned().collect()),
        };
        let config = Config {
            policy,
            survive: self.survive,
            journal: true,
            ..Config::new(release)
        };
        let store: Box<dyn StateDir> = match &self.state_folder {
            Some(path) => Box::new(StateFolder::new(path)),
            None => Box::new(MemoryStateDir::new()),
        };
        let agent = Agent::new(config, guest, store);
        Ok((
            release,
            agent.map_err(|error| BuildError(format!("the agent does not start: {error:?}")))?,
        ))
    }
}

impl SimulatedAgent {
    /// Release [`DEFAULT_RELEASE`] in the guest [`DEFAULT_GUEST`], unless told
    /// otherwise.
    pub fn builder() -> Builder {
        Builder {
            release: DEFAULT_RELEASE.to_owned(),
            guest: DEFAULT_GUEST.into(),
            block: Vec::new(),
            allow: None,
            state_folder: None,
            clients: Clients::One,
            survive: false,
            faults: Vec::new(),
        }
    }

    fn start(
        agent: Agent,
        transport: Transport,
        clients: Clients,
        faults: Faults,
        memory: Option<Memory>,
    ) -> SimulatedAgent {
        let agent = Arc::new(SharedAgent::new(agent, None));
        let served = Served {
            agent: Arc::clone(&agent),
            log: Arc::new(Log::to_nowhere()),
            faults: Arc::new(Active::start(faults)),
            output_kept_max: serve::output_kept_max(clients),
        };
        let time = Arc::clone(&agent);
        let tasks = [
            tokio::spawn(async move { time.keep_time().await }).abort_handle(),
            tokio::spawn(serve::serve(served, transport, clients)).abort_handle(),
        ];
        SimulatedAgent { agent, tasks, memory }
    }

    /// A further client in memory. Where one is served at a time, it waits until
    /// the others are gone.
    ///
    /// # Panics
    /// On an agent that [`Builder::spawn`] gave, whose clients come through its
    /// socket.
    pub fn connect(&self) -> DuplexStream {
        self.memory.as_ref().expect("this agent is on a socket").connect()
    }

    /// The request that was made first and not taken yet. The last few thousand
    /// are kept.
    pub fn take_request(&self) -> Option<Asked> {
        self.agent.take_asked()
    }

    /// Waits for something to happen: a shutdown, a freeze, the agent's death.
    pub async fn next_event(&self) -> Event {
        self.agent.next_event().await
    }

    /// What happened first and was not taken yet.
    pub fn take_event(&self) -> Option<Event> {
        self.agent.take_event()
    }

    /// Why the agent died, if it did: its clients are gone then.
    pub fn death(&self) -> Option<&'static str> {
        self.agent.death()
    }

    /// Whether the agent holds filesystems frozen.
    pub fn is_frozen(&self) -> bool {
        self.agent.with(|agent| agent.is_frozen())
    }

    /// Looks at the guest, or changes it behind the agent's back.
    pub fn with_guest<R>(&self, look: impl FnOnce(&mut Guest) -> R) -> R {
        self.agent.with(|agent| look(agent.guest_mut()))
    }
}

impl Drop for SimulatedAgent {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for SimulatedAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedAgent")
            .field("death", &self.death())
            .finish_non_exhaustive()
    }
}
