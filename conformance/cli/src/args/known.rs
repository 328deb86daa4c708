//! `known`: what is done to a list of known failures.

use super::RunArgs;
use crate::help;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `known`: what to do with the list.
#[derive(Debug, Args)]
pub struct KnownArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: KnownCommand,
}

/// What can be done with the list.
#[derive(Debug, Subcommand)]
pub enum KnownCommand {
    /// Bring the list up to date: add what fails, take off what holds, keep the rest with its comments.
    #[command(after_help = help::KNOWN_UPDATE)]
    Update(Box<UpdateArgs>),
}

/// `known update`: which list, and what happened.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// The list; it is made if it is not there.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// JSON reports that say what fails. Without them the scripts are run.
    #[arg(long, value_name = "REPORT", num_args = 1..)]
    pub from: Vec<PathBuf>,

    /// How to run the scripts.
    #[command(flatten)]
    pub run: RunArgs,
}
