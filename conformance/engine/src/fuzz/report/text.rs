//! A campaign's result for a person.

use super::{Certainty, Finding, FuzzReport};
use crate::fuzz::property::Property;
use std::fmt::Write as _;

impl FuzzReport {
    /// For a person.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            finding.write(&mut out);
        }
        for past in &self.corpus {
            let _ = writeln!(out, "{}", past.line());
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
        let shards = self.shards.as_ref();
        let part = shards.map_or(String::new(), |it| format!(", {}", it.words()));
        let interrupted = if self.interrupted { "interrupted after " } else { "" };
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
            "{} judged as {} at level {}{oracle}: {verdict}\n{interrupted}{} cases with {} steps in {seconds:.1} s, {rate:.0} cases a second, seed {}{part}; {} outcomes of {} commands seen",
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
    pub(super) fn write(&self, out: &mut String) {
        let (claim, level) = (self.property.claim(), self.property.level());
        let _ = writeln!(
            out,
            "FOUND  {} {claim} ({level}) at {}{}: {}",
            self.property,
            self.command,
            self.doubt(),
            self.property.text()
        );
        let _ = writeln!(out, "       {}", self.found);
        let place = self.file.as_ref().map_or(String::new(), |it| format!(", in {it}"));
        let times = match self.times {
            ..=1 => String::new(),
            times => format!(", seen {times} times"),
        };
        let _ = writeln!(out, "       case {}{times}{}{place}", self.case, self.size());
        for line in self.script.lines() {
            let _ = writeln!(out, "  | {line}");
        }
        out.push('\n');
    }

    /// What is in doubt about it, if anything is.
    fn doubt(&self) -> &'static str {
        match (self.certainty, self.property) {
            (Certainty::Confirmed, _) => "",
            (Certainty::Doubtful, _) => " (the simulated agent fails its script too)",
            (Certainty::Flaky, _) => " (FLAKY: it did not come again)",
            (Certainty::Seen, Property::Memory) => " (seen in the memory of its process; there is no script)",
            (Certainty::Seen, _) if self.script.is_empty() => " (there is no script that shows it)",
            (Certainty::Seen, _) => " (its script was not seen to show it)",
        }
    }

    /// What is left of the session, if a session shows it, and how long it took to make it
    /// small, if that was tried.
    fn size(&self) -> String {
        let steps = match self.steps {
            0 => return String::new(),
            1 => "1 step".to_owned(),
            steps => format!("{steps} steps"),
        };
        match self.milliseconds {
            0 => format!(", {steps}"),
            took => format!(", {steps} left after {took} ms"),
        }
    }
}
