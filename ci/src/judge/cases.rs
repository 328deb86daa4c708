//! What comes of each simulated agent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use qga_engine::report::{ClaimReport, ScriptReport};
use qga_engine::script::{ClaimId, Level};
use qga_engine::verdict::Outcome;
use qga_fixtures::schema::Release;
use qga_model::deviation::Deviation;

use super::parallel;
use super::trial::{Suite, Trial, Which};
use crate::root::root;

/// The release of a deviation that names none.
const RELEASE: &str = "7.2";

/// What came of a wrong agent.
pub(super) struct Wrong {
    pub(super) deviation: &'static Deviation,
    pub(super) claim: ClaimId,
    /// The level of the claim; none if no script shows it.
    pub(super) level: Option<Level>,
    /// What became of the claim that must catch it.
    pub(super) verdict: Verdict,
    /// The claims that failed with the whole suite, by the level at which it was run;
    /// empty if it was not.
    pub(super) caught: BTreeMap<Level, BTreeSet<ClaimId>>,
}

impl<'a> Trial<'a> {
    /// A deviating agent in the release in which it shows.
    fn of(suite: &'a Suite, deviation: &'static Deviation) -> Result<Trial<'a>> {
        Ok(Trial {
            suite,
            release: release(deviation)?,
            deviation: Some(deviation),
        })
    }
}

/// What became of a claim.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Caught,
    /// It holds though the agent is wrong.
    Survived,
    /// Nothing shows it: why.
    Untested(String),
}

/// What came of an agent that is different and right.
pub(super) struct Harmless {
    pub(super) deviation: &'static Deviation,
    /// The claims that accuse it, and where.
    pub(super) accused: Vec<String>,
    /// The bytes or the times on some channel are others than those of the simulator.
    pub(super) shows: bool,
}

/// The deviations as they are on the disk now.
pub(super) fn deviations() -> Result<Vec<&'static Deviation>> {
    let mut rows = Vec::new();
    let folder = root().join("fixtures/deviations");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .flatten()
        .map(|it| it.path())
        .filter(|it| it.extension().is_some_and(|it| it == "toml"))
        .collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let parsed = Deviation::parse(&text).map_err(|it| anyhow!("{}: {it}", file.display()))?;
        // They live as long as the program, as those that are embedded do.
        rows.extend(Box::leak(parsed.into_boxed_slice()).iter());
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = rows.iter().find(|it| !names.insert(&it.name)) {
        bail!("two deviations are called {}", twice.name);
    }
    Ok(rows)
}

pub(super) fn release(deviation: &Deviation) -> Result<&'static Release> {
    let name = deviation.release.as_deref().unwrap_or(RELEASE);
    Release::find(name).with_context(|| format!("{}: there is no release {name}", deviation.name))
}

/// A wrong agent in front of the claim that it names, or of the whole suite.
pub(super) fn wrong(suite: &Suite, deviation: &&'static Deviation, whole: bool) -> Result<Wrong> {
    let name = deviation.claim.as_deref().unwrap_or_default();
    let claim = ClaimId::new(name).with_context(|| format!("{}: {name} is no claim's id", deviation.name))?;
    let trial = Trial::of(suite, deviation)?;
    let level = level(suite, trial.release, &claim)?;
    let at = level.unwrap_or(Level::Exact);
    let reports = trial.run(at, Which::Of(&claim))?;
    let verdict = verdict(&reports, &claim);
    let mut caught = BTreeMap::new();
    if whole {
        for level in Level::ALL {
            if level < Level::Exact && caught.values().any(|it: &BTreeSet<_>| !it.is_empty()) {
                continue;
            }
            let reports = trial.run(level, Which::All)?;
            caught.insert(level, failures(&reports).map(|(_, it)| it.id.clone()).collect());
        }
    }
    Ok(Wrong {
        deviation,
        // Some claims are derived for an agent that lacks a command alone.
        level: level.or_else(|| level_in(&reports, &claim)),
        claim,
        verdict,
        caught,
    })
}

/// The level of a claim, as the scripts for a right agent have it.
fn level(suite: &Suite, release: &'static Release, claim: &ClaimId) -> Result<Option<Level>> {
    let trial = Trial {
        suite,
        release,
        deviation: None,
    };
    let reports = trial.run(Level::Exact, Which::Of(claim))?;
    Ok(level_in(&reports, claim))
}

fn level_in(reports: &[ScriptReport], claim: &ClaimId) -> Option<Level> {
    let mut found = reports.iter().flat_map(|it| &it.claims).filter(|it| it.id == *claim);
    found.next().map(|it| it.level)
}

fn verdict(reports: &[ScriptReport], claim: &ClaimId) -> Verdict {
    let outcomes: Vec<&Outcome> = reports
        .iter()
        .flat_map(|it| &it.claims)
        .filter(|it| it.id == *claim)
        .map(|it| &it.outcome)
        .collect();
    match outcomes.iter().find(|it| !matches!(it, Outcome::NotTestable(_))) {
        _ if outcomes.iter().any(|it| matches!(it, Outcome::Failed(_))) => Verdict::Caught,
        Some(Outcome::Passed) => Verdict::Survived,
        Some(other) => Verdict::Untested(format!("{other:?}")),
        None => Verdict::Untested(match outcomes.first() {
            Some(outcome) => format!("{outcome:?}"),
            None => "no script shows it".to_owned(),
        }),
    }
}

/// The claims that failed, each with its script.
fn failures(reports: &[ScriptReport]) -> impl Iterator<Item = (&ScriptReport, &ClaimReport)> {
    let is_failed = |it: &&ClaimReport| matches!(it.outcome, Outcome::Failed(_));
    reports
        .iter()
        .flat_map(move |report| report.claims.iter().filter(is_failed).map(move |it| (report, it)))
}

/// The unchanged simulator at a level, in each release that a deviation needs.
pub(super) fn right(suite: &Suite, deviations: &[&'static Deviation], level: Level) -> Result<Right> {
    let names: BTreeSet<&str> = deviations
        .iter()
        .map(|it| release(it).map(|it| it.name))
        .collect::<Result<_>>()?;
    let names: Vec<&str> = names.into_iter().collect();
    let reports = parallel::map(&names, |name| {
        let trial = Trial {
            suite,
            release: Release::find(name).context("it was found before")?,
            deviation: None,
        };
        trial.run(level, Which::All)
    })?;
    Ok(Right(names.into_iter().zip(reports).collect()))
}

/// The reports on the unchanged simulator, by its release.
pub(super) struct Right(BTreeMap<&'static str, Vec<ScriptReport>>);

impl Right {
    /// What it is accused of: nothing, or the suite is wrong, or the simulator.
    pub(super) fn accused(&self) -> Vec<String> {
        let mut accusations = Vec::new();
        for (name, reports) in &self.0 {
            accusations.extend(accused(reports).iter().map(|it| format!("{name}: {it}")));
        }
        accusations
    }

    /// The same, said of the level at which it was judged.
    pub(super) fn accused_at(&self, level: Level) -> Vec<String> {
        let accused = self.accused();
        accused.into_iter().map(|it| format!("at {level}: {it}")).collect()
    }

    /// The claims that hold on it and that no wrong agent breaks, each with one of its
    /// scripts.
    pub(super) fn unbroken(&self, wrong: &[Wrong]) -> Vec<String> {
        let broken: BTreeSet<&ClaimId> = wrong.iter().flat_map(|it| it.caught.values().flatten()).collect();
        let root = root();
        let mut files = BTreeMap::new();
        for report in self.0.values().flatten() {
            let file = Path::new(&report.file);
            let file = file.strip_prefix(&root).unwrap_or(file);
            let holding = report.claims.iter().filter(|it| it.outcome == Outcome::Passed);
            let unbroken = holding.map(|it| &it.id).filter(|it| !broken.contains(it));
            files.extend(unbroken.map(|it| (it, file)));
        }
        let row = |(id, file): (&ClaimId, &Path)| format!("{id:<11} {}", file.display());
        files.into_iter().map(row).collect()
    }

    /// Whether the bytes or the times of some script are others than those of the
    /// unchanged simulator.
    fn differs(&self, release: &Release, reports: &[ScriptReport]) -> bool {
        let usual = self.0.get(release.name).map_or(&[][..], Vec::as_slice);
        differ(usual, reports)
    }
}

fn differ(usual: &[ScriptReport], reports: &[ScriptReport]) -> bool {
    let usual: BTreeMap<_, _> = usual.iter().map(|it| (&it.file, &it.wire)).collect();
    reports.iter().any(|it| usual.get(&it.file) != Some(&&it.wire))
}

/// A harmless agent in front of what every agent owes, beside the unchanged one.
pub(super) fn harmless(suite: &Suite, deviation: &'static Deviation, right: &Right) -> Result<Harmless> {
    let trial = Trial::of(suite, deviation)?;
    let reports = trial.run(Level::Must, Which::All)?;
    Ok(Harmless {
        deviation,
        accused: accused(&reports),
        shows: right.differs(trial.release, &reports) || shows_above(&trial)?,
    })
}

/// Whether it shows in what only claims above `must` ask for.
fn shows_above(trial: &Trial) -> Result<bool> {
    let unchanged = Trial {
        deviation: None,
        ..*trial
    };
    let usual = unchanged.run(Level::Exact, Which::All)?;
    Ok(differ(&usual, &trial.run(Level::Exact, Which::All)?))
}

/// What came of an agent that was generated.
pub(super) struct Generated {
    pub(super) deviation: &'static Deviation,
    /// The lowest level of the claims that catch it; none if none does.
    pub(super) level: Option<Level>,
    /// The bytes or the times on some channel are others than those of the simulator.
    pub(super) shows: bool,
}

/// A generated agent in front of the scripts that name its command, and of the whole
/// suite if they do not catch it.
pub(super) fn generated(suite: &Suite, deviation: &'static Deviation, right: &Right) -> Result<Generated> {
    let trial = Trial::of(suite, deviation)?;
    let command = deviation.name.split('/').next().unwrap_or_default();
    let mut reports = trial.run(Level::Exact, Which::Naming(command))?;
    if failures(&reports).next().is_none() {
        reports = trial.run(Level::Exact, Which::All)?;
    }
    Ok(Generated {
        deviation,
        level: failures(&reports).map(|(_, it)| it.level).min(),
        shows: right.differs(trial.release, &reports),
    })
}

fn accused(reports: &[ScriptReport]) -> Vec<String> {
    failures(reports)
        .map(|(report, claim)| format!("{} in {}", claim.id, report.file))
        .collect()
}
