//! The tally of a replay, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use qga_fixtures::schema::RELEASES;
use serde::Serialize;

use super::outcome::{Finding, Outcome};

/// All sessions and what came of them.
#[derive(Default, Serialize)]
pub(super) struct Report {
    releases: Vec<Tally>,
    differences: Vec<Different>,
    not_replayable: Vec<NotReplayable>,
    /// What was seen of virtual machines and cannot be held against the model, and
    /// how often.
    unseen: BTreeMap<String, usize>,
}

/// What a session is called.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) release: &'a str,
    pub(super) topic: &'a str,
    pub(super) name: &'a str,
}

/// The sessions of a release.
#[derive(Serialize)]
struct Tally {
    release: String,
    sessions: usize,
    identical: usize,
    different: usize,
    not_replayable: usize,
    /// Where the release stands among all; an unknown one comes last.
    #[serde(skip)]
    place: usize,
}

#[derive(Serialize)]
struct Different {
    release: String,
    topic: String,
    name: String,
    #[serde(flatten)]
    finding: Finding,
}

#[derive(Serialize)]
struct NotReplayable {
    release: String,
    topic: String,
    name: String,
    reason: String,
}

impl Report {
    /// Counts a session.
    pub(super) fn add(&mut self, session: Name<'_>, outcome: Outcome) {
        let [release, topic, name] = [session.release, session.topic, session.name].map(str::to_owned);
        let tally = self.tally(&release);
        tally.sessions += 1;
        match outcome {
            Outcome::Identical => tally.identical += 1,
            Outcome::Different(finding) => {
                tally.different += 1;
                self.differences.push(Different {
                    release,
                    topic,
                    name,
                    finding,
                });
            }
            Outcome::NotReplayable(reason) => {
                tally.not_replayable += 1;
                self.not_replayable.push(NotReplayable {
                    release,
                    topic,
                    name,
                    reason,
                });
            }
        }
    }

    /// Counts what was seen and cannot be held against the model.
    pub(super) fn add_unseen(&mut self, unseen: Vec<String>) {
        for what in unseen {
            *self.unseen.entry(what).or_default() += 1;
        }
    }

    fn tally(&mut self, release: &str) -> &mut Tally {
        let place = place_of(release);
        let at = self
            .releases
            .partition_point(|it| (it.place, it.release.as_str()) < (place, release));
        if self.releases.get(at).is_none_or(|it| it.release != release) {
            self.releases.insert(
                at,
                Tally {
                    release: release.to_owned(),
                    sessions: 0,
                    identical: 0,
                    different: 0,
                    not_replayable: 0,
                    place,
                },
            );
        }
        &mut self.releases[at]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.releases.is_empty()
    }

    pub(super) fn has_differences(&self) -> bool {
        !self.differences.is_empty()
    }

    /// Prints it as text, or the same as JSON.
    pub(super) fn print(&self, json: bool, verbose: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string_pretty(self)?);
        } else {
            print!("{}", self.text(verbose));
        }
        Ok(())
    }

    fn text(&self, verbose: bool) -> String {
        let mut text = String::new();
        self.write_differences(&mut text, verbose);
        self.write_not_replayable(&mut text, verbose);
        self.write_unseen(&mut text);
        self.write_tallies(&mut text);
        text
    }

    fn write_differences(&self, text: &mut String, verbose: bool) {
        for it in &self.differences {
            let Finding { step, what, .. } = &it.finding;
            let _ = writeln!(
                text,
                "different: {} {}/{}: step {step}, {what}",
                it.release, it.topic, it.name
            );
            if verbose {
                let _ = writeln!(text, "  sent      {}", it.finding.sent);
                let _ = writeln!(text, "  recorded  {}", it.finding.recorded);
                let _ = writeln!(text, "  model     {}", it.finding.model);
            }
        }
    }

    fn write_not_replayable(&self, text: &mut String, verbose: bool) {
        let mut reasons = BTreeMap::<&str, Vec<&NotReplayable>>::new();
        for it in &self.not_replayable {
            reasons.entry(&it.reason).or_default().push(it);
        }
        for (reason, sessions) in reasons {
            let count = counted(sessions.len(), "session");
            let _ = writeln!(text, "not replayable: {count}: {reason}");
            for it in sessions.iter().filter(|_| verbose) {
                let _ = writeln!(text, "  {} {}/{}", it.release, it.topic, it.name);
            }
        }
    }

    fn write_unseen(&self, text: &mut String) {
        for (what, count) in &self.unseen {
            let count = counted(*count, "observation");
            let _ = writeln!(text, "not compared: {count}: {what}");
        }
    }

    fn write_tallies(&self, text: &mut String) {
        write_line(
            text,
            "\nrelease",
            ["sessions", "identical", "different", "not replayable"],
        );
        for it in &self.releases {
            write_line(text, &it.release, it.numbers());
        }
        let totals = self.releases.iter().fold([0; 4], |sum, it| {
            let numbers = it.numbers();
            std::array::from_fn(|at| sum[at] + numbers[at])
        });
        write_line(text, "all", totals);
    }
}

impl Tally {
    fn numbers(&self) -> [usize; 4] {
        [self.sessions, self.identical, self.different, self.not_replayable]
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn write_line(text: &mut String, name: &str, columns: [impl std::fmt::Display; 4]) {
    let [sessions, identical, different, not_replayable] = columns;
    let _ = writeln!(
        text,
        "{name:<9} {sessions:>9} {identical:>10} {different:>10} {not_replayable:>15}"
    );
}

fn place_of(release: &str) -> usize {
    RELEASES
        .iter()
        .position(|it| it.name == release)
        .unwrap_or(RELEASES.len())
}
