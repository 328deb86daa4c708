//! A campaign: it shares out the numbers of cases to jobs, collects what they find,
//! and knows when to end.

use super::corpus;
use super::ground::Ground;
use super::hunt::{self, Sighting};
use super::hunter::{Hunter, Hunting, Origin};
use super::lost;
use super::memory::Growth;
use crate::judge::Judge;
use crate::shard::Shard;
use crate::status::Problem;
use crate::target::Kind;
use qga_engine::fuzz::coverage::Tally;
use qga_engine::fuzz::report::{Certainty, Finding};
use qga_engine::fuzz::{
    CASES_OF_A_BATCH, End, KnownReplies, Property, Session, Sessions, Transcript, Violation, judge,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After so many findings of different kinds the campaign ends, shown or not.
pub const FINDINGS_MAX: usize = 32;
/// A simulated agent is replaced after so many batches, so that it does not grow old.
const BATCHES_OF_AN_AGENT: u64 = 512;
/// How often a violation is made small until a short script shows it.
const HUNTS_MAX: u32 = 4;
/// After so many batches another job may have the thread.
const BATCHES_OF_A_TURN: u64 = 8;
/// Batches between two looks at the memory of an agent.
const BATCHES_BETWEEN_LOOKS: u64 = 64;

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How many cases there are, on all machines together; without end if `None`.
    pub cases: Option<u64>,
    /// How long it may take; without end if `None`.
    pub time: Option<Duration>,
    /// The part that is this machine's.
    pub shard: Option<Shard>,
    /// Where scripts of findings are written.
    pub out: Option<PathBuf>,
    /// After so many findings of different kinds that a script shows the campaign ends.
    pub findings: usize,
}

/// A campaign that goes on.
#[derive(Debug)]
pub struct Campaign {
    plan: Plan,
    /// Whether agents are started anew now and then.
    renews: bool,
    sessions: Sessions,
    /// What the agent did not answer before the first case.
    unanswered: Option<(&'static str, End)>,
    hunting: Arc<Hunting>,
    began: Instant,
    next: AtomicU64,
    stopped: AtomicBool,
    /// That the agent does not answer is found already: it is not waited for long any more.
    hurries: AtomicBool,
    /// Cases that were run, and steps.
    cases: AtomicU64,
    steps: AtomicU64,
    seen: Mutex<Seen>,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// Outcomes by command.
    pub tally: Tally,
    /// How long agents were waited for.
    pub waited: Duration,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Violations by how they were first seen, with the finding they led to: the next
    /// of their kind is only counted, unless no short script shows it yet. `None` while
    /// somebody makes one small.
    known: BTreeMap<Key, Option<usize>>,
    /// How often each finding was made small.
    hunts: Vec<u32>,
    /// Why a job could not go on.
    pub problem: Option<Problem>,
    /// Scripts that could not be written, and why.
    pub unwritten: BTreeMap<PathBuf, String>,
}

type Key = (Property, String, String);

/// How far a campaign is.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Cases that were run.
    pub cases: u64,
    /// Outcomes that were seen.
    pub outcomes: usize,
    /// Findings of different kinds.
    pub findings: usize,
    /// How long it has been going on.
    pub since: Duration,
    /// How long it still goes on, if that is known.
    pub left: Option<Duration>,
}

impl Campaign {
    /// A campaign that begins now.
    ///
    /// # Errors
    /// No case can be made.
    pub fn new(plan: Plan, ground: Ground) -> Result<Campaign, Problem> {
        let sessions = Sessions::new(ground.scope());
        if sessions.is_empty() {
            return Err(Problem::usage(
                "no case can be made: the commands of --focus are not offered, or what they do is not allowed",
                "see --allow and the agent's guest-info",
            ));
        }
        Ok(Campaign {
            plan,
            renews: matches!(ground.target.kind, Kind::Builtin(_)),
            sessions,
            unanswered: ground.survey.unanswered,
            hunting: Arc::new(ground.hunting()),
            began: Instant::now(),
            next: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            hurries: AtomicBool::new(false),
            cases: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            seen: Mutex::default(),
        })
    }

    /// The same, and its time begins only now.
    pub fn from_now(self) -> Campaign {
        Campaign {
            began: Instant::now(),
            ..self
        }
    }

    /// What makes its cases.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What judges scripts on its agent.
    pub fn judge(&self) -> &Judge {
        &self.hunting.judge
    }

    /// One job: tries batches until none is left.
    pub async fn work(self: Arc<Campaign>) {
        let mut hunter = Hunter::new(Arc::clone(&self.hunting));
        let (mut tally, mut batches) = (Tally::default(), 0);
        while let Some(number) = self.take() {
            if let Err(problem) = self.batch(&mut hunter, number, &mut tally).await {
                self.stop();
                self.gone_before();
                self.seen().problem.get_or_insert(problem);
                break;
            }
            batches += 1;
            if batches % BATCHES_BETWEEN_LOOKS == 0 {
                if let Some(growth) = hunter.growth() {
                    self.grown(growth, number);
                }
                self.seen().tally.join(&std::mem::take(&mut tally));
            }
            if self.renews && batches % BATCHES_OF_AN_AGENT == 0 {
                hunter.end().await;
            }
            // A simulated agent never waits: let others have their turn.
            if batches % BATCHES_OF_A_TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        self.seen().tally.join(&tally);
        self.seen().waited += hunter.waited;
        hunter.end().await;
    }

    /// The number of the next batch.
    fn take(&self) -> Option<u64> {
        let is_over = self.plan.time.is_some_and(|it| self.began.elapsed() >= it);
        if is_over || self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let (number, of) = self
            .plan
            .shard
            .map_or((1, 1), |it| (u64::from(it.number), u64::from(it.of)));
        let batch = self
            .next
            .fetch_add(1, Ordering::Relaxed)
            .checked_mul(of)?
            .checked_add(number - 1)?;
        let batches = self.plan.cases.map(|it| it.div_ceil(CASES_OF_A_BATCH));
        batches.is_none_or(|it| batch < it).then_some(batch)
    }

    async fn batch(&self, hunter: &mut Hunter, number: u64, tally: &mut Tally) -> Result<(), Problem> {
        let sessions = self.sessions.batch(self.plan.seed, number);
        for (place, (session, cases)) in sessions.into_iter().enumerate() {
            if self.hurries.load(Ordering::Relaxed) {
                hunter.hurry();
            }
            let tried = hunter.try_session(&session).await?;
            self.steps.fetch_add(session.steps.len() as u64, Ordering::Relaxed);
            tally.add(&session, &tried.transcript);
            if let Some(violation) = &tried.violation {
                let before = hunter.take_recent();
                if !self.is_known(&key(violation)) {
                    let sighting = Sighting {
                        session: &session,
                        cases: &cases,
                        violation,
                        before: &self.sessions_of(&before),
                        seed: self.plan.seed,
                    };
                    if let Err(problem) = self.violated(hunter, sighting, &tried.transcript).await {
                        // Cases that go alone go first.
                        let ran = place as u64 + distinct(&cases);
                        self.cases.fetch_add(ran, Ordering::Relaxed);
                        return Err(problem);
                    }
                }
            }
            match session.is_last() {
                true => hunter.end().await,
                false => hunter.remember(Origin { batch: number, place }),
            }
        }
        self.cases.fetch_add(CASES_OF_A_BATCH, Ordering::Relaxed);
        Ok(())
    }

    /// Sessions that went before, made once more.
    fn sessions_of(&self, origins: &[Origin]) -> Vec<Session> {
        let session = |it: &Origin| {
            let batch = self.sessions.batch(self.plan.seed, it.batch);
            Some(batch.into_iter().nth(it.place)?.0)
        };
        origins.iter().filter_map(session).collect()
    }

    /// Something was violated that is not known yet: makes a finding of it. If the agent
    /// does not come back, what was seen is the finding.
    async fn violated(
        &self,
        hunter: &mut Hunter,
        sighting: Sighting<'_>,
        transcript: &Transcript,
    ) -> Result<(), Problem> {
        let key = key(sighting.violation);
        let (finding, problem) = match hunt::hunt(hunter, &sighting).await {
            Ok(finding) => (finding, None),
            // Who ends this program may have ended the agent as well.
            Err(problem) if self.judge().is_stopped() => return Err(problem),
            Err(problem) => {
                let as_seen = lost::finding(&sighting, transcript, &self.hunting.image);
                (as_seen, Some(problem))
            }
        };
        self.found(key, finding);
        problem.map_or(Ok(()), Err)
    }

    /// An agent that was there and is gone before the first case was asked something that it
    /// did not answer: that is the finding.
    fn gone_before(&self) {
        let is_gone = self.steps() == 0 && !self.judge().target().is_fresh() && !self.judge().is_stopped();
        let Some((command, end)) = self.unanswered.filter(|_| is_gone) else {
            return;
        };
        let (session, transcript) = lost::asked(command, end);
        let known = &mut KnownReplies::default();
        if let Some(violation) = &judge(&session, &transcript, &self.hunting.rules, known) {
            let sighting = Sighting {
                session: &session,
                cases: &[],
                violation,
                before: &[],
                seed: self.plan.seed,
            };
            let finding = lost::finding(&sighting, &transcript, &self.hunting.image);
            self.found(key(violation), finding);
        }
    }

    /// Whether a violation of that kind led to a finding, or is about to. Whoever asks
    /// first makes the finding.
    fn is_known(&self, key: &Key) -> bool {
        let mut seen = self.seen();
        let is_known = match seen.known.get(key).copied() {
            Some(Some(at)) if !seen.is_settled(at) => false,
            Some(Some(at)) => {
                seen.findings[at].times += 1;
                true
            }
            Some(None) => true,
            None => false,
        };
        if !is_known {
            seen.known.insert(key.clone(), None);
        }
        is_known
    }

    fn found(&self, key: Key, finding: Finding) {
        let mut seen = self.seen();
        let own = kind(finding.property, &finding.command, &finding.member);
        let is_same = |it: &Finding| kind(it.property, &it.command, &it.member) == own;
        let same = seen.findings.iter().position(is_same);
        let (at, is_new) = match same {
            Some(at) => (at, seen.findings[at].take_in(finding)),
            None => {
                seen.findings.push(finding);
                seen.hunts.push(0);
                (seen.findings.len() - 1, true)
            }
        };
        seen.hunts[at] += 1;
        if seen.findings[at].property.is_of_silence() && seen.findings[at].certainty == Certainty::Confirmed {
            self.hurries.store(true, Ordering::Relaxed);
        }
        if is_new {
            match self.keep(&mut seen.findings[at]) {
                Err((path, error)) => drop(seen.unwritten.insert(path, error.to_string())),
                Ok(()) => seen.forget_unwritten(at),
            }
        }
        seen.known.insert(key, Some(at));
        seen.known.insert(own, Some(at));
        let confirmed = |it: &usize| seen.findings[*it].certainty == Certainty::Confirmed && seen.is_settled(*it);
        let shown = (0..seen.findings.len()).filter(confirmed).count();
        if shown >= self.plan.findings || seen.findings.len() >= FINDINGS_MAX {
            self.stop();
        }
    }

    /// Writes the script of a finding down, unless it is flaky.
    fn keep(&self, finding: &mut Finding) -> Result<(), (PathBuf, io::Error)> {
        let Some(folder) = self.plan.out.as_ref().filter(|_| finding.certainty != Certainty::Flaky) else {
            return Ok(());
        };
        let (command, member) = (plain(&finding.command), plain(&finding.member));
        let name = format!("{}-{command}{member}.session", finding.property);
        corpus::keep(folder, &name, finding)
    }

    /// The agent has grown too much. Agents that come after it may, too: they are the
    /// same finding.
    fn grown(&self, growth: Growth, batch: u64) {
        let Growth { kib, requests } = growth;
        let finding = Finding {
            property: Property::Memory,
            command: "process".to_owned(),
            member: String::new(),
            found: format!("after {requests} requests it has {kib} KiB more than when it was warm"),
            case: batch * CASES_OF_A_BATCH,
            steps: 0,
            certainty: Certainty::Seen,
            milliseconds: 0,
            times: 1,
            script: String::new(),
            file: None,
        };
        let key = kind(finding.property, &finding.command, &finding.member);
        if self.hunting.rules.owes(Property::Memory) && !self.seen().known.contains_key(&key) {
            self.found(key, finding);
        }
    }

    /// No batch begins any more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What was seen so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many cases were run.
    pub fn cases(&self) -> u64 {
        self.cases.load(Ordering::Relaxed)
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// How long it has been going on.
    pub fn since(&self) -> Duration {
        self.began.elapsed()
    }

    /// How far it is.
    pub fn state(&self) -> State {
        let (cases, since) = (self.cases(), self.since());
        let part = self.plan.shard.map_or(1, |it| u64::from(it.of));
        let by_cases = self.plan.cases.filter(|_| cases > 0).map(|it| {
            let left = (it / part).saturating_sub(cases);
            since.mul_f64(left as f64 / cases as f64)
        });
        let by_time = self.plan.time.map(|it| it.saturating_sub(since));
        let seen = self.seen();
        State {
            cases,
            outcomes: seen.tally.outcomes(),
            findings: seen.findings.len(),
            since,
            left: [by_cases, by_time].into_iter().flatten().min(),
        }
    }
}

impl Seen {
    /// The script of a finding was written after all.
    fn forget_unwritten(&mut self, at: usize) {
        if let Some(file) = &self.findings[at].file {
            self.unwritten.remove(Path::new(file));
        }
    }

    /// Whether a finding is not made small any more.
    fn is_settled(&self, at: usize) -> bool {
        self.findings[at].is_shown_shortly() || self.hunts[at] >= HUNTS_MAX
    }
}

fn distinct(cases: &[u64]) -> u64 {
    cases.iter().collect::<BTreeSet<_>>().len() as u64
}

fn key(violation: &Violation) -> Key {
    kind(violation.property, &violation.command, &violation.member)
}

/// By what findings are told apart: what is wrong with every reply is wrong once.
fn kind(property: Property, command: &str, member: &str) -> Key {
    let command = if property.is_general() { "" } else { command };
    (property, command.to_owned(), member.to_owned())
}

/// A part of a file's name.
fn plain(text: &str) -> String {
    text.chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
        .take(60)
        .collect()
}
