//! An agent, perhaps one to compare it with, and sessions that are tried on them.

use super::converse::{Conversed, Manner, converse};
use super::memory::{Growth, Memory};
use crate::exchange::{Exchange, Resync};
use crate::judge::Judge;
use crate::selection::Chosen;
use crate::status::Problem;
use crate::target::{Kind, Stage, Target};
use qga_engine::Script;
use qga_engine::fuzz::{KnownReplies, Likeness, Rules, Session, Transcript, Violation, compare, judge};
use qga_engine::verdict::Outcome;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Who is judged, how, and what it is compared with.
#[derive(Debug)]
pub struct Hunting {
    /// What judges scripts on the same agent.
    pub judge: Judge,
    /// What every agent owes.
    pub rules: Rules,
    /// The guest image of agents that are simulated.
    pub image: String,
    /// How the agent is brought in step.
    pub resync: Resync,
    /// What it is compared with.
    pub other: Option<Other>,
    /// How long the agent may take for a reply.
    pub patience: Duration,
    /// What judges scripts on the simulated agent of the same release, once it is needed.
    pub right: OnceCell<Option<Judge>>,
}

impl Hunting {
    /// Whether the simulated agent of the release fails a script too. Then something of the
    /// agent that it was made on is written in it.
    pub async fn right_one_fails(&self, script: &Script) -> bool {
        let Some(right) = self.right.get_or_init(|| self.judge.of_right()).await else {
            return false;
        };
        let report = right.judge(&Chosen::whole(script.clone())).await;
        report.claims.iter().any(|it| matches!(it.outcome, Outcome::Failed(_)))
    }
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
    ready: Option<Ready>,
    other: Option<Ready>,
    /// How long the agent may take; less while it is in a hurry.
    pub patience: Duration,
    /// How long the agent was waited for in all.
    pub waited: Duration,
    /// The longest that the agent took to say more so far, on its own clock.
    pub slowest: Duration,
    /// The last sessions on the present agent, without the one that is under way.
    recent: VecDeque<Origin>,
    /// Replies that were right.
    known: KnownReplies,
}

/// What a session of a campaign was made of. Sessions are remembered by it, and made once
/// more where somebody asks for them: few do, and so many would fill the CPU's caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The number of its batch.
    pub batch: u64,
    /// Its place there.
    pub place: usize,
}

/// Sessions that are remembered: what is wrong may have begun long before it shows.
const RECENT_MAX: usize = 64;

/// The most answers that are due at a time.
const WINDOW_MAX: usize = 4096;
/// The least that an agent may take for a reply that is in a hurry.
const PATIENCE_MIN: Duration = Duration::from_millis(150);
/// By how much that is more than the longest it ever took.
const PATIENCE_FACTOR: u32 = 5;
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
            ready: None,
            other: None,
            waited: Duration::ZERO,
            slowest: Duration::ZERO,
            recent: VecDeque::new(),
            known: KnownReplies::default(),
        }
    }

    /// The agent may take little more for a reply than it ever took: for where it would be
    /// waited for in vain.
    pub fn hurry(&mut self) {
        if !self.slowest.is_zero() {
            self.patience = self
                .hunting
                .patience
                .min(PATIENCE_MIN.max(self.slowest * PATIENCE_FACTOR));
        }
    }

    /// The agent may take as long as it usually may.
    pub fn take_time(&mut self) {
        self.patience = self.hunting.patience;
    }

    /// Whom it hunts.
    pub fn hunting(&self) -> &Arc<Hunting> {
        &self.hunting
    }

    /// The sessions that went before the last one on the same agent, as far as they are
    /// kept; they are forgotten.
    pub fn take_recent(&mut self) -> Vec<Origin> {
        std::mem::take(&mut self.recent).into_iter().rev().collect()
    }

    /// A session went well, and may be what the next one stumbles over.
    pub fn remember(&mut self, session: Origin) {
        if self.ready.is_some() {
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
        let Some(Ready { stage, pace, memory }) = &mut self.ready else {
            return Err(Problem::unreachable("the agent is not there", ""));
        };
        memory.asked(session.steps.len() as u64);
        let conversed = converse(
            &mut stage.link,
            session,
            manner(stage.scratch.as_deref(), *pace, self.patience, hunting.resync),
        )
        .await;
        self.waited += conversed.waited;
        if conversed.in_step {
            self.slowest = self.slowest.max(conversed.longest);
        }
        let mut violation = judge(session, &conversed.transcript, &hunting.rules, &mut self.known);
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
        let stage = &self.ready.as_ref()?.stage;
        let Ready {
            stage: reference, pace, ..
        } = self.other.as_mut()?;
        let folders = [
            stage.scratch.clone().unwrap_or_default(),
            reference.scratch.clone().unwrap_or_default(),
        ];
        let manner = manner(reference.scratch.as_deref(), *pace, self.hunting.patience, other.resync);
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
        let patience = self.hunting.patience;
        if self.ready.is_none() {
            let target = self.hunting.judge.target();
            self.ready = Some(get_ready(target, &self.hunting.image, self.hunting.resync, patience).await?);
            self.recent.clear();
        }
        if let (Some(other), None) = (&self.hunting.other, &self.other) {
            self.other = Some(get_ready(&other.target, &self.hunting.image, other.resync, patience).await?);
        }
        Ok(())
    }

    /// Ends the agents: the next session finds new ones.
    pub async fn end(&mut self) {
        for it in [self.ready.take(), self.other.take()].into_iter().flatten() {
            it.stage.close().await;
        }
    }

    /// By how much the agent has grown too much, if it is a process of this program's:
    /// behind any other socket may be who hands on what an agent elsewhere says.
    pub fn growth(&mut self) -> Option<Growth> {
        let Ready { stage, memory, .. } = self.ready.as_mut()?;
        memory.look(stage.agent()?)
    }
}

/// An agent in step.
#[derive(Debug)]
struct Ready {
    stage: Stage,
    /// How long it took for a sync.
    pace: Duration,
    memory: Memory,
}

/// Starts or reaches an agent and gets in step. One that was there before and does not
/// get in step cannot be judged; one that was just started is judged by the sessions.
async fn get_ready(target: &Target, image: &str, resync: Resync, patience: Duration) -> Result<Ready, Problem> {
    let mut stage = target.open(image).await?;
    let began = stage.link.now();
    let synced = Exchange::new(&mut stage.link, patience).resync(resync).await;
    if let (Err(why), Kind::Unix { .. }) = (synced, &target.kind) {
        let what = format!("the agent does not get in step again: {why}");
        return Err(Problem::unreachable(what, ""));
    }
    let pace = stage.link.now() - began;
    Ok(Ready {
        stage,
        pace,
        memory: Memory::default(),
    })
}

fn manner(folder: Option<&str>, pace: Duration, patience: Duration, sync: Resync) -> Manner<'_> {
    Manner {
        folder: folder.unwrap_or_default(),
        patience,
        sync,
        window: window(pace, patience),
    }
}

/// How many answers may be due at a time of an agent of that pace.
fn window(pace: Duration, patience: Duration) -> usize {
    let fitting = patience.as_nanos() / PATIENCE_SHARE / pace.as_nanos().max(1);
    usize::try_from(fitting).map_or(WINDOW_MAX, |it| it.clamp(1, WINDOW_MAX))
}
