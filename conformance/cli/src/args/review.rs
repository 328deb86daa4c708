//! `snapshot` and `diff`: replies kept, and held against each other.

use super::{AgentArgs, HowArgs};
use crate::target::{Named, parse_target};
use clap::Args;
use std::path::PathBuf;

/// `snapshot`: of which agent, and where they are kept.
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// The scripts: named as for run; the whole suite if nothing is named.
    #[arg(value_name = "SCRIPT, FOLDER or CLAIM ID")]
    pub what: Vec<String>,

    /// The folder of the snapshots: one file for each script, in folders as the scripts are.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,

    /// Redact by the rules of this file too; they come after those that are there. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub redact: Vec<PathBuf>,

    /// Of which agent.
    #[command(flatten)]
    pub agent: AgentArgs,

    /// How it is judged.
    #[command(flatten)]
    pub how: HowArgs,
}

/// `diff`: which agents.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The first agent: builtin[:RELEASE], unix:PATH or spawn:COMMAND, as for run --target and --spawn.
    #[arg(value_name = "TARGET", value_parser = parse_target)]
    pub left: Named,

    /// The second agent.
    #[arg(value_name = "TARGET", value_parser = parse_target)]
    pub right: Named,

    /// The scripts: named as for run; the whole suite if nothing is named.
    #[arg(value_name = "SCRIPT, FOLDER or CLAIM ID")]
    pub what: Vec<String>,

    /// As one JSON object.
    #[arg(long)]
    pub json: bool,

    /// Redact by the rules of this file too; they come after those that are there. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub redact: Vec<PathBuf>,

    /// How both are judged.
    #[command(flatten)]
    pub how: HowArgs,
}
