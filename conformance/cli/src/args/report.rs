//! `report`: what is made of JSON reports.

use super::{ReportTo, parse_report};
use crate::help;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `report`: what to make of which reports.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What to make.
    #[command(subcommand)]
    pub what: ReportCommand,
}

/// What can be made of JSON reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Join reports of shards and of several agents, and write them in any form.
    #[command(after_help = help::REPORT_MERGE)]
    Merge(MergeArgs),
    /// A statement of conformance to publish: version, level, counts, and what is lacking.
    #[command(after_help = help::REPORT_SUMMARY)]
    Summary(SummaryArgs),
}

/// `report merge`: which reports, and what to write.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// JSON reports of `run`, of `fuzz`, or of `report merge`; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write a report: in the forms of `run --report`. May be repeated.
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = parse_report)]
    pub reports: Vec<ReportTo>,
    /// End with status 0 also if claims fail.
    #[arg(long)]
    pub exit_zero: bool,
}

/// `report summary`: of which reports, and what only the publisher knows.
#[derive(Debug, Args)]
pub struct SummaryArgs {
    /// JSON reports of `run`, or of `report merge`; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The form of the statement.
    #[arg(long, value_name = "FORM", value_enum, default_value_t = StatementForm::Yaml)]
    pub form: StatementForm,
    /// The file to write; standard output if none is named.
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Who makes the agent.
    #[arg(long, value_name = "NAME")]
    pub organization: Option<String>,
    /// Where the agent is to be found.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Whom to ask about it.
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// The day of the run, such as 2027-03-31.
    #[arg(long, value_name = "DAY")]
    pub date: Option<String>,
}

/// The form of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatementForm {
    /// A YAML document for each agent.
    Yaml,
    /// A JSON object, or an array of them for several agents.
    Json,
}
