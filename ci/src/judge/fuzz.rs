//! `cargo ci judge --fuzz`: are wrong agents found by sessions that nobody wrote?

mod table;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use qga_conformance::fuzz::campaign::{Campaign, Plan};
use qga_conformance::fuzz::ground::Ground;
use qga_conformance::fuzz::survey::Survey;
use qga_conformance::judge::Judge;
use qga_conformance::selection::Chosen;
use qga_engine::RunConfig;
use qga_engine::fuzz::report::Finding;
use qga_engine::script::{Level, parse};
use qga_engine::verdict::Outcome;
use qga_fixtures::schema::Release;
use qga_model::deviation::Deviation;
use tokio::runtime::Builder;
use tokio::sync::watch;

use self::table::Table;
use super::{Options, cases, parallel, trial};
use crate::programs;

/// The guests, and how many of a hundred parts of the time each has. In the second somebody
/// is logged in, and its zone is not UTC; in the third filesystems cannot be frozen.
const IMAGES: &[(&str, u32)] = &[("default", 70), ("foreign", 15), ("broken-freeze", 15)];

/// A deviating agent in front of generated sessions.
struct Sought {
    deviation: &'static Deviation,
    cases: u64,
    time: Duration,
    found: Vec<Found>,
}

/// What was found of an agent.
struct Found {
    finding: Finding,
    /// Whether an agent that does not deviate passes the script.
    right_passes: bool,
}

/// Puts `fuzz` to the test and prints the table.
pub(super) fn run(options: &Options) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return programs::run_again(&["ci"]);
    }
    let (wrong, harmless) = options.deviations()?;
    let rows: Vec<_> = wrong.into_iter().chain(harmless).collect();
    let table = Table {
        rows: parallel::map(&rows, |it| sought(it, options))?,
    };
    print!("{table}");
    Ok(match table.is_sound() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn sought(deviation: &&'static Deviation, options: &Options) -> Result<Sought> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let search = Search {
        deviation,
        release: cases::release(deviation)?,
    };
    runtime.context("cannot start")?.block_on(search.go(options))
}

/// A search for what is wrong with an agent.
struct Search {
    deviation: &'static Deviation,
    release: &'static Release,
}

impl Search {
    async fn go(&self, options: &Options) -> Result<Sought> {
        let mut sought = Sought {
            deviation: self.deviation,
            cases: 0,
            time: Duration::ZERO,
            found: Vec::new(),
        };
        for (image, part) in IMAGES {
            self.go_on(
                &mut sought,
                image,
                Duration::from_secs(options.time) * *part / 100,
                options.seed,
            )
            .await?;
            if sought.shown().is_some() {
                break;
            }
        }
        Ok(sought)
    }

    /// A campaign in one guest image.
    async fn go_on(&self, sought: &mut Sought, image: &str, time: Duration, seed: u64) -> Result<()> {
        let began = Instant::now();
        let (_keep, stop) = watch::channel(false);
        let plan = Plan {
            seed,
            cases: None,
            time: Some(time),
            shard: None,
            out: None,
            findings: 1,
        };
        let ground = self.ground(image, stop).await?;
        let campaign = Arc::new(Campaign::new(plan, ground).map_err(|it| anyhow!("{it}"))?);
        Arc::clone(&campaign).work().await;
        sought.time += began.elapsed();
        sought.cases += campaign.cases();
        let findings = std::mem::take(&mut campaign.seen().findings);
        for finding in findings {
            let right_passes = self.right_passes(&finding).await?;
            sought.found.push(Found { finding, right_passes });
        }
        Ok(())
    }

    async fn ground(&self, image: &str, stop: watch::Receiver<bool>) -> Result<Ground> {
        let (target, facts) = trial::agent(self.release, Some(self.deviation)).await?;
        Ok(Ground {
            target,
            config: self.config(),
            image: image.to_owned(),
            facts,
            survey: Survey::default(),
            other: None,
            focus: BTreeSet::new(),
            family: None,
            stop,
        })
    }

    /// A harmless agent must keep to the schema and no more.
    fn config(&self) -> RunConfig {
        let level = match self.deviation.is_harmless() {
            true => Level::Must,
            false => Level::Exact,
        };
        trial::config(level, self.release)
    }

    /// Whether the script of a finding passes on an agent that does not deviate.
    async fn right_passes(&self, finding: &Finding) -> Result<bool> {
        let Ok(script) = parse("found by fuzz", &finding.script) else {
            return Ok(false);
        };
        let (target, facts) = trial::agent(self.release, None).await?;
        let (_keep, stop) = watch::channel(false);
        let report = Judge::new(target, self.config(), facts, stop)
            .judge(&Chosen::whole(script))
            .await;
        Ok(!report.claims.is_empty() && report.claims.iter().all(|it| it.outcome == Outcome::Passed))
    }
}

impl Sought {
    /// The finding that a short script shows, which a right agent passes.
    fn shown(&self) -> Option<&Found> {
        self.found.iter().find(|it| it.is_shown())
    }
}

impl Found {
    fn is_shown(&self) -> bool {
        self.finding.is_shown_shortly() && self.right_passes
    }
}
