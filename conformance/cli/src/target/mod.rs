//! The agents that can be judged, and how one is put in front of a script.
//!
//! A target opens a [`Stage`]: a channel, a scratch folder, and for a spawned
//! agent the process behind it. Targets move bytes and must not look at them; the
//! runner's own questions go through [`crate::exchange`].

mod agent_process;
mod images;
mod in_process;
pub mod live;
mod orphans;
mod place;
mod scratch;
mod socket;
mod tail;
mod template;

pub use agent_process::{AgentProcess, Start, StartError};
pub use images::DEFAULT_IMAGE;
pub use in_process::InProcess;
pub use orphans::adopt as adopt_orphans;
pub use place::{Numbered, Passing, Place, RunFolder};
pub use scratch::{Remote, Scratch, is_shared};
pub use socket::Socket;
pub use template::{Filling, Template};

use crate::link::Link;
use crate::status::Problem;
use qga_fixtures::schema::{RELEASES, Release, System};
use qga_model::agent::Agent;
use qga_model::state::Config;
use qga_model::state_dir::MemoryStateDir;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The release of the simulated agent, and what an agent is judged as that does
/// not say its release: the newest whose every command is simulated.
pub const DEFAULT_RELEASE: &str = "7.2";
/// Where scripts make their files in a simulated guest: it is fresh each time.
const SIMULATED_SCRATCH: &str = "/tmp";
/// The variable that tells the simulator its guest image.
const GUEST_VARIABLE: &str = "QGA_SIM_GUEST";

/// A target as named by `--target`.
#[derive(Clone, Debug)]
pub enum Named {
    /// `builtin[:RELEASE]`.
    Builtin(&'static Release),
    /// `unix:PATH`.
    Unix(PathBuf),
}

/// An agent to judge.
#[derive(Debug)]
pub struct Target {
    /// Which.
    pub kind: Kind,
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
    Spawn {
        /// The command that starts it.
        template: Template,
        /// What `{release}` stands for.
        release: &'static Release,
        /// Where the agents of this run have their sockets and folders.
        folder: RunFolder,
    },
}

/// An agent in front of a script.
#[derive(Debug)]
pub struct Stage {
    /// The channel to it.
    pub link: Link,
    /// The folder in which the script may make files, as the agent sees it.
    pub scratch: Option<String>,
    process: Option<AgentProcess>,
    place: Option<Place>,
    scratch_folder: Option<Passing>,
}

impl Target {
    /// Whether each script gets an agent of its own, in which it may leave things behind.
    pub fn is_fresh(&self) -> bool {
        !matches!(self.kind, Kind::Unix { .. })
    }

    /// Whether the agent's guest is simulated, so that nothing done to it is real.
    pub fn is_simulated(&self) -> bool {
        self.has_guest_images()
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
            Kind::Spawn { template, .. } => template.knows_guests(),
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
            Kind::Spawn { template, .. } if template.knows_guests() => images::load(image).ok(),
            Kind::Spawn { .. } | Kind::Unix { .. } => None,
        };
        Ok(guest.map(|it| it.system()))
    }

    /// Puts an agent in front of a script that asks for a guest image.
    ///
    /// # Errors
    /// The agent cannot be started or reached.
    pub async fn open(&self, image: &str) -> Result<Stage, Problem> {
        match &self.kind {
            Kind::Builtin(release) => self.open_builtin(release, image),
            Kind::Unix { socket, scratch } => self.open_unix(socket, scratch.as_ref()).await,
            Kind::Spawn {
                template,
                release,
                folder,
            } => self.open_spawned(template, release, folder, image).await,
        }
    }

    fn open_builtin(&self, release: &'static Release, image: &str) -> Result<Stage, Problem> {
        let store = Box::new(MemoryStateDir::new());
        let agent = Agent::new(Config::new(release), images::load(image)?, store)
            .map_err(|error| Problem::unreachable(format!("the simulated agent does not start: {error:?}"), ""))?;
        let link = Link::InProcess(Box::new(InProcess::new(agent, self.chunk)));
        Ok(Stage {
            link,
            scratch: Some(SIMULATED_SCRATCH.to_owned()),
            process: None,
            place: None,
            scratch_folder: None,
        })
    }

    async fn open_unix(&self, socket: &Path, scratch: Option<&Scratch>) -> Result<Stage, Problem> {
        let stream = socket::connect(socket, self.start_timeout).await.map_err(|error| {
            Problem::unreachable(
                format!("cannot connect to {}: {error}", socket.display()),
                cure_for(&error),
            )
        })?;
        let link = Link::Socket(Box::new(Socket::new(
            socket.to_owned(),
            stream,
            self.chunk,
            self.start_timeout,
        )));
        let scratch_folder = match scratch {
            Some(Scratch::Shared(folder)) => Some(folder.next()?),
            Some(Scratch::Remote(_)) | None => None,
        };
        let scratch = scratch_folder.as_ref().map(|it| it.path().display().to_string());
        Ok(Stage {
            link,
            scratch,
            process: None,
            place: None,
            scratch_folder,
        })
    }

    async fn open_spawned(
        &self,
        template: &Template,
        release: &Release,
        folder: &RunFolder,
        image: &str,
    ) -> Result<Stage, Problem> {
        let place = folder.place()?;
        let words = template.fill(Filling {
            socket: &place.socket,
            state: &place.state,
            release: release.name,
            guest: image,
        });
        let environment = [(GUEST_VARIABLE, image)];
        let environment: &[_] = if template.knows_guests() { &environment } else { &[] };
        let start = Start {
            words: &words,
            environment,
            mark: &place.mark,
        };
        let mut process = AgentProcess::start(start).map_err(unstartable)?;
        let stream = match process.connect(&place.socket, self.start_timeout).await {
            Ok(stream) => stream,
            Err(error) => {
                process.end().await;
                return Err(unstartable(error));
            }
        };
        let link = Link::Socket(Box::new(Socket::new(
            place.socket.clone(),
            stream,
            self.chunk,
            self.start_timeout,
        )));
        let simulated = template.knows_guests().then(|| SIMULATED_SCRATCH.to_owned());
        let scratch = simulated.unwrap_or_else(|| place.scratch.display().to_string());
        Ok(Stage {
            link,
            scratch: Some(scratch),
            process: Some(process),
            place: Some(place),
            scratch_folder: None,
        })
    }
}

impl Stage {
    /// The mark that the agent and its children carry in their environment, if it
    /// was started for this stage.
    pub fn mark(&self) -> Option<&str> {
        self.place.as_ref().map(|it| it.mark.as_str())
    }

    /// How the agent's process ended and the last it wrote, if it ended by itself.
    pub async fn obituary(&mut self) -> Option<String> {
        self.process.as_mut()?.obituary().await
    }

    /// Ends the agent if it was started for this stage, and removes its files.
    pub async fn close(self) {
        drop(self.link);
        if let Some(process) = self.process {
            process.end().await;
        }
        drop((self.place, self.scratch_folder));
    }
}

/// The release of that name or version.
///
/// # Errors
/// There is none; the sentence says which there are.
pub fn find_release(name: &str) -> Result<&'static Release, String> {
    Release::find(name).ok_or_else(|| {
        let names: Vec<&str> = RELEASES.iter().map(|it| it.name).collect();
        format!("there is no release {name}: known are {}", names.join(", "))
    })
}

/// Reads the value of `--target`.
///
/// # Errors
/// It names no target; the sentence says what does.
pub fn parse_target(text: &str) -> Result<Named, String> {
    match text.split_once(':').unwrap_or((text, "")) {
        ("builtin", release) if text.contains(':') => find_release(release).map(Named::Builtin),
        ("builtin", _) => find_release(DEFAULT_RELEASE).map(Named::Builtin),
        ("unix", path) if !path.is_empty() => Ok(Named::Unix(PathBuf::from(path))),
        _ => Err("a target is builtin, builtin:RELEASE or unix:PATH; --spawn starts one".to_owned()),
    }
}

fn unstartable(error: StartError) -> Problem {
    let cure = match &error {
        StartError::NotRun(..) => "give the program's full path, or see that it is in PATH",
        StartError::Ended(..) => "run the command by hand with a socket and a folder of your own",
        StartError::NotListening(..) => "does the command use {socket}? --start-timeout gives it more time",
    };
    Problem::unreachable(format!("cannot start the agent: {error}"), cure)
}

fn cure_for(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "start the agent first, or see that the path is right",
        std::io::ErrorKind::ConnectionRefused => "nobody listens on it: start the agent",
        std::io::ErrorKind::PermissionDenied => "run as a user who may use the socket",
        std::io::ErrorKind::InvalidInput => "a socket's path has at most 107 bytes: use a shorter one or a link to it",
        _ => "is it a unix socket on which an agent, or QEMU for it, listens?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("builtin", "7.2")]
    #[case("builtin:10.0", "10.0")]
    #[case("builtin:7.2.22", "7.2")]
    fn builtin_targets_are_read(#[case] text: &str, #[case] release: &str) {
        let Ok(Named::Builtin(found)) = parse_target(text) else {
            panic!("{text} is a builtin target")
        };
        assert_eq!(found.name, release);
    }

    #[test]
    fn unix_targets_may_hold_colons() {
        let Ok(Named::Unix(path)) = parse_target("unix:/run/a:b") else {
            panic!("a unix target")
        };
        assert_eq!(path, Path::new("/run/a:b"));
    }

    #[rstest]
    #[case("builtin:", "there is no release")]
    #[case("builtin:99", "known are 0.15, ")]
    #[case("unix:", "a target is")]
    #[case("unix", "a target is")]
    #[case("tcp:host", "a target is")]
    fn other_targets_are_refused(#[case] text: &str, #[case] message: &str) {
        let error = parse_target(text).expect_err("no target");
        assert!(error.contains(message), "{error}");
    }
}
