//! Brings a list of known failures up to date, and leaves what a person wrote.

use super::{Known, is_whole};
use crate::status::Problem;
use qga_engine::Script;
use qga_engine::report::{ClaimReport, KnownFailure, Report, ScriptReport};
use qga_engine::script::ClaimId;
use qga_engine::verdict::{Excuse, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

const TABLE: &str = "known";
/// What stands at the top of a list that is made.
const HEAD: &str = "# Failures that are known: see qga-conformance run --help, --known.\n";
/// The longest reason that is written, in characters.
const REASON_CHARS_MAX: usize = 160;

/// A list that was brought up to date.
#[derive(Debug)]
pub struct Updated {
    /// The whole file.
    pub text: String,
    /// What was added and taken off: a line each.
    pub changes: Vec<String>,
}

/// Adds what fails and takes off what holds.
///
/// # Errors
/// The text is no TOML: it was read before, so this does not happen.
pub fn update(text: &str, known: &Known, reports: &[Report], suite: &[Script]) -> Result<Updated, Problem> {
    let text = if text.is_empty() { HEAD } else { text };
    let document = text.parse::<DocumentMut>();
    let mut document = document.map_err(|error| Problem::usage(format!("it is no TOML: {error}"), ""))?;
    let seen = Seen::of(reports, suite);
    let mut changes = Vec::new();
    let is_stale: Vec<bool> = known.entries.iter().map(|it| seen.is_stale(&it.known)).collect();
    for (entry, _) in known.entries.iter().zip(&is_stale).filter(|(_, is_stale)| **is_stale) {
        changes.push(format!("- {} holds", name(&entry.known)));
    }
    take_off(&mut document, &is_stale);
    let kept = known.entries.iter().zip(&is_stale).filter(|(_, is_stale)| !**is_stale);
    let kept: Vec<&KnownFailure> = kept.map(|(entry, _)| &entry.known).collect();
    for (id, excuse) in seen.unlisted(&kept) {
        changes.push(format!("+ {id} {}", excuse.reason));
        add(&mut document, id, &excuse);
    }
    Ok(Updated {
        text: document.to_string(),
        changes,
    })
}

fn name(known: &KnownFailure) -> String {
    let parts = [known.claim.as_ref().map(ToString::to_string), known.script.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" in ")
}

/// What the reports say.
struct Seen<'r> {
    claims: Vec<(&'r ScriptReport, &'r ClaimReport)>,
    suite: &'r [Script],
    ran: BTreeSet<String>,
}

impl<'r> Seen<'r> {
    fn of(reports: &'r [Report], suite: &'r [Script]) -> Seen<'r> {
        let scripts = || reports.iter().flat_map(|it| &it.scripts);
        Seen {
            claims: scripts()
                .flat_map(|it| it.claims.iter().map(move |claim| (it, claim)))
                .collect(),
            suite,
            ran: scripts().map(|it| it.file.clone()).collect(),
        }
    }

    /// Whether what the entry is about was run, and holds.
    fn is_stale(&self, known: &KnownFailure) -> bool {
        let about = self
            .claims
            .iter()
            .filter(|(script, claim)| known.is_about(script, claim));
        let outcomes: Vec<&Outcome> = about.map(|(_, claim)| &claim.outcome).collect();
        let is_open = |it: &&Outcome| it.failure().is_some() || matches!(it, Outcome::NotReached(_));
        let holds = outcomes
            .iter()
            .any(|it| matches!(it, Outcome::Passed | Outcome::Stale(_)));
        holds && !outcomes.iter().any(is_open) && is_whole(known, self.suite, &self.ran)
    }

    /// The claims that fail each time and that no entry is about.
    fn unlisted(&self, kept: &[&KnownFailure]) -> BTreeMap<&'r ClaimId, Excuse> {
        let is_listed = |script, claim| kept.iter().any(|it| it.is_about(script, claim));
        let mut unlisted = BTreeMap::new();
        for (script, claim) in &self.claims {
            let excuse = match &claim.outcome {
                Outcome::Failed(failure) => excuse(&failure.kind.to_string()),
                Outcome::Known(_, excuse) => excuse.clone(),
                _ => continue,
            };
            if !is_listed(script, claim) {
                unlisted.entry(&claim.id).or_insert(excuse);
            }
        }
        unlisted
    }
}

fn excuse(what: &str) -> Excuse {
    let words: Vec<&str> = what.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(REASON_CHARS_MAX).collect();
    Excuse {
        reason: format!("not looked at yet: {short}"),
        link: None,
        until: None,
    }
}

/// Takes entries off. A comment above one goes with it; what stands above a blank line
/// is about more, and stays.
fn take_off(document: &mut DocumentMut, is_stale: &[bool]) {
    let Some(tables) = document.get_mut(TABLE).and_then(Item::as_array_of_tables_mut) else {
        return;
    };
    let mut left = String::new();
    for at in (0..tables.len()).rev() {
        if is_stale.get(at) == Some(&true) {
            left = general(&tables.remove(at)) + &left;
        } else if !left.is_empty() {
            put_above(tables, at + 1, &mut left);
        }
    }
    if !left.is_empty() && !tables.is_empty() {
        put_above(tables, 0, &mut left);
    }
    let after = left + document.trailing().as_str().unwrap_or_default();
    document.set_trailing(after);
}

/// What stands above an entry, but for its own comment.
fn general(table: &Table) -> String {
    let above = table.decor().prefix().and_then(|it| it.as_str()).unwrap_or_default();
    above.rfind("\n\n").map_or(String::new(), |at| above[..=at].to_owned())
}

fn put_above(tables: &mut ArrayOfTables, at: usize, text: &mut String) {
    if let Some(table) = tables.get_mut(at) {
        let decor = table.decor_mut();
        let above = decor.prefix().and_then(|it| it.as_str()).unwrap_or_default();
        let above = std::mem::take(text) + above;
        decor.set_prefix(above);
    }
}

fn add(document: &mut DocumentMut, id: &ClaimId, excuse: &Excuse) {
    let mut table = Table::new();
    table.insert("claim", value(id.as_str()));
    table.insert("reason", value(excuse.reason.as_str()));
    for (key, text) in [("link", &excuse.link), ("until", &excuse.until)] {
        if let Some(text) = text {
            table.insert(key, value(text.as_str()));
        }
    }
    // What stands behind the last entry belongs above the new one.
    let above = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing("");
    table.decor_mut().set_prefix(if above.is_empty() {
        "\n".to_owned()
    } else {
        above + "\n"
    });
    let list = document
        .entry(TABLE)
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(tables) = list.as_array_of_tables_mut() {
        tables.push(table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::known::{Day, read};
    use qga_engine::report::REPORT_VERSION;
    use qga_engine::script::Level;
    use qga_engine::verdict::{Failure, FailureKind, RunResult};
    use std::time::Duration;

    const LIST: &str = "# My agent, and what it cannot do.

# This one holds by now.
[[known]]
claim = \"PING-001\"
reason = \"was slow\" # really

# Nobody knows why.
[[known]]
claim  = \"SYNC-001\"
reason = \"sync is missing\"

# The end.
";

    fn failed() -> Outcome {
        Outcome::Failed(Box::new(Failure {
            line: 1,
            record: String::new(),
            kind: FailureKind::Closed,
            after: Duration::ZERO,
            wire_end: 0,
        }))
    }

    /// Every script of the suite, all claims of which hold but for these.
    fn report(catalogue: &Catalogue, failing: &[&str]) -> Report {
        let scripts = catalogue.suite.iter().map(|script| {
            let outcomes = script
                .claims()
                .map(|(_, claim)| match failing.contains(&claim.id.as_str()) {
                    true => failed(),
                    false => Outcome::Passed,
                });
            let result = RunResult {
                outcomes: outcomes.collect(),
                wire: Vec::new(),
                took: Duration::ZERO,
            };
            ScriptReport::of_run(script, result)
        });
        Report {
            version: REPORT_VERSION,
            agent: String::new(),
            agent_version: None,
            target: String::new(),
            level: Level::Must,
            release: String::new(),
            system: String::new(),
            again: String::new(),
            shards: None,
            needs: Vec::new(),
            scripts: scripts.collect(),
        }
    }

    fn updated(text: &str, failing: &[&str]) -> Updated {
        let catalogue = Catalogue::new().expect("a suite");
        let known = read("k.toml", text, &catalogue, &[], Day::today()).expect("a good list");
        let reports = [report(&catalogue, failing)];
        update(text, &known, &reports, &catalogue.suite).expect("a good list")
    }

    #[test]
    fn a_list_that_is_right_is_left_as_it_is() {
        let it = updated(LIST, &["PING-001", "SYNC-001"]);
        assert_eq!((it.text.as_str(), it.changes.len()), (LIST, 0));
    }

    #[test]
    fn what_holds_goes_with_its_comment_and_what_fails_comes() {
        let it = updated(LIST, &["SYNC-001", "INFO-001"]);
        let expected = "# My agent, and what it cannot do.

# Nobody knows why.
[[known]]
claim  = \"SYNC-001\"
reason = \"sync is missing\"

# The end.

[[known]]
claim = \"INFO-001\"
reason = \"not looked at yet: the agent closed the channel\"
";
        assert_eq!(it.text, expected);
        assert_eq!(it.changes[0], "- PING-001 holds");
        assert!(it.changes[1].starts_with("+ INFO-001 not looked at yet"));
        let again = updated(&it.text, &["SYNC-001", "INFO-001"]);
        assert_eq!((again.text.as_str(), again.changes.len()), (expected, 0));
    }

    #[test]
    fn everything_can_go_and_a_list_can_be_made() {
        let it = updated(LIST, &[]);
        assert_eq!(it.text, "# My agent, and what it cannot do.\n\n# The end.\n");
        let made = updated("", &["SYNC-001"]);
        assert!(made.text.starts_with(HEAD), "{}", made.text);
        assert!(updated(&made.text, &["SYNC-001"]).changes.is_empty());
    }
}
