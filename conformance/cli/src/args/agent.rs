//! The agent that is meant, and how it is judged: what the commands share that talk
//! with agents.

use super::{Allowed, RunArgs, parse_allow, parse_duration, parse_level, parse_release, parse_system, positive};
use crate::target::{Named, Template, parse_target};
use clap::Args;
use qga_engine::script::Level;
use qga_fixtures::schema::{Release, System};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Which agent.
#[derive(Clone, Debug, Args)]
pub struct AgentArgs {
    /// The agent: builtin[:RELEASE], unix:PATH or spawn:COMMAND.
    ///
    /// builtin: the simulated agent inside this program, in virtual time: waiting costs nothing.
    /// unix:PATH: an agent that listens on a unix socket, or QEMU's end of its channel. It is
    /// resynchronised before each script and the handles a script opened are closed after it.
    /// spawn:COMMAND: the same as --spawn COMMAND.
    #[arg(long, value_name = "TARGET", value_parser = parse_target, default_value = "builtin", conflicts_with = "spawn")]
    pub target: Named,

    /// Start a fresh agent with this command for each script.
    ///
    /// The command is split into words as a shell would do it, and is run without a shell. In its words
    /// {socket} stands for the unix socket to listen on (it must occur), {state} for an empty folder,
    /// {release} for the release of --as, and {guest} for the guest image a script asks for. The agent is
    /// ended with SIGTERM, and with SIGKILL one second later; children it leaves behind are killed.
    #[arg(long, value_name = "COMMAND", value_parser = Template::parse)]
    pub spawn: Option<Template>,

    /// What reports call the agent. Default: the program's name, and the version its guest-info tells.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// How an agent is judged.
#[derive(Clone, Debug, Args)]
pub struct HowArgs {
    /// Judge the agent as this release, whatever its guest-info says.
    #[arg(long = "as", value_name = "RELEASE", value_parser = parse_release)]
    pub as_release: Option<&'static Release>,

    /// The system the agent runs on: linux, windows or bsd.
    ///
    /// Without it a simulated agent is asked for its guest's, and any other is taken to run on Linux.
    #[arg(long, value_name = "SYSTEM", value_parser = parse_system)]
    pub os: Option<System>,

    /// Judge the claims up to this level: must, should or exact.
    ///
    /// must: what the published schema demands of every agent. should: what known clients rely on.
    /// exact: the very texts and bytes of QEMU's own agent. Default: exact for builtin, else must.
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    pub level: Option<Level>,

    /// What scripts may do to the guest besides reading, separated by commas, or all.
    ///
    /// files: make and change files in a scratch folder. exec: run programs. users: change accounts.
    /// clock: set the time. freeze: freeze filesystems, of which there must be some. power: shut down
    /// or suspend. What is not allowed is not run, and its claims are counted as not testable.
    #[arg(long, value_name = "CLASS,…|all|none", value_parser = parse_allow, default_value_t)]
    pub allow: Allowed,

    /// Cut everything that is sent into pieces of N bytes.
    #[arg(value_parser = positive::<NonZeroUsize>, long, value_name = "N")]
    pub chunk: Option<NonZeroUsize>,

    /// How long the agent may take for each reply: a number with ms or s.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "5s")]
    pub timeout: Duration,

    /// How long a spawned agent may take to listen, or a connected one to be reached.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10s")]
    pub start_timeout: Duration,

    /// A folder for the files that scripts make; on the agent's machine.
    ///
    /// Each script gets a place of its own in it. Default: a temporary folder, for unix:PATH /tmp.
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,

    /// Leave out the cases that are derived from the schema.
    ///
    /// They are part of the whole suite: for each command of the release, what it takes and refuses, what it
    /// returns, and whether guest-info tells the truth about it.
    #[arg(long)]
    pub no_derived: bool,

    /// How many scripts run at a time. Default: one per core; more for --spawn, which mostly waits; 1 for
    /// unix:PATH.
    #[arg(value_parser = positive::<NonZeroUsize>, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Show no progress.
    #[arg(long, short)]
    pub quiet: bool,
}

impl RunArgs {
    /// How the agent is judged: for a consumer at `should`, unless a level is named or
    /// the agent is the one inside.
    pub fn how(&self) -> HowArgs {
        let is_builtin = matches!(self.agent.named(), Named::Builtin(_));
        let usual = (self.profile.is_some() && !is_builtin).then_some(Level::Should);
        HowArgs {
            level: self.how.level.or(usual),
            ..self.how.clone()
        }
    }
}

impl AgentArgs {
    /// The target that is named, in either way.
    pub fn named(&self) -> Named {
        match &self.spawn {
            Some(template) => Named::Spawn(template.clone()),
            None => self.target.clone(),
        }
    }
}
