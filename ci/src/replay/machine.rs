//! The machine that a recorded agent ran on, as far as a session shows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use qga_fixtures::schema::Release;
use qga_model::Config;
use qga_model::agent::Agent;
use qga_model::guest::Guest;
use qga_model::guest::accounts::Credentials;
use qga_model::guest::fs::Syscalls;
use qga_model::guest::fs::task::Descriptors;
use qga_model::state_dir::StateDir;
use qga_model::time::Time;

use super::recording::Session;
use super::shell;
use super::wire::Wire;

/// Why a session cannot be replayed.
pub(super) struct Unreplayable(pub(super) String);

impl From<shell::Unknown> for Unreplayable {
    fn from(shell::Unknown(why): shell::Unknown) -> Unreplayable {
        Unreplayable(why)
    }
}

/// The machine as far as sessions can see it.
const MACHINE: &str = include_str!("root.toml");

/// The user that agents without rights ran as.
const NOBODY: u32 = 65534;

/// Signals an agent can be sent.
const SIGTERM: i32 = 15;

/// A guest with an agent that runs or has ended.
pub(super) struct Machine {
    config: Config,
    folder: String,
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
            folder: folder(session)?,
            state: SharedDir::default(),
            process: Process::Ended(Box::new(guest(session)), Time::ZERO),
            died: false,
        };
        let folder = machine.folder.clone();
        let _ = shell::run(
            machine.guest(),
            "/tmp",
            "",
            &format!("mkdir -p {folder}/f {folder}/state"),
        )?;
        machine.shell(&session.setup)?;
        let _ = machine.shell("touch sock stderr")?;
        machine.start();
        Ok(machine)
    }

    fn guest(&mut self) -> &mut Guest {
        match &mut self.process {
            Process::Running(wire) => wire.agent_mut().guest_mut(),
            Process::Ended(guest, _) => guest,
            Process::Between => unreachable!("a machine is whole between two calls"),
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
            // Its guest went with it.
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

    /// Runs a shell line on the guest and gives what it prints. The state folder,
    /// which is the agent's and not the guest's, is shown to it.
    pub(super) fn shell(&mut self, lines: &str) -> Result<Vec<u8>, Unreplayable> {
        let (folder, root) = (self.folder.clone(), format!("{}-ns", self.folder));
        let shown = self.state.clone();
        let guest = self.guest();
        shown.show(guest, &folder);
        let printed = shell::run(guest, &folder, &root, lines)?;
        shown.take_back(guest, &folder);
        Ok(printed)
    }
}

/// The folder with the session's files: where its socket was.
fn folder(session: &Session) -> Result<String, Unreplayable> {
    let path = session.args.iter().skip_while(|it| *it != "-p").nth(1);
    let folder = path
        .and_then(|it| it.rsplit_once('/'))
        .map(|(folder, _)| folder.to_owned());
    folder.ok_or_else(|| Unreplayable("its arguments name no socket".to_owned()))
}

/// The machine before anything is set up.
fn guest(session: &Session) -> Guest {
    let mut image = MACHINE.to_owned();
    if session.user != 0 {
        image.push_str("[agent]\nuser = \"nobody\"\n");
    }
    Guest::from_toml("root.toml", &image).expect("the image is tested")
}

/// How the agent was started, as far as the model has it.
fn config(session: &Session) -> Result<Config, Unreplayable> {
    let name = &session.release;
    let release = Release::find(name).ok_or_else(|| Unreplayable(format!("release {name} is not known")))?;
    if session.env.contains_key("QGA_CONF") {
        return Err(Unreplayable("it reads a configuration file".to_owned()));
    }
    if ![0, NOBODY].contains(&session.user) {
        return Err(Unreplayable(format!("its agent runs as user {}", session.user)));
    }
    let mut config = Config::new(release);
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

impl SharedDir {
    /// Lays its files where a shell finds them.
    fn show(&self, guest: &mut Guest, folder: &str) {
        on_files(guest, |sys| {
            for (name, content) in self.lock().iter() {
                // A line that looks at a file which is not there says so itself.
                let _ = sys.write_file_whole(path(folder, name).as_bytes(), content, 0o644);
            }
        });
    }

    /// Takes what a shell has left there.
    fn take_back(&self, guest: &mut Guest, folder: &str) {
        on_files(guest, |sys| {
            let mut files = self.lock();
            files.clear();
            for name in sys.list(path(folder, "").as_bytes()).unwrap_or_default() {
                let name = String::from_utf8_lossy(&name).into_owned();
                let path = path(folder, &name);
                if let Ok(content) = sys.read_file(path.as_bytes()) {
                    files.insert(name, content);
                    let _ = sys.unlink(path.as_bytes());
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(folder: &str, name: &str) -> String {
    format!("{folder}/state/{name}")
}

fn on_files(guest: &mut Guest, act: impl FnOnce(&mut Syscalls<'_>)) {
    let mut task = guest
        .fs
        .new_task(Credentials::default(), 0o022, Descriptors::new(3, 64));
    act(&mut guest.fs.calls(&mut task));
    guest.end_task(task);
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
        self.lock().insert(name.to_owned(), content.to_vec());
        true
    }

    fn remove(&mut self, name: &str) {
        self.lock().remove(name);
    }
}
