//! Scripts with unexpected failures are run once more, alone: what does not fail again
//! is unstable.

use crate::judge::Judge;
use crate::schedule::{BARREN_SCRIPTS_MAX, yields};
use crate::selection::Chosen;
use qga_engine::report::Report;
use std::time::{Duration, Instant};

/// How long second runs may take together; what failed and was not run again by then
/// stays failed.
const RERUNS_TIME_MAX: Duration = Duration::from_secs(120);

/// Runs the scripts of the report once more that have unexpected failures, one after
/// the other, and takes note of what was different. An agent that does nothing right
/// in several of them is not asked further.
pub(super) async fn unexpected(judge: &Judge, chosen: &[Chosen], report: &mut Report, quiet: bool) {
    let (began, mut barren) = (Instant::now(), 0);
    let failing = report.scripts.iter().filter(|it| it.fails_unexpectedly()).count();
    if failing > 0 && !quiet {
        let scripts = if failing == 1 { "script" } else { "scripts" };
        eprintln!("note: {failing} {scripts} with failures run once more, alone");
    }
    for (script, chosen) in report.scripts.iter_mut().zip(chosen) {
        let is_over = judge.is_stopped() || barren >= BARREN_SCRIPTS_MAX || began.elapsed() > RERUNS_TIME_MAX;
        if is_over {
            return;
        }
        if script.fails_unexpectedly() {
            let second = judge.judge(chosen).await;
            barren = if yields(&second) == Some(true) { 0 } else { barren + 1 };
            *script = script.clone().with_second_run(second);
        }
    }
}
