//! A statement of conformance: what an implementation publishes about itself, short
//! enough to be read and whole enough to be compared.

use super::{Matrix, Report, Summary, Verdict, Weight};
use crate::script::{ClaimId, Level};
use crate::verdict::Outcome;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The version of the form, in its member `apiVersion`.
pub const STATEMENT_VERSION: &str = "qga-conformance/v1";

/// What only the implementation itself can say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Publisher {
    /// Who makes the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Where it is to be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The day of the run, as `2027-03-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// What an agent conforms to, and what it lacks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    api_version: &'static str,
    kind: &'static str,
    implementation: Implementation,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    judged_as: JudgedAs,
    verdict: Verdict,
    statistics: Statistics,
    levels: BTreeMap<String, Statistics>,
    lacking: Lacking,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Implementation {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(flatten)]
    publisher: Publisher,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct JudgedAs {
    release: String,
    system: String,
    level: Level,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_shards: Vec<u32>,
}

/// Claims by what became of them; `owed` is the sum of the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    owed: usize,
    hold: usize,
    fail: usize,
    unstable: usize,
    known: usize,
    stale: usize,
    not_reached: usize,
    not_testable: usize,
}

/// The claims that are owed and do not hold, by what stands in their way.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lacking {
    fail: BTreeMap<String, String>,
    unstable: BTreeMap<String, String>,
    known: BTreeMap<String, String>,
    stale: BTreeMap<String, String>,
    not_reached: BTreeMap<String, String>,
    /// The claims by the reason for which they could not be tested.
    not_testable: BTreeMap<String, BTreeSet<String>>,
}

impl Statement {
    /// The statement about the agent of a report.
    pub fn of(report: &Report, publisher: Publisher) -> Statement {
        let date = publisher.date.clone();
        Statement {
            api_version: STATEMENT_VERSION,
            kind: "ConformanceReport",
            implementation: Implementation {
                name: report.agent.clone(),
                version: report.agent_version.clone(),
                publisher: Publisher {
                    date: None,
                    ..publisher
                },
            },
            date,
            judged_as: JudgedAs {
                release: report.release.clone(),
                system: report.system.clone(),
                level: report.level,
                missing_shards: report.shards.as_ref().map_or(Vec::new(), |it| it.missing()),
            },
            verdict: report.verdict(),
            statistics: Statistics::of(&report.summary()),
            levels: levels(report),
            lacking: Lacking::of(report),
        }
    }

    /// As one JSON object.
    pub fn json(&self) -> String {
        format!("{:#}\n", self.value())
    }

    /// As a YAML document.
    pub fn yaml(&self) -> String {
        let mut out = String::new();
        yaml(&mut out, 0, &self.value());
        out
    }

    fn value(&self) -> Value {
        serde_json::to_value(self).expect("a statement has no maps but those with names")
    }
}

impl Statistics {
    fn of(summary: &Summary) -> Statistics {
        Statistics {
            owed: summary.owed(),
            hold: summary.hold,
            fail: summary.fail,
            unstable: summary.unstable,
            known: summary.known,
            stale: summary.stale,
            not_reached: summary.not_reached,
            not_testable: summary.not_testable,
        }
    }

    fn add(&mut self, weight: Weight) {
        let count = match weight {
            Weight::AboveLevel | Weight::ForOthers => return,
            Weight::NotTestable => &mut self.not_testable,
            Weight::Holds => &mut self.hold,
            Weight::Known => &mut self.known,
            Weight::NotReached => &mut self.not_reached,
            Weight::Stale => &mut self.stale,
            Weight::Unstable => &mut self.unstable,
            Weight::Fails => &mut self.fail,
        };
        *count += 1;
        self.owed += 1;
    }
}

fn levels(report: &Report) -> BTreeMap<String, Statistics> {
    let mut levels: BTreeMap<String, Statistics> = BTreeMap::new();
    for row in Matrix::of(std::slice::from_ref(report)).rows {
        if let [Some(weight)] = row.cells[..] {
            let level = levels.entry(row.claim.level.to_string()).or_default();
            level.add(weight);
        }
    }
    levels.retain(|_, it| it.owed > 0);
    levels
}

impl Lacking {
    /// Each claim under the worst that became of it.
    fn of(report: &Report) -> Lacking {
        let weights = report.weights();
        let mut lacking = Lacking::default();
        for claim in report.scripts.iter().flat_map(|it| &it.claims) {
            if weights[&claim.id] == Weight::of(&claim.outcome) {
                lacking.add(&claim.id, &claim.text, &claim.outcome);
            }
        }
        lacking
    }

    fn add(&mut self, id: &ClaimId, text: &str, outcome: &Outcome) {
        let (list, why) = match outcome {
            Outcome::Failed(_) => (&mut self.fail, text.to_owned()),
            Outcome::Unstable(_) => (&mut self.unstable, text.to_owned()),
            Outcome::Known(_, excuse) => (&mut self.known, excuse.to_string()),
            Outcome::Stale(excuse) => (&mut self.stale, excuse.to_string()),
            Outcome::NotReached(why) => (&mut self.not_reached, why.clone()),
            Outcome::NotTestable(reason) if reason.is_gap() => {
                let claims = self.not_testable.entry(reason.to_string()).or_default();
                claims.insert(id.to_string());
                return;
            }
            Outcome::NotTestable(_) | Outcome::Passed | Outcome::NotOwed => return,
        };
        list.entry(id.to_string()).or_insert(why);
    }
}

/// A value as YAML in blocks. Strings and names are JSON's, which YAML takes as they
/// are; only names that are plain words go without quotes.
fn yaml(out: &mut String, depth: usize, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                write!(out, "{:depth$}{}:", "", plain(name)).expect("a string takes all");
                under(out, depth, member);
            }
        }
        Value::Array(items) => {
            for item in items {
                writeln!(out, "{:depth$}- {item}", "").expect("a string takes all");
            }
        }
        other => writeln!(out, "{:depth$}{other}", "").expect("a string takes all"),
    }
}

fn under(out: &mut String, depth: usize, value: &Value) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        yaml(out, depth + 2, value);
    } else {
        writeln!(out, " {value}").expect("a string takes all");
    }
}

fn plain(name: &str) -> String {
    let is_plain = name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&&*name.to_ascii_lowercase());
    if is_plain {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}
