//! The suite with a fresh agent for each script, against only starting and ending as
//! many agents.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::client::Client;
use super::table::{self, Row};
use super::target::Target;
use super::work::{Goal, PING, PONG, Unit};
use crate::real;

/// A round takes seconds: so many are enough.
const ROUNDS_MAX: u32 = 5;

/// One measurement of the suite.
pub(super) struct Suite {
    pub(super) name: &'static str,
    /// What its scripts may do.
    allowed: &'static str,
}

/// All of them.
pub(super) fn all() -> [Suite; 2] {
    [
        Suite {
            name: "suite to starts, with files",
            allowed: "files",
        },
        Suite {
            name: "suite to starts, with programs",
            allowed: "files,exec",
        },
    ]
}

/// The median of some rounds with the real agent; on all CPUs, as anyone runs it.
pub(super) fn measure(work: &Suite, suite: &Path, real: Option<&Target>, rounds: u32) -> Result<Row> {
    let mut samples = Vec::new();
    for _ in 0..rounds.min(ROUNDS_MAX) {
        let Some(real) = real else { break };
        let (whole, agents) = run(suite, real, work.allowed)?;
        samples.push(whole.as_secs_f64() / start_and_end(real, agents)?.as_secs_f64());
    }
    let numbers = [None, None, table::median(samples)];
    Ok(Row::new(work.name, Unit::Times, &[Goal::AtMostWithReal(1.5)], numbers))
}

/// How long the suite takes, and how many agents it starts for it.
fn run(suite: &Path, agent: &Target, allowed: &str) -> Result<(Duration, usize)> {
    let folder = tempfile::tempdir().context("cannot make a folder for a report")?;
    let report = folder.path().join("report.json");
    let begin = Instant::now();
    let status = Command::new(suite)
        .args(["run", "--quiet", "--level", "exact", "--allow", allowed])
        .args(["--spawn", &real::spawn(agent.program())])
        .arg(format!("--report=json={}", report.display()))
        .stdout(Stdio::null())
        .status();
    let time = begin.elapsed();
    let status = status.with_context(|| format!("cannot start {}", suite.display()))?;
    if !status.success() {
        bail!("the suite does not pass on the real agent ({status})");
    }
    Ok((time, agents(&fs::read_to_string(report)?)?))
}

/// How many scripts of a report were run: something went over the wire.
fn agents(report: &str) -> Result<usize> {
    let report: Value = serde_json::from_str(report).context("the report is no JSON")?;
    let scripts = report["scripts"].as_array().context("the report has no scripts")?;
    let was_run = |it: &&Value| it["wire"].as_array().is_some_and(|it| !it.is_empty());
    Ok(scripts.iter().filter(was_run).count())
}

/// How long so many agents take, one after another, to start, to answer once and to end;
/// by the median, as one that hangs when it is to end would count for hundreds.
fn start_and_end(agent: &Target, agents: usize) -> Result<Duration> {
    let mut times = Vec::with_capacity(agents);
    for _ in 0..agents {
        let begin = Instant::now();
        let mut client = Client::start(agent, PONG.len())?;
        client.exchange(PING, 1)?;
        drop(client);
        times.push(begin.elapsed().as_secs_f64());
    }
    let one = table::median(times).context("the suite started no agent")?;
    Ok(Duration::from_secs_f64(one * agents as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_run_counts() {
        let report = r#"{"scripts": [{"wire": [{}, {}]}, {"wire": []}, {}, {"wire": [{}]}]}"#;
        assert_eq!(agents(report).expect("it is a report"), 2);
        assert!(agents("{}").is_err());
    }
}
