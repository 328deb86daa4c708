//! The machine that a recorded agent ran on, as far as a session shows it.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use qga_fixtures::schema::{Release, SignalsWhenFrozen};
use qga_model::Config;
use qga_model::agent::Agent;
use qga_model::guest::Guest;
use qga_model::time::Time;

use super::recording::Session;
use super::state_folder::SharedDir;
use super::wire::Wire;
use super::zone;

/// Why a session cannot be replayed.
pub(super) struct Unreplayable(pub(super) String);

/// The machine as far as sessions can see it, without the session's folder.
const MACHINE: &str = include_str!("machine.toml");

/// What only agents saw that ran on the machine itself.
const WHOLE_MACHINE: &str = include_str!("machine-whole.toml");

/// What only agents saw that ran in a private root.
const PRIVATE_ROOT: &str = include_str!("machine-private.toml");

/// The releases that came as packages. Builds of all others ran in a private root.
const PACKAGED: [&str; 4] = ["5.2", "7.2", "10.0", "11.1"];

/// The user that agents without rights ran as.
const NOBODY: u32 = 65534;

/// The variable that names the configuration file.
const CONFIG_VARIABLE: &str = "QGA_CONF";

/// The variable that names the file which describes the system.
const OS_RELEASE_VARIABLE: &str = "QGA_OS_RELEASE";

/// The variable that names the time zone.
const ZONE_VARIABLE: &str = "TZ";

/// How long a shell line is waited for.
const SHELL_MAX: Duration = Duration::from_secs(60);

/// A guest with an agent that runs, or has ended, or never started.
pub(super) struct Machine {
    release: &'static Release,
    /// Where the session's files are.
    folder: String,
    state: SharedDir,
    config: Result<Config, u8>,
    process: Process,
}

enum Process {
    Running(Box<Wire>),
    Ended {
        guest: Box<Guest>,
        now: Time,
        /// How it ended, if one ran.
        status: Option<i32>,
    },
    /// Only while one of the others is being made.
    Between,
}

impl Machine {
    /// A machine with the session's files; no agent runs yet.
    pub(super) fn prepare(session: &Session) -> Result<Machine, Unreplayable> {
        let name = &session.release;
        let release = Release::find(name).ok_or_else(|| Unreplayable(format!("release {name} is not known")))?;
        let folder = folder(session)?;
        let guest = guest(session, &folder)?;
        let mut machine = Machine {
            release,
            folder,
            state: SharedDir::default(),
            config: Err(0),
            process: Process::Ended {
                guest: Box::new(guest),
                now: Time::ZERO,
                status: None,
            },
        };
        machine.shell(&session.setup)?;
        machine.config = machine.configure(session)?;
        Ok(machine)
    }

    /// What the release makes of the session's arguments and configuration file.
    fn configure(&mut self, session: &Session) -> Result<Result<Config, u8>, Unreplayable> {
        let file = tempfile::NamedTempFile::new().map_err(|error| Unreplayable(error.to_string()))?;
        let configured = session.env.get(CONFIG_VARIABLE);
        if let Some(path) = configured {
            let text = self.shell(&format!("cat {path}"))?;
            fs::write(file.path(), text).map_err(|error| Unreplayable(error.to_string()))?;
        }
        let arguments: Vec<_> = session.args.iter().map(OsString::from).collect();
        let environment = |name: &str| {
            let named = configured.filter(|_| name == CONFIG_VARIABLE);
            named.map(|_| file.path().as_os_str().to_owned())
        };
        let os_release = session.env.get(OS_RELEASE_VARIABLE).map(|it| it.clone().into_bytes());
        let config = qga_sim::config(self.release, &arguments, &environment);
        Ok(config.map(|it| Config { os_release, ..it }))
    }

    /// Starts the agent; whether it came up.
    pub(super) fn start(&mut self) -> bool {
        let (Ok(config), Process::Ended { guest, now, .. }) = (self.config.clone(), &self.process) else {
            return false;
        };
        let agent = Agent::new(config, (**guest).clone(), Box::new(self.state.clone()));
        let started = agent.map(|agent| Process::Running(Box::new(Wire::new(agent, *now))));
        started.is_ok_and(|process| {
            self.process = process;
            true
        })
    }

    fn stop(&mut self, status: i32) {
        self.process = match std::mem::replace(&mut self.process, Process::Between) {
            Process::Running(wire) => {
                let now = wire.now();
                let (guest, _) = wire.into_agent().stop();
                Process::Ended {
                    guest: Box::new(guest),
                    now,
                    status: Some(status),
                }
            }
            ended => ended,
        };
    }

    /// Ends the agent and starts it anew; whether it came up.
    pub(super) fn restart(&mut self) -> bool {
        self.stop(0);
        self.start()
    }

    /// Sends the agent a signal; how it ended, then or before, if it did.
    pub(super) fn signal(&mut self, signal: i32) -> Option<i32> {
        const ASK_TO_END: [i32; 2] = [2, 15];
        let asks = ASK_TO_END.contains(&signal);
        let stays = self.release.signals_when_frozen == SignalsWhenFrozen::Ignored;
        match &self.process {
            Process::Running(wire) if asks && stays && wire.agent().is_frozen() => {}
            _ => self.stop(if asks { 0 } else { -signal }),
        }
        match self.process {
            Process::Ended { status, .. } => status,
            Process::Running(_) | Process::Between => None,
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, span: Duration) {
        match &mut self.process {
            Process::Running(wire) => wire.pass(span),
            Process::Ended { now, .. } => *now = *now + span,
            Process::Between => {}
        }
    }

    /// Whether a client's connection is closed, as it is where no agent runs.
    pub(super) fn is_closed(&self, client: u32) -> bool {
        match &self.process {
            Process::Running(wire) => wire.is_closed(client),
            Process::Ended { .. } | Process::Between => true,
        }
    }

    /// Does something with the clients; nothing if no agent runs.
    pub(super) fn with_wire<T: Default>(&mut self, act: impl FnOnce(&mut Wire) -> T) -> T {
        match &mut self.process {
            Process::Running(wire) => act(wire),
            Process::Ended { .. } | Process::Between => T::default(),
        }
    }

    /// Runs shell lines on the guest and gives what they print. The state folder,
    /// which is the agent's and not the guest's, is shown to them.
    pub(super) fn shell(&mut self, lines: &str) -> Result<Vec<u8>, Unreplayable> {
        let (state, folder) = (self.state.clone(), format!("{}/state", self.folder));
        let (now, work) = (self.now(), self.folder.clone());
        let guest = self.guest_mut();
        state.show(guest, &folder);
        let child = guest.shell(work.as_bytes(), lines.as_bytes(), now);
        state.take_back(guest, &folder);
        let child = child.map_err(|errno| Unreplayable(format!("its shell cannot start: {errno}")))?;
        self.pass(child.duration.min(SHELL_MAX));
        Ok(child.output)
    }

    fn now(&self) -> Time {
        match &self.process {
            Process::Running(wire) => wire.now(),
            Process::Ended { now, .. } => *now,
            Process::Between => unreachable!("a machine is whole between two calls"),
        }
    }

    fn guest_mut(&mut self) -> &mut Guest {
        match &mut self.process {
            Process::Running(wire) => wire.agent_mut().guest_mut(),
            Process::Ended { guest, .. } => guest,
            Process::Between => unreachable!("a machine is whole between two calls"),
        }
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

/// Whether the agent was allowed to do what it must not do to the machine itself.
fn is_private(session: &Session) -> bool {
    !session.args.iter().any(|it| it.contains("guest-shutdown"))
}

/// The machine before anything is set up.
fn guest(session: &Session, folder: &str) -> Result<Guest, Unreplayable> {
    let user = match session.user {
        0 => "root",
        NOBODY => "nobody",
        other => return Err(Unreplayable(format!("its agent runs as user {other}"))),
    };
    let private = is_private(session);
    let zone = session.env.get(ZONE_VARIABLE).map_or("UTC", String::as_str);
    let has_places = PACKAGED.contains(&session.release.as_str());
    let (zone_name, offset) = zone::of(zone, has_places);
    let image = [MACHINE, if private { PRIVATE_ROOT } else { WHOLE_MACHINE }].concat();
    let offset = offset.to_string();
    let places = [
        ("$USER", user),
        ("$WORK", if private { "/" } else { folder }),
        ("$FOLDER", folder),
        ("$ZONE_VARIABLE", zone),
        ("$ZONE_NAME", &zone_name),
        ("$OFFSET", &offset),
    ];
    let image = places
        .iter()
        .fold(image, |image, (name, value)| image.replace(name, value));
    Guest::from_toml("machine.toml", &image).map_err(|error| Unreplayable(error.to_string()))
}
