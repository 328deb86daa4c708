//! From a violation among many cases to a finding: the case alone if it shows it, made
//! as small as it can be on the live agent, tried once more afresh, written down as a
//! script, and the script run.

use super::hunter::{Hunter, Tried};
use crate::exchange::Resync;
use crate::selection::Chosen;
use crate::status::Problem;
use crate::target::DEFAULT_IMAGE;
use proptest::strategy::ValueTree as _;
use qga_engine::fuzz::judge::Expected;
use qga_engine::fuzz::report::{Certainty, Finding, RECORDS_MAX, records};
use qga_engine::fuzz::script::{Origin, Telling, script};
use qga_engine::fuzz::{Argument, Call, Property, Session, Shrink, Step, Transcript, Violation, session};
use qga_engine::script::{Script, print};
use qga_engine::verdict::Outcome;
use std::time::{Duration, Instant};

/// The number of the sync that a script may begin with.
const SYNC: i64 = 7;
/// How long a session is made smaller.
const SHRINK_MAX: Duration = Duration::from_secs(8);
/// How long other ways are looked for to write it down.
const WRITE_MAX: Duration = Duration::from_secs(6);
/// How often a violation is looked for again before it is called flaky.
const TRIES: usize = 3;
/// How much of what went before is tried, in sessions.
const HISTORIES: [usize; 3] = [3, 16, usize::MAX];

/// A violation as it was first seen.
#[derive(Debug)]
pub struct Sighting<'a> {
    /// The session.
    pub session: &'a Session,
    /// The number of the case of each step.
    pub cases: &'a [u64],
    /// What was seen.
    pub violation: &'a Violation,
    /// The sessions that went before on the same agent, as far as they are kept.
    pub before: &'a [Session],
    /// The seed of the campaign.
    pub seed: u64,
}

impl Sighting<'_> {
    fn case(&self) -> u64 {
        let at = self.violation.step.min(self.cases.len().saturating_sub(1));
        self.cases.get(at).copied().unwrap_or_default()
    }

    /// The session after so many that went before it at most; `None` if none did.
    fn after(&self, most: usize) -> Option<Session> {
        let before = &self.before[self.before.len().saturating_sub(most)..];
        let all = before.iter().chain([self.session]);
        (!before.is_empty()).then(|| session::merge_in_turn(all))
    }

    /// The steps of the case in which it was seen.
    fn alone(&self) -> Session {
        let case = self.case();
        let steps = self.session.steps.iter().zip(self.cases).filter(|(_, it)| **it == case);
        Session {
            steps: steps.map(|(step, _)| step.clone()).collect(),
        }
    }
}

/// Makes a violation small and sure.
///
/// # Errors
/// The agent cannot be started or reached.
pub async fn hunt(hunter: &mut Hunter, sighting: &Sighting<'_>) -> Result<Finding, Problem> {
    let began = Instant::now();
    hunter.hurry();
    let is_hurried = hunter.patience < hunter.hunting().patience;
    let origin = Origin {
        seed: sighting.seed,
        case: sighting.case(),
        guest: Some(hunter.hunting().image.clone()).filter(|it| it != DEFAULT_IMAGE),
    };
    let first = try_once(hunter, sighting, &origin).await;
    hunter.take_time();
    let mut written = first?;
    // An agent that is slow may have been taken for one that is silent.
    let is_in_doubt =
        is_hurried && sighting.violation.property.is_of_silence() && written.certainty != Certainty::Confirmed;
    if is_in_doubt && !comes_again(hunter, &written).await? {
        let second = try_once(hunter, sighting, &origin).await?;
        if second.certainty < written.certainty {
            written = second;
        }
    }
    let Written { session, violation, .. } = written;
    Ok(Finding {
        property: violation.property,
        command: violation.command,
        member: violation.member,
        found: violation.found,
        case: origin.case,
        steps: session.steps.len(),
        certainty: written.certainty,
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        times: 1,
        script: written.script.as_ref().map(print).unwrap_or_default(),
        file: None,
    })
}

/// Makes a violation small and writes it down, with the patience that the hunter has.
async fn try_once(hunter: &mut Hunter, sighting: &Sighting<'_>, origin: &Origin) -> Result<Written, Problem> {
    if let Some((session, violated)) = mute(hunter, sighting).await? {
        let written = write(hunter, session, violated, origin).await;
        if written.certainty == Certainty::Confirmed {
            return Ok(written);
        }
    }
    Ok(match small(hunter, sighting, Instant::now()).await? {
        Some((session, violated)) => {
            let mut written = write(hunter, session, violated, origin).await;
            if written.certainty == Certainty::Seen && !comes_always(hunter, &written).await? {
                written.certainty = Certainty::Flaky;
            }
            written
        }
        None => Written {
            session: sighting.alone(),
            violation: sighting.violation.clone(),
            script: None,
            certainty: Certainty::Flaky,
        },
    })
}

/// Whether what no script shows comes each time its session is tried.
async fn comes_always(hunter: &mut Hunter, written: &Written) -> Result<bool, Problem> {
    for _ in 0..TRIES {
        if !comes_again(hunter, written).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether it comes when its session is tried once more, afresh.
async fn comes_again(hunter: &mut Hunter, written: &Written) -> Result<bool, Problem> {
    let tried = hunter.try_afresh(&written.session).await?;
    let property = written.violation.property;
    Ok(tried.violation.is_some_and(|it| it.property.is_akin(property)))
}

/// A violation, written down.
struct Written {
    session: Session,
    violation: Violation,
    /// `None` if the language of scripts cannot say it.
    script: Option<Script>,
    certainty: Certainty,
}

/// Writes down the least session and runs the script: the first that shows it in a few
/// records and that the simulated agent passes, or else the first that comes near to that.
async fn write(hunter: &mut Hunter, session: Session, seen: Violated, origin: &Origin) -> Written {
    let Violated { transcript, violation } = seen;
    let sync = sync(hunter.hunting().resync);
    let began = Instant::now();
    let mut best: Option<(Script, Worth)> = None;
    for telling in [
        Telling::Plainly,
        Telling::AfterSync(&sync),
        Telling::Briefly,
        Telling::Apart,
    ] {
        let Some(script) = script(&session, &transcript, &violation, origin, telling) else {
            continue;
        };
        let worth = worth(hunter, &script, &violation).await;
        if best.as_ref().is_none_or(|(_, it)| worth < *it) {
            best = Some((script, worth));
        }
        if worth == Worth::default() || began.elapsed() > WRITE_MAX {
            break;
        }
    }
    Written {
        session,
        violation,
        certainty: best.as_ref().map_or(Certainty::Seen, |it| it.1.certainty),
        script: best.map(|it| it.0),
    }
}

/// What a script is worth: the least is the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    certainty: Certainty,
    /// It has more records than one takes in at a glance.
    is_long: bool,
}

async fn worth(hunter: &mut Hunter, script: &Script, violation: &Violation) -> Worth {
    let mut certainty = certainty(hunter, script, violation).await;
    // What another agent answers is no measure for this one.
    let is_measured = certainty == Certainty::Confirmed && !violation.property.compares();
    if is_measured && hunter.hunting().right_one_fails(script).await {
        certainty = Certainty::Doubtful;
    }
    Worth {
        certainty,
        is_long: records(&print(script)) > RECORDS_MAX,
    }
}

/// Runs a script on an agent that was just started.
async fn certainty(hunter: &mut Hunter, script: &Script, violation: &Violation) -> Certainty {
    hunter.end().await;
    let report = hunter.hunting().judge.judge(&Chosen::whole(script.clone())).await;
    match report.claims.iter().any(|it| is_same(&it.outcome, script, violation)) {
        true => Certainty::Confirmed,
        false => Certainty::Seen,
    }
}

/// The sync by which an agent is brought in step.
fn sync(how: Resync) -> Call {
    let name = match how {
        Resync::Delimited => "guest-sync-delimited",
        Resync::Sync => "guest-sync",
    };
    Call::with(name, [("id", Argument::Int(SYNC))])
}

/// Whether a script failed for the reason it was written for. If a certain reply was due,
/// that is the last one: one that fails before it shows something else.
fn is_same(outcome: &Outcome, script: &Script, violation: &Violation) -> bool {
    let Outcome::Failed(failure) = outcome else {
        return false;
    };
    let text = print(script);
    let due = (1u32..).zip(text.lines()).filter(|(_, it)| it.starts_with('<'));
    match violation.expected {
        Expected::Reply(_) | Expected::SyncReply(_) => due.last().is_some_and(|(line, _)| line == failure.line),
        _ => true,
    }
}

/// The least session that shows the violation and what came of it afresh; `None` if it
/// did not come again. What an agent keeps from one session to the next may mislead:
/// if the least session does not show it afresh, every step is tried afresh.
async fn small(
    hunter: &mut Hunter,
    sighting: &Sighting<'_>,
    began: Instant,
) -> Result<Option<(Session, Violated)>, Problem> {
    let mut whole = None;
    for always_afresh in [false, true] {
        let Some((session, property)) = seen_again(hunter, sighting).await? else {
            break;
        };
        whole = Some((session.clone().tidy(), property));
        let (least, property) = shrink(hunter, session, property, always_afresh, began).await?;
        if let Some(seen) = confirm(hunter, &least, property).await? {
            return Ok(Some((least, seen)));
        }
    }
    let Some((whole, property)) = whole else {
        return Ok(None);
    };
    let seen = confirm(hunter, &whole, property).await?;
    Ok(seen.map(|it| (whole, it)))
}

/// An agent that has never answered anything: one request shows it.
async fn mute(hunter: &mut Hunter, sighting: &Sighting<'_>) -> Result<Option<(Session, Violated)>, Problem> {
    if !hunter.slowest.is_zero() || !sighting.violation.property.is_of_silence() {
        return Ok(None);
    }
    let ping = Session {
        steps: vec![Step::Call(Call::plain("guest-ping"))],
    };
    let Tried { transcript, violation } = hunter.try_afresh(&ping).await?;
    Ok(violation.map(|violation| (ping, Violated { transcript, violation })))
}

/// A session that shows it on an agent that was just started: the case alone, all that
/// went with it, and more and more of what went before that. Anything that the agent does
/// wrong there counts.
async fn seen_again(hunter: &mut Hunter, sighting: &Sighting<'_>) -> Result<Option<(Session, Property)>, Problem> {
    for _ in 0..TRIES {
        for session in [sighting.alone(), sighting.session.clone()]
            .into_iter()
            .chain(HISTORIES.iter().filter_map(|it| sighting.after(*it)))
        {
            if let Some(property) = shown(hunter, &session, true).await? {
                return Ok(Some((session, property)));
            }
        }
    }
    Ok(None)
}

async fn shrink(
    hunter: &mut Hunter,
    session: Session,
    mut property: Property,
    always_afresh: bool,
    began: Instant,
) -> Result<(Session, Property), Problem> {
    let mut tree = Shrink::new(session);
    let mut goes_on = tree.simplify();
    while goes_on && began.elapsed() < SHRINK_MAX {
        let tried = tree.current();
        let afresh = always_afresh || leaves_traces(&tried);
        goes_on = match shown(hunter, &tried, afresh).await? {
            Some(seen) if seen.is_akin(property) || seen.depth() < property.depth() => {
                property = seen;
                tree.simplify()
            }
            _ => tree.complicate(),
        };
    }
    Ok((tree.best().clone().tidy(), property))
}

/// Whether an agent that ran the session should run no other after it: the session may
/// have left something open, or frozen.
fn leaves_traces(session: &Session) -> bool {
    session.is_exclusive()
        || session.slots() > 0
        || session
            .steps
            .iter()
            .any(|it| matches!(it, Step::Call(call) if call.polls))
}

/// What an agent does wrong by a session.
async fn shown(hunter: &mut Hunter, session: &Session, afresh: bool) -> Result<Option<Property>, Problem> {
    if session.steps.is_empty() {
        return Ok(None);
    }
    let tried = match afresh {
        true => hunter.try_afresh(session).await?,
        false => hunter.try_session(session).await?,
    };
    Ok(tried.violation.map(|it| it.property))
}

/// Tries the least session afresh.
async fn confirm(hunter: &mut Hunter, session: &Session, property: Property) -> Result<Option<Violated>, Problem> {
    for _ in 0..TRIES {
        let Tried { transcript, violation } = hunter.try_afresh(session).await?;
        if let Some(violation) = violation.filter(|it| it.property.is_akin(property)) {
            return Ok(Some(Violated { transcript, violation }));
        }
    }
    Ok(None)
}

/// What came of a session that violates something.
struct Violated {
    transcript: Transcript,
    violation: Violation,
}
