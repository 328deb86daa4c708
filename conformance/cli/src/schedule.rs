//! Many scripts, some at a time: who judges which, when to give up, and what is
//! told meanwhile.

use crate::judge::Judge;
use crate::selection::Chosen;
use qga_engine::Script;
use qga_engine::report::ScriptReport;
use qga_engine::verdict::{FailureKind, Outcome, RunResult};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// After so many scripts in a row that got nothing out of the agent the rest is
/// not run: an agent that is dead or mute would cost a time limit for each.
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
        BARREN_SCRIPTS_MAX
    };
    let (next, barren) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let round = Arc::new(Round {
        judge,
        chosen,
        next,
        barren,
        barren_max,
    });
    let (tell, news) = mpsc::unbounded_channel();
    for _ in 0..jobs {
        tokio::spawn(work(Arc::clone(&round), tell.clone()));
    }
    news
}

/// Judges scripts until none is left.
async fn work(round: Arc<Round>, tell: mpsc::UnboundedSender<News>) {
    loop {
        let number = round.next.fetch_add(1, Ordering::Relaxed);
        let Some(chosen) = round.chosen.get(number) else { return };
        let _ = tell.send(News::Began(number));
        let report = round.judge(chosen).await;
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
