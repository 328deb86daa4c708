//! The suite in front of a simulated agent inside this program, deviating or not.

use std::fs;
use std::iter;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use qga_conformance::facts::Facts;
use qga_conformance::judge::{self, Judge};
use qga_conformance::selection::{self, Chosen};
use qga_conformance::target::Target;
use qga_engine::derive::{Derivation, command_of};
use qga_engine::report::ScriptReport;
use qga_engine::script::{ClaimId, Level};
use qga_engine::{RunConfig, Script};
use qga_fixtures::schema::{Command, Effect, Release, System};
use qga_model::deviation::Deviation;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::root::root;

/// How long an agent may take, in virtual time.
const PATIENCE: Duration = Duration::from_secs(5);
/// The guest image of scripts that name none.
const IMAGE: &str = "default";

/// The scripts that were written, as they are on the disk now.
pub(super) struct Suite {
    scripts: Vec<Script>,
    /// Their texts, in the same order.
    texts: Vec<String>,
}

impl Suite {
    pub(super) fn load() -> Result<Suite> {
        let folder = root().join("fixtures/sessions");
        let files = selection::files(&[folder]).map_err(|it| anyhow!("{it}"))?;
        let texts: Vec<(String, String)> = files.iter().map(text).collect::<Result<_>>()?;
        let suite = qga_engine::suite::Suite::parse(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())));
        let suite =
            suite.map_err(|errors| anyhow!("{}", errors.first().map(ToString::to_string).unwrap_or_default()))?;
        let texts = texts.into_iter().map(|(_, text)| text).collect();
        Ok(Suite {
            scripts: suite.scripts,
            texts,
        })
    }
}

fn text(path: &PathBuf) -> Result<(String, String)> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok((path.display().to_string(), text))
}

/// Which scripts are run.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    All,
    /// Those that show a claim.
    Of(&'a ClaimId),
    /// Those in which a command occurs.
    Naming(&'a str),
}

/// A simulated agent, and what it says of itself.
///
/// # Errors
/// It does not start.
pub(super) async fn agent(release: &'static Release, deviation: Option<&'static Deviation>) -> Result<(Target, Facts)> {
    let target = Target {
        deviation,
        ..Target::builtin(release, PATIENCE)
    };
    let facts = judge::ask(&target, IMAGE, PATIENCE).await;
    Ok((target, facts.map_err(|it| anyhow!("{it}"))?))
}

/// How scripts are run on it: nothing done to a simulated guest is real.
pub(super) fn config(level: Level, release: &'static Release) -> RunConfig {
    RunConfig {
        timeout: PATIENCE,
        allowed: Effect::ALL.into(),
        guest_images: true,
        ..RunConfig::new(level, release)
    }
}

/// One agent in front of the suite.
pub(super) struct Trial<'a> {
    pub(super) suite: &'a Suite,
    pub(super) release: &'static Release,
    pub(super) deviation: Option<&'static Deviation>,
}

impl Trial<'_> {
    /// The reports on the scripts.
    ///
    /// # Errors
    /// The agent does not start.
    pub(super) fn run(&self, level: Level, which: Which) -> Result<Vec<ScriptReport>> {
        Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?
            .block_on(self.judge(level, which))
    }

    async fn judge(&self, level: Level, which: Which<'_>) -> Result<Vec<ScriptReport>> {
        let (target, facts) = agent(self.release, self.deviation).await?;
        let chosen = self.chosen(&facts, which);
        let (_keep, stop) = watch::channel(false);
        let judge = Judge::new(target, config(level, self.release), facts, stop);
        let mut reports = Vec::new();
        for chosen in &chosen {
            reports.push(judge.judge(chosen).await);
        }
        Ok(reports)
    }

    fn chosen(&self, facts: &Facts, which: Which) -> Vec<Chosen> {
        let derivation = Derivation {
            release: self.release,
            system: System::Linux,
            offered: facts.offered.clone(),
        };
        let derived = match which {
            Which::All => derivation.scripts(),
            Which::Of(claim) => command_of(claim).map_or(Vec::new(), |it| derivation.of(it)),
            Which::Naming(command) => Command::find(command).map_or(Vec::new(), |it| derivation.of(it)),
        };
        let is_meant = |script: &Script, text: Option<&String>| match which {
            Which::All => true,
            Which::Of(claim) => script.claims().any(|(_, it)| it.id == *claim),
            Which::Naming(command) => text.is_none_or(|it| it.contains(command)),
        };
        let texts = self.suite.texts.iter().map(Some).chain(iter::repeat(None));
        let scripts = self.suite.scripts.iter().chain(&derived).zip(texts);
        let meant = scripts.filter(|(script, text)| is_meant(script, *text));
        meant.map(|(script, _)| Chosen::whole(script.clone())).collect()
    }
}
