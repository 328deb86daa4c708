//! The result of a campaign, and how it is written down. Reports of shards are joined
//! without telling anything twice.

use super::coverage::Coverage;
use super::property::Property;
use crate::report::Shards;
use crate::script::Level;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The version of the JSON form.
pub const FUZZ_REPORT_VERSION: u32 = 1;

/// The most records of a script that a person takes in at a glance.
pub const RECORDS_MAX: usize = 8;

/// The result of a campaign, or of a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FuzzReport {
    /// The version of this form.
    pub fuzz_version: u32,
    /// What the agent is called.
    pub agent: String,
    /// The version that its guest-info tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The target as the command line named it.
    pub target: String,
    /// The release it was judged as.
    pub release: String,
    /// The level at which it was judged.
    pub level: Level,
    /// What replies were compared with; the properties alone if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle: Option<String>,
    /// The seed.
    pub seed: u64,
    /// Which parts of the campaign are here; all of it if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// How many cases were run.
    pub cases: u64,
    /// How many requests and pieces of bytes were sent.
    pub steps: u64,
    /// How long it took, in milliseconds; the sum over the machines.
    pub milliseconds: u64,
    /// Of these, how many the agent was waited for.
    pub waited_milliseconds: u64,
    /// How many jobs ran at a time.
    pub jobs: u64,
    /// What was seen of the schema.
    pub coverage: Coverage,
    /// How many outcomes there are to see of the commands that cases are about.
    pub outcomes: usize,
    /// What became of the scripts of the corpus.
    #[serde(default)]
    pub corpus: Vec<Past>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Something that the agent must not do, and the least session that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What it owes.
    pub property: Property,
    /// The command at which it showed, or `bytes`.
    pub command: String,
    /// The member of the reply that differs from another agent's; empty elsewhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub member: String,
    /// What was found, in words.
    pub found: String,
    /// The number of the case.
    pub case: u64,
    /// How many steps the least session has.
    pub steps: usize,
    /// How sure it is.
    pub certainty: Certainty,
    /// How long it took to make it small, in milliseconds.
    pub milliseconds: u64,
    /// How often the like of it was seen.
    pub times: u64,
    /// The script that shows it; empty if the language of scripts cannot say it.
    pub script: String,
    /// The file it was written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Its script was run afresh and failed for the same reason.
    #[default]
    Confirmed,
    /// Its script failed for the same reason, and fails on the simulated agent of the release
    /// too: something of this agent is written in it.
    Doubtful,
    /// It came again, but no script shows it.
    Seen,
    /// It did not come again.
    Flaky,
}

/// What became of a script of the corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Past {
    /// Its file.
    pub file: String,
    /// Whether it holds now.
    pub fixed: bool,
    /// Whether nobody knows, because the campaign was interrupted before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_run: bool,
    /// Why it does not hold.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// What a script sends and expects: its records, without the title and the claim.
pub fn records(script: &str) -> usize {
    let lines = script.lines();
    lines.filter(|it| it.starts_with(['>', '<', 'r'])).count()
}

impl Finding {
    /// By what findings are told apart.
    pub fn key(&self) -> (Property, &str, &str) {
        (self.property, &self.command, &self.member)
    }

    /// What its script sends and expects: its records, without the title and the claim.
    pub fn records(&self) -> usize {
        records(&self.script)
    }

    /// Whether a short script shows it.
    pub fn is_shown_shortly(&self) -> bool {
        self.certainty == Certainty::Confirmed && self.records() <= RECORDS_MAX
    }

    /// Takes in another finding of the same kind: the surer and smaller one stays.
    /// Whether that is the other.
    pub fn take_in(&mut self, other: Finding) -> bool {
        let weight = |it: &Finding| (it.certainty, it.steps, it.script.len());
        let times = self.times + other.times;
        let is_better = weight(&other) < weight(self);
        if is_better {
            *self = other;
        }
        self.times = times;
        is_better
    }
}

impl Past {
    /// What became of it, in a word or two.
    pub fn word(&self) -> &'static str {
        match (self.not_run, self.fixed) {
            (true, _) => "NOT RUN",
            (false, true) => "FIXED",
            (false, false) => "STILL FAILS",
        }
    }

    fn fails(&self) -> bool {
        !self.fixed && !self.not_run
    }

    /// Of what two parts of a campaign say of one script: that it fails, else that it
    /// holds.
    fn worst(self, other: Past) -> Past {
        match (self.fails(), other.fails()) {
            (true, _) => self,
            (false, true) => other,
            (false, false) if self.not_run => other,
            (false, false) => self,
        }
    }
}

impl FuzzReport {
    /// Whether nothing is wrong with the agent. A finding that did not come again counts:
    /// something was wrong once.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && !self.corpus.iter().any(Past::fails)
    }

    /// Adds a finding; of two of the same kind the smaller one stays.
    pub fn add(&mut self, finding: Finding) {
        match self.findings.iter_mut().find(|it| it.key() == finding.key()) {
            None => self.findings.push(finding),
            Some(known) => drop(known.take_in(finding)),
        }
    }

    /// Adds the result of another part of the same campaign.
    pub fn join(&mut self, other: FuzzReport) {
        self.shards = match (self.shards.take(), other.shards) {
            (Some(mut mine), Some(its)) if mine.of == its.of => {
                mine.ran.extend(its.ran);
                mine.ran.sort_unstable();
                mine.ran.dedup();
                Some(mine)
            }
            _ => None,
        };
        self.cases += other.cases;
        self.steps += other.steps;
        self.milliseconds += other.milliseconds;
        self.waited_milliseconds += other.waited_milliseconds;
        self.coverage.join(&other.coverage);
        for past in other.corpus {
            match self.corpus.iter_mut().find(|it| it.file == past.file) {
                Some(known) => *known = known.clone().worst(past),
                None => self.corpus.push(past),
            }
        }
        for finding in other.findings {
            self.add(finding);
        }
    }

    /// Whether the other is a part of the same campaign.
    pub fn is_part_of(&self, other: &FuzzReport) -> bool {
        let campaign = |it: &FuzzReport| {
            (
                it.agent.clone(),
                it.agent_version.clone(),
                it.release.clone(),
                it.level,
                it.seed,
                it.oracle.clone(),
            )
        };
        campaign(self) == campaign(other)
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }

    /// For a person.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            finding.write(&mut out);
        }
        for past in &self.corpus {
            let why = if past.why.is_empty() {
                String::new()
            } else {
                format!(": {}", past.why)
            };
            let _ = writeln!(out, "{}  {}{why}", past.word(), past.file);
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    fn summary(&self) -> String {
        let seconds = self.milliseconds as f64 / 1000.0;
        let rate = if seconds > 0.0 {
            self.cases as f64 / seconds
        } else {
            0.0
        };
        let part = self
            .shards
            .as_ref()
            .map_or(String::new(), |it| format!(", part {:?} of {}", it.ran, it.of));
        let oracle = self
            .oracle
            .as_ref()
            .map_or(String::new(), |it| format!(", compared with {it}"));
        let verdict = match self.findings.len() {
            0 => "nothing found".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        format!(
            "{} judged as {} at level {}{oracle}: {verdict}\n{} cases with {} steps in {seconds:.1} s, {rate:.0} cases a second, seed {}{part}; {} outcomes of {} commands seen",
            self.agent,
            self.release,
            self.level,
            self.cases,
            self.steps,
            self.seed,
            self.coverage.outcomes(),
            self.coverage.commands().len()
        )
    }
}

impl Finding {
    fn write(&self, out: &mut String) {
        let certainty = match self.certainty {
            Certainty::Confirmed => "",
            Certainty::Doubtful => " (the simulated agent fails its script too)",
            Certainty::Seen => " (its script does not show it)",
            Certainty::Flaky => " (FLAKY: it did not come again)",
        };
        let (claim, level) = (self.property.claim(), self.property.level());
        let _ = writeln!(
            out,
            "FOUND  {} {claim} ({level}) at {}{certainty}: {}",
            self.property,
            self.command,
            self.property.text()
        );
        let _ = writeln!(out, "       {}", self.found);
        let times = if self.times > 1 {
            format!(", seen {} times", self.times)
        } else {
            String::new()
        };
        let place = self.file.as_ref().map_or(String::new(), |it| format!(", in {it}"));
        let _ = writeln!(
            out,
            "       case {}{times}, {} steps left after {} ms{place}",
            self.case, self.steps, self.milliseconds
        );
        for line in self.script.lines() {
            let _ = writeln!(out, "  | {line}");
        }
        out.push('\n');
    }
}

/// Reads a JSON report.
///
/// # Errors
/// A sentence that says why it is none.
pub fn read(text: &str) -> Result<FuzzReport, String> {
    let report: FuzzReport = serde_json::from_str(text).map_err(|error| format!("it is no report of fuzz: {error}"))?;
    match report.fuzz_version {
        ..=FUZZ_REPORT_VERSION => Ok(report),
        version => Err(format!(
            "it has version {version}, and this program reads versions up to {FUZZ_REPORT_VERSION}"
        )),
    }
}
