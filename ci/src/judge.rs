//! `cargo ci judge`: the suite itself put to the test.
//!
//! A suite is worth what it catches and whom it does not accuse. Here it meets
//! simulated agents that are wrong in one way each (`fixtures/deviations`), which it
//! must catch by the claim that each names; agents that are different and right,
//! which it must not accuse; and hostile ones, which it must survive.
//!
//! With `--fuzz` generated sessions take the place of the suite.

mod cases;
mod fuzz;
mod generated;
mod hostile;
mod parallel;
mod sweep;
mod table;
mod trial;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use qga_engine::script::Level;
use qga_fixtures::schema::Release;
use qga_model::deviation::Deviation;

use self::cases::{Harmless, Wrong};
use self::sweep::Sweep;
use self::table::Table;
use self::trial::Suite;

/// Put the suite to the test: wrong agents must be caught, harmless ones must not
/// be accused, hostile ones must be survived.
#[derive(Args)]
pub(crate) struct Options {
    /// Only deviations with this in their name.
    #[arg(value_name = "TEXT", default_value = "")]
    name: String,
    /// Only agents of these kinds.
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    only: Vec<Kind>,
    /// Run the whole suite on each wrong agent, not the claim alone that it names,
    /// and show what else catches it, and which claims no wrong agent breaks.
    #[arg(long)]
    whole: bool,
    /// Judge agents that are generated from the schema of this release instead: one for
    /// each thing that could be wrong about a command's arguments and results.
    #[arg(long, value_name = "RELEASE")]
    generated: Option<String>,
    /// Put generated sessions to the test in place of the suite: each wrong agent must be
    /// found, and shown by a short script that a right one passes.
    #[arg(long, conflicts_with_all = ["whole", "generated"])]
    fuzz: bool,
    /// With --fuzz: how long an agent may take to be found, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    time: u64,
    /// With --fuzz: the seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// The kinds of agents the suite meets.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Wrong,
    Harmless,
    Hostile,
}

impl Options {
    fn wants(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }

    /// The deviations that are meant: wrong ones and harmless ones.
    fn deviations(&self) -> Result<(Vec<&'static Deviation>, Vec<&'static Deviation>)> {
        let mut rows = cases::deviations()?;
        rows.retain(|it| it.name.contains(&self.name));
        let (harmless, wrong): (Vec<_>, Vec<_>) = rows.into_iter().partition(|it| it.is_harmless());
        let meant = |kind, rows| if self.wants(kind) { rows } else { Vec::new() };
        Ok((meant(Kind::Wrong, wrong), meant(Kind::Harmless, harmless)))
    }
}

/// Judges the judge and prints the table.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if options.fuzz {
        return fuzz::run(options);
    }
    let suite = Suite::load()?;
    if let Some(release) = &options.generated {
        return generated(options, &suite, release);
    }
    let (wrong, harmless) = options.deviations()?;
    let exact = cases::right(&suite, &wrong, Level::Exact)?;
    let mut right = exact.accused_at(Level::Exact);
    for level in [Level::Must, Level::Should] {
        right.extend(cases::right(&suite, &wrong, level)?.accused_at(level));
    }
    let usual = cases::right(&suite, &harmless, Level::Must)?;
    let wrong: Vec<Wrong> = parallel::map(&wrong, |it| cases::wrong(&suite, it, options.whole))?;
    let harmless: Vec<Harmless> = parallel::map(&harmless, |it| cases::harmless(&suite, it, &usual))?;
    let hostile = match options.name.is_empty() && options.wants(Kind::Hostile) {
        true => Some(hostile::run()?),
        false => None,
    };
    let unbroken = match options.whole {
        true => exact.unbroken(&wrong),
        false => Vec::new(),
    };
    let table = Table {
        wrong,
        unbroken,
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

/// Judges what is generated for a release, and prints what nothing catches.
fn generated(options: &Options, suite: &Suite, release: &str) -> Result<ExitCode> {
    let release = Release::find(release).with_context(|| format!("there is no release {release}"))?;
    let mut rows = generated::deviations(release)?;
    rows.retain(|it| it.name.contains(&options.name));
    let right = cases::right(suite, &rows, Level::Exact)?;
    let sweep = Sweep {
        found: parallel::map(&rows, |it| cases::generated(suite, it, &right))?,
        right: right.accused(),
    };
    print!("{sweep}");
    Ok(match sweep.is_sound() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

#[cfg(test)]
mod tests {
    use super::cases::Verdict;
    use super::*;

    #[test]
    fn every_wrong_agent_is_caught_by_the_claim_it_names() {
        let suite = Suite::load().expect("the suite parses");
        let mut rows = cases::deviations().expect("the rows parse");
        rows.retain(|it| !it.is_harmless());
        assert!(rows.len() > 250, "the rows were not found");
        let wrong = parallel::map(&rows, |it| cases::wrong(&suite, it, false)).expect("the agents start");
        let survivors: Vec<_> = wrong.iter().filter(|it| it.verdict != Verdict::Caught).collect();
        let names: Vec<_> = survivors.iter().map(|it| (&it.deviation.name, &it.verdict)).collect();
        assert!(names.is_empty(), "{names:?}");
    }

    #[test]
    fn a_right_agent_is_caught_by_nothing_and_a_harmless_one_shows() {
        let suite = Suite::load().expect("the suite parses");
        let rows = cases::deviations().expect("the rows parse");
        let dense: Vec<_> = rows.into_iter().filter(|it| it.name == "no-blanks").collect();
        let right = cases::right(&suite, &dense, Level::Must).expect("the agent starts");
        assert_eq!(right.accused(), Vec::<String>::new());
        let harmless = cases::harmless(&suite, dense[0], &right).expect("the agent starts");
        assert_eq!(harmless.accused, Vec::<String>::new());
        assert!(harmless.shows);
    }

    #[test]
    fn what_is_generated_for_a_command_is_caught() {
        let suite = Suite::load().expect("the suite parses");
        let mut rows = generated::deviations(Release::find("7.2").expect("a release")).expect("the rows parse");
        assert!(rows.len() > 1500, "little was generated");
        rows.retain(|it| it.name.starts_with("guest-file-seek/"));
        let right = cases::right(&suite, &rows, Level::Exact).expect("the agent starts");
        let found = parallel::map(&rows, |it| cases::generated(&suite, it, &right)).expect("the agents start");
        let right = right.accused();
        let sweep = Sweep { found, right };
        assert!(sweep.is_sound(), "{sweep}");
        assert!(
            sweep.to_string().contains("guest-file-seek/result/eof/{ set = false }"),
            "{sweep}"
        );
    }

    #[test]
    fn work_is_shared_out_and_comes_back_in_order() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = parallel::map(&items, |it| Ok(2 * it)).expect("all of it");
        assert!(doubled.iter().enumerate().all(|(at, it)| *it == 2 * at));
        let failed = parallel::map(&items, |it| if *it == 7 { anyhow::bail!("seven") } else { Ok(*it) });
        assert_eq!(failed.unwrap_err().to_string(), "seven");
    }
}
