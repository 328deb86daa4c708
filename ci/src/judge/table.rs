//! What is printed in the end.

use std::fmt;

use qga_engine::script::Level;

use super::cases::{Harmless, Verdict, Wrong};
use super::hostile::Hostile;

/// So many of the claims that catch an agent are named.
const NAMED_MAX: usize = 4;

/// Everything that was found.
pub(super) struct Table {
    pub(super) wrong: Vec<Wrong>,
    pub(super) harmless: Vec<Harmless>,
    /// What the unchanged simulator is accused of.
    pub(super) right: Vec<String>,
    /// With the whole suite: claims that no wrong agent was seen to break, each with one
    /// of its scripts.
    pub(super) unbroken: Vec<String>,
    /// None if they were left out.
    pub(super) hostile: Option<Vec<Hostile>>,
}

impl Table {
    /// Whether every wrong agent is caught by the claim it names, none that is right
    /// is accused, and every hostile one is survived.
    pub(super) fn is_sound(&self) -> bool {
        self.killed() == self.wrong.len()
            && self.harmless.iter().all(Harmless::is_right)
            && self.right.is_empty()
            && self.hostile.iter().flatten().all(|it| it.survived)
    }

    fn killed(&self) -> usize {
        self.wrong.iter().filter(|it| it.verdict == Verdict::Caught).count()
    }
}

impl Harmless {
    fn is_right(&self) -> bool {
        self.accused.is_empty() && self.shows
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "wrong agents: the claim that must catch each, and whether it does")?;
        self.wrong.iter().try_for_each(|it| wrong(f, it))?;
        writeln!(f, "\nharmless agents: what every agent owes must not accuse them")?;
        self.harmless.iter().try_for_each(|it| harmless(f, it))?;
        if !self.unbroken.is_empty() {
            writeln!(f, "\nclaims that hold for every agent here, right and wrong")?;
            self.unbroken.iter().try_for_each(|it| writeln!(f, "  {it}"))?;
        }
        if let Some(hostile) = &self.hostile {
            writeln!(
                f,
                "\nhostile agents: a run must end in time, with the right status, and leave nothing"
            )?;
            hostile.iter().try_for_each(|it| {
                let word = if it.survived { "survived" } else { "FAILED" };
                writeln!(f, "  {word:9} {}", it.name)
            })?;
        }
        writeln!(f)?;
        self.summary(f)
    }
}

fn wrong(f: &mut fmt::Formatter<'_>, it: &Wrong) -> fmt::Result {
    let word = match &it.verdict {
        Verdict::Caught => "caught",
        Verdict::Survived => "SURVIVED",
        Verdict::Untested(_) => "UNTESTED",
    };
    let level = it.level.map_or("none".to_owned(), |it| it.to_string());
    write!(
        f,
        "  {word:9} {:27} {level:7}{:18} {}",
        it.deviation.name,
        it.claim.to_string(),
        it.deviation.about
    )?;
    if let Verdict::Untested(why) = &it.verdict {
        write!(f, " ({})", why.chars().take(120).collect::<String>())?;
    }
    if let Some((level, claims)) = it.caught.iter().find(|(_, claims)| !claims.is_empty()) {
        let named: Vec<String> = claims.iter().take(NAMED_MAX).map(ToString::to_string).collect();
        let more = claims.len().saturating_sub(NAMED_MAX);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        write!(f, "\n{:12}at {level} by {}{rest}", "", named.join(", "))?;
    }
    writeln!(f)
}

fn harmless(f: &mut fmt::Formatter<'_>, it: &Harmless) -> fmt::Result {
    let word = match (it.accused.is_empty(), it.shows) {
        (true, true) => "passed",
        (true, false) => "NOT SEEN",
        (false, _) => "ACCUSED",
    };
    writeln!(f, "  {word:9} {:35} {}", it.deviation.name, it.deviation.about)?;
    it.accused.iter().try_for_each(|it| writeln!(f, "{:12}by {it}", ""))
}

impl Table {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |level| self.wrong.iter().filter(|it| it.level == Some(level)).count();
        let rate = 100 * self.killed() / self.wrong.len().max(1);
        writeln!(
            f,
            "wrong     {} of {} caught by the claim they name ({rate} %): {} at must, {} at should, {} at exact",
            self.killed(),
            self.wrong.len(),
            count(Level::Must),
            count(Level::Should),
            count(Level::Exact)
        )?;
        let whole = self.wrong.iter().filter(|it| !it.caught.is_empty()).count();
        if whole > 0 {
            let at_must = |it: &&Wrong| it.caught.get(&Level::Must).is_some_and(|it| !it.is_empty());
            let at_must = self.wrong.iter().filter(at_must).count();
            writeln!(f, "          {at_must} of {whole} caught by some claim at must")?;
        }
        let alarms = self.harmless.iter().filter(|it| !it.is_right()).count();
        writeln!(f, "harmless  {alarms} false alarms among {}", self.harmless.len())?;
        writeln!(
            f,
            "right     {} false alarms on the simulator as it is",
            self.right.len()
        )?;
        self.right.iter().try_for_each(|it| writeln!(f, "{:12}{it}", ""))?;
        if let Some(hostile) = &self.hostile {
            let survived = hostile.iter().filter(|it| it.survived).count();
            writeln!(f, "hostile   {survived} of {} survived", hostile.len())?;
        }
        Ok(())
    }
}
