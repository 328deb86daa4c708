//! The agent's start, in the order of the emulated release.

use crate::background::{self, PidFile};
use crate::command_line::{Deviate, KeyFile, Level, Own, Settings};
use crate::log::{self, Log};
use crate::os_error::reason;
use crate::record::Record;
use crate::serve::backlog;
use crate::state_folder::StateFolder;
use crate::transport::{self, Transport};
use crate::{exit, guest, signals};
use qga_fixtures::schema::{Presence, Release};
use qga_model::agent::StartError;
use qga_model::guest::Guest;
use qga_model::state_dir::{FROZEN_MARKER, MemoryStateDir, STATE_FILE, StateDir};
use qga_model::{Agent, Config};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::time::Duration;

/// The variable that names the file to read instead of the guest's os-release.
const OS_RELEASE_VARIABLE: &str = "QGA_OS_RELEASE";

/// Between two attempts to open a path that cannot be opened.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// An agent that is ready to serve.
pub(crate) struct Started {
    pub(crate) agent: Agent,
    pub(crate) log: Log,
    pub(crate) transport: Transport,
    pub(crate) pid_file: Option<PidFile>,
    pub(crate) record: Option<Record>,
}

/// Starts an agent; the error is the exit status.
pub(crate) fn start(own: &Own, settings: &Settings) -> Result<Started, u8> {
    let guest = guest::load(&own.guest).map_err(usage)?;
    let record = own.journal.as_deref().map(create_record).transpose().map_err(usage)?;
    let mut start = Start {
        own,
        release: own.release,
        settings,
        log: Log::to_stderr(settings.verbose),
        pid_file: None,
    };
    if start.release.logs_its_version {
        start
            .log
            .debug(format!("Guest agent version {} started", start.release.reports));
    }
    let folder = settings
        .state_folder
        .as_deref()
        .map(|path| StateFolder::new(OsStr::from_bytes(path)));
    start.check_marker(folder.as_ref())?;
    if settings.daemon && !start.release.opens_channel_before_daemon {
        start.enter_background()?;
    }
    start.open_log()?;
    let agent = start.agent(guest, folder)?;
    let transport = start.transport()?;
    if settings.daemon && start.release.opens_channel_before_daemon {
        start.enter_background()?;
    }
    Ok(Started {
        agent,
        log: start.log,
        transport,
        pid_file: start.pid_file,
        record,
    })
}

fn create_record(path: &OsStr) -> Result<Record, String> {
    Record::create(Path::new(path)).map_err(|error| format!("--journal {}: {}", path.display(), reason(&error)))
}

fn usage(mistake: String) -> u8 {
    let _ = writeln!(io::stderr(), "qga-sim: {mistake}");
    exit::USAGE
}

struct Start<'a> {
    own: &'a Own,
    release: &'static Release,
    settings: &'a Settings,
    log: Log,
    pid_file: Option<PidFile>,
}

impl Start<'_> {
    fn start_failure(&self) -> u8 {
        u8::try_from(self.release.start_failure_status).unwrap_or(exit::FAILED)
    }

    /// Ends the start with some lines and the last line of all.
    fn uninitialised(&self, lines: &[String]) -> u8 {
        for line in lines {
            self.log.critical(line);
        }
        self.log.critical("error initializing guest agent");
        self.start_failure()
    }

    fn check_marker(&self, folder: Option<&StateFolder>) -> Result<(), u8> {
        let Some(Err(error)) = folder.map(StateFolder::check_marker) else {
            return Ok(());
        };
        let path = folder.map(|it| it.file(FROZEN_MARKER)).unwrap_or_default();
        let text = format!(
            "unable to access state file at path {}: {}",
            path.display(),
            reason(&error)
        );
        let _ = io::stderr().write_all(log::early(Level::Critical, &text).as_bytes());
        Err(self.start_failure())
    }

    fn enter_background(&mut self) -> Result<(), u8> {
        let path = Path::new(OsStr::from_bytes(self.settings.pid_file()));
        let pid_file = background::enter(self.release, path).map_err(|line| {
            self.log.critical(line);
            exit::FAILED
        })?;
        self.pid_file = Some(pid_file);
        Ok(())
    }

    fn open_log(&mut self) -> Result<(), u8> {
        let Some(path) = &self.settings.log_file else {
            return Ok(());
        };
        let opened = self.log.move_to(Path::new(OsStr::from_bytes(path)));
        opened.map_err(|error| self.uninitialised(&[format!("unable to open specified log file: {}", reason(&error))]))
    }

    fn agent(&self, guest: Guest, folder: Option<StateFolder>) -> Result<Agent, u8> {
        let system = guest.system();
        let config = Config {
            os_release: std::env::var_os(OS_RELEASE_VARIABLE).map(OsString::into_vec),
            survive: self.own.survive,
            deviation: match self.own.deviate {
                Deviate::So(deviation) => Some(deviation),
                Deviate::Not | Deviate::List => None,
            },
            journal: self.own.journal.is_some() || self.own.faults.need_journal(),
            ..self.settings.config(self.release)
        };
        let store: Box<dyn StateDir> = match &folder {
            Some(folder) => Box::new(folder.clone()),
            None => Box::new(MemoryStateDir::new()),
        };
        let agent = Agent::new(config, guest, store).map_err(|error| self.bad_state(&error, folder.as_ref()))?;
        for name in self.disabled(system) {
            self.log.debug(format!("disabling command: {name}"));
        }
        Ok(agent)
    }

    /// The commands that the log says are disabled.
    fn disabled(&self, system: qga_fixtures::schema::System) -> Vec<String> {
        let blocked = self
            .settings
            .block
            .0
            .iter()
            .map(|name| String::from_utf8_lossy(name).into_owned());
        let stubs = self
            .release
            .commands(system)
            .filter(|it| it.presence(self.release, system) == Presence::Disabled);
        blocked.chain(stubs.map(|it| it.name.to_owned())).collect()
    }

    fn bad_state(&self, error: &StartError, folder: Option<&StateFolder>) -> u8 {
        let Some(folder) = folder else {
            return self.uninitialised(&[]);
        };
        let path = folder.file(STATE_FILE);
        let path = path.display();
        let mut lines = match error {
            StartError::UnreadableState => vec![format!(
                "error loading persistent state from path: {path}, {}",
                why_unreadable(folder)
            )],
            StartError::UnwritableState => vec![
                format!("failed to write persistent state to {path}: {}", why_unwritable(folder)),
                format!("unable to create state file at path {path}"),
            ],
            StartError::NoWorkingFolder => vec!["the guest lacks the agent's working folder".to_owned()],
        };
        lines.push("failed to load persistent state".to_owned());
        self.uninitialised(&lines)
    }

    fn transport(&self) -> Result<Transport, u8> {
        let method = self.settings.method.as_deref().unwrap_or_default();
        let path = Path::new(OsStr::from_bytes(self.settings.path.as_deref().unwrap_or_default()));
        let retries = self.settings.retry && self.release.retries_first_open;
        loop {
            let unopened = match transport::open(self.release, method, path, backlog(self.own.clients)) {
                Ok(transport) => return Ok(transport),
                Err(unopened) => unopened,
            };
            for line in &unopened.0 {
                self.log.critical(line);
            }
            self.log.critical("failed to initialize guest agent channel");
            if !retries {
                break;
            }
            if signals::arrives_within(RETRY_PAUSE) {
                return Err(exit::DONE);
            }
        }
        if self.release.opens_channel_before_daemon {
            self.log.critical("error initializing guest agent");
        }
        Err(exit::FAILED)
    }
}

/// What GLib says of a state file that is none.
fn why_unreadable(folder: &StateFolder) -> String {
    let text = folder.read(STATE_FILE).unwrap_or_default();
    KeyFile::read(&text)
        .err()
        .map_or_else(|| "it cannot be read".to_owned(), |mistake| mistake.0)
}

/// What the system says of a state file that cannot be written.
fn why_unwritable(folder: &StateFolder) -> String {
    match folder.replace(STATE_FILE, b"") {
        Ok(()) => "it can be written now".to_owned(),
        Err(error) => {
            let path = folder.fresh(STATE_FILE);
            format!("Failed to create file “{}”: {}", path.display(), reason(&error))
        }
    }
}
