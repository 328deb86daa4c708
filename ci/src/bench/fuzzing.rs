//! `fuzz`: how many cases a second there are, and what of the time is its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use qga_conformance::fuzz::campaign::{Campaign, FINDINGS_MAX, Plan};
use qga_conformance::fuzz::ground::Ground;
use qga_conformance::fuzz::survey::Survey;
use qga_conformance::judge;
use qga_conformance::target::{DEFAULT_IMAGE, Kind, RunFolder, Spawn, Target, Template, find_release};
use qga_engine::RunConfig;
use qga_engine::fuzz::Family;
use qga_engine::script::Level;
use qga_fixtures::schema::{Effect, Release};
use tokio::runtime::Builder;
use tokio::sync::watch;

use super::inside::cpu;
use super::table::{self, Row};
use super::target;
use super::work::{Goal, Unit};
use crate::real;

/// The release of the agent inside this program, and what the real one is judged as.
const RELEASE: &str = "10.0";
const PATIENCE: Duration = Duration::from_secs(10);
const SEED: u64 = 1;
/// How many steps a session has by which they are counted.
const STEPS_OF_A_SESSION: f64 = 10.0;

/// One measurement of campaigns.
pub(super) struct Fuzzing {
    pub(super) name: &'static str,
    unit: Unit,
    goal: Goal,
    /// Where the agent is.
    place: Place,
    /// Which cases there are.
    family: Option<Family>,
    /// What they may do besides reading.
    allowed: &'static [Effect],
    cases: u64,
    /// What it comes to.
    number: fn(&Spent) -> f64,
}

#[derive(Clone, Copy)]
enum Place {
    /// In this program.
    Inside,
    /// Behind a socket, on the same CPU.
    Socket,
}

/// What a campaign took.
struct Spent {
    cases: f64,
    steps: f64,
    /// On the clock.
    time: Duration,
    /// Of the CPU, by this process.
    cpu: Duration,
}

/// All of them.
pub(super) fn all() -> [Fuzzing; 4] {
    [
        Fuzzing {
            name: "fuzz, bytes in process",
            unit: Unit::Cases,
            goal: Goal::AtLeast(500_000.0),
            place: Place::Inside,
            family: Some(Family::Raw),
            allowed: &[],
            cases: 64_000,
            number: |it| it.cases / it.cpu.as_secs_f64(),
        },
        Fuzzing {
            name: "fuzz, open files in process",
            unit: Unit::Sessions,
            goal: Goal::AtLeast(50_000.0),
            place: Place::Inside,
            family: Some(Family::Files),
            allowed: &[Effect::Files],
            cases: 16_000,
            number: |it| it.steps / STEPS_OF_A_SESSION / it.cpu.as_secs_f64(),
        },
        Fuzzing {
            name: "fuzz over a socket",
            unit: Unit::Cases,
            goal: Goal::AtLeast(80_000.0),
            place: Place::Socket,
            family: None,
            allowed: &[],
            cases: 16_000,
            number: |it| it.cases / it.time.as_secs_f64(),
        },
        Fuzzing {
            name: "fuzz, its own part of the time",
            unit: Unit::Percent,
            goal: Goal::AtMostWithReal(20.0),
            place: Place::Socket,
            family: None,
            allowed: &[],
            cases: 16_000,
            number: |it| 100.0 * it.cpu.as_secs_f64() / it.time.as_secs_f64(),
        },
    ]
}

/// The medians of some rounds, for each agent in turn.
pub(super) fn measure(work: &Fuzzing, targets: &[Option<target::Target>; 3], rounds: u32) -> Result<Row> {
    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=rounds {
        for (target, samples) in targets.iter().zip(&mut samples) {
            let Some(agent) = target.as_ref().map(|it| work.agent(it)) else {
                continue;
            };
            let Some(agent) = agent? else { continue };
            let number = (work.number)(&work.round(agent).with_context(|| work.name)?);
            if round > 0 {
                samples.push(number);
            }
        }
    }
    Ok(Row::new(work.name, work.unit, &[work.goal], samples.map(table::median)))
}

impl Fuzzing {
    /// The agent that is put in the place of one of the three, if any is.
    fn agent(&self, target: &target::Target) -> Result<Option<Target>> {
        let kind = match (self.place, target.kind) {
            (_, target::Kind::Floor) | (Place::Inside, target::Kind::Real) => return Ok(None),
            (Place::Inside, target::Kind::Simulator) => Kind::Builtin(release()?),
            (Place::Socket, _) => Kind::Spawn(spawn(target)?),
        };
        Ok(Some(Target {
            kind,
            deviation: None,
            chunk: None,
            start_timeout: PATIENCE,
        }))
    }

    fn round(&self, target: Target) -> Result<Spent> {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.context("cannot start")?.block_on(self.campaign(target))
    }

    async fn campaign(&self, target: Target) -> Result<Spent> {
        let facts = judge::ask(&target, DEFAULT_IMAGE, PATIENCE).await;
        let (_keep, stop) = watch::channel(false);
        let ground = Ground {
            target,
            config: RunConfig {
                timeout: PATIENCE,
                allowed: self.allowed.iter().copied().collect(),
                ..RunConfig::new(Level::Must, release()?)
            },
            image: DEFAULT_IMAGE.to_owned(),
            facts: facts.map_err(|it| anyhow!("{it}"))?,
            survey: Survey::default(),
            other: None,
            focus: BTreeSet::new(),
            family: self.family,
            stop,
        };
        let plan = Plan {
            seed: SEED,
            cases: Some(self.cases),
            time: None,
            shard: None,
            out: None,
            findings: FINDINGS_MAX,
        };
        let campaign = Arc::new(Campaign::new(plan, ground).map_err(|it| anyhow!("{it}"))?);
        let (began, before) = (Instant::now(), cpu()?);
        Arc::clone(&campaign).work().await;
        let (time, cpu) = (began.elapsed(), cpu()? - before);
        let seen = campaign.seen();
        if let Some(finding) = seen.findings.first() {
            bail!("a right agent is accused: {}", finding.found);
        }
        Ok(Spent {
            cases: campaign.cases() as f64,
            steps: campaign.steps() as f64,
            time,
            cpu,
        })
    }
}

fn release() -> Result<&'static Release> {
    find_release(RELEASE).map_err(|it| anyhow!("{it}"))
}

/// How one of the three is started, with what could harm this machine blocked.
fn spawn(target: &target::Target) -> Result<Spawn> {
    Ok(Spawn {
        template: Template::parse(&real::spawn(target.program())).map_err(|it| anyhow!("{it}"))?,
        release: release()?,
        folder: RunFolder::new(None).map_err(|it| anyhow!("{it}"))?,
        own_scratch: None,
    })
}
