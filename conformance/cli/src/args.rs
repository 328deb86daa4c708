//! The command line. It says what was asked for and must not know how it is done.

mod agent;
mod fuzz;
mod known;
mod report;
mod review;

pub use agent::{AgentArgs, HowArgs};
pub use fuzz::{FuzzArgs, Oracle};
pub use known::{KnownArgs, KnownCommand, UpdateArgs};
pub use report::{MergeArgs, ReportArgs, ReportCommand, StatementForm, SummaryArgs};
pub use review::{DiffArgs, SnapshotArgs};

use crate::shard::Shard;
use crate::{help, target};
use clap::{Args, Parser, Subcommand};
use qga_engine::report::Format;
use qga_engine::script::Level;
use qga_fixtures::profile::{Profile, profiles};
use qga_fixtures::schema::{Effect, Release, System};
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Judge an agent of the QEMU guest agent protocol by scripted client sessions.
#[derive(Debug, Parser)]
#[command(name = "qga-conformance", version, after_help = help::program(), arg_required_else_help = true)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scripts against an agent and say which claims hold.
    #[command(after_long_help = help::run(), after_help = help::SHORT, args_override_self = true)]
    Run(RunArgs),
    /// Judge an agent by thousands of generated sessions a second, without a script.
    #[command(after_long_help = help::fuzz(), after_help = help::SHORT, args_override_self = true)]
    #[command(mut_arg("no_derived", |it| it.hide(true)))]
    Fuzz(Box<FuzzArgs>),
    /// Write scripts in canonical form, or check that they are.
    #[command(after_help = help::FMT)]
    Fmt(FmtArgs),
    /// List the scripts and their claims.
    #[command(after_help = help::LIST)]
    List(ListArgs),
    /// Explain a claim: its source, its scripts, and how the simulated agent meets it.
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Print, or keep, the cases that are derived from the schema, as scripts.
    #[command(after_help = help::DERIVE)]
    Derive(DeriveArgs),
    /// Keep the list of known failures.
    Known(KnownArgs),
    /// Join JSON reports and write them in other forms.
    Report(ReportArgs),
    /// Keep every reply of an agent as insta snapshots, and show what changed since.
    #[command(after_long_help = help::snapshot(), after_help = help::SHORT)]
    Snapshot(SnapshotArgs),
    /// Show where two agents differ, by command and member.
    #[command(after_long_help = help::diff(), after_help = help::SHORT)]
    Diff(DiffArgs),
}

/// `run`: which scripts, on what, and how.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// What to run: a script, a folder of scripts or the id of a claim; the whole suite if nothing is named.
    ///
    /// A path that exists is read from the disk. Any other word names something of the suite inside this
    /// program: a family ("framing"), a script ("framing/half-request", with or without ".session") or a
    /// claim ("SYNC-004"). Named by its id, a claim is judged alone. "derived:COMMAND" is what the schema says
    /// of a command, "derived:COMMAND/KIND" one kind of that, and "derived:" all of it.
    #[arg(value_name = "SCRIPT, FOLDER or CLAIM ID")]
    pub what: Vec<String>,

    /// On which agent.
    #[command(flatten)]
    pub agent: AgentArgs,

    /// How it is judged.
    #[command(flatten)]
    pub how: HowArgs,

    /// Judge what a consumer of agents relies on: seed, core, full, libvirt, kubevirt or proxmox.
    ///
    /// seed: the thirteen commands of 0.15. core: sync, ping and info. full: all that the release has. The others
    /// are programs that speak to agents: their commands, and what is said to be for them. The level is should,
    /// unless --level says otherwise. A run of the whole suite says of every profile what it lacks.
    #[arg(long, value_name = "PROFILE", value_parser = parse_profile, conflicts_with = "what")]
    pub profile: Option<&'static Profile>,

    /// Say what the run would do and why, and do nothing: no agent is started, connected to or asked.
    #[arg(long)]
    pub plan: bool,

    /// A list of failures that are known: TOML, an entry [[known]] for each.
    ///
    /// An entry has claim or script (or both), reason, and perhaps link and until, its last day. What is listed
    /// and fails is known and does no harm; what is listed and holds is stale, and an error: `known update`
    /// takes it off the list. After its last day an entry counts as not listed.
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,

    /// Run one part only: part 2 of 5 has the second script, the seventh, and so on.
    ///
    /// All parts together are the whole; `report merge` joins their JSON reports. Under Bazel
    /// (TEST_SHARD_INDEX, TEST_TOTAL_SHARDS) the part need not be said.
    #[arg(long, value_name = "NUMBER/OF", value_parser = Shard::parse)]
    pub shard: Option<Shard>,

    /// Run the part that an indexed job of Kubernetes has (JOB_COMPLETION_INDEX, from 0), of so many.
    #[arg(value_parser = positive::<NonZeroU32>, long, value_name = "N", env = "QGA_SHARDS", conflicts_with = "shard")]
    pub shards: Option<NonZeroU32>,

    /// Write a report to a file or, with -, to standard output. May be repeated.
    ///
    /// Formats: text, json, junit, tap, github (annotations), markdown (a job's summary), html (one page with
    /// the wire logs), badge (for shields.io) and svg.
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = parse_report)]
    pub reports: Vec<ReportTo>,
}

/// `fmt`: which files.
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Change nothing; end with status 1 if a script is not in canonical form.
    #[arg(long)]
    pub check: bool,
    /// Scripts, and folders with scripts (files named *.session).
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// `list`: which scripts, in what form.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// As one JSON array: an object for each script, or each row of --coverage.
    #[arg(long)]
    pub json: bool,
    /// Which claims cover each command, argument, error and difference between releases of the schema.
    ///
    /// It is measured: the suite is run on the simulated agent of every release, and again on agents that
    /// lack one difference each. Ends with status 1 if something is covered by no claim.
    #[arg(long, conflicts_with = "filter")]
    pub coverage: bool,
    /// What to list: named as for run.
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
}

/// `explain`: which claims.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The ids of claims, written or derived.
    #[arg(required = true, value_name = "CLAIM ID")]
    pub ids: Vec<String>,

    /// Show the exchange with the simulated agent of this release.
    ///
    /// Without it: of the usual one, or of the newest that the claim is put to.
    #[arg(long = "as", value_name = "RELEASE", value_parser = parse_release)]
    pub as_release: Option<&'static Release>,

    /// As one JSON array: an object for each claim.
    #[arg(long)]
    pub json: bool,
}

/// `derive`: of which commands, for which agent, and where to.
#[derive(Debug, Args)]
pub struct DeriveArgs {
    /// The commands; all that the release has if none is named.
    #[arg(value_name = "COMMAND")]
    pub commands: Vec<String>,

    /// The release for which cases are derived.
    #[arg(long = "as", value_name = "RELEASE", value_parser = parse_release, default_value = target::DEFAULT_RELEASE)]
    pub as_release: &'static Release,

    /// The system for which cases are derived: linux, windows or bsd.
    #[arg(long, value_name = "SYSTEM", value_parser = parse_system, default_value = "linux")]
    pub os: System,

    /// Write each case as a script below this folder, COMMAND/KIND.session, and print nothing.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The classes of effect that scripts may have on the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(pub BTreeSet<Effect>);

impl Default for Allowed {
    /// What only touches the scratch folder.
    fn default() -> Allowed {
        Allowed(BTreeSet::from([Effect::None, Effect::Files, Effect::Exec]))
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() == Effect::ALL.len() {
            return f.write_str("all");
        }
        let words: Vec<&str> = self
            .0
            .iter()
            .filter(|it| self.0.len() == 1 || **it != Effect::None)
            .map(|it| it.name())
            .collect();
        f.write_str(&words.join(","))
    }
}

/// A report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportTo {
    /// In which form.
    pub format: Format,
    /// Where to: standard output if `None`.
    pub path: Option<PathBuf>,
}

/// A number that is not zero.
fn positive<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "a whole number of 1 or more is wanted".to_owned())
}

/// Reads a duration as scripts write it: `500ms`, `5s`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (digits, unit): (&str, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(digits) => (digits, Duration::from_millis),
        None => (text.strip_suffix('s').unwrap_or(""), Duration::from_secs),
    };
    let number = digits.parse().ok().filter(|it| (1..=DURATION_MAX).contains(it));
    number
        .map(unit)
        .ok_or_else(|| "a whole number of 1 or more with its unit is wanted, such as 500ms or 5s".to_owned())
}

/// Another word for the form that the summary of a CI job has.
const SUMMARY: &str = "summary";
/// How long an agent may take for a reply if the command line does not say.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest number a duration may have, in its unit: a day in seconds.
const DURATION_MAX: u64 = 86_400;

fn parse_release(text: &str) -> Result<&'static Release, String> {
    target::find_release(text)
}

fn parse_profile(text: &str) -> Result<&'static Profile, String> {
    let names: Vec<&str> = profiles().iter().map(|it| it.name).collect();
    pick(text, &names).map(|at| &profiles()[at])
}

fn parse_level(text: &str) -> Result<Level, String> {
    let words = Level::ALL.map(Level::word);
    pick(text, &words).map(|at| Level::ALL[at])
}

fn parse_system(text: &str) -> Result<System, String> {
    pick(text, &System::ALL.map(System::name)).map(|at| System::ALL[at])
}

/// The words are those of scripts: `none`, which reading is, adds nothing.
fn parse_allow(text: &str) -> Result<Allowed, String> {
    let mut words = Effect::ALL.map(Effect::name).to_vec();
    words.push("all");
    let picked = text
        .split(',')
        .map(|it| pick(it.trim(), &words).map(|at| Effect::ALL.get(at)));
    let picked = picked.collect::<Result<Vec<_>, _>>()?;
    if picked.contains(&None) {
        return Ok(Allowed(BTreeSet::from(Effect::ALL)));
    }
    Ok(Allowed(
        picked.into_iter().flatten().copied().chain([Effect::None]).collect(),
    ))
}

fn parse_report(text: &str) -> Result<ReportTo, String> {
    let shape = || "the form is FORMAT=PATH, such as junit=report.xml or json=-".to_owned();
    let (format, path) = text.split_once('=').ok_or_else(shape)?;
    let format = match format {
        SUMMARY => Format::Markdown,
        word => Format::ALL[pick(word, &Format::ALL.map(Format::name))?],
    };
    match path {
        "" => Err(shape()),
        "-" => Ok(ReportTo { format, path: None }),
        path => Ok(ReportTo {
            format,
            path: Some(PathBuf::from(path)),
        }),
    }
}

/// The place of a word among those that are known.
fn pick(word: &str, known: &[&str]) -> Result<usize, String> {
    known.iter().position(|it| *it == word).ok_or_else(|| {
        let like = crate::likeness::nearest(word, known.iter().copied());
        let hint = like.map_or(String::new(), |it| format!("did you mean {it}? "));
        format!("{hint}known are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests;
