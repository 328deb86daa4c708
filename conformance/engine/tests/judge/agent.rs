//! A scripted agent and the driver that joins it to a run: a function from lines to
//! replies, on a virtual clock.

use qga_engine::script::Level;
use qga_engine::verdict::{FailureKind, Outcome, RunResult};
use qga_engine::{Demand, Run, RunConfig, Time, parse};
use qga_fixtures::schema::Release;
use std::collections::VecDeque;
use std::time::Duration;

/// What the agent does, and how long after the request.
#[derive(Clone)]
pub(crate) enum Act {
    Say(u64, Vec<u8>),
    Close(u64),
}

/// Says a line at once.
pub(crate) fn say(line: &str) -> Vec<Act> {
    vec![Act::Say(0, format!("{line}\n").into_bytes())]
}

/// Says exactly these bytes after some milliseconds.
pub(crate) fn say_after(milliseconds: u64, bytes: &[u8]) -> Vec<Act> {
    vec![Act::Say(milliseconds, bytes.to_vec())]
}

pub(crate) fn config(level: Level) -> RunConfig {
    RunConfig::new(level, Release::find("7.2").expect("it is a release"))
}

/// Runs a script's records, under a header, against the agent.
pub(crate) fn run(records: &str, config: RunConfig, agent: impl FnMut(&str) -> Vec<Act>) -> RunResult {
    run_cut(records, config, usize::MAX, agent)
}

/// The same, with the agent's bytes cut into pieces.
pub(crate) fn run_cut(records: &str, config: RunConfig, cut: usize, agent: impl FnMut(&str) -> Vec<Act>) -> RunResult {
    let text = format!("session test\n\n{records}");
    let script = parse("test.session", &text).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::new(&script, config);
    drive(&mut run, cut, agent);
    run.result()
}

const STEPS_MAX: usize = 1_000_000;

/// Polls a run until it is done; `agent` is told each line as it is complete, and
/// `reopen` when that happens.
pub(crate) fn drive(run: &mut Run, cut: usize, mut agent: impl FnMut(&str) -> Vec<Act>) {
    let mut now = Time::ZERO;
    let mut coming: VecDeque<(Time, Act)> = VecDeque::new();
    let mut heard = Vec::new();
    for _ in 0..STEPS_MAX {
        match run.poll(now) {
            Demand::Done => return,
            Demand::Send(bytes) => {
                heard.extend(bytes);
                for line in lines(&mut heard) {
                    let acts = agent(&line).into_iter().flat_map(|it| pieces(it, cut));
                    coming.extend(acts.map(|act| (now + delay(&act), act)));
                }
                coming.make_contiguous().sort_by_key(|(at, _)| *at);
            }
            Demand::Read { until } | Demand::Sleep { until } => match coming.front() {
                Some((at, _)) if *at <= until => {
                    let (at, act) = coming.pop_front().expect("it was just looked at");
                    now = now.max(at);
                    hand_over(run, now, act);
                }
                _ => now = until,
            },
            Demand::Reopen => {
                coming.clear();
                let acts = agent("reopen");
                coming.extend(acts.into_iter().map(|act| (now + delay(&act), act)));
            }
        }
    }
    panic!("the run does not end");
}

fn hand_over(run: &mut Run, now: Time, act: Act) {
    match act {
        Act::Say(_, bytes) => run.handle_bytes(now, &bytes),
        Act::Close(_) => run.handle_closed(now),
    }
}

/// The same act in pieces, between which the run is polled.
fn pieces(act: Act, cut: usize) -> Vec<Act> {
    match act {
        Act::Say(after, bytes) => bytes.chunks(cut).map(|it| Act::Say(after, it.to_vec())).collect(),
        Act::Close(after) => vec![Act::Close(after)],
    }
}

fn delay(act: &Act) -> Duration {
    match act {
        Act::Say(milliseconds, _) | Act::Close(milliseconds) => Duration::from_millis(*milliseconds),
    }
}

/// Takes the complete lines, and 0xFF as a line of its own.
fn lines(heard: &mut Vec<u8>) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(end) = heard.iter().position(|it| matches!(it, b'\n' | 0xFF)) {
        let line: Vec<u8> = heard.drain(..=end).collect();
        let text = String::from_utf8_lossy(&line[..end]).into_owned();
        lines.push(if line[end] == 0xFF { format!("{text}0xFF") } else { text });
    }
    lines
}

/// The outcomes in a few words each.
pub(crate) fn words(result: &RunResult) -> Vec<String> {
    result.outcomes.iter().map(word).collect()
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Failed(failure) => format!("line {}: {}", failure.line, failure.kind),
        Outcome::Known(failure, excuse) => format!("known, {excuse}: line {}: {}", failure.line, failure.kind),
        Outcome::Stale(excuse) => format!("stale: {excuse}"),
        Outcome::Unstable(failure) => format!("unstable: line {}: {}", failure.line, failure.kind),
        Outcome::NotReached(why) => format!("not reached: {why}"),
        Outcome::NotTestable(reason) => format!("not testable: {reason}"),
        Outcome::NotOwed => "not owed".to_owned(),
    }
}

/// How the first claim failed.
pub(crate) fn failure(result: &RunResult) -> &FailureKind {
    match &result.outcomes[0] {
        Outcome::Failed(failure) => &failure.kind,
        other => panic!("it should have failed: {other:?}"),
    }
}
