//! What is printed in the end: each agent, and how it was found.

use std::fmt;

use super::{Found, Sought};
use qga_engine::fuzz::report::{Certainty, Finding, RECORDS_MAX};

/// All agents that were sought.
pub(super) struct Table {
    pub(super) rows: Vec<Sought>,
}

/// How many of a hundred visible wrong agents must be found.
const GOAL_PERCENT: usize = 90;

/// What came of the search for an agent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is wrong, and a short script shows it.
    Found,
    /// It is wrong, and something was found that no short script shows.
    Unshown,
    /// It is wrong, and was not found.
    Missed,
    /// It is wrong, and sessions cannot tell: its row says why.
    Unseen,
    /// The row says that sessions cannot tell, and they did.
    SeenAfterAll,
    /// It is right and was accused of nothing.
    Passed,
    /// It is right and was accused.
    Accused,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Found => "found",
            Outcome::Unshown => "UNSHOWN",
            Outcome::Missed => "MISSED",
            Outcome::Unseen => "unseen",
            Outcome::SeenAfterAll => "SEEN",
            Outcome::Passed => "passed",
            Outcome::Accused => "ACCUSED",
        }
    }
}

impl Sought {
    fn outcome(&self) -> Outcome {
        let is_found = !self.found.is_empty();
        match (self.deviation.is_harmless(), &self.deviation.unseen) {
            (true, _) if is_found => Outcome::Accused,
            (true, _) => Outcome::Passed,
            (false, Some(_)) if is_found => Outcome::SeenAfterAll,
            (false, Some(_)) => Outcome::Unseen,
            (false, None) if self.shown().is_some() => Outcome::Found,
            (false, None) if is_found => Outcome::Unshown,
            (false, None) => Outcome::Missed,
        }
    }
}

impl Table {
    /// Whether enough of the wrong agents were found, and no right one was accused.
    pub(super) fn is_sound(&self) -> bool {
        self.count(Outcome::Found) * 100 >= self.visible() * GOAL_PERCENT
            && self.count(Outcome::Accused) == 0
            && self.count(Outcome::SeenAfterAll) == 0
    }

    /// How many of the scripts do not show in a few lines what was found.
    fn scripts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = self.rows.iter().filter(|it| !it.deviation.is_harmless());
        let best: Vec<&Found> = wrong.filter_map(|it| it.shown().or(it.found.first())).collect();
        let count = |is: &dyn Fn(&Finding) -> bool| best.iter().filter(|it| is(&it.finding)).count();
        writeln!(
            f,
            "scripts   {} of {} fail on the wrong agent by themselves for the same reason, {} have more than {RECORDS_MAX} records, {} findings are flaky",
            count(&|it| it.certainty <= Certainty::Doubtful),
            best.len(),
            count(&|it| it.records() > RECORDS_MAX),
            count(&|it| it.certainty == Certainty::Flaky),
        )
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|it| it.outcome() == outcome).count()
    }

    /// How many wrong agents sessions can tell from right ones.
    fn visible(&self) -> usize {
        let is_visible = |it: &&Sought| !it.deviation.is_harmless() && it.deviation.unseen.is_none();
        self.rows.iter().filter(is_visible).count()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:8} {:30} {:11} {:>7} {:>8} {:>5} {:6} {:6} about",
            "", "agent", "property", "seconds", "cases", "lines", "wrong", "right"
        )?;
        self.rows.iter().try_for_each(|it| row(f, it))?;
        let (visible, found) = (self.visible(), self.count(Outcome::Found));
        let rate = 100 * found / visible.max(1);
        writeln!(f, "\nwrong     {found} of {visible} found and shown ({rate} %)")?;
        writeln!(
            f,
            "          {} found and not shown, {} missed, {} that sessions cannot tell",
            self.count(Outcome::Unshown),
            self.count(Outcome::Missed),
            self.count(Outcome::Unseen)
        )?;
        self.scripts(f)?;
        writeln!(
            f,
            "harmless  {} passed, {} accused",
            self.count(Outcome::Passed),
            self.count(Outcome::Accused)
        )
    }
}

fn row(f: &mut fmt::Formatter<'_>, it: &Sought) -> fmt::Result {
    let shown = it.shown().or(it.found.first());
    write!(f, "{:8} {:30} ", it.outcome().word(), it.deviation.name)?;
    match shown {
        Some(found) => how(f, found, it)?,
        None => write!(f, "{:11} {:7.1} {:8} {:20}", "", it.time.as_secs_f64(), it.cases, "")?,
    }
    writeln!(f, "{}", it.deviation.about)?;
    // What is not as it should be is to be looked at.
    if let (Outcome::Unshown | Outcome::Accused | Outcome::SeenAfterAll, Some(found)) = (it.outcome(), shown) {
        let lines = found.finding.script.lines();
        lines.into_iter().try_for_each(|it| writeln!(f, "{:9}| {it}", ""))?;
    }
    if let (Some(why), Outcome::Unseen) = (&it.deviation.unseen, it.outcome()) {
        writeln!(f, "{:9}{why}", "")?;
    }
    Ok(())
}

/// The property, how long it took, the script, and what the script comes to on the wrong
/// agent and on a right one.
fn how(f: &mut fmt::Formatter<'_>, found: &Found, it: &Sought) -> fmt::Result {
    let wrong = match found.finding.certainty {
        Certainty::Confirmed | Certainty::Doubtful => "fails",
        Certainty::Seen => "PASSES",
        Certainty::Flaky => "FLAKY",
    };
    let right = if found.right_passes { "passes" } else { "FAILS" };
    write!(
        f,
        "{:11} {:7.1} {:8} {:5} {wrong:6} {right:6} ",
        found.finding.property.name(),
        it.time.as_secs_f64(),
        it.cases,
        found.finding.records()
    )
}
