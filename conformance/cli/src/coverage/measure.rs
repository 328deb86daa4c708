//! Runs the suite on the agent of each release, and on agents that lack a difference.

use super::Row;
use crate::observe::{Observed, Observer};
use crate::status::Problem;
use qga_engine::Script;
use qga_engine::script::{ClaimId, print};
use qga_engine::verdict::Outcome;
use qga_fixtures::schema::{DIFFERENCES, Difference, ERROR_ROWS, Evidence, RELEASES, Release, Since};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The claims that cover each row; a row that is not there is covered by none.
pub type Coverage = BTreeMap<Row, BTreeSet<ClaimId>>;

/// How much is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thoroughness {
    /// Every claim that covers a difference.
    All,
    /// Whether there is one: the first that is found.
    Any,
}

/// A release, with what was seen of its agent.
#[derive(Debug)]
struct Seen {
    release: &'static Release,
    /// The scripts that were run, each with the claims of it that hold.
    scripts: Vec<(Arc<Script>, BTreeSet<usize>)>,
    covers: Coverage,
}

/// Measures which claims of the scripts, and of the cases derived from the schema,
/// cover which rows.
///
/// # Errors
/// A script names a guest image that is not there.
pub async fn measure(scripts: Vec<Script>, how: Thoroughness) -> Result<Coverage, Problem> {
    let scripts: Arc<[Arc<Script>]> = scripts.into_iter().map(Arc::new).collect();
    let mut looking = JoinSet::new();
    for release in releases() {
        looking.spawn(see(release, Arc::clone(&scripts)));
    }
    let mut coverage = Coverage::new();
    let mut comparing = JoinSet::new();
    while let Some(seen) = looking.join_next().await {
        let mut seen = seen.map_err(lost)??;
        merge(&mut coverage, std::mem::take(&mut seen.covers));
        let seen = Arc::new(seen);
        for difference in DIFFERENCES.iter().filter(|it| begins(it, seen.release)) {
            comparing.spawn(compare(Arc::clone(&seen), difference, how));
        }
    }
    while let Some(covers) = comparing.join_next().await {
        merge(&mut coverage, covers.map_err(lost)??);
    }
    Ok(coverage)
}

fn lost(error: tokio::task::JoinError) -> Problem {
    Problem::unreachable(format!("this program failed while it measured: {error}"), "")
}

fn merge(coverage: &mut Coverage, more: Coverage) {
    for (row, claims) in more {
        coverage.entry(row).or_default().extend(claims);
    }
}

/// The releases that were recorded, and those with which something begins.
fn releases() -> impl Iterator<Item = &'static Release> {
    let errors = ERROR_ROWS.iter().flat_map(|it| it.steps).map(|(since, _)| since);
    let differences = DIFFERENCES.iter().flat_map(|it| it.steps).map(|(since, _)| since);
    let begins: BTreeSet<Since> = errors.chain(differences).copied().collect();
    let is_wanted = move |it: &&Release| it.evidence == Evidence::Recorded || begins.contains(&it.since);
    RELEASES.iter().filter(is_wanted)
}

fn begins(difference: &Difference, release: &Release) -> bool {
    difference.out_of_reach.is_none()
        && difference
            .steps
            .iter()
            .skip(1)
            .any(|(since, _)| *since == release.since)
}

/// Runs everything on the agent of a release.
async fn see(release: &'static Release, scripts: Arc<[Arc<Script>]>) -> Result<Seen, Problem> {
    let mut observer = Observer::new(release);
    let derived = observer.derived().await?;
    let mut seen = Seen {
        release,
        scripts: Vec::new(),
        covers: Coverage::new(),
    };
    for script in scripts.iter().cloned().chain(derived.into_iter().map(Arc::new)) {
        if let Some(observed) = observer.observe(&script).await? {
            let holds = holding(&observed);
            note(&mut seen.covers, &script, &observed, &holds);
            seen.scripts.push((script, holds));
        }
        tokio::task::yield_now().await;
    }
    Ok(seen)
}

/// The claims that hold, by their place in the script.
fn holding(observed: &Observed) -> BTreeSet<usize> {
    let outcomes = observed.outcomes.iter().enumerate();
    outcomes
        .filter(|(_, it)| **it == Outcome::Passed)
        .map(|(at, _)| at)
        .collect()
}

/// Takes note of the rows that each exchange used, for the claims that hold.
fn note(covers: &mut Coverage, script: &Script, observed: &Observed, holds: &BTreeSet<usize>) {
    let ids: Vec<&ClaimId> = script.claims().map(|(_, it)| &it.id).collect();
    for exchange in &observed.exchanges {
        let claims: Vec<&ClaimId> = exchange.claims.intersection(holds).map(|at| ids[*at]).collect();
        for row in exchange.rows.iter().filter(|_| !claims.is_empty()) {
            let known = covers.entry(row.clone()).or_default();
            known.extend(claims.iter().map(|it| (*it).clone()));
        }
    }
}

/// The claims that hold for a release's agent and fail for one that lacks a difference.
async fn compare(seen: Arc<Seen>, difference: &'static Difference, how: Thoroughness) -> Result<Coverage, Problem> {
    let release = seen.release;
    let Some(without) = release.without(difference) else {
        return Ok(Coverage::new());
    };
    // Some dozens of small values for the rest of a program that ends soon.
    let mut observer = Observer::of(Box::leak(Box::new(without)), release);
    let mut claims = BTreeSet::new();
    for (script, holds) in likely_first(&seen, how) {
        if how == Thoroughness::Any && !claims.is_empty() {
            break;
        }
        if let Some(observed) = observer.observe(script).await? {
            claims.extend(failing(script, &observed, holds).cloned());
        }
        tokio::task::yield_now().await;
    }
    Ok(Coverage::from([(
        Row::Difference(difference.name, release.since),
        claims,
    )]))
}

/// If one will do: the scripts first that speak of the release.
fn likely_first(seen: &Seen, how: Thoroughness) -> Vec<&(Arc<Script>, BTreeSet<usize>)> {
    let mut scripts: Vec<_> = seen.scripts.iter().collect();
    if how == Thoroughness::Any {
        let words = ["since", "before"].map(|it| format!("{it} {}\n", seen.release.name));
        scripts.sort_by_cached_key(|(script, _)| {
            let text = print(script);
            !words.iter().any(|it| text.contains(it.as_str()))
        });
    }
    scripts
}

fn failing<'s>(
    script: &'s Script,
    observed: &'s Observed,
    holds: &'s BTreeSet<usize>,
) -> impl Iterator<Item = &'s ClaimId> {
    let outcomes = script.claims().zip(&observed.outcomes).enumerate();
    outcomes
        .filter(|(at, (_, outcome))| holds.contains(at) && matches!(outcome, Outcome::Failed(_)))
        .map(|(_, ((_, claim), _))| &claim.id)
}
