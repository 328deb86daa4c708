//! An agent in front of a script: how it gets there and how it goes.

use super::agent_process::{AgentProcess, Start, StartError};
use super::in_process::InProcess;
use super::orphans;
use super::place::{Passing, Place};
use super::scratch::Scratch;
use super::socket::{self, Socket};
use super::template::Filling;
use super::{Spawn, Target, images};
use crate::link::Link;
use crate::status::Problem;
use nix::unistd::Pid;
use qga_fixtures::schema::Release;
use qga_model::agent::Agent;
use qga_model::state::Config;
use qga_model::state_dir::MemoryStateDir;
use std::io::{self, ErrorKind};
use std::num::NonZeroUsize;
use std::path::Path;
use tokio::net::UnixStream;

/// Where scripts make their files in a simulated guest: it is fresh each time.
pub(crate) const SIMULATED_SCRATCH: &str = "/tmp";
/// The variable that tells the simulator its guest image.
const GUEST_VARIABLE: &str = "QGA_SIM_GUEST";

/// An agent in front of a script.
#[derive(Debug)]
pub struct Stage {
    /// The channel to it.
    pub link: Link,
    /// The folder in which the script may make files, as the agent sees it.
    pub scratch: Option<String>,
    process: Option<AgentProcess>,
    place: Option<Place>,
    /// Whether the agent may be in another machine than this one.
    is_elsewhere: bool,
    scratch_folder: Option<Passing>,
}

impl Stage {
    /// The simulated agent of a release, in this program.
    pub(super) fn builtin(target: &Target, release: &'static Release, image: &str) -> Result<Stage, Problem> {
        let config = Config {
            deviation: target.deviation,
            ..Config::new(release)
        };
        let link = Link::InProcess(Box::new(in_process(config, image, target.chunk)?));
        Ok(Stage {
            scratch: Some(SIMULATED_SCRATCH.to_owned()),
            ..Stage::on(link)
        })
    }

    /// The simulated agent of a release, to look into: it keeps what it is asked, and
    /// which errors it answers.
    ///
    /// # Errors
    /// There is no such guest image.
    pub fn observed(release: &'static Release, image: &str) -> Result<InProcess, Problem> {
        let config = Config {
            journal: true,
            ..Config::new(release)
        };
        in_process(config, image, None)
    }

    /// An agent that listens on a socket.
    pub(super) async fn connected(target: &Target, path: &Path, scratch: Option<&Scratch>) -> Result<Stage, Problem> {
        let stream = socket::connect(path, target.start_timeout).await;
        let stream = stream.map_err(|error| {
            let what = format!("cannot connect to {}: {error}", path.display());
            Problem::unreachable(what, cure_for(&error))
        })?;
        let scratch_folder = match scratch {
            Some(Scratch::Shared(folder)) => Some(folder.next()?),
            Some(Scratch::Remote(_)) | None => None,
        };
        let scratch = scratch_folder.as_ref().map(|it| it.path().display().to_string());
        Ok(Stage {
            scratch,
            scratch_folder,
            ..Stage::on(link(target, path, stream))
        })
    }

    /// An agent that is started for this stage.
    pub(super) async fn spawned(target: &Target, spawn: &Spawn, image: &str) -> Result<Stage, Problem> {
        let place = spawn.folder.place()?;
        let mut process = start(spawn, &place, image).map_err(unstartable)?;
        let stream = match process.connect(&place.socket, target.start_timeout).await {
            Ok(stream) => stream,
            Err(error) => {
                process.end(()).await;
                return Err(unstartable(error));
            }
        };
        let link = link(target, &place.socket, stream);
        let own = spawn.own_scratch.map(str::to_owned);
        let scratch = own.unwrap_or_else(|| place.scratch.display().to_string());
        Ok(Stage {
            scratch: Some(scratch),
            process: Some(process),
            place: Some(place),
            // Who takes guest images is a simulator, and no virtual machine.
            is_elsewhere: spawn.own_scratch.is_some() && !spawn.template.knows_guests(),
            ..Stage::on(link)
        })
    }

    /// A stage with a channel and nothing else.
    fn on(link: Link) -> Stage {
        Stage {
            link,
            scratch: None,
            process: None,
            place: None,
            is_elsewhere: false,
            scratch_folder: None,
        }
    }

    /// The mark that the agent and its children carry in their environment, if it
    /// was started for this stage.
    pub fn mark(&self) -> Option<&str> {
        self.place.as_ref().map(|it| it.mark.as_str())
    }

    /// The number of the agent's process, if it was started for this stage: whoever is at
    /// the other end of the channel, and carries the mark. None of an agent with files of
    /// its own: at the other end may be what runs its machine.
    pub fn agent(&self) -> Option<i32> {
        let mark = self.mark().filter(|_| !self.is_elsewhere)?;
        let peer = self.link.peer()?;
        orphans::is_marked(Pid::from_raw(peer), mark).then_some(peer)
    }

    /// How the agent's process ended and the last it wrote, if it ended by itself.
    pub async fn obituary(&mut self) -> Option<String> {
        self.process.as_mut()?.obituary().await
    }

    /// Ends the agent if it was started for this stage, and removes its files.
    pub async fn close(self) {
        if let Some(process) = self.process {
            process.end(self.link).await;
        }
        drop((self.place, self.scratch_folder));
    }
}

fn in_process(config: Config, image: &str, chunk: Option<NonZeroUsize>) -> Result<InProcess, Problem> {
    let store = Box::new(MemoryStateDir::new());
    let agent = Agent::new(config, images::load(image)?, store)
        .map_err(|error| Problem::unreachable(format!("the simulated agent does not start: {error:?}"), ""))?;
    Ok(InProcess::new(agent, chunk))
}

fn link(target: &Target, path: &Path, stream: UnixStream) -> Link {
    let socket = Socket::new(path.to_owned(), stream, target.chunk, target.start_timeout);
    Link::Socket(Box::new(socket))
}

fn start(spawn: &Spawn, place: &Place, image: &str) -> Result<AgentProcess, StartError> {
    let filling = Filling {
        socket: &place.socket,
        state: &place.state,
        release: spawn.release.name,
        guest: image,
    };
    let words = spawn.template.fill(filling);
    let guest = [(GUEST_VARIABLE, image)];
    let environment: &[_] = if spawn.template.knows_guests() { &guest } else { &[] };
    AgentProcess::start(Start {
        words: &words,
        environment,
        mark: &place.mark,
    })
}

fn unstartable(error: StartError) -> Problem {
    let cure = match &error {
        StartError::NotRun(..) => "give the program's full path, or see that it is in PATH",
        StartError::Ended(..) => "run the command by hand with a socket and a folder of your own",
        StartError::NotListening(..) => "does the command use {socket}? --start-timeout gives it more time",
    };
    Problem::unreachable(format!("cannot start the agent: {error}"), cure)
}

fn cure_for(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "start the agent first, or see that the path is right",
        ErrorKind::ConnectionRefused => "nobody listens on it: start the agent",
        ErrorKind::PermissionDenied => "run as a user who may use the socket",
        ErrorKind::InvalidInput => "a socket's path has at most 107 bytes: use a shorter one or a link to it",
        _ => "is it a unix socket on which an agent, or QEMU for it, listens?",
    }
}
