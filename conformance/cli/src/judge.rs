//! One script in front of one agent: from the question whether it can be run at
//! all to the report on it.

use crate::aftermath::{Aftermath, Handles};
use crate::drive::Driver;
use crate::exchange::{Exchange, Resync};
use crate::facts::Facts;
use crate::link::Link;
use crate::review::Review;
use crate::selection::Chosen;
use crate::status::Problem;
use crate::target::{DEFAULT_IMAGE, Kind, Target};
use qga_engine::report::{REPORT_VERSION, Report, ScriptReport};
use qga_engine::script::SCRATCH;
use qga_engine::wire::WireKind;
use qga_engine::{ClosingSync, Run, RunConfig, Script};
use qga_fixtures::schema::{Effect, System};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, watch};

/// How a script is run again that was run as a test.
const AGAIN: &str = "this test, or qga-conformance run";

/// What judges one script after the other.
#[derive(Debug)]
pub struct Judge {
    target: Target,
    /// How scripts are run, but for what depends on the guest image.
    config: RunConfig,
    /// What is known of the agent in each guest image.
    facts: Mutex<BTreeMap<String, Arc<Facts>>>,
    /// The one permit for much to read.
    more: Semaphore,
    /// Becomes true when the program is asked to end.
    stop: watch::Receiver<bool>,
    /// Who keeps the replies, if they are wanted.
    review: Option<Arc<Review>>,
}

impl Judge {
    /// A judge of one target, of whose agent in the default guest image something
    /// is known already.
    pub fn new(target: Target, config: RunConfig, facts: Facts, stop: watch::Receiver<bool>) -> Judge {
        let facts = BTreeMap::from([(DEFAULT_IMAGE.to_owned(), Arc::new(facts))]);
        Judge {
            target,
            config,
            facts: Mutex::new(facts),
            more: Semaphore::new(1),
            stop,
            review: None,
        }
    }

    /// The same judge, and somebody who keeps the replies.
    pub fn reviewed_by(self, review: Option<Arc<Review>>) -> Judge {
        Judge { review, ..self }
    }

    /// The agent it judges.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What judges scripts alike on the simulated agent of the release; `None` if that is
    /// the one, or is of another system.
    pub async fn of_right(&self) -> Option<Judge> {
        let is_it = self.target.is_builtin() && self.target.deviation.is_none();
        if is_it || self.config.system != System::Linux {
            return None;
        }
        let target = Target::builtin(self.config.release, self.target.start_timeout);
        let config = RunConfig {
            guest_images: true,
            ..self.config.clone()
        };
        let facts = ask(&target, DEFAULT_IMAGE, config.timeout).await.ok()?;
        Some(Judge::new(target, config, facts, self.stop.clone()))
    }

    /// Whether the program was asked to end.
    pub fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Runs a script and says what came of its claims.
    pub async fn judge(&self, chosen: &Chosen) -> ScriptReport {
        let mut report = match self.run(&chosen.script, chosen.claims_to_judge()).await {
            Ok(report) => report,
            Err(problem) => ScriptReport::of_trouble(&chosen.script, &problem.what),
        };
        if let Some(claims) = &chosen.claims {
            report.claims.retain(|it| claims.contains(&it.id));
        }
        report
    }

    /// Why nothing of a script can be put to this agent, if so.
    ///
    /// # Errors
    /// The agent cannot be started or reached.
    pub async fn obstacle(&self, script: &Script) -> Result<Option<String>, Problem> {
        let level = self.config.level;
        if script.claims().all(|(_, claim)| claim.level > level) {
            return Ok(Some(format!("its claims are above {level}")));
        }
        let (_, config) = self.config_for(self.image_of(script)).await?;
        let run = Run::new(script, config);
        Ok(run.obstacle().map(|it| format!("not testable: {it}")))
    }

    /// A report on one script alone.
    pub fn report_of(&self, script: ScriptReport) -> Report {
        Report {
            version: REPORT_VERSION,
            agent: String::new(),
            agent_version: None,
            target: String::new(),
            level: self.config.level,
            release: self.config.release.name.to_owned(),
            system: self.config.system.name().to_owned(),
            again: AGAIN.to_owned(),
            shards: None,
            needs: Vec::new(),
            scripts: vec![script],
        }
    }

    /// Runs a script for so many of its claims, from the first on.
    async fn run(&self, script: &Script, claims: usize) -> Result<ScriptReport, Problem> {
        let image = self.image_of(script);
        let (facts, mut config) = self.config_for(image).await?;
        config.claims = claims;
        let obstructed = Run::new(script, config.clone());
        if obstructed.obstacle().is_some() {
            return Ok(ScriptReport::of_run(script, obstructed.result()));
        }
        let mut stage = self.target.open(image).await?;
        let remote = self.get_ready(&mut stage.link, script, &facts).await;
        let scratch = stage.scratch.clone().or(remote.clone());
        config.variables.extend(scratch.map(|it| (SCRATCH.to_owned(), it)));
        let variables = config.variables.clone();
        let mut run = Run::new(script, config);
        let handles = self.drive(&mut run, &mut stage.link).await;
        if let Some(review) = &self.review {
            review.keep(script, &run, &variables);
        }
        let mut report = ScriptReport::of_run(script, run.result());
        if report.wire.iter().any(|it| it.kind == WireKind::Closed) {
            report.obituary = stage.obituary().await;
        }
        let aftermath = self.aftermath(script, handles, remote);
        aftermath.put_right(&mut stage.link, facts.resync).await;
        stage.close().await;
        Ok(report)
    }

    /// The guest image that the script gets. Without images the agent is the same,
    /// whatever the script would like.
    fn image_of<'s>(&self, script: &'s Script) -> &'s str {
        let image = script.guest().filter(|_| self.target.has_guest_images());
        image.unwrap_or(DEFAULT_IMAGE)
    }

    /// Drives the run to its end, or until the program is asked to end.
    async fn drive(&self, run: &mut Run<'_>, link: &mut Link) -> Handles {
        let mut stop = self.stop.clone();
        let mut driver = Driver::new(run, link, self.config.timeout, &self.more);
        tokio::select! {
            () = driver.drive() => {}
            _ = stop.wait_for(|it| *it) => {}
        }
        driver.into_handles()
    }

    /// Gets in step with a connected agent and has it make a scratch folder, if it
    /// must make it itself. One that answers neither is judged by the script.
    async fn get_ready(&self, link: &mut Link, script: &Script, facts: &Facts) -> Option<String> {
        let how = facts.resync.filter(|_| !self.target.is_fresh())?;
        let mut exchange = Exchange::new(link, self.config.timeout);
        exchange.resync(how).await.ok()?;
        let remote = self.target.remote_scratch().filter(|_| script.uses_scratch())?;
        remote.make(&mut exchange).await
    }

    /// What a script leaves behind: a spawned agent takes its handles with it, but
    /// not the guest's freeze, unless that guest is inside this program.
    fn aftermath(&self, script: &Script, handles: Handles, folder: Option<String>) -> Aftermath {
        Aftermath {
            froze: script.effects().contains(&Effect::Freeze) && !self.target.is_builtin(),
            handles: if self.target.is_fresh() {
                Handles::default()
            } else {
                handles
            },
            folder,
        }
    }

    /// What is known of the agent in a guest image, and how scripts are run in it.
    async fn config_for(&self, image: &str) -> Result<(Arc<Facts>, RunConfig), Problem> {
        let mut known = self.facts.lock().await;
        let facts = match known.get(image) {
            Some(facts) => Arc::clone(facts),
            None => {
                let facts = Arc::new(ask(&self.target, image, self.config.timeout).await?);
                known.insert(image.to_owned(), Arc::clone(&facts));
                facts
            }
        };
        let mut config = self.config.clone();
        config.offered = facts.offered.clone();
        config.freezes = !facts.freezes_nothing;
        config.closing_sync = self.closing_sync(&facts);
        if !self.target.has_scratch() {
            config.variables.remove(SCRATCH);
        }
        config.system = self.target.system(image)?.unwrap_or(config.system);
        Ok((facts, config))
    }

    /// In virtual time silence costs nothing, and shows more than a sync does.
    fn closing_sync(&self, facts: &Facts) -> Option<ClosingSync> {
        if matches!(self.target.kind, Kind::Builtin(_)) {
            return None;
        }
        facts.resync.map(|it| match it {
            Resync::Delimited => ClosingSync::Delimited,
            Resync::Sync => ClosingSync::Plain,
        })
    }
}

/// Asks the agent of a target, in a guest image, what it is.
///
/// # Errors
/// It cannot be started or reached.
pub async fn ask(target: &Target, image: &str, patience: Duration) -> Result<Facts, Problem> {
    let mut stage = target.open(image).await?;
    let facts = Facts::ask(&mut stage.link, patience).await;
    stage.close().await;
    Ok(facts)
}
