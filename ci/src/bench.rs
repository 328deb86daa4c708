//! `cargo ci bench`: the simulator between the least a server can do and the
//! real agent.
//!
//! All three are measured in one run, in turn, on one CPU that client and server
//! share, so that whatever disturbs one disturbs all; each number is the median
//! of its rounds. The suite alone has all CPUs.

mod client;
mod fuzzing;
mod inside;
mod suite;
mod table;
mod target;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use self::table::{Row, Table};
use self::target::Target;
use self::work::Work;
use crate::{programs, real};

/// Measure the simulator against a bare server and the real agent.
#[derive(Args)]
pub(crate) struct Options {
    /// How many rounds each number is the median of.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Measure only what has this in its name.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// The real agent, if not the installed one.
    #[arg(long, value_name = "PROGRAM")]
    agent: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// End with status 1 if a goal was missed.
    #[arg(long)]
    check: bool,
}

/// The packages whose programs are measured or measure.
const PACKAGES: &[&str] = &["qga-sim", "qga-conformance", "ci"];

/// Measures and prints; what misses its goal is shown, and a failure only if asked.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return programs::run_again(PACKAGES);
    }
    let folder = programs::folder()?;
    let agent = options.agent.clone().or_else(real::installed);
    let targets = [
        Some(Target::floor(&folder)),
        Some(Target::simulator(&folder)),
        agent.map(Target::real),
    ];
    let mut table = Table::default();
    for work in suite::all().iter().filter(|it| it.name.contains(&options.only)) {
        eprintln!("measuring {} …", work.name);
        let suite = folder.join("qga-conformance");
        table
            .rows
            .push(suite::measure(work, &suite, targets[2].as_ref(), options.rounds)?);
    }
    stay_on_one_cpu()?;
    for work in work::all().iter().filter(|it| it.name.contains(&options.only)) {
        eprintln!("measuring {} …", work.name);
        table.rows.push(measure(work, &targets, options.rounds)?);
    }
    for work in inside::all().iter().filter(|it| it.name.contains(&options.only)) {
        eprintln!("measuring {} …", work.name);
        table.rows.push(inside::measure(work, options.rounds)?);
    }
    for work in fuzzing::all().iter().filter(|it| it.name.contains(&options.only)) {
        eprintln!("measuring {} …", work.name);
        table.rows.push(fuzzing::measure(work, &targets, options.rounds)?);
    }
    table.print(options.json)?;
    match options.check && table.misses() {
        true => Ok(ExitCode::FAILURE),
        false => Ok(ExitCode::SUCCESS),
    }
}

/// This process, and with it every server it starts.
fn stay_on_one_cpu() -> Result<()> {
    let own = Pid::from_raw(0);
    let allowed = sched_getaffinity(own)?;
    // The last one: the first is where interrupts tend to go.
    let cpu = (0..CpuSet::count())
        .rev()
        .find(|cpu| allowed.is_set(*cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(cpu.context("no CPU is allowed to this process")?)?;
    sched_setaffinity(own, &one).context("cannot stay on one CPU")
}

/// One round for each target in turn, again and again; the first is not counted.
fn measure(work: &Work, targets: &[Option<Target>; 3], rounds: u32) -> Result<Row> {
    let mut running = Vec::new();
    for target in targets {
        running.push(target.as_ref().map(|it| work.begin(it)).transpose()?);
    }
    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=rounds {
        for (target, samples) in running.iter_mut().zip(&mut samples) {
            let Some(target) = target else { continue };
            let sample = (work.round)(target).with_context(|| format!("{} of {}", work.name, target.name()))?;
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    Ok(Row::of(work, samples.map(table::median)))
}
