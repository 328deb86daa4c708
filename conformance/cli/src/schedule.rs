//! Many scripts, some at a time: in which order they begin, who judges which, when to
//! give up, and what is told meanwhile.

use crate::judge::Judge;
use crate::selection::Chosen;
use qga_engine::Script;
use qga_engine::report::ScriptReport;
use qga_engine::script::RecordKind;
use qga_engine::verdict::{FailureKind, Outcome, RunResult};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// After so many scripts in a row that got nothing out of the agent, and as many as
/// are judged beside one another, the rest is not run: an agent that is dead or mute
/// would cost a time limit for each.
pub const BARREN_SCRIPTS_MAX: usize = 8;
/// The same for an agent that did not even answer before the first script.
const BARREN_SCRIPTS_MAX_IF_MUTE: usize = 2;

/// What is told while scripts run.
#[derive(Debug)]
pub enum News {
    /// The script of that number begins.
    Began(usize),
    /// The script of that number is judged.
    Ended(usize, ScriptReport),
}

/// The scripts, the judge, and how far they are.
#[derive(Debug)]
struct Round {
    judge: Arc<Judge>,
    chosen: Vec<Chosen>,
    /// The numbers of the scripts, in the order in which they begin.
    order: Vec<usize>,
    next: AtomicUsize,
    barren: AtomicUsize,
    barren_max: usize,
}

/// Judges all scripts, `jobs` at a time, and returns at once; the news come as
/// they happen, and end when every script has a report.
pub fn begin(judge: Arc<Judge>, chosen: Vec<Chosen>, jobs: NonZeroUsize, mute: bool) -> mpsc::UnboundedReceiver<News> {
    let jobs = jobs.get().min(chosen.len());
    let barren_max = if mute {
        BARREN_SCRIPTS_MAX_IF_MUTE
    } else {
        BARREN_SCRIPTS_MAX + jobs.saturating_sub(1)
    };
    let round = Arc::new(Round {
        judge,
        order: order(&chosen, jobs),
        chosen,
        next: AtomicUsize::new(0),
        barren: AtomicUsize::new(0),
        barren_max,
    });
    let (tell, news) = mpsc::unbounded_channel();
    for _ in 0..jobs {
        tokio::spawn(work(Arc::clone(&round), tell.clone()));
    }
    news
}

/// The order in which scripts begin. Several at a time begin with those that wait, so
/// that the last to end is none of them; each is followed by one that does not wait,
/// so that an agent without a right guest-exec is not given up for dead.
fn order(chosen: &[Chosen], jobs: usize) -> Vec<usize> {
    let all = 0..chosen.len();
    if jobs < 2 {
        return all.collect();
    }
    let (waiting, others): (Vec<_>, Vec<_>) = all.partition(|it| waits(&chosen[*it].script));
    let paired = waiting.len().min(others.len());
    let pairs = waiting.iter().zip(&others).flat_map(|(waits, other)| [*waits, *other]);
    let rest = waiting[paired..].iter().chain(&others[paired..]);
    pairs.chain(rest.copied()).collect()
}

/// Whether a script waits for time to pass: on its own clock, or for a program.
fn waits(script: &Script) -> bool {
    let is_wait = |it: &RecordKind| matches!(it, RecordKind::Wait(_) | RecordKind::Silence(_) | RecordKind::Again(_));
    script.records.iter().any(|it| is_wait(&it.kind))
}

/// Judges scripts until none is left.
async fn work(round: Arc<Round>, tell: mpsc::UnboundedSender<News>) {
    loop {
        let place = round.next.fetch_add(1, Ordering::Relaxed);
        let Some(&number) = round.order.get(place) else { return };
        let _ = tell.send(News::Began(number));
        let report = round.judge(&round.chosen[number]).await;
        let _ = tell.send(News::Ended(number, report));
    }
}

impl Round {
    async fn judge(&self, chosen: &Chosen) -> ScriptReport {
        if let Some(why) = self.given_up() {
            return unreached(&chosen.script, &why);
        }
        let report = self.judge.judge(chosen).await;
        match yields(&report) {
            Some(true) => self.barren.store(0, Ordering::Relaxed),
            Some(false) => {
                self.barren.fetch_add(1, Ordering::Relaxed);
            }
            None => {}
        }
        report
    }

    fn given_up(&self) -> Option<String> {
        if self.judge.is_stopped() {
            return Some("the run was interrupted".to_owned());
        }
        let barren = self.barren.load(Ordering::Relaxed);
        let why = format!("given up: in {barren} scripts in a row the agent did nothing that was asked of it");
        (barren >= self.barren_max).then_some(why)
    }
}

/// Whether the agent did anything; `None` if it was asked nothing. One that answers
/// wrongly costs no time and is judged to the end; one that is silent, gone or endless
/// costs a time-out for each script.
pub fn yields(report: &ScriptReport) -> Option<bool> {
    if report.trouble.is_some() {
        return Some(false);
    }
    let mut answers = None;
    for claim in &report.claims {
        match &claim.outcome {
            Outcome::Passed => return Some(true),
            Outcome::Failed(failure) if is_costly(&failure.kind) => answers = Some(false),
            Outcome::Failed(_) => answers = answers.or(Some(true)),
            _ => {}
        }
    }
    answers
}

fn is_costly(kind: &FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Timeout(_) | FailureKind::ScriptTimeout(_) | FailureKind::Closed | FailureKind::TooLong(_)
    )
}

fn unreached(script: &Script, why: &str) -> ScriptReport {
    let outcomes = script.claims().map(|_| Outcome::NotReached(why.to_owned())).collect();
    ScriptReport::of_run(
        script,
        RunResult {
            outcomes,
            wire: Vec::new(),
            took: Duration::ZERO,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use qga_engine::suite::Suite;
    use rstest::rstest;

    const PLAIN: &str = "> {\"execute\": \"guest-ping\"}\n< {\"return\": {}}\n";
    const WAITS: &str = "> {\"execute\": \"guest-ping\"}\n< {\"return\": {}}\nwait 1s\n";

    #[rstest]
    #[case::one_at_a_time("pwpw", 1, &[0, 1, 2, 3])]
    #[case::those_that_wait_first("ppppww", 2, &[4, 0, 5, 1, 2, 3])]
    #[case::more_that_wait("wwwp", 8, &[0, 3, 1, 2])]
    #[case::nothing_waits("ppp", 8, &[0, 1, 2])]
    #[case::nothing_at_all("", 8, &[])]
    fn scripts_begin_in_an_order(#[case] kinds: &str, #[case] jobs: usize, #[case] wanted: &[usize]) {
        let script = |(at, kind): (usize, char)| {
            let records = if kind == 'w' { WAITS } else { PLAIN };
            let text = format!("session {at}\n\nmust FRAME-00{at} a claim\n{records}");
            (format!("{at}.session"), text)
        };
        let texts: Vec<_> = kinds.chars().enumerate().map(script).collect();
        let suite = Suite::parse(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())));
        let chosen: Vec<_> = suite.expect("scripts").scripts.into_iter().map(Chosen::whole).collect();
        assert_eq!(order(&chosen, jobs), wanted);
    }
}
