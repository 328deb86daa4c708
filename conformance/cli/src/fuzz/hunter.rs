//! An agent, perhaps one to compare it with, and sessions that are tried on them.

use super::converse::{Conversed, Manner, converse};
use crate::exchange::{Exchange, Resync};
use crate::judge::Judge;
use crate::status::Problem;
use crate::target::{DEFAULT_IMAGE, Kind, Stage, Target};
use qga_engine::fuzz::{Likeness, Rules, Session, Transcript, Violation, compare, judge};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Who is judged, how, and what it is compared with.
#[derive(Debug)]
pub struct Hunting {
    /// What judges scripts on the same agent.
    pub judge: Judge,
    /// What every agent owes.
    pub rules: Rules,
    /// How the agent is brought in step.
    pub resync: Resync,
    /// What it is compared with.
    pub other: Option<Other>,
    /// How long the agent may take for a reply.
    pub patience: Duration,
}

/// What an agent is compared with.
#[derive(Debug)]
pub struct Other {
    /// The other agent.
    pub target: Target,
    /// How it is brought in step.
    pub resync: Resync,
    /// Whether both tell of one machine.
    pub same_machine: bool,
}

/// An agent, and one to compare it with.
#[derive(Debug)]
pub struct Hunter {
    hunting: Arc<Hunting>,
    stage: Option<Stage>,
    other: Option<Stage>,
    /// How long the agent may take; less while a session is made small.
    pub patience: Duration,
    /// How long the agent was waited for in all.
    pub waited: Duration,
    /// How long the agent took for a sync when it was started or reached.
    pace: Duration,
    /// The longest that a session took so far, on the agent's clock.
    pub slowest: Duration,
    /// The last sessions on the present agent, without the one that is under way.
    recent: VecDeque<Session>,
}

/// Sessions that are remembered: what is wrong may have begun before it shows.
const RECENT_MAX: usize = 3;

/// The most answers that are due at a time.
const WINDOW_MAX: usize = 4096;
/// The part of the patience that a window's answers may take.
const PATIENCE_SHARE: u128 = 4;

/// What came of a session.
#[derive(Debug)]
pub struct Tried {
    /// The agent's answers.
    pub transcript: Transcript,
    /// What it must not have done.
    pub violation: Option<Violation>,
}

impl Hunter {
    /// A hunter whose agents are not started yet.
    pub fn new(hunting: Arc<Hunting>) -> Hunter {
        Hunter {
            patience: hunting.patience,
            hunting,
            stage: None,
            other: None,
            waited: Duration::ZERO,
            pace: Duration::ZERO,
            slowest: Duration::ZERO,
            recent: VecDeque::new(),
        }
    }

    /// Whom it hunts.
    pub fn hunting(&self) -> &Arc<Hunting> {
        &self.hunting
    }

    /// The sessions that went before the last one on the same agent, as far as they are
    /// kept; they are forgotten.
    pub fn take_recent(&mut self) -> Vec<Session> {
        std::mem::take(&mut self.recent).into_iter().rev().collect()
    }

    /// A session went well, and may be what the next one stumbles over.
    pub fn remember(&mut self, session: Session) {
        if self.stage.is_some() {
            self.recent.truncate(RECENT_MAX - 1);
            self.recent.push_front(session);
        }
    }

    /// Tries a session on the agents as they are.
    ///
    /// # Errors
    /// An agent cannot be started or reached.
    pub async fn try_session(&mut self, session: &Session) -> Result<Tried, Problem> {
        self.open().await?;
        let hunting = Arc::clone(&self.hunting);
        let Some(stage) = &mut self.stage else {
            return Err(Problem::unreachable("the agent is not there", ""));
        };
        let began = stage.link.now();
        let conversed = converse(
            &mut stage.link,
            session,
            Manner {
                window: window(self.pace, self.patience),
                ..manner(stage.scratch.as_deref(), self.patience, hunting.resync)
            },
        )
        .await;
        self.waited += conversed.waited;
        if conversed.in_step {
            self.slowest = self.slowest.max(stage.link.now() - began);
        }
        let mut violation = judge(session, &conversed.transcript, &hunting.rules);
        if violation.is_none()
            && let Some(other) = &hunting.other
        {
            violation = self.compare(session, &conversed, other).await;
        }
        if !conversed.in_step {
            self.end().await;
        }
        Ok(Tried {
            transcript: conversed.transcript,
            violation,
        })
    }

    /// Tries a session on agents that were just started, or brought in step.
    ///
    /// # Errors
    /// An agent cannot be started or reached.
    pub async fn try_afresh(&mut self, session: &Session) -> Result<Tried, Problem> {
        self.end().await;
        self.try_session(session).await
    }

    async fn compare(&mut self, session: &Session, conversed: &Conversed, other: &Other) -> Option<Violation> {
        let (stage, reference) = (self.stage.as_ref()?, self.other.as_mut()?);
        let folders = [
            stage.scratch.clone().unwrap_or_default(),
            reference.scratch.clone().unwrap_or_default(),
        ];
        let manner = manner(reference.scratch.as_deref(), self.hunting.patience, other.resync);
        let theirs = converse(&mut reference.link, session, manner).await;
        let likeness = Likeness {
            level: self.hunting.rules.level,
            folders,
            same_machine: other.same_machine,
        };
        let violation = compare(session, &conversed.transcript, &theirs.transcript, &likeness);
        if !theirs.in_step && conversed.in_step {
            self.end().await;
        }
        violation
    }

    async fn open(&mut self) -> Result<(), Problem> {
        if self.stage.is_none() {
            let target = self.hunting.judge.target();
            let mut stage = target.open(DEFAULT_IMAGE).await?;
            self.pace = get_ready(&mut stage, target, self.hunting.resync, self.hunting.patience).await?;
            self.stage = Some(stage);
            self.recent.clear();
        }
        if let (Some(other), None) = (&self.hunting.other, &self.other) {
            let mut stage = other.target.open(DEFAULT_IMAGE).await?;
            get_ready(&mut stage, &other.target, other.resync, self.hunting.patience).await?;
            self.other = Some(stage);
        }
        Ok(())
    }

    /// Ends the agents: the next session finds new ones.
    pub async fn end(&mut self) {
        for stage in [self.stage.take(), self.other.take()].into_iter().flatten() {
            stage.close().await;
        }
    }

    /// The process of the agent, if it is one of this machine.
    pub fn process(&self) -> Option<i32> {
        self.stage.as_ref()?.link.peer()
    }
}

/// Gets in step, and says how long a sync took. One that was there before and does not
/// get in step cannot be judged; one that was just started is judged by the sessions.
async fn get_ready(
    stage: &mut Stage,
    target: &Target,
    resync: Resync,
    patience: Duration,
) -> Result<Duration, Problem> {
    let began = stage.link.now();
    let synced = Exchange::new(&mut stage.link, patience).resync(resync).await;
    match synced {
        Err(why) if matches!(target.kind, Kind::Unix { .. }) => {
            let what = format!("the agent does not get in step again: {why:?}");
            Err(Problem::unreachable(what, ""))
        }
        _ => Ok(stage.link.now() - began),
    }
}

/// How many answers may be due at a time of an agent of that pace.
fn window(pace: Duration, patience: Duration) -> usize {
    let fitting = patience.as_nanos() / PATIENCE_SHARE / pace.as_nanos().max(1);
    usize::try_from(fitting).map_or(WINDOW_MAX, |it| it.clamp(1, WINDOW_MAX))
}

fn manner(folder: Option<&str>, patience: Duration, sync: Resync) -> Manner<'_> {
    Manner {
        folder: folder.unwrap_or_default(),
        patience,
        sync,
        window: WINDOW_MAX,
    }
}
