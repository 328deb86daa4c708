//! Reports joined: the shards of one agent to one report, different agents side by
//! side.

use super::{ClaimReport, REPORT_VERSION, Report, ScriptReport, Shards, Weight};
use crate::verdict::Outcome;
use serde::Deserialize;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Reads a JSON report, of one agent or several.
///
/// # Errors
/// A sentence that says why it is none.
pub fn read(text: &str) -> Result<Vec<Report>, String> {
    let head: Head = serde_json::from_str(text).map_err(|error| format!("it is no JSON report: {error}"))?;
    if head.version > REPORT_VERSION {
        let version = head.version;
        return Err(format!(
            "it has version {version}, and this program reads versions up to {REPORT_VERSION}"
        ));
    }
    let wrong = |error| format!("it is no JSON report: {error}");
    let reports = match head.reports {
        Some(_) => serde_json::from_str::<Many>(text).map_err(wrong)?.reports,
        None => vec![serde_json::from_str(text).map_err(wrong)?],
    };
    Ok(reports.into_iter().map(named).collect())
}

#[derive(Deserialize)]
struct Head {
    version: u32,
    reports: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Many {
    reports: Vec<Report>,
}

/// Older reports do not name their agents.
fn named(mut report: Report) -> Report {
    if report.agent.is_empty() {
        report.agent = report.target.clone();
    }
    report
}

/// Joins reports: those of one agent, judged alike, become one; others stay side by
/// side, in the order in which they came. Shards of one whole are put back in the
/// order of that whole. A script that two reports of an agent have is kept once, with
/// the worse of its outcomes.
pub fn merge(reports: Vec<Report>) -> Vec<Report> {
    let mut groups: Vec<Vec<Report>> = Vec::new();
    for report in reports {
        match groups.iter_mut().find(|it| is_same_agent(&it[0], &report)) {
            Some(group) => group.push(report),
            None => groups.push(vec![report]),
        }
    }
    groups.into_iter().filter_map(join).collect()
}

fn is_same_agent(one: &Report, other: &Report) -> bool {
    one.agent == other.agent
        && one.agent_version == other.agent_version
        && one.target == other.target
        && (&one.release, &one.system, one.level) == (&other.release, &other.system, other.level)
}

fn join(group: Vec<Report>) -> Option<Report> {
    let shards = join_shards(&group);
    let is_whole = shards.is_none();
    let mut joined = Report {
        scripts: Vec::new(),
        shards,
        ..group.first()?.clone()
    };
    let mut scripts: Vec<(usize, ScriptReport)> = Vec::new();
    for report in group {
        let places = report.shards.unwrap_or_default();
        let numbered = report.scripts.into_iter().enumerate();
        scripts.extend(numbered.map(|(at, it)| (places.place(at), it)));
    }
    if !is_whole {
        scripts.sort_by_key(|(place, _)| *place);
    }
    joined.scripts = each_once(scripts.into_iter().map(|(_, script)| script));
    Some(joined)
}

/// Which shards there are together; `None` if some report is of the whole, or if
/// they are shards of different wholes.
fn join_shards(group: &[Report]) -> Option<Shards> {
    let of = group.first()?.shards.as_ref()?.of;
    let mut ran = BTreeSet::new();
    for report in group {
        let shards = report.shards.as_ref().filter(|it| it.of == of)?;
        ran.extend(shards.ran.iter().copied());
    }
    Some(Shards {
        of,
        ran: ran.into_iter().collect(),
    })
}

/// A script that was judged several times for the same claims stays once, with the
/// worse outcome of each claim.
fn each_once(reports: impl Iterator<Item = ScriptReport>) -> Vec<ScriptReport> {
    let mut scripts: Vec<ScriptReport> = Vec::new();
    let mut places = BTreeMap::new();
    for new in reports {
        let claims: Vec<_> = new.claims.iter().map(|it| it.id.clone()).collect();
        match places.entry((new.file.clone(), claims)) {
            Entry::Occupied(place) => join_scripts(&mut scripts[*place.get()], new),
            Entry::Vacant(place) => {
                place.insert(scripts.len());
                scripts.push(new);
            }
        }
    }
    scripts
}

/// One report has its own wire log; where each is the worse for some claim, both logs
/// stand there.
fn join_scripts(known: &mut ScriptReport, new: ScriptReport) {
    let is_better =
        |(mine, theirs): (&ClaimReport, &ClaimReport)| Weight::of(&mine.outcome) > Weight::of(&theirs.outcome);
    if !known.claims.iter().zip(&new.claims).any(is_better) {
        if worst(known) < worst(&new) {
            *known = new;
        }
        return;
    }
    let begins = known.wire_of_second_begins();
    let mut is_joined = false;
    for (mine, mut theirs) in known.claims.iter_mut().zip(new.claims) {
        if Weight::of(&mine.outcome) < Weight::of(&theirs.outcome) {
            if let Outcome::Failed(failure) | Outcome::Unstable(failure) = &mut theirs.outcome {
                failure.wire_end += begins;
            }
            *mine = theirs;
            is_joined = true;
        }
    }
    known.trouble = known.trouble.take().or(new.trouble);
    if is_joined {
        known.append_wire(new.wire);
    }
}

fn worst(script: &ScriptReport) -> (bool, Option<Weight>) {
    let weights = script.claims.iter().map(|it| Weight::of(&it.outcome));
    (script.trouble.is_some(), weights.max())
}
