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

/// Why no more second runs are made, if so.
fn is_over(judge: &Judge, barren: usize, took: Duration) -> Option<String> {
    if judge.is_stopped() {
        return Some("the run was interrupted".to_owned());
    }
    if barren >= BARREN_SCRIPTS_MAX {
        return Some(format!("{barren} in a row got nothing out of the agent"));
    }
    (took > RERUNS_TIME_MAX).then(|| format!("they took more than {RERUNS_TIME_MAX:?}"))
}

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
        if script.fails_unexpectedly() {
            if let Some(why) = is_over(judge, barren, began.elapsed()) {
                if !quiet {
                    eprintln!(
                        "note: second runs end here, and what fails from {} on stays failed: {why}",
                        script.file
                    );
                }
                return;
            }
            let second = judge.judge(chosen).await;
            barren = if yields(&second) == Some(true) { 0 } else { barren + 1 };
            *script = script.clone().with_second_run(second);
        }
    }
}
