//! `fuzz`: how many cases, of what, on what, and what is done with what is found.

use super::{AgentArgs, HowArgs, ReportTo, parse_duration, parse_report, positive};
use crate::shard::Shard;
use crate::target::{self, parse_target};
use clap::{Args, ValueEnum};
use qga_engine::report::Format;
use qga_fixtures::schema::Command;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// `fuzz`: generated sessions, judged by properties.
#[derive(Debug, Args)]
pub struct FuzzArgs {
    /// On which agent.
    #[command(flatten)]
    pub agent: AgentArgs,

    /// How it is judged.
    #[command(flatten)]
    pub how: HowArgs,

    /// End after so many cases, those of all shards together. Default: 100000, without --time.
    #[arg(value_parser = positive::<NonZeroU64>, long, value_name = "N")]
    pub cases: Option<NonZeroU64>,

    /// End after this time: a number with ms or s.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub time: Option<Duration>,

    /// The seed: the same seed gives the same cases on every machine. Default: another one each time.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Only cases with these commands, and what they need.
    #[arg(long, value_name = "COMMAND,…", value_delimiter = ',', value_parser = parse_command)]
    pub focus: Vec<&'static str>,

    /// The guest image of a simulated agent.
    #[arg(long, value_name = "IMAGE", default_value = target::DEFAULT_IMAGE)]
    pub guest: String,

    /// A folder with scripts of past failures: they are replayed first, and new ones are added.
    ///
    /// One that holds now is FIXED; one that still fails makes the program end with status 1; one that cannot
    /// be put to the test is NOT RUN, and says why.
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,

    /// A folder for the least session of each finding, as a script of the suite. Default: that of --corpus.
    ///
    /// It is made when something is found. That it can be written to is seen to at the start.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// End after so many findings of different kinds that a script shows. Default: 32.
    #[arg(value_parser = positive::<NonZeroUsize>, long, value_name = "N")]
    pub findings: Option<NonZeroUsize>,

    /// Compare every reply with that of the simulated agent of the claimed release.
    ///
    /// How closely, the level says: at must whether both succeed or fail, at should what they return and the
    /// class of their errors, at exact their bytes. What each tells of its own machine is not compared.
    #[arg(long, value_name = "WHAT", value_enum, conflicts_with = "against")]
    pub oracle: Option<Oracle>,

    /// Compare every reply with that of another agent; differences are told by command and member.
    #[arg(long, value_name = "TARGET", value_parser = parse_target)]
    pub against: Option<target::Named>,

    /// Run one part only: part 2 of 5 has the second batch of cases, the seventh, and so on.
    #[arg(long, value_name = "NUMBER/OF", value_parser = Shard::parse)]
    pub shard: Option<Shard>,

    /// Run the part that an indexed job of Kubernetes has (JOB_COMPLETION_INDEX, from 0), of so many.
    #[arg(value_parser = positive::<NonZeroU32>, long, value_name = "N", env = "QGA_SHARDS", conflicts_with = "shard")]
    pub shards: Option<NonZeroU32>,

    /// Write a report to a file or, with -, to standard output: text or json. May be repeated.
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = parse_fuzz_report)]
    pub reports: Vec<ReportTo>,
}

/// What knows the right reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Oracle {
    /// The simulated agent inside this program.
    Model,
}

fn parse_command(text: &str) -> Result<&'static str, String> {
    Command::find(text).map(|it| it.name).ok_or_else(|| {
        let names = qga_fixtures::schema::COMMANDS.iter().map(|it| it.name);
        let like = crate::likeness::nearest(text, names).map_or(String::new(), |it| format!("; did you mean {it}?"));
        format!("there is no such command{like}")
    })
}

fn parse_fuzz_report(text: &str) -> Result<ReportTo, String> {
    let report = parse_report(text)?;
    match report.format {
        Format::Text | Format::Json => Ok(report),
        _ => Err("known are text, json".to_owned()),
    }
}
