//! `cargo ci judge`: the suite itself put to the test.
//!
//! A suite is worth what it catches and whom it does not accuse. Here it meets
//! simulated agents that are wrong in one way each (`fixtures/deviations`), which it
//! must catch by the claim that each names; agents that are different and right,
//! which it must not accuse; and hostile ones, which it must survive.

mod cases;
mod hostile;
mod parallel;
mod table;
mod trial;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use self::cases::{Harmless, Wrong};
use self::table::Table;
use self::trial::Suite;

/// Put the suite to the test: wrong agents must be caught, harmless ones must not
/// be accused, hostile ones must be survived.
#[derive(Args)]
pub(crate) struct Options {
    /// Only deviations with this in their name, and no hostile agents.
    #[arg(value_name = "TEXT")]
    only: Option<String>,
    /// Run the whole suite on each wrong agent, not the claim alone that it names,
    /// and show what else catches it.
    #[arg(long)]
    whole: bool,
    /// Leave the hostile agents out.
    #[arg(long)]
    no_hostile: bool,
}

/// Judges the judge and prints the table.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let suite = Suite::load()?;
    let (wrong, harmless) = cases::deviations(options.only.as_deref().unwrap_or_default())?;
    let wrong: Vec<Wrong> = parallel::map(&wrong, |it| cases::wrong(&suite, it, options.whole))?;
    let harmless: Vec<Harmless> = parallel::map(&harmless, |it| cases::harmless(&suite, it))?;
    let right = cases::right(&suite, &wrong)?;
    let hostile = match options.only.is_none() && !options.no_hostile {
        true => Some(hostile::run()?),
        false => None,
    };
    let table = Table {
        wrong,
        harmless,
        right,
        hostile,
    };
    print!("{table}");
    Ok(match table.is_sound() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
