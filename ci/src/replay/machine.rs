//! The machine that a recorded agent ran on, as far as a session shows it.

use std::fs;
use std::time::Duration;

use qga_fixtures::schema::{Release, SignalsWhenFrozen};
use qga_model::agent::Agent;
use qga_model::guest::Guest;
use qga_model::time::Time;
use qga_sim::Started;

use super::config_file::ConfigFile;
use super::image;
use super::recording::Session;
use super::state_folder::{SharedDir, on_files};
use super::wire::Wire;
use crate::text::contains;

/// Why a session cannot be replayed.
pub(super) struct Unreplayable(pub(super) String);

/// The variable that names the file which describes the system.
const OS_RELEASE_VARIABLE: &str = "QGA_OS_RELEASE";

/// How long a shell line is waited for.
const SHELL_MAX: Duration = Duration::from_secs(60);

/// The only kind of channel that sessions were recorded on.
const METHOD: &[u8] = b"unix-listen";

/// What a shell says of a program that the guest does not have, and a tool of what
/// it was not made for.
const MISSING: [&[u8]; 4] = [
    b": not found\n",
    b"are known here\n",
    b"is not understood: ",
    b" --help' for more information.\n",
];

/// What a start brings into the session's folder.
const STARTED: [&str; 2] = ["sock", "stderr"];

/// Signals that do nothing to a process that has no handler for them, and the one
/// that agents ignore: CHLD, CONT, URG, WINCH, PIPE.
const HARMLESS: [i32; 5] = [17, 18, 23, 28, 13];

/// Signals that agents end by as they were told to: INT, TERM.
const ASK_TO_END: [i32; 2] = [2, 15];

/// A guest with an agent that runs, or has ended, or never started.
pub(super) struct Machine {
    release: &'static Release,
    /// Where the session's files are.
    folder: String,
    state: SharedDir,
    started: Result<Started, u8>,
    process: Process,
    /// The first shell line that needed what the guest does not have.
    missing: Option<String>,
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
        let folder = image::folder(session)?;
        let guest = image::guest(session, &folder)?;
        let mut machine = Machine {
            release,
            folder,
            state: SharedDir::default(),
            started: Err(0),
            process: Process::Ended {
                guest: Box::new(guest),
                now: Time::ZERO,
                status: None,
            },
            missing: None,
        };
        machine.shell(&session.setup)?;
        machine.started = machine.configure(session)?;
        Ok(machine)
    }

    /// What the release makes of the session's arguments and configuration file.
    fn configure(&mut self, session: &Session) -> Result<Result<Started, u8>, Unreplayable> {
        let outside = |error: std::io::Error| Unreplayable(error.to_string());
        let config = ConfigFile::new(session).map_err(outside)?;
        if let Some(path) = &config.guest_path {
            let path = self.path(path);
            // The agent itself says that there is none.
            if let Ok(text) = on_files(self.guest_mut(), |sys| sys.read_file(path.as_bytes())) {
                fs::write(config.real_path(), text).map_err(outside)?;
            }
        }
        let started = qga_sim::config(self.release, &config.arguments, &|name| config.variable(name));
        let os_release = session.env.get(OS_RELEASE_VARIABLE).map(|it| it.clone().into_bytes());
        Ok(started.map(|mut started| {
            started.config.os_release = os_release;
            started
        }))
    }

    /// A path as the agent sees it, from its folder.
    fn path(&self, path: &str) -> String {
        match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("{}/{path}", self.folder),
        }
    }

    /// The folder of the agent's state, if it was named one.
    fn state_folder(&self) -> Option<String> {
        let named = self.started.as_ref().ok()?.state_folder.as_ref()?;
        Some(self.path(&String::from_utf8_lossy(named)))
    }

    /// Starts the agent; whether it came up.
    pub(super) fn start(&mut self) -> bool {
        let Ok(started) = self.started.clone() else {
            return false;
        };
        let can_start = started.method == METHOD && self.has_state_folder() && self.open_log(&started);
        self.take_state();
        self.lay_start();
        let Process::Ended { guest, now, .. } = &self.process else {
            return false;
        };
        let agent = Agent::new(started.config, (**guest).clone(), Box::new(self.state.clone()));
        let process = agent.map(|agent| Process::Running(Box::new(Wire::new(agent, *now))));
        let is_up = can_start && process.is_ok();
        if let (true, Ok(process)) = (is_up, process) {
            self.process = process;
        }
        self.lay_state();
        is_up
    }

    fn has_state_folder(&mut self) -> bool {
        let folder = self.state_folder();
        folder.is_none_or(|folder| on_files(self.guest_mut(), |sys| sys.list(folder.as_bytes()).is_ok()))
    }

    /// Puts into the session's folder what comes with a start: the socket, and the
    /// file of the agent's standard error.
    fn lay_start(&mut self) {
        let folder = self.folder.clone();
        on_files(self.guest_mut(), |sys| {
            for name in STARTED {
                let (from, to) = (format!("/run/start/{name}"), format!("{folder}/{name}"));
                // They are there already if it was started before.
                let _ = sys.rename(from.as_bytes(), to.as_bytes());
            }
        });
    }

    /// Makes the file that the agent logs to.
    fn open_log(&mut self, started: &Started) -> bool {
        let Some(file) = &started.log_file else { return true };
        let file = self.path(&String::from_utf8_lossy(file));
        on_files(self.guest_mut(), |sys| {
            sys.write_file_whole(file.as_bytes(), b"", 0o644)
        })
        .is_ok()
    }

    /// Shows the guest what the agent has kept.
    fn lay_state(&mut self) {
        if let Some(folder) = self.state_folder() {
            let state = self.state.clone();
            state.lay(self.guest_mut(), &folder);
        }
    }

    /// Shows the agent what the guest has made of it.
    fn take_state(&mut self) {
        if let Some(folder) = self.state_folder() {
            let state = self.state.clone();
            state.take(self.guest_mut(), &folder);
        }
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
        let asks = ASK_TO_END.contains(&signal);
        let stays = self.release.signals_when_frozen == SignalsWhenFrozen::Ignored;
        match &self.process {
            Process::Running(wire) if asks && stays && wire.agent().is_frozen() => {}
            Process::Running(_) if HARMLESS.contains(&signal) => {}
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
        self.take_state();
        let done = match &mut self.process {
            Process::Running(wire) => act(wire),
            Process::Ended { .. } | Process::Between => T::default(),
        };
        self.lay_state();
        done
    }

    /// Runs shell lines on the guest and gives what they print.
    pub(super) fn shell(&mut self, lines: &str) -> Result<Vec<u8>, Unreplayable> {
        let (now, work) = (self.now(), self.folder.clone());
        let child = self.guest_mut().shell(work.as_bytes(), lines.as_bytes(), now);
        let child = child.map_err(|errno| Unreplayable(format!("its shell cannot start: {errno}")))?;
        self.take_state();
        self.pass(child.duration.min(SHELL_MAX));
        if MISSING.iter().any(|it| contains(&child.output, it)) {
            self.missing.get_or_insert_with(|| lines.to_owned());
        }
        Ok(child.output)
    }

    /// The first shell line that needed what the guest does not have.
    pub(super) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
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
