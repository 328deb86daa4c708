//! The result of a campaign, and how it is written down. Reports of shards are joined
//! without telling anything twice.

mod text;

use super::coverage::Coverage;
use super::property::Property;
use crate::report::Shards;
use crate::script::Level;
use serde::{Deserialize, Serialize};

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
    /// How many cases the whole campaign was to have; `None` if only its time was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_cases: Option<u64>,
    /// Whether it was interrupted before its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
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
    /// How many outcomes cases look for: that commands return, and that they are refused.
    /// Others may be seen beside them.
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
    /// It was seen, but no script was seen to show it.
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
    /// Whether nobody knows, because it could not be put to the test.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_run: bool,
    /// Why it does not hold, or was not run.
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
    /// What became of it, in a line.
    pub fn line(&self) -> String {
        let why = if self.why.is_empty() { "" } else { ": " };
        format!("{}  {}{why}{}", self.word(), self.file, self.why)
    }

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

    /// Whether there is nothing to tell: no step was taken and no script replayed.
    pub fn is_empty(&self) -> bool {
        self.steps == 0 && self.findings.is_empty() && self.corpus.is_empty()
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
        self.planned_cases = self.planned_cases.or(other.planned_cases);
        self.interrupted |= other.interrupted;
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

    /// The members in which the other differs, with both values: it is of another campaign
    /// than this one.
    pub fn differences(&self, other: &FuzzReport) -> Vec<String> {
        let mine = self.campaign().into_iter();
        let both = mine.zip(other.campaign()).map(|((name, mine), (_, its))| {
            let differs = mine != its;
            differs.then(|| format!("{name} {mine} and {its}"))
        });
        let mut differences: Vec<String> = both.flatten().collect();
        // What a report does not say, as an older one, may be alike.
        let parts = |it: &FuzzReport| it.shards.as_ref().map(|it| u64::from(it.of));
        let numbers = [
            ("cases planned", self.planned_cases, other.planned_cases),
            ("number of shards", parts(self), parts(other)),
        ];
        for (name, mine, its) in numbers {
            if let (Some(mine), Some(its)) = (mine, its)
                && mine != its
            {
                differences.push(format!("{name} {mine} and {its}"));
            }
        }
        differences
    }

    /// What all parts of a campaign have in common.
    fn campaign(&self) -> [(&'static str, String); 6] {
        let told = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
        [
            ("agent", self.agent.clone()),
            ("agent-version", told(&self.agent_version)),
            ("release", self.release.clone()),
            ("level", self.level.to_string()),
            ("oracle", told(&self.oracle)),
            ("seed", self.seed.to_string()),
        ]
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn finding(property: Property, certainty: Certainty, script: &str, steps: usize, milliseconds: u64) -> Finding {
        Finding {
            property,
            command: "guest-ping".to_owned(),
            member: String::new(),
            found: "this".to_owned(),
            case: 7,
            steps,
            certainty,
            milliseconds,
            times: 1,
            script: script.to_owned(),
            file: None,
        }
    }

    fn report() -> FuzzReport {
        FuzzReport {
            fuzz_version: FUZZ_REPORT_VERSION,
            agent: "mine".to_owned(),
            agent_version: None,
            target: "unix:s".to_owned(),
            release: "7.2".to_owned(),
            level: Level::Must,
            oracle: None,
            seed: 1,
            shards: None,
            planned_cases: Some(64),
            interrupted: false,
            cases: 64,
            steps: 200,
            milliseconds: 1000,
            waited_milliseconds: 0,
            jobs: 1,
            coverage: Coverage::default(),
            outcomes: 0,
            corpus: Vec::new(),
            findings: Vec::new(),
        }
    }

    #[rstest]
    #[case::confirmed(
        Property::Id,
        Certainty::Confirmed,
        "session",
        2,
        30,
        "at guest-ping:",
        "case 7, 2 steps left after 30 ms"
    )]
    #[case::doubtful(
        Property::Id,
        Certainty::Doubtful,
        "session",
        2,
        30,
        "at guest-ping (the simulated agent fails its script too):",
        "case 7, 2 steps left after 30 ms"
    )]
    #[case::flaky(
        Property::Id,
        Certainty::Flaky,
        "",
        9,
        30,
        "at guest-ping (FLAKY: it did not come again):",
        "case 7, 9 steps left after 30 ms"
    )]
    #[case::not_shown(
        Property::Id,
        Certainty::Seen,
        "session",
        1,
        30,
        "at guest-ping (its script was not seen to show it):",
        "case 7, 1 step left after 30 ms"
    )]
    #[case::not_said(
        Property::Id,
        Certainty::Seen,
        "",
        2,
        30,
        "at guest-ping (there is no script that shows it):",
        "case 7, 2 steps left after 30 ms"
    )]
    #[case::as_seen(
        Property::Id,
        Certainty::Seen,
        "session",
        9,
        0,
        "at guest-ping (its script was not seen to show it):",
        "case 7, 9 steps"
    )]
    #[case::memory(
        Property::Memory,
        Certainty::Seen,
        "",
        0,
        0,
        "at guest-ping (seen in the memory of its process; there is no script):",
        "case 7"
    )]
    fn a_finding_says_how_sure_it_is(
        #[case] property: Property,
        #[case] certainty: Certainty,
        #[case] script: &str,
        #[case] steps: usize,
        #[case] milliseconds: u64,
        #[case] doubt: &str,
        #[case] last: &str,
    ) {
        let mut text = String::new();
        finding(property, certainty, script, steps, milliseconds).write(&mut text);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert!(lines[0].contains(doubt), "{text}");
        assert_eq!(lines[2], last);
    }

    #[rstest]
    #[case::to_its_end(
        false,
        None,
        "64 cases with 200 steps in 1.0 s, 64 cases a second, seed 1; 0 outcomes of 0 commands seen"
    )]
    #[case::interrupted(
        true,
        None,
        "interrupted after 64 cases with 200 steps in 1.0 s, 64 cases a second, seed 1; 0 outcomes of 0 commands seen"
    )]
    #[case::a_part(
        false,
        Some(2),
        "64 cases with 200 steps in 1.0 s, 64 cases a second, seed 1, part 2 of 5; 0 outcomes of 0 commands seen"
    )]
    fn the_summary_says_what_was_run(#[case] interrupted: bool, #[case] part: Option<u32>, #[case] line: &str) {
        let report = FuzzReport {
            interrupted,
            shards: part.map(|it| Shards { of: 5, ran: vec![it] }),
            ..report()
        };
        assert_eq!(report.text().lines().nth(1), Some(line));
    }

    #[test]
    fn older_reports_are_read_and_may_be_of_the_same_campaign() {
        let json = report().json();
        let older = json.replace("  \"planned-cases\": 64,\n", "");
        assert_ne!(older, json);
        let older = read(&older).expect("a report");
        assert_eq!((older.planned_cases, older.interrupted), (None, false));
        assert_eq!(older.differences(&report()), Vec::<String>::new());
        let other = FuzzReport {
            planned_cases: Some(640),
            seed: 2,
            ..report()
        };
        assert_eq!(
            report().differences(&other),
            ["seed 1 and 2", "cases planned 64 and 640"]
        );
    }
}
