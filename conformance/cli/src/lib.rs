//! The runner of the conformance suite: it puts agents in front of scripts and
//! moves bytes between them. What is judged, and how it is written down, is the
//! engine's.
//!
//! ```text
//! args ─▶ selection ─▶ schedule ─▶ judge ─▶ drive ─▶ link ─▶ target
//!         which        how many    one      run and  one     the agent:
//!         scripts      at a time   script   channel  channel in process, connected or spawned
//! ```
//!
//! - [`args`] and [`help`] are the command line, [`status`] how the program ends;
//! - [`selection`] finds the scripts that are meant, [`derived`] the cases of the schema that are;
//! - [`catalogue`] has every claim, [`releases`] says to which releases one is put;
//! - [`known`] is the list of failures that are known;
//! - [`profile`] is what a consumer of agents needs, [`plan`] what a run would do;
//! - [`shard`] is the part of them that is this machine's;
//! - [`commands`] has one file per command;
//! - [`schedule`] shares scripts out to workers, [`progress`] shows how far they are;
//! - [`judge`] is one script's way from the question whether it can be run to its report;
//! - [`drive`] joins a run of the engine with a [`link`];
//! - [`target`] starts and ends agents, or connects to them;
//! - [`fuzz`] is a campaign of cases that nobody wrote;
//! - [`review`] keeps replies, [`redactions`] reads what is put away in them;
//! - [`observe`] runs scripts on the agent inside and looks into it, for [`coverage`];
//! - [`exchange`], [`facts`] and [`aftermath`] are the runner's own talk with an agent;
//! - [`harness`] makes tests of one's own of the scripts;
//! - [`output`] puts reports where they belong, [`paint`] colours them for a person.

pub mod aftermath;
pub mod args;
pub mod catalogue;
pub mod commands;
pub mod coverage;
pub mod derived;
pub mod drive;
pub mod exchange;
pub mod facts;
pub mod fuzz;
pub mod harness;
pub mod help;
pub mod judge;
pub mod known;
pub mod likeness;
pub mod link;
pub mod observe;
pub mod output;
pub mod paint;
pub mod plan;
pub mod profile;
pub mod progress;
pub mod redactions;
pub mod releases;
pub mod review;
pub mod schedule;
pub mod selection;
pub mod shard;
pub mod status;
pub mod target;

use args::{Cli, Command};
use status::{Problem, Status};

/// Does what the command line asks.
///
/// # Errors
/// What is wrong, with what status the program ends, and what to do about it.
pub fn run(cli: &Cli) -> Result<Status, Problem> {
    match &cli.command {
        Command::Run(args) => commands::run::run(args),
        Command::Fuzz(args) => commands::fuzz::fuzz(args),
        Command::Fmt(args) => commands::fmt::fmt(args),
        Command::List(args) => commands::list::list(args),
        Command::Explain(args) => commands::explain::explain(args),
        Command::Derive(args) => commands::derive::derive(args),
        Command::Known(args) => commands::known::known(args),
        Command::Report(args) => commands::report::report(args),
        Command::Snapshot(args) => commands::snapshot::snapshot(args),
        Command::Diff(args) => commands::diff::diff(args),
    }
}
