//! What libFuzzer says about a run.

use std::fmt;
use std::time::Duration;

/// Lines at the end of a log that tell what was found.
const LINES_AT_THE_END: usize = 40;

/// How a run went.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// Inputs that were run.
    pub(super) executions: u64,
    /// Edges of the code that were reached.
    pub(super) edges: u64,
    /// How long it was asked to take.
    pub(super) time: Duration,
    /// The file with the input that was a finding.
    pub(super) finding: Option<String>,
}

impl Summary {
    /// Reads it from what libFuzzer wrote.
    pub(super) fn read(log: &str, time: Duration) -> Summary {
        let number = |text: &str| text.trim().parse().unwrap_or(0);
        let after = |word: &str| log.lines().rev().find_map(|it| it.trim().strip_prefix(word));
        let edges = log.lines().rev().find_map(|it| it.split_once("cov: "));
        Summary {
            executions: after("stat::number_of_executed_units:").map_or(0, number),
            edges: edges.map_or(0, |(_, rest)| number(rest.split(' ').next().unwrap_or_default())),
            time,
            finding: log
                .lines()
                .find_map(|it| it.split_once("Test unit written to "))
                .map(|(_, path)| path.trim().to_owned()),
        }
    }

    /// Adds another target's.
    pub(super) fn add(&mut self, other: &Summary) {
        self.executions += other.executions;
        self.edges += other.edges;
        self.time += other.time;
        self.finding = self.finding.take().or_else(|| other.finding.clone());
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.finding.is_some() {
            "FOUND"
        } else {
            "nothing found"
        };
        let Summary { executions, edges, .. } = self;
        write!(f, "{word}: {executions} executions in {:?}, {edges} edges", self.time)
    }
}

/// The end of a log, where the panic stands.
pub(super) fn end(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let first = lines.len().saturating_sub(LINES_AT_THE_END);
    lines[first..].iter().map(|it| format!("    {it}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "#2\tINITED cov: 11 ft: 12 corp: 1/1b exec/s: 0 rss: 30Mb\n\
        #4194304\tpulse  cov: 345 ft: 900 corp: 7/9b lim: 4 exec/s: 1398101 rss: 90Mb\n\
        Done 4200000 runs in 3 second(s)\nstat::number_of_executed_units: 4200000\nstat::peak_rss_mb: 90\n";

    #[test]
    fn a_good_run_is_counted() {
        let summary = Summary::read(GOOD, Duration::from_secs(3));
        assert_eq!(
            summary.to_string(),
            "nothing found: 4200000 executions in 3s, 345 edges"
        );
    }

    #[test]
    fn a_finding_is_named() {
        let log = format!("{GOOD}artifact_prefix='/x/'; Test unit written to /x/crash-1\nBase64: AA==\n");
        let summary = Summary::read(&log, Duration::from_secs(3));
        assert_eq!(summary.finding.as_deref(), Some("/x/crash-1"));
        assert!(summary.to_string().starts_with("FOUND: "));
    }
}
