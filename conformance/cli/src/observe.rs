//! Scripts on the agent inside this program, exchange by exchange: what went over the
//! wire, which claims it was held against, and which rows of the schema the agent used
//! for it. It must not decide what any of that is good for.

use crate::coverage::Row;
use crate::judge;
use crate::link::Arrival;
use crate::status::Problem;
use crate::target::{DEFAULT_IMAGE, InProcess, SIMULATED_SCRATCH, Stage, Target};
use qga_engine::derive::Derivation;
use qga_engine::event::EventKind;
use qga_engine::script::{Level, Record, RecordKind, SCRATCH, Script};
use qga_engine::verdict::Outcome;
use qga_engine::wire::Wire;
use qga_engine::{Demand, Run, RunConfig};
use qga_fixtures::schema::{Release, System};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long the agent may take for an answer, in virtual time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs scripts on the simulated agent of a release.
#[derive(Debug)]
pub struct Observer {
    /// What the agent is.
    agent: &'static Release,
    /// What it is judged as.
    claimed: &'static Release,
    /// How scripts are run in each guest image: asked once.
    configs: BTreeMap<String, RunConfig>,
}

/// What was seen of a script.
#[derive(Clone, Debug)]
pub struct Observed {
    /// What became of its claims, in order.
    pub outcomes: Vec<Outcome>,
    /// What was sent and what came of it.
    pub exchanges: Vec<Exchange>,
}

/// What is sent at a time, and what is expected after it.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The claims that it was held against, by their place in the script.
    pub claims: BTreeSet<usize>,
    /// The rows of the schema that the agent used.
    pub rows: BTreeSet<Row>,
    /// What went over the wire.
    pub wire: Vec<Wire>,
}

impl Observer {
    /// An observer of a release's agent.
    pub fn new(release: &'static Release) -> Observer {
        Observer::of(release, release)
    }

    /// An observer of an agent that claims to be another release.
    pub fn of(agent: &'static Release, claimed: &'static Release) -> Observer {
        Observer {
            agent,
            claimed,
            configs: BTreeMap::new(),
        }
    }

    /// The cases that the schema has for the agent.
    ///
    /// # Errors
    /// There is no agent in this program.
    pub async fn derived(&mut self) -> Result<Vec<Script>, Problem> {
        let config = self.config(DEFAULT_IMAGE).await?;
        let derivation = Derivation {
            release: self.claimed,
            system: config.system,
            offered: config.offered,
        };
        Ok(derivation.scripts())
    }

    /// Runs a script; `None` if it is not for this agent.
    ///
    /// # Errors
    /// There is no such guest image.
    pub async fn observe(&mut self, script: &Script) -> Result<Option<Observed>, Problem> {
        let image = script.guest().unwrap_or(DEFAULT_IMAGE);
        let config = self.config(image).await?;
        let system = config.system;
        let mut run = Run::new(script, config);
        if run.obstacle().is_some() {
            return Ok(None);
        }
        let mut watch = Watch {
            script,
            release: self.claimed,
            system,
            claim: None,
            exchanges: vec![Exchange::default()],
        };
        let mut link = Stage::observed(self.agent, image)?;
        while step(&mut run, &mut link, &mut watch) {
            watch.look(&mut run, &mut link);
        }
        watch.look(&mut run, &mut link);
        Ok(Some(Observed {
            outcomes: run.result().outcomes,
            exchanges: watch.exchanges,
        }))
    }

    async fn config(&mut self, image: &str) -> Result<RunConfig, Problem> {
        if let Some(config) = self.configs.get(image) {
            return Ok(config.clone());
        }
        let target = Target::builtin(self.agent, PATIENCE);
        let mut config = RunConfig {
            offered: judge::ask(&target, image, PATIENCE).await?.offered,
            system: target.system(image)?.unwrap_or(System::Linux),
            ..RunConfig::new(Level::Exact, self.claimed)
        };
        let scratch = (SCRATCH.to_owned(), SIMULATED_SCRATCH.to_owned());
        config.variables.extend([scratch]);
        self.configs.insert(image.to_owned(), config.clone());
        Ok(config)
    }
}

/// Does what the run demands; false when it is over.
fn step(run: &mut Run<'_>, link: &mut InProcess, watch: &mut Watch<'_>) -> bool {
    match run.poll(link.now()) {
        Demand::Send(bytes) => {
            watch.look(run, link);
            link.queue(&bytes);
            link.flush();
        }
        Demand::Read { until } | Demand::Sleep { until } => match link.read(until) {
            Arrival::Bytes(bytes) => run.handle_bytes(link.now(), &bytes),
            Arrival::Closed => run.handle_closed(link.now()),
            Arrival::Nothing => {}
        },
        Demand::Reopen => {
            if !link.reopen() {
                run.handle_closed(link.now());
            }
        }
        Demand::Done => return false,
    }
    true
}

/// What is seen while a script runs.
struct Watch<'s> {
    script: &'s Script,
    release: &'static Release,
    system: System,
    /// The claim to which the records now belong.
    claim: Option<usize>,
    exchanges: Vec<Exchange>,
}

impl Watch<'_> {
    /// Takes note of what happened since the last look.
    fn look(&mut self, run: &mut Run<'_>, link: &mut InProcess) {
        while let Some(event) = run.poll_event() {
            match event.kind {
                EventKind::Record(at) => self.record(&self.script.records[at]),
                EventKind::Wire(wire) => self.last().wire.push(wire),
                EventKind::Judged(..) | EventKind::Finished => {}
            }
        }
        let (release, system) = (self.release, self.system);
        let rows = &mut self.last().rows;
        while let Some(asked) = link.agent_mut().poll_asked() {
            Row::add_asked(rows, release, system, &asked);
        }
        while let Some(error) = link.agent_mut().poll_refused() {
            rows.insert(Row::of_error(release, error));
        }
    }

    fn record(&mut self, record: &Record) {
        let guard = record.guard.as_ref();
        if guard.is_some_and(|it| !it.condition.holds(self.release, self.system)) {
            return;
        }
        match &record.kind {
            RecordKind::Claim(_) => self.claim = Some(self.claim.map_or(0, |it| it + 1)),
            RecordKind::Send(_) | RecordKind::SendRaw(_) if !self.last().claims.is_empty() => {
                self.exchanges.push(Exchange::default());
            }
            kind if kind.is_expectation() => {
                let claim = self.claim;
                self.last().claims.extend(claim);
            }
            _ => {}
        }
    }

    /// The exchange that goes on now.
    fn last(&mut self) -> &mut Exchange {
        self.exchanges.last_mut().expect("there is always one")
    }
}
