//! Ways to be wrong on purpose, and ways to be different that do no harm: what the
//! conformance suite is tested with.
//!
//! Each is a row of `fixtures/deviations`: its name, what it does in a sentence,
//! the claim that must catch it (none if it is harmless), and an [`Act`], most
//! often data alone. An agent has at most one. It acts at one of the seams of a
//! request's way, and the agent knows nothing but the seams:
//!
//! ```text
//! Deviant::feed       bytes ─▶ frame              inlet
//! Deviant::read       frame ─▶ request            reading
//! Deviant::gate       may it run?                 gate
//! Deviant::arguments  what was given              leniency, edit
//! run                 the command                 conduct, edit
//! Deviant::write      reply ─▶ bytes              outlet, style
//! part                the client goes away        parting
//! ```
//!
//! An agent may be right until something has happened: see [`when`].
//!
//! What a release does otherwise than another is a row of its differences, and an
//! agent that mixes them up has its release changed by a [`rule`].

mod conduct;
mod edit;
mod gate;
mod inlet;
mod leniency;
mod outlet;
mod parting;
mod reading;
mod rule;
mod style;
mod when;

pub(crate) use conduct::run;
pub(crate) use parting::part;

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::json::{Dict, Value};
use crate::session::{Frame, Session};
use crate::time::Time;
use edit::Edit;
use qga_fixtures::schema::{Command, Release};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;
use when::{Seen, When};

/// One way to deviate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// What it is called: `eof-one-read-early`.
    pub name: String,
    /// What the agent does, as a sentence without a subject or a full stop.
    pub about: String,
    /// The claim that must catch it; none if it is harmless.
    pub claim: Option<String>,
    /// The release in which it shows; any common one if left out.
    pub release: Option<String>,
    /// Why generated sessions cannot tell it from a right agent, if they cannot.
    pub unseen: Option<String>,
    /// When it does so, if not always.
    when: Option<When>,
    does: Act,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deviation: Vec<Deviation>,
}

/// What an agent does otherwise, by the seam at which it does it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Act {
    Rule(rule::Rule),
    Inlet(inlet::Inlet),
    Reading(reading::Reading),
    Gate(gate::Gate),
    Leniency(leniency::Leniency),
    /// The arguments are changed before they are looked at.
    Arguments(Vec<Edit>),
    Conduct(conduct::Conduct),
    /// The value that a command returns is changed.
    Result(Vec<Edit>),
    Outlet(outlet::Outlet),
    Style(style::Style),
    Parting(parting::Parting),
}

static ALL: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
    let rows = |(file, text): &(&str, &str)| match Deviation::parse(text) {
        Ok(rows) => rows,
        Err(error) => panic!("fixtures/deviations/{file}: {error}"),
    };
    qga_fixtures::deviations().iter().flat_map(rows).collect()
});

impl Deviation {
    /// The rows of a file.
    ///
    /// # Errors
    /// It is no TOML, or has what no row has: the place and what could stand there.
    pub fn parse(text: &str) -> Result<Vec<Deviation>, String> {
        let file: File = toml::from_str(text).map_err(|it| it.to_string())?;
        Ok(file.deviation)
    }

    /// Every row, in the order of the files.
    pub fn all() -> &'static [Deviation] {
        &ALL
    }

    /// The row of that name.
    pub fn named(name: &str) -> Option<&'static Deviation> {
        ALL.iter().find(|it| it.name == name)
    }

    /// Whether it is no fault: no claim that every agent owes may accuse it.
    pub fn is_harmless(&self) -> bool {
        self.claim.is_none()
    }
}

/// An agent's deviation, and what it must remember for it.
#[derive(Debug, Default)]
pub(crate) struct Deviant {
    act: Option<&'static Act>,
    when: Option<&'static When>,
    seen: Seen,
    memory: Memory,
}

/// What deviations remember, each its own part.
#[derive(Debug, Default)]
struct Memory {
    /// Bytes since the last line feed.
    line: usize,
    /// Something was already done once: in this write, or at all.
    once: bool,
    /// How often something has happened.
    times: u32,
    frames: VecDeque<Frame>,
    /// The last id, of whatever sort.
    id: Option<Value>,
    statuses: BTreeMap<i64, Value>,
    handles: BTreeSet<i64>,
    position: i64,
    /// The variables of the last program that had some.
    variables: Option<Vec<Value>>,
    /// Arguments of writes that wait.
    unwritten: Vec<Args>,
    /// When filesystems were frozen.
    frozen_at: Option<Time>,
}

impl Memory {
    /// Counts once more, and tells whether it was the last of so many.
    fn is_the(&mut self, last: u32) -> bool {
        self.times += 1;
        self.times.is_multiple_of(last)
    }
}

impl Deviant {
    pub(crate) fn new(deviation: Option<&'static Deviation>) -> Deviant {
        Deviant {
            act: deviation.map(|it| &it.does),
            when: deviation.and_then(|it| it.when.as_ref()),
            seen: Seen::default(),
            memory: Memory::default(),
        }
    }

    /// What it does otherwise now.
    fn act(&self) -> Option<&'static Act> {
        let act = self.act?;
        self.when.is_none_or(|it| it.holds(&self.seen)).then_some(act)
    }

    /// The release as this agent takes it to be.
    pub(crate) fn release(&self, release: &'static Release) -> &'static Release {
        match self.act {
            Some(Act::Rule(rule)) => rule.changed(release),
            _ => release,
        }
    }

    /// A client's bytes begin.
    pub(crate) fn begin(&mut self, session: &mut Session) {
        if let Some(Act::Inlet(inlet)) = self.act() {
            inlet.begin(session, &mut self.memory);
        }
    }

    /// [`Session::feed`].
    pub(crate) fn feed(&mut self, session: &mut Session, bytes: &[u8]) -> (usize, Option<Frame>) {
        match self.act() {
            Some(Act::Inlet(inlet)) => inlet.feed(session, &mut self.memory, bytes),
            _ => session.feed(bytes),
        }
    }

    /// What stands for a value that came; nothing if it is not to be answered.
    pub(crate) fn read(&mut self, frame: Frame) -> Option<Frame> {
        if self.when.is_some() {
            When::asked(&frame, &mut self.seen);
        }
        match self.act() {
            Some(Act::Reading(reading)) => reading.read(frame, &mut self.memory),
            _ => Some(frame),
        }
    }

    /// Whether a command may run, if that is decided otherwise than it should be.
    pub(crate) fn gate(&self, command: &Command) -> Option<bool> {
        match self.act() {
            Some(Act::Gate(gate)) => gate.passes(command),
            _ => None,
        }
    }

    /// The arguments as this agent sees them.
    pub(crate) fn arguments(&self, release: &'static Release, command: &Command, given: Dict) -> Dict {
        match self.act() {
            Some(Act::Leniency(leniency)) => leniency.forgive(release, command, given),
            Some(Act::Arguments(edits)) => edit::members(edits, command.name, given),
            _ => given,
        }
    }

    /// A command was run, and this came of it.
    fn ran(&mut self, command: &Command, outcome: &Result<Value, Stop>) {
        if let Some(when) = self.when {
            when.ran(command, outcome, &mut self.seen);
        }
    }

    /// Changes a reply that was written at the end of `out`, from `from` on.
    pub(crate) fn write(&mut self, release: &'static Release, out: &mut Vec<u8>, from: usize) {
        match self.act() {
            Some(Act::Outlet(outlet)) => outlet.write(release, &mut self.memory, out, from),
            Some(Act::Style(style)) if out.len() > from => style.write(release, out, from),
            _ => {}
        }
    }

    /// Changes what one write of the client was answered with, from `from` on.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>, from: usize) {
        if let Some(Act::Outlet(outlet)) = self.act() {
            outlet.end(out, from);
        }
    }

    /// How many bytes leave the agent at a time, if not all of so many.
    pub(crate) fn piece(&self, waiting: usize) -> Option<usize> {
        let dribbles = matches!(self.act(), Some(Act::Outlet(outlet::Outlet::Dribbled)));
        dribbles.then(|| outlet::piece(waiting))
    }

    /// Whether a success is answered, if otherwise than the schema says.
    pub(crate) fn answers(&self, command: &Command) -> Option<bool> {
        match self.act() {
            Some(Act::Conduct(conduct)) => conduct.answers(command),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
